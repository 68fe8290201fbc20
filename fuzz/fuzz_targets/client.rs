//! Any course of events, to either front end of the client: keys, lines from the server,
//! connections that come and go, new window sizes, time. What is sent is whole lines, what is
//! written is the client's own.
#![no_main]

use std::io;

use chatd::chat::text::Text;
use chatd::clock::Now;
use chatd_fuzz::terminal::Terminal;
use chatd_fuzz::{assert_harmless, choice};
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
    pub(crate) mod plain;
    pub(crate) mod protocol;
    pub(crate) mod roster;
    pub(crate) mod screen;
    pub(crate) mod style;
    pub(crate) mod visible;
}
use client::frontend::{Actions, End, Event, Frontend};
use client::interactive::{Interactive, Options};
use client::local_time::Zone;
use client::plain::Plain;
use client::screen::Size;
use client::style::Style;

fuzz_target!(|data: &[u8]| {
    let mut data = data;
    let setup = choice(&mut data);
    let mut user = User::new(setup);
    while !data.is_empty() && !user.has_left {
        user.next(&mut data);
    }
});

/// How far the connection is, so that only what can happen does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Connection {
    None,
    Connecting,
    Open,
}

struct User {
    frontend: Box<dyn Frontend>,
    /// `None` where the output goes to a file.
    terminal: Option<Terminal>,
    connection: Connection,
    now: Now,
    has_left: bool,
}

impl User {
    fn new(setup: u8) -> Self {
        let options = Options {
            server: "host:1".to_owned(),
            nick: (setup & 2 != 0).then(|| "ana".to_owned()),
            nick_default: (setup & 4 != 0).then(|| "user".to_owned()),
            style: Style { color: setup & 8 != 0 },
            zone: (setup & 64 != 0).then(Zone::of_the_system),
            bell: setup & 16 != 0,
            reconnect: setup & 32 != 0,
        };
        let is_plain = setup & 1 != 0;
        let mut user = Self {
            frontend: if is_plain {
                Box::new(Plain::new("bot".to_owned()))
            } else {
                Box::new(Interactive::new(options))
            },
            terminal: (!is_plain).then(|| Terminal::new(80, 24)),
            connection: Connection::Connecting,
            now: Now::read(),
            has_left: false,
        };
        user.tell(Event::Resized(Size { columns: 80, rows: 24 }));
        user
    }

    /// What happens next, as the fuzzer chooses.
    fn next(&mut self, data: &mut &[u8]) {
        let what = choice(data);
        match (what % 8, self.connection) {
            (0, Connection::Connecting) if what < 0xc0 => {
                self.connection = Connection::Open;
                self.tell(Event::Connected);
            }
            (0, Connection::Connecting) => {
                self.connection = Connection::None;
                self.tell(Event::Unreachable("host:1 does not answer".to_owned()));
            }
            (0 | 1, Connection::Open) => {
                let line = take(data, |&byte| byte == b'\n');
                self.tell(Event::Line(line));
            }
            (2, Connection::Open) => {
                self.connection = Connection::None;
                let error = (what & 8 != 0).then(|| io::ErrorKind::ConnectionReset.into());
                let cut_off = (what & 16 != 0).then(|| {
                    let line = take(data, |&byte| byte == b'\n');
                    Text::parse(line, &mut String::new()).as_str().to_owned()
                });
                let unsent_lines = usize::from(what >> 6);
                self.tell(Event::Closed(End { error, unsent_lines, cut_off }));
            }
            (3, _) => {
                // In one column vt100 panics at a character that grows to two.
                let size = Size {
                    columns: 2 + usize::from(choice(data)) % 79,
                    rows: 1 + usize::from(what >> 3),
                };
                if let Some(terminal) = &mut self.terminal {
                    terminal.resize(size.columns, size.rows);
                }
                self.tell(Event::Resized(size));
            }
            (4, _) => {
                if let Some(deadline) = self.frontend.deadline() {
                    self.now += deadline.saturating_duration_since(self.now.at);
                    self.tell(Event::Deadline);
                }
            }
            (5, _) if what == 5 => self.tell(Event::EndOfInput),
            (5, _) if what < 32 => self.tell(Event::Resumed),
            (5, _) if what < 40 => self.tell(Event::LogFailed("the log ends".to_owned())),
            _ if self.frontend.wants_input() => {
                let bytes = take(data, |&byte| byte == 0);
                self.tell(Event::Input(bytes));
            }
            _ => {}
        }
    }

    fn tell(&mut self, event: Event<'_>) {
        let mut actions = Actions::default();
        self.frontend.handle(event, self.now, &mut actions);
        let Actions { send, connect, suspend, exit, .. } = actions;
        assert!(send.is_empty() || send.ends_with('\n'), "half a line: {send:?}");
        if self.terminal.is_some() {
            // A line of IRC ends with both, and what somebody does stands between two U+0001.
            let plain = send.replace("\r\n", "\n").replace('\x01', "");
            assert!(
                !plain.contains(|c: char| c.is_control() && !matches!(c, '\t' | '\n')),
                "{send:?}"
            );
        }
        if connect {
            self.connection = Connection::Connecting;
        }
        self.has_left = exit.is_some();
        self.frontend.shown().iter().for_each(|line| assert_harmless(line));
        let mut output = self.frontend.output(self.now);
        self.look(&output);
        if suspend || self.has_left {
            output = self.frontend.farewell();
            self.look(&output);
        }
        if suspend {
            self.tell(Event::Resumed);
        }
    }

    fn look(&mut self, output: &str) {
        let Some(terminal) = &mut self.terminal else {
            assert!(output.is_empty() || output.ends_with('\n'));
            return output.lines().for_each(assert_harmless);
        };
        terminal.write(output);
    }
}

/// Takes bytes up to one that ends them, and that.
fn take<'a>(data: &mut &'a [u8], is_end: impl Fn(&u8) -> bool) -> &'a [u8] {
    let length = data.iter().position(is_end).unwrap_or(data.len());
    let (bytes, rest) = data.split_at(length);
    *data = rest.get(1..).unwrap_or_default();
    bytes
}
