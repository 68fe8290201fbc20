//! What was said before, and what was missed while there was no connection.

use super::Interactive;
use super::link::Speech;
use crate::client::frontend::Actions;
use crate::client::irc::past::{MESSAGES, Part};
use crate::client::irc::{Said, is_room};
use crate::client::screen::Scrollback;

/// A part of the past that was asked for.
#[derive(Debug)]
pub(super) struct Fetch {
    part: Part,
    /// What has come of it.
    pub(super) came: Vec<Said>,
}

impl Interactive {
    /// Asks for a part of the past, if the server keeps it.
    pub(super) fn fetch(&mut self, index: usize, part: Part, actions: &mut Actions) -> bool {
        let Speech::Irc(session) = &self.speech else { return false };
        let window = &mut self.windows.all[index];
        let can = window.fetch.is_none()
            && is_room(&window.name)
            && session.ask_past(&window.name, &part, &mut actions.send);
        if can {
            window.fetch = Some(Fetch { part, came: Vec::new() });
        }
        can
    }

    /// A part of the past is told, of so many messages.
    pub(super) fn past(&mut self, room: &str, count: usize, actions: &mut Actions) {
        let Some(index) = self.windows.find(room) else { return };
        let window = &mut self.windows.all[index];
        let Some(Fetch { part, mut came }) = window.fetch.take() else { return };
        let last = came.last().and_then(|said| said.id.clone());
        // What was said since it was asked for stands below, in the order in which it came.
        let held: Vec<_> = window.held.iter().filter_map(|said| said.id.clone()).collect();
        let is_held = |said: &Said| said.id.as_ref().is_some_and(|id| held.contains(id));
        came.retain(|said| !is_held(said) && !self.is_kept(index, said));
        for said in came.iter().filter(|said| said.is_mine) {
            self.unconfirmed.arrived(room, &said.text);
        }
        if matches!(part, Part::Before(_)) {
            let is_all = count == 0;
            came.retain(|said| !self.is_ignored(said));
            let lines = came
                .iter()
                .map(|said| self.kept(said.at, self.painted(said), said.id.clone()))
                .collect();
            if index == self.windows.shown {
                self.screen.prepend(lines);
                self.screen.page_up();
            } else {
                self.windows.all[index].scrollback.prepend(lines);
            }
            if is_all {
                self.screen.ring();
            }
            return self.release(index);
        }
        let is_missed = !matches!(part, Part::Last);
        if !came.is_empty() {
            let what = if is_missed { "missed" } else { "earlier" };
            let text = match came.len() {
                1 => format!("*** 1 {what} message:"),
                count => format!("*** {count} {what} messages:"),
            };
            self.tell_in(index, &text);
        }
        for said in came {
            self.show_said(index, &said);
        }
        match (part, last) {
            // There may be more.
            (Part::After(_), Some(last)) if count == MESSAGES => {
                self.fetch(index, Part::After(last), actions);
            }
            _ => self.release(index),
        }
    }

    /// There is no such part of the past any more.
    pub(super) fn no_past(&mut self, room: &str, is_forgotten: bool, actions: &mut Actions) {
        let Some(index) = self.windows.find(room) else { return };
        match self.windows.all[index].fetch.take().map(|fetch| fetch.part) {
            Some(Part::After(_)) if is_forgotten => {
                self.tell_in(index, "*** What was said meanwhile is no longer kept in full.");
                self.fetch(index, Part::LastMany, actions);
            }
            Some(Part::Before(_)) => {
                self.screen.ring();
                self.release(index);
            }
            _ => self.release(index),
        }
    }

    /// Shows what was said while the past was waited for.
    fn release(&mut self, index: usize) {
        for said in std::mem::take(&mut self.windows.all[index].held) {
            // It may have been among what was missed.
            if !self.is_kept(index, &said) {
                self.show_said(index, &said);
            }
        }
    }

    fn is_kept(&self, index: usize, said: &Said) -> bool {
        said.id.as_ref().is_some_and(|id| self.scrollback(index).has(id))
    }

    /// The lines of a window, wherever they are.
    pub(super) fn scrollback(&self, index: usize) -> &Scrollback {
        if index == self.windows.shown {
            self.screen.scrollback()
        } else {
            &self.windows.all[index].scrollback
        }
    }

    /// Nothing is waited for any more: the connection is lost.
    pub(super) fn give_up_past(&mut self) {
        for index in 0..self.windows.all.len() {
            let window = &mut self.windows.all[index];
            (window.is_joined, window.fetch) = (false, None);
            self.release(index);
        }
    }

    /// Looks further back: through what is kept, then to what the server keeps.
    pub(super) fn page_up(&mut self, actions: &mut Actions) {
        if self.screen.page_up() {
            return;
        }
        let first = self.screen.scrollback().first_id().map(str::to_owned);
        let asked =
            first.is_some_and(|id| self.fetch(self.windows.shown, Part::Before(id), actions));
        if !asked {
            self.screen.ring();
        }
    }
}
