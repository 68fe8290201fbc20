mod irc;
mod lost;
mod shown;
mod status;
mod windows;

use std::io;
use std::num::NonZeroU16;

use super::*;
use crate::client::frontend::End;

const ENTER: &str = "\r";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const REFUSED: &str =
    "*** ana is taken, or looks too much like a nickname that is. Choose a nickname:";

/// A front end, the terminal it speaks to, and what it asked for.
struct Talk {
    frontend: Interactive,
    terminal: vt100::Parser,
    now: Now,
    /// What the terminal was sent last.
    output: String,
    actions: Actions,
}

impl Talk {
    fn new(nick: Option<&str>) -> Self {
        Self::with(Options {
            server: "host:1".to_owned(),
            nick: nick.map(str::to_owned),
            nick_default: Some("user".to_owned()),
            style: Style { color: false },
            zone: None,
            bell: false,
            reconnect: true,
        })
    }

    fn with(options: Options) -> Self {
        let cells = |n| NonZeroU16::new(n).unwrap();
        let mut talk = Self {
            frontend: Interactive::new(options),
            terminal: vt100::Parser::new(cells(9), cells(60), 0),
            now: Now::read(),
            output: String::new(),
            actions: Actions::default(),
        };
        talk.tell(Event::Resized(Size { columns: 60, rows: 9 }));
        talk
    }

    /// In the room as `ana`, with the terminal cleared and nothing asked for.
    fn named() -> Self {
        let mut talk = Self::new(Some("ana"));
        talk.connect();
        talk.hear("*** You are ana. Here now: bruno. /help lists the commands, /quit leaves.");
        talk.actions = Actions::default();
        talk
    }

    /// Connects to a server that knows only text.
    fn connect(&mut self) {
        self.sent();
        self.tell(Event::Connected);
        assert_eq!(self.sent(), "CAP LS 302\r\n");
        self.hear("*** A nickname is one word. Choose a nickname:");
    }

    fn tell(&mut self, event: Event<'_>) {
        self.frontend.handle(event, self.now, &mut self.actions);
        self.draw();
    }

    fn draw(&mut self) {
        self.output = self.frontend.output(self.now);
        self.terminal.process(self.output.as_bytes());
    }

    fn hear(&mut self, line: &str) {
        self.tell(Event::Line(line.as_bytes()));
    }

    fn hear_all(&mut self, lines: &[&str]) {
        for line in lines {
            self.hear(line);
        }
    }

    fn lose(&mut self, error: Option<io::ErrorKind>, unsent_lines: usize) {
        self.tell(Event::Closed(End {
            error: error.map(io::Error::from),
            unsent_lines,
            cut_off: None,
        }));
    }

    fn press(&mut self, keys: &str) {
        self.tell(Event::Input(keys.as_bytes()));
    }

    /// Lets time pass up to the next deadline.
    fn wait(&mut self) {
        let deadline = self.frontend.deadline().expect("a deadline");
        self.now += deadline.saturating_duration_since(self.now.at);
        self.tell(Event::Deadline);
    }

    fn sent(&mut self) -> String {
        std::mem::take(&mut self.actions.send)
    }

    /// The rows of the window that have something in them.
    fn all_rows(&self) -> Vec<String> {
        let columns = self.terminal.screen().size().1.get();
        let rows = self.terminal.screen().rows(0, columns).map(|row| row.trim_end().to_owned());
        rows.filter(|row| !row.is_empty()).collect()
    }

    /// The same without the one that says that all is well.
    fn rows(&self) -> Vec<String> {
        self.all_rows().into_iter().filter(|row| !row.ends_with("| connected")).collect()
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        let cells = |n| NonZeroU16::new(n).unwrap();
        self.terminal.screen_mut().set_size(cells(rows), cells(columns));
        self.tell(Event::Resized(Size { columns: columns.into(), rows: rows.into() }));
    }

    fn last_row(&self) -> String {
        self.rows().pop().unwrap_or_default()
    }
}

#[test]
fn a_nickname_is_asked_for_and_the_users_name_offered() {
    let mut talk = Talk::new(None);
    assert_eq!(talk.rows(), ["connecting to host:1 …", "nickname [user]:"]);
    talk.connect();
    talk.hear("*** Welcome to chatd. Choose a nickname:");
    assert_eq!(talk.sent(), "");
    talk.press(ENTER);
    assert_eq!(talk.sent(), "user\n");
    assert_eq!(talk.last_row(), "user>");
    talk.hear("*** You are user. Nobody else is here.");
    talk.press("oi\r");
    assert_eq!(talk.sent(), "oi\n");
}

#[test]
fn a_command_is_no_nickname() {
    let mut talk = Talk::new(None);
    talk.connect();
    talk.press("/help\r");
    assert_eq!(talk.sent(), "/help\n");
    assert_eq!(talk.last_row(), "nickname [user]:");
    talk.press("/quit\r");
    assert!(talk.actions.half_close);
    talk.lose(None, 0);
    assert_eq!(talk.actions.exit, Some(Ok(())));
}

#[test]
fn a_nickname_chosen_before_the_connection_is_there_is_sent_then() {
    let mut talk = Talk::new(None);
    talk.press("bia\r");
    assert_eq!(talk.sent(), "");
    talk.connect();
    assert_eq!(talk.sent(), "bia\n");
}

