//! What one session is told.

use std::time::Duration;

use super::command::Help;
use super::event::Event;
use super::mask::Mask;
use super::message::Message;
use super::name::{NameError, Nick, RoomName};
use super::room::Topic;
use super::rules::{List, Ranks, Rules};
use super::session::Cloak;
use super::text::{Text, TextBuf};
use super::who::Who;
use crate::clock::Timestamp;

/// What is told to one session: it asked, or it is concerned.
#[derive(Debug, Clone, Copy)]
pub enum Answer<'a> {
    /// First words to a newcomer, who is asked for a nickname.
    Greeting {
        /// What this server calls itself.
        server: &'a str,
    },
    /// The newcomer has a nickname and is in the home room.
    Welcomed {
        /// The nickname.
        nick: &'a Who,
        /// Who else is there.
        others: Listing<'a>,
    },
    /// A newcomer has a nickname, and is in no room yet.
    Registered(&'a Who),
    /// How many are here, and how many rooms there are.
    Counts(Counts),
    /// Somebody who was looked for, and whether it is away.
    Found(&'a Who, bool),
    /// People who are in a room, or whom a mask matches.
    People {
        /// Some of them.
        people: &'a [Sighting<'a>],
        /// How many more there are.
        others: usize,
    },
    /// Who had a nickname before, the last one first.
    Was(&'a [Past<'a>]),
    /// Into which rooms the session was invited.
    Invitations(&'a [&'a RoomName]),
    /// In which rooms something was said in the time that was asked for, and when the last message: in the
    /// order of that.
    Talked(&'a [(&'a RoomName, Timestamp)]),
    /// Whether only those find the session who are in a room with it; and that changed just now.
    Hidden {
        /// It is so.
        is_hidden: bool,
        /// It was otherwise before.
        is_changed: bool,
    },
    /// What the session watches, or a part of it.
    Watching(&'a [Watched<'a>]),
    /// What somebody did whom the session watches.
    News(News<'a>),
    /// The session tells this real name from now on.
    Described(Text<'a>),
    /// The text that the operator shows to newcomers, line by line.
    Motd(&'a [TextBuf]),
    /// The messages that follow were said before.
    History {
        /// Where.
        place: Place<'a>,
        /// How many.
        count: usize,
        /// How long ago the last of them was said.
        last: Duration,
    },
    /// One of them.
    Earlier {
        /// What was said.
        message: Message<'a>,
        /// It was said where the session talks.
        is_focused: bool,
    },
    /// What the session itself did, or what was done to it.
    Done {
        /// What the others are told of it.
        event: Event<'a>,
        /// It happened where the session talks.
        is_focused: bool,
    },
    /// The session itself changed nickname to this one.
    Named(&'a Who),
    /// The session is in a room now, and talks there.
    Entered {
        /// The room.
        room: &'a RoomName,
        /// It is new, and the session its operator.
        is_new: bool,
        /// Where it talked before, and in how many other rooms it is: it still hears what is said in all
        /// of them.
        still: Option<(&'a RoomName, usize)>,
        /// What it is about.
        topic: Option<&'a Topic>,
        /// Who else is there.
        others: Listing<'a>,
        /// The session's own real name: the others are told it, too.
        real_name: Text<'a>,
    },
    /// From now on the session talks in this room, or in none.
    Focused(Option<&'a RoomName>),
    /// Somebody said something to this session alone.
    Told(Message<'a>),
    /// What this session said to one reached that one.
    Delivered(Message<'a>),
    /// Who is in a room.
    Present {
        /// The room.
        place: Place<'a>,
        /// Who.
        people: Listing<'a>,
    },
    /// The topic of a room, if it has one.
    Topic {
        /// The room.
        place: Place<'a>,
        /// What it is about.
        topic: Option<&'a Topic>,
    },
    /// The rooms that the session may know of.
    Rooms {
        /// Some of them, the largest first.
        rooms: &'a [RoomSummary<'a>],
        /// How many more there are.
        others: usize,
    },
    /// About a person.
    Whois(Profile<'a>),
    /// The session is away for the others now.
    YouAreAway,
    /// It is back.
    YouAreBack,
    /// The one it writes to is away.
    IsAway {
        /// Who.
        nick: &'a Who,
        /// Why.
        reason: Text<'a>,
    },
    /// Somebody lets this session into a room.
    Invited {
        /// Who.
        by: &'a Who,
        /// Where.
        room: &'a RoomName,
    },
    /// Somebody was invited.
    Inviting {
        /// Who.
        nick: &'a Who,
        /// Where.
        room: &'a RoomName,
    },
    /// A list has one more entry.
    KeptOut {
        /// Of which room.
        room: &'a RoomName,
        /// Which list.
        list: List,
        /// Whom it concerns.
        mask: &'a Mask,
        /// The nickname that was asked for.
        made_for: Option<&'a Nick>,
        /// For how long.
        time: Option<Duration>,
    },
    /// A list has so many entries less.
    Pardoned {
        /// Of which room.
        room: &'a RoomName,
        /// Which list.
        list: List,
        /// The masks of those entries.
        masks: &'a [Mask],
    },
    /// Who is on one list of a room.
    List {
        /// The room.
        room: &'a RoomName,
        /// Which list.
        list: List,
        /// Some of the entries.
        entries: &'a [Listed<'a>],
    },
    /// Who is on the lists of a room.
    Lists {
        /// The room.
        place: Place<'a>,
        /// Some of the entries.
        entries: &'a [Listed<'a>],
        /// How many more there are.
        others: usize,
    },
    /// The rules of a room.
    Rules {
        /// The room.
        room: &'a RoomName,
        /// Its rules.
        rules: &'a Rules,
        /// Since when there is this room.
        since: Timestamp,
        /// Who asks is an operator there, and may know the key.
        is_operator: bool,
    },
    /// Commands, explained.
    Help(Help),
    /// What was asked for is refused.
    Refused {
        /// Why.
        refusal: &'a Refusal<'a>,
        /// Whether the session has a nickname; one that has none is asked for it again.
        named: bool,
    },
    /// The connection ends because no nickname came in time.
    NamelessTooLong(Duration),
    /// The connection ends because so many nicknames were refused while it had none.
    NicknamesRefused(u32),
    /// The connection ends because there may be no more of them.
    Full,
    /// There may be no more from where it comes.
    FullForAddress,
    /// The server is going away.
    Stopping,
}

/// A room, for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// Which one.
    pub room: &'a RoomName,
    /// Whether whoever is told of it talks there.
    pub is_focused: bool,
}

/// Some people, and how many there are beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing<'a> {
    /// Who, and as what.
    pub people: &'a [(&'a Who, Ranks)],
    /// How many more.
    pub others: usize,
    /// Only those who are in it know of the room.
    pub is_secret: bool,
}

/// A room in a list of rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomSummary<'a> {
    /// Which one.
    pub name: &'a RoomName,
    /// How many are there.
    pub members: usize,
    /// Whoever asks is there.
    pub is_in: bool,
    /// What it is about.
    pub topic: Option<&'a Topic>,
    /// Since when there is this room.
    pub since: Timestamp,
}

