//! What a peer sent and the server has not decoded yet, because the peer has to wait its turn.

use crate::buffer::block::Block;

/// Received bytes. Empty, and without memory, for everybody who is not made to wait.
#[derive(Debug, Default)]
pub struct Inbox(Option<Box<Waiting>>);

#[derive(Debug)]
struct Waiting {
    received: Block,
    /// How many of them are decoded.
    decoded: usize,
}

impl Inbox {
    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |waiting| &waiting.received[waiting.decoded..])
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Gives up all but the last `left` bytes.
    pub fn keep_last(&mut self, left: usize) {
        match &mut self.0 {
            Some(waiting) if left > 0 => waiting.decoded = waiting.received.len() - left,
            Some(_) | None => self.0 = None,
        }
    }

    /// Puts bytes into an empty inbox.
    pub fn put(&mut self, bytes: &[u8]) {
        debug_assert!(self.is_empty(), "received bytes are decoded in order");
        if !bytes.is_empty() {
            self.0 = Some(Box::new(Waiting { received: Block::new(bytes), decoded: 0 }));
        }
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
