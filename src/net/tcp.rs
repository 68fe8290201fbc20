//! TCP as a stream.

use std::io::{self, ErrorKind};
use std::net::Shutdown;

use mio::net::TcpStream;

use crate::stream::Stream;

impl Stream for TcpStream {
    /// A short read drains, with epoll (see epoll(7), question 9): what comes later makes a new
    /// event. It saves a failing read per message.
    fn drains(&self, read: usize, asked: usize) -> bool {
        cfg!(target_os = "linux") && read < asked
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }

    fn take_error(&mut self) -> Option<ErrorKind> {
        Some(Self::take_error(self).ok()??.kind())
    }
}
