//! A stream whose other end the simulation holds. It fails as a TCP socket of Linux does.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::rc::Rc;

use chatd::stream::Stream;
use chatd_support::random::Random;

/// What is between a client and the server.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each may be true by itself")]
pub(crate) struct Wire {
    /// Decides how much a call takes. Without it, all.
    random: Option<Random>,
    pub(crate) to_server: VecDeque<u8>,
    pub(crate) to_client: Vec<u8>,
    /// How many bytes the client's side takes before the server has to wait.
    pub(crate) window: usize,
    /// The server was told to wait, and is to be told when that is over.
    pub(crate) is_room_awaited: bool,
    /// The server's last try to write found no room.
    pub(crate) is_blocked: bool,
    /// Something came, or comes later, of which the server is to be told.
    pub(crate) is_more_coming: bool,
    /// The client ended its stream.
    pub(crate) is_ended: bool,
    /// The connection broke, and how.
    pub(crate) broken: Option<ErrorKind>,
    /// How it broke, until somebody was told: that happens once.
    untold: Option<ErrorKind>,
    /// It will break while it is written to, before anybody is told that it has.
    pub(crate) fuse: Option<ErrorKind>,
    /// The server ended its stream.
    pub(crate) is_shut: bool,
    /// The server dropped the connection.
    pub(crate) is_dropped: bool,
}

/// The server's end.
#[derive(Debug)]
pub(crate) struct SimStream(pub(crate) Rc<RefCell<Wire>>);

impl Wire {
    pub(crate) fn new(random: Option<Random>) -> Self {
        Self {
            random,
            to_server: VecDeque::new(),
            to_client: Vec::new(),
            window: usize::MAX,
            is_room_awaited: false,
            is_blocked: false,
            is_more_coming: false,
            is_ended: false,
            broken: None,
            untold: None,
            fuse: None,
            is_shut: false,
            is_dropped: false,
        }
    }

    /// Breaks the connection. What was received before can still be read. Then the first call that
    /// finds it broken is told so, whichever it is; after that a read finds the end of the stream
    /// and a write a broken pipe. Behind a stream that had ended, reads go on finding its end.
    pub(crate) fn break_off(&mut self, kind: ErrorKind) {
        self.broken = Some(if self.is_ended { ErrorKind::BrokenPipe } else { kind });
        self.untold = self.broken;
        self.fuse = None;
    }

    /// Mostly all of it, sometimes a part, sometimes a single byte; and sometimes a signal comes in
    /// between.
    fn portion(&mut self, all: usize) -> io::Result<usize> {
        let Some(random) = &mut self.random else { return Ok(all) };
        match random.below(8) {
            0 => Err(ErrorKind::Interrupted.into()),
            1 => Ok(1),
            2 => Ok(1 + random.below(all)),
            _ => Ok(all),
        }
    }
}

impl Read for SimStream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut wire = self.0.borrow_mut();
        assert!(!bytes.is_empty(), "a read of nothing looks like the end of the stream");
        let all = wire.to_server.len().min(bytes.len());
        if all == 0 {
            if wire.is_ended {
                return Ok(0);
            }
            return match (wire.untold.take(), wire.broken) {
                (Some(kind), _) => Err(kind.into()),
                (None, Some(_)) => Ok(0),
                (None, None) => Err(ErrorKind::WouldBlock.into()),
            };
        }
        let count = wire.portion(all)?;
        let mut rest = &mut bytes[..count];
        for slice in <[&[u8]; 2]>::from(wire.to_server.as_slices()) {
            let now = slice.len().min(rest.len());
            rest[..now].copy_from_slice(&slice[..now]);
            rest = &mut rest[now..];
        }
        wire.to_server.drain(..count);
        wire.is_more_coming |= count < bytes.len() && !wire.to_server.is_empty();
        Ok(count)
    }
}

impl Write for SimStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut wire = self.0.borrow_mut();
        let bytes = slices.iter().map(|slice| slice.len()).sum();
        assert!(!wire.is_shut, "nothing is written behind the end of the stream");
        assert!(bytes > 0, "a write of nothing is a wasted system call");
        if let Some(kind) = wire.fuse.take() {
            wire.break_off(kind);
            wire.is_more_coming = true;
        }
        if wire.broken.is_some() {
            return Err(wire.untold.take().unwrap_or(ErrorKind::BrokenPipe).into());
        }
        let all = wire.window.min(bytes);
        wire.is_blocked = all == 0;
        if all == 0 {
            wire.is_room_awaited = true;
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = wire.portion(all)?;
        wire.window -= count;
        let mut rest = count;
        for slice in slices {
            let now = rest.min(slice.len());
            wire.to_client.extend_from_slice(&slice[..now]);
            rest -= now;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for SimStream {
    /// As on Linux: after a short read the server is told when more comes.
    const SHORT_READ_DRAINS: bool = true;

    fn shutdown_write(&mut self) -> io::Result<()> {
        let mut wire = self.0.borrow_mut();
        wire.is_shut = true;
        if wire.broken.is_some() { Err(ErrorKind::NotConnected.into()) } else { Ok(()) }
    }

    fn take_error(&mut self) -> Option<ErrorKind> {
        self.0.borrow_mut().untold.take()
    }
}

impl Drop for SimStream {
    fn drop(&mut self) {
        self.0.borrow_mut().is_dropped = true;
    }
}
