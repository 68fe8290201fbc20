//! The front end for a terminal: joins the keys, the editor and the screen, and knows where the
//! conversation with the server stands.

mod asking;
mod link;
mod news;
mod nickname;
mod outgoing;
mod past;
mod saying;
mod server;
mod unconfirmed;
mod view;
mod windows;

use std::time::{Duration, Instant};

use chatd::clock::{Now, Timestamp};
use link::{Leaving, Link, Place, Reached, Retry, Speech};
use outgoing::Outgoing;
use unconfirmed::Unconfirmed;
use windows::Windows;

use crate::client::commands::is_quit;
use crate::client::editor::{Editor, Line, Outcome};
use crate::client::frontend::{Actions, Event, Frontend, raw};
use crate::client::ignored::Ignored;
use crate::client::irc::{self, Said};
use crate::client::keys::{Key, Parser};
use crate::client::local_time::Zone;
use crate::client::screen::{Screen, Size, View};
use crate::client::style::{self, Painted, Style};
use crate::client::visible::visible;

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
    /// Where it is what time, if that is to be shown.
    pub(crate) zone: Option<Zone>,
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
    /// What was shown, for the log.
    shown: Vec<String>,
    /// When this turn began.
    time: Timestamp,
    windows: Windows,
    ignored: Ignored,
    outgoing: Outgoing,
    /// The nickname this client has, or wants.
    nick: Option<String>,
    speech: Speech,
    /// The room that the user asked to come into.
    wanted: Option<String>,
    /// With which lines the user came into rooms, by their names.
    joins: Vec<(String, String)>,
    /// How many rooms this client ever came into.
    reached_rooms: usize,
    /// What the server has to say to whoever comes, until it is shown.
    motd: Vec<String>,
    is_greeted: bool,
    /// What was said last, which may go on.
    last_said: Option<Said>,
    unconfirmed: Unconfirmed,
    /// Where this client talks, in text.
    place: Place,
    /// The connection is a new one, and it is not known to be back in that room.
    is_elsewhere: bool,
    link: Link,
    reached: Reached,
    /// How many of the next lines were said before.
    earlier: usize,
    retry: Retry,
    leaving: Leaving,
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
            shown: Vec::new(),
            time: Timestamp::default(),
            windows: Windows::default(),
            ignored: Ignored::default(),
            outgoing: Outgoing::default(),
            speech: Speech::Unknown,
            wanted: None,
            joins: Vec::new(),
            reached_rooms: 0,
            motd: Vec::new(),
            is_greeted: false,
            last_said: None,
            unconfirmed: Unconfirmed::default(),
            place: Place::Home,
            is_elsewhere: false,
            nick,
            link: Link::Connecting,
            reached: Reached::Nothing,
            earlier: 0,
            retry: Retry::default(),
            leaving: Leaving::No,
            stale: true,
        }
    }

    fn key(&mut self, key: Key, actions: &mut Actions) {
        if self.window_key(&key, actions) || self.answer_offer(&key, actions) {
            return;
        }
        if key == Key::Escape && self.link.is_lost() && self.reached == Reached::Room {
            return self.ask_nick();
        }
        if key == Key::Escape && self.outgoing.len() > 0 && self.editor.pending_paste().is_none() {
            let count = self.outgoing.clear();
            let lines = if count == 1 { "line" } else { "lines" };
            return self.notice(&format!("{count} {lines} dropped, not sent"));
        }
        // A line that cannot be sent now stays in the editor.
        if key == Key::Enter && self.hold(actions) {
            return;
        }
        match self.editor.handle(key, self.windows.shown().roster.names()) {
            Outcome::Edited => {}
            Outcome::Ignored => self.screen.ring(),
            Outcome::TooLong => self.notice("that is too long for one line"),
            Outcome::Submit(line) if self.is_asking_nick() => self.choose_nick(&line, actions),
            Outcome::Submit(line) => self.say(line),
            Outcome::SubmitPaste(lines) => lines.into_iter().for_each(|line| self.say(line)),
            Outcome::Leave => self.leave(actions),
            Outcome::Suspend => actions.suspend = true,
            Outcome::Redraw => self.screen.repaint(),
        }
    }

    /// Whether Enter has to wait: while offline it asks to connect at once instead.
    fn hold(&mut self, actions: &mut Actions) -> bool {
        let is_line = self.editor.pending_paste().is_none();
        if let (true, Link::Named, Place::Room(room)) = (self.is_elsewhere, &self.link, &self.place)
        {
            let notice = format!("not back in {room}: Enter again sends it where you are");
            self.place = Place::Home;
            self.is_elsewhere = false;
            self.notice(&notice);
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
}

impl Frontend for Interactive {
    fn handle(&mut self, event: Event<'_>, now: Now, actions: &mut Actions) {
        self.stale = true;
        self.time = now.utc;
        match event {
            // It is no text, and the mark that ends the paste may be lost.
            Event::Input(b"\x03") if self.keys.is_pasting() => self.keys = Parser::default(),
            Event::Input(bytes) => {
                for key in self.keys.feed(bytes) {
                    self.key(key, actions);
                }
                self.escape_deadline = self.keys.escape_pending().then(|| now.at + ESCAPE_PATIENCE);
            }
            Event::EndOfInput => self.leave(actions),
            Event::Connected => {
                self.link = Link::Unnamed;
                self.reached = self.reached.max(Reached::Server);
                self.earlier = 0;
                self.speech = Speech::Unknown;
                irc::send(&mut actions.send, irc::FIRST);
            }
            Event::Line(line) => self.heard(line, now.at, actions),
            Event::Closed(end) => self.closed(end, now.at, actions),
            Event::Unreachable(why) if self.reached > Reached::Nothing => self.lost(why, now.at),
            Event::Unreachable(why) => actions.exit = Some(Err(why)),
            Event::Wire(direction, line) => {
                let line = visible(&raw(direction, line));
                self.show(Painted { text: style::dim(&line), indent: 3, alert: false });
            }
            Event::LogFailed(why) => self.notice(&why),
            Event::Resized(size) => self.screen.resize(size),
            Event::Resumed => {
                self.screen.disturbed();
                // The rest of a sequence or a paste went elsewhere.
                self.keys = Parser::default();
            }
            Event::Deadline => {
                if self.escape_deadline.is_some_and(|at| at <= now.at) {
                    self.escape_deadline = None;
                    if let Some(key) = self.keys.resolve_escape() {
                        self.key(key, actions);
                    }
                }
                if self.link.is_due(now.at) {
                    self.connect(actions);
                }
            }
        }
        self.send(now, actions);
    }

    fn output(&mut self, now: Now) -> String {
        if !std::mem::take(&mut self.stale) {
            return String::new();
        }
        self.finish_said();
        let pending = self.pending();
        let status = self.status(now.at);
        let title = self.title();
        self.screen.set_title(title);
        let prompt = self.prompt();
        let view =
            View { pending: &pending, status: &status, prompt: &prompt, line: self.editor.line() };
        self.screen.render(&view)
    }

    fn shown(&mut self) -> Vec<String> {
        self.finish_said();
        std::mem::take(&mut self.shown)
    }

    fn farewell(&mut self) -> String {
        self.screen.leave()
    }

    fn deadline(&self) -> Option<Instant> {
        let send_at = self.outgoing.deadline().filter(|_| self.can_say());
        let deadlines = [self.escape_deadline, self.link.deadline(), send_at];
        deadlines.into_iter().flatten().min()
    }

    fn wants_input(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
