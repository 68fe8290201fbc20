//! IRC as far as this client speaks it: lines of the server become [`News`], and what the user says
//! becomes lines. It knows neither windows nor sockets.

mod hear;
mod news;
mod numeric;
pub(crate) mod past;
mod register;
pub(crate) mod say;

use std::collections::HashMap;

use chatd::chat::text::{Styled, Text};
use chatd::clock::Timestamp;
use chatd::wire::irc::line::Line;
pub(crate) use news::{Kind, News, Said, spoken};

/// What a server that knows IRC answers at once, and one that knows only text takes for a nickname
/// that cannot be one ([capability negotiation](https://ircv3.net/specs/extensions/capability-negotiation)).
pub(crate) const FIRST: &str = "CAP LS 302";

/// How far the registration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The server says what it offers.
    Offers,
    Agrees,
    /// It waits for a nickname that it accepts.
    Nameless,
    Registered,
}

/// Lines that belong together.
#[derive(Debug)]
struct Batch {
    label: Option<u32>,
    /// The room, if it is a part of the past, and how many messages of it have come.
    past: Option<(String, usize)>,
}

/// One connection to a server that speaks IRC.
#[derive(Debug)]
pub(crate) struct Session {
    stage: Stage,
    /// The nickname this client has, or wants.
    nick: Option<String>,
    /// The same with user and host, as others are told.
    full: String,
    offered: Vec<String>,
    agreed: Vec<String>,
    /// The room where everybody begins, if the server says so.
    home: Option<String>,
    motd: Vec<String>,
    /// Names of rooms, while they are being told.
    names: HashMap<String, Vec<String>>,
    batches: HashMap<String, Batch>,
    labels: u32,
    /// Who said something last, to whom and when: what has no id goes on with it.
    last: (String, String, Option<Timestamp>),
    /// Who wrote last to this client alone.
    pub(crate) last_private: Option<String>,
}

impl Session {
    /// Whether this is a line of IRC, and no text.
    pub(crate) fn is_spoken_in(line: &str) -> bool {
        let is_sourced = line.starts_with([':', '@']);
        Line::parse(line).is_some_and(|parsed| {
            let is_number =
                parsed.verb.len() == 3 && parsed.verb.bytes().all(|b| b.is_ascii_digit());
            let is_word = parsed.verb.bytes().all(|b| b.is_ascii_uppercase());
            match parsed.verb {
                "PING" | "ERROR" | "NOTICE" => line.contains(':'),
                _ => is_sourced && (is_number || is_word),
            }
        })
    }

    pub(crate) fn new(nick: Option<String>) -> Self {
        Self {
            stage: Stage::Offers,
            nick,
            full: String::new(),
            offered: Vec::new(),
            agreed: Vec::new(),
            home: None,
            motd: Vec::new(),
            names: HashMap::new(),
            batches: HashMap::new(),
            labels: 0,
            last: (String::new(), String::new(), None),
            last_private: None,
        }
    }

    pub(crate) fn is_me(&self, nick: &str) -> bool {
        self.nick.as_deref().is_some_and(|me| is_same(me, nick))
    }

    pub(crate) fn nick(&self) -> &str {
        self.nick.as_deref().unwrap_or_default()
    }

    pub(crate) fn home(&self) -> Option<&str> {
        self.home.as_deref()
    }

    pub(crate) fn has(&self, capability: &str) -> bool {
        self.agreed.iter().any(|agreed| agreed == capability)
    }

    /// The label and the room of the past that a line belongs to.
    fn context(&self, line: &Line<'_>) -> (Option<u32>, bool) {
        let mut label = line.tag("label").and_then(|label| label.parse().ok());
        let mut is_past = false;
        if let Some(batch) = line.tag("batch").and_then(|name| self.batches.get(name)) {
            label = label.or(batch.label);
            is_past = batch.past.is_some();
        }
        (label, is_past)
    }
}

/// Appends a line for the server.
pub(crate) fn send(out: &mut String, line: &str) {
    // Nobody can say two lines where one was meant.
    out.extend(line.chars().filter(|&c| !matches!(c, '\r' | '\n' | '\0')));
    out.push_str("\r\n");
}

/// Whether two names are the same, as servers with the mapping `ascii` compare them.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

pub(crate) fn is_room(name: &str) -> bool {
    name.starts_with(['#', '&'])
}

/// The words alone, with nothing that a terminal would obey.
fn clean(text: &str) -> String {
    let (mut plain, mut scratch) = (String::new(), String::new());
    let words = Styled::parse(text).map_or(text, |styled| styled.plain(&mut plain).as_str());
    Text::parse(words.as_bytes(), &mut scratch).as_str().to_owned()
}

#[cfg(test)]
mod tests;
