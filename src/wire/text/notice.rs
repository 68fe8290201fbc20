//! The sentences of the server: what happened, and what one is told.

use std::fmt::{self, Display, Formatter};

use crate::chat::answer::{Answer, Listing, Place, Profile};
use crate::chat::event::{Farewell, Happening};
use crate::chat::name::RoomName;
use crate::chat::rules::{Change, List, Rank, Ranks, Rules};
use crate::wire::refusal::Why;
use crate::wire::time::{Ago, For, Lasting};

/// `(#dev) `, if it happens where the reader does not talk.
pub(super) struct Mark<'a> {
    pub(super) room: &'a RoomName,
    pub(super) is_marked: bool,
}

impl<'a> Mark<'a> {
    pub(super) fn of(place: Place<'a>) -> Self {
        Self { room: place.room, is_marked: !place.is_focused }
    }
}

impl Display for Mark<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.is_marked { write!(f, "({}) ", self.room) } else { Ok(()) }
    }
}

/// What happened in a room.
pub(super) struct Happened<'a>(pub(super) Happening<'a>);

impl Display for Happened<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Happening::Joined { who, .. } => write!(f, "{who} joined"),
            Happening::Parted { nick, reason: None, .. } => write!(f, "{nick} left the room"),
            Happening::Parted { nick, reason: Some(text), .. } => {
                write!(f, "{nick} left the room: {}", text.as_str())
            }
            Happening::Traffic { joined, left: 0, here } => {
                write!(f, "{joined} joined; {here} here")
            }
            Happening::Traffic { joined: 0, left, here } => write!(f, "{left} left; {here} here"),
            Happening::Traffic { joined, left, here } => {
                write!(f, "{joined} joined, {left} left; {here} here")
            }
            Happening::Topic { by, topic: Some(topic) } => {
                write!(f, "{by} changed the topic: {}", topic.as_str())
            }
            Happening::Topic { by, topic: None } => write!(f, "{by} removed the topic"),
            Happening::Kicked { by, nick, reason, is_banned, .. } => {
                let what = if is_banned { "banned" } else { "kicked out" };
                write!(f, "{nick} was {what} by {by}")?;
                reason.map_or(Ok(()), |text| write!(f, ": {}", text.as_str()))
            }
            Happening::ManyKicked { by, count } => write!(f, "{by} kicked {count} people out"),
            Happening::RankBack { nick, rank: Rank::Operator } => {
                write!(f, "{nick} is an operator again")
            }
            Happening::RankBack { nick, rank: Rank::Voice } => {
                write!(f, "{nick} has a voice again")
            }
            Happening::Ranked { by, nick, rank: Rank::Operator, is_given: true } => {
                write!(f, "{by} made {nick} an operator")
            }
            Happening::Ranked { by, nick, rank: Rank::Operator, is_given: false } => {
                write!(f, "{by} took the rank of operator from {nick}")
            }
            Happening::Ranked { by, nick, rank: Rank::Voice, is_given: true } => {
                write!(f, "{by} gave {nick} a voice")
            }
            Happening::Ranked { by, nick, rank: Rank::Voice, is_given: false } => {
                write!(f, "{by} took the voice from {nick}")
            }
            Happening::Invited { by, who } => write!(f, "{by} invites {who}"),
            Happening::Listed { by, list, mask, is_added } => {
                let no_longer = if is_added { "" } else { "no longer " };
                write!(f, "{by}: {mask} is {no_longer}{}", state_of(list))
            }
            Happening::TakenBack { by, from, reason, .. } => {
                write!(f, "{by} took back a message")?;
                from.map_or(Ok(()), |from| write!(f, " of {from}"))?;
                reason.map_or(Ok(()), |text| write!(f, ": {}", text.as_str()))
            }
            Happening::Changed { by, change } => write!(f, "{by} {}", Changed(change)),
        }
    }
}

/// What an operator did with a rule.
struct Changed<'a>(Change<'a>);

