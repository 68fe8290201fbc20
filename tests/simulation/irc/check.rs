//! What must be true of what clients know.

use std::collections::BTreeMap;

use chatd_support::sentences::rooms::read_marked;

use super::deed::ROOMS;
use super::view::{Stay, View, token};
use super::world::{Member, World};

/// What was said in each room, in order.
type Order = BTreeMap<String, Vec<String>>;

impl World {
    /// Checks that each client knows what is so.
    pub(super) fn check(&mut self) {
        self.settle();
        for index in 0..self.members.len() {
            let Member { irc: Some((_, view)), .. } = &mut self.members[index] else { continue };
            view.asked.clear();
            let lines: Vec<String> =
                view.rooms.keys().map(|room| format!("NAMES {room}")).collect();
            for line in lines {
                self.put(index, &line);
            }
        }
        self.settle();
        let order = self.order();
        for member in &self.members {
            if let Some((caps, view)) = &member.irc {
                member.check(caps, view, &order);
            }
        }
        self.check_each_other();
    }

    /// Whoever is in a room is there for all who are.
    fn check_each_other(&self) {
        let there = |member: &&Member| !member.is_gone();
        let views = || self.members.iter().filter(there).filter_map(|it| it.irc.as_ref());
        for (_, one) in views() {
            for (_, other) in views() {
                for (room, members) in &one.rooms {
                    let is_there = members.contains_key(&other.me);
                    assert_eq!(is_there, other.rooms.contains_key(room), "{} {room}", other.me);
                }
            }
        }
    }

    /// What was said in each room, as the first one heard it.
    fn order(&self) -> Order {
        let mut order = Order::new();
        let wire = self.members[0].wire.borrow();
        for line in String::from_utf8_lossy(&wire.to_client).lines() {
            let (room, line) = read_marked(line).unwrap_or((ROOMS[0], line.into()));
            let text = match line.strip_prefix("* ") {
                Some(acted) => acted.split_once(' ').map(|it| it.1),
                None => line.split_once(": ").map(|it| it.1),
            };
            if let Some(token) = text.and_then(token) {
                order.entry(room.into()).or_default().push(token.into());
            }
        }
        order
    }
}

impl Member {
    fn check(&self, caps: &[&str], view: &View, order: &Order) {
        let who = format!("client {} with {caps:?}", self.id);
        for stay in &view.stays {
            self.check_stay(stay, caps.contains(&"echo-message"), order, &who);
        }
        for label in 1..=self.labels {
            let count = view.labels.get(&format!("L{label}")).copied().unwrap_or_default();
            let is_right = count == 1 || (count == 0 && (self.is_going || self.is_gone()));
            assert!(is_right, "{who}: label L{label} came {count} times");
        }
        assert!(view.labels.len() <= self.labels, "{who}: {:?}", view.labels);
        if !self.is_gone() {
            view.check_closed();
            assert_eq!(view.rooms, view.asked, "{who}");
        }
    }

    /// All that was said while it was there came, once, and in the order in which the first one heard it.
    fn check_stay(&self, stay: &Stay, has_echo: bool, order: &Order, who: &str) {
        let is_own = |token: &str| token.starts_with(&format!("m{}.", self.id));
        let said = order.get(&stay.room).map_or(&[][..], Vec::as_slice);
        let Some(first) = stay.tokens.first() else { return };
        let begin = said.iter().position(|other| other == first).unwrap_or(said.len());
        let mut heard = said[begin..].iter().filter(|token| has_echo || !is_own(token));
        for token in &stay.tokens {
            assert_eq!(Some(token), heard.next(), "{who} in {}", stay.room);
        }
        if !stay.is_over && !self.is_gone() {
            assert_eq!(heard.next(), None, "{who} in {}", stay.room);
        }
    }
}
