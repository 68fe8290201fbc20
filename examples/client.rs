//! Join a chatd room from a terminal, or through files and pipes.
//!
//! The terminal, the socket and the signals are multiplexed by one [`mio::Poll`], without threads:
//! `Reactor::run` is that loop. It notes what is ready, lets the connection and the front end
//! work, and does what they ask for. The parts stand in `examples/client`:
//!
//! ```text
//! Reactor ─┬─ terminal      raw mode, signals, standard input   (the only module for Unix)
//!          ├─ connection    the socket, with the library's outbox and lines
//!          ├─ log           the file of `--log`
//!          └─ frontend      events in, actions out; no sockets, no files, no clock
//!              ├─ plain         for files and pipes: text
//!              └─ interactive   keys ─ editor ─ screen, windows, and all that they need
//!                  ├─ irc           with a server that speaks it
//!                  └─ protocol      with one that speaks only text
//! ```
//!
//! `frontend` is the line between what waits for the system and what does not: a front end is told
//! what happened and says what is to be done, and so all of it can be tested without a terminal.

mod client {
    pub(crate) mod address;
    pub(crate) mod args;
    pub(crate) mod commands;
    pub(crate) mod connection;
    pub(crate) mod editor;
    pub(crate) mod frontend;
    pub(crate) mod ignored;
    pub(crate) mod interactive;
    pub(crate) mod irc;
    pub(crate) mod keys;
    pub(crate) mod local_time;
    pub(crate) mod log;
    pub(crate) mod plain;
    pub(crate) mod protocol;
    pub(crate) mod roster;
    pub(crate) mod screen;
    pub(crate) mod style;
    #[cfg(unix)]
    pub(crate) mod terminal;
    #[cfg(not(unix))]
    pub(crate) mod terminal_elsewhere;
    #[cfg(not(unix))]
    pub(crate) use terminal_elsewhere as terminal;
    pub(crate) mod visible;
}

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use chatd::clock::Now;
use clap::Parser;
use client::args::Args;
use client::connection::Connection;
use client::frontend::{Actions, Direction, Event, Frontend};
use client::interactive::Interactive;
use client::log::Log;
use client::plain::Plain;
use client::terminal::{self, Input, Terminal};
use mio::{Events, Poll, Token};

const STDIN: Token = Token(0);
const SOCKET: Token = Token(1);
const SIGNALS: Token = Token(2);

/// What may fail, as the user is told.
const WAIT: &str = "wait for events";
const READ: &str = "read the input";

/// A terminal sends a few bytes per key; files and pipes send all that fits.
const INPUT_BYTES_MAX: usize = 16 * 1024;

/// While more than this waits to be sent, no more is read: a script may be larger than memory.
const UNSENT_BYTES_MAX: usize = 64 * 1024;

