//! What the user says to a server that speaks IRC, and what becomes of it.

use chatd::chat::text::Text;
use chatd::clock::Timestamp;

use super::Interactive;
use super::link::{Leaving, Link, Speech};
use super::unconfirmed::Pending;
use crate::client::frontend::Actions;
use crate::client::irc::say::{Asked, understand};
use crate::client::irc::{Kind, Said, is_room, is_same, send, spoken};
use crate::client::keys::Key;
use crate::client::protocol::ServerLine;
use crate::client::style::Painted;

/// What this client knows by itself, where the server explains only IRC.
const HELP: &[&str] = &[
    "Whatever you type goes to everybody in your room. Commands:",
    "/join #ROOM [KEY], /part, /rooms, /who [#ROOM], /topic [TEXT|-]",
    "/msg NICK TEXT, /query NICK, /close, /r TEXT, /whois NICK",
    "/nick NEW, /me TEXT, /away [TEXT], /quit [REASON], //TEXT",
    "/invite, /kick, /ban, /unban, /bans, /mute, /unmute, /op, /deop,",
    "/voice, /unvoice NICK; /room RULE VALUE",
    "/ignore [NICK], /unignore NICK; /quote LINE: a line of IRC",
    "Alt-Up, Alt-Down, Alt-1 … Alt-9: windows; PageUp: the past",
];

impl Interactive {
    /// Does what a line asks for that was typed in this window.
    pub(super) fn ask(&mut self, window: &str, line: &str, actions: &mut Actions) {
        let Speech::Irc(session) = &mut self.speech else { return };
        match understand(line, window, session.last_private.as_deref()) {
            Asked::Say { to, kind, text } => self.say_to(window, &to, kind, &text, actions),
            Asked::Lines(lines) => {
                self.show_own(line);
                for line in lines {
                    self.note_join(&line);
                    send(&mut actions.send, &line);
                }
            }
            Asked::Open(nick) => {
                let index = self.windows.open(&nick);
                self.show_window(index);
            }
            Asked::Close => match self.windows.find(window) {
                Some(index) if !is_room(window) && !window.is_empty() => self.close_window(index),
                Some(index) if !self.windows.all[index].is_joined => self.close_window(index),
                _ => send(&mut actions.send, &format!("PART {window}")),
            },
            Asked::History => self.page_up(actions),
            Asked::Names => {
                self.show_own(line);
                send(&mut actions.send, &format!("NAMES {window}"));
            }
            Asked::Help => HELP.iter().for_each(|line| self.notice(line)),
            Asked::Quit(reason) => {
                send(&mut actions.send, &format!("QUIT :{reason}"));
                self.leaving = Leaving::Told;
            }
            Asked::Wrong(why) => {
                self.show_own(line);
                self.notice(&why);
            }
        }
    }

    /// A room that the user goes to is shown as soon as the server lets one in.
    fn note_join(&mut self, line: &str) {
        if let Some(room) = line.strip_prefix("JOIN ").and_then(|rest| rest.split(' ').next()) {
            self.joins.retain(|(name, _)| !is_same(name, room));
            self.joins.push((room.to_owned(), line.to_owned()));
            match self.windows.find(room).filter(|&index| self.windows.all[index].is_joined) {
                Some(index) => self.show_window(index),
                None => self.wanted = Some(room.to_owned()),
            }
        }
    }

    fn say_to(&mut self, from: &str, to: &str, kind: Kind, text: &str, actions: &mut Actions) {
        let Speech::Irc(session) = &mut self.speech else { return };
        let pieces = session.say(to, kind, text, &mut actions.send);
        let pending = Pending::new(from, to, kind, text, pieces);
        if session.has_echo() {
            return self.unconfirmed.push(pending);
        }
        // It never comes back, so it counts as said.
        let me = self.nick.clone().unwrap_or_default();
        let index = if is_room(to) { self.windows.find(from) } else { Some(self.windows.open(to)) };
        let line = if is_room(to) { pending.line(&me) } else { spoken(kind, &me, text) };
        self.tell_in(index.unwrap_or(self.windows.shown), &line);
    }

