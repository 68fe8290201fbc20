//! What a client is told that the chat need not know of.

use super::caps::Caps;
use super::verbs::Verb;

/// What a line means to the protocol alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own<'a> {
    /// A line is followed from here on: what comes is the answer to it.
    Begin {
        /// What it asks for …
        verb: Verb,
        /// … and how that is written.
        name: &'a str,
        /// What the answers are to carry, as it was sent; empty for nothing.
        label: &'a str,
        /// The line, without its tags.
        line: &'a str,
        /// For how many lines it counts beside one for each thing that it asks for.
        price: usize,
        /// It was not UTF-8, and what was not so is replaced.
        is_mended: bool,
    },
    /// All that it asked for is answered.
    Finish,
    /// Something about capabilities.
    Cap(CapReply<'a>),
    /// A reply with a number, a parameter if that is not empty, and words.
    Numeric {
        /// The number.
        code: &'static str,
        /// What it is about, as it was sent.
        about: &'a str,
        /// The words.
        text: &'static str,
    },
    /// A parameter is missing.
    NeedMoreParams,
    /// More people or rooms than may be named at once.
    TooManyTargets,
    /// There is no such verb.
    UnknownCommand(&'a str),
    /// There is no such letter for a room.
    UnknownMode(char),
    /// What is given with a letter cannot be that.
    BadMode {
        /// Where.
        room: &'a str,
        /// The letter.
        letter: char,
        /// What was given, or a star.
        value: &'a str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Something failed, in words that programs know.
    Fail {
        /// What.
        code: &'static str,
        /// Which parameters it is about, as they were sent; empty ones are left out.
        about: [&'a str; 2],
        /// The words.
        text: &'static str,
    },
    /// The answer to a `PING`.
    Pong(&'a str),
    /// What the server says of itself: the verb tells what, and perhaps a subject.
    Tell(&'a str),
    /// The connection ends.
    Bye(Bye<'a>),
}

/// Something about capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CapReply<'a> {
    /// All that there are.
    Offered,
    /// What was agreed on.
    Agreed(Caps),
    /// What was asked for holds from now on.
    Granted(&'a str),
    /// Some of what was asked for is not known: nothing has changed.
    Refused(&'a str),
    /// No such question.
    Unknown(&'a str),
}

/// Why a connection ends, as its client is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bye<'a> {
    /// It wanted to, perhaps saying why.
    Quit(&'a str),
}

impl<'a> Own<'a> {
    /// Only after the registration.
    pub const NOT_REGISTERED: Self = Self::numeric("451", "", "You have not registered");
    /// A line is too long, or would be so for others.
    pub const TOO_LONG: Self = Self::numeric("417", "", "Input line was too long");
    /// A message of a WebSocket is not one line.
    pub const SEVERAL_LINES: Self = Self::Fail {
        code: "INVALID_MESSAGE",
        about: [""; 2],
        text: "A message is one line, and was not followed",
    };
    /// A line is not UTF-8.
    pub const NOT_UTF8: Self = Self::Fail {
        code: "INVALID_UTF8",
        about: [""; 2],
        text: "That line was not UTF-8, and was not followed",
    };

    pub(super) const fn numeric(code: &'static str, about: &'a str, text: &'static str) -> Self {
        Self::Numeric { code, about, text }
    }
}
