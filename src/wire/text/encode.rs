//! Events and answers as a person reads them.
//!
//! Lines of the server begin with `*** `. No user can make one: what a user says follows `nick: `
//! or `* nick `, and a nickname has no asterisk and no space.

use std::fmt::{self, Display, Formatter};
use std::io::Write;
use std::time::Duration;

use super::refusal::Why;
use super::{LineEnd, help};
use crate::chat::answer::{Answer, Listed, Listing, Place, Profile, RoomSummary};
use crate::chat::command::{Help, Kind};
use crate::chat::event::{Event, Farewell, Happening};
use crate::chat::message::Message;
use crate::chat::name::RoomName;
use crate::chat::rules::{Change, List, Rank, Rules};

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
            line(format_args!("{nick} left ({})", reason_of(reason)), end, out);
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

/// `(#dev) `, if it happens where the reader does not talk.
struct Mark<'a> {
    room: &'a RoomName,
    is_marked: bool,
}

impl<'a> Mark<'a> {
    fn of(place: Place<'a>) -> Self {
        Self { room: place.room, is_marked: !place.is_focused }
    }
}

impl Display for Mark<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.is_marked { write!(f, "({}) ", self.room) } else { Ok(()) }
    }
}

/// What happened in a room.
struct Happened<'a>(Happening<'a>);

impl Display for Happened<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Happening::Joined(nick) => write!(f, "{nick} joined"),
            Happening::Parted { nick, reason: None } => write!(f, "{nick} left the room"),
            Happening::Parted { nick, reason: Some(text) } => {
                write!(f, "{nick} left the room: {}", text.as_str())
            }
            Happening::Traffic { joined, left: 0, here } => {
                write!(f, "{joined} joined; {here} here")
            }
            Happening::Traffic { joined: 0, left, here } => write!(f, "{left} left; {here} here"),
            Happening::Traffic { joined, left, here } => {
                write!(f, "{joined} joined, {left} left; {here} here")
            }
            Happening::Topic { by, topic: Some(topic) } => {
                write!(f, "{by} changed the topic: {}", topic.as_str())
            }
            Happening::Topic { by, topic: None } => write!(f, "{by} removed the topic"),
            Happening::Kicked { by, nick, reason, is_banned } => {
                let what = if is_banned { "banned" } else { "kicked out" };
                write!(f, "{nick} was {what} by {by}")?;
                reason.map_or(Ok(()), |text| write!(f, ": {}", text.as_str()))
            }
            Happening::ManyKicked { by, count } => write!(f, "{by} kicked {count} people out"),
            Happening::RankBack { nick, rank: Rank::Operator } => {
                write!(f, "{nick} is an operator again")
            }
            Happening::RankBack { nick, rank: Rank::Voice } => {
                write!(f, "{nick} has a voice again")
            }
            Happening::Ranked { by, nick, rank: Rank::Operator, is_given: true } => {
                write!(f, "{by} made {nick} an operator")
            }
            Happening::Ranked { by, nick, rank: Rank::Operator, is_given: false } => {
                write!(f, "{by} took the rank of operator from {nick}")
            }
            Happening::Ranked { by, nick, rank: Rank::Voice, is_given: true } => {
                write!(f, "{by} gave {nick} a voice")
            }
            Happening::Ranked { by, nick, rank: Rank::Voice, is_given: false } => {
                write!(f, "{by} took the voice from {nick}")
            }
            Happening::Changed { by, change } => write!(f, "{by} {}", Changed(change)),
        }
    }
}

/// What an operator did with a rule.
struct Changed<'a>(Change<'a>);

impl Display for Changed<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Change::InviteOnly(true) => "made the room invite-only",
            Change::InviteOnly(false) => "made the room open: it takes no invitation",
            Change::Moderated(true) => {
                "made the room moderated: all who are here have a voice, whoever comes has none"
            }
            Change::Moderated(false) => "lets everybody talk again",
            Change::Secret(true) => "made the room secret",
            Change::Secret(false) => "made the room known to all",
            Change::OpenTopic(true) => "lets everybody change the topic",
            Change::OpenTopic(false) => "lets only operators change the topic",
            // Whoever is here needs it no more, and it may be shown on a screen.
            Change::Key(Some(_)) => "gave the room a key",
            Change::Key(None) => "took the key of the room away",
            Change::Limit(Some(limit)) => {
                return write!(f, "lets at most {limit} people in");
            }
            Change::Limit(None) => "lets any number of people in",
            Change::Slow(Some(slow)) => {
                return write!(f, "made the room slow: each may talk every {}", Lasting(slow));
            }
            Change::Slow(None) => "lets everybody talk as fast as they like",
        })
    }
}

/// An answer that is one line of the server.
struct Told<'a>(&'a Answer<'a>);

