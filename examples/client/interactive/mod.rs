//! The front end for a terminal: joins the keys, the editor and the screen, and knows where the
//! conversation with the server stands.

mod link;
mod server;
mod view;

use std::time::{Duration, Instant};

use link::{Link, Reached, Retry};

use crate::client::commands::{command, is_quit};
use crate::client::editor::{Editor, Line, Outcome};
use crate::client::frontend::{Actions, Event, Frontend};
use crate::client::keys::{Key, Parser};
use crate::client::roster::Roster;
use crate::client::screen::{Screen, Size, View};
use crate::client::style::{self, Style};

/// How long after an ESC the rest of a sequence may come, even over a slow link.
const ESCAPE_PATIENCE: Duration = Duration::from_millis(50);

/// What the user chose on the command line, and the environment says.
#[derive(Debug)]
pub(crate) struct Options {
    /// The server, as shown to the user.
    pub(crate) server: String,
    pub(crate) nick: Option<String>,
    /// Offered when asking for a nickname.
    pub(crate) nick_default: Option<String>,
    pub(crate) style: Style,
    pub(crate) bell: bool,
    pub(crate) reconnect: bool,
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Interactive {
    options: Options,
    keys: Parser,
    escape_deadline: Option<Instant>,
    editor: Editor,
    /// What was being typed when the nickname had to be asked for; `None` while it is not.
    draft: Option<Line>,
    screen: Screen,
    roster: Roster,
    /// The nickname this client has, or wants.
    nick: Option<String>,
    /// The room where this client talks, if it has left the one where everybody begins.
    room: Option<String>,
    /// The connection is a new one, and it is not known to be back in that room.
    is_elsewhere: bool,
    link: Link,
    reached: Reached,
    /// How many of the next lines were said before.
    earlier: usize,
    retry: Retry,
    /// Whether the server is expected to hang up, having taken all that was typed.
    leaving: bool,
    /// Whether the screen is not up to date.
    stale: bool,
}

impl Interactive {
    pub(crate) fn new(options: Options) -> Self {
        let nick = options.nick.clone();
        Self {
            options,
            keys: Parser::default(),
            escape_deadline: None,
            editor: Editor::default(),
            draft: nick.is_none().then(Line::default),
            screen: Screen::new(Size::default()),
            roster: Roster::default(),
            room: None,
            is_elsewhere: false,
            nick,
            link: Link::Connecting,
            reached: Reached::Nothing,
            earlier: 0,
            retry: Retry::default(),
            leaving: false,
            stale: true,
        }
    }

    fn is_asking_nick(&self) -> bool {
        self.draft.is_some()
    }

    fn key(&mut self, key: Key, actions: &mut Actions) {
        if key == Key::Escape && self.link.is_lost() && self.reached == Reached::Room {
            return self.ask_nick();
        }
        // A line that cannot be sent now stays in the editor.
        if key == Key::Enter && self.hold(actions) {
            return;
        }
        match self.editor.handle(key, self.roster.names()) {
            Outcome::Edited => {}
            Outcome::Ignored => self.screen.ring(),
            Outcome::TooLong => self.screen.print(&style::notice("that is too long for one line")),
            Outcome::Submit(line) if self.is_asking_nick() => self.choose_nick(&line, actions),
            Outcome::Submit(line) => self.say(&line, actions),
            Outcome::SubmitPaste(lines) => {
                for line in lines {
                    self.say(&line, actions);
                }
            }
            Outcome::Leave => self.leave(actions),
            Outcome::Suspend => actions.suspend = true,
            Outcome::Redraw => self.screen.repaint(),
        }
    }

    /// Whether Enter has to wait: while offline it asks to connect at once instead.
    fn hold(&mut self, actions: &mut Actions) -> bool {
        let is_line = self.editor.pending_paste().is_none();
        if let (true, Link::Named, Some(room)) = (self.is_elsewhere, &self.link, &self.room) {
            let notice = format!("not back in {room}: Enter again sends it where you are");
            self.screen.print(&style::notice(&notice));
            self.is_elsewhere = false;
            return true;
        }
        if self.link == Link::Named || (is_line && self.is_asking_nick()) {
            return false;
        }
        if is_line && is_quit(self.editor.line().text()) {
            self.leave(actions);
        } else if self.link.is_lost() {
            self.connect(actions);
        } else {
            self.screen.ring();
        }
        true
    }

    fn connect(&mut self, actions: &mut Actions) {
        self.link = Link::Connecting;
        actions.connect = true;
    }

