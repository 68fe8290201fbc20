//! What stands between the reactor and the user: events in, actions out. A front end knows neither
//! sockets, files nor the clock, so all of it can be tested by telling it what happened.

use std::fmt;
use std::io;
use std::time::Instant;

use chatd::clock::Now;

use crate::client::screen::Size;

/// Which way a line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    In,
    Out,
}

/// What happened.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// The user typed, or the input has more.
    Input(&'a [u8]),
    EndOfInput,
    Connected,
    /// A line goes over the wire, and is to be shown as it is.
    Wire(Direction, &'a str),
    /// The server sent a line, without its end: whatever is in it.
    Line(&'a [u8]),
    /// The connection ended.
    Closed(End),
    /// The server could not be reached; why, in words for the user.
    Unreachable(String),
    Resized(Size),
    /// The program was stopped and goes on.
    Resumed,
    /// The log cannot be written any more; why, in words for the user.
    LogFailed(String),
    /// The time that [`Frontend::deadline`] gave has come.
    Deadline,
}

/// A line as it goes over the wire.
pub(crate) fn raw(direction: Direction, line: &str) -> String {
    format!("{} {line}", if direction == Direction::In { "<<" } else { ">>" })
}

/// How a connection ended: in order, or by an error.
#[derive(Debug, Default)]
pub(crate) struct End {
    pub(crate) error: Option<io::Error>,
    /// How many lines the socket had not taken. Of those it took nobody knows how far they came.
    pub(crate) unsent_lines: usize,
    /// The beginning of a line that did not come whole. What it would have said nobody knows.
    pub(crate) cut_off: Option<String>,
}

impl End {
    /// Whether nothing is known to be lost.
    pub(crate) fn is_orderly(&self) -> bool {
        self.error.is_none() && self.unsent_lines == 0 && self.cut_off.is_none()
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            Some(error) => write!(f, "connection lost: {error}")?,
            None => f.write_str("connection closed by the server")?,
        }
        if self.cut_off.is_some() {
            f.write_str("; what it said last is cut off")?;
        }
        match self.unsent_lines {
            0 => Ok(()),
            1 => f.write_str("; the last line was not sent"),
            count => write!(f, "; the last {count} lines were not sent"),
        }
    }
}

/// What is to be done about it.
#[derive(Debug, Default)]
pub(crate) struct Actions {
    /// Lines for the server.
    pub(crate) send: String,
    /// End our side of the stream when all is sent.
    pub(crate) half_close: bool,
    /// Connect anew.
    pub(crate) connect: bool,
    /// Stop the program, as Ctrl-Z does.
    pub(crate) suspend: bool,
    /// End the program, with an error or without.
    pub(crate) exit: Option<Result<(), String>>,
}

impl Actions {
    pub(crate) fn send_line(&mut self, line: &str) {
        self.send.push_str(line);
        self.send.push('\n');
    }
}

/// How the user is spoken to: on a terminal, or through files and pipes.
pub(crate) trait Frontend {
    fn handle(&mut self, event: Event<'_>, now: Now, actions: &mut Actions);

    /// What is to be written to standard output, in one write.
    fn output(&mut self, now: Now) -> String;

    /// The lines that were shown since the last call, as plain text.
    fn shown(&mut self) -> Vec<String>;

    /// What is to be written when the program ends or stops.
    fn farewell(&mut self) -> String;

    /// When to be told [`Event::Deadline`].
    fn deadline(&self) -> Option<Instant>;

    /// Whether input is to be read.
    fn wants_input(&self) -> bool;
}
