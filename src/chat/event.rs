//! What happens, told to many.

use super::message::Message;
use super::name::{Nick, RoomName};
use super::rules::{Change, Rank};
use super::text::Text;

/// Something that happened, told to many. The bytes depend on it and on the hearer's
/// [variant](crate::wire::Variant) alone, so that each is written once.
///
/// Whoever caused it is told of it in an [`Answer`](super::answer::Answer) instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// Somebody said something in a room.
    Message(Message<'a>),
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
        from: &'a Nick,
        /// From now on.
        to: &'a Nick,
    },
    /// Somebody went away, and said why, or is back.
    Away {
        /// Who.
        nick: &'a Nick,
        /// Why; `None` when it is back.
        reason: Option<Text<'a>>,
    },
    /// Somebody is gone.
    Left {
        /// Who.
        nick: &'a Nick,
        /// Why.
        reason: Farewell<'a>,
    },
}

/// What can happen in a room beside talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening<'a> {
    /// Somebody came.
    Joined(&'a Nick),
    /// Somebody left the room, perhaps saying why, and is still in the chat.
    Parted {
        /// Who.
        nick: &'a Nick,
        /// Why.
        reason: Option<Text<'a>>,
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
        by: &'a Nick,
        /// To what; `None` if there is none any more.
        topic: Option<Text<'a>>,
    },
    /// An operator made somebody leave.
    Kicked {
        /// The operator.
        by: &'a Nick,
        /// Who left.
        nick: &'a Nick,
        /// Why.
        reason: Option<Text<'a>>,
        /// It may not come back.
        is_banned: bool,
    },
    /// An operator made many leave together.
    ManyKicked {
        /// The operator.
        by: &'a Nick,
        /// How many.
        count: usize,
    },
    /// Somebody who dropped out is back, and has the rank that waited.
    RankBack {
        /// Who.
        nick: &'a Nick,
        /// The rank.
        rank: Rank,
    },
    /// An operator gave somebody a rank, or took it.
    Ranked {
        /// The operator.
        by: &'a Nick,
        /// Whom it concerns.
        nick: &'a Nick,
        /// The rank.
        rank: Rank,
        /// It was given.
        is_given: bool,
    },
    /// An operator changed a rule.
    Changed {
        /// The operator.
        by: &'a Nick,
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
