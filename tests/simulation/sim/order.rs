//! One order of all that happened, and the room after each of it.
//!
//! The first client hears all that all are told: that is the order. What the log says of comings,
//! goings and names is matched against it, one for one. In a crowd comings and goings are not told one
//! by one; then the log knows their order, and how many of them had happened when something was told is
//! known within bounds.

use std::io::ErrorKind;
use std::rc::Rc;

use chatd::chat::look_alikes::LookAlikes;
use chatd::chat::name::Nick;
use chatd_support::sentences::{CROWD, MARK, joined, notice, renamed, traffic};

use super::client::Client;
use super::rules::{self, conflict};

/// Somebody came, went or took another name.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) id: usize,
    /// The new name, or why there is none any more.
    pub(crate) to: Result<Rc<str>, String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) id: usize,
    pub(crate) name: Rc<str>,
}

/// Something that all were told.
#[derive(Debug)]
pub(crate) struct Public {
    pub(crate) text: String,
    /// Who did it: who is not told. Nobody, if it was several.
    pub(crate) by: Option<usize>,
    /// The change that it tells.
    pub(crate) change: Option<usize>,
    /// How much of what is said was said before.
    pub(crate) said_before: usize,
}

#[derive(Debug, Default)]
pub(crate) struct Order {
    pub(crate) changes: Vec<Change>,
    /// Who was there after so many changes, in the order they came.
    pub(crate) members: Vec<Vec<Member>>,
    pub(crate) events: Vec<Public>,
    /// After so many events there had been at least, and at most, so many changes.
    pub(crate) bounds: Vec<(usize, usize)>,
    /// Which event tells a change, if it is told alone.
    pub(crate) event_of: Vec<Option<usize>>,
    /// What was said to all, and how many bytes it takes to show each.
    pub(crate) said: Vec<(String, usize)>,
}

/// Comings and goings that were not told yet.
#[derive(Debug, Default, Clone, Copy)]
struct Gathered {
    joined: usize,
    left: usize,
}

