//! Where a port to another system than Unix starts: this has the functions of `terminal.rs`, and
//! says that there is no terminal. On Windows it would take the console's virtual terminal mode,
//! and a thread that reads standard input and wakes the poll, since a poll cannot wait for it
//! there.

use std::io::{self, Write};

use mio::{Registry, Token};

use crate::client::screen::Size;

pub(crate) fn is_interactive() -> bool {
    false
}

/// There is none.
#[derive(Debug)]
pub(crate) enum Terminal {}

impl Terminal {
    pub(crate) fn open(_: &Registry, _: Token) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// No signals come.
    pub(crate) fn obey(&mut self, _: impl FnMut() -> String) -> Option<bool> {
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
