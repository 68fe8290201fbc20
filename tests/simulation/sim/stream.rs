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
    /// What the server's end holds back, if it has buffers of its own.
    held: Option<Held>,
}

/// What a stream has that buffers, as TLS does: it takes bytes and sends them later, and before all
/// else it has something to say itself, without which it reads nothing.
#[derive(Debug)]
struct Held {
    /// How many bytes of what it has to say itself are not sent.
    hello: usize,
    bytes: VecDeque<u8>,
}

/// How many bytes it holds back at the most.
const HELD_BYTES_MAX: usize = 48;

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
            held: None,
        }
    }

    /// From now on the server's end has buffers of its own.
    pub(crate) fn hold_back(&mut self) {
        self.held = Some(Held { hello: 7, bytes: VecDeque::new() });
    }

    fn hello(&self) -> usize {
        self.held.as_ref().map_or(0, |held| held.hello)
    }

    fn held_bytes(&self) -> usize {
        self.held.as_ref().map_or(0, |held| held.bytes.len())
    }

    /// Whether whoever writes is to be told that the connection broke.
    fn check(&mut self) -> io::Result<()> {
        assert!(!self.is_shut, "nothing is written behind the end of the stream");
        if let Some(kind) = self.fuse.take() {
            self.break_off(kind);
            self.is_more_coming = true;
        }
        match self.broken {
            Some(_) => Err(self.untold.take().unwrap_or(ErrorKind::BrokenPipe).into()),
            None => Ok(()),
        }
    }

    /// How much of `all` bytes there is room for. None is an error.
    fn vacancy(&mut self, all: usize) -> io::Result<usize> {
        self.is_blocked = all == 0;
        if all == 0 {
            self.is_room_awaited = true;
            return Err(ErrorKind::WouldBlock.into());
        }
        self.portion(all)
    }

    /// Sends what is held back.
    fn send_held(&mut self) -> io::Result<()> {
        self.check()?;
        while self.hello() + self.held_bytes() > 0 {
            let hello = self.hello();
            let all = if hello > 0 { hello } else { self.held_bytes() };
            let count = self.vacancy(all.min(self.window))?;
            self.window -= count;
            let Some(held) = &mut self.held else { break };
            if hello > 0 {
                held.hello -= count;
                // Only now the other side knows enough to be understood.
                self.is_more_coming |= held.hello == 0;
            } else {
                self.to_client.extend(held.bytes.drain(..count));
            }
        }
        Ok(())
    }

    /// Takes bytes and holds them back, perhaps not for long.
    fn hold(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.check()?;
        if self.held_bytes() == HELD_BYTES_MAX {
            self.send_held()?;
        }
        let bytes: usize = slices.iter().map(|slice| slice.len()).sum();
        let count = self.vacancy(bytes.min(HELD_BYTES_MAX - self.held_bytes()))?;
        if let Some(held) = &mut self.held {
            let all = slices.iter().flat_map(|slice| slice.iter().copied());
            held.bytes.extend(all.take(count));
        }
        if self.random.as_mut().is_some_and(|random| random.below(2) == 0) {
            // Whoever wrote is told the next time.
            let _ = self.send_held();
        }
        Ok(count)
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
        if wire.hello() > 0 && wire.broken.is_none() {
            return Err(ErrorKind::WouldBlock.into());
        }
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
        let bytes: usize = slices.iter().map(|slice| slice.len()).sum();
        assert!(bytes > 0, "a write of nothing is a wasted system call");
        if wire.held.is_some() {
            return wire.hold(slices);
        }
        wire.check()?;
        let all = wire.window.min(bytes);
        let count = wire.vacancy(all)?;
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
        self.0.borrow_mut().send_held()
    }
}

impl Stream for SimStream {
    /// As on Linux: after a short read the server is told when more comes.
    fn drains(&self, read: usize, asked: usize) -> bool {
        self.0.borrow().held.is_none() && read < asked
    }

    fn wants_write(&self) -> bool {
        self.0.borrow().hello() > 0 || self.buffered() > 0
    }

    fn buffered(&self) -> usize {
        self.0.borrow().held_bytes()
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        let mut wire = self.0.borrow_mut();
        assert!(wire.broken.is_some() || wire.hello() + wire.held_bytes() == 0, "all is sent");
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