/// How many are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// People who have a nickname.
    pub people: usize,
    /// Those of them who are [hidden](Answer::Hidden).
    pub hidden: usize,
    /// Sessions without a nickname.
    pub nameless: usize,
    /// The most that there were at once.
    pub people_max: usize,
    /// Rooms in which somebody is.
    pub rooms: usize,
}

/// Somebody in an answer to [`Question::People`](super::command::Question::People).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting<'a> {
    /// Who.
    pub who: &'a Who,
    /// Its real name, as it tells.
    pub real_name: Text<'a>,
    /// It is away.
    pub is_away: bool,
    /// A room in which it is and may be known to be, and as what.
    pub room: Option<(&'a RoomName, Ranks)>,
    /// For how long it has said nothing.
    pub idle: Duration,
}

/// What somebody did whom a session watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News<'a> {
    /// It has the nickname now.
    Came(&'a Who),
    /// It has the nickname no longer.
    Went(&'a Who),
    /// Something else, and the session is in no room where that is told.
    Did(Event<'a>),
}

/// A nickname that a session watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched<'a> {
    /// The nickname, as the session wrote it.
    pub name: Text<'a>,
    /// Who is called so now.
    pub who: Option<&'a Who>,
}

/// Somebody who had a nickname.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past<'a> {
    /// Who.
    pub who: &'a Who,
    /// Its real name, as it told.
    pub real_name: Text<'a>,
    /// When it gave the nickname up.
    pub until: Timestamp,
}

/// What others may know of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile<'a> {
    /// Who.
    pub who: &'a Who,
    /// Where it comes from.
    pub cloak: Cloak,
    /// Its real name, as it tells.
    pub real_name: Text<'a>,
    /// Since when it is here.
    pub since: Timestamp,
    /// For how long it has said nothing.
    pub idle: Duration,
    /// In which rooms it is, and as what.
    pub rooms: &'a [(&'a RoomName, Ranks)],
    /// Why it is away.
    pub away: Option<Text<'a>>,
}

