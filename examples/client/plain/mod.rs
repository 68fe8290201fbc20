//! The front end for files, pipes and scripts: lines in, lines out.

use std::time::{Duration, Instant};

use chatd::chat::text::Text;
use chatd::clock::Now;
use chatd::wire::text::{Line, Lines};

use crate::client::commands::is_quit;
use crate::client::frontend::{Actions, End, Event, Frontend, raw};
use crate::client::ignored::Ignored;
use crate::client::protocol::ServerLine;
use crate::client::visible::visible;

/// A longer line of the input is left out. It is more than any server takes.
const LINE_BYTES_MAX: usize = 64 * 1024;
const TOO_LONG: &str = "*** That line was not sent: it is too long.";

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
    input: Lines,
    /// Whether the input said `/quit` or has ended, so that the server is expected to hang up.
    leaving: bool,
    input_ended: bool,
    ignored: Ignored,
    output: Output,
}

/// What is to be written, and for the log.
#[derive(Debug, Default)]
struct Output {
    text: String,
    shown: Vec<String>,
}

impl Output {
    fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        self.shown.push(line.to_owned());
    }
}

impl Plain {
    pub(crate) fn new(nick: String) -> Self {
        Self {
            nick,
            welcomed: false,
            welcome_by: None,
            input: Lines::default(),
            leaving: false,
            input_ended: false,
            ignored: Ignored::default(),
            output: Output::default(),
        }
    }

    fn line(&mut self, line: &str, actions: &mut Actions) {
        let parsed = ServerLine::parse(line);
        if let (ServerLine::Refused { why }, false) = (&parsed, self.welcomed) {
            let error = format!("the nickname \"{}\" was refused: {why}", self.nick);
            actions.exit = Some(Err(error));
            return;
        }
        if matches!(parsed, ServerLine::Welcome { .. }) {
            self.welcomed = true;
            self.welcome_by = None;
        }
        if !self.ignored.hides(&parsed) {
            self.output.push(line);
        }
    }

    fn input(&mut self, mut bytes: &[u8], actions: &mut Actions) {
        loop {
            match self.input.next(&mut bytes, LINE_BYTES_MAX).0 {
                Line::Incomplete => return,
                Line::Complete(line) => {
                    let line = String::from_utf8_lossy(line).into_owned();
                    self.say(&line, actions);
                }
                Line::TooLong => self.output.push(TOO_LONG),
                Line::Answer(_) => {}
            }
        }
    }

    fn say(&mut self, line: &str, actions: &mut Actions) {
        if let Some(answer) = self.ignored.command(line) {
            self.output.push(&format!("*** {answer}"));
        } else {
            actions.send_line(line);
            self.leaving |= is_quit(line);
        }
    }

    fn end_of_input(&mut self, actions: &mut Actions) {
        let rest = self.input.finish().map(|line| String::from_utf8_lossy(line).into_owned());
        if let Some(line) = rest {
            self.say(&line, actions);
        }
        self.leaving = true;
        self.input_ended = true;
        actions.half_close = true;
    }

    fn closed(&self, end: &End) -> Result<(), String> {
        if self.leaving && end.is_orderly() { Ok(()) } else { Err(end.to_string()) }
    }
}

impl Frontend for Plain {
    fn handle(&mut self, event: Event<'_>, now: Now, actions: &mut Actions) {
        match event {
            Event::Input(bytes) => self.input(bytes, actions),
            Event::EndOfInput => self.end_of_input(actions),
            Event::Connected => {
                self.welcome_by = Some(now.at + WELCOME_PATIENCE);
                actions.send_line(&self.nick);
            }
            Event::Line(line) => {
                self.line(Text::parse(line, &mut String::new()).as_str(), actions);
            }
            Event::Closed(end) => actions.exit = Some(self.closed(&end)),
            Event::Unreachable(why) => actions.exit = Some(Err(why)),
            Event::Deadline => {
                let error = "the server does not answer to the nickname; is it a chatd?";
                actions.exit = Some(Err(error.to_owned()));
            }
            Event::Wire(direction, line) => self.output.push(&visible(&raw(direction, line))),
            Event::LogFailed(why) => self.output.push(&format!("*** {why}")),
            Event::Resized(_) | Event::Resumed => {}
        }
    }

    fn output(&mut self, _now: Now) -> String {
        std::mem::take(&mut self.output.text)
    }

    fn shown(&mut self) -> Vec<String> {
        std::mem::take(&mut self.output.shown)
    }

    fn farewell(&mut self) -> String {
        String::new()
    }

    fn deadline(&self) -> Option<Instant> {
        self.welcome_by
    }

    fn wants_input(&self) -> bool {
        self.welcomed && !self.input_ended
    }
}

#[cfg(test)]
mod tests;