impl Display for Changed<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Change::InviteOnly(true) => "made the room invite-only",
            Change::InviteOnly(false) => "made the room open: it takes no invitation",
            Change::Moderated(true) => {
                "made the room moderated: all who are here have a voice, whoever comes has none"
            }
            Change::Moderated(false) => "lets everybody talk again",
            Change::Secret(true) => "made the room secret",
            Change::Secret(false) => "made the room known to all",
            Change::Strangers(true) => "lets also those talk who are not in the room",
            Change::Strangers(false) => "lets only those talk who are in the room",
            Change::NoProbes(true) => "lets no programs ask each other questions here",
            Change::NoProbes(false) => "lets programs ask each other questions again",
            Change::OperatorsHearAll(true) => "lets operators hear what those say who may not talk",
            Change::OperatorsHearAll(false) => "lets operators hear no more than others",
            Change::OpenTopic(true) => "lets everybody change the topic",
            Change::OpenTopic(false) => "lets only operators change the topic",
            // Whoever is here needs it no more, and it may be shown on a screen.
            Change::Key(Some(_)) => "gave the room a key",
            Change::Key(None) => "took the key of the room away",
            Change::Limit(Some(limit)) => {
                return write!(f, "lets at most {limit} people in");
            }
            Change::Limit(None) => "lets any number of people in",
            Change::Slow(Some(slow)) => {
                return write!(f, "made the room slow: each may talk every {}", Lasting(slow));
            }
            Change::Slow(None) => "lets everybody talk as fast as they like",
        })
    }
}

/// An answer that is one line of the server.
pub(super) struct Told<'a>(pub(super) &'a Answer<'a>);

impl Display for Told<'_> {
    #[expect(clippy::too_many_lines, reason = "a table: a sentence for each answer")]
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self.0 {
            Answer::Greeting { server } => write!(f, "Welcome to {server}. Choose a nickname:"),
            Answer::Welcomed { nick, others } => {
                write!(
                    f,
                    "You are {nick}. {} /help lists the commands, /quit leaves.",
                    Here(others)
                )
            }
            Answer::History { place, count: 0, .. } => {
                write!(f, "{}No earlier messages.", Mark::of(place))
            }
            Answer::History { place, count: 1, last } => {
                write!(f, "{}1 earlier message, {} ago:", Mark::of(place), Ago(last))
            }
            Answer::History { place, count, last } => {
                let (mark, ago) = (Mark::of(place), Ago(last));
                write!(f, "{mark}{count} earlier messages, the last one {ago} ago:")
            }
            Answer::Named(nick) => write!(f, "You are now {nick}."),
            Answer::Entered { room, is_new, others, still, .. } => {
                write!(f, "You talk in {room} now")?;
                match still {
                    None => {}
                    Some((before, 0)) => write!(f, ", and still hear {before}")?,
                    Some((before, 1)) => write!(f, ", and still hear {before} and 1 other room")?,
                    Some((before, more)) => {
                        write!(f, ", and still hear {before} and {more} other rooms")?;
                    }
                }
                if is_new {
                    f.write_str(". It is new, and you are its operator: /help room.")
                } else {
                    write!(f, ". {}", Here(others))
                }
            }
            Answer::Focused(Some(room)) => write!(f, "You talk in {room} now."),
            Answer::Focused(None) => {
                write!(f, "You are in no room now. /rooms lists them, /join goes to one.")
            }
            Answer::Topic { place, topic: Some(topic) } => {
                write!(f, "{}Topic: {}", Mark::of(place), topic.text.as_text().as_str())
            }
            Answer::Topic { place, topic: None } => write!(f, "{}No topic.", Mark::of(place)),
            Answer::Whois(profile) => about(profile, f),
            Answer::YouAreAway => write!(f, "You are away. /away says that you are back."),
            Answer::YouAreBack => write!(f, "You are back."),
            Answer::IsAway { nick, reason } => write!(f, "{nick} is away: {}", reason.as_str()),
            Answer::Invited { by, room } => {
                write!(f, "{by} invites you to {room}: /join {room} goes there.")
            }
            Answer::Inviting { nick, room } => write!(f, "{nick} is invited to {room}."),
            Answer::KeptOut { list, mask, made_for, time, .. } => {
                match made_for {
                    Some(nick) => write!(f, "{nick} ({mask})")?,
                    None => write!(f, "{mask}")?,
                }
                write!(f, " is {} for {}.", state_of(list), For(time))
            }
            Answer::Pardoned { list, masks: [_], .. } => write!(f, "No longer {}.", state_of(list)),
            Answer::Pardoned { list, masks, .. } => {
                let count = masks.len();
                write!(f, "{count} entries removed: no longer {}.", state_of(list))
            }
            Answer::Rules { room, rules, is_operator, .. } => rules_of(room, rules, is_operator, f),
            Answer::Refused { refusal, named: true } => write!(f, "{}", Why(refusal)),
            Answer::Refused { refusal, named: false } => {
                write!(f, "{} Choose a nickname:", Why(refusal))
            }
            Answer::NamelessTooLong(limit) => {
                write!(f, "No nickname within {} seconds: closing. Come again!", limit.as_secs())
            }
            Answer::NicknamesRefused(count) => {
                write!(f, "{count} nicknames refused: closing. Come again!")
            }
            Answer::Full => f.write_str("server full: try again later"),
            Answer::FullForAddress => {
                f.write_str("too many connections from your address: close one, or try again later")
            }
            Answer::Stopping => f.write_str("server is stopping"),
            // Written by `answer` itself, or not told to people.
            Answer::Registered(_)
            | Answer::Watching(_)
            | Answer::News(_)
            | Answer::Hidden { .. }
            | Answer::Counts(_)
            | Answer::Found(..)
            | Answer::People { .. }
            | Answer::Was(_)
            | Answer::Invitations(_)
            | Answer::Talked(_)
            | Answer::Described(_)
            | Answer::Motd(_)
            | Answer::List { .. }
            | Answer::Earlier { .. }
            | Answer::Done { .. }
            | Answer::Told { .. }
            | Answer::Delivered { .. }
            | Answer::Present { .. }
            | Answer::Rooms { .. }
            | Answer::Lists { .. }
            | Answer::Help(_) => Ok(()),
        }
    }
}

