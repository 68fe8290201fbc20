//! Events and answers as a person reads them.
//!
//! Lines of the server begin with `*** `. No user can make one: what a user says follows `nick: `
//! or `* nick `, and a nickname has no asterisk and no space.

use std::fmt::Display;
use std::io::Write;

use super::notice::{For, Happened, Mark, Names, Told, reason_of, state_of};
use super::{LineEnd, help};
use crate::chat::answer::{Answer, Listed, Listing, Place, RoomSummary};
use crate::chat::command::{Help, Kind};
use crate::chat::event::{Event, Farewell};
use crate::chat::message::Message;

/// A list of names is broken into lines of about this many bytes.
const NAMES_LINE_BYTES: usize = 400;

/// Appends an event to `out`, as one line. If it is marked, it says in which room it happened.
pub fn event(event: &Event<'_>, is_marked: bool, end: LineEnd, out: &mut Vec<u8>) {
    match *event {
        Event::Message(ref said) => message(said, is_marked, end, out),
        Event::In { room, what } => {
            line(format_args!("{}{}", Mark { room, is_marked }, Happened(what)), end, out);
        }
        Event::Renamed { from, to } => line(format_args!("{from} is now {to}"), end, out),
        Event::Away { nick, reason: None } => line(format_args!("{nick} is back"), end, out),
        Event::Away { nick, reason: Some(text) } => {
            line(format_args!("{nick} is away: {}", text.as_str()), end, out);
        }
        Event::Left { nick, reason: Farewell::Quit(Some(text)) } => {
            line(format_args!("{nick} left: {}", text.as_str()), end, out);
        }
        Event::Left { nick, reason } => {
            line(format_args!("{nick} left{}", reason_of(reason)), end, out);
        }
    }
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
        Answer::Told { from, text } => {
            relay(&["(private) ", from.as_str(), ": ", text.as_str()], end, out);
        }
        Answer::Delivered { from, to, text } => {
            relay(
                &["(private to ", to.as_str(), ") ", from.as_str(), ": ", text.as_str()],
                end,
                out,
            );
        }
        Answer::Present { place, people } => present(place, people, end, out),
        Answer::Rooms { rooms, others } => list_rooms(rooms, others, end, out),
        Answer::Lists { place, entries, others } => {
            list_entries(place, entries, end, out);
            and_more(others, end, out);
        }
        Answer::Help(Help::Basics) => explain(&help::BASICS, end, out),
        Answer::Help(Help::Rooms) => explain(&help::FOR_OPERATORS, end, out),
        _ => line(Told(answer), end, out),
    }
}

fn message(message: &Message<'_>, is_marked: bool, end: LineEnd, out: &mut Vec<u8>) {
    let (from, text) = (message.from.as_str(), message.text.as_str());
    if is_marked {
        relay_part(&["(", message.room.as_str(), ") "], out);
    }
    match message.kind {
        Kind::Say => relay(&[from, ": ", text], end, out),
        Kind::Act => relay(&["* ", from, " ", text], end, out),
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
        let names = Names(Listing { people: now, others });
        line(format_args!("{lead}{names}{comma}"), end, out);
        lead.clear();
        if rest.is_empty() {
            return;
        }
    }
}

fn list_rooms(rooms: &[RoomSummary<'_>], others: usize, end: LineEnd, out: &mut Vec<u8>) {
    for RoomSummary { name, members, is_in, topic } in rooms {
        let people = if *members == 1 { "person" } else { "people" };
        let you = if *is_in { ", you too" } else { "" };
        match topic {
            Some(topic) => {
                line(format_args!("{name}: {members} {people}{you}: {}", topic.as_str()), end, out);
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
    for Listed { list, mask, made_for, by, left } in entries {
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
    use crate::chat::message::MessageId;
    use crate::chat::name::NameError;
    use crate::chat::name::{Nick, RoomName};
    use crate::chat::rules::Rank;
    use crate::chat::text::Text;
    use crate::clock::Timestamp;
    use proptest::prelude::*;

    fn told(told: &Answer<'_>, end: LineEnd) -> String {
        let mut out = Vec::new();
        answer(told, end, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn heard(heard: &Event<'_>, end: LineEnd) -> String {
        let mut out = Vec::new();
        event(heard, false, end, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn present_in(room: &str, people: &[(&Nick, Option<Rank>)], others: usize) -> String {
        let room = &RoomName::parse(room).unwrap();
        let place = Place { room, is_focused: true };
        told(&Answer::Present { place, people: Listing { people, others } }, LineEnd::Lf)
    }

    #[test]
    fn what_a_user_gives_as_a_reason_is_not_what_the_server_knows() {
        let nick = &Nick::parse("ana").unwrap();
        let left = |reason| heard(&Event::Left { nick, reason }, LineEnd::Lf);
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
        let nick = Nick::parse(&"\u{1e800}\u{1e8d0}\u{1e8d1}\u{1e8d2}".repeat(6)).unwrap();
        let text = present_in("dev", &[(&nick, None); 50], 0);
        assert_eq!(text.matches(nick.as_str()).count(), 50);
    }

    #[test]
    fn a_long_list_of_names_is_broken_into_lines() {
        let nicks: Vec<Nick> =
            (0..100).map(|number| Nick::parse(&format!("name{number}")).unwrap()).collect();
        let names: Vec<(&Nick, Option<Rank>)> = nicks.iter().map(|nick| (nick, None)).collect();
        let text = present_in("dev", &names, 3);
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
            let (mut scratch, nick) = (String::new(), Nick::parse("ana").unwrap());
            let text = Text::parse(&bytes, &mut scratch);
            let room = RoomName::parse("dev").unwrap();
            let (id, at, from) = (MessageId(1), Timestamp(1), &nick);
            let say = Message { id, at, room: &room, from, kind: Kind::Say, text };
            let act = Message { kind: Kind::Act, ..say };
            for end in [LineEnd::Lf, LineEnd::CrLf, LineEnd::Cr] {
                for (line, mark) in [
                    (heard(&Event::Message(say), end), "ana: "),
                    (heard(&Event::Message(act), end), "* ana "),
                    (heard(&Event::Left { nick: &nick, reason: Farewell::Quit(Some(text)) }, end), "*** ana left: "),
                    (told(&Answer::Told { from, text }, end), "(private) ana: "),
                    (told(&Answer::Delivered { from, to: &nick, text }, end), "(private to ana) ana: "),
                    (told(&Answer::Notice(text), end), "*** "),
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
