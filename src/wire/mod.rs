//! Which protocol a peer speaks, and the way from its bytes to [`Command`]s and from [`Event`]s to
//! bytes.
//!
//! Nothing here knows a socket or a clock. A new protocol is a variant of [`Decoder`], one of
//! [`Format`], and a module.
#![deny(clippy::disallowed_types)]

pub mod text;

use crate::chat::message::{Command, Event, Refusal};
use text::{LineEnd, TextDecoder};

/// What a decoder makes of the bytes it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// All bytes are taken; more are needed.
    Incomplete,
    /// The protocol is known now, and with it how to answer.
    Detected,
    /// Somebody asks for something.
    Command(Command<'a>),
    /// What was asked for is no command that the chat could follow.
    Refused(Refusal<'a>),
    /// The protocol itself wants these bytes sent back.
    Reply([u8; 3]),
    /// A line that means nothing.
    Skip,
}

/// One peer's decoder: its state between two reads.
#[derive(Debug, Default)]
pub enum Decoder {
    /// Nothing received yet: the peer may speak any protocol.
    #[default]
    Detect,
    /// Lines of text, as a person types them into netcat or telnet.
    Text(TextDecoder),
}

impl Decoder {
    /// Takes bytes from the front of `input`, up to the next step. Also tells how to answer from
    /// here on.
    ///
    /// However the same bytes are split over calls, the steps are the same ([`Step::Incomplete`]
    /// left out). `named` tells whether the session has a nickname: a line of one who has none
    /// is one. `scratch` may come to hold what the step borrows.
    pub fn step<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
        named: bool,
        line_bytes_max: usize,
        scratch: &'a mut String,
    ) -> (Step<'a>, Format) {
        match self {
            // The door for protocols told by their first bytes. Telnet's IAC, and all else today,
            // is text.
            Self::Detect if input.is_empty() => (Step::Incomplete, Format::default()),
            Self::Detect => {
                self.assume_text();
                (Step::Detected, Format::default())
            }
            Self::Text(decoder) => {
                let (step, end) = decoder.step(input, named, line_bytes_max, scratch);
                (step, Format::Text(end))
            }
        }
    }

    /// The peer speaks text: it was silent for so long that it is a person, waiting to be spoken
    /// to.
    pub fn assume_text(&mut self) {
        *self = Self::Text(TextDecoder::default());
    }

    /// The peer will send no more: what it sent without an end counts as a line.
    pub fn finish<'a>(&'a mut self, named: bool, scratch: &'a mut String) -> Step<'a> {
        match self {
            Self::Detect => Step::Incomplete,
            Self::Text(decoder) => decoder.finish(named, scratch),
        }
    }
}

/// How to write events for a peer. Bytes depend on the format and the event alone, so that a
/// broadcast is written once per format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Lines of text with this end.
    Text(LineEnd),
}

impl Default for Format {
    fn default() -> Self {
        Self::Text(LineEnd::default())
    }
}

impl Format {
    /// All formats, each at its [`Format::index`].
    pub const ALL: [Self; Self::COUNT] =
        [Self::Text(LineEnd::CrLf), Self::Text(LineEnd::Lf), Self::Text(LineEnd::Cr)];

    /// How many formats there are.
    pub const COUNT: usize = 3;

    /// A number below [`Format::COUNT`].
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Self::Text(end) => end as usize,
        }
    }

    /// Appends an event to `out`.
    pub fn encode(self, event: &Event<'_>, out: &mut Vec<u8>) {
        match self {
            Self::Text(end) => text::encode(event, end, out),
        }
    }
}