impl Display for Told<'_> {
    #[expect(clippy::too_many_lines, reason = "a table: a sentence for each answer")]
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self.0 {
            Answer::Greeting { server } => write!(f, "Welcome to {server}. Choose a nickname:"),
            Answer::Welcomed { nick, others } => {
                write!(
                    f,
                    "You are {nick}. {} /help lists the commands, /quit leaves.",
                    Here(others)
                )
            }
            Answer::Notice(text) => f.write_str(text.as_str()),
            Answer::History { place, count: 0, .. } => {
                write!(f, "{}No earlier messages.", Mark::of(place))
            }
            Answer::History { place, count: 1, last } => {
                write!(f, "{}1 earlier message, {} ago:", Mark::of(place), Ago(last))
            }
            Answer::History { place, count, last } => {
                let (mark, ago) = (Mark::of(place), Ago(last));
                write!(f, "{mark}{count} earlier messages, the last one {ago} ago:")
            }
            Answer::Named(nick) => write!(f, "You are now {nick}."),
            Answer::Entered { room, is_new, others, still } => {
                write!(f, "You talk in {room} now")?;
                match still {
                    None => {}
                    Some((before, 0)) => write!(f, ", and still hear {before}")?,
                    Some((before, 1)) => write!(f, ", and still hear {before} and 1 other room")?,
                    Some((before, more)) => {
                        write!(f, ", and still hear {before} and {more} other rooms")?;
                    }
                }
                if is_new {
                    f.write_str(". It is new, and you are its operator: /help room.")
                } else {
                    write!(f, ". {}", Here(others))
                }
            }
            Answer::Focused(Some(room)) => write!(f, "You talk in {room} now."),
            Answer::Focused(None) => {
                write!(f, "You are in no room now. /rooms lists them, /join goes to one.")
            }
            Answer::Topic { place, topic: Some(topic) } => {
                write!(f, "{}Topic: {}", Mark::of(place), topic.as_str())
            }
            Answer::Topic { place, topic: None } => write!(f, "{}No topic.", Mark::of(place)),
            Answer::Whois(profile) => about(profile, f),
            Answer::YouAreAway => write!(f, "You are away. /away says that you are back."),
            Answer::YouAreBack => write!(f, "You are back."),
            Answer::IsAway { nick, reason } => write!(f, "{nick} is away: {}", reason.as_str()),
            Answer::Invited { by, room } => {
                write!(f, "{by} invites you to {room}: /join {room} goes there.")
            }
            Answer::Inviting { nick, room } => write!(f, "{nick} is invited to {room}."),
            Answer::KeptOut { list, mask, made_for, time } => {
                match made_for {
                    Some(nick) => write!(f, "{nick} ({mask})")?,
                    None => write!(f, "{mask}")?,
                }
                write!(f, " is {} for {}.", state_of(list), For(time))
            }
            Answer::Pardoned { list, count: 1 } => write!(f, "No longer {}.", state_of(list)),
            Answer::Pardoned { list, count } => {
                write!(f, "{count} entries removed: no longer {}.", state_of(list))
            }
            Answer::Rules { room, rules, is_operator } => rules_of(room, rules, is_operator, f),
            Answer::Refused { refusal, named: true } => write!(f, "{}", Why(refusal)),
            Answer::Refused { refusal, named: false } => {
                write!(f, "{} Choose a nickname:", Why(refusal))
            }
            Answer::NamelessTooLong(limit) => {
                write!(f, "No nickname within {} seconds: closing. Come again!", limit.as_secs())
            }
            Answer::NicknamesRefused(count) => {
                write!(f, "{count} nicknames refused: closing. Come again!")
            }
            Answer::Full => f.write_str("server full: try again later"),
            Answer::FullForAddress => {
                f.write_str("too many connections from your address: close one, or try again later")
            }
            Answer::Stopping => f.write_str("server is stopping"),
            // Written by `answer` itself.
            Answer::Earlier { .. }
            | Answer::Done { .. }
            | Answer::Told { .. }
            | Answer::Delivered { .. }
            | Answer::Present { .. }
            | Answer::Rooms { .. }
            | Answer::Lists { .. }
            | Answer::Help(_) => Ok(()),
        }
    }
}

fn about(profile: Profile<'_>, f: &mut Formatter<'_>) -> fmt::Result {
    let Profile { nick, cloak, rooms, away } = profile;
    write!(f, "{nick} comes from {cloak}")?;
    for (index, (room, rank)) in rooms.iter().enumerate() {
        let lead = if index == 0 { " and is in " } else { ", " };
        write!(f, "{lead}{}{room}", sign_of(*rank))?;
    }
    match away {
        Some(reason) => write!(f, "; away: {}", reason.as_str()),
        None => f.write_str("."),
    }
}

