//! Reads the order from what the first client heard.

use std::time::Instant;

use chatd_support::sentences::{CROWD, joined, renamed, traffic};

use super::client::Client;
use super::commands::{Action, action};
use super::language::{Deed, HOME, Told, is_not_listed, new_focus};
use super::order::{Change, Heard, Order, Public, is_leave};
use super::scene::{Doing, Scene};

/// Comings and goings that were not told yet.
#[derive(Debug, Default, Clone, Copy)]
struct Gathered {
    joined: usize,
    left: usize,
}

/// The order as far as it is known.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    order: Order,
    clients: &'a [Client],
    /// How many changes there were at least.
    done: usize,
    gathered: Option<Gathered>,
    /// Where the first client talks.
    focus: usize,
    /// How many of its lines take a mask off a list, and were answered.
    pardons: usize,
    scene: Scene,
}

impl<'a> Reading<'a> {
    pub(super) fn new(order: Order, clients: &'a [Client], start: Instant) -> Self {
        // The first change is that the first client came, and nobody was told.
        let (done, gathered, focus, scene) = (1, None, HOME, Scene::default());
        let mut reading = Self { order, clients, done, gathered, focus, pardons: 0, scene };
        if !reading.order.is_crowd {
            let doing = Doing { by: 0, name: "c0", to: "c0", whom: None, mask: None, at: start };
            reading.scene.apply(&Deed::Joined, Some(HOME), doing);
        }
        reading.scene.note_present(0);
        reading.keep();
        reading
    }

    /// Reads the lines.
    pub(super) fn read_all(&mut self, mut lines: &[Heard<'_>]) {
        while let Some((&heard, later)) = lines.split_first() {
            self.read(heard, later);
            lines = later;
        }
    }

    fn read(&mut self, heard: Heard<'_>, later: &[Heard<'_>]) {
        while self.order.changes.get(self.done).is_some_and(|next| next.tick < heard.tick) {
            self.pass(heard.line);
        }
        let Some(told) = Told::new(heard.line, self.focus) else {
            // An answer: the first client is told of other rooms that it talks there now.
            self.focus = new_focus(heard.line).unwrap_or(self.focus);
            let next = self.pardon(self.pardons);
            self.pardons += usize::from(next.is_some_and(|who| is_not_listed(heard.line, who)));
            return;
        };
        match told.deed {
            Deed::Traffic => self.read_traffic(told, heard),
            Deed::Renamed | Deed::Left(_) => self.read_change(told, heard),
            Deed::Joined if self.is_first_coming(&told, heard, later) => {
                self.read_change(told, heard);
            }
            _ => self.read_deed(told, heard, later),
        }
    }

    /// All is read.
    pub(super) fn end(mut self) -> Order {
        while self.done < self.order.changes.len() {
            self.pass("the end");
        }
        assert!(self.scene.is_settled(), "somebody was not told that it has its rank again");
        self.order
    }

