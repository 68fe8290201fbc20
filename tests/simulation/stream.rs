//! A stream whose other end the simulation holds.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::rc::Rc;

use chatd::stream::Stream;

use crate::random::Random;

/// What is between a client and the server.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each may be true by itself")]
pub(crate) struct Wire {
    random: Random,
    pub(crate) to_server: VecDeque<u8>,
    pub(crate) to_client: Vec<u8>,
    /// How many bytes the client's side takes before the server has to wait.
    pub(crate) window: usize,
    /// The server was told to wait, and is to be told when that is over.
    pub(crate) is_blocked: bool,
    /// The client ended its stream.
    pub(crate) is_ended: bool,
    /// The client reset the connection.
    pub(crate) is_reset: bool,
    /// Why the connection is broken, if not by a reset.
    pub(crate) error: Option<ErrorKind>,
    /// The server ended its stream.
    pub(crate) is_shut: bool,
    /// The server dropped the connection.
    pub(crate) is_dropped: bool,
}

/// The server's end.
#[derive(Debug)]
pub(crate) struct SimStream(pub(crate) Rc<RefCell<Wire>>);

impl Wire {
    pub(crate) fn new(random: Random) -> Self {
        Self {
            random,
            to_server: VecDeque::new(),
            to_client: Vec::new(),
            window: usize::MAX,
            is_blocked: false,
            is_ended: false,
            is_reset: false,
            error: None,
            is_shut: false,
            is_dropped: false,
        }
    }

    /// Mostly all of it, sometimes a part, sometimes a single byte; and sometimes a signal comes in
    /// between.
    fn portion(&mut self, all: usize) -> io::Result<usize> {
        match self.random.below(8) {
            0 => Err(ErrorKind::Interrupted.into()),
            1 => Ok(1),
            2 | 3 => Ok(1 + self.random.below(all)),
            _ => Ok(all),
        }
    }
}

impl Read for SimStream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut wire = self.0.borrow_mut();
        assert!(!bytes.is_empty(), "a read of nothing looks like the end of the stream");
        if wire.is_reset {
            return Err(ErrorKind::ConnectionReset.into());
        }
        let all = wire.to_server.len().min(bytes.len());
        if all == 0 {
            return if wire.is_ended { Ok(0) } else { Err(ErrorKind::WouldBlock.into()) };
        }
        let count = wire.portion(all)?;
        for (byte, received) in bytes.iter_mut().zip(wire.to_server.drain(..count)) {
            *byte = received;
        }
        Ok(count)
    }
}

impl Write for SimStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut wire = self.0.borrow_mut();
        assert!(!wire.is_shut, "nothing is written behind the end of the stream");
        assert!(!bytes.is_empty(), "a write of nothing is a wasted system call");
        if wire.is_reset {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let all = wire.window.min(bytes.len());
        if all == 0 {
            wire.is_blocked = true;
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = wire.portion(all)?;
        wire.window -= count;
        wire.to_client.extend(&bytes[..count]);
        Ok(count)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        self.write(&bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for SimStream {
    fn shutdown_write(&mut self) -> io::Result<()> {
        let mut wire = self.0.borrow_mut();
        wire.is_shut = true;
        if wire.is_reset { Err(ErrorKind::NotConnected.into()) } else { Ok(()) }
    }

    fn take_error(&mut self) -> Option<ErrorKind> {
        self.0.borrow().error
    }
}

impl Drop for SimStream {
    fn drop(&mut self) {
        self.0.borrow_mut().is_dropped = true;
    }
}
