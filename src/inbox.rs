//! What a peer sent and the server has not decoded yet, because the peer has to wait its turn.

/// Received bytes. Empty, and without memory, for everybody who is not made to wait.
#[derive(Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
    taken: usize,
}

impl Inbox {
    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.taken..]
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Gives up all but the last `left` bytes.
    pub fn keep_last(&mut self, left: usize) {
        self.taken = self.bytes.len() - left;
        if left == 0 {
            *self = Self::default();
        }
    }

    /// Puts bytes into an empty inbox.
    pub fn put(&mut self, bytes: &[u8]) {
        debug_assert!(self.is_empty(), "received bytes are decoded in order");
        self.bytes.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_taken_in_order_and_memory_is_given_back() {
        let mut inbox = Inbox::default();
        inbox.put(b"abcd");
        inbox.keep_last(3);
        assert_eq!(inbox.bytes(), b"bcd");
        inbox.keep_last(0);
        assert!(inbox.is_empty());
        assert_eq!(inbox.bytes.capacity(), 0);
    }
}
