//! The vocabulary between the chat and everything around it.

use std::time::Duration;

use super::name::{Nick, NickError};
use super::session::SessionId;
use super::text::Text;

/// What a session asks for. Borrows from the received bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'a> {
    /// Take this nickname; the first one joins the room.
    Nick(Text<'a>),
    /// Say something to everybody.
    Say(Text<'a>),
    /// Do something for everybody to see.
    Act(Text<'a>),
    /// Say something to one.
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
    /// Leave, with a reason or without.
    Quit(Option<Text<'a>>),
}

/// What a session is told: all that any wire format needs to write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
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
    /// Somebody came.
    Joined(&'a Nick),
    /// Somebody changed nickname.
    Renamed {
        /// Before.
        from: &'a Nick,
        /// From now on.
        to: &'a Nick,
    },
    /// The session itself changed nickname to this one.
    Named(&'a Nick),
    /// Somebody said something to all.
    Said {
        /// Who.
        from: &'a str,
        /// What.
        text: &'a str,
    },
    /// Somebody does something.
    Acted {
        /// Who.
        from: &'a str,
        /// What.
        text: &'a str,
    },
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
    /// Somebody is gone.
    Left {
        /// Who.
        nick: &'a Nick,
        /// Why.
        reason: Farewell<'a>,
    },
    /// Comings and goings in a crowd, gathered.
    Traffic {
        /// How many came.
        joined: usize,
        /// How many went.
        left: usize,
        /// How many are here now.
        here: usize,
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
    /// The connection ends because there is no room for more of them.
    Full,
    /// There is no room for one more from where it comes.
    FullForAddress,
    /// The server is going away.
    Stopping,
}

/// Why a session left, as the others are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Farewell<'a> {
    /// It wanted to, perhaps saying why.
    Quit(Option<Text<'a>>),
    /// Its connection ended.
    Lost,
    /// It did not read what it was sent.
    TooSlow,
    /// Its network does not answer.
    TimedOut,
}

/// Why something is refused. An event for its user, not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal<'a> {
    /// That is no nickname.
    BadNick(NickError),
    /// Somebody has this nickname, or one too much like it.
    NickTaken(&'a str),
    /// The server itself is called so, or too much like this.
    NickReserved(&'a str),
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

/// The chat's only way out. Nothing is sent here, only queued, in the order of the calls.
pub trait Outbound {
    /// Queues one event for many sessions.
    fn deliver(&mut self, event: &Event<'_>, to: impl Iterator<Item = SessionId>);

    /// Queues what `from` says, for everybody in the room but itself.
    ///
    /// The same as [`Outbound::deliver`]. But calls in a row from the same session, with no other
    /// call in between, have the same audience, and whoever implements this may use that.
    fn relay(&mut self, event: &Event<'_>, from: SessionId, to: impl Iterator<Item = SessionId>) {
        let _ = from;
        self.deliver(event, to);
    }

    /// Queues one event for one session.
    fn reply(&mut self, event: &Event<'_>, to: SessionId);

    /// Whether so much waits for a session that others are to tell it nothing more privately.
    fn is_behind(&self, id: SessionId) -> bool;
}
