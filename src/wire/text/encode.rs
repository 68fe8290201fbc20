//! Events and answers as a person reads them.
//!
//! Lines of the server begin with `*** `. No user can make one: what a user says follows `nick: `
//! or `* nick `, and a nickname has no asterisk and no space.

use std::fmt::Display;
use std::io::Write;

use super::notice::{Happened, Mark, Names, Told, reason_of, state_of};
use super::{LineEnd, help};
use crate::chat::answer::{Answer, Listed, Listing, Place, RoomSummary};
use crate::chat::command::Help;
use crate::chat::event::{Event, Farewell, Happening, What};
use crate::chat::message::{Kind, Message, To};
use crate::wire::time::For;

/// A list of names is broken into lines of about this many bytes.
const NAMES_LINE_BYTES: usize = 400;

/// Appends an event to `out`, as one line. If it is marked, it says in which room it happened.
pub fn event(event: &Event<'_>, is_marked: bool, end: LineEnd, out: &mut Vec<u8>) {
    match event.what {
        What::In { what, .. } if is_not_for_people(what) => {}
        What::Away { is_news: false, .. }
        | What::Left { is_counted: true, .. }
        | What::Described { .. } => {}
        What::Said(ref said) => message(said, is_marked, end, out),
        What::In { room, what } => {
            line(format_args!("{}{}", Mark { room, is_marked }, Happened(what)), end, out);
        }
        What::Renamed { from, to } => line(format_args!("{from} is now {to}"), end, out),
        What::Away { nick, reason: None, .. } => line(format_args!("{nick} is back"), end, out),
        What::Away { nick, reason: Some(text), .. } => {
            line(format_args!("{nick} is away: {}", text.as_str()), end, out);
        }
        What::Left { nick, reason: Farewell::Quit(Some(text)), .. } => {
            line(format_args!("{nick} left: {}", text.as_str()), end, out);
        }
        What::Left { nick, reason, .. } => {
            line(format_args!("{nick} left{}", reason_of(reason)), end, out);
        }
    }
}

/// Whether something in a room is told to people in another way, or only to programs that keep lists.
fn is_not_for_people(what: Happening<'_>) -> bool {
    matches!(
        what,
        Happening::Joined { is_counted: true, .. }
            | Happening::Parted { is_counted: true, .. }
            | Happening::Kicked { is_counted: true, .. }
            | Happening::Listed { .. }
            | Happening::Invited { .. }
    )
}

/// Appends an answer to `out`, as one or more whole lines.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the rest is matched, each by its name, in `Told`"
)]
pub fn answer(answer: &Answer<'_>, end: LineEnd, out: &mut Vec<u8>) {
    match *answer {
        Answer::Earlier { message: ref said, is_focused } => message(said, !is_focused, end, out),
        Answer::Done { event: ref done, is_focused } => event(done, !is_focused, end, out),
        Answer::Told(ref told) => private(&["(private) "], told, end, out),
        Answer::Delivered(ref told) => {
            if let To::Person(to) = told.to {
                private(&["(private to ", to.as_str(), ") "], told, end, out);
            }
        }
        Answer::Motd(lines) => {
            for text in lines {
                line(text.as_text().as_str(), end, out);
            }
        }
        Answer::Entered { room, topic, .. } => {
            line(Told(answer), end, out);
            if topic.is_some() {
                let place = Place { room, is_focused: true };
                line(Told(&Answer::Topic { place, topic }), end, out);
            }
        }
        Answer::Present { place, people } => present(place, people, end, out),
        Answer::Rooms { rooms, others } => list_rooms(rooms, others, end, out),
        Answer::Lists { place, entries, others } => {
            list_entries(place, entries, end, out);
            and_more(others, end, out);
        }
        Answer::Found(..)
        | Answer::Counts(_)
        | Answer::People { .. }
        | Answer::Was(_)
        | Answer::List { .. }
        | Answer::Registered(_)
        | Answer::Watching(_)
        | Answer::News(_)
        | Answer::Hidden { .. }
        | Answer::Described(_)
        | Answer::Invitations(_)
        | Answer::Talked(_) => {}
        Answer::Help(Help::Basics) => explain(&help::BASICS, end, out),
        Answer::Help(Help::Rooms) => explain(&help::FOR_OPERATORS, end, out),
        _ => line(Told(answer), end, out),
    }
}

