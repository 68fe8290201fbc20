//! What the server says, and when it is gone.

use std::time::Instant;

use chatd::chat::text::Text;

use super::Interactive;
use super::link::{Link, Place, Reached, Retry, Speech};
use crate::client::frontend::{Actions, End};
use crate::client::irc::Session;
use crate::client::protocol::ServerLine;

impl Interactive {
    /// Takes a line in whatever the server speaks.
    pub(super) fn heard(&mut self, line: &[u8], now: Instant, actions: &mut Actions) {
        if !matches!(self.speech, Speech::Text) {
            let line = String::from_utf8_lossy(line);
            if matches!(self.speech, Speech::Unknown) && Session::is_spoken_in(&line) {
                let nick = self.nick.clone().filter(|_| !self.is_asking_nick());
                self.speech = Speech::Irc(Box::new(Session::new(nick)));
            }
            if let Speech::Irc(_) = self.speech {
                return self.irc_line(&line, now, actions);
            }
        }
        let mut scratch = String::new();
        let line = Text::parse(line, &mut scratch);
        let parsed = ServerLine::parse(line.as_str());
        if matches!(self.speech, Speech::Unknown)
            && matches!(parsed, ServerLine::Refused { .. } | ServerLine::Welcome { .. })
        {
            // It took the question for a nickname: it knows only text.
            self.speech = Speech::Text;
            self.go_on_in_text();
            if let (false, Some(nick)) = (self.is_asking_nick(), &self.nick) {
                actions.send_line(nick);
            }
            if matches!(parsed, ServerLine::Refused { .. }) {
                return;
            }
        }
        self.server_line(line, now, actions);
    }

    /// A server that spoke IRC before does so no more: there are no windows, and nothing is confirmed.
    fn go_on_in_text(&mut self) {
        self.show_window(0);
        self.windows.all.truncate(1);
        self.windows.shown_mut().name.clear();
        for pending in self.unconfirmed.take_offered() {
            self.notice(&format!("not confirmed: {}", pending.text));
        }
    }

    /// Shows a line of text and takes note of what it means.
    fn server_line(&mut self, line: Text<'_>, now: Instant, actions: &mut Actions) {
        let parsed = ServerLine::parse(line.as_str());
        let painted = self.options.style.server_line(line, &parsed, self.nick.as_deref());
        self.windows.shown_mut().roster.update(&parsed, self.nick.as_deref());
        let is_new = self.earlier == 0;
        self.earlier = self.earlier.saturating_sub(1);
        if self.ignored.hides(&parsed) {
            return;
        }
        if painted.alert && is_new && self.options.bell {
            self.screen.ring();
        }
        match (parsed, &self.link) {
            // Nobody has to choose any more.
            (ServerLine::Greeting, Link::Unnamed) if !self.is_asking_nick() => return,
            (ServerLine::Refused { .. }, Link::Unnamed) => {
                if self.waits_for_nick(now) {
                    return;
                }
                self.ask_nick();
            }
            (ServerLine::Earlier(count), _) => self.earlier = count,
            (ServerLine::Welcome { nick, .. }, Link::Unnamed) => {
                self.nick = Some(nick.to_owned());
                self.link = Link::Named;
                self.reached = Reached::Room;
                self.retry = Retry::default();
                self.nick_answered();
                // What is being typed is not for those in the room where everybody begins.
                if let Place::Room(room) = &self.place {
                    actions.send_line(&format!("/join {room}"));
                    self.is_elsewhere = true;
                } else {
                    self.place = Place::Home;
                }
            }
            (ServerLine::TalksIn { room, .. }, Link::Named) => {
                self.place = room.map_or(Place::Nowhere, |room| Place::Room(room.to_owned()));
                self.is_elsewhere = false;
            }
            (ServerLine::Renamed { from, to }, Link::Named)
                if from.is_none() || from == self.nick.as_deref() =>
            {
                self.nick = Some(to.to_owned());
            }
            _ => {}
        }
        if is_new {
            self.show(painted);
        } else {
            self.show_earlier(painted);
        }
    }

    pub(super) fn closed(&mut self, mut end: End, now: Instant, actions: &mut Actions) {
        if let Some(line) = &end.cut_off {
            self.notice(&format!("cut off: {line}"));
        }
        if let Speech::Irc(_) = self.speech {
            // What is not confirmed is not given up.
            self.keep_unsent();
            end.unsent_lines = if self.is_leaving() { self.unconfirmed.lines().len() } else { 0 };
        } else {
            end.unsent_lines += self.outgoing.clear();
        }
        if self.is_leaving() && end.unsent_lines == 0 {
            actions.exit = Some(Ok(()));
        } else if self.is_leaving() || !self.options.reconnect {
            actions.exit = Some(Err(end.to_string()));
        } else {
            self.notice(&end.to_string());
            self.lost(end.to_string(), now);
        }
    }

    /// Whether a nickname that was refused may be that of the lost connection, and is waited for.
    pub(super) fn waits_for_nick(&mut self, now: Instant) -> bool {
        let waits = self.reached == Reached::Room && self.retry.is_early() && !self.is_leaving();
        if waits {
            let nick = self.nick.as_deref().unwrap_or_default();
            let why = format!("{nick} is still taken (Esc: another)");
            self.lost(why, now);
        }
        waits
    }

    /// Takes up the conversation again later.
    pub(super) fn lost(&mut self, why: String, now: Instant) {
        // While a nickname is asked for there is none to come back with.
        let retry_at = (!self.is_asking_nick()).then(|| now + self.retry.next_delay());
        self.link = Link::lost(why, retry_at);
    }
}