#[test]
fn a_refused_nickname_is_asked_for_again() {
    let mut talk = Talk::new(Some("ana"));
    talk.connect();
    talk.hear("*** Welcome to chatd. Choose a nickname:");
    assert_eq!(talk.rows(), ["ana>"], "nobody needs to choose yet");
    talk.press("half");
    talk.hear(REFUSED);
    assert_eq!(talk.last_row(), "nickname [ana]:");
    talk.sent();
    talk.press("bia\r");
    assert_eq!(talk.sent(), "bia\n");
    talk.hear("*** You are bia. Nobody else is here.");
    assert_eq!(talk.last_row(), "bia> half", "what was being typed is back");
}

#[test]
fn what_is_typed_too_early_waits() {
    let mut talk = Talk::new(Some("ana"));
    talk.press("oi\r");
    assert_eq!((talk.sent().as_str(), talk.last_row().as_str()), ("", "ana> oi"));
    talk.connect();
    talk.press("\x1b[200~x\ny\x1b[201~\r");
    assert_eq!(talk.sent(), "ana\n");
    assert!(talk.frontend.editor.pending_paste().is_some(), "the paste is still asked about");
}

#[test]
fn what_the_server_does_not_send_back_is_shown() {
    let mut talk = Talk::named();
    talk.press("oi\r/me acena\r//x\r/msg bruno psst\r/W bruno oi\r/r sim\r /msg x\r/who\r  \r");
    assert_eq!(
        talk.sent(),
        "oi\n/me acena\n//x\n/msg bruno psst\n/W bruno oi\n/r sim\n /msg x\n/who\n"
    );
    let expected = ["ana: oi", "* ana acena", "ana: /x", "ana:  /msg x", "/who", "ana>"];
    assert_eq!(talk.rows()[2..], expected);
}

#[test]
fn a_paste_without_its_end_does_not_keep_the_keys() {
    let mut talk = Talk::named();
    talk.press("\x1b[200~one");
    talk.press("\r");
    assert_eq!(talk.rows()[2..], ["pasting …, Ctrl-C drops it", "ana>"]);
    talk.press(CTRL_C);
    talk.press("oi\r");
    assert_eq!(talk.sent(), "oi\n");
}

#[test]
fn the_bell_rings_for_what_is_new() {
    let mut talk = Talk::named();
    talk.frontend.options.bell = true;
    talk.hear("*** 2 earlier messages, the last one 3 minutes ago:");
    for (line, rings) in [("bia: oi ana", false), ("bia: ana?", false), ("bia: ana!", true)] {
        talk.hear(line);
        assert_eq!(talk.output.contains('\x07'), rings, "{line}");
    }
}

#[test]
fn a_paste_of_several_lines_is_shown_and_asked_about() {
    let mut talk = Talk::named();
    talk.press("\x1b[200~one\ntwo\n\x1b[201~");
    assert_eq!(talk.sent(), "");
    assert_eq!(
        talk.rows()[2..],
        ["2 lines pasted: Enter sends, Esc drops", "| one", "| two", "ana>"]
    );
    talk.press(ENTER);
    assert_eq!(talk.sent(), "one\ntwo\n");
    talk.press("\x1b[200~a\nb\nc\nd\ne\nf\x1b[201~\x1b");
    assert!(talk.rows().contains(&"| … and 3 more".to_owned()));
    talk.wait();
    assert_eq!(talk.rows(), ["ana: one", "ana: two", "ana>"], "a lone Esc drops it");
}

#[test]
fn pasted_commands_are_said_and_not_obeyed() {
    let mut talk = Talk::named();
    talk.press("\x1b[200~/quit\n/ignore bruno\n//x\x1b[201~");
    assert_eq!(talk.rows()[3..6], ["| /quit", "| /ignore bruno", "| //x"]);
    talk.press(ENTER);
    assert_eq!(talk.sent(), "//quit\n//ignore bruno\n///x\n");
    assert_eq!(talk.rows()[2..], ["ana: /quit", "ana: /ignore bruno", "ana: //x", "ana>"]);
    assert!(!talk.frontend.is_leaving());
    talk.press("\x1b[200~/who\n\x1b[201~\r");
    assert_eq!(talk.sent(), "/who\n", "one line is as if typed");
}

#[test]
fn a_hostile_name_does_not_reach_the_terminal() {
    let mut talk = Talk::named();
    talk.hear("*** You are now \x1b]0;x\x07.");
    talk.hear("\x1b[2J: oi");
    assert!(!talk.output.contains("\x1b]0"));
    assert_eq!(talk.last_row(), "␛]0;x␇>");
    talk.press("\t");
    assert_eq!(talk.last_row(), "␛]0;x␇> ␛[2J:");
    talk.press(ENTER);
    assert_eq!(talk.sent(), "␛[2J: \n");
}

#[test]
fn going_on_after_a_stop_draws_where_the_cursor_is() {
    let mut talk = Talk::named();
    talk.press("half\x1a");
    assert!(talk.actions.suspend);
    let farewell = talk.frontend.farewell();
    talk.terminal.process(farewell.as_bytes());
    talk.terminal.process(b"$ fg\r\n");
    talk.tell(Event::Resumed);
    assert_eq!(talk.rows()[2..], ["$ fg", "ana> half"]);
    talk.lose(None, 0);
    talk.terminal.process(b"[1]+ Stopped\r\n");
    talk.tell(Event::Resumed);
    let rows = talk.rows();
    assert_eq!(rows.iter().filter(|row| row.starts_with("offline, ")).count(), 1, "{rows:?}");
}