fn message(message: &Message<'_>, is_marked: bool, end: LineEnd, out: &mut Vec<u8>) {
    if message.speech.kind.is_for_people() {
        if is_marked && let Some(room) = message.to.room() {
            relay_part(&["(", room.as_str(), ") "], out);
        }
        said(message, end, out);
    }
}

fn private(mark: &[&str], message: &Message<'_>, end: LineEnd, out: &mut Vec<u8>) {
    if message.speech.kind.is_for_people() {
        relay_part(mark, out);
        said(message, end, out);
    }
}

fn said(message: &Message<'_>, end: LineEnd, out: &mut Vec<u8>) {
    let (from, text) = (message.from.as_str(), message.speech.text.as_str());
    match message.speech.kind {
        Kind::Say => relay(&[from, ": ", text], end, out),
        Kind::Act => relay(&["* ", from, " ", text], end, out),
        Kind::Note => relay(&["-", from, "- ", text], end, out),
        Kind::Probe | Kind::Reply | Kind::Mark => {}
    }
}

fn explain(lines: &[&str], end: LineEnd, out: &mut Vec<u8>) {
    for text in lines {
        line(text, end, out);
    }
}

/// A line of somebody: the hot path, without formatting.
fn relay(parts: &[&str], end: LineEnd, out: &mut Vec<u8>) {
    relay_part(parts, out);
    out.extend_from_slice(end.as_bytes());
}

fn relay_part(parts: &[&str], out: &mut Vec<u8>) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

/// A line of the server.
fn line(text: impl Display, end: LineEnd, out: &mut Vec<u8>) {
    // Writing to a vector cannot fail.
    let _ = write!(out, "*** {text}");
    out.extend_from_slice(end.as_bytes());
}

fn present(place: Place<'_>, people: Listing<'_>, end: LineEnd, out: &mut Vec<u8>) {
    let mut rest = people.people;
    let mut lead = format!("{}{} here: ", Mark::of(place), rest.len() + people.others);
    loop {
        let mut bytes = 0;
        let fits = rest.iter().take_while(|(nick, _)| {
            bytes += nick.as_str().len();
            bytes <= NAMES_LINE_BYTES
        });
        let (now, later) = rest.split_at(fits.count().max(1).min(rest.len()));
        rest = later;
        let comma = if rest.is_empty() { "" } else { "," };
        let others = if rest.is_empty() { people.others } else { 0 };
        let names = Names(Listing { people: now, others, ..people });
        line(format_args!("{lead}{names}{comma}"), end, out);
        lead.clear();
        if rest.is_empty() {
            return;
        }
    }
}