    /// Whether somebody who is told to have joined has just got its name; else it had one, and comes
    /// back from elsewhere.
    fn is_first_coming(&self, told: &Told<'_>, heard: Heard<'_>, later: &[Heard<'_>]) -> bool {
        for (done, change) in self.order.changes.iter().enumerate().skip(self.done) {
            let old = self.called(told.by, done).filter(|_| !self.order.is_crowd);
            if old.is_some_and(|old| self.may_come_back(old, done, heard, later)) {
                return false;
            }
            if self.is_unheard(done) {
                continue;
            }
            let Change { id, to, tick } = change;
            let is_new = self.order.name(done, *id).is_none();
            let is_its_name = to.as_deref().is_ok_and(|to| to == told.by);
            return (is_new && is_its_name && *tick == heard.tick) || self.order.is_crowd;
        }
        false
    }

    /// Whether nobody is told of a change, as whoever changes is in no room.
    fn is_unheard(&self, change: usize) -> bool {
        let id = self.order.changes[change].id;
        let has_name = self.order.name(change, id).is_some();
        has_name && self.scene.places(id).is_empty() && !self.order.is_crowd
    }

    /// Finds the change that was told.
    fn read_change(&mut self, told: Told<'_>, heard: Heard<'_>) {
        while !self.is_told_by(&told.text) {
            self.pass(heard.line);
        }
        let (change, is_crowd) = (self.done, self.order.is_crowd);
        if told.deed != Deed::Renamed {
            assert!(self.gathered.is_none(), "told alone before others: {told:?}");
            assert!(self.order.members[change + 1].len() <= CROWD, "in a crowd: {told:?}");
        }
        let by = self.order.changes[change].id;
        if told.deed == Deed::Joined {
            assert_eq!(told.room, Some(HOME), "everybody begins in the home room");
            self.scene.note_present(by);
        }
        self.order.event_of[change] = Some(self.order.events.len());
        self.done += 1;
        if !is_crowd {
            let to = self.order.changes[change].to.as_deref().unwrap_or(told.by).to_owned();
            let doing = Doing { by, name: told.by, to: &to, whom: None, mask: None, at: heard.at };
            self.scene.apply(&told.deed, told.room, doing);
        }
        self.push(told, (Some(by), None), Some(change), heard.tick);
    }

    fn is_told_by(&self, text: &str) -> bool {
        let Some(Change { id, to, .. }) = self.order.changes.get(self.done) else {
            panic!("nothing in the log is {text:?}");
        };
        let old = self.order.name(self.done, *id);
        match (old, to) {
            (None, Ok(new)) => text == joined(new),
            (Some(old), Ok(new)) => text == renamed(old, new),
            (Some(old), Err(why)) => is_leave(text, old, why, &self.clients[*id]),
            (None, Err(_)) => false,
        }
    }

    /// Counts a change that was not told alone, or not at all.
    fn pass(&mut self, text: &str) {
        let change = &self.order.changes[self.done];
        let is_unheard = self.is_unheard(self.done);
        let is_there = self.order.name(self.done, change.id).is_some();
        self.done += 1;
        if is_unheard {
            return;
        }
        let is_crowd = self.order.members[self.done].len() > CROWD || self.gathered.is_some();
        assert!(is_crowd, "{text:?} was heard, and {change:?} was not");
        let Gathered { joined, left } = self.gathered.get_or_insert_default();
        match (&change.to, is_there) {
            (Err(_), _) => *left += 1,
            (Ok(_), false) => *joined += 1,
            (Ok(_), true) => panic!("{text:?} was heard, and {change:?} was not"),
        }
    }

    fn read_traffic(&mut self, told: Told<'_>, heard: Heard<'_>) {
        assert_eq!(told.room, Some(HOME), "only there is a crowd");
        loop {
            let here = self.order.members[self.done].len();
            if self.gathered.is_some_and(|it| told.text == traffic(it.joined, it.left, here)) {
                break;
            }
            assert!(self.done < self.order.changes.len(), "nothing in the log is {told:?}");
            self.pass(heard.line);
        }
        self.gathered = None;
        self.push(told, (None, None), None, heard.tick);
    }

    /// Finds out who did that.
    fn read_deed(&mut self, told: Told<'_>, heard: Heard<'_>, later: &[Heard<'_>]) {
        let by = if told.deed.is_secret() { 0 } else { self.find(&told, heard, later) };
        if told.deed == Deed::Made {
            self.focus = told.room.expect("a room was made");
        }
        let whom = match &told.deed {
            Deed::Kicked(whom, _) | Deed::Ranked(whom, ..) => self.called(whom, self.done),
            _ => None,
        };
        // Somebody elsewhere may have had that name a moment before.
        let whom = whom.filter(|whom| told.room.is_some_and(|room| self.scene.is_in(*whom, room)));
        let mask = if let Deed::Pardoned(_) = told.deed { Some(self.next_pardon()) } else { None };
        if self.order.is_crowd && told.room == Some(HOME) {
            assert_eq!(told.deed, Deed::Said, "in a crowd nothing else is done");
            self.scene.said[HOME] += 1;
        } else {
            self.scene.apply(
                &told.deed,
                told.room,
                Doing { by, name: told.by, to: told.by, whom, mask, at: heard.at },
            );
        }
        if let (Deed::Said, Some(room)) = (&told.deed, told.room) {
            let marks = if told.text.starts_with("* ") { 3 } else { 2 };
            let shown_bytes = told.text.len() - marks + 8;
            self.order.said[room].push((told.text.clone(), shown_bytes));
        }
        self.push(told, (Some(by), whom), None, heard.tick);
    }

    /// Who that is that did something.
    fn find(&mut self, told: &Told<'_>, heard: Heard<'_>, later: &[Heard<'_>]) -> usize {
        loop {
            let by = self.called(told.by, self.done);
            let is_it = |by: &usize| match told.room {
                _ if self.order.is_crowd => true,
                Some(room) if told.deed == Deed::Joined => {
                    !self.scene.is_in(*by, room)
                        && (!self.scene.places(*by).is_empty()
                            || self.may_come_back(*by, self.done, heard, later))
                }
                Some(room) => self.scene.is_in(*by, room),
                None => !self.scene.places(*by).is_empty(),
            };
            if let Some(by) = by.filter(is_it) {
                break by;
            }
            let is_more = self.done < self.order.changes.len();
            assert!(is_more, "nobody is called {}: {told:?}", told.by);
            self.pass(heard.line);
        }
    }

    /// What the first client takes off a list with the next of its lines that does so.
    fn next_pardon(&mut self) -> &'a str {
        self.pardons += 1;
        self.pardon(self.pardons - 1).expect("it typed that")
    }

    /// What it takes off a list with that of its lines that do so.
    fn pardon(&self, number: usize) -> Option<&'a str> {
        let clients = self.clients;
        let mut pardons =
            clients[0].lines.iter().filter_map(|line| match action(&line.text, true) {
                Action::Pardon(_, mask) => Some(mask),
                _ => None,
            });
        pardons.nth(number)
    }

    /// Whether somebody who is in no room, after so many changes, may come to one now. If it takes another
    /// name or leaves in the same tick after that, that must be told; else that was before, and was not.
    fn may_come_back(&self, id: usize, done: usize, heard: Heard<'_>, later: &[Heard<'_>]) -> bool {
        let mut changes = self.order.changes[done..].iter();
        let next = changes.find(|change| change.id == id && change.tick == heard.tick);
        let Some((next, name)) = next.zip(self.order.name(done, id)) else { return true };
        let mut later = later.iter().take_while(|later| later.tick == heard.tick);
        let goes_on = later.find_map(|later| {
            let told = Told::new(later.line, self.focus)?;
            match (told.deed, &next.to) {
                (Deed::Renamed, Ok(to)) if told.by == &**name => {
                    Some(told.text == renamed(name, to))
                }
                (Deed::Renamed, Err(_)) if told.by == &**name => Some(false),
                (Deed::Left(_), to) if told.by == &**name => Some(to.is_err()),
                // It went out of the room again: the change may be behind that.
                (Deed::Parted, _) if told.by == &**name => Some(true),
                (Deed::Kicked(whom, _), _) if *whom == **name => Some(true),
                _ => None,
            }
        });
        goes_on.unwrap_or(false)
    }

    /// Who has that name after so many changes.
    fn called(&self, name: &str, done: usize) -> Option<usize> {
        let members = &self.order.members[done];
        members.iter().find(|member| &*member.name == name).map(|member| member.id)
    }

    fn push(
        &mut self,
        told: Told<'_>,
        (by, whom): (Option<usize>, Option<usize>),
        change: Option<usize>,
        tick: usize,
    ) {
        let Told { room, text, deed, .. } = told;
        self.order.events.push(Public { text, room, deed, by, whom, change, tick });
        self.keep();
    }

    /// Notes how all is at this point.
    fn keep(&mut self) {
        self.order.scenes.push(self.scene.clone());
        self.order.bounds.push((self.done, self.order.changes.len()));
    }
}
