//! One poll for the terminal, the socket and the signals; no threads. It notes what is ready, lets
//! the connection and the front end work, and does what they ask for.

use std::io;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};

use crate::address::Address;
use crate::connection::Connection;
use crate::frontend::{Actions, Event, Frontend};
use crate::terminal::{self, Input, Request, Terminal};

const STDIN: Token = Token(0);
const SOCKET: Token = Token(1);
const SIGNALS: Token = Token(2);

/// A terminal sends a few bytes per key; files and pipes send all that fits.
const INPUT_BYTES_MAX: usize = 16 * 1024;

/// See the module's documentation.
pub(crate) struct Reactor<'a> {
    poll: Poll,
    connection: Connection,
    input: Input,
    terminal: Option<Terminal>,
    frontend: &'a mut dyn Frontend,
    now: Instant,
}

/// Connects the user to `server` until either leaves. The error is for the user to read.
pub(crate) fn run(
    server: Address,
    frontend: &mut dyn Frontend,
    is_interactive: bool,
) -> Result<(), String> {
    let addresses = server.resolve()?;
    let no_reactor = |error| format!("cannot use the terminal: {error}");
    let poll = Poll::new().map_err(no_reactor)?;
    let input = Input::register(poll.registry(), STDIN).map_err(no_reactor)?;
    let terminal = if is_interactive {
        Some(Terminal::open(poll.registry(), SIGNALS).map_err(no_reactor)?)
    } else {
        None
    };
    let connection = Connection::new(server, addresses, SOCKET);
    let mut reactor = Reactor { poll, connection, input, terminal, frontend, now: clock() };
    reactor.connection.connect(reactor.poll.registry(), reactor.now);
    reactor.run()
}

#[expect(clippy::disallowed_methods, reason = "the one reader of the clock; others are told")]
fn clock() -> Instant {
    Instant::now()
}

impl Reactor<'_> {
    fn run(&mut self) -> Result<(), String> {
        let mut events = Events::with_capacity(16);
        loop {
            let output = self.frontend.output(self.now);
            if is_closed(terminal::write_all(output.as_bytes()))? {
                return Ok(());
            }
            match self.poll.poll(&mut events, self.timeout()) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    return Err(format!("cannot wait for events: {error}"));
                }
                _ => self.now = clock(),
            }
            for event in &events {
                match event.token() {
                    STDIN => self.input.ready = true,
                    SOCKET => self.connection.set_readable(),
                    // A signal: each turn asks for them.
                    _ => {}
                }
            }
            if let Some(exit) = self.turn() {
                // The last words, then an empty place for the shell's prompt.
                let words = self.frontend.output(self.now) + &self.frontend.farewell();
                is_closed(terminal::write_all(words.as_bytes()))?;
                return exit;
            }
        }
    }

    /// How long there is nothing to do.
    fn timeout(&self) -> Option<Duration> {
        if self.connection.is_pending() || self.can_read_input() {
            return Some(Duration::ZERO);
        }
        let deadlines = [self.frontend.deadline(), self.connection.deadline()];
        let next = deadlines.into_iter().flatten().min()?;
        Some(next.saturating_duration_since(self.now))
    }

    fn can_read_input(&self) -> bool {
        self.input.ready && self.frontend.wants_input(self.connection.unsent())
    }

    /// Lets everyone work once. The socket comes before the input, which may wait for it.
    fn turn(&mut self) -> Option<Result<(), String>> {
        let mut actions = Actions::default();
        self.signals(&mut actions);
        let Self { poll, connection, frontend, now, .. } = self;
        connection.drive(poll.registry(), *now, &mut |event| {
            if actions.exit.is_none() {
                frontend.handle(event, *now, &mut actions);
            }
        });
        if actions.exit.is_some() {
            return actions.exit;
        }
        if self.can_read_input() {
            self.read_input(&mut actions);
        }
        if self.frontend.deadline().is_some_and(|deadline| deadline <= self.now) {
            self.frontend.handle(Event::Deadline, self.now, &mut actions);
        }
        self.perform(actions)
    }

    fn read_input(&mut self, actions: &mut Actions) {
        let mut buffer = [0; INPUT_BYTES_MAX];
        let event = match self.input.read(self.poll.registry(), &mut buffer) {
            Ok(length) if length > 0 => Event::Input(&buffer[..length]),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
                ) =>
            {
                return;
            }
            // A terminal that is gone gives an error instead of an end.
            Ok(_) | Err(_) => Event::EndOfInput,
        };
        self.frontend.handle(event, self.now, actions);
    }

    fn signals(&mut self, actions: &mut Actions) {
        let requests = self.terminal.as_mut().map(Terminal::requests).unwrap_or_default();
        for request in requests {
            match request {
                Request::Resize => {
                    self.frontend.handle(Event::Resized(terminal::size()), self.now, actions);
                }
                Request::Suspend => self.suspend(actions),
                Request::Resume => self.resume(actions),
                Request::Die(signal) => {
                    // Dropping it restores the terminal while there still is a program to do so.
                    self.terminal = None;
                    terminal::die_of(signal);
                }
            }
        }
    }

    fn suspend(&mut self, actions: &mut Actions) {
        let farewell = self.frontend.farewell();
        // An error will come again at the next write, and be dealt with there.
        let _ = terminal::write_all(farewell.as_bytes());
        if let Some(terminal) = &self.terminal {
            terminal.suspend();
        }
        self.resume(actions);
    }

    fn resume(&mut self, actions: &mut Actions) {
        if let Some(terminal) = &self.terminal {
            // As above.
            let _ = terminal.enter();
        }
        self.frontend.handle(Event::Resumed, self.now, actions);
        self.frontend.handle(Event::Resized(terminal::size()), self.now, actions);
    }

    fn perform(&mut self, actions: Actions) -> Option<Result<(), String>> {
        self.connection.send(actions.send.as_bytes());
        if actions.half_close {
            self.connection.half_close();
        }
        if actions.connect {
            self.connection.connect(self.poll.registry(), self.now);
        }
        self.connection.flush();
        if actions.suspend {
            terminal::stop_job();
        }
        actions.exit
    }
}

/// Whether standard output is closed, which is a normal end: nobody wants to read on.
fn is_closed(result: io::Result<()>) -> Result<bool, String> {
    match result {
        Ok(()) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(true),
        Err(error) => Err(format!("cannot write the output: {error}")),
    }
}
