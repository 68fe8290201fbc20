//! What was said before: how clients ask for it, and how they are shown it
//! ([chathistory](https://ircv3.net/specs/extensions/chathistory)).

use super::caps::Caps;
use super::line::Line;
use super::own::Own;
use super::request::{reason, room};
use super::speaker::{Reply, Speaker, tag_lines, tags_of};
use super::verbs::Verb;
use super::write;
use crate::chat::command::{Ask, Command, Question};
use crate::chat::history::{Point, Span};
use crate::chat::message::{Message, MessageId};
use crate::chat::name::RoomName;
use crate::clock::Timestamp;
use crate::wire::Step;

/// So many messages may be asked for at once: `CHATHISTORY` of `005`.
pub(super) const MESSAGES_MAX: usize = 100;

/// The part of the past that a client is being shown.
#[derive(Debug, Default)]
pub(super) struct PastShown {
    /// So many messages are still to come.
    left: usize,
    /// The batch that they belong to.
    batch: Option<u32>,
}

/// What a `CHATHISTORY` asks for, or what is wrong with it.
pub(super) fn asked<'a>(line: &Line<'a>) -> Result<Step<'a>, Own<'a>> {
    let (name, target) = (line.param(0), line.param(1));
    let wrong = |about, text| Own::Fail { code: "INVALID_PARAMS", about: [name, about], text };
    let kind = name.to_ascii_uppercase();
    let count = match kind.as_str() {
        "" => return Err(wrong("", "Insufficient parameters")),
        "BEFORE" | "AFTER" | "LATEST" | "AROUND" | "TARGETS" => 4,
        "BETWEEN" => 5,
        _ => return Err(wrong("", "Unknown command")),
    };
    match line.params().len() {
        given if given < count => return Err(wrong("", "Insufficient parameters")),
        given if given > count => return Err(wrong("", "Too many parameters")),
        _ => {}
    }
    let limit = line.param(count - 1);
    let is_number = limit.bytes().all(|digit| digit.is_ascii_digit());
    // A number that is too long to be one is more than the most.
    let most = limit.parse().unwrap_or(usize::MAX).min(MESSAGES_MAX);
    if !is_number || limit.is_empty() || most == 0 {
        return Err(wrong(limit, "Invalid limit"));
    }
    if kind == "TARGETS" {
        let time = |param| point_time(param).ok_or(wrong(param, "Invalid timestamp"));
        let (from, to) = (time(target)?, time(line.param(2))?);
        return Ok(Step::Command(Command::Ask(Question::Talked { from, to, most })));
    }
    let point = |index| point(line.param(index), name, target);
    let span = match kind.as_str() {
        "LATEST" if line.param(2) == "*" => Span::Latest(None),
        "LATEST" => Span::Latest(Some(point(2)?)),
        "BEFORE" => Span::Before(point(2)?),
        "AFTER" => Span::After(point(2)?),
        "AROUND" => Span::Around(point(2)?),
        _ => Span::Between(point(2)?, point(3)?),
    };
    match room(target) {
        Some(room) => {
            Ok(Step::Command(Command::In { room: Some(room), ask: Ask::Past { span, most } }))
        }
        None => Err(Own::Fail {
            code: "INVALID_TARGET",
            about: [name, target],
            text: "Only what was said in rooms is kept",
        }),
    }
}

/// What a `REDACT` asks for.
pub(super) fn taken_back<'a>(line: &Line<'a>, scratch: &'a mut String) -> Step<'a> {
    let (target, id) = (line.param(0), line.param(1));
    let Some(room) = room(target) else {
        return Step::Irc(Own::Fail {
            code: "UNKNOWN_MSGID",
            about: [target, id],
            text: "Only what was said in rooms is kept",
        });
    };
    let message = message_id(id);
    let reason = reason(line.param(2), scratch);
    Step::Command(Command::In { room: Some(room), ask: Ask::TakeBack { message, reason } })
}

/// `msgid=…` or `timestamp=…`
fn point<'a>(param: &'a str, name: &'a str, target: &'a str) -> Result<Point, Own<'a>> {
    let wrong = |text| Own::Fail { code: "INVALID_PARAMS", about: [name, param], text };
    match param.split_once('=') {
        Some(("msgid", id)) => Ok(Point::Message(message_id(id))),
        Some(("timestamp", _)) => {
            point_time(param).map(Point::Time).ok_or(wrong("Invalid timestamp"))
        }
        Some(_) => Err(Own::Fail {
            code: "INVALID_MSGREFTYPE",
            about: [name, target],
            text: "Messages are referred to by msgid or timestamp",
        }),
        None => Err(wrong("That refers to no message")),
    }
}

fn point_time(param: &str) -> Option<Timestamp> {
    time(param.strip_prefix("timestamp=")?)
}

/// The id of a message as clients know it. What cannot be one becomes one that no message has.
fn message_id(id: &str) -> MessageId {
    let is_number = id.bytes().all(|digit| digit.is_ascii_digit());
    MessageId(id.parse().ok().filter(|_| is_number).unwrap_or_default())
}

