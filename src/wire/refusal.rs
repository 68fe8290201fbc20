//! Refusals as a person reads them: what was not done, and what to do instead.

use std::fmt::{self, Display, Formatter};

use super::time::{For, Lasting, up_to_seconds};
use crate::chat::answer::{Longest, Refusal};
use crate::chat::name::{
    NICK_COLUMNS_MAX, NICK_PUNCTUATION, NameError, ROOM_COLUMNS_MAX, ROOM_PUNCTUATION,
};
use crate::chat::rules::List;

/// Why something is refused, as one line.
pub(super) struct Why<'a>(pub(super) &'a Refusal<'a>);

impl Display for Why<'_> {
    #[expect(clippy::too_many_lines, reason = "a table: a sentence for each refusal")]
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Refusal::BadNick(error) => {
                bad_name("nickname", NICK_COLUMNS_MAX, NICK_PUNCTUATION, *error, f)
            }
            Refusal::BadRoom(error) => {
                bad_name("room's name", ROOM_COLUMNS_MAX, ROOM_PUNCTUATION, *error, f)
            }
            Refusal::NickTaken(nick) => {
                write!(f, "{nick} is taken, or looks too much like a nickname that is.")
            }
            Refusal::NickReserved(nick) => {
                write!(f, "{nick} is the server itself, or looks too much like it.")
            }
            Refusal::Nameless => write!(f, "First you need a nickname."),
            Refusal::Behind(nick) => {
                write!(f, "{nick} has not read what it was sent before: try again later.")
            }
            Refusal::UnknownNick(nick) => {
                write!(f, "Nobody here is called {}. /who lists who is here.", nick.as_str())
            }
            Refusal::NobodyToAnswer => {
                write!(f, "Nobody here has written to you alone: /msg NICK TEXT does that.")
            }
            Refusal::UnknownCommand(name) => {
                let name = name.as_str();
                write!(
                    f,
                    "There is no command /{name}. /help lists the commands; to say /{name}, type //{name}."
                )
            }
            Refusal::Usage(usage) => write!(f, "Usage: {usage}"),
            Refusal::LineTooLong(limit) => {
                write!(f, "That line was not sent: it has more than {limit} bytes.")
            }
            Refusal::InNoRoom(home) => {
                write!(f, "You are in no room. /join {home} goes to one, /rooms lists all.")
            }
            Refusal::UnknownRoom(room) => {
                write!(f, "There is no room {room}. /rooms lists them, /join {room} makes it.")
            }
            Refusal::NotIn(room) => write!(f, "You are not in {room}. /join {room} goes there."),
            Refusal::LooksLike(Some(room)) => write!(f, "That looks too much like {room}."),
            Refusal::LooksLike(None) => write!(f, "That looks too much like a room that there is."),
            Refusal::TooManyRooms => {
                write!(f, "There are as many rooms as there may be. /rooms lists them.")
            }
            Refusal::TooManyRoomsMade(limit) => {
                write!(f, "From your address {limit} rooms were made, and there may be no more.")
            }
            Refusal::InTooManyRooms(limit) => {
                write!(
                    f,
                    "You are in {limit} rooms, and may be in no more: /part #ROOM leaves one."
                )
            }
            Refusal::NeedsOperator(room, true) => {
                write!(f, "Only operators of {room} can do that.")
            }
            Refusal::NeedsOperator(room, false) => {
                write!(f, "Only operators of {room} can do that, and it has none.")
            }
            Refusal::LastOperator(room) => {
                write!(f, "You are the only operator of {room}: /op somebody else first.")
            }
            Refusal::Banned(room, left) => {
                write!(f, "You are banned from {room} for {}.", For(*left))
            }
            Refusal::Muted(room) => write!(f, "That was not said: you are muted in {room}."),
            Refusal::InviteOnly(room) => {
                write!(f, "{room} is invite-only: one of its operators can /invite you.")
            }
            Refusal::WrongKey(room) => {
                write!(f, "It takes the key to come into {room}: /join {room} KEY.")
            }
            Refusal::RoomFull(room) => write!(f, "{room} is full."),
            Refusal::NoProbes(room) => {
                write!(f, "Programs may not ask each other questions in {room}.")
            }
            Refusal::Moderated(room) => write!(
                f,
                "That was not said: only operators and those with a voice talk in {room}."
            ),
            Refusal::Slow(room, left) => {
                let left = Lasting(up_to_seconds(*left));
                write!(f, "That was not said: {room} is slow. Say it again in {left}.")
            }
            Refusal::NotThere(nick, room) => write!(f, "{nick} is not in {room}."),
            Refusal::AlreadyThere(nick, room) => write!(f, "{nick} is in {room} already."),
            Refusal::TooLong(what, limit) => {
                let what = match what {
                    Longest::Topic => "topic",
                    Longest::Key => "key",
                    Longest::Away => "text",
                    Longest::RealName => "name",
                };
                write!(f, "That {what} is too long: at most {limit} bytes.")
            }
            Refusal::TooSlow(limit) => {
                write!(f, "That is too slow: at most {}.", Lasting(*limit))
            }
            Refusal::ListFull(room) => write!(f, "That list of {room} is full."),
            Refusal::TooManyInvited(room) => {
                write!(f, "As many as may be are invited to {room} and have not come.")
            }
            Refusal::WatchesTooMany(limit, _) => {
                write!(f, "You watch {limit} nicknames, and may watch no more.")
            }
            Refusal::BadMask => {
                write!(
                    f,
                    "That is neither a nickname nor a mask such as ana!*@* or *@6fj3kq2w7xa2b.mz5d.ip."
                )
            }
            Refusal::AlsoConcerns { list, others, all, one } => {
                let who = if *others == 1 { "1 other is" } else { &format!("{others} others are") };
                let command = match list {
                    List::Bans => "/ban",
                    List::Mutes | List::Exceptions | List::Invitations => "/mute",
                };
                write!(
                    f,
                    "{who} here from the same address. {command} {all} concerns them all, {command} {one} the nickname alone."
                )
            }
            Refusal::ConcernedBy { list, who, mask } => {
                let command = match list {
                    List::Bans => "/unban",
                    List::Mutes | List::Exceptions | List::Invitations => "/unmute",
                };
                let who = who.as_str();
                write!(
                    f,
                    "Nothing was made for {who} alone; {mask} concerns them: {command} {mask}."
                )
            }
            Refusal::IsOperator(nick, room) => {
                write!(f, "{nick} is an operator of {room}: /deop {nick} first.")
            }
            Refusal::NotListed(who) => {
                write!(f, "Nothing there concerns {}. /bans lists all.", who.as_str())
            }
            Refusal::NotYourself => write!(f, "You cannot do that to others."),
            Refusal::Oneself => write!(f, "You cannot do that to yourself."),
            Refusal::UnknownMessage(room) => {
                write!(f, "There is no such message in {room}, or it is no longer kept.")
            }
            Refusal::NotYours(room) => {
                write!(f, "You did not say that: only operators of {room} can take it back.")
            }
        }
    }
}

fn bad_name(
    what: &str,
    columns_max: usize,
    punctuation: &str,
    error: NameError,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    match error {
        NameError::Empty => write!(f, "A {what} cannot be empty."),
        NameError::TooLong => write!(f, "That {what} is too long: at most {columns_max} columns."),
        NameError::Character(' ') => write!(f, "A {what} is one word, without spaces."),
        NameError::Character(c) => {
            write!(f, "A {what} cannot have {}: only letters, digits and {punctuation}.", Shown(c))
        }
        NameError::Start(c) => write!(f, "A {what} cannot start with {}.", Shown(c)),
        NameError::Marks => write!(f, "That {what} has too many accents on one letter."),
    }
}

/// A character, if it can be seen; its code point, if not.
struct Shown(char);

impl Display for Shown {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let code = u32::from(self.0);
        if unicode_width::UnicodeWidthChar::width(self.0).unwrap_or(0) == 0 {
            write!(f, "the invisible character U+{code:04X}")
        } else {
            write!(f, "“{}”", self.0)
        }
    }
}
