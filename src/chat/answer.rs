//! What one session is told.

use std::time::Duration;

use super::message::Message;
use super::name::{Nick, NickError};
use super::text::Text;

/// What is told to one session: it asked, or it is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// First words to a newcomer, who is asked for a nickname.
    Greeting {
        /// What this server calls itself.
        server: &'a str,
    },
    /// The newcomer has a nickname and is in the room.
    Welcomed {
        /// The nickname.
        nick: &'a Nick,
        /// Some of the others in the room.
        here: &'a [&'a Nick],
        /// How many more there are.
        others: usize,
    },
    /// A line of the text that the operator shows to newcomers.
    Notice(Text<'a>),
    /// The messages that follow were said before.
    History {
        /// How many.
        count: usize,
        /// How long ago the last of them was said.
        last: Duration,
    },
    /// One of them.
    Earlier(Message<'a>),
    /// The session itself changed nickname to this one.
    Named(&'a Nick),
    /// Somebody said something to this session alone.
    Told {
        /// Who.
        from: &'a Nick,
        /// What.
        text: Text<'a>,
    },
    /// What this session said to one reached that one.
    Delivered {
        /// Who said it: this session.
        from: &'a Nick,
        /// Whom it reached.
        to: &'a Nick,
        /// What.
        text: Text<'a>,
    },
    /// Who is here.
    Present {
        /// Nicknames.
        names: &'a [&'a Nick],
        /// How many more there are.
        others: usize,
    },
    /// The commands.
    Help,
    /// What was asked for is refused.
    Refused {
        /// Why.
        refusal: Refusal<'a>,
        /// Whether the session has a nickname; one that has none is asked for it again.
        named: bool,
    },
    /// The connection ends because no nickname came in time.
    NamelessTooLong(Duration),
    /// The connection ends because so many nicknames were refused while it had none.
    NicknamesRefused(u32),
    /// The connection ends because there may be no more of them.
    Full,
    /// There may be no more from where it comes.
    FullForAddress,
    /// The server is going away.
    Stopping,
}

/// Why something is refused. An answer for its user, not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal<'a> {
    /// That is no nickname.
    BadNick(NickError),
    /// Somebody has this nickname, or one too much like it.
    NickTaken(&'a Nick),
    /// The server itself is called so, or too much like this.
    NickReserved(&'a Nick),
    /// Only after choosing a nickname.
    Nameless,
    /// Nobody has this nickname.
    UnknownNick(Text<'a>),
    /// This one has not read what it was told before.
    Behind(&'a Nick),
    /// There is no such command.
    UnknownCommand(Text<'a>),
    /// The command is used so.
    Usage(&'static str),
    /// The line has more bytes than this.
    LineTooLong(usize),
}
