//! The terminal as Unix has it: raw mode and its end, the window's size, the signals, and standard
//! input as a source of events. This is the only module that a port to another system replaces.

use std::io::{self, IsTerminal, Read};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mio::unix::SourceFd;
use mio::{Interest, Registry, Token};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{self, Signal};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::low_level::{emulate_default_handler, pipe};

use crate::screen::Size;

/// Bracketed paste on: the terminal marks where a paste starts and ends.
const ENTER: &str = "\x1b[?2004h";
/// Bracketed paste off, wrapping on, attributes off, and no half-typed line where a message or the
/// shell's prompt will stand.
const LEAVE: &str = "\r\x1b[J\x1b[?2004l\x1b[?7h\x1b[0m";

/// For a terminal that does not know its size.
const SIZE_DEFAULT: Size = Size { columns: 80, rows: 24 };

const SIGNALS: [i32; 7] = [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH];

/// Whether there is a user at a terminal that can move its cursor.
pub(crate) fn is_interactive() -> bool {
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    io::stdin().is_terminal() && io::stdout().is_terminal() && !is_dumb
}

/// The terminal in raw mode, until this is dropped. A panic and the signals that end a program
/// restore it too.
#[derive(Debug)]
pub(crate) struct Terminal {
    saved: Termios,
    raised: Vec<(i32, Arc<AtomicBool>)>,
    signals: mio::net::UnixStream,
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Resize,
    Suspend,
    Resume,
    /// To end, by [`die_of`] this signal.
    Die(i32),
}

impl Terminal {
    /// Enters raw mode, and has signals wake `registry`'s poll with `token`.
    pub(crate) fn open(registry: &Registry, token: Token) -> io::Result<Self> {
        let saved = tcgetattr(io::stdin())?;
        let (receiver, sender) = UnixStream::pair()?;
        receiver.set_nonblocking(true)?;
        let mut signals = mio::net::UnixStream::from_std(receiver);
        registry.register(&mut signals, token, Interest::READABLE)?;
        let mut raised = Vec::new();
        for signal in SIGNALS {
            let flag = Arc::new(AtomicBool::new(false));
            // The flag comes first: whoever is woken by the pipe finds it set.
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
            pipe::register(signal, sender.try_clone()?)?;
            raised.push((signal, flag));
        }
        // A hook, not only the guard's drop: a release build aborts at a panic.
        let saved_for_hook = saved.clone();
        let default_hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            restore(&saved_for_hook);
            default_hook(info);
        }));
        let terminal = Self { saved, raised, signals };
        terminal.enter()?;
        Ok(terminal)
    }

    /// Enters raw mode (again).
    pub(crate) fn enter(&self) -> io::Result<()> {
        let mut raw = self.saved.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        write_all(ENTER.as_bytes())
    }

    /// Restores the terminal and stops the program until the shell wakes it. Where no shell could,
    /// the system does not stop it.
    pub(crate) fn suspend(&self) {
        restore(&self.saved);
        // The handler for SIGTSTP stands in the way of its default action. SIGTTOU has the same
        // one, with the same exception, and SIGSTOP has no exception.
        let _ = process::kill_process(process::getpid(), Signal::TTOU);
        // Whoever suspends also resumes, stopped or not.
        for (_, flag) in self.raised.iter().filter(|(signal, _)| *signal == SIGCONT) {
            flag.store(false, Ordering::SeqCst);
        }
    }

    /// What the signals since the last call ask for.
    pub(crate) fn requests(&mut self) -> Vec<Request> {
        // An edge-triggered source is to be read until it is empty.
        while matches!(self.signals.read(&mut [0; 64]), Ok(1..)) {}
        let raised = self.raised.iter().filter(|(_, flag)| flag.swap(false, Ordering::SeqCst));
        raised
            .map(|&(signal, _)| match signal {
                SIGWINCH => Request::Resize,
                SIGTSTP => Request::Suspend,
                SIGCONT => Request::Resume,
                signal => Request::Die(signal),
            })
            .collect()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore(&self.saved);
    }
}

/// Nothing can be done about an error here, and the terminal may be gone.
fn restore(saved: &Termios) {
    let _ = write_all(LEAVE.as_bytes());
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, saved);
}

/// Has the whole job stop, as Ctrl-Z does where the terminal still handles it.
pub(crate) fn stop_job() {
    let _ = process::kill_current_process_group(Signal::TSTP);
}

/// Ends the program the way it would have ended without a handler, so that the shell sees why.
pub(crate) fn die_of(signal: i32) {
    let _ = emulate_default_handler(signal);
}

/// The window's size.
pub(crate) fn size() -> Size {
    match tcgetwinsize(io::stdout()) {
        Ok(window) if window.ws_col > 0 && window.ws_row > 0 => {
            Size { columns: window.ws_col.into(), rows: window.ws_row.into() }
        }
        _ => SIZE_DEFAULT,
    }
}

/// Writes to standard output, past the standard library's buffer: one redraw, one write.
pub(crate) fn write_all(mut bytes: &[u8]) -> io::Result<()> {
    let stdout = io::stdout();
    while !bytes.is_empty() {
        match rustix::io::write(&stdout, bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            // Another program may have left the terminal non-blocking.
            Err(Errno::AGAIN) => {
                let _ = poll(&mut [PollFd::new(&stdout, PollFlags::OUT)], None);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Standard input. It is never made non-blocking, since the shell shares it; instead it is read
/// once per event, which cannot block.
#[derive(Debug)]
pub(crate) struct Input {
    token: Token,
    /// epoll refuses what never blocks, like files and `/dev/null`.
    is_pollable: bool,
    pub(crate) ready: bool,
}

impl Input {
    pub(crate) fn register(registry: &Registry, token: Token) -> io::Result<Self> {
        let stdin = io::stdin().as_raw_fd();
        let is_pollable = match registry.register(&mut SourceFd(&stdin), token, Interest::READABLE)
        {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => false,
            Err(error) => return Err(error),
        };
        Ok(Self { token, is_pollable, ready: !is_pollable })
    }

    /// Reads once. Nothing is ready any more then until the next event, which comes at once if
    /// there is more.
    pub(crate) fn read(&mut self, registry: &Registry, buffer: &mut [u8]) -> io::Result<usize> {
        let stdin = io::stdin();
        let result = rustix::io::read(&stdin, buffer);
        if self.is_pollable {
            self.ready = false;
            let fd = stdin.as_raw_fd();
            registry.reregister(&mut SourceFd(&fd), self.token, Interest::READABLE)?;
        }
        result.map_err(io::Error::from)
    }
}
