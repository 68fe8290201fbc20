//! What the server needs of a connection's transport. TLS would be one more implementation.

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;

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

impl Stream for mio::net::TcpStream {
    /// True of epoll (see epoll(7), question 9): what comes later makes a new event. It saves a
    /// failing read per message.
    const SHORT_READ_DRAINS: bool = cfg!(target_os = "linux");

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }

    fn take_error(&mut self) -> Option<ErrorKind> {
        Some(Self::take_error(self).ok()??.kind())
    }
}