    /// What waits to be sent is kept with what is not confirmed. Commands are not: who knows whether
    /// they are still meant.
    pub(super) fn keep_unsent(&mut self) {
        let mut dropped = 0;
        for (window, line) in self.outgoing.take() {
            if let Asked::Say { to, kind, text } = understand(&line, &window, None) {
                self.unconfirmed.push(Pending::unsent(&window, &to, kind, &text));
            } else {
                dropped += 1;
            }
        }
        if dropped > 0 {
            self.notice(&format!("{dropped} commands were not sent"));
        }
        self.finish_said();
        self.unconfirmed.lose();
        self.give_up_past();
    }

    /// Asks about what is not confirmed, as soon as all is known that was said meanwhile.
    pub(super) fn offer(&mut self) {
        let is_known = self.windows.all.iter().all(|window| window.fetch.is_none());
        if self.link == Link::Named && self.is_greeted && is_known {
            self.unconfirmed.offer();
        }
    }

    /// Follows a key that answers what is offered; whether it does.
    pub(super) fn answer_offer(&mut self, key: &Key, actions: &mut Actions) -> bool {
        let is_answer = matches!(key, Key::Enter | Key::Escape);
        if !is_answer || !self.unconfirmed.is_offered() || self.editor.pending_paste().is_some() {
            return false;
        }
        let offered = self.unconfirmed.take_offered();
        if *key == Key::Escape {
            let count = offered.len();
            let lines = if count == 1 { "line" } else { "lines" };
            self.notice(&format!("{count} {lines} dropped, which may have come through or not"));
            return true;
        }
        for pending in offered {
            let rest = pending.rest();
            self.say_to(&pending.from, &pending.to, pending.kind, &rest, actions);
        }
        true
    }

    /// Shows what somebody said, and counts it where it is not seen.
    pub(super) fn show_said(&mut self, index: usize, said: &Said) {
        if self.is_ignored(said) {
            return;
        }
        let line = said.line();
        self.note(index, &line);
        let mut painted = self.painted(said);
        painted.alert |= said.is_private && !said.is_mine;
        let alert = painted.alert;
        if alert && !said.is_past && self.options.bell {
            self.screen.ring();
        }
        let is_shown = index == self.windows.shown;
        let window = &mut self.windows.all[index];
        if !is_shown && !said.is_mine {
            if window.unread == 0 {
                window.scrollback.set_mark(UNREAD.to_owned());
            }
            window.unread += 1;
        }
        window.mentions += usize::from(alert);
        self.show_in(index, Some(said.at.unwrap_or(self.time)), painted, said.id.clone());
    }

    pub(super) fn is_ignored(&mut self, said: &Said) -> bool {
        let (line, nick, text) = (said.line(), said.by.as_str(), said.text.as_str());
        let parsed = if said.is_private {
            ServerLine::Private { nick, text }
        } else {
            ServerLine::parse(&line)
        };
        !said.is_mine && self.ignored.hides(&parsed)
    }

    pub(super) fn painted(&self, said: &Said) -> Painted {
        let (line, mut scratch) = (said.line(), String::new());
        let me = self.nick.as_deref().filter(|_| !said.is_mine);
        let text = Text::parse(line.as_bytes(), &mut scratch);
        self.options.style.server_line(text, &ServerLine::parse(text.as_str()), me)
    }

    /// Shows a line of the server, or about it, in one of the windows.
    pub(super) fn tell_in(&mut self, index: usize, line: &str) {
        self.tell_at(index, line, None);
    }

    pub(super) fn tell_at(&mut self, index: usize, line: &str, at: Option<Timestamp>) {
        let mut scratch = String::new();
        let text = Text::parse(line.as_bytes(), &mut scratch);
        // What it means to a client of the text protocol it does not mean here.
        let parsed = if line.starts_with("*** ") {
            ServerLine::Notice
        } else {
            ServerLine::parse(text.as_str())
        };
        let painted = self.options.style.server_line(text, &parsed, None);
        self.show_in(index, Some(at.unwrap_or(self.time)), painted, None);
    }

    /// Takes note of what a line says about who is in a room. Whether it is a coming or going.
    pub(super) fn note(&mut self, index: usize, line: &str) -> bool {
        let parsed = ServerLine::parse(line);
        self.windows.all[index].roster.update(&parsed, self.nick.as_deref());
        matches!(parsed, ServerLine::Joined(_) | ServerLine::Left(_))
    }
}

/// Stands before what came while another window was shown.
const UNREAD: &str = "\x1b[2m──── unread ────\x1b[0m";