const LINE_MODE: &str = "standard output is no terminal, so this is line mode: what you type is \
                         sent line by line. To keep a log beside the terminal, use --log FILE.\n";

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("error: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Where to complain that nobody listens to complaints?
fn complain(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Connects the user to the server until either leaves. The error is for the user to read.
fn run(args: Args) -> Result<(), String> {
    let server = args.server();
    let is_raw = args.raw;
    let log = args.log.as_deref().map(Log::open).transpose()?;
    let is_interactive = terminal::is_interactive();
    let mut frontend: Box<dyn Frontend> = if is_interactive {
        Box::new(Interactive::new(args.for_a_terminal(&server)))
    } else {
        if io::stdin().is_terminal() && !io::stdout().is_terminal() {
            complain(LINE_MODE);
        }
        Box::new(Plain::new(args.nick_for_a_script()?))
    };
    let addresses = server.resolve()?;
    let cannot = |what: &'static str| move |error| format!("cannot {what}: {error}");
    let poll = Poll::new().map_err(cannot(WAIT))?;
    let input = Input::register(poll.registry(), STDIN).map_err(cannot(READ))?;
    let terminal = is_interactive.then(|| Terminal::open(poll.registry(), SIGNALS));
    let terminal = terminal.transpose().map_err(cannot("use the terminal"))?;
    let connection = Connection::new(server, addresses, SOCKET, !is_interactive);
    let (frontend, now) = (frontend.as_mut(), Now::read());
    let mut reactor = Reactor { poll, connection, input, terminal, frontend, log, is_raw, now };
    let mut actions = Actions { connect: true, ..Actions::default() };
    // Only now is a change of the size noticed.
    reactor.resized(&mut actions);
    reactor.perform(&actions);
    reactor.run()
}

/// See the module's documentation.
struct Reactor<'a> {
    poll: Poll,
    connection: Connection,
    input: Input,
    /// `None` where there is no user at one.
    terminal: Option<Terminal>,
    frontend: &'a mut dyn Frontend,
    log: Option<Log>,
    /// Whether the lines on the wire are shown.
    is_raw: bool,
    /// Read once a turn, here alone; the others are told.
    now: Now,
}

impl Reactor<'_> {
    /// The loop: write, wait, note, work. A wait ends when something is ready, or due.
    fn run(&mut self) -> Result<(), String> {
        let mut events = Events::with_capacity(16);
        loop {
            let output = self.frontend.output(self.now);
            if is_closed(terminal::write_all(output.as_bytes()))? {
                return Ok(());
            }
            match self.poll.poll(&mut events, self.timeout()) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    return Err(format!("cannot {WAIT}: {error}"));
                }
                _ => self.now = Now::read(),
            }
            for event in &events {
                match event.token() {
                    STDIN => self.input.ready = true,
                    SOCKET => self.connection.set_readable(),
                    // A signal: each turn asks for them.
                    _ => {}
                }
            }
            let mut actions = self.turn();
            self.show_sent(&mut actions);
            self.log(&mut actions);
            self.perform(&actions);
            if let Some(exit) = actions.exit {
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
        Some(next.saturating_duration_since(self.now.at))
    }

    fn can_read_input(&self) -> bool {
        // Keys are always read: one of them may be the one that leaves.
        let has_room = self.terminal.is_some() || self.connection.unsent() < UNSENT_BYTES_MAX;
        self.input.ready && has_room && self.frontend.wants_input()
    }

    /// Lets everyone work once. The socket comes before the input, which may wait for it.
    fn turn(&mut self) -> Actions {
        let mut actions = Actions::default();
        self.signals(&mut actions);
        let Self { poll, connection, frontend, now, is_raw, .. } = self;
        connection.drive(poll.registry(), now.at, &mut |event| {
            if let (true, Event::Line(line)) = (*is_raw, &event) {
                let line = String::from_utf8_lossy(line);
                frontend.handle(Event::Wire(Direction::In, &line), *now, &mut actions);
            }
            if actions.exit.is_none() {
                frontend.handle(event, *now, &mut actions);
            }
        });
        if actions.exit.is_none() && self.can_read_input() {
            self.read_input(&mut actions);
        }
        if actions.exit.is_none()
            && self.frontend.deadline().is_some_and(|deadline| deadline <= self.now.at)
        {
            self.frontend.handle(Event::Deadline, self.now, &mut actions);
        }
        actions
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
            Ok(_) => Event::EndOfInput,
            Err(error) => {
                actions.exit = Some(Err(format!("cannot {READ}: {error}")));
                return;
            }
        };
        self.frontend.handle(event, self.now, actions);
    }

    fn signals(&mut self, actions: &mut Actions) {
        let Some(terminal) = &mut self.terminal else { return };
        let Some(is_resumed) = terminal.obey(|| self.frontend.farewell()) else { return };
        if is_resumed {
            self.frontend.handle(Event::Resumed, self.now, actions);
        }
        self.resized(actions);
    }

    fn resized(&mut self, actions: &mut Actions) {
        self.frontend.handle(Event::Resized(terminal::size()), self.now, actions);
    }

    fn show_sent(&mut self, actions: &mut Actions) {
        if self.is_raw {
            for line in actions.send.clone().lines() {
                self.frontend.handle(Event::Wire(Direction::Out, line), self.now, actions);
            }
        }
    }

    /// A log that cannot be written ends, and the talk goes on.
    fn log(&mut self, actions: &mut Actions) {
        let shown = self.frontend.shown();
        if let Some(log) = &mut self.log
            && let Err(why) = log.append(&shown, self.now.utc)
        {
            self.log = None;
            self.frontend.handle(Event::LogFailed(why), self.now, actions);
        }
    }

    fn perform(&mut self, actions: &Actions) {
        self.connection.send(actions.send.as_bytes());
        if actions.half_close {
            self.connection.half_close();
        }
        if actions.connect {
            self.connection.connect(self.poll.registry(), self.now.at);
        }
        self.connection.flush();
        if actions.suspend {
            terminal::stop_job();
        }
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
