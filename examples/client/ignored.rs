//! Whose lines are not shown, since the user said `/ignore`: the server never hears of it.

use chatd::chat::look_alikes::LookAlikes;
use chatd::chat::name::Nick;

use crate::client::commands::{command, is_reply};
use crate::client::protocol::ServerLine;

const USAGE: &str = "Usage: /ignore [NICK], /unignore NICK";
const REPLY_REFUSED: &str =
    "not sent: who wrote to you alone last is ignored; /msg NICK TEXT says to whom";

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Ignored {
    nicks: Vec<String>,
    /// Whether the last private message was hidden: the server would send a reply to its author,
    /// while the user means somebody else.
    is_last_private_hidden: bool,
}

impl Ignored {
    /// Follows `line` if it is a command about this, and tells what to answer to it.
    pub(crate) fn command(&mut self, line: &str) -> Option<String> {
        if is_reply(line) && self.is_last_private_hidden {
            return Some(REPLY_REFUSED.to_owned());
        }
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
    pub(crate) fn hides(&mut self, line: &ServerLine<'_>) -> bool {
        let is_hidden = line.speaker().is_some_and(|nick| self.position(nick).is_some());
        if matches!(line, ServerLine::Private { .. }) {
            self.is_last_private_hidden = is_hidden;
        }
        is_hidden
    }

    fn list(&self) -> String {
        if self.nicks.is_empty() {
            "nobody is ignored".to_owned()
        } else {
            format!("ignored: {}", self.nicks.join(", "))
        }
    }

    fn position(&self, nick: &str) -> Option<usize> {
        self.nicks.iter().position(|ignored| is_same(ignored, nick))
    }
}

/// Whether the server takes both for the same nickname. They may differ by case, and by the marks of
/// Latin letters, which people leave out when they type.
fn is_same(one: &str, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (Nick::parse(one), Nick::parse(other)) else {
        return one == other;
    };
    let mut names = LookAlikes::default();
    names.claim((), one.as_str(), None).is_ok() && names.owner(other.as_str()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_person_says_is_hidden_in_every_form_and_nothing_else() {
        let mut ignored = Ignored::default();
        ignored.command("/ignore Bia").expect("a command");
        let mut is_hidden = |line| ignored.hides(&ServerLine::parse(line));
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
    fn a_nickname_is_the_same_with_and_without_its_marks() {
        for (ignored, nick, is_same) in [
            ("JOAO", "joão", true),
            ("joa\u{303}o", "joão", true),
            ("straße", "STRASSE", true),
            ("lana", "Iana", false),
            ("two words", "two", false),
        ] {
            assert_eq!(super::is_same(ignored, nick), is_same, "{ignored} {nick}");
        }
    }

    #[test]
    fn a_reply_does_not_go_to_somebody_ignored() {
        let mut ignored = Ignored::default();
        ignored.command("/ignore bia").expect("a command");
        for (line, is_refused) in [
            ("(private) ana: oi", false),
            ("(private) bia: oi", true),
            ("bia: oi", true),
            ("ana: oi", true),
            ("(private) ana: oi", false),
        ] {
            ignored.hides(&ServerLine::parse(line));
            for reply in ["/r yes", "/Reply yes"] {
                assert_eq!(ignored.command(reply).is_some(), is_refused, "{line} {reply}");
            }
            assert_eq!(ignored.command("/msg bia yes"), None);
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
