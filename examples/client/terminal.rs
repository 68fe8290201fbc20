//! The terminal as Unix has it: raw mode and its end, the window's size, the signals, and standard
//! input as a source of events. Nothing else here knows what system it runs on.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::os::fd::{AsFd, AsRawFd};
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

use crate::client::screen::Size;

/// Bracketed paste on: the terminal marks where a paste starts and ends.
const ENTER: &str = "\x1b[?2004h";
/// Bracketed paste off, wrapping on, attributes off, and no half-typed line where a message or the
/// shell's prompt will stand.
const LEAVE: &str = "\r\x1b[2K\x1b[?2004l\x1b[?7h\x1b[0m";

const TERMINATING: [i32; 4] = [SIGTERM, SIGHUP, SIGINT, SIGQUIT];
const OTHERS: [i32; 3] = [SIGTSTP, SIGCONT, SIGWINCH];

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

impl Terminal {
    /// Enters raw mode, and has signals wake `registry`'s poll with `token`.
    pub(crate) fn open(registry: &Registry, token: Token) -> io::Result<Self> {
        let saved = tcgetattr(io::stdin())?;
        let (receiver, sender) = UnixStream::pair()?;
        receiver.set_nonblocking(true)?;
        let mut signals = mio::net::UnixStream::from_std(receiver);
        registry.register(&mut signals, token, Interest::READABLE)?;
        let mut raised = Vec::new();
        for signal in TERMINATING.into_iter().chain(OTHERS) {
            let flag = Arc::new(AtomicBool::new(false));
            if TERMINATING.contains(&signal) {
                // A second one, before the first was noticed, ends the program at once: it may be
                // waiting for a terminal that takes no more output.
                signal_hook::flag::register_conditional_default(signal, Arc::clone(&flag))?;
            }
            // The flag comes first: whoever is woken by the pipe finds it set.
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
            pipe::register(signal, sender.try_clone()?)?;
            raised.push((signal, flag));
        }
        // A hook, not only the guard's drop: a release build aborts at a panic.
        let saved_for_hook = saved.clone();
        let default_hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            restore(&saved_for_hook, "");
            default_hook(info);
        }));
        let terminal = Self { saved, raised, signals };
        terminal.enter()?;
        Ok(terminal)
    }

    /// Enters raw mode (again).
    fn enter(&self) -> io::Result<()> {
        let mut raw = self.saved.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        write_all(ENTER.as_bytes())
    }

    /// Restores the terminal and stops the program until the shell wakes it, and enters raw mode again.
    /// Where no shell could, the system does not stop it.
    fn suspend(&self, farewell: &str) {
        restore(&self.saved, farewell);
        // The handler for SIGTSTP stands in the way of its default action. SIGTTOU has the same
        // one, with the same exception, and SIGSTOP has no exception.
        let _ = process::kill_process(process::getpid(), Signal::TTOU);
        // Whoever suspends also resumes, stopped or not.
        for (_, flag) in self.raised.iter().filter(|(signal, _)| *signal == SIGCONT) {
            flag.store(false, Ordering::SeqCst);
        }
        // An error will come again at the next write, and be dealt with there.
        let _ = self.enter();
    }

    /// Restores the terminal and ends the program the way it would have ended without a handler, so
    /// that the shell sees why.
    fn die_of(&self, signal: i32, farewell: &str) {
        restore(&self.saved, farewell);
        let _ = emulate_default_handler(signal);
    }

    /// Does what the signals since the last call ask for: to suspend, or to end with this farewell.
    /// Whether the terminal is to be drawn again as after another program; nothing if none came.
    pub(crate) fn obey(&mut self, mut farewell: impl FnMut() -> String) -> Option<bool> {
        // An edge-triggered source is to be read until it is empty.
        while matches!(self.signals.read(&mut [0; 64]), Ok(1..)) {}
        let raised = self.raised.iter().filter(|(_, flag)| flag.swap(false, Ordering::SeqCst));
        let raised: Vec<i32> = raised.map(|&(signal, _)| signal).collect();
        for &signal in &raised {
            match signal {
                SIGWINCH => {}
                SIGTSTP => self.suspend(&farewell()),
                // An error will come again at the next write, and be dealt with there.
                SIGCONT => _ = self.enter(),
                signal => self.die_of(signal, &farewell()),
            }
        }
        let is_resumed = raised.iter().any(|signal| matches!(*signal, SIGTSTP | SIGCONT));
        (!raised.is_empty()).then_some(is_resumed)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore(&self.saved, "");
    }
}

/// Nothing can be done about an error here, and the terminal may be gone. The modes come first: a
/// terminal that takes no output still takes them.
fn restore(saved: &Termios, farewell: &str) {
    let _ = tcsetattr(io::stdin(), OptionalActions::Now, saved);
    let _ = write_all([farewell, LEAVE].concat().as_bytes());
}

/// Has the whole job stop, as Ctrl-Z does where the terminal still handles it.
pub(crate) fn stop_job() {
    let _ = process::kill_current_process_group(Signal::TSTP);
}

/// The window's size.
pub(crate) fn size() -> Size {
    match tcgetwinsize(io::stdout()) {
        Ok(window) if window.ws_col > 0 && window.ws_row > 0 => {
            Size { columns: window.ws_col.into(), rows: window.ws_row.into() }
        }
        _ => Size::default(),
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
/// once per event, which cannot block unless another process reads the same pipe.
#[derive(Debug)]
pub(crate) struct Input {
    token: Token,
    is_terminal: bool,
    /// A file or `/dev/null` never blocks, and cannot be waited for.
    is_pollable: bool,
    pub(crate) ready: bool,
}

impl Input {
    pub(crate) fn register(registry: &Registry, token: Token) -> io::Result<Self> {
        let stdin = io::stdin();
        let is_terminal = stdin.is_terminal();
        // kqueue takes a file, and then tells nothing at its end.
        let is_file = File::from(stdin.as_fd().try_clone_to_owned()?).metadata()?.is_file();
        let fd = stdin.as_raw_fd();
        let is_pollable = !is_file
            && match registry.register(&mut SourceFd(&fd), token, Interest::READABLE) {
                Ok(()) => true,
                // What epoll says of something that never blocks.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => false,
                // What kqueue says of it, but also of a terminal that it cannot wait for.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput && !is_terminal => false,
                Err(error) => return Err(error),
            };
        Ok(Self { token, is_terminal, is_pollable, ready: !is_pollable })
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
        match result {
            // A terminal that is gone gives an error instead of an end.
            Err(error) if self.is_terminal && ![Errno::INTR, Errno::AGAIN].contains(&error) => {
                Ok(0)
            }
            result => Ok(result?),
        }
    }
}
