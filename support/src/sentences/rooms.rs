//! Every sentence about rooms, and about those in charge of them. A room is named as it is shown, with
//! its `#`.

use super::{MARK, notice};

/// The answer to somebody who goes away.
pub const YOU_ARE_AWAY: &str = "*** You are away. /away says that you are back.";
/// The answer to somebody who is back.
pub const YOU_ARE_BACK: &str = "*** You are back.";
/// The answer to `/topic` where there is none.
pub const NO_TOPIC: &str = "*** No topic.";
/// The answer to `/bans` where nobody is on a list.
pub const NO_LISTS: &str = "*** Nobody is banned or muted.";
/// Where somebody talks who has left its last room.
pub const NOWHERE: &str = "*** You are in no room now. /rooms lists them, /join goes to one.";

/// What an operator did with a rule, after its nickname.
pub const MODERATED: &str =
    "made the room moderated: all who are here have a voice, whoever comes has none";
/// The same for the opposite.
pub const UNMODERATED: &str = "lets everybody talk again";
/// Everybody may change the topic.
pub const TOPIC_OPEN: &str = "lets everybody change the topic";
/// Only operators may.
pub const TOPIC_CLOSED: &str = "lets only operators change the topic";
/// What somebody is who has a rank again that waited for it, after its nickname.
pub const OPERATOR_AGAIN: &str = "is an operator again";
/// The same with a voice.
pub const VOICE_AGAIN: &str = "has a voice again";
/// What whoever is on a list is until there is no room any more, after the mask.
pub const MUTED: &str = "is muted for as long as the room exists.";
/// The same for the list of those who may not come in.
pub const BANNED: &str = "is banned for as long as the room exists.";
/// The answer when one entry was taken off the list of those who may not talk.
pub const UNMUTED: &str = "*** No longer muted.";
/// The same for the list of those who may not come in.
pub const UNBANNED: &str = "*** No longer banned.";

/// How the answer ends to somebody who made a room.
const NEW: &str = ". It is new, and you are its operator: /help room.";

/// A line of a room, as it is shown to whoever talks elsewhere.
pub fn marked(room: &str, line: &str) -> String {
    match line.strip_prefix(MARK) {
        Some(told) => notice(format!("({room}) {told}")),
        None => format!("({room}) {line}"),
    }
}

/// The room with which a line is marked, and the line without that.
pub fn read_marked(line: &str) -> Option<(&str, String)> {
    let (stars, rest) = line.strip_prefix(MARK).map_or(("", line), |rest| (MARK, rest));
    let (room, rest) = rest.strip_prefix('(')?.split_once(") ")?;
    room.starts_with('#').then(|| (room, format!("{stars}{rest}")))
}

/// Somebody left a room, perhaps with last words.
pub fn parted(nick: &str, words: Option<&str>) -> String {
    notice(format!("{nick} left the room{}", because(words)))
}

/// Somebody was made to leave a room, and may not come back.
pub fn banned(nick: &str, by: &str) -> String {
    notice(format!("{nick} was banned by {by}"))
}

/// Somebody was made to leave a room.
pub fn kicked(nick: &str, by: &str, reason: Option<&str>) -> String {
    notice(format!("{nick} was kicked out by {by}{}", because(reason)))
}

fn because(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}

/// Somebody says what the room is about.
pub fn changed_topic(by: &str, topic: &str) -> String {
    notice(format!("{by} changed the topic: {topic}"))
}

/// Somebody is an operator now.
pub fn made_operator(by: &str, nick: &str) -> String {
    notice(format!("{by} made {nick} an operator"))
}

/// Somebody is none any more.
pub fn no_operator(by: &str, nick: &str) -> String {
    notice(format!("{by} took the rank of operator from {nick}"))
}

/// Somebody may talk where others may not.
pub fn gave_voice(by: &str, nick: &str) -> String {
    notice(format!("{by} gave {nick} a voice"))
}

/// Somebody may do that no longer.
pub fn took_voice(by: &str, nick: &str) -> String {
    notice(format!("{by} took the voice from {nick}"))
}

/// Somebody went away, or is back.
pub fn away(nick: &str, reason: Option<&str>) -> String {
    match reason {
        Some(reason) => notice(format!("{nick} is away: {reason}")),
        None => notice(format!("{nick} is back")),
    }
}

/// What somebody said when it went away, if that is what is told.
pub fn read_away<'a>(nick: &str, line: &'a str) -> Option<&'a str> {
    line.strip_prefix(MARK)?.strip_prefix(nick)?.strip_prefix(" is away: ")
}

