//! What sessions ask for.

use std::time::Duration;

use super::rules::{Change, List, Rank};
use super::text::Text;

/// What a session asks the chat for. Borrows from the received bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'a> {
    /// Take this nickname; with the first one it comes into the home room.
    Nick(Text<'a>),
    /// Say something to one person.
    Tell {
        /// The nickname of the one it is for.
        to: Text<'a>,
        /// What is said.
        text: Text<'a>,
    },
    /// Say something to whoever said something to it alone last.
    Reply(Text<'a>),
    /// Come into a room, which is made if there is none, and talk there from now on.
    Join {
        /// Which one; `#` may be left out.
        room: Text<'a>,
        /// The key, if it has one.
        key: Option<Text<'a>>,
    },
    /// Something in a room.
    In {
        /// Which one; `None` for the one where the session talks.
        room: Option<Text<'a>>,
        /// What.
        ask: Ask<'a>,
    },
    /// List the rooms.
    Rooms,
    /// Tell about a person.
    Whois(Text<'a>),
    /// Be away, and why; or be back.
    Away(Option<Text<'a>>),
    /// Explain commands.
    Help(Help),
}

/// What a session asks for in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask<'a> {
    /// Say something to everybody there.
    Say {
        /// How.
        kind: Kind,
        /// What.
        text: Text<'a>,
    },
    /// Leave it, perhaps saying why.
    Part(Option<Text<'a>>),
    /// List who is there.
    Who,
    /// Show at most this many recent messages; `None` for as many as a newcomer is shown.
    History(Option<usize>),
    /// Tell its topic, or change it.
    Topic(Option<Text<'a>>),
    /// Let somebody in.
    Invite(Text<'a>),
    /// Make somebody leave.
    Kick {
        /// Who.
        nick: Text<'a>,
        /// Why.
        reason: Option<Text<'a>>,
    },
    /// Put somebody, or whoever a mask matches, on a list.
    KeepOut {
        /// On which one.
        list: List,
        /// A nickname, or a mask.
        who: Text<'a>,
        /// For how long; `None` for as long as there is the room.
        time: Option<Duration>,
    },
    /// Take somebody, or a mask, off a list.
    Pardon {
        /// Off which one.
        list: List,
        /// A nickname, or a mask.
        who: Text<'a>,
    },
    /// Tell who is on the lists.
    Lists,
    /// Give somebody a rank, or take it.
    Rank {
        /// Who.
        nick: Text<'a>,
        /// Which one.
        rank: Rank,
        /// It is given.
        is_given: bool,
    },
    /// Tell its rules.
    Rules,
    /// Change one of them.
    Change(Change<'a>),
}

impl<'a> Command<'a> {
    /// Whether it changes nothing, so that nobody misses it if who asked is gone.
    #[must_use]
    pub fn only_asks(&self) -> bool {
        match self {
            Self::Rooms | Self::Whois(_) | Self::Help(_) => true,
            Self::In { ask, .. } => matches!(
                ask,
                Ask::Who | Ask::History(_) | Ask::Topic(None) | Ask::Lists | Ask::Rules
            ),
            Self::Nick(_)
            | Self::Tell { .. }
            | Self::Reply(_)
            | Self::Join { .. }
            | Self::Away(_) => false,
        }
    }

    /// What others get to hear of it, if that may be long.
    #[must_use]
    pub fn text_heard(&self) -> Option<Text<'a>> {
        match *self {
            Self::Tell { text, .. } | Self::Reply(text) => Some(text),
            Self::Away(reason) => reason,
            Self::In { ask, .. } => match ask {
                Ask::Say { text, .. } => Some(text),
                Ask::Part(reason) | Ask::Kick { reason, .. } => reason,
                Ask::Topic(topic) => topic,
                Ask::Who
                | Ask::History(_)
                | Ask::Invite(_)
                | Ask::KeepOut { .. }
                | Ask::Pardon { .. }
                | Ask::Lists
                | Ask::Rank { .. }
                | Ask::Rules
                | Ask::Change(_) => None,
            },
            Self::Nick(_) | Self::Join { .. } | Self::Rooms | Self::Whois(_) | Self::Help(_) => {
                None
            }
        }
    }
}

/// How something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// As talk.
    Say,
    /// As something that its author does.
    Act,
}

/// What is to be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Help {
    /// What everybody may need.
    Basics,
    /// What those need who are in charge of a room.
    Rooms,
}
