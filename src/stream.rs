//! What the server needs of a connection's transport. TLS would be one more implementation.

use std::io::{self, Read, Write};
use std::net::Shutdown;

/// A non-blocking, ordered stream of bytes in both directions.
pub trait Stream: Read + Write {
    /// Ends the sending direction, so that the peer reads the end of the stream after what was written.
    ///
    /// # Errors
    ///
    /// The stream's, when it is broken already.
    fn shutdown_write(&mut self) -> io::Result<()>;
}

impl Stream for mio::net::TcpStream {
    fn shutdown_write(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}
