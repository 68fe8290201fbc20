//! Who is here, for Tab to complete: those who spoke last come first.

use crate::client::protocol::ServerLine;

/// The names kept. In a room of thousands it is the recent speakers that one wants to address.
const NAMES_MAX: usize = 500;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    /// Most recently heard of first.
    names: Vec<String>,
}

impl Roster {
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Takes note of what `line` says about who is here, other than `me`.
    pub(crate) fn update(&mut self, line: &ServerLine<'_>, me: Option<&str>) {
        match line {
            ServerLine::Welcome { here, .. } => {
                self.names = here.iter().map(|&name| name.to_owned()).collect();
            }
            ServerLine::Joined(nick) => {
                self.remove(nick);
                self.names.push((*nick).to_owned());
            }
            ServerLine::Left(nick) => self.remove(nick),
            ServerLine::Renamed { from: Some(from), to } => {
                let known = self.names.iter_mut().find(|name| name == from);
                if let Some(name) = known {
                    (*to).clone_into(name);
                }
            }
            ServerLine::Said { nick, .. }
            | ServerLine::Acted { nick, .. }
            | ServerLine::Private { nick, .. }
            | ServerLine::PrivateSent { to: nick, .. } => {
                if Some(*nick) != me {
                    self.remove(nick);
                    self.names.insert(0, (*nick).to_owned());
                }
            }
            ServerLine::Renamed { from: None, .. }
            | ServerLine::Greeting
            | ServerLine::Refused { .. }
            | ServerLine::TalksIn(_)
            | ServerLine::Earlier(_)
            | ServerLine::Notice
            | ServerLine::Unknown => {}
        }
        self.names.truncate(NAMES_MAX);
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
        let mut roster = Roster::default();
        for n in 0..=NAMES_MAX {
            roster.update(&ServerLine::Joined(&n.to_string()), None);
        }
        assert_eq!(roster.names().len(), NAMES_MAX);
    }
}
