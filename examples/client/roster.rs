//! Who is here: how many, and for Tab to complete who, those first who spoke last.

use std::collections::HashSet;

use crate::client::protocol::{Here, ServerLine};

/// The names kept. In a room of thousands it is the recent speakers that one wants to address.
const NAMES_MAX: usize = 500;

/// In a room with more people comings and goings are not told one by one.
pub(crate) const CROWD: usize = 100;
/// How many of those who are in a room are known by name: so many that it is all of them.
const HERE_MAX: usize = 10_000;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    /// Most recently heard of first.
    names: Vec<String>,
    /// Who is known to be in the room where this client talks.
    here: HashSet<String>,
    /// So many others are there; `None` if nobody knows.
    others: Option<usize>,
}

impl Roster {
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// How many are in the room where this client talks, itself included.
    pub(crate) fn people(&self) -> Option<usize> {
        Some(1 + self.here.len() + self.others?)
    }

    /// Whether somebody is known to be in the room.
    pub(crate) fn has(&self, nick: &str) -> bool {
        self.here.contains(nick)
    }

    /// All others who are in the room.
    pub(crate) fn set(&mut self, others: &[&str]) {
        let known: HashSet<&str> = self.names.iter().map(String::as_str).collect();
        let new: Vec<_> = others.iter().filter(|name| !known.contains(*name)).collect();
        let new: Vec<String> = new.into_iter().map(|&name| name.to_owned()).collect();
        self.names.retain(|name| others.contains(&name.as_str()));
        self.names.extend(new);
        self.enter(Some(&Here { names: others.to_vec(), others: 0 }));
        self.names.truncate(NAMES_MAX);
    }

    /// Takes note of what `line` says about who is here, other than `me`.
    pub(crate) fn update(&mut self, line: &ServerLine<'_>, me: Option<&str>) {
        match line {
            ServerLine::Welcome { here, .. } => {
                self.names = here.names.iter().map(|&name| name.to_owned()).collect();
                self.enter(Some(here));
            }
            ServerLine::TalksIn { here, .. } => self.enter(here.as_ref()),
            ServerLine::Counted(None) => self.others = None,
            ServerLine::Counted(Some(count)) => {
                let others = count.saturating_sub(1);
                if others < self.here.len() {
                    self.here.clear();
                }
                self.others = Some(others - self.here.len());
            }
            ServerLine::Joined(nick) => {
                self.remove(nick);
                self.names.push((*nick).to_owned());
                self.others = self.others.map(|others| others + 1);
                self.see(nick);
            }
            ServerLine::Left(nick) => {
                self.remove(nick);
                // Who is not known here was one of the others, or in another room if there are none.
                if !self.here.remove(*nick) {
                    self.others = self.others.map(|others| others.saturating_sub(1));
                }
            }
            ServerLine::Renamed { from: Some(from), to } => {
                let known = self.names.iter_mut().find(|name| name == from);
                if let Some(name) = known {
                    (*to).clone_into(name);
                }
                if self.here.remove(*from) {
                    self.here.insert((*to).to_owned());
                }
            }
            ServerLine::Said { nick, .. } | ServerLine::Acted { nick, .. } if Some(*nick) != me => {
                self.hear(nick);
                self.see(nick);
            }
            ServerLine::Private { nick, .. } | ServerLine::PrivateSent { to: nick, .. }
                if Some(*nick) != me =>
            {
                self.hear(nick);
            }
            ServerLine::Said { .. }
            | ServerLine::Acted { .. }
            | ServerLine::Private { .. }
            | ServerLine::PrivateSent { .. }
            | ServerLine::Elsewhere { .. }
            | ServerLine::Renamed { from: None, .. }
            | ServerLine::Greeting
            | ServerLine::Refused { .. }
            | ServerLine::Earlier(_)
            | ServerLine::Notice
            | ServerLine::Unknown => {}
        }
        self.names.truncate(NAMES_MAX);
    }

    fn enter(&mut self, here: Option<&Here<'_>>) {
        self.others = here.map(|here| here.others + here.names.len());
        self.here.clear();
        here.into_iter().flat_map(|here| &here.names).for_each(|nick| self.see(nick));
    }

    /// Somebody is here, and was one of the others if not known.
    fn see(&mut self, nick: &str) {
        if let Some(others @ 1..) = self.others
            && self.here.len() < HERE_MAX
            && self.here.insert(nick.to_owned())
        {
            self.others = Some(others - 1);
        }
    }

    fn hear(&mut self, nick: &str) {
        self.remove(nick);
        self.names.insert(0, nick.to_owned());
    }

    fn remove(&mut self, nick: &str) {
        self.names.retain(|name| name != nick);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster(lines: &[&str]) -> Roster {
        let mut roster = Roster::default();
        for line in lines {
            roster.update(&ServerLine::parse(line), Some("me"));
        }
        roster
    }

    #[test]
    fn follows_joins_renames_and_leaves() {
        let roster = roster(&[
            "*** You are me. Here now: ana, bruno. /help",
            "*** carla joined",
            "*** bruno is now bia",
            "*** ana left (quit)",
        ]);
        assert_eq!(roster.names(), ["bia", "carla"]);
    }

    #[test]
    fn the_last_to_speak_comes_first() {
        let roster =
            roster(&["ana: oi", "bia: oi", "me: oi", "* ana waves", "(private) davi: psst"]);
        assert_eq!(roster.names(), ["davi", "ana", "bia"]);
    }

    #[test]
    fn is_bounded() {
        let mut roster = roster(&["*** You are me. Nobody else is here. /help", "*** x joined"]);
        for n in 0..=HERE_MAX {
            roster.update(&ServerLine::Joined(&n.to_string()), None);
        }
        assert_eq!((roster.names().len(), roster.here.len()), (NAMES_MAX, HERE_MAX));
        assert_eq!(roster.people(), Some(HERE_MAX + 3));
    }

    #[test]
    fn people_are_counted() {
        let welcome = "*** You are me. Here now: ana, bruno … and 2 others. /help";
        let parted = "*** You talk in #lobby now.";
        for (lines, people) in [
            (&["*** You are me. Nobody else is here. /help"][..], Some(1)),
            (&[welcome], Some(5)),
            (&[welcome, "*** carla joined", "*** ana left (quit)"], Some(5)),
            (&[welcome, "*** eva left (quit)"], Some(4)),
            (&["*** You are me. Nobody else is here. /help", "*** eva left (quit)"], Some(1)),
            (&[welcome, "carla: oi", "*** carla left the room"], Some(4)),
            (&[welcome, "*** bruno was banned by ana: spam"], Some(4)),
            (&[welcome, "*** ana is now bia", "*** bia left: bye"], Some(4)),
            (&[welcome, "*** 5 joined, 1 left; 140 here"], Some(140)),
            (&[welcome, "*** ana kicked 2 people out"], None),
            (&[welcome, "*** ana kicked 2 people out", "*** 3 here: me, ana, bruno"], Some(3)),
            (&[welcome, "*** 2 here: me, eva", "eva: oi"], Some(2)),
            (&[welcome, "(#dev) carla: oi", "(private) carla: oi", "me: oi"], Some(5)),
            (&["*** You talk in #dev now. Here now: @ana, +eva.", "*** ana left (quit)"], Some(2)),
            (
                &["*** You talk in #dev now. It is new, and you are its operator: /help room."],
                Some(1),
            ),
            (&[welcome, parted], None),
            (&[welcome, parted, "*** ana joined"], None),
        ] {
            assert_eq!(roster(lines).people(), people, "{lines:?}");
        }
    }
}