    /// Sends a line, and shows it as the others see it: the server does not send it back.
    fn say(&mut self, line: &str, actions: &mut Actions) {
        if line.trim().is_empty() {
            return;
        }
        self.editor.remember(line);
        // The server confirms a private message.
        if !command(line).is_some_and(|word| word.eq_ignore_ascii_case("msg")) {
            let me = self.nick.as_deref().unwrap_or("");
            self.screen.print(&self.options.style.echo(line, me));
        }
        actions.send_line(line);
        self.leaving |= is_quit(line);
    }

    fn choose_nick(&mut self, typed: &str, actions: &mut Actions) {
        let chosen = match typed.trim() {
            "" => self.nick_default().map(str::to_owned),
            chosen => Some(chosen.to_owned()),
        };
        let Some(chosen) = chosen else {
            self.screen.ring();
            return;
        };
        if chosen.starts_with('/') {
            return self.command_of_nobody(&chosen, actions);
        }
        self.nick_answered();
        if self.link == Link::Unnamed {
            actions.send_line(&chosen);
        } else if self.link.is_lost() {
            self.connect(actions);
        }
        self.nick = Some(chosen);
    }

    /// The server answers to some commands before there is a nickname, which is asked for still.
    fn command_of_nobody(&mut self, command: &str, actions: &mut Actions) {
        if is_quit(command) {
            self.leave(actions);
        } else if self.link == Link::Unnamed {
            actions.send_line(command);
        } else {
            self.screen.ring();
        }
    }

    fn nick_default(&self) -> Option<&str> {
        self.nick.as_deref().or(self.options.nick_default.as_deref())
    }

    fn ask_nick(&mut self) {
        self.reached = Reached::Server;
        if self.draft.is_none() {
            self.draft = Some(self.editor.replace_line(Line::default()));
        }
    }

    /// Goes on with what was being typed before.
    fn nick_answered(&mut self) {
        if let Some(draft) = self.draft.take() {
            self.editor.replace_line(draft);
        }
    }

    /// Leaves once all that was typed is delivered. A second time, or without a server, at once.
    fn leave(&mut self, actions: &mut Actions) {
        if self.leaving || !self.link.is_open() {
            actions.exit = Some(Ok(()));
            return;
        }
        if self.link == Link::Named {
            actions.send_line("/quit");
        }
        actions.half_close = true;
        self.leaving = true;
    }
}

impl Frontend for Interactive {
    fn handle(&mut self, event: Event<'_>, now: Instant, actions: &mut Actions) {
        self.stale = true;
        match event {
            // It is no text, and the mark that ends the paste may be lost.
            Event::Input(b"\x03") if self.keys.is_pasting() => self.keys = Parser::default(),
            Event::Input(bytes) => {
                for key in self.keys.feed(bytes) {
                    self.key(key, actions);
                }
                self.escape_deadline = self.keys.escape_pending().then(|| now + ESCAPE_PATIENCE);
            }
            Event::EndOfInput => self.leave(actions),
            Event::Connected => {
                self.link = Link::Unnamed;
                self.reached = self.reached.max(Reached::Server);
                self.earlier = 0;
                if let (false, Some(nick)) = (self.is_asking_nick(), &self.nick) {
                    actions.send_line(nick);
                }
            }
            Event::Line(line) => self.server_line(line, now, actions),
            Event::Closed(end) => self.closed(&end, now, actions),
            Event::Unreachable(why) if self.reached > Reached::Nothing => self.lost(why, now),
            Event::Unreachable(why) => actions.exit = Some(Err(why)),
            Event::Resized(size) => self.screen.resize(size),
            Event::Resumed => {
                self.screen.disturbed();
                // The rest of a sequence or a paste went elsewhere.
                self.keys = Parser::default();
            }
            Event::Deadline => {
                if self.escape_deadline.is_some_and(|at| at <= now) {
                    self.escape_deadline = None;
                    if let Some(key) = self.keys.resolve_escape() {
                        self.key(key, actions);
                    }
                }
                if self.link.is_due(now) {
                    self.connect(actions);
                }
            }
        }
    }

    fn output(&mut self, now: Instant) -> String {
        if !std::mem::take(&mut self.stale) {
            return String::new();
        }
        let status = self.status(now);
        let prompt = self.prompt();
        let view = View { status: &status, prompt: &prompt, line: self.editor.line() };
        self.screen.render(&view)
    }

    fn farewell(&mut self) -> String {
        self.screen.leave()
    }

    fn deadline(&self) -> Option<Instant> {
        let deadlines = [self.escape_deadline, self.link.deadline()];
        deadlines.into_iter().flatten().min()
    }

    fn wants_input(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
