//! Events and answers as a person reads them.
//!
//! Lines of the server begin with `*** `. No user can make one: what a user says follows `nick: `
//! or `* nick `, and a nickname has no asterisk and no space.

use std::fmt::{self, Display, Formatter};
use std::io::Write;
use std::time::Duration;

use super::LineEnd;
use crate::chat::answer::{Answer, Refusal};
use crate::chat::command::Kind;
use crate::chat::event::{Event, Farewell};
use crate::chat::message::Message;
use crate::chat::name::{NICK_COLUMNS_MAX, Nick, NickError};

const HELP: [&str; 9] = [
    "Whatever you type goes to everybody. Lines that start with / are commands:",
    "/who               who is here",
    "/nick NEW          change your nickname",
    "/me TEXT           * you TEXT",
    "/msg NICK TEXT     say it to one person only",
    "/history [N]       the last messages again",
    "/help              this",
    "/quit [REASON]     leave",
    "//TEXT             say /TEXT",
];

/// A list of names is broken into lines of about this many bytes.
const NAMES_LINE_BYTES: usize = 400;

/// Appends an event to `out`, as one line.
pub fn event(event: &Event<'_>, is_marked: bool, end: LineEnd, out: &mut Vec<u8>) {
    let _ = is_marked;
    match event {
        Event::Message(said) => message(said, end, out),
        Event::Joined(_) | Event::Renamed { .. } | Event::Left { .. } | Event::Traffic { .. } => {
            line(Happened(event), end, out);
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
        Answer::Earlier(ref said) => message(said, end, out),
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
        Answer::Present { names, others } => present(names, others, end, out),
        Answer::Help => HELP.iter().for_each(|help| line(help, end, out)),
        _ => line(Told(answer), end, out),
    }
}

fn message(message: &Message<'_>, end: LineEnd, out: &mut Vec<u8>) {
    let (from, text) = (message.from.as_str(), message.text.as_str());
    match message.kind {
        Kind::Say => relay(&[from, ": ", text], end, out),
        Kind::Act => relay(&["* ", from, " ", text], end, out),
    }
}

/// A line of somebody: the hot path, without formatting.
fn relay(parts: &[&str], end: LineEnd, out: &mut Vec<u8>) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
    out.extend_from_slice(end.as_bytes());
}

/// A line of the server.
fn line(text: impl Display, end: LineEnd, out: &mut Vec<u8>) {
    // Writing to a vector cannot fail.
    let _ = write!(out, "*** {text}");
    out.extend_from_slice(end.as_bytes());
}

fn present(names: &[&Nick], others: usize, end: LineEnd, out: &mut Vec<u8>) {
    let mut rest = names;
    let mut lead = format!("{} here: ", names.len() + others);
    loop {
        let mut bytes = 0;
        let fits = rest.iter().take_while(|nick| {
            bytes += nick.as_str().len();
            bytes <= NAMES_LINE_BYTES
        });
        let (now, later) = rest.split_at(fits.count().max(1).min(rest.len()));
        rest = later;
        let comma = if rest.is_empty() { "" } else { "," };
        let others = if rest.is_empty() { others } else { 0 };
        line(format_args!("{lead}{}{comma}", Names { names: now, others }), end, out);
        lead.clear();
        if rest.is_empty() {
            return;
        }
    }
}

/// An event that is one line of the server.
struct Happened<'a>(&'a Event<'a>);

impl Display for Happened<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self.0 {
            // Written by `event` itself.
            Event::Message(_) => Ok(()),
            Event::Joined(nick) => write!(f, "{nick} joined"),
            Event::Renamed { from, to } => write!(f, "{from} is now {to}"),
            Event::Left { nick, reason: Farewell::Quit(Some(text)) } => {
                write!(f, "{nick} left: {}", text.as_str())
            }
            Event::Left { nick, reason } => write!(f, "{nick} left ({})", reason_of(reason)),
            Event::Traffic { joined, left: 0, here } => write!(f, "{joined} joined; {here} here"),
            Event::Traffic { joined: 0, left, here } => write!(f, "{left} left; {here} here"),
            Event::Traffic { joined, left, here } => {
                write!(f, "{joined} joined, {left} left; {here} here")
            }
        }
    }
}

/// An answer that is one line of the server.
struct Told<'a>(&'a Answer<'a>);

impl Display for Told<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self.0 {
            Answer::Greeting { server } => write!(f, "Welcome to {server}. Choose a nickname:"),
            Answer::Welcomed { nick, here: [], .. } => {
                write!(
                    f,
                    "You are {nick}. Nobody else is here. /help lists the commands, /quit leaves."
                )
            }
            Answer::Welcomed { nick, here, others } => {
                let names = Names { names: here, others };
                write!(
                    f,
                    "You are {nick}. Here now: {names}. /help lists the commands, /quit leaves."
                )
            }
            Answer::Notice(text) => f.write_str(text.as_str()),
            Answer::History { count: 0, .. } => f.write_str("No earlier messages."),
            Answer::History { count: 1, last } => {
                write!(f, "1 earlier message, {} ago:", Ago(last))
            }
            Answer::History { count, last } => {
                write!(f, "{count} earlier messages, the last one {} ago:", Ago(last))
            }
            Answer::Named(nick) => write!(f, "You are now {nick}."),
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
            Answer::Earlier(_)
            | Answer::Told { .. }
            | Answer::Delivered { .. }
            | Answer::Present { .. }
            | Answer::Help => Ok(()),
        }
    }
}

