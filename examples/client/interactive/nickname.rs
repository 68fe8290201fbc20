//! Asking for a nickname, and again when it is refused.

use std::time::Instant;

use super::Interactive;
use super::link::{Link, Reached, Speech};
use crate::client::commands::is_quit;
use crate::client::editor::Line;
use crate::client::frontend::Actions;

impl Interactive {
    pub(super) fn is_asking_nick(&self) -> bool {
        self.draft.is_some()
    }

    pub(super) fn choose_nick(&mut self, typed: &str, actions: &mut Actions) {
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
            match &mut self.speech {
                // It is sent as soon as it is clear how.
                Speech::Unknown => {}
                Speech::Text => actions.send_line(&chosen),
                Speech::Irc(session) => session.choose_nick(&chosen, &mut actions.send),
            }
        } else if self.link.is_lost() {
            self.connect(actions);
        }
        self.nick = Some(chosen);
    }

    /// The server answers to some commands before there is a nickname, which is asked for still.
    fn command_of_nobody(&mut self, command: &str, actions: &mut Actions) {
        if is_quit(command) {
            self.leave(actions);
        } else if self.link == Link::Unnamed && matches!(self.speech, Speech::Text) {
            actions.send_line(command);
        } else {
            self.screen.ring();
        }
    }

    /// The server, which speaks IRC, refused the nickname.
    pub(super) fn nick_refused(&mut self, why: &str, now: Instant) {
        if !self.waits_for_nick(now) {
            self.tell_in(self.windows.shown, &format!("*** {why} Choose a nickname:"));
            self.ask_nick();
        }
    }

    pub(super) fn nick_default(&self) -> Option<&str> {
        self.nick.as_deref().or(self.options.nick_default.as_deref())
    }

    pub(super) fn ask_nick(&mut self) {
        self.reached = Reached::Server;
        if self.draft.is_none() {
            self.draft = Some(self.editor.replace_line(Line::default()));
        }
    }

    /// Goes on with what was being typed before.
    pub(super) fn nick_answered(&mut self) {
        if let Some(draft) = self.draft.take() {
            self.editor.replace_line(draft);
        }
    }
}
