//! What sessions ask for.

use std::time::Duration;

use super::history::Span;
use super::message::{MessageId, Speech};
use super::rules::{Change, List, Rank};
use super::text::Text;
use crate::clock::Timestamp;

/// What a session asks the chat for. Borrows from the received bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'a> {
    /// Come in with a nickname, and be in no room yet: what programs do that have a list of rooms of
    /// their own.
    Enter(Newcomer<'a>),
    /// Tell whether it could have this nickname.
    TryNick(Text<'a>),
    /// Take this nickname; with the first one it comes into the home room.
    Nick(Text<'a>),
    /// Say something to one person.
    Tell {
        /// The nickname of the one it is for.
        to: Text<'a>,
        /// What is said.
        speech: Speech<'a>,
    },
    /// Say something to whoever said something to it alone last.
    Reply(Text<'a>),
    /// Come into a room, which is made if there is none, and talk there from now on.
    Join {
        /// Which one; `#` may be left out.
        room: Text<'a>,
        /// The key, if it has one.
        key: Option<Text<'a>>,
    },
    /// Something in a room.
    In {
        /// Which one; `None` for the one where the session talks.
        room: Option<Text<'a>>,
        /// What.
        ask: Ask<'a>,
    },
    /// List the rooms.
    Rooms,
    /// Tell about a person.
    Whois(Text<'a>),
    /// Be away, and why; or be back.
    Away(Option<Text<'a>>),
    /// Tell others another real name.
    Describe(Text<'a>),
    /// Be found by those alone who are in a room with it, or by all; or tell which of them holds.
    Hide {
        /// Its own nickname.
        nick: Text<'a>,
        /// What is to hold, if that is to change.
        is_hidden: Option<bool>,
    },
    /// Change whose coming and going it is told of.
    Watch(Watch<'a>),
    /// Answer a question that changes nothing.
    Ask(Question<'a>),
    /// Explain commands.
    Help(Help),
}

/// Somebody who comes in, as its program tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newcomer<'a> {
    /// Its nickname.
    pub nick: Text<'a>,
    /// What its user is called on its machine: see [`User`](super::who::User).
    pub user: Text<'a>,
    /// What its user is really called, or anything else.
    pub real_name: Text<'a>,
}

/// What programs ask for that know more of the chat than people have to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question<'a> {
    /// The text for newcomers.
    Motd,
    /// How many are here, and how many rooms there are.
    Counts,
    /// Whether somebody is here, and is away.
    Find(Text<'a>),
    /// All who are in a room, or whom a mask matches.
    People(Text<'a>),
    /// Who had a nickname before, and what it was like.
    Was(Text<'a>),
    /// Into which rooms the session was invited.
    Invitations,
    /// In which rooms of the session the last message was said between two times, in whole milliseconds.
    /// They are counted from the first time on, which may be the later one.
    Talked {
        /// The first time.
        from: Timestamp,
        /// The other one.
        to: Timestamp,
        /// At most so many rooms.
        most: usize,
    },
    /// What the session watches, and who of them is here.
    Watched,
}

/// A change of what a session watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch<'a> {
    /// Watch this nickname, and tell whether somebody has it now.
    Add(Text<'a>),
    /// Watch this one no longer.
    Remove(Text<'a>),
    /// Watch none any more.
    Clear,
}

/// What a session asks for in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask<'a> {
    /// Say something to everybody there.
    Say(Speech<'a>),
    /// Say something to those there who have a rank, or a higher one.
    SayRanked {
        /// The rank.
        rank: Rank,
        /// What.
        speech: Speech<'a>,
    },
    /// Leave it, perhaps saying why.
    Part(Option<Text<'a>>),
    /// List who is there.
    Who,
    /// Show at most this many recent messages; `None` for as many as a newcomer is shown.
    History(Option<usize>),
    /// Show a part of what was said there.
    Past {
        /// Which part.
        span: Span,
        /// At most so many messages.
        most: usize,
    },
    /// Forget something that was said there, and let all there know.
    TakeBack {
        /// What.
        message: MessageId,
        /// Why.
        reason: Option<Text<'a>>,
    },
    /// Tell its topic, or change it.
    Topic(Option<Text<'a>>),
    /// Let somebody in.
    Invite(Text<'a>),
    /// Make somebody leave.
    Kick {
        /// Who.
        nick: Text<'a>,
        /// Why.
        reason: Option<Text<'a>>,
    },
    /// Put somebody, or whoever a mask matches, on a list.
    KeepOut {
        /// On which one.
        list: List,
        /// A nickname, or a mask.
        who: Text<'a>,
        /// For how long; `None` for as long as there is the room.
        time: Option<Duration>,
        /// Whoever is banned and there has to leave.
        throws_out: bool,
    },
    /// Take somebody, or a mask, off a list.
    Pardon {
        /// Off which one.
        list: List,
        /// A nickname, or a mask.
        who: Text<'a>,
    },
    /// Tell who is on the lists.
    Lists,
    /// Tell who is on one of them.
    List(List),
    /// Give somebody a rank, or take it.
    Rank {
        /// Who.
        nick: Text<'a>,
        /// Which one.
        rank: Rank,
        /// It is given.
        is_given: bool,
    },
    /// Tell its rules.
    Rules,
    /// Change one of them.
    Change(Change<'a>),
}

impl<'a> Command<'a> {
    /// Whether it changes nothing, so that nobody misses it if who asked is gone.
    #[must_use]
    pub fn only_asks(&self) -> bool {
        match self {
            Self::Rooms | Self::Whois(_) | Self::Help(_) | Self::Ask(_) | Self::TryNick(_) => true,
            Self::In { ask, .. } => matches!(
                ask,
                Ask::Who
                    | Ask::History(_)
                    | Ask::Past { .. }
                    | Ask::Topic(None)
                    | Ask::Lists
                    | Ask::List(_)
                    | Ask::Rules
            ),
            Self::Enter(_)
            | Self::Nick(_)
            | Self::Tell { .. }
            | Self::Reply(_)
            | Self::Join { .. }
            | Self::Away(_)
            | Self::Watch(_)
            | Self::Hide { .. }
            | Self::Describe(_) => false,
        }
    }

    /// What it is to say, if it is to say something.
    #[must_use]
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else says anything")]
    pub fn speech(&self) -> Option<Speech<'a>> {
        match *self {
            Self::Tell { speech, .. }
            | Self::In { ask: Ask::Say(speech) | Ask::SayRanked { speech, .. }, .. } => {
                Some(speech)
            }
            _ => None,
        }
    }

    /// What others get to hear of it, if that may be long.
    #[must_use]
    pub fn text_heard(&self) -> Option<Text<'a>> {
        match *self {
            Self::Tell { speech, .. } => Some(speech.text),
            Self::Reply(text) => Some(text),
            Self::Away(reason) => reason,
            Self::In { ask, .. } => match ask {
                Ask::Say(speech) | Ask::SayRanked { speech, .. } => Some(speech.text),
                Ask::Part(reason) | Ask::Kick { reason, .. } | Ask::TakeBack { reason, .. } => {
                    reason
                }
                Ask::Topic(topic) => topic,
                Ask::Who
                | Ask::History(_)
                | Ask::Past { .. }
                | Ask::Invite(_)
                | Ask::KeepOut { .. }
                | Ask::Pardon { .. }
                | Ask::Lists
                | Ask::List(_)
                | Ask::Rank { .. }
                | Ask::Rules
                | Ask::Change(_) => None,
            },
            Self::Describe(name) => Some(name),
            Self::Enter(_)
            | Self::TryNick(_)
            | Self::Nick(_)
            | Self::Join { .. }
            | Self::Rooms
            | Self::Whois(_)
            | Self::Watch(_)
            | Self::Hide { .. }
            | Self::Ask(_)
            | Self::Help(_) => None,
        }
    }
}

/// What is to be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Help {
    /// What everybody may need.
    Basics,
    /// What those need who are in charge of a room.
    Rooms,
}