fn rules_of(
    room: &RoomName,
    rules: &Rules,
    is_operator: bool,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    write!(f, "Rules of {room}:")?;
    let flags = [
        (rules.invite_only, " invite-only,"),
        (rules.moderated, " moderated,"),
        (rules.secret, " secret,"),
        (rules.key.is_some() && !is_operator, " with a key,"),
    ];
    for (_, words) in flags.iter().filter(|(is_on, _)| *is_on) {
        f.write_str(words)?;
    }
    if let Some(key) = rules.key.as_deref().filter(|_| is_operator) {
        write!(f, " the key is {key},")?;
    }
    if let Some(limit) = rules.limit {
        write!(f, " at most {limit} people,")?;
    }
    if let Some(slow) = rules.slow {
        write!(f, " one message every {},", Lasting(slow))?;
    }
    let topic = if rules.open_topic { "everybody" } else { "operators" };
    write!(f, " {topic} may change the topic.")
}

/// `ana, @bruno … and 3 others`.
struct Names<'a>(Listing<'a>);

impl Display for Names<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, (nick, rank)) in self.0.people.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{}{nick}", sign_of(*rank))?;
        }
        match self.0.others {
            0 => Ok(()),
            1 => write!(f, " … and 1 other"),
            others => write!(f, " … and {others} others"),
        }
    }
}

/// `Here now: ana, bruno.`
struct Here<'a>(Listing<'a>);

impl Display for Here<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0.people.is_empty() {
            f.write_str("Nobody else is here.")
        } else {
            write!(f, "Here now: {}.", Names(self.0))
        }
    }
}

/// For how long something counts in a room.
pub(super) struct For(pub(super) Option<Duration>);

impl Display for For {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(time) => Lasting(up_to_seconds(time)).fmt(f),
            None => f.write_str("as long as the room exists"),
        }
    }
}

/// What somebody on a list is.
fn state_of(list: List) -> &'static str {
    match list {
        List::Bans => "banned",
        List::Mutes => "muted",
    }
}

/// What stands before the nickname of somebody with a rank.
fn sign_of(rank: Option<Rank>) -> &'static str {
    match rank {
        Some(Rank::Operator) => "@",
        Some(Rank::Voice) => "+",
        None => "",
    }
}

/// `3 minutes`: as much as there was of the largest unit.
struct Ago(Duration);

impl Display for Ago {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        units(self.0, 1, f)
    }
}

/// `1 minute 30 seconds`: nothing is left out of what people set.
pub(super) struct Lasting(pub(super) Duration);

impl Display for Lasting {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        units(self.0, usize::MAX, f)
    }
}

fn units(time: Duration, units_max: usize, f: &mut Formatter<'_>) -> fmt::Result {
    let mut seconds = time.as_secs();
    let mut written = 0;
    for (size, unit) in [(86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")] {
        let count = seconds / size;
        let is_all = size == 1 && written == 0;
        if written < units_max && (count > 0 || is_all) {
            let (space, s) =
                (if written > 0 { " " } else { "" }, if count == 1 { "" } else { "s" });
            write!(f, "{space}{count} {unit}{s}")?;
            written += 1;
        }
        seconds %= size;
    }
    Ok(())
}

/// What somebody has to wait, in whole seconds: no less than that.
pub(super) fn up_to_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs() + u64::from(time.subsec_nanos() > 0))
}

/// What the server knows of why somebody left, in brackets. What its user says stands behind a
/// colon: in brackets, `/quit timed out` would read as if the network had failed.
fn reason_of(reason: Farewell<'_>) -> &'static str {
    match reason {
        Farewell::Quit(_) => "quit",
        Farewell::Lost | Farewell::NicknamesRefused(_) => "connection lost",
        Farewell::TooSlow => "too slow",
        Farewell::TimedOut => "timed out",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::answer::Refusal;
    use crate::chat::message::MessageId;
    use crate::chat::name::NameError;
    use crate::chat::name::Nick;
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
    fn how_long_ago() {
        for (seconds, ago) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (3599, "59 minutes"),
        ] {
            assert_eq!(Ago(Duration::from_secs(seconds)).to_string(), ago);
        }
        for (hours, ago) in [(1, "1 hour"), (23, "23 hours"), (24, "1 day"), (49, "2 days")] {
            assert_eq!(Ago(Duration::from_secs(hours * 3600)).to_string(), ago);
        }
    }

    #[test]
    fn how_long_something_lasts_is_told_whole() {
        for (seconds, lasts) in [
            (0, "0 seconds"),
            (90, "1 minute 30 seconds"),
            (3600, "1 hour"),
            (90_061, "1 day 1 hour 1 minute 1 second"),
        ] {
            assert_eq!(Lasting(Duration::from_secs(seconds)).to_string(), lasts);
        }
        let wait = up_to_seconds(Duration::from_millis(9001));
        assert_eq!((Lasting(wait).to_string(), up_to_seconds(wait)), ("10 seconds".into(), wait));
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