fn about(profile: Profile<'_>, f: &mut Formatter<'_>) -> fmt::Result {
    let Profile { who, cloak, rooms, away, .. } = profile;
    write!(f, "{who} comes from {cloak}")?;
    for (index, (room, ranks)) in rooms.iter().enumerate() {
        let lead = if index == 0 { " and is in " } else { ", " };
        write!(f, "{lead}{}{room}", sign_of(*ranks))?;
    }
    match away {
        Some(reason) => write!(f, "; away: {}", reason.as_str()),
        None => f.write_str("."),
    }
}

fn rules_of(
    room: &RoomName,
    rules: &Rules,
    is_operator: bool,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    write!(f, "Rules of {room}:")?;
    let flags = [
        (rules.invite_only, " invite-only,"),
        (rules.moderated, " moderated,"),
        (rules.secret, " secret,"),
        (rules.key.is_some() && !is_operator, " with a key,"),
    ];
    for (_, words) in flags.iter().filter(|(is_on, _)| *is_on) {
        f.write_str(words)?;
    }
    if let Some(key) = rules.key.as_deref().filter(|_| is_operator) {
        write!(f, " the key is {key},")?;
    }
    if let Some(limit) = rules.limit {
        write!(f, " at most {limit} people,")?;
    }
    if let Some(slow) = rules.slow {
        write!(f, " one message every {},", Lasting(slow))?;
    }
    let topic = if rules.open_topic { "everybody" } else { "operators" };
    write!(f, " {topic} may change the topic.")
}

/// `ana, @bruno … and 3 others`.
pub(super) struct Names<'a>(pub(super) Listing<'a>);

impl Display for Names<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, (nick, rank)) in self.0.people.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{}{nick}", sign_of(*rank))?;
        }
        match self.0.others {
            0 => Ok(()),
            1 => write!(f, " … and 1 other"),
            others => write!(f, " … and {others} others"),
        }
    }
}

/// `Here now: ana, bruno.`
struct Here<'a>(Listing<'a>);

impl Display for Here<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0.people.is_empty() {
            f.write_str("Nobody else is here.")
        } else {
            write!(f, "Here now: {}.", Names(self.0))
        }
    }
}

/// What somebody on a list is.
pub(super) fn state_of(list: List) -> &'static str {
    match list {
        List::Bans => "banned",
        List::Mutes => "muted",
        List::Exceptions => "excepted from bans and mutes",
        List::Invitations => "invited",
    }
}

/// What stands before the nickname of somebody with a rank.
fn sign_of(ranks: Ranks) -> &'static str {
    match ranks.highest() {
        Some(Rank::Operator) => "@",
        Some(Rank::Voice) => "+",
        None => "",
    }
}

/// What the server knows of why somebody left, in brackets. What its user says stands behind a
/// colon: in brackets, `/quit timed out` would read as if the network had failed. Of a stream that
/// was ended in order there is nothing to say.
pub(super) fn reason_of(reason: Farewell<'_>) -> &'static str {
    match reason {
        Farewell::Quit(_) => " (quit)",
        Farewell::Ended => "",
        Farewell::Lost | Farewell::NicknamesRefused(_) => " (connection lost)",
        Farewell::TooSlow => " (too slow)",
        Farewell::TimedOut => " (timed out)",
    }
}
