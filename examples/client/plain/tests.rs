use std::io;

use super::*;

const WELCOME: &str = "*** You are bot. Nobody else is here.";

struct Talk {
    frontend: Plain,
    now: Now,
    actions: Actions,
}

impl Talk {
    fn new() -> Self {
        let frontend = Plain::new("bot".to_owned());
        Self { frontend, now: Now::read(), actions: Actions::default() }
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
        self.tell(Event::Line(line.as_bytes()));
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
    assert_eq!(talk.frontend.output(talk.now), format!("{TOO_LONG}\n"));
}

#[test]
fn who_is_ignored_is_not_heard_nor_logged() {
    let mut talk = Talk::named();
    talk.tell(Event::Input(b"/ignore bia\noi\n/ignore eva"));
    talk.tell(Event::EndOfInput);
    assert_eq!(talk.actions.send, "oi\n", "the server hears nothing of it");
    talk.frontend.shown();
    for line in ["bia: oi", "(#dev) bia: oi", "eva: oi", "*** bia left (quit)"] {
        talk.hear(line);
    }
    assert_eq!(talk.frontend.shown(), ["*** bia left (quit)"]);
    talk.tell(Event::LogFailed("the log ends".to_owned()));
    let output = talk.frontend.output(talk.now);
    assert!(output.ends_with("again\n*** bia left (quit)\n*** the log ends\n"), "{output}");
}

#[test]
fn a_server_that_never_welcomes_is_given_up() {
    let mut talk = Talk::new();
    talk.tell(Event::Connected);
    assert_eq!(talk.frontend.deadline(), Some(talk.now.at + WELCOME_PATIENCE));
    talk.tell(Event::Deadline);
    assert!(talk.actions.exit.is_some_and(|exit| exit.is_err()));
}