fn list_rooms(rooms: &[RoomSummary<'_>], others: usize, end: LineEnd, out: &mut Vec<u8>) {
    for RoomSummary { name, members, is_in, topic, .. } in rooms {
        let people = if *members == 1 { "person" } else { "people" };
        let you = if *is_in { ", you too" } else { "" };
        match topic {
            Some(topic) => {
                line(
                    format_args!(
                        "{name}: {members} {people}{you}: {}",
                        topic.text.as_text().as_str()
                    ),
                    end,
                    out,
                );
            }
            None => line(format_args!("{name}: {members} {people}{you}"), end, out),
        }
    }
    and_more(others, end, out);
}

fn and_more(others: usize, end: LineEnd, out: &mut Vec<u8>) {
    if others > 0 {
        line(format_args!("… and {others} more"), end, out);
    }
}

fn list_entries(place: Place<'_>, entries: &[Listed<'_>], end: LineEnd, out: &mut Vec<u8>) {
    let mark = Mark::of(place);
    if entries.is_empty() {
        line(format_args!("{mark}Nobody is banned or muted."), end, out);
    }
    for Listed { list, mask, made_for, by, left, .. } in entries {
        let what = state_of(*list);
        let left = For(*left);
        match made_for {
            Some(nick) => {
                line(format_args!("{mark}{nick} ({mask}) is {what} for {left}, by {by}"), end, out);
            }
            None => line(format_args!("{mark}{mask} is {what} for {left}, by {by}"), end, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::answer::Refusal;
    use crate::chat::message::{MessageId, Speech};
    use crate::chat::name::{NameError, RoomName};
    use crate::chat::rules::Ranks;
    use crate::chat::text::{Text, TextBuf};
    use crate::chat::who::{Who, who};
    use crate::clock::Timestamp;
    use proptest::prelude::*;

    fn told(told: &Answer<'_>, end: LineEnd) -> String {
        let mut out = Vec::new();
        answer(told, end, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn heard(what: What<'_>, end: LineEnd) -> String {
        let mut out = Vec::new();
        event(&Event { at: Timestamp(1), what }, false, end, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn present_in(room: &str, people: &[(&Who, Ranks)], others: usize) -> String {
        let room = &RoomName::parse(room).unwrap();
        let place = Place { room, is_focused: true };
        told(
            &Answer::Present { place, people: Listing { people, others, is_secret: false } },
            LineEnd::Lf,
        )
    }

    #[test]
    fn what_a_user_gives_as_a_reason_is_not_what_the_server_knows() {
        let nick = &who("ana");
        let left = |reason| heard(What::Left { nick, reason, is_counted: false }, LineEnd::Lf);
        let said = Text::parse(b"timed out", Box::leak(Box::default()));
        assert_eq!(left(Farewell::TimedOut), "*** ana left (timed out)\n");
        assert_eq!(left(Farewell::Quit(Some(said))), "*** ana left: timed out\n");
        assert_eq!(left(Farewell::Quit(None)), "*** ana left (quit)\n");
    }

    #[test]
    fn what_cannot_be_seen_is_named() {
        let refusal = Refusal::BadNick(NameError::Character('\u{200b}'));
        let line = told(&Answer::Refused { refusal: &refusal, named: true }, LineEnd::Lf);
        assert!(line.contains("the invisible character U+200B"), "{line}");
    }

    #[test]
    fn the_longest_nicknames_can_be_listed() {
        let nick = who(&"\u{1e800}\u{1e8d0}\u{1e8d1}\u{1e8d2}".repeat(6));
        let text = present_in("dev", &[(&nick, Ranks::default()); 50], 0);
        assert_eq!(text.matches(nick.as_str()).count(), 50);
    }

    #[test]
    fn a_long_list_of_names_is_broken_into_lines() {
        let people: Vec<Who> = (0..100).map(|number| who(&format!("name{number}"))).collect();
        let people: Vec<(&Who, Ranks)> = people.iter().map(|who| (who, Ranks::default())).collect();
        let text = present_in("dev", &people, 3);
        assert!(text.starts_with("*** 103 here: name0, name1, "), "{text}");
        assert!(text.ends_with(", name99 … and 3 others\n"), "{text}");
        assert!(
            text.lines().all(|line| line.starts_with("*** ") && line.len() < 2 * NAMES_LINE_BYTES),
            "{text}"
        );
        let all = text.matches("name").count();
        assert_eq!(all, 100);
    }

    proptest! {
        #[test]
        fn whatever_is_said_stays_on_its_line_and_behind_its_mark(bytes: Vec<u8>) {
            let (mut scratch, nick) = (String::new(), &who("ana"));
            let text = Text::parse(&bytes, &mut scratch);
            let to = To::Room(&RoomName::parse("dev").unwrap());
            let (id, at, from) = (MessageId(1), Timestamp(1), nick);
            let say = Message { id, at, from, to, speech: Speech::plain(Kind::Say, text) };
            let act = Message { speech: Speech::plain(Kind::Act, text), ..say };
            let note = Message { speech: Speech::plain(Kind::Note, text), ..say };
            let private = Message { to: To::Person(nick), ..say };
            let reason = Farewell::Quit(Some(text));
            for end in [LineEnd::Lf, LineEnd::CrLf, LineEnd::Cr] {
                for (line, mark) in [
                    (heard(What::Said(say), end), "ana: "),
                    (heard(What::Said(act), end), "* ana "),
                    (heard(What::Said(note), end), "-ana- "),
                    (heard(What::Left { nick, reason, is_counted: false }, end), "*** ana left: "),
                    (told(&Answer::Told(private), end), "(private) ana: "),
                    (told(&Answer::Delivered(private), end), "(private to ana) ana: "),
                    (told(&Answer::Motd(&[TextBuf::from(text)]), end), "*** "),
                    (told(&Answer::Refused { refusal: &Refusal::UnknownCommand(text), named: true }, end), "*** There is no command /"),
                    (told(&Answer::Refused { refusal: &Refusal::UnknownNick(text), named: true }, end), "*** Nobody here is called "),
                ] {
                    let end = std::str::from_utf8(end.as_bytes()).unwrap();
                    prop_assert!(line.starts_with(mark) && line.ends_with(end));
                    prop_assert!(!line[..line.len() - end.len()].chars().any(|c| c.is_control() && c != '\t'));
                }
            }
        }
    }
}
