//! Who takes part.

/// A seat in the chat. Keys are used again for others, with another generation: an answer that comes
/// too late reaches nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId {
    key: u32,
    generation: u32,
}

impl SessionId {
    /// The session with this key, for the time that `generation` stands for.
    ///
    /// # Panics
    ///
    /// If the key is not below 2^32: there are not so many connections.
    #[must_use]
    pub fn new(key: usize, generation: u32) -> Self {
        Self {
            key: u32::try_from(key).expect("as many connections have no descriptors"),
            generation,
        }
    }

    /// Its place in a table: small, and used again.
    #[must_use]
    pub fn key(self) -> usize {
        self.key as usize
    }

    /// Tells it from others with the same key.
    #[must_use]
    pub fn generation(self) -> u32 {
        self.generation
    }
}
