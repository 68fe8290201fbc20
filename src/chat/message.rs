//! The one record of something said in a room: live, remembered, and later stored, alike.

use super::name::RoomName;
use super::rules::Rank;
use super::text::{Styled, Text};
use super::who::Who;
use crate::clock::Timestamp;

/// Tells messages apart, in the order in which they were said: it is never used again, also when the
/// clock is set back. About the microseconds since 1970 when it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MessageId(pub u64);

impl MessageId {
    /// The id of what is said at that time, after `self`.
    #[must_use]
    pub fn next(self, at: Timestamp) -> Self {
        Self(at.0.max(self.following().0))
    }

    /// The id behind it: the least that the next message may have.
    #[must_use]
    pub fn following(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Something that was said in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// Which one.
    pub id: MessageId,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub from: &'a Who,
    /// To whom.
    pub to: To<'a>,
    /// What, and how.
    pub speech: Speech<'a>,
}

/// Whom something is said to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To<'a> {
    /// Everybody in a room.
    Room(&'a RoomName),
    /// Those in a room who have this rank, or a higher one.
    Ranked(Rank, &'a RoomName),
    /// One person.
    Person(&'a Who),
}

/// What somebody says, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speech<'a> {
    /// As what it is meant.
    pub kind: Kind,
    /// The words.
    pub text: Text<'a>,
    /// The words as their author styled them, if that is more than the text.
    pub styled: Option<Styled<'a>>,
    /// What programs tell each other with it.
    pub extras: Extras<'a>,
}

/// As what something said is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// As talk.
    Say,
    /// As something that its author does.
    Act,
    /// As a remark that asks for no reply; programs say what they have to say in this way.
    Note,
    /// As a question to the hearer's program, which is not shown to people.
    Probe,
    /// As the answer of a program to that.
    Reply,
    /// As nothing: there are only [`Extras`].
    Mark,
}

/// Tags that programs attach to what is said, such as to which message it replies: carried, never
/// read. It is as the protocol of its author writes them, and not longer than that allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Extras<'a>(pub &'a str);

impl<'a> Speech<'a> {
    /// Mere text.
    #[must_use]
    pub fn plain(kind: Kind, text: Text<'a>) -> Self {
        Self { kind, text, styled: None, extras: Extras::default() }
    }
}

impl Kind {
    /// Whether people are to see it.
    #[must_use]
    pub fn is_for_people(self) -> bool {
        matches!(self, Self::Say | Self::Act | Self::Note)
    }
}

impl<'a> To<'a> {
    /// The room that it is said in.
    #[must_use]
    pub fn room(self) -> Option<&'a RoomName> {
        match self {
            Self::Room(room) | Self::Ranked(_, room) => Some(room),
            Self::Person(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend_also_when_the_clock_is_set_back() {
        let first = MessageId::default().next(Timestamp(1000));
        assert_eq!(first, MessageId(1000));
        assert_eq!(first.next(Timestamp(1000)), MessageId(1001));
        assert_eq!(first.next(Timestamp(3)), MessageId(1001));
        assert_eq!(first.next(Timestamp(2000)), MessageId(2000));
    }
}
