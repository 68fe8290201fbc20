//! How lines of IRC are written.

use std::fmt::{self, Display, Write as _};
use std::io::Write as _;

use super::split::split;
use crate::chat::event::Farewell;
use crate::chat::message::{Extras, Kind, Message, MessageId, Speech, To};
use crate::chat::rules::{Rank, Ranks};
use crate::chat::text::Text;
use crate::chat::who::Who;
use crate::clock::Timestamp;

/// The longest line without its tags, with its end ([RFC 2812, 2.3](https://www.rfc-editor.org/rfc/rfc2812#section-2.3)).
pub const LINE_BYTES_MAX: usize = 512;

/// Appends a line, without tags. What is too long loses its end, between two characters: that is a text
/// longer than `005` says it may be, beside names that are longer than most.
pub(super) fn line(out: &mut Vec<u8>, text: impl Display) {
    let begin = out.len();
    // Writing to a vector cannot fail.
    let _ = write!(out, "{text}");
    let mut end = out.len().min(begin + LINE_BYTES_MAX - "\r\n".len());
    // The first byte that is left out is not to be one in the midst of a character.
    while out.get(end).is_some_and(|byte| byte & 0xc0 == 0x80) {
        end -= 1;
    }
    out.truncate(end);
    out.extend_from_slice(b"\r\n");
}

/// Which tags a line carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tags {
    /// None at all.
    None,
    /// When it happened.
    Time,
    /// Also which message it is, and what other programs attached.
    All,
}

/// Appends the tags of something that was said, or happened, and the space behind them.
pub(super) fn tags(
    out: &mut Vec<u8>,
    tags: Tags,
    at: Timestamp,
    id: Option<MessageId>,
    extras: Extras<'_>,
) {
    if tags == Tags::None {
        return;
    }
    out.extend_from_slice(b"@time=");
    out.extend_from_slice(&Time(at).bytes());
    if tags == Tags::All {
        if let Some(MessageId(id)) = id {
            let _ = write!(out, ";msgid={id}");
        }
        if !extras.0.is_empty() {
            let _ = write!(out, ";{}", extras.0);
        }
    }
    out.push(b' ');
}

/// A time as IRC has it: `2026-11-24T09:30:00.000Z`
/// ([server-time](https://ircv3.net/specs/extensions/server-time)).
#[derive(Clone, Copy)]
pub(super) struct Time(pub(super) Timestamp);

impl Time {
    /// Digit by digit, as most lines carry a time: the formatter would take five times as long.
    fn bytes(self) -> [u8; 24] {
        let millis = self.0.0 / 1000;
        let (days, of_day) = (millis / 86_400_000, millis % 86_400_000);
        let (year, month, day) = date(days);
        let (seconds, millis) = (of_day / 1000, of_day % 1000);
        let mut bytes = *b"0000-00-00T00:00:00.000Z";
        for (place, part) in [
            (0..4, year),
            (5..7, month),
            (8..10, day),
            (11..13, seconds / 3600),
            (14..16, seconds / 60 % 60),
            (17..19, seconds % 60),
            (20..23, millis),
        ] {
            put_digits(&mut bytes[place], part);
        }
        bytes
    }
}

/// As many of the last digits of a number as there is place for.
fn put_digits(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b"0123456789"[(number % 10) as usize];
        number /= 10;
    }
}

impl Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes().iter().try_for_each(|&byte| f.write_char(char::from(byte)))
    }
}

/// Year, month and day so many days after 1970-01-01, in the Gregorian calendar. The year begins in
/// March here, so that the day that only some years have is its last one
/// ([algorithm](https://howardhinnant.github.io/date_algorithms.html#civil_from_days)).
fn date(days: u64) -> (u64, u64, u64) {
    // From 0000-03-01 to 1970-01-01 there are so many days.
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (0, month + 3) } else { (1, month - 9) };
    (era * 400 + year_of_era + year, month, day)
}

/// How many days after 1970-01-01 a day is: the inverse of [`date`], from 1970 on.
pub(super) fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The sign of a rank before a nickname or a room.
pub(super) fn sign(rank: Rank) -> char {
    match rank {
        Rank::Operator => '@',
        Rank::Voice => '+',
    }
}

/// The signs of ranks before a nickname: the highest one, or all.
pub(super) fn signs(ranks: Ranks, are_all: bool) -> &'static str {
    match ranks {
        Ranks { is_operator: true, has_voice: true } if are_all => "@+",
        Ranks { is_operator: true, .. } => "@",
        Ranks { has_voice: true, .. } => "+",
        Ranks { .. } => "",
    }
}

/// Why somebody left, as a `QUIT` tells it.
pub(super) fn farewell(reason: Farewell<'_>) -> &str {
    match reason {
        Farewell::Quit(Some(text)) => text.as_str(),
        Farewell::Quit(None) => "Quit",
        Farewell::Ended => "Connection closed",
        Farewell::Lost => "Connection lost",
        Farewell::TooSlow => "Too slow to read what it was sent",
        Farewell::TimedOut => "Ping timeout",
        Farewell::NicknamesRefused(_) => "Too many nicknames refused",
    }
}

