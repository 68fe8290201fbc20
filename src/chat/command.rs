//! What sessions ask for.

use super::text::Text;

/// What a session asks the chat for. Borrows from the received bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'a> {
    /// Take this nickname; with the first one it comes in.
    Nick(Text<'a>),
    /// Say something to everybody in the room.
    Say {
        /// How.
        kind: Kind,
        /// What.
        text: Text<'a>,
    },
    /// Say something to one person.
    Tell {
        /// The nickname of the one it is for.
        to: Text<'a>,
        /// What is said.
        text: Text<'a>,
    },
    /// List who is here.
    Who,
    /// Show at most this many recent messages; `None` for all that are kept.
    History(Option<usize>),
    /// Explain the commands.
    Help,
}

/// How something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// As talk.
    Say,
    /// As something that its author does.
    Act,
}
