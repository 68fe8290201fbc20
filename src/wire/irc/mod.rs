//! IRC: what irssi, weechat and other clients speak
//! ([RFC 2812](https://www.rfc-editor.org/rfc/rfc2812), [Modern IRC](https://modern.ircdocs.horse/),
//! [IRCv3](https://ircv3.net/irc/)).
//!
//! A [decoder](decode::IrcDecoder) makes commands of lines. What many are told is written in `events`, alike
//! for all with the same variant. What one is told is written by its [`Speaker`](speaker::Speaker), which
//! knows what it is called, what it agreed on, and which line it is an answer to: so numbers, labels and
//! batches are nowhere else.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "most verbs and answers are alike but for what a match is about"
)]

mod answers;
pub mod caps;
pub mod decode;
mod events;
pub mod line;
mod lists;
mod modes;
mod monitor;
pub mod own;
mod past;
mod refusals;
mod replies;
mod request;
pub mod speaker;
pub mod split;
#[cfg(test)]
mod tests;
pub mod verbs;
pub mod write;

use crate::chat::event::{Event, Happening, What};
use crate::chat::message::Kind;
use crate::clock::Timestamp;
use crate::wire::websocket;
use caps::Caps;
use write::{LINE_BYTES_MAX, Tags};

/// What this server is called where a client has to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// As a server: letters, digits, `-` and at least one dot, so that nobody takes it for a nickname.
    pub server: String,
    /// As a network: without blanks.
    pub network: String,
    /// The room where everybody begins.
    pub home: String,
    /// Since when it runs.
    pub since: Timestamp,
}

/// The longest name of a network, in bytes: so that of the server is no longer than 63, as clients expect
/// ([RFC 2812, 1.1](https://www.rfc-editor.org/rfc/rfc2812#section-1.1)).
const NETWORK_BYTES_MAX: usize = 63 - ".chat".len();

impl Identity {
    /// What a server is called whose operator calls it so.
    #[must_use]
    pub fn new(name: &str, home: &str) -> Self {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
        let words = name.split(|c| !is_plain(c)).filter(|word| !word.is_empty());
        let mut network = words.collect::<Vec<_>>().join("-");
        network.truncate(NETWORK_BYTES_MAX);
        if network.is_empty() {
            network.push_str("chatd");
        }
        let dot = if network.contains('.') { "" } else { ".chat" };
        let server = format!("{network}{dot}");
        Self { server, network, home: home.into(), since: Timestamp::default() }
    }
}

/// What stands around a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// CR and LF behind it.
    Line,
    /// Each line is a message of a WebSocket ([IRCv3](https://ircv3.net/specs/extensions/websocket)).
    Message(websocket::Kind),
}

impl Framing {
    /// How many there are.
    const COUNT: usize = 3;

    /// A number of its own, below [`Framing::COUNT`].
    fn index(self) -> usize {
        match self {
            Self::Line => 0,
            Self::Message(websocket::Kind::Text) => 1,
            Self::Message(websocket::Kind::Binary) => 2,
        }
    }
}

/// The part of what was agreed on that the bytes of events depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IrcVariant {
    /// Which tags lines carry.
    pub tags: Tags,
    /// Whoever comes is told with the real name.
    pub is_extended: bool,
    /// What stands around lines.
    pub framing: Framing,
}

impl IrcVariant {
    const UNFRAMED: usize = 6;

    /// How many there are.
    pub const COUNT: usize = Self::UNFRAMED * Framing::COUNT;

    /// That of a client which agreed on these.
    #[must_use]
    pub fn of(caps: Caps, framing: Framing) -> Self {
        let (tags, is_extended) = (speaker::tags_of(caps), caps.has(Caps::EXTENDED_JOIN));
        Self { tags, is_extended, framing }
    }

    /// A number of its own, below [`IrcVariant::COUNT`].
    #[must_use]
    pub fn index(self) -> usize {
        let unframed = 2 * self.tags as usize + usize::from(self.is_extended);
        Self::UNFRAMED * self.framing.index() + unframed
    }

    /// Appends an event to `out`.
    pub fn event(self, event: &Event<'_>, identity: &Identity, out: &mut Vec<u8>) {
        let Self { tags, is_extended, framing } = self;
        match framing {
            Framing::Line => events::event(event, tags, is_extended, identity, out),
            Framing::Message(kind) => {
                let mut lines = Vec::with_capacity(LINE_BYTES_MAX);
                events::event(event, tags, is_extended, identity, &mut lines);
                websocket::messages(kind, &lines, out);
            }
        }
    }
}

/// What a client has to have agreed on to be told of an event; nothing, if all are told.
#[must_use]
pub fn needs(event: &Event<'_>) -> Caps {
    match event.what {
        What::Away { .. } => Caps::AWAY_NOTIFY,
        What::Described { .. } => Caps::SETNAME,
        What::In { what: Happening::TakenBack { .. }, .. } => Caps::REDACTION,
        What::In { what: Happening::Invited { .. }, .. } => Caps::INVITE_NOTIFY,
        What::Said(message) if message.speech.kind == Kind::Mark => Caps::MESSAGE_TAGS,
        What::Said(_) | What::In { .. } | What::Renamed { .. } | What::Left { .. } => Caps::NONE,
    }
}
