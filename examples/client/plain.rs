//! The front end for files, pipes and scripts: lines in, lines out.

use std::time::{Duration, Instant};

use chatd::wire::text::{Line, Lines};

use crate::client::commands::is_quit;
use crate::client::frontend::{Actions, End, Event, Frontend};
use crate::client::protocol::ServerLine;

/// A longer line of the input is left out. It is more than any server takes.
const LINE_BYTES_MAX: usize = 64 * 1024;
const TOO_LONG: &str = "*** That line was not sent: it is too long.\n";

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
    output: String,
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
            output: String::new(),
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
        self.output.push_str(line);
        self.output.push('\n');
    }

    fn input(&mut self, mut bytes: &[u8], actions: &mut Actions) {
        loop {
            match self.input.next(&mut bytes, LINE_BYTES_MAX).0 {
                Line::Incomplete => return,
                Line::Complete(line) => self.leaving |= send(line, actions),
                Line::TooLong => self.output.push_str(TOO_LONG),
                Line::Answer(_) => {}
            }
        }
    }

    fn end_of_input(&mut self, actions: &mut Actions) {
        if let Some(line) = self.input.finish() {
            send(line, actions);
        }
        self.leaving = true;
        self.input_ended = true;
        actions.half_close = true;
    }

    fn closed(&self, end: &End) -> Result<(), String> {
        if self.leaving && end.is_orderly() { Ok(()) } else { Err(end.to_string()) }
    }
}

/// Sends a line of the input. Whether it is the one that leaves.
fn send(line: &[u8], actions: &mut Actions) -> bool {
    let line = String::from_utf8_lossy(line);
    actions.send_line(&line);
    is_quit(&line)
}

impl Frontend for Plain {
    fn handle(&mut self, event: Event<'_>, now: Instant, actions: &mut Actions) {
        match event {
            Event::Input(bytes) => self.input(bytes, actions),
            Event::EndOfInput => self.end_of_input(actions),
            Event::Connected => {
                self.welcome_by = Some(now + WELCOME_PATIENCE);
                actions.send_line(&self.nick);
            }
            Event::Line(line) => self.line(line.as_str(), actions),
            Event::Closed(end) => actions.exit = Some(self.closed(&end)),
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

    fn wants_input(&self) -> bool {
        self.welcomed && !self.input_ended
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use chatd::chat::text::Text;

    use super::*;

    const WELCOME: &str = "*** You are bot. Nobody else is here.";

    struct Talk {
        frontend: Plain,
        now: Instant,
        actions: Actions,
    }

    impl Talk {
        #[expect(clippy::disallowed_methods, reason = "any instant will do to count from")]
        fn new() -> Self {
            let frontend = Plain::new("bot".to_owned());
            Self { frontend, now: Instant::now(), actions: Actions::default() }
        }

        fn named() -> Self {
            let mut talk = Self::new();
            talk.tell(Event::Connected);
            talk.hear(WELCOME);
            talk.actions.send.clear();
            talk.frontend.output(talk.now);
            talk
        }

        fn hear(&mut self, line: &str) {
            let mut scratch = String::new();
            self.tell(Event::Line(Text::parse(line.as_bytes(), &mut scratch)));
        }

        fn lose(&mut self, error: Option<io::ErrorKind>, unsent_lines: usize) {
            self.tell(Event::Closed(End {
                error: error.map(io::Error::from),
                unsent_lines,
                cut_off: None,
            }));
        }

        fn tell(&mut self, event: Event<'_>) {
            self.frontend.handle(event, self.now, &mut self.actions);
        }
    }

    #[test]
    fn input_waits_for_the_welcome() {
        let mut talk = Talk::new();
        assert!(!talk.frontend.wants_input());
        talk.tell(Event::Connected);
        assert_eq!(talk.actions.send, "bot\n");
        assert!(!talk.frontend.wants_input());
        talk.hear(WELCOME);
        assert!(talk.frontend.wants_input());
        assert_eq!(talk.frontend.deadline(), None);
    }

    #[test]
    fn a_refused_nickname_is_an_error_that_says_why() {
        let mut talk = Talk::new();
        talk.tell(Event::Connected);
        talk.hear("*** A nickname cannot be empty. Choose a nickname:");
        let error = "the nickname \"bot\" was refused: A nickname cannot be empty.";
        assert_eq!(talk.actions.exit, Some(Err(error.to_owned())));
    }

    #[test]
    fn lines_go_through_and_the_end_of_input_is_passed_on() {
        let mut talk = Talk::named();
        talk.tell(Event::Input(b"one\r\ntw"));
        talk.tell(Event::Input("o ç".as_bytes()));
        talk.tell(Event::EndOfInput);
        assert_eq!(talk.actions.send, "one\ntwo ç\n");
        assert!(talk.actions.half_close);
        assert!(!talk.frontend.wants_input());
        talk.hear("bia:\t\x1b[2Joi");
        assert_eq!(talk.frontend.output(talk.now), "bia:\t␛[2Joi\n");
        talk.lose(None, 0);
        assert_eq!(talk.actions.exit, Some(Ok(())));
    }

    #[test]
    fn only_an_expected_end_is_a_success() {
        let mut quit = Talk::named();
        quit.tell(Event::Input(b"/QUIT bye\n"));
        quit.lose(None, 0);
        assert_eq!(quit.actions.exit, Some(Ok(())));
        let mut dropped = Talk::named();
        dropped.lose(None, 0);
        assert_eq!(dropped.actions.exit, Some(Err("connection closed by the server".to_owned())));
        let mut reset = Talk::named();
        reset.tell(Event::EndOfInput);
        reset.lose(Some(io::ErrorKind::ConnectionReset), 0);
        assert!(reset.actions.exit.is_some_and(|exit| exit.is_err()));
        let mut torn = Talk::named();
        torn.tell(Event::EndOfInput);
        torn.lose(None, 2);
        let error = "connection closed by the server; the last 2 lines were not sent";
        assert_eq!(torn.actions.exit, Some(Err(error.to_owned())));
    }

    #[test]
    fn half_a_line_is_no_line_but_an_error() {
        let mut talk = Talk::named();
        talk.tell(Event::EndOfInput);
        let cut_off = Some("bia: 100".to_owned());
        talk.tell(Event::Closed(End { error: None, unsent_lines: 0, cut_off }));
        assert_eq!(talk.frontend.output(talk.now), "");
        let error = "connection closed by the server; what it said last is cut off";
        assert_eq!(talk.actions.exit, Some(Err(error.to_owned())));
    }

    #[test]
    fn a_line_that_no_server_takes_is_left_out_and_said_so() {
        let mut talk = Talk::named();
        let long = "x".repeat(LINE_BYTES_MAX);
        talk.tell(Event::Input(format!("{long}x\n{long}\n").as_bytes()));
        assert_eq!(talk.actions.send, format!("{long}\n"));
        assert_eq!(talk.frontend.output(talk.now), TOO_LONG);
    }

    #[test]
    fn a_server_that_never_welcomes_is_given_up() {
        let mut talk = Talk::new();
        talk.tell(Event::Connected);
        assert_eq!(talk.frontend.deadline(), Some(talk.now + WELCOME_PATIENCE));
        talk.tell(Event::Deadline);
        assert!(talk.actions.exit.is_some_and(|exit| exit.is_err()));
    }
}
