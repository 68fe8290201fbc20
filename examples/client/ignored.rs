//! Whose lines are not shown, since the user said `/ignore`: the server never hears of it.

use crate::client::commands::command;
use crate::client::protocol::ServerLine;

const USAGE: &str = "Usage: /ignore [NICK], /unignore NICK";

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Ignored {
    nicks: Vec<String>,
}

impl Ignored {
    /// Follows `line` if it is a command about this, and tells what to answer to it.
    pub(crate) fn command(&mut self, line: &str) -> Option<String> {
        let word = command(line)?;
        let is_toggle = word.eq_ignore_ascii_case("ignore");
        if !is_toggle && !word.eq_ignore_ascii_case("unignore") {
            return None;
        }
        let nick = line['/'.len_utf8() + word.len()..].trim();
        let known = self.position(nick);
        Some(match known {
            None if nick.is_empty() && is_toggle => self.list(),
            None if nick.is_empty() || nick.contains(char::is_whitespace) => USAGE.to_owned(),
            Some(at) => {
                let nick = self.nicks.remove(at);
                format!("what {nick} says is shown again")
            }
            None if is_toggle => {
                self.nicks.push(nick.to_owned());
                format!("what {nick} says is not shown any more; /unignore {nick} shows it again")
            }
            None => format!("{nick} is not ignored; {}", self.list()),
        })
    }

    /// Whether `line` is what somebody ignored says: to all, in whatever room, or to this client alone.
    pub(crate) fn hides(&self, line: &ServerLine<'_>) -> bool {
        line.speaker().is_some_and(|nick| self.position(nick).is_some())
    }

    fn list(&self) -> String {
        if self.nicks.is_empty() {
            "nobody is ignored".to_owned()
        } else {
            format!("ignored: {}", self.nicks.join(", "))
        }
    }

    /// The server takes nicknames that differ by case alone for the same.
    fn position(&self, nick: &str) -> Option<usize> {
        let nick = nick.to_lowercase();
        self.nicks.iter().position(|ignored| ignored.to_lowercase() == nick)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_person_says_is_hidden_in_every_form_and_nothing_else() {
        let mut ignored = Ignored::default();
        ignored.command("/ignore Bia").expect("a command");
        let is_hidden = |line| ignored.hides(&ServerLine::parse(line));
        for line in ["bia: oi", "* bia waves", "(private) bia: psst", "(#dev) bia: oi"] {
            assert!(is_hidden(line), "{line}");
        }
        assert!(is_hidden("(#dev) * BIA waves"));
        for line in [
            "biah: oi",
            "ana: bia: oi",
            "* ana bia: oi",
            "(#bia) ana: oi",
            "(private to bia) ana: psst",
            "*** bia joined",
            "*** (#dev) bia joined",
            "*** bia: oi",
            "*** 1 earlier message, 3 minutes ago:",
            "bia",
        ] {
            assert!(!is_hidden(line), "{line}");
        }
    }

    #[test]
    fn it_is_taken_back_and_listed() {
        let mut ignored = Ignored::default();
        for (line, answer) in [
            ("/ignore", "nobody is ignored"),
            ("/unignore", USAGE),
            ("/ignore two words", USAGE),
            ("/ignore bia", "what bia says is not shown any more; /unignore bia shows it again"),
            ("/IGNORE ana", "what ana says is not shown any more; /unignore ana shows it again"),
            ("/ignore", "ignored: bia, ana"),
            ("/ignore  BIA ", "what bia says is shown again"),
            ("/unignore bia", "bia is not ignored; ignored: ana"),
            ("/unignore ana", "what ana says is shown again"),
            ("/ignore", "nobody is ignored"),
        ] {
            assert_eq!(ignored.command(line).as_deref(), Some(answer), "{line}");
        }
        for line in ["//ignore bia", "ignore bia", "/ignored bia", "/who", ""] {
            assert_eq!(ignored.command(line), None, "{line}");
        }
    }
}
