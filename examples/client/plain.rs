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
        let line = visible(line);
        match ServerLine::parse(&line) {
            ServerLine::Refused { why } if !self.welcomed => {
                let error = format!("the nickname \"{}\" was refused: {why}", self.nick);
                actions.exit = Some(Err(error));
                return;
            }
            ServerLine::Welcome { .. } => {
                self.welcomed = true;
                self.welcome_by = None;
            }
            ServerLine::Refused { .. }
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
        self.output.push_str(&line);
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

#[cfg(test)]
mod tests {
    use super::*;

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
            talk.tell(Event::Line("*** You are bot. Nobody else is here yet."));
            talk.actions.send.clear();
            talk.frontend.output(talk.now);
            talk
        }

        fn tell(&mut self, event: Event<'_>) {
            self.frontend.handle(event, self.now, &mut self.actions);
        }
    }

    #[test]
    fn input_waits_for_the_welcome_and_for_the_server() {
        let mut talk = Talk::new();
        assert!(!talk.frontend.wants_input(0));
        talk.tell(Event::Connected);
        assert_eq!(talk.actions.send, "bot\n");
        assert!(!talk.frontend.wants_input(0));
        talk.tell(Event::Line("*** You are bot. Nobody else is here yet."));
        assert!(talk.frontend.wants_input(UNSENT_BYTES_MAX - 1));
        assert!(!talk.frontend.wants_input(UNSENT_BYTES_MAX));
        assert_eq!(talk.frontend.deadline(), None);
    }

    #[test]
    fn a_refused_nickname_is_an_error_that_says_why() {
        let mut talk = Talk::new();
        talk.tell(Event::Connected);
        talk.tell(Event::Line("*** A nickname cannot be empty. Choose a nickname:"));
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
        assert!(!talk.frontend.wants_input(0));
        talk.tell(Event::Line("bia: \x1b[2Joi"));
        assert_eq!(talk.frontend.output(talk.now), "bia: ^[[2Joi\n");
        talk.tell(Event::Closed(None));
        assert_eq!(talk.actions.exit, Some(Ok(())));
    }

    #[test]
    fn only_an_expected_end_is_a_success() {
        let mut quit = Talk::named();
        quit.tell(Event::Input(b"/QUIT bye\n"));
        quit.tell(Event::Closed(None));
        assert_eq!(quit.actions.exit, Some(Ok(())));
        let mut dropped = Talk::named();
        dropped.tell(Event::Closed(None));
        assert_eq!(dropped.actions.exit, Some(Err("the server closed the connection".to_owned())));
        let mut reset = Talk::named();
        reset.tell(Event::EndOfInput);
        reset.tell(Event::Closed(Some(io::ErrorKind::ConnectionReset.into())));
        assert!(reset.actions.exit.is_some_and(|exit| exit.is_err()));
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
