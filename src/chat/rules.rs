//! The rules of a room, and who is kept out of it.

use std::time::{Duration, Instant};

use super::fold::fold;
use super::mask::{Identity, Mask};
use super::name::Nick;
use super::session::SessionId;
use super::text::Text;
use super::who::Who;
use crate::clock::Timestamp;

/// The longest key of a room, in bytes.
pub const KEY_BYTES_MAX: usize = 32;

/// How many entries a list of a room may have.
pub const LIST_MAX: usize = 100;

/// How long there may be between two messages of one person, at the most, in slow mode.
pub const SLOW_MAX: Duration = Duration::from_secs(3600);

/// What somebody may do in a room beside talking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// Anything.
    Operator,
    /// Talk where others may not.
    Voice,
}

/// The ranks that somebody has in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ranks {
    /// See [`Rank::Operator`].
    pub is_operator: bool,
    /// See [`Rank::Voice`].
    pub has_voice: bool,
}

impl Ranks {
    /// The highest of them.
    #[must_use]
    pub fn highest(self) -> Option<Rank> {
        let voice = self.has_voice.then_some(Rank::Voice);
        if self.is_operator { Some(Rank::Operator) } else { voice }
    }
}

/// What the operators of a room decide.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each may hold with any other")]
pub struct Rules {
    /// Only those come in who are invited.
    pub invite_only: bool,
    /// Only operators and those with a voice talk.
    pub moderated: bool,
    /// Only members know of it.
    pub secret: bool,
    /// Everybody may change the topic, not only operators.
    pub open_topic: bool,
    /// Also those may talk who are not in the room.
    pub strangers: bool,
    /// No programs ask each other questions here.
    pub no_probes: bool,
    /// Operators hear what those say who may not talk.
    pub operators_hear_all: bool,
    /// Only those come in who know it.
    pub key: Option<Box<str>>,
    /// Only so many come in.
    pub limit: Option<u32>,
    /// So long each has to wait between two messages.
    pub slow: Option<Duration>,
}

/// A change of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'a> {
    /// See [`Rules::invite_only`].
    InviteOnly(bool),
    /// See [`Rules::moderated`].
    Moderated(bool),
    /// See [`Rules::secret`].
    Secret(bool),
    /// See [`Rules::open_topic`].
    OpenTopic(bool),
    /// See [`Rules::strangers`].
    Strangers(bool),
    /// See [`Rules::no_probes`].
    NoProbes(bool),
    /// See [`Rules::operators_hear_all`].
    OperatorsHearAll(bool),
    /// See [`Rules::key`].
    Key(Option<Text<'a>>),
    /// See [`Rules::limit`].
    Limit(Option<u32>),
    /// See [`Rules::slow`].
    Slow(Option<Duration>),
}

/// One way to be kept out.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Whom it concerns.
    pub mask: Mask,
    /// The nickname for which it was made, if it was for one.
    pub made_for: Option<Nick>,
    /// Who made it.
    pub by: Who,
    /// When.
    pub made_at: Timestamp,
    /// Until when it counts.
    pub until: Option<Instant>,
}

/// Which list an [`Entry`] is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Those it concerns may neither come in nor talk.
    Bans,
    /// Those it concerns may not talk.
    Mutes,
    /// Those it concerns may come in and talk, whatever the lists above say.
    Exceptions,
    /// Those it concerns may come in without an invitation.
    Invitations,
}

impl List {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Bans, Self::Mutes, Self::Exceptions, Self::Invitations];
}

/// Whom the operators keep out, and let in. Most rooms have none of it.
#[derive(Debug, Clone, Default)]
pub struct Lists {
    /// By [`List`].
    entries: [Vec<Entry>; 4],
    /// Who was invited and has not come yet.
    pub invited: Vec<SessionId>,
}

impl Rules {
    /// Does it.
    pub fn change(&mut self, change: Change<'_>) {
        match change {
            Change::InviteOnly(is_on) => self.invite_only = is_on,
            Change::Moderated(is_on) => self.moderated = is_on,
            Change::Secret(is_on) => self.secret = is_on,
            Change::OpenTopic(is_on) => self.open_topic = is_on,
            Change::Strangers(is_on) => self.strangers = is_on,
            Change::NoProbes(is_on) => self.no_probes = is_on,
            Change::OperatorsHearAll(is_on) => self.operators_hear_all = is_on,
            Change::Key(key) => self.key = key.map(|key| key.as_str().into()),
            Change::Limit(limit) => self.limit = limit,
            Change::Slow(slow) => self.slow = slow,
        }
    }
}

impl Lists {
    /// The entries of one list that still count.
    pub fn entries(&self, list: List, now: Instant) -> impl Iterator<Item = &Entry> {
        self.entries[list as usize].iter().filter(move |entry| entry.counts(now))
    }

    /// Adds an entry, in place of one with the same mask. `false` if the list is full.
    pub fn add(&mut self, list: List, entry: Entry, now: Instant) -> bool {
        let entries = self.list(list);
        entries.retain(|old| old.counts(now) && old.mask != entry.mask);
        let is_vacant = entries.len() < LIST_MAX;
        if is_vacant {
            entries.push(entry);
        }
        is_vacant
    }

    /// Removes the entries with one of these masks, and those that were made for this nickname.
    /// Returns what they were.
    pub fn remove(&mut self, list: List, masks: &[Mask], nick: Option<&Nick>) -> Vec<Mask> {
        let name = nick.map(|nick| fold(nick.as_str()));
        let is_meant = |entry: &mut Entry| {
            let made_for = entry.made_for.as_ref().map(|nick| fold(nick.as_str()));
            masks.contains(&entry.mask) || (made_for.is_some() && made_for == name)
        };
        self.list(list).extract_if(.., is_meant).map(|entry| entry.mask).collect()
    }

    /// Why somebody is on a list, if it is.
    #[must_use]
    pub fn entry_for(&self, list: List, who: &Identity, now: Instant) -> Option<&Entry> {
        let entries = self.entries(list, now).filter(|entry| entry.mask.matches(who));
        // The one that counts longest.
        entries.max_by_key(|entry| (entry.until.is_none(), entry.until))
    }

    /// Whether somebody is on a list.
    #[must_use]
    pub fn concerns(&self, list: List, who: &Identity, now: Instant) -> bool {
        self.entry_for(list, who, now).is_some()
    }

    /// How many entries there are to be looked through.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.iter().map(Vec::len).sum()
    }

    /// Whether there are none, and nobody is invited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0 && self.invited.is_empty()
    }

    fn list(&mut self, list: List) -> &mut Vec<Entry> {
        &mut self.entries[list as usize]
    }
}

impl Entry {
    /// How long it will count; `None` for as long as the room exists.
    #[must_use]
    pub fn left(&self, now: Instant) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(now))
    }

    fn counts(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}
