//! What the server needs of a connection's transport. TLS would be one more implementation.

use std::io::{self, ErrorKind, Read, Write};

/// A non-blocking, ordered stream of bytes in both directions.
pub trait Stream: Read + Write {
    /// Whether a read of less than there was room for means that there is no more for now, unless
    /// the stream has ended.
    const SHORT_READ_DRAINS: bool = false;

    /// Ends the sending direction, so that the peer reads the end of the stream after what was
    /// written.
    ///
    /// # Errors
    ///
    /// The stream's, when it is broken already.
    fn shutdown_write(&mut self) -> io::Result<()>;

    /// Why the stream is broken, for whoever will neither read nor write any more. An error is told
    /// once, here or there.
    fn take_error(&mut self) -> Option<ErrorKind> {
        None
    }
}
