//! One order of all that happened, and the rooms after each of it.
//!
//! The first client is in all rooms, and hears all that anybody is told of them: that is the order. What
//! the log says of comings, goings and names is matched against it, one for one. Only of whoever is in
//! no room nobody is told; and in a crowd comings and goings are not told one by one. Then the log
//! knows their order, and how many of them had happened when something was told is known within bounds.

use std::io::ErrorKind;
use std::rc::Rc;
use std::time::Instant;

use chatd::chat::look_alikes::LookAlikes;
use chatd::chat::name::Nick;

use chatd_support::sentences::{CROWD, ended, left, left_saying, lost, quit};

use super::client::Client;
use super::language::{Deed, HOME, ROOMS};
use super::reading::Reading;
use super::rules::{self, conflict};
use super::scene::Scene;

/// Somebody came, went or took another name.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) id: usize,
    /// The new name, or why there is none any more.
    pub(crate) to: Result<Rc<str>, String>,
    /// In which tick of the server that was.
    pub(crate) tick: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) id: usize,
    pub(crate) name: Rc<str>,
}

/// Something that many were told, or that changes what holds for them.
#[derive(Debug)]
pub(crate) struct Public {
    /// Without the mark of the room.
    pub(crate) text: String,
    /// Where. Nowhere, if all are told who know whoever did it.
    pub(crate) room: Option<usize>,
    pub(crate) deed: Deed,
    /// Who did it: who is not told. Nobody, if it was several.
    pub(crate) by: Option<usize>,
    /// To whom it was done.
    pub(crate) whom: Option<usize>,
    /// The change that it tells.
    pub(crate) change: Option<usize>,
    /// In which tick it was told.
    pub(super) tick: usize,
}

/// A line that the first client was told: in which tick, and when that was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heard<'a> {
    pub(crate) line: &'a str,
    pub(crate) tick: usize,
    pub(crate) at: Instant,
}

#[derive(Debug, Default)]
pub(crate) struct Order {
    pub(crate) changes: Vec<Change>,
    /// Who had a name after so many changes, in the order they came.
    pub(crate) members: Vec<Vec<Member>>,
    pub(crate) events: Vec<Public>,
    /// The rooms after so many events. Who is in the home room is not known of a crowd.
    pub(crate) scenes: Vec<Scene>,
    /// After so many events there had been at least, and at most, so many changes.
    pub(crate) bounds: Vec<(usize, usize)>,
    /// Which event tells a change, if it is told alone.
    pub(crate) event_of: Vec<Option<usize>>,
    /// What was said in each room, and how many bytes it takes to show each.
    pub(crate) said: [Vec<(String, usize)>; ROOMS.len()],
    /// There were so many at some time that not all comings and goings are told alone. All of them are
    /// in the home room then, all the time.
    pub(crate) is_crowd: bool,
}

