//! Any bytes from the network, to the client at a terminal: they are shown as text, above a line
//! that is being typed and stays as it is, and the client does nothing else about them.
#![no_main]

use chatd::chat::text::Text;
use chatd::clock::Now;
use chatd::wire::text::{Line, Lines};
use chatd_fuzz::terminal::Terminal;
use chatd_fuzz::{choice, pieces};
use chatd_support::sentences::{GREETING, notice, refused, welcome, why};
use libfuzzer_sys::fuzz_target;

#[path = "../../examples/client"]
#[allow(dead_code, reason = "the rest of the client uses it")]
mod client {
    pub(crate) mod commands;
    pub(crate) mod editor;
    pub(crate) mod frontend;
    pub(crate) mod ignored;
    pub(crate) mod interactive;
    pub(crate) mod irc;
    pub(crate) mod keys;
    pub(crate) mod local_time;
    pub(crate) mod protocol;
    pub(crate) mod roster;
    pub(crate) mod screen;
    pub(crate) mod style;
    pub(crate) mod visible;
}
use client::frontend::{Actions, End, Event, Frontend};
use client::interactive::{Interactive, Options};
use client::screen::Size;
use client::style::Style;

/// Small, so that a line can be too long.
const LINE_BYTES_MAX: usize = 1000;
const TYPED: &str = "half";

fuzz_target!(|data: &[u8]| {
    let mut data = data;
    let (columns, rows) = (choice(&mut data), choice(&mut data));
    let mut user = User::new(10 + usize::from(columns) % 70, 1 + usize::from(rows & 7), rows >> 3);
    let mut lines = Lines::default();
    for mut bytes in pieces(&mut data) {
        let mut shown = Vec::new();
        loop {
            match lines.next(&mut bytes, LINE_BYTES_MAX).0 {
                Line::Incomplete => break,
                Line::Complete(line) => shown.push(user.hear(line)),
                Line::TooLong => shown.push(user.hear(notice("too long").as_bytes())),
                Line::Answer(_) => {}
            }
        }
        user.look(&shown);
    }
    user.leave(lines.finish());
});

/// Somebody who is in the room and has typed half a line.
struct User {
    frontend: Interactive,
    terminal: Terminal,
    now: Now,
    /// The rows of the window.
    rows: usize,
    /// All that was heard, as far as it takes one cell each, whatever the terminal.
    heard: String,
}

impl User {
    fn new(columns: usize, rows: usize, options: u8) -> Self {
        let frontend = Interactive::new(Options {
            server: "host:1".to_owned(),
            nick: Some("ana".to_owned()),
            nick_default: None,
            style: Style { color: options & 1 != 0 },
            zone: None,
            bell: options & 2 != 0,
            reconnect: true,
        });
        let terminal = Terminal::new(columns, rows);
        let heard = String::new();
        let mut user = Self { frontend, terminal, now: Now::read(), rows, heard };
        user.tell(Event::Resized(Size { columns, rows }));
        assert_eq!(user.tell(Event::Connected).send, "CAP LS 302\r\n");
        // It refuses that as a nickname: the server speaks text.
        user.tell(Event::Line(GREETING.as_bytes()));
        assert_eq!(user.tell(Event::Line(refused(why::TWO_WORDS).as_bytes())).send, "ana\n");
        user.hear(welcome("ana", "").as_bytes());
        user.tell(Event::Input(TYPED.as_bytes()));
        let output = user.frontend.output(user.now);
        user.terminal.write(&output);
        user
    }

    fn tell(&mut self, event: Event<'_>) -> Actions {
        let mut actions = Actions::default();
        self.frontend.handle(event, self.now, &mut actions);
        actions
    }

    /// Tells the client of a line, and returns what should be seen of it.
    fn hear(&mut self, line: &[u8]) -> String {
        let mut scratch = String::new();
        let text = Text::parse(line, &mut scratch);
        let actions = self.tell(Event::Line(line));
        let Actions { send, half_close, connect, suspend, exit } = &actions;
        assert!(send.is_empty() && !half_close && !connect && !suspend && exit.is_none());
        self.heard.extend(simple(text.as_str()));
        text.as_str().replace('\t', "    ")
    }

    /// Draws, and looks at the terminal.
    fn look(&mut self, shown: &[String]) {
        let mut status = self.frontend.status(self.now.at);
        let output = self.frontend.output(self.now);
        let text = self.terminal.write(&output).replace('\x07', "");
        if output.is_empty() {
            assert!(shown.is_empty());
        } else {
            let mut rows: Vec<&str> =
                text.strip_prefix('\r').expect("a row that is drawn anew").split("\r\n").collect();
            let typed = rows.pop().expect("a row of its own for what is typed");
            assert!(typed.ends_with(TYPED), "{typed:?}");
            status.truncate(self.rows - 1);
            let standing = rows.split_off(rows.len() - status.len());
            assert_eq!(standing, status);
            // Blanks are left out where a line is broken.
            assert_eq!(rows.concat().replace(' ', ""), shown.concat().replace(' ', ""));
        }
        assert!(self.terminal.before_cursor().ends_with(TYPED), "{:?}", self.terminal);
        assert_eq!(self.terminal.after_cursor(), "");
        // What was shown before stays, up to the top of the window.
        let above: String = simple(&self.terminal.above_cursor()).collect();
        let all: String = simple(&(self.heard.clone() + &status.concat())).collect();
        assert!(all.ends_with(&above), "{above:?} are not the last of {all:?}");
    }

    /// The server hangs up, and so does the user: the window is given back.
    fn leave(mut self, cut_off: Option<&[u8]>) {
        let cut_off = cut_off.map(|line| Text::parse(line, &mut String::new()).as_str().to_owned());
        self.tell(Event::Closed(End { cut_off, ..End::default() }));
        let output = self.frontend.output(self.now);
        self.terminal.write(&output);
        let farewell = self.frontend.farewell();
        self.terminal.write(&farewell);
        assert_eq!(self.terminal.before_cursor() + &self.terminal.after_cursor(), "");
    }
}

fn simple(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(char::is_ascii_graphic)
}
