//! What the server says, and when it is gone.

use std::time::Instant;

use chatd::chat::text::Text;

use super::Interactive;
use super::link::{Link, Place, Reached, Retry};
use crate::client::frontend::{Actions, End};
use crate::client::protocol::ServerLine;

impl Interactive {
    /// Shows a line and takes note of what it means.
    pub(super) fn server_line(&mut self, line: Text<'_>, now: Instant, actions: &mut Actions) {
        let parsed = ServerLine::parse(line.as_str());
        let painted = self.options.style.server_line(line, &parsed, self.nick.as_deref());
        self.roster.update(&parsed, self.nick.as_deref());
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
            (ServerLine::Refused { .. }, Link::Unnamed)
                if self.reached == Reached::Room && self.retry.is_early() && !self.is_leaving() =>
            {
                let nick = self.nick.as_deref().unwrap_or_default();
                let why = format!("{nick} is still taken (Esc: another)");
                return self.lost(why, now);
            }
            (ServerLine::Refused { .. }, Link::Unnamed) => self.ask_nick(),
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
        end.unsent_lines += self.outgoing.clear();
        if self.is_leaving() && end.unsent_lines == 0 {
            actions.exit = Some(Ok(()));
        } else if self.is_leaving() || !self.options.reconnect {
            actions.exit = Some(Err(end.to_string()));
        } else {
            self.notice(&end.to_string());
            self.lost(end.to_string(), now);
        }
    }

    /// Takes up the conversation again later.
    pub(super) fn lost(&mut self, why: String, now: Instant) {
        // While a nickname is asked for there is none to come back with.
        let retry_at = (!self.is_asking_nick()).then(|| now + self.retry.next_delay());
        self.link = Link::lost(why, retry_at);
    }
}
