//! What the server needs of a connection's transport.

use std::io::{self, ErrorKind, Read, Write};

/// A non-blocking, ordered stream of bytes in both directions.
///
/// It may have buffers of its own, as TLS has. Then a write puts bytes there, and sends as much as
/// can be sent; if it can take nothing it says [`ErrorKind::WouldBlock`], never `Ok(0)`. A flush
/// sends what is there, or says [`ErrorKind::WouldBlock`] if something is left. After either has
/// said so, the server comes again when the transport below may take more.
pub trait Stream: Read + Write {
    /// Whether a read of `read` bytes, where `asked` were asked for, means that there is no more
    /// for now, unless the stream has ended. If not, the server reads until that fails.
    fn drains(&self, read: usize, asked: usize) -> bool {
        let _ = (read, asked);
        false
    }

    /// Whether it has something to send by itself: bytes that it was given before, or what its
    /// protocol wants to say. Then it is flushed.
    fn wants_write(&self) -> bool {
        self.buffered() > 0
    }

    /// How many bytes it was given that are not sent. They count for as much as those that wait to
    /// be given to it.
    fn buffered(&self) -> usize {
        0
    }

    /// Ends the sending direction, so that the peer reads the end of the stream after what was
    /// written. To be called when it does not want to write.
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
