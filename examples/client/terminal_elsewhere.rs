//! Where a port to another system than Unix starts: this has the functions of `terminal.rs`, and
//! says that there is no terminal. On Windows it would take the console's virtual terminal mode,
//! and a thread that reads standard input and wakes the poll, since a poll cannot wait for it
//! there.

use std::io::{self, Write};

use mio::{Registry, Token};

use crate::screen::Size;

pub(crate) fn is_interactive() -> bool {
    false
}

/// There is none.
#[derive(Debug)]
pub(crate) enum Terminal {}

/// No signals come, so none of these does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(dead_code, reason = "the reactor knows what to do about them")]
pub(crate) enum Request {
    Resize,
    Suspend,
    Resume,
    Die(i32),
}

impl Terminal {
    pub(crate) fn open(_: &Registry, _: Token) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn enter(&self) -> io::Result<()> {
        match *self {}
    }

    pub(crate) fn suspend(&self, _: &str) {
        match *self {}
    }

    pub(crate) fn die_of(&self, _: i32, _: &str) {
        match *self {}
    }

    pub(crate) fn requests(&mut self) -> Vec<Request> {
        match *self {}
    }
}

pub(crate) fn stop_job() {}

pub(crate) fn size() -> Size {
    Size::default()
}

pub(crate) fn write_all(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// Standard input, which cannot be had.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) ready: bool,
}

impl Input {
    pub(crate) fn register(_: &Registry, _: Token) -> io::Result<Self> {
        let why = "this client runs on Unix only, so far; ncat or telnet join as well";
        Err(io::Error::new(io::ErrorKind::Unsupported, why))
    }

    #[expect(clippy::unused_self, reason = "as the one that reads")]
    pub(crate) fn read(&mut self, _: &Registry, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
