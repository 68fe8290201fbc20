//! What was asked for and is refused: one table of what clients are told.

use std::mem;

use super::speaker::{Reply, Speaker};
use super::verbs::Verb;
use crate::chat::answer::{Longest, Refusal};
use crate::wire::refusal::Why;

/// What stands for a refusal.
enum Told {
    /// A number, and what it is about.
    Numeric(&'static str, String),
    /// A word that programs know.
    Fail(&'static str),
    /// The same, and that it is about so many parameters of the line.
    FailAbout(&'static str, usize),
    /// Nothing: it is no failure for whoever asked so.
    Nothing,
}

impl Speaker {
    pub(super) fn refuse(&mut self, refusal: &Refusal<'_>, reply: &mut Reply<'_>) {
        let why = Why(refusal);
        let is_of_nick = matches!(refusal, Refusal::NickTaken(_) | Refusal::NickReserved(_));
        if is_of_nick && mem::replace(&mut self.is_nick_refused, true) {
            // Told again for each line of the registration, a client would go through several nicknames.
            return;
        }
        match self.told_in_words(refusal).unwrap_or_else(|| self.told(refusal)) {
            Told::Numeric(code, about) if about.is_empty() => {
                reply.numeric(code, format_args!(":{why}"));
            }
            Told::Numeric(code, about) => reply.numeric(code, format_args!("{about} :{why}")),
            Told::Fail(code) => reply.fail(&self.asked.name, code, why),
            Told::FailAbout(code, count) => {
                let params = (0..count).map(|index| self.param(index).unwrap_or("*"));
                reply.fail_about(&self.asked.name, code, params, why);
            }
            Told::Nothing => {}
        }
        // What ends a list ends it also if there is nothing in it.
        let asked = self.param(0).unwrap_or("*").to_owned();
        match (self.asked.verb, refusal) {
            (Verb::Whois, Refusal::UnknownNick(nick)) => {
                reply.numeric("318", format_args!("{} :End of /WHOIS list", nick.as_str()));
            }
            (Verb::Whowas, Refusal::UnknownNick(_)) => {
                reply.numeric("369", format_args!("{asked} :End of WHOWAS"));
            }
            (_, Refusal::WatchesTooMany(_, name)) => self.gather_unwatched(*name),
            _ => {}
        }
    }

    /// What stands for a refusal where clients know only words, no numbers.
    fn told_in_words(&self, refusal: &Refusal<'_>) -> Option<Told> {
        // So many parameters, from the first on, tell the room; with one more, also the message.
        let (target, message) = match self.asked.verb {
            Verb::Redact => (1, 2),
            Verb::Chathistory => (2, 3),
            _ => return None,
        };
        match refusal {
            Refusal::UnknownRoom(_) | Refusal::BadRoom(_) | Refusal::NotIn(_) => {
                Some(Told::FailAbout("INVALID_TARGET", target))
            }
            Refusal::UnknownMessage(_) => Some(Told::FailAbout("UNKNOWN_MSGID", message)),
            Refusal::NotYours(_) => Some(Told::FailAbout("REDACT_FORBIDDEN", message)),
            _ => None,
        }
    }

    #[expect(clippy::match_same_arms, reason = "a table: the first lines are the exceptions")]
    fn told(&self, refusal: &Refusal<'_>) -> Told {
        let typed = || self.param(0).unwrap_or("*").to_owned();
        let numeric = |code, about: &dyn std::fmt::Display| Told::Numeric(code, about.to_string());
        match (self.asked.verb, refusal) {
            // A notice is never answered, lest two programs answer each other for ever.
            (Verb::Notice, _) => Told::Nothing,
            (Verb::Ison | Verb::Userhost, Refusal::UnknownNick(_)) => Told::Nothing,
            (Verb::Names, Refusal::UnknownRoom(_) | Refusal::BadRoom(_)) => Told::Nothing,
            (Verb::Mode, Refusal::NotListed(_) | Refusal::ConcernedBy { .. }) => Told::Nothing,
            (Verb::Whowas, Refusal::UnknownNick(nick)) => numeric("406", &nick.as_str()),
            (_, Refusal::UnknownNick(nick)) => {
                let nick = if nick.as_str().is_empty() { "*" } else { nick.as_str() };
                numeric("401", &nick)
            }
            (_, Refusal::BadNick(_)) => Told::Numeric("432", typed()),
            (_, Refusal::NickTaken(nick)) => numeric("433", nick),
            (_, Refusal::NickReserved(nick)) => numeric("432", nick),
            (_, Refusal::Nameless) => Told::Numeric("451", String::new()),
            (_, Refusal::Behind(who)) => numeric("437", who),
            (_, Refusal::UnknownRoom(room)) => numeric("403", room),
            (_, Refusal::BadRoom(_) | Refusal::LooksLike(_)) => Told::Numeric("403", typed()),
            (Verb::Privmsg | Verb::Tagmsg, Refusal::NotIn(room)) => numeric("404", room),
            (_, Refusal::NotIn(room)) => numeric("442", room),
            (
                _,
                Refusal::TooManyRooms | Refusal::TooManyRoomsMade(_) | Refusal::InTooManyRooms(_),
            ) => Told::Numeric("405", typed()),
            (_, Refusal::NeedsOperator(room, _) | Refusal::LastOperator(room)) => {
                numeric("482", room)
            }
            (_, Refusal::Banned(room, _)) => numeric("474", room),
            (_, Refusal::InviteOnly(room)) => numeric("473", room),
            (_, Refusal::WrongKey(room)) => numeric("475", room),
            (_, Refusal::RoomFull(room)) => numeric("471", room),
            (
                _,
                Refusal::Muted(room)
                | Refusal::Moderated(room)
                | Refusal::NoProbes(room)
                | Refusal::Slow(room, _),
            ) => numeric("404", room),
            (_, Refusal::NotThere(who, room)) => Told::Numeric("441", format!("{who} {room}")),
            (_, Refusal::AlreadyThere(who, room)) => Told::Numeric("443", format!("{who} {room}")),
            (_, Refusal::ListFull(room)) => Told::Numeric("478", format!("{room} b")),
            (_, Refusal::LineTooLong(_)) => Told::Numeric("417", String::new()),
            (Verb::Mode, Refusal::TooLong(Longest::Key, _)) => {
                Told::Numeric("696", format!("{} k *", typed()))
            }
            (_, Refusal::NotYourself) => Told::Numeric("502", String::new()),
            (Verb::Setname, Refusal::TooLong(..)) => Told::Fail("INVALID_REALNAME"),
            (_, Refusal::TooLong(..)) => Told::Fail("TOO_LONG"),
            // Told below, with others of the same line.
            (_, Refusal::WatchesTooMany(..)) => Told::Nothing,
            (_, Refusal::TooManyInvited(_)) => Told::Fail("TOO_MANY"),
            (_, Refusal::BadMask) => Told::Fail("INVALID_MASK"),
            (_, Refusal::Oneself | Refusal::IsOperator(..)) => Told::Fail("INVALID_TARGET"),
            (
                _,
                Refusal::UnknownCommand(_)
                | Refusal::Usage(_)
                | Refusal::InNoRoom(_)
                | Refusal::NobodyToAnswer
                | Refusal::TooSlow(_)
                | Refusal::NotListed(_)
                | Refusal::UnknownMessage(_)
                | Refusal::NotYours(_)
                | Refusal::AlsoConcerns { .. }
                | Refusal::ConcernedBy { .. },
            ) => Told::Fail("REFUSED"),
        }
    }
}
