//! What a peer sent and the server has not decoded yet, because the peer has to wait its turn.

use crate::buffer::block::Block;

/// Received bytes. Empty, and without memory, for everybody who is not made to wait.
#[derive(Debug, Default)]
pub struct Inbox {
    received: Block,
    /// How many of them are decoded.
    decoded: usize,
}

impl Inbox {
    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.received[self.decoded..]
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }

    /// Gives up all but the last `left` bytes.
    pub fn keep_last(&mut self, left: usize) {
        if left == 0 {
            *self = Self::default();
        } else {
            self.decoded = self.received.len() - left;
        }
    }

    /// Puts bytes into an empty inbox.
    pub fn put(&mut self, bytes: &[u8]) {
        debug_assert!(self.is_empty(), "received bytes are decoded in order");
        *self = Self { received: Block::new(bytes), decoded: 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_taken_in_order() {
        let mut inbox = Inbox::default();
        inbox.put(b"abcd");
        inbox.keep_last(3);
        assert_eq!(inbox.bytes(), b"bcd");
        inbox.keep_last(1);
        assert_eq!(inbox.bytes(), b"d");
        inbox.keep_last(0);
        assert!(inbox.is_empty());
    }
}
