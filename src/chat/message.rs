//! The one record of something said in a room: live, remembered, and later stored, alike.

use super::command::Kind;
use super::name::{Nick, RoomName};
use super::text::Text;
use crate::clock::Timestamp;

/// Tells messages apart, in the order in which they were said: it is never used again, also when the
/// clock is set back. About the microseconds since 1970 when it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MessageId(pub u64);

impl MessageId {
    /// The id of what is said at that time, after `self`.
    #[must_use]
    pub fn next(self, at: Timestamp) -> Self {
        Self(at.0.max(self.0 + 1))
    }
}

/// Something that was said in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// Which one.
    pub id: MessageId,
    /// When.
    pub at: Timestamp,
    /// In which room.
    pub room: &'a RoomName,
    /// By whom.
    pub from: &'a Nick,
    /// How.
    pub kind: Kind,
    /// What.
    pub text: Text<'a>,
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