/// `ana, bruno … and 3 others`.
struct Names<'a> {
    names: &'a [&'a Nick],
    others: usize,
}

impl Display for Names<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, nick) in self.names.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{nick}")?;
        }
        match self.others {
            0 => Ok(()),
            1 => write!(f, " … and 1 other"),
            others => write!(f, " … and {others} others"),
        }
    }
}

/// `3 minutes`.
struct Ago(Duration);

impl Display for Ago {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (count, unit) = match seconds {
            0..60 => (seconds, "second"),
            60..3600 => (seconds / 60, "minute"),
            3600..86400 => (seconds / 3600, "hour"),
            _ => (seconds / 86400, "day"),
        };
        write!(f, "{count} {unit}{}", if count == 1 { "" } else { "s" })
    }
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

struct Why<'a>(Refusal<'a>);

impl Display for Why<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Refusal::BadNick(NickError::Empty) => write!(f, "A nickname cannot be empty."),
            Refusal::BadNick(NickError::TooLong) => {
                write!(f, "That nickname is too long: at most {NICK_COLUMNS_MAX} columns.")
            }
            Refusal::BadNick(NickError::Character(' ')) => {
                write!(f, "A nickname is one word, without spaces.")
            }
            Refusal::BadNick(NickError::Character(c)) => {
                write!(
                    f,
                    "A nickname cannot have {}: only letters, digits and -_.[]{{}}|^`.",
                    Shown(c)
                )
            }
            Refusal::BadNick(NickError::Start(c)) => {
                write!(f, "A nickname cannot start with {}.", Shown(c))
            }
            Refusal::BadNick(NickError::Marks) => {
                write!(f, "That nickname has too many accents on one letter.")
            }
            Refusal::NickTaken(nick) => {
                write!(f, "{nick} is taken, or looks too much like a nickname that is.")
            }
            Refusal::NickReserved(nick) => {
                write!(f, "{nick} is the server itself, or looks too much like it.")
            }
            Refusal::Nameless => write!(f, "First you need a nickname."),
            Refusal::Behind(nick) => {
                write!(f, "{nick} has not read what it was sent before: try again later.")
            }
            Refusal::UnknownNick(nick) => {
                write!(f, "Nobody here is called {}. /who lists who is here.", nick.as_str())
            }
            Refusal::UnknownCommand(name) => {
                let name = name.as_str();
                write!(
                    f,
                    "There is no command /{name}. /help lists the commands; to say /{name}, type //{name}."
                )
            }
            Refusal::Usage(usage) => write!(f, "Usage: {usage}"),
            Refusal::LineTooLong(limit) => {
                write!(f, "That line was not sent: it has more than {limit} bytes.")
            }
        }
    }
}

/// A character, if it can be seen; its code point, if not.
struct Shown(char);

impl Display for Shown {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let code = u32::from(self.0);
        if unicode_width::UnicodeWidthChar::width(self.0).unwrap_or(0) == 0 {
            write!(f, "the invisible character U+{code:04X}")
        } else {
            write!(f, "“{}”", self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::message::MessageId;
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
        let refusal = Refusal::BadNick(NickError::Character('\u{200b}'));
        let line = told(&Answer::Refused { refusal, named: true }, LineEnd::Lf);
        assert!(line.contains("the invisible character U+200B"), "{line}");
    }

    #[test]
    fn the_longest_nicknames_can_be_listed() {
        let nick = Nick::parse(&"\u{1e800}\u{1e8d0}\u{1e8d1}\u{1e8d2}".repeat(6)).unwrap();
        let text = told(&Answer::Present { names: &[&nick; 50], others: 0 }, LineEnd::Lf);
        assert_eq!(text.matches(nick.as_str()).count(), 50);
    }

    #[test]
    fn a_long_list_of_names_is_broken_into_lines() {
        let nicks: Vec<Nick> =
            (0..100).map(|number| Nick::parse(&format!("name{number}")).unwrap()).collect();
        let names: Vec<&Nick> = nicks.iter().collect();
        let text = told(&Answer::Present { names: &names, others: 3 }, LineEnd::Lf);
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
            let (id, at, from) = (MessageId(1), Timestamp(1), &nick);
            let say = Message { id, at, from, kind: Kind::Say, text };
            let act = Message { kind: Kind::Act, ..say };
            for end in [LineEnd::Lf, LineEnd::CrLf, LineEnd::Cr] {
                for (line, mark) in [
                    (heard(&Event::Message(say), end), "ana: "),
                    (heard(&Event::Message(act), end), "* ana "),
                    (heard(&Event::Left { nick: &nick, reason: Farewell::Quit(Some(text)) }, end), "*** ana left: "),
                    (told(&Answer::Told { from, text }, end), "(private) ana: "),
                    (told(&Answer::Delivered { from, to: &nick, text }, end), "(private to ana) ana: "),
                    (told(&Answer::Notice(text), end), "*** "),
                    (told(&Answer::Refused { refusal: Refusal::UnknownCommand(text), named: true }, end), "*** There is no command /"),
                    (told(&Answer::Refused { refusal: Refusal::UnknownNick(text), named: true }, end), "*** Nobody here is called "),
                ] {
                    let end = std::str::from_utf8(end.as_bytes()).unwrap();
                    prop_assert!(line.starts_with(mark) && line.ends_with(end));
                    prop_assert!(!line[..line.len() - end.len()].chars().any(|c| c.is_control() && c != '\t'));
                }
            }
        }
    }
}