fn verb(kind: Kind) -> &'static str {
    match kind {
        Kind::Say | Kind::Act | Kind::Probe => "PRIVMSG",
        Kind::Note | Kind::Reply => "NOTICE",
        Kind::Mark => "TAGMSG",
    }
}

/// The beginning of the line that carries a message, without tags: `:ana!~ana@host PRIVMSG #dev`.
fn lead(message: &Message<'_>, out: &mut Vec<u8>) {
    for part in [":", message.from.full(), " ", verb(message.speech.kind), " "] {
        out.extend_from_slice(part.as_bytes());
    }
    match message.to {
        To::Room(room) => out.extend_from_slice(room.as_str().as_bytes()),
        To::Ranked(rank, room) => {
            let _ = write!(out, "{}{room}", sign(rank));
        }
        To::Person(who) => out.extend_from_slice(who.as_str().as_bytes()),
    }
}

/// What stands around something that somebody does
/// ([CTCP `ACTION`](https://modern.ircdocs.horse/ctcp.html#action)).
pub const ACTION: (&str, &str) = ("\x01ACTION ", "\x01");

/// How many bytes of text fit in the line of a message behind a lead of so many.
fn vacancy(lead: usize, kind: Kind) -> usize {
    let action = if kind == Kind::Act { ACTION.0.len() + ACTION.1.len() } else { 0 };
    LINE_BYTES_MAX.saturating_sub(lead + " :".len() + action + "\r\n".len())
}

/// Whether something said fits in one line.
pub(super) fn fits(from: &str, to: &str, speech: &Speech<'_>) -> bool {
    let lead = ":".len() + from.len() + " ".len() + verb(speech.kind).len() + " ".len() + to.len();
    words(speech).len() <= vacancy(lead, speech.kind)
}

/// The line that tells that a message was taken back.
pub(super) struct Redaction<'a> {
    pub(super) by: &'a Who,
    pub(super) room: &'a str,
    pub(super) message: MessageId,
    pub(super) reason: Option<Text<'a>>,
}

impl Redaction<'_> {
    /// Whether it fits in one line.
    pub(super) fn fits(&self) -> bool {
        self.to_string().len() + "\r\n".len() <= LINE_BYTES_MAX
    }
}

impl Display for Redaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { by, room, message: MessageId(id), reason } = self;
        write!(f, ":{} REDACT {room} {id}", by.full())?;
        reason.map_or(Ok(()), |reason| write!(f, " :{}", reason.as_str()))
    }
}

fn words<'a>(speech: &Speech<'a>) -> &'a str {
    speech.styled.map_or(speech.text.as_str(), |styled| styled.as_str())
}

/// Appends a message. A long one, from somebody whose protocol has longer lines, becomes several lines:
/// it is split behind blanks, or else between characters, and never cut.
pub(super) fn message(message: &Message<'_>, with: Tags, out: &mut Vec<u8>) {
    let Message { id, at, speech, .. } = *message;
    if speech.kind == Kind::Mark {
        if with == Tags::All {
            tags(out, with, at, Some(id), speech.extras);
            lead(message, out);
            out.extend_from_slice(b"\r\n");
        }
        return;
    }
    let mut rest = words(&speech);
    let mut is_first = true;
    loop {
        // One message has one id, and its line may not come twice.
        let (id, extras) = if is_first { (Some(id), speech.extras) } else { (None, Extras("")) };
        tags(out, with, at, id, extras);
        let begin = out.len();
        lead(message, out);
        let (now, later) = split(rest, vacancy(out.len() - begin, speech.kind));
        let (before, after) = if speech.kind == Kind::Act { ACTION } else { ("", "") };
        for part in [" :", before, now, after, "\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
        if later.is_empty() {
            return;
        }
        (rest, is_first) = (later, false);
    }
}

/// Appends lines that begin and end alike and hold as many of these words as fit, parted by `between`. A word
/// that fits in no line is left out: it is nobody's name.
pub(super) fn list(
    out: &mut Vec<u8>,
    lead: &str,
    between: char,
    tail: &str,
    words: impl Iterator<Item = impl Display>,
) {
    let mut text = String::new();
    let mut word = String::new();
    let vacancy = LINE_BYTES_MAX.saturating_sub(lead.len() + tail.len() + "\r\n".len());
    for shown in words {
        word.clear();
        let _ = write!(word, "{shown}");
        if word.len() > vacancy {
            continue;
        }
        if !text.is_empty() && text.len() + 1 + word.len() > vacancy {
            line(out, format_args!("{lead}{text}{tail}"));
            text.clear();
        }
        if !text.is_empty() {
            text.push(between);
        }
        text.push_str(&word);
    }
    if !text.is_empty() {
        line(out, format_args!("{lead}{text}{tail}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_iso_8601() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999_000, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
            (1_764_000_000_123_456, "2025-11-24T16:00:00.123Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(Time(Timestamp(micros)).to_string(), text);
        }
    }
}
