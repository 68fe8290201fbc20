//! What happens, told to many.

use super::mask::Mask;
use super::message::{Message, MessageId};
use super::name::{Nick, RoomName};
use super::rules::{Change, List, Rank};
use super::text::Text;
use super::who::Who;
use crate::clock::Timestamp;

/// Something that happened, told to many. The bytes depend on it and on the hearer's
/// [variant](crate::wire::Variant) alone, so that each is written once.
///
/// Whoever caused it is told of it in an [`Answer`](super::answer::Answer) instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What<'a>,
}

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What<'a> {
    /// Somebody said something in a room.
    Said(Message<'a>),
    /// Something else happened in a room.
    In {
        /// Where.
        room: &'a RoomName,
        /// What.
        what: Happening<'a>,
    },
    /// Somebody changed nickname.
    Renamed {
        /// Before.
        from: &'a Who,
        /// From now on.
        to: &'a Nick,
    },
    /// Somebody went away, and said why, or is back.
    Away {
        /// Who.
        nick: &'a Who,
        /// Why; `None` when it is back.
        reason: Option<Text<'a>>,
        /// It went just now; else whoever it comes to is told how it is.
        is_news: bool,
    },
    /// Somebody is gone.
    Left {
        /// Who.
        nick: &'a Who,
        /// Why.
        reason: Farewell<'a>,
        /// See [`Happening::Joined`].
        is_counted: bool,
    },
    /// Somebody tells another real name.
    Described {
        /// Who.
        who: &'a Who,
        /// The name.
        real_name: Text<'a>,
    },
}

/// What can happen in a room beside talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening<'a> {
    /// Somebody came.
    Joined {
        /// Who.
        who: &'a Who,
        /// Its real name, as it tells.
        real_name: Text<'a>,
        /// It is counted among the comings and goings of a crowd: people are told of those together.
        is_counted: bool,
    },
    /// Somebody left the room, perhaps saying why, and is still in the chat.
    Parted {
        /// Who.
        nick: &'a Who,
        /// Why.
        reason: Option<Text<'a>>,
        /// See [`Happening::Joined`].
        is_counted: bool,
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
    /// There is another topic.
    Topic {
        /// Who changed it.
        by: &'a Who,
        /// To what; `None` if there is none any more.
        topic: Option<Text<'a>>,
    },
    /// An operator made somebody leave.
    Kicked {
        /// The operator.
        by: &'a Who,
        /// Who left.
        nick: &'a Who,
        /// Why.
        reason: Option<Text<'a>>,
        /// It may not come back.
        is_banned: bool,
        /// It is counted among those who leave together: people are told of those at once.
        is_counted: bool,
    },
    /// An operator made many leave together.
    ManyKicked {
        /// The operator.
        by: &'a Who,
        /// How many.
        count: usize,
    },
    /// Somebody who dropped out is back, and has the rank that waited.
    RankBack {
        /// Who.
        nick: &'a Who,
        /// The rank.
        rank: Rank,
    },
    /// Somebody lets another one in, who is not there yet.
    Invited {
        /// Who.
        by: &'a Who,
        /// Whom.
        who: &'a Who,
    },
    /// An operator gave somebody a rank, or took it.
    Ranked {
        /// The operator.
        by: &'a Who,
        /// Whom it concerns.
        nick: &'a Who,
        /// The rank.
        rank: Rank,
        /// It was given.
        is_given: bool,
    },
    /// An operator put an entry on a list, or took it off.
    Listed {
        /// The operator.
        by: &'a Who,
        /// Which list.
        list: List,
        /// Whom it concerns.
        mask: &'a Mask,
        /// It was put there.
        is_added: bool,
    },
    /// Somebody took a message back: it is no longer shown to whoever comes.
    TakenBack {
        /// Who.
        by: &'a Who,
        /// Which one.
        message: MessageId,
        /// Who had said it, if it was somebody else.
        from: Option<&'a Who>,
        /// Why.
        reason: Option<Text<'a>>,
    },
    /// An operator changed a rule.
    Changed {
        /// The operator.
        by: &'a Who,
        /// The rule.
        change: Change<'a>,
    },
}

/// Why a session left, as the others are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Farewell<'a> {
    /// It wanted to, perhaps saying why.
    Quit(Option<Text<'a>>),
    /// It ended its stream, as a netcat does at the end of its input.
    Ended,
    /// Its connection broke.
    Lost,
    /// It did not read what it was sent.
    TooSlow,
    /// Its network does not answer.
    TimedOut,
    /// So many nicknames were refused to it. It had none, so nobody knew it.
    NicknamesRefused(u32),
}
