//! The front end for files, pipes and scripts: lines in, lines out.

use std::io;
use std::time::{Duration, Instant};

use crate::frontend::{Actions, Event, Frontend};
use crate::net::LineDecoder;
use crate::protocol::ServerLine;
use crate::visible::visible;

/// Input is read only while less than this waits to be sent: a script may be larger than memory.
const UNSENT_BYTES_MAX: usize = 64 * 1024;

/// How long the server may take to answer to the nickname.
const WELCOME_PATIENCE: Duration = Duration::from_secs(10);

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Plain {
    nick: String,
    /// Until the nickname is accepted no input is sent: a line of it could be taken for another
    /// nickname.
    welcomed: bool,
    welcome_by: Option<Instant>,
    input: LineDecoder,
    /// Whether the input said `/quit` or has ended, so that the server is expected to hang up.
    leaving: bool,
    input_ended: bool,
    output: String,
}

impl Plain {
    pub(crate) fn new(nick: String) -> Self {
        Self {
            nick,
            welcomed: false,
            welcome_by: None,
            input: LineDecoder::default(),
            leaving: false,
            input_ended: false,
            output: String::new(),
        }
    }

    fn line(&mut self, line: &str, actions: &mut Actions) {
        let shown = visible(line);
        match ServerLine::parse(line) {
            ServerLine::Refused if !self.welcomed => {
                let reason = shown.trim_start_matches("*** ");
                let error = format!("the nickname \"{}\" was refused: {reason}", self.nick);
                actions.exit = Some(Err(error));
            }
            ServerLine::Welcome { .. } => {
                self.welcomed = true;
                self.welcome_by = None;
            }
            ServerLine::Refused
            | ServerLine::Greeting
            | ServerLine::Joined(_)
            | ServerLine::Left(_)
            | ServerLine::Renamed { .. }
            | ServerLine::Notice
            | ServerLine::Said { .. }
            | ServerLine::Acted { .. }
            | ServerLine::Private { .. }
            | ServerLine::PrivateSent { .. }
            | ServerLine::Unknown => {}
        }
        self.output.push_str(&shown);
        self.output.push('\n');
    }

    fn send(&mut self, line: &str, actions: &mut Actions) {
        self.leaving |= line.split_whitespace().next().is_some_and(is_quit);
        actions.send_line(line);
    }

    fn closed(&self, error: Option<io::Error>) -> Result<(), String> {
        match error {
            None if self.leaving => Ok(()),
            None => Err("the server closed the connection".to_owned()),
            Some(error) => Err(format!("connection lost: {error}")),
        }
    }
}

/// Whether `word` is the command that leaves.
pub(crate) fn is_quit(word: &str) -> bool {
    word.eq_ignore_ascii_case("/quit")
}

impl Frontend for Plain {
    fn handle(&mut self, event: Event<'_>, now: Instant, actions: &mut Actions) {
        match event {
            Event::Input(bytes) => {
                for line in self.input.decode(bytes) {
                    self.send(&line, actions);
                }
            }
            Event::EndOfInput => {
                if let Some(line) = self.input.finish() {
                    self.send(&line, actions);
                }
                self.leaving = true;
                self.input_ended = true;
                actions.half_close = true;
            }
            Event::Connected => {
                self.welcome_by = Some(now + WELCOME_PATIENCE);
                actions.send_line(&self.nick);
            }
            Event::Line(line) => self.line(line, actions),
            Event::Closed(error) => actions.exit = Some(self.closed(error)),
            Event::Unreachable(why) => actions.exit = Some(Err(why)),
            Event::Deadline => {
                let error = "the server does not answer to the nickname; is it a chatd?";
                actions.exit = Some(Err(error.to_owned()));
            }
            Event::Resized(_) | Event::Resumed => {}
        }
    }

    fn output(&mut self, _now: Instant) -> String {
        std::mem::take(&mut self.output)
    }

    fn farewell(&mut self) -> String {
        String::new()
    }

    fn deadline(&self) -> Option<Instant> {
        self.welcome_by
    }

    fn wants_input(&self, unsent: usize) -> bool {
        self.welcomed && !self.input_ended && unsent < UNSENT_BYTES_MAX
    }
}
