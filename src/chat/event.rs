//! What happens, told to many.

use super::message::Message;
use super::name::Nick;
use super::text::Text;

/// Something that happened, told to many. The bytes depend on it and on the hearer's
/// [variant](crate::wire::Variant) alone, so that each is written once.
///
/// Whoever caused it is told of it in an [`Answer`](super::answer::Answer) instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// Somebody said something in a room.
    Message(Message<'a>),
    /// Somebody came.
    Joined(&'a Nick),
    /// Somebody changed nickname.
    Renamed {
        /// Before.
        from: &'a Nick,
        /// From now on.
        to: &'a Nick,
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
    /// So many nicknames were refused to it. It had none, so nobody knew it.
    NicknamesRefused(u32),
}