/// An entry of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed<'a> {
    /// Of which list.
    pub list: List,
    /// Whom it concerns.
    pub mask: &'a Mask,
    /// The nickname for which it was made, if it was for one.
    pub made_for: Option<&'a Nick>,
    /// Who made it.
    pub by: &'a Who,
    /// When.
    pub made_at: Timestamp,
    /// How long it will count.
    pub left: Option<Duration>,
}

/// What may be too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Longest {
    /// A topic.
    Topic,
    /// A key.
    Key,
    /// Why somebody is away.
    Away,
    /// A real name.
    RealName,
}

/// Why something is refused. An answer for its user, not an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal<'a> {
    /// That is no nickname.
    BadNick(NameError),
    /// Somebody has this nickname, or one too much like it.
    NickTaken(Nick),
    /// The server itself is called so, or too much like this.
    NickReserved(Nick),
    /// Only after choosing a nickname.
    Nameless,
    /// Nobody has this nickname.
    UnknownNick(Text<'a>),
    /// Nobody who is here has said something to it alone.
    NobodyToAnswer,
    /// This one has not read what it was told before.
    Behind(Who),
    /// There is no such command.
    UnknownCommand(Text<'a>),
    /// The command is used so.
    Usage(&'static str),
    /// The line has more bytes than this.
    LineTooLong(usize),
    /// The session is in no room; this is the home room.
    InNoRoom(RoomName),
    /// That is no name of a room.
    BadRoom(NameError),
    /// There is no such room.
    UnknownRoom(RoomName),
    /// Only for those who are in this room.
    NotIn(RoomName),
    /// It looks too much like this room, or like one that the session may not know of.
    LooksLike(Option<RoomName>),
    /// There are as many rooms as there may be.
    TooManyRooms,
    /// So many, which is as many as there may be, were made from where the session comes.
    TooManyRoomsMade(u32),
    /// The session is in as many rooms as it may.
    InTooManyRooms(usize),
    /// Only operators of this room can do that, if it has any.
    NeedsOperator(RoomName, bool),
    /// The only operator of this room stays one.
    LastOperator(RoomName),
    /// On a list that keeps people out of this room, for so long or for as long as it exists.
    Banned(RoomName, Option<Duration>),
    /// On a list that keeps people silent in this room.
    Muted(RoomName),
    /// Only those who were invited come into this room.
    InviteOnly(RoomName),
    /// The key of this room is another one.
    WrongKey(RoomName),
    /// As many are in this room as may be.
    RoomFull(RoomName),
    /// No programs ask each other questions in this room.
    NoProbes(RoomName),
    /// Only operators of this room, and those to whom they gave a voice, talk there.
    Moderated(RoomName),
    /// The next message in this room may be said only after that time.
    Slow(RoomName, Duration),
    /// This one is not in that room.
    NotThere(Who, RoomName),
    /// This one is in that room already.
    AlreadyThere(Who, RoomName),
    /// This is longer than so many bytes.
    TooLong(Longest, usize),
    /// Nobody can be made to wait longer than this in slow mode.
    TooSlow(Duration),
    /// A list is full.
    ListFull(RoomName),
    /// As many are invited as may be.
    TooManyInvited(RoomName),
    /// The session watches so many nicknames, which is as many as it may, and cannot watch this one.
    WatchesTooMany(usize, Text<'a>),
    /// That is no mask.
    BadMask,
    /// Others are at the same address: so many. These masks are what may be meant.
    AlsoConcerns {
        /// On which list it would be put.
        list: List,
        /// How many others.
        others: usize,
        /// All from there.
        all: Mask,
        /// Only the nickname.
        one: Mask,
    },
    /// Nothing on the list is like that.
    NotListed(Text<'a>),
    /// Nothing on the list was made for this one, who is concerned by this mask.
    ConcernedBy {
        /// Which list.
        list: List,
        /// Who.
        who: Text<'a>,
        /// By what.
        mask: Mask,
    },
    /// This one is an operator of that room, and no list concerns it.
    IsOperator(Who, RoomName),
    /// Nobody can do that to oneself.
    Oneself,
    /// No such message is kept in this room.
    UnknownMessage(RoomName),
    /// Somebody else said it, and who asks is no operator of this room.
    NotYours(RoomName),
    /// Nobody can do that to others.
    NotYourself,
}