/// The answer to whoever comes into a room: where it talked before and in how many other rooms it
/// still is, and who is here, separated by commas.
pub fn entered(room: &str, before: Option<(&str, usize)>, here: &str) -> String {
    format!("{}. {}", comes_to(room, before), super::here_now(here))
}

/// The same for whoever makes it.
pub fn made(room: &str, before: Option<(&str, usize)>) -> String {
    comes_to(room, before) + NEW
}

fn comes_to(room: &str, before: Option<(&str, usize)>) -> String {
    let before = before.map_or_else(String::new, |(before, others)| {
        let others = match others {
            0 => String::new(),
            1 => " and 1 other room".into(),
            _ => format!(" and {others} other rooms"),
        };
        format!(", and still hear {before}{others}")
    });
    notice(format!("You talk in {room} now{before}"))
}

/// Where somebody talks from now on, if anywhere.
pub fn talks_in(room: Option<&str>) -> String {
    room.map_or_else(|| NOWHERE.into(), |room| notice(format!("You talk in {room} now.")))
}

/// The room where somebody talks from now on, and whether it made that room.
pub fn read_talks_in(line: &str) -> Option<(&str, bool)> {
    let rest = line.strip_prefix(MARK)?.strip_prefix("You talk in ")?;
    Some((rest.split_once(" now")?.0, rest.ends_with(NEW)))
}

/// What a room is about, if there is a topic.
pub fn topic(topic: Option<&str>) -> String {
    topic.map_or_else(|| NO_TOPIC.into(), |topic| notice(format!("Topic: {topic}")))
}

/// A room in the list of rooms.
pub fn room_summary(room: &str, members: usize, is_in: bool, topic: Option<&str>) -> String {
    let people = if members == 1 { "person" } else { "people" };
    let you = if is_in { ", you too" } else { "" };
    let topic = topic.map_or_else(String::new, |topic| format!(": {topic}"));
    notice(format!("{room}: {members} {people}{you}{topic}"))
}

/// So many rooms, or entries of a list, are left out.
pub fn and_more(count: usize) -> String {
    notice(format!("… and {count} more"))
}

/// The rules of a room where none but the usual ones hold.
pub fn usual_rules(room: &str) -> String {
    notice(format!("Rules of {room}: operators may change the topic."))
}

/// A mask is on a list now, perhaps for a nickname: see [`MUTED`] and [`BANNED`].
pub fn kept_out(nick: Option<&str>, mask: &str, what: &str) -> String {
    match nick {
        Some(nick) => notice(format!("{nick} ({mask}) {what}")),
        None => notice(format!("{mask} {what}")),
    }
}

/// Why something in a room is refused: to be put into [`notice`].
pub mod why {
    /// It is about the room where one talks.
    pub const IN_NO_ROOM: &str = "You are in no room. /join #lobby goes to one, /rooms lists all.";
    /// It cannot be done to oneself.
    pub const ONESELF: &str = "You cannot do that to yourself.";

    /// A room cannot be called so: this is in it.
    pub fn bad_room(bad: char) -> String {
        format!("A room's name cannot have “{bad}”: only letters, digits and -_.+&'~=[]{{}}|^`.")
    }

    /// There is no such room.
    pub fn no_room(room: &str) -> String {
        format!("There is no room {room}. /rooms lists them, /join {room} makes it.")
    }

    /// One has to be in it.
    pub fn not_in(room: &str) -> String {
        format!("You are not in {room}. /join {room} goes there.")
    }

    /// It takes an operator.
    pub fn no_operator(room: &str, has_any: bool) -> String {
        let none = if has_any { "" } else { ", and it has none" };
        format!("Only operators of {room} can do that{none}.")
    }

    /// Somebody is elsewhere.
    pub fn not_there(nick: &str, room: &str) -> String {
        format!("{nick} is not in {room}.")
    }

    /// It cannot be done to an operator.
    pub fn is_operator(nick: &str, room: &str) -> String {
        format!("{nick} is an operator of {room}: /deop {nick} first.")
    }

    /// It takes a voice.
    pub fn moderated(room: &str) -> String {
        format!("That was not said: only operators and those with a voice talk in {room}.")
    }

    /// An operator silenced whoever wants to talk.
    pub fn muted(room: &str) -> String {
        format!("That was not said: you are muted in {room}.")
    }

    /// An operator does not want whoever wants to come in.
    pub fn banned(room: &str) -> String {
        format!("You are banned from {room} for as long as the room exists.")
    }

    /// Nothing is on that list for whoever is to be taken off it.
    pub fn not_listed(who: &str) -> String {
        format!("Nothing there concerns {who}. /bans lists all.")
    }
}
