//! What the server says, and when it is gone.

use std::io;
use std::time::Instant;

use super::Interactive;
use super::link::{Link, Retry};
use crate::frontend::Actions;
use crate::protocol::ServerLine;
use crate::style;
use crate::visible::visible;

impl Interactive {
    /// Shows a line and takes note of what it means.
    pub(super) fn server_line(&mut self, line: &str) {
        // First of all: names are taken from it, for the prompt and for Tab.
        let line = visible(line);
        let parsed = ServerLine::parse(&line);
        self.roster.update(&parsed, self.nick.as_deref());
        let painted = self.options.style.server_line(&line, self.nick.as_deref());
        if painted.alert && self.options.bell {
            self.screen.ring();
        }
        match parsed {
            // Nobody has to choose any more.
            ServerLine::Greeting if !self.is_asking_nick() && self.link == Link::Unnamed => return,
            ServerLine::Refused { .. } if self.link == Link::Unnamed => self.ask_nick(),
            ServerLine::Welcome { nick, .. } => {
                self.nick = Some(nick.to_owned());
                self.link = Link::Named;
                self.retry = Retry::default();
                self.nick_answered();
            }
            ServerLine::Renamed { from, to } if from.is_none() || from == self.nick.as_deref() => {
                self.nick = Some(to.to_owned());
            }
            ServerLine::Greeting
            | ServerLine::Refused { .. }
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
        self.screen.print(painted.text);
    }

    pub(super) fn closed(&mut self, error: Option<io::Error>, now: Instant, actions: &mut Actions) {
        if self.leave_by.is_some() {
            actions.exit = Some(Ok(()));
            return;
        }
        let why = match error {
            Some(error) => format!("connection lost: {error}"),
            None => "connection closed by the server".to_owned(),
        };
        if !self.options.reconnect {
            actions.exit = Some(Err(why));
            return;
        }
        self.notice(&why);
        self.lost(why, now);
    }

    /// Takes up the conversation again later.
    pub(super) fn lost(&mut self, why: String, now: Instant) {
        // While a nickname is asked for there is none to come back with.
        let retry_at = (!self.is_asking_nick()).then(|| now + self.retry.next_delay());
        self.link = Link::lost(why, retry_at);
    }

    fn notice(&mut self, text: &str) {
        self.screen.print(style::notice(text));
    }
}