impl Order {
    /// # Panics
    ///
    /// If what was heard cannot have happened.
    pub(crate) fn new(
        changes: Vec<Change>,
        heard: &[Heard<'_>],
        clients: &[Client],
        start: Instant,
    ) -> Self {
        let mut order = Self { event_of: vec![None; changes.len()], changes, ..Self::default() };
        order.replay_changes(clients);
        order.is_crowd = order.members.iter().any(|members| members.len() > CROWD);
        let mut reading = Reading::new(order, clients, start);
        reading.read_all(heard);
        let mut order = reading.end();
        order.bound_from_behind();
        order
    }

    /// Who has a name after each change.
    fn replay_changes(&mut self, clients: &[Client]) {
        let mut members: Vec<Member> = Vec::new();
        self.members.push(Vec::new());
        for Change { id, to, .. } in &self.changes {
            let place = members.iter().position(|member| member.id == *id);
            if let Ok(name) = to {
                let taken = members.iter().find(|other| is_taken(name, *id, other, clients));
                assert!(taken.is_none(), "client {id} got {name}, but there is {taken:?}");
            }
            match (place, to) {
                (Some(place), Ok(name)) => members[place].name = Rc::clone(name),
                (None, Ok(name)) => members.push(Member { id: *id, name: Rc::clone(name) }),
                (Some(place), Err(_)) => drop(members.remove(place)),
                (None, Err(why)) => panic!("client {id} left ({why}) and was not there"),
            }
            self.members.push(members.clone());
        }
    }

    /// Before something is told there can be no change that comes after it.
    fn bound_from_behind(&mut self) {
        for index in (0..self.events.len()).rev() {
            let Public { by, change, tick, .. } = self.events[index];
            let (least, most) = self.bounds[index + 1];
            let until = match (change, by) {
                (Some(change), _) => change,
                (None, None) => least,
                // As long as it has the name with which it did that.
                (None, Some(by)) => self.changes[least..]
                    .iter()
                    .position(|change| change.id == by)
                    .map_or(most, |next| most.min(least + next)),
            };
            let until_tick = self.changes.partition_point(|change| change.tick <= tick);
            self.bounds[index].1 = until.min(most).min(until_tick);
        }
    }

    /// The name of a client after so many changes.
    pub(crate) fn name(&self, done: usize, id: usize) -> Option<&Rc<str>> {
        self.members[done].iter().find(|member| member.id == id).map(|member| &member.name)
    }

    /// What was said in a room before the event at `index`.
    pub(crate) fn said_before(&self, room: usize, index: usize) -> &[(String, usize)] {
        &self.said[room][..self.scenes[index].said[room]]
    }

    /// Who is in a room after so many events and changes, each behind the sign of its rank.
    pub(crate) fn here(&self, room: usize, (index, done): (usize, usize)) -> Vec<(&str, &str)> {
        if self.is_crowd && room == HOME {
            return self.members[done].iter().map(|member| ("", &*member.name)).collect();
        }
        let members = self.scenes[index].room(room).members.iter();
        members.filter_map(|member| Some((member.sign(), &**self.name(done, member.id)?))).collect()
    }

    /// Whether not everybody might talk in a room at some time.
    pub(crate) fn has_rules(&self, room: usize) -> bool {
        let is_rule = |deed: &Deed| matches!(deed, Deed::Moderated(true) | Deed::KeptOut(..));
        self.events.iter().any(|event| event.room == Some(room) && is_rule(&event.deed))
    }

    /// Whether an event tells that somebody quit who gave that reason. Nobody says in leaving what it may
    /// not say in one of its rooms.
    pub(crate) fn is_quit_with(
        &self,
        index: usize,
        id: usize,
        name: Option<&str>,
        reason: Option<&str>,
    ) -> bool {
        let reason = reason.filter(|_| self.scenes[index].talks_everywhere(id));
        name.is_some_and(|name| self.events[index].text == rules::left(name, reason))
    }

    /// Whether somebody who has a name is told of an event. Who does something is not.
    pub(crate) fn is_told_to(&self, index: usize, id: usize) -> bool {
        let Public { by, room, ref deed, .. } = self.events[index];
        let scene = &self.scenes[index];
        match (by, room) {
            _ if by == Some(id) || deed.is_secret() => false,
            (_, Some(HOME) | None) if self.is_crowd => true,
            (_, Some(room)) => scene.is_in(id, room),
            (Some(by), None) if matches!(deed, Deed::Away(_)) => scene.hears(id, by),
            (Some(by), None) => scene.are_together(by, id),
            (None, None) => false,
        }
    }
}

/// Whether that is what all are told of somebody who left, if the log says `why`.
pub(super) fn is_leave(told: &str, name: &str, why: &str, client: &Client) -> bool {
    match why {
        // What it said is compared with what it typed.
        "quit" => told == quit(name) || told.starts_with(&left_saying(name, "")),
        "connection closed by peer" => told == ended(name),
        _ if why.starts_with("too slow: ") => told == left(name, "too slow"),
        _ if client.wire.borrow().broken == Some(ErrorKind::TimedOut) => {
            told == left(name, "timed out")
        }
        _ => told == lost(name),
    }
}

/// Whether a client cannot have this name because of a member.
pub(crate) fn is_taken(name: &str, id: usize, by: &Member, clients: &[Client]) -> bool {
    if by.id == id {
        return false;
    }
    if !clients[id].is_garbled && !clients[by.id].is_garbled {
        return conflict(name, &by.name);
    }
    // For names that nobody here thought of, the server's own rule.
    let mut names = LookAlikes::default();
    let [one, other] = [name, &by.name].map(|name| Nick::parse(name).expect("a nickname"));
    [one, other].iter().enumerate().any(|(id, nick)| names.claim(id, nick.as_str(), None).is_err())
}

/// Whether a member is meant by `to`.
pub(crate) fn is_meant(to: &str, member: &Member, clients: &[Client]) -> bool {
    if !clients[member.id].is_garbled {
        return rules::is_meant(&member.name, to);
    }
    let mut names = LookAlikes::default();
    let nick = Nick::parse(&member.name).expect("a nickname");
    let is_claimed = names.claim((), nick.as_str(), None).is_ok();
    is_claimed && Nick::parse(to).is_ok_and(|to| names.owner(to.as_str()).is_some())
}
