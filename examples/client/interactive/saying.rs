//! What the user says: shown and sent as fast as a server takes it.

use chatd::clock::Now;

use super::Interactive;
use super::link::{Leaving, Link};
use crate::client::commands::{command, is_private, is_quit};
use crate::client::frontend::Actions;

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
        match self.ignored.command(&line) {
            Some(answer) => {
                self.show(self.options.style.echo(&line, ""));
                self.notice(&answer);
            }
            None => self.outgoing.push(line),
        }
    }

    /// Sends the lines whose time has come, and leaves after the last one if that was asked for.
    pub(super) fn send(&mut self, now: Now, actions: &mut Actions) {
        if self.link != Link::Named {
            return;
        }
        while let Some(line) = self.outgoing.next(now.at) {
            self.show_own(&line);
            actions.send_line(&line);
            if is_quit(&line) {
                self.leaving = Leaving::Told;
            }
        }
        if self.leaving == Leaving::WhenSent && self.outgoing.len() == 0 {
            self.leaving = Leaving::Told;
            actions.send_line("/quit");
            actions.half_close = true;
        }
    }

    /// Shows a line as the others see it: the server does not send it back.
    fn show_own(&mut self, line: &str) {
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