impl Order {
    /// # Panics
    ///
    /// If what was heard cannot have happened.
    pub(crate) fn new<'a>(
        changes: Vec<Change>,
        heard: impl Iterator<Item = &'a str>,
        clients: &[Client],
    ) -> Self {
        let mut order = Self { event_of: vec![None; changes.len()], changes, ..Self::default() };
        order.replay_changes(clients);
        // The first change is that the first client came.
        let (mut done, mut gathered) = (1, None);
        order.bounds.push((done, done));
        for text in heard {
            done = if text.starts_with(MARK) {
                order.tell_change(text, done, &mut gathered, clients)
            } else {
                order.tell_said(text, done, &mut gathered)
            };
            order.bounds.push((done, order.changes.len()));
        }
        order.bound_from_behind();
        if order.members.iter().all(|members| members.len() <= CROWD) {
            let is_exact = |&(least, most): &(usize, usize)| least == most;
            assert!(order.bounds.iter().all(is_exact), "each change is told: {:?}", order.changes);
        }
        order
    }

    /// The room after each change.
    fn replay_changes(&mut self, clients: &[Client]) {
        let mut members: Vec<Member> = Vec::new();
        self.members.push(Vec::new());
        for Change { id, to } in &self.changes {
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

    /// Finds the change that was told, and returns how many there were then.
    fn tell_change(
        &mut self,
        text: &str,
        mut done: usize,
        gathered: &mut Option<Gathered>,
        clients: &[Client],
    ) -> usize {
        loop {
            if let Some(now) = *gathered
                && text == traffic(now.joined, now.left, self.members[done].len())
            {
                *gathered = None;
                self.push(text, None, None);
                return done;
            }
            let Some(change) = self.changes.get(done) else {
                panic!("nothing in the log is {text:?}");
            };
            let by = change.id;
            if self.is_told_by(text, done, clients) {
                let is_rename = text.contains(" is now ");
                assert!(is_rename || gathered.is_none(), "told alone before others: {text:?}");
                assert!(is_rename || self.members[done + 1].len() <= CROWD, "in a crowd: {text:?}");
                self.event_of[done] = Some(self.events.len());
                self.push(text, Some(by), Some(done));
                return done + 1;
            }
            self.gather(done, gathered, text);
            done += 1;
        }
    }

    fn is_told_by(&self, text: &str, done: usize, clients: &[Client]) -> bool {
        let Change { id, to } = &self.changes[done];
        let old = self.name(done, *id);
        match (old, to) {
            (None, Ok(new)) => text == joined(new),
            (Some(old), Ok(new)) => text == renamed(old, new),
            (Some(old), Err(why)) => text
                .strip_prefix(&notice(format!("{old} left")))
                .is_some_and(|told| is_reason(told, why, &clients[*id])),
            (None, Err(_)) => false,
        }
    }

    /// Counts a change that was not told alone.
    fn gather(&self, done: usize, gathered: &mut Option<Gathered>, text: &str) {
        let change = &self.changes[done];
        let is_crowd = self.members[done + 1].len() > CROWD || gathered.is_some();
        assert!(is_crowd, "{text:?} was heard, and {change:?} was not");
        let is_there = self.name(done, change.id).is_some();
        let Gathered { joined, left } = gathered.get_or_insert_default();
        match (&change.to, is_there) {
            (Err(_), _) => *left += 1,
            (Ok(_), false) => *joined += 1,
            (Ok(_), true) => panic!("{text:?} was heard, and {change:?} was not"),
        }
    }

    /// Finds out who said that, and returns how many changes there were at least.
    fn tell_said(&mut self, text: &str, mut done: usize, gathered: &mut Option<Gathered>) -> usize {
        let (name, marks) = match text.strip_prefix("* ") {
            Some(act) => (act.split(' ').next(), 3),
            None => (text.split(':').next(), 2),
        };
        let name = name.expect("a name first");
        let by = loop {
            if let Some(member) = self.members[done].iter().find(|member| &*member.name == name) {
                break member.id;
            }
            assert!(done < self.changes.len(), "nobody is called {name}: {text:?}");
            self.gather(done, gathered, text);
            done += 1;
        };
        self.push(text, Some(by), None);
        self.said.push((text.into(), text.len() - marks + 8));
        done
    }

    fn push(&mut self, text: &str, by: Option<usize>, change: Option<usize>) {
        let said_before = self.said.len();
        self.events.push(Public { text: text.into(), by, change, said_before });
    }

    /// Before something is told there can be no change that comes after it.
    fn bound_from_behind(&mut self) {
        for index in (0..self.events.len()).rev() {
            let Public { by, change, .. } = self.events[index];
            let (least, most) = self.bounds[index + 1];
            let until = match (change, by) {
                (Some(change), _) => change,
                (None, None) => least,
                // As long as it has the name with which it said that.
                (None, Some(by)) => self.changes[least..]
                    .iter()
                    .position(|change| change.id == by)
                    .map_or(most, |next| most.min(least + next)),
            };
            self.bounds[index].1 = until.min(most);
        }
    }

    /// The name of a client after so many changes.
    pub(crate) fn name(&self, done: usize, id: usize) -> Option<&Rc<str>> {
        self.members[done].iter().find(|member| member.id == id).map(|member| &member.name)
    }

    /// What was said before the event at `index`.
    pub(crate) fn said_before(&self, index: usize) -> &[(String, usize)] {
        let count = self.events.get(index).map_or(self.said.len(), |event| event.said_before);
        &self.said[..count]
    }
}

/// Whether that is what all are told, after `left`, if the log says `why`.
fn is_reason(told: &str, why: &str, client: &Client) -> bool {
    match why {
        // What it said is compared with what it typed.
        "quit" => told == " (quit)" || told.starts_with(": "),
        "connection closed by peer" => told == " (connection lost)",
        _ if why.starts_with("too slow: ") => told == " (too slow)",
        _ if client.wire.borrow().broken == Some(ErrorKind::TimedOut) => told == " (timed out)",
        _ => told == " (connection lost)",
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
