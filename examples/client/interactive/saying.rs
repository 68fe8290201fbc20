//! What the user says: shown and sent as fast as a server takes it.

use chatd::clock::Now;

use super::Interactive;
use super::link::{Leaving, Link, Speech};
use crate::client::commands::{command, is_private, is_quit};
use crate::client::frontend::Actions;
use crate::client::irc;

/// What the server does not tell when it is asked for help.
const HELP: &str =
    "Of this client: /ignore NICK hides what NICK says, or shows it again; /ignore lists whose";

impl Interactive {
    /// Takes a line that was typed or pasted.
    pub(super) fn say(&mut self, line: String) {
        if line.trim().is_empty() {
            return;
        }
        self.editor.remember(&line);
        self.screen.go_to_bottom();
        if let Some(answer) = self.ignored.command(&line) {
            self.show(self.options.style.echo(&line, ""));
            self.notice(&answer);
        } else {
            let window = self.windows.shown().name.clone();
            self.outgoing.push(window, line);
        }
    }

    /// Sends the lines whose time has come, and leaves after the last one if that was asked for.
    pub(super) fn send(&mut self, now: Now, actions: &mut Actions) {
        if !self.can_say() {
            return;
        }
        while let Some((window, line)) = self.outgoing.next(now.at) {
            if let Speech::Irc(_) = self.speech {
                self.ask(&window, &line, actions);
                continue;
            }
            self.show_own(&line);
            actions.send_line(&line);
            if is_quit(&line) {
                self.leaving = Leaving::Told;
            }
        }
        if self.leaving == Leaving::WhenSent && self.outgoing.len() == 0 {
            self.leaving = Leaving::Told;
            match self.speech {
                Speech::Irc(_) => irc::send(&mut actions.send, "QUIT"),
                Speech::Unknown | Speech::Text => actions.send_line("/quit"),
            }
            actions.half_close = true;
        }
    }

    /// Whether it is known to whom a line is said.
    pub(super) fn can_say(&self) -> bool {
        let is_there = self.is_greeted || !matches!(self.speech, Speech::Irc(_));
        self.link == Link::Named && is_there
    }

    /// Shows a line as the others see it: the server does not send it back.
    pub(super) fn show_own(&mut self, line: &str) {
        // The server confirms a private message.
        if !is_private(line) {
            let me = self.nick.as_deref().unwrap_or("");
            self.show(self.options.style.echo(line, me));
        }
        if command(line).is_some_and(|word| word.eq_ignore_ascii_case("help")) {
            self.notice(HELP);
        }
    }

    /// Leaves once all that was typed is delivered. A second time, or without a server, at once.
    pub(super) fn leave(&mut self, actions: &mut Actions) {
        if self.is_leaving() || !self.link.is_open() {
            actions.exit = Some(Ok(()));
            return;
        }
        if self.link == Link::Named {
            self.leaving = Leaving::WhenSent;
        } else {
            self.leaving = Leaving::Told;
            actions.half_close = true;
        }
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.leaving != Leaving::No
    }
}
