//! Everybody hears the same lines in the same order: the one in which the first member, who says
//! nothing, hears them. That none is lost or doubled is for the ledger of the crowd to find.

use chatd_support::crowd::Watch;
use chatd_support::message::Message;
use std::collections::VecDeque;
use std::iter;

/// The member who tells the order.
const LISTENER: usize = 0;

pub(crate) struct Order {
    /// What the listener has heard.
    pub(crate) heard: Vec<Message>,
    hearers: Vec<Hearer>,
    /// The first thing that was wrong.
    pub(crate) wrong: Option<String>,
}

#[derive(Clone, Default)]
struct Hearer {
    /// Up to here in the order it has heard everything.
    position: usize,
    /// What it has heard and the listener has not yet.
    ahead: VecDeque<Message>,
}

impl Order {
    pub(crate) fn new(members: usize) -> Self {
        let hearers = vec![Hearer::default(); members];
        Self { heard: Vec::new(), hearers, wrong: None }
    }

    /// All that was said was heard by all: looks at what is left, and lets those who did not read
    /// begin anew.
    pub(crate) fn settle(&mut self) {
        for member in 1..self.hearers.len() {
            self.check(member);
            let Hearer { position, ahead } = &mut self.hearers[member];
            if let Some(message) = ahead.pop_front() {
                self.wrong = Some(format!("client {member} alone heard {message:?}"));
            }
            *position = self.heard.len();
        }
    }

    fn check(&mut self, member: usize) {
        let Hearer { position, ahead } = &mut self.hearers[member];
        while let Some(&message) = ahead.front() {
            let next = iter::from_fn(|| {
                let next = self.heard.get(*position).copied();
                *position += usize::from(next.is_some());
                next
            });
            // Its own lines it does not hear.
            let Some(due) = next.into_iter().find(|due| due.sender != member) else { return };
            ahead.pop_front();
            if message != due {
                let words = format!("client {member} heard {message:?} when {due:?} was due");
                self.wrong.get_or_insert(words);
            }
        }
    }
}

impl Watch for Order {
    fn delivered(&mut self, member: usize, message: Message, _: &[u8], _: u64) {
        if member == LISTENER {
            self.heard.push(message);
        } else {
            self.hearers[member].ahead.push_back(message);
            self.check(member);
        }
    }
}
