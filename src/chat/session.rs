//! Who takes part.

/// Who, for the chat. The server uses its connection's slab key; a session leaves the chat before
/// its key is used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub usize);