/// A time as [`write::Time`] writes it, from 1970 on. A leap second is the one after it.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let form = b"0000-00-00T00:00:00.000Z";
    let is_alike =
        |(&c, &form): (&u8, &u8)| if form == b'0' { c.is_ascii_digit() } else { c == form };
    if text.len() != form.len() || !text.as_bytes().iter().zip(form).all(is_alike) {
        return None;
    }
    let number = |begin: usize, digits: usize| text[begin..begin + digits].parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 2)?, number(8, 2)?);
    let (hour, minute, second) = (number(11, 2)?, number(14, 2)?, number(17, 2)?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if year < 1970 || !(1..=days).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = ((write::days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(Timestamp((seconds * 1000 + number(20, 3)?) * 1000))
}

impl Speaker {
    /// What was said before follows: so many messages of a room. Who has not asked for it is shown it only
    /// if it can tell it from what is said now, and does not ask by itself.
    pub(super) fn begin_past(&mut self, room: &RoomName, count: usize, reply: &mut Reply<'_>) {
        let can_tell = reply.caps.has(Caps::BATCH | Caps::SERVER_TIME);
        let is_shown = can_tell && !reply.caps.has(Caps::CHATHISTORY) && count > 0;
        self.past = PastShown::default();
        if is_shown || self.asked.verb == Verb::Chathistory {
            let batch = self.begin_batch(format_args!("chathistory {room}"), reply);
            self.past = PastShown { left: count, batch };
            self.end_past(reply);
        }
    }

    /// One of them.
    pub(super) fn write_past(&mut self, message: &Message<'_>, reply: &mut Reply<'_>) {
        let Some(left) = self.past.left.checked_sub(1) else { return };
        self.past.left = left;
        let mut lines = Vec::new();
        write::message(message, tags_of(reply.caps), &mut lines);
        tag_batch(&lines, self.past.batch, reply.out);
        self.end_past(reply);
    }

    /// Ends the batch behind the last of them.
    fn end_past(&mut self, reply: &mut Reply<'_>) {
        if self.past.left == 0 {
            end_batch(self.past.batch.take(), reply);
        }
    }

    /// In which rooms something was said, and when the last message.
    pub(super) fn list_talked(&mut self, rooms: &[(&RoomName, Timestamp)], reply: &mut Reply<'_>) {
        let batch = self.begin_batch(format_args!("draft/chathistory-targets"), reply);
        for (room, at) in rooms {
            let mut told = Vec::new();
            let (server, at) = (&reply.identity.server, write::Time(*at));
            write::line(&mut told, format_args!(":{server} CHATHISTORY TARGETS {room} {at}"));
            tag_batch(&told, batch, reply.out);
        }
        end_batch(batch, reply);
    }

    /// Begins a batch of this kind, if the client knows what that is.
    fn begin_batch(&mut self, kind: std::fmt::Arguments<'_>, reply: &mut Reply<'_>) -> Option<u32> {
        let batch = reply.caps.has(Caps::BATCH).then(|| self.next_batch())?;
        reply.server(format_args!("BATCH +{batch} {kind}"));
        Some(batch)
    }
}

fn tag_batch(lines: &[u8], batch: Option<u32>, out: &mut Vec<u8>) {
    match batch {
        Some(batch) => tag_lines(lines, &format!("batch={batch}"), out),
        None => out.extend_from_slice(lines),
    }
}

fn end_batch(batch: Option<u32>, reply: &mut Reply<'_>) {
    if let Some(batch) = batch {
        reply.server(format_args!("BATCH -{batch}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::answer::{Answer, Place};
    use crate::chat::message::{Extras, Kind, Speech, To};
    use crate::chat::text::Text;
    use crate::chat::who::who;
    use crate::wire::irc::Identity;
    use crate::wire::irc::speaker::Terms;
    use proptest::prelude::*;
    use std::time::Duration;

    /// What a client is told that agreed on these, after this line, of so many messages.
    fn told(caps: Caps, line: &str, count: usize) -> String {
        let identity = Identity::new("test", "#lobby");
        let (mut speaker, mut out, now) = (Speaker::default(), Vec::new(), Timestamp(0));
        let room = &RoomName::parse("a").unwrap();
        let (verb, place) = (line.split(' ').next().unwrap(), Place { room, is_focused: true });
        let verb = crate::wire::irc::verbs::find(verb).unwrap().verb;
        speaker.begin(verb, "", "", line);
        let terms = Terms { identity: &identity, caps, now };
        let mut answer = |answer: &Answer<'_>| speaker.answer(answer, terms, &mut out);
        answer(&Answer::History { place, count, last: Duration::ZERO });
        for id in 1..=count as u64 {
            let (from, to) = (&who("ana"), To::Room(room));
            let speech = Speech::plain(Kind::Say, Text::default());
            let speech = Speech { extras: Extras("+b=c"), ..speech };
            let message = Message { id: MessageId(id), at: now, from, to, speech };
            answer(&Answer::Earlier { message, is_focused: true });
        }
        String::from_utf8(out).unwrap().replace(who("ana").full(), "ana")
    }

    #[test]
    fn whoever_asks_is_shown_a_batch_and_others_what_they_can_tell_from_talk() {
        let (asked, unasked) = ("CHATHISTORY LATEST #a * 9", "JOIN #a");
        let time = Caps::BATCH | Caps::SERVER_TIME;
        let all = time | Caps::MESSAGE_TAGS;
        let batch = "@batch=1;time=1970-01-01T00:00:00.000Z;msgid=1;+b=c :ana PRIVMSG #a :\r\n";
        let around =
            |lines| format!(":test.chat BATCH +1 chathistory #a\r\n{lines}:test.chat BATCH -1\r\n");
        for (caps, line, count, expected) in [
            (all, asked, 1, around(batch)),
            (all | Caps::CHATHISTORY, asked, 1, around(batch)),
            (all, unasked, 1, around(batch)),
            (all | Caps::CHATHISTORY, unasked, 1, String::new()),
            (Caps::NONE, unasked, 1, String::new()),
            (Caps::SERVER_TIME, unasked, 1, String::new()),
            (Caps::NONE, asked, 1, ":ana PRIVMSG #a :\r\n".into()),
            (Caps::BATCH, asked, 1, around("@batch=1 :ana PRIVMSG #a :\r\n")),
            (all, asked, 0, around("")),
            (all, unasked, 0, String::new()),
        ] {
            assert_eq!(told(caps, line, count), expected, "{caps:?} {line} {count}");
        }
    }

    fn wrong(line: &str) -> (&'static str, &'static str) {
        match asked(&Line::parse(line).unwrap()) {
            Err(Own::Fail { code, text, .. }) => (code, text),
            other => panic!("{line}: {other:?}"),
        }
    }

    fn is_asked(line: &str) -> Option<(Span, usize)> {
        match asked(&Line::parse(line).unwrap()).ok()? {
            Step::Command(Command::In { ask: Ask::Past { span, most }, .. }) => Some((span, most)),
            _ => None,
        }
    }

    #[test]
    fn what_is_asked_for() {
        let message = |id| Point::Message(MessageId(id));
        let time = Point::Time(Timestamp(1_795_512_600_001_000));
        for (line, asked) in [
            ("LATEST #a * 5", (Span::Latest(None), 5)),
            ("latest #a msgid=7 100", (Span::Latest(Some(message(7))), 100)),
            ("BEFORE #a timestamp=2026-11-24T09:30:00.001Z 101", (Span::Before(time), 100)),
            ("AFTER #a msgid=x 99999999999999999999999", (Span::After(message(0)), 100)),
            ("AROUND #a msgid=+7 1", (Span::Around(message(0)), 1)),
            (
                "BETWEEN #a msgid=7 timestamp=2026-11-24T09:30:00.001Z 9",
                (Span::Between(message(7), time), 9),
            ),
        ] {
            assert_eq!(is_asked(&format!("CHATHISTORY {line}")), Some(asked), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        let params = |text| ("INVALID_PARAMS", text);
        for (line, why) in [
            ("", params("Insufficient parameters")),
            ("LATER #a * 5", params("Unknown command")),
            ("LATEST #a *", params("Insufficient parameters")),
            ("LATEST #a * * 5", params("Too many parameters")),
            ("LATEST #a * 0", params("Invalid limit")),
            ("LATEST #a * -1", params("Invalid limit")),
            ("BEFORE #a * 5", params("That refers to no message")),
            ("BEFORE #a timestamp=2026-11-24 5", params("Invalid timestamp")),
            ("TARGETS msgid=1 timestamp=2026-11-24T09:30:00.000Z 5", params("Invalid timestamp")),
            (
                "BEFORE #a name=x 5",
                ("INVALID_MSGREFTYPE", "Messages are referred to by msgid or timestamp"),
            ),
            ("LATEST ana * 5", ("INVALID_TARGET", "Only what was said in rooms is kept")),
        ] {
            assert_eq!(wrong(&format!("CHATHISTORY {line}")), why, "{line}");
        }
    }

    #[test]
    fn no_time_is_made_of_what_is_none() {
        for text in [
            "2026-02-29T00:00:00.000Z",
            "1969-12-31T23:59:59.999Z",
            "2026-13-01T00:00:00.000Z",
            "2026-00-01T00:00:00.000Z",
            "2026-01-00T00:00:00.000Z",
            "2026-01-01T24:00:00.000Z",
            "2026-01-01T00:60:00.000Z",
            "2026-01-01T00:00:61.000Z",
            "2026-01-01T00:00:00.000z",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.00éZ",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
        assert!(time("2024-02-29T23:59:60.000Z").is_some());
    }

    proptest! {
        #[test]
        fn a_time_that_is_written_is_read(millis in 0..253_402_300_800_000_u64) {
            let at = Timestamp(millis * 1000);
            prop_assert_eq!(time(&write::Time(at).to_string()), Some(at));
        }
    }
}
