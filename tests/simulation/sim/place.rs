//! How far along the order a walk is, and what of it comes next for its client.

use std::ops::RangeInclusive;

use super::language::{Deed, HOME, marked, talks_in};
use super::order::Public;
use super::walk::Walk;

impl<'a> Walk<'a> {
    /// How many changes there may have been at this point.
    pub(super) fn range(&self) -> RangeInclusive<usize> {
        let order = self.run.order;
        let most = if self.is_named { order.bounds[self.next].1 } else { order.changes.len() };
        self.done..=most
    }

    /// How many events and changes there may have been at this point: of other rooms it hears nothing.
    pub(super) fn points(&self) -> Vec<(usize, usize)> {
        let bounds = &self.run.order.bounds;
        let changes = |index: usize| self.done.max(bounds[index].0)..=bounds[index].1;
        (self.index..=self.next)
            .flat_map(|index| changes(index).map(move |done| (index, done)))
            .collect()
    }

    /// The next thing that it hears, or does itself.
    pub(super) fn next_event(&self) -> Option<&'a Public> {
        self.run.order.events.get(self.next)
    }

    /// The next thing, if it does that itself.
    pub(super) fn own_event(&self) -> Option<&'a Public> {
        self.next_event().filter(|next| next.by == Some(self.id()))
    }

    /// A line about something in a room, as this client is to read it.
    pub(super) fn shown(&self, room: Option<usize>, text: &str) -> String {
        match room {
            Some(room) if self.focus() != Some(room) => marked(room, text),
            Some(_) | None => text.into(),
        }
    }

    /// The room where it talks.
    pub(super) fn focus(&self) -> Option<usize> {
        self.places.last().copied()
    }

    /// It talks in that room from now on.
    pub(super) fn go_to(&mut self, room: usize) {
        self.places.retain(|place| *place != room);
        self.places.push(room);
    }

    pub(super) fn pass_event(&mut self) {
        self.move_on((self.next + 1, self.done));
    }

    /// There were so many events and changes, at least.
    pub(super) fn move_on(&mut self, (index, done): (usize, usize)) {
        let order = self.run.order;
        self.index = index;
        self.done = self.done.max(done).max(order.bounds[index].0);
        while order.bounds[self.index].1 < self.done {
            self.index += 1;
        }
        if self.next < self.index || !self.is_named {
            let is_its_own = |event: usize| order.events[event].by == Some(self.id());
            let count = order.events.len();
            self.next = (self.index..count)
                .find(|&event| is_its_own(event) || order.is_told_to(event, self.id()))
                .unwrap_or(count);
        }
    }

    /// If it was made to leave the room where it talked, it is told where it talks now.
    pub(super) fn hear_whether_kicked(&mut self) {
        let event = &self.run.order.events[self.index - 1];
        if matches!(event.deed, Deed::Kicked(..)) && event.whom == Some(self.id()) {
            self.go_out_of(event.room.unwrap_or(HOME));
        }
    }

    /// It is in that room no more.
    pub(super) fn go_out_of(&mut self, room: usize) {
        let before = self.focus();
        self.places.retain(|place| *place != room);
        if self.focus() != before {
            self.expect(&[talks_in(self.focus())]);
        }
    }
}
