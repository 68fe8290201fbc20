//! A room: who is in it, what its rules are, and what was said there.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use super::fold::fold;
use super::history::History;
use super::name::RoomName;
use super::outbound::{Audience, AudienceKey};
use super::rules::{Lists, Rank, Ranks, Rules};
use super::session::{Cloak, SessionId};
use super::text::TextBuf;
use super::who::Who;
use crate::clock::Timestamp;

/// With more people than this in a room, comings and goings are gathered: n arrivals must not cost
/// n² lines.
pub const CROWD: usize = 100;

/// How often a crowd is told of its comings and goings.
pub const TRAFFIC_EVERY: Duration = Duration::from_secs(1);

/// For so long the rank of somebody who dropped out waits for the same nickname from the same place.
pub const RANK_WAITS: Duration = Duration::from_secs(600);

/// For so many people ranks wait, at the most.
const RANKS_WAITING_MAX: usize = 100;

/// Which room. Keys are used again for other rooms, with another generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomId {
    key: u32,
    generation: NonZeroU32,
}

/// A session in a room.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    session: SessionId,
    flags: u8,
}

const DEAF: u8 = 1;
const FOCUSED: u8 = 2;
const OPERATOR: u8 = 4;
const VOICE: u8 = 8;
const SILENCED: u8 = 16;
/// A voice that was given to all who were there when the room became moderated.
const LENT_VOICE: u8 = 32;
const INVITED: u8 = 64;
/// It hears of each who comes or goes, also in a crowd.
const HEARS_EACH: u8 = 128;

/// A room that somebody is in, or the home room.
#[derive(Debug)]
pub struct Room {
    id: RoomId,
    name: RoomName,
    members: Vec<Member>,
    /// How many of them hear of each who comes or goes.
    hear_each: usize,
    /// How often other people were to hear what is said.
    version: u64,
    /// What it is about.
    pub topic: Option<Box<Topic>>,
    /// What its operators decided.
    pub rules: Rules,
    /// Whom they keep out.
    pub lists: Option<Box<Lists>>,
    /// Of those who talked lately in slow mode, when.
    pub talked: HashMap<SessionId, Instant>,
    ranks_waiting: Vec<RankWaiting>,
    /// What was said.
    pub history: History,
    /// Comings and goings of a crowd.
    pub traffic: Traffic,
    made_from: Option<Cloak>,
    since: Timestamp,
}

/// What a room is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// The text.
    pub text: TextBuf,
    /// Who set it.
    pub by: Who,
    /// When.
    pub at: Timestamp,
}

/// Comings and goings not yet told.
#[derive(Debug, Default)]
pub struct Traffic {
    /// How many came.
    pub joined: usize,
    /// How many left.
    pub left: usize,
    /// When to tell.
    pub due: Option<Instant>,
}

/// The rank of somebody who dropped out.
#[derive(Debug)]
struct RankWaiting {
    /// The nickname, folded.
    name: Box<str>,
    cloak: Cloak,
    ranks: u8,
    until: Instant,
}

impl RoomId {
    /// The room with this key, for the time that `generation` stands for.
    ///
    /// # Panics
    ///
    /// If the key is not below 2^32: there may not be so many.
    #[must_use]
    pub fn new(key: usize, generation: NonZeroU32) -> Self {
        Self { key: u32::try_from(key).expect("there may be only a few rooms"), generation }
    }

    /// Its place in a table: small, and used again.
    #[must_use]
    pub fn key(self) -> usize {
        self.key as usize
    }
}

impl Member {
    fn new(session: SessionId) -> Self {
        Self { session, flags: 0 }
    }

    /// Which session.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// Whether it hears nothing more: its connection broke, and it is still to say what it said
    /// before.
    #[must_use]
    pub fn is_deaf(&self) -> bool {
        self.has(DEAF)
    }

    /// Whether this is the room in which it talks.
    #[must_use]
    pub fn is_focused(&self) -> bool {
        self.has(FOCUSED)
    }

    /// Whether it is on one of the room's lists, so that it may not talk.
    #[must_use]
    pub fn is_silenced(&self) -> bool {
        self.has(SILENCED)
    }

    /// Whether an operator let it in, so that no ban concerns it.
    #[must_use]
    pub fn is_invited(&self) -> bool {
        self.has(INVITED)
    }

    /// Whether it hears of each who comes or goes, also in a crowd.
    #[must_use]
    pub fn hears_each(&self) -> bool {
        self.has(HEARS_EACH)
    }

    /// Whether it has this rank.
    #[must_use]
    pub fn is(&self, rank: Rank) -> bool {
        self.has(flags_of(rank))
    }

    /// The same member as somebody who talks there.
    #[must_use]
    pub fn focused(mut self) -> Self {
        self.set(FOCUSED, true);
        self
    }

    /// Its ranks.
    #[must_use]
    pub fn ranks(&self) -> Ranks {
        Ranks { is_operator: self.is(Rank::Operator), has_voice: self.is(Rank::Voice) }
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    fn set(&mut self, flag: u8, is_set: bool) {
        self.flags = if is_set { self.flags | flag } else { self.flags & !flag };
    }
}

impl Room {
    /// A room without members.
    #[must_use]
    pub fn new(
        id: RoomId,
        name: RoomName,
        history: History,
        made_from: Option<Cloak>,
        since: Timestamp,
    ) -> Self {
        Self {
            id,
            name,
            members: Vec::new(),
            hear_each: 0,
            version: 0,
            topic: None,
            rules: Rules::default(),
            lists: None,
            talked: HashMap::new(),
            ranks_waiting: Vec::new(),
            history,
            traffic: Traffic::default(),
            made_from,
            since,
        }
    }

    /// Which one.
    #[must_use]
    pub fn id(&self) -> RoomId {
        self.id
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &RoomName {
        &self.name
    }

    /// Where it was made from; the home room was made by nobody.
    #[must_use]
    pub fn made_from(&self) -> Option<Cloak> {
        self.made_from
    }

    /// Since when there is this room.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// Who is here, in the order they came.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Somebody here.
    #[must_use]
    pub fn member(&self, id: SessionId) -> Option<&Member> {
        self.members.iter().find(|member| member.session == id)
    }

    /// All here who are told what happens, but `speaker`.
    #[must_use]
    pub fn audience(&self, speaker: Option<SessionId>) -> Audience<'_> {
        Audience {
            key: AudienceKey { room: self.id, version: self.version, speaker },
            members: &self.members,
        }
    }

    /// Whether comings and goings are gathered.
    #[must_use]
    pub fn is_crowded(&self) -> bool {
        self.members.len() > CROWD || self.traffic.due.is_some()
    }

    /// `id` comes in. `hears_each`: it hears of each who comes or goes, also in a crowd.
    pub fn join(&mut self, id: SessionId, hears_each: bool) {
        self.version += 1;
        let mut member = Member::new(id);
        member.set(HEARS_EACH, hears_each);
        self.hear_each += usize::from(hears_each);
        self.members.push(member);
    }

    /// Whether somebody here hears of each who comes or goes, also in a crowd.
    #[must_use]
    pub fn has_exact_hearers(&self) -> bool {
        self.hear_each > 0
    }

    /// `id` goes out.
    pub fn leave(&mut self, id: SessionId) -> Option<Member> {
        self.version += 1;
        // A scan of ten thousand ids costs as much as one system call; a table of positions would
        // not pay.
        let place = self.members.iter().position(|member| member.session == id)?;
        let member = self.members.remove(place);
        self.hear_each -= usize::from(member.hears_each());
        Some(member)
    }

    /// These go out.
    pub fn leave_together(&mut self, ids: &HashSet<SessionId>) {
        self.version += 1;
        self.members.retain(|member| !ids.contains(&member.session));
        self.hear_each = self.members.iter().filter(|member| member.hears_each()).count();
    }

    /// These are told nothing more until they leave.
    pub fn deafen(&mut self, ids: &HashSet<SessionId>) {
        self.version += 1;
        for member in &mut self.members {
            if ids.contains(&member.session) {
                member.set(DEAF, true);
            }
        }
    }

    /// From now on somebody talks here, or elsewhere.
    pub fn set_focused(&mut self, id: SessionId, is_focused: bool) {
        self.version += 1;
        self.set(id, FOCUSED, is_focused);
    }

    /// Gives somebody a rank, or takes it.
    pub fn set_rank(&mut self, id: SessionId, rank: Rank, is_given: bool) {
        self.set(id, if is_given { flag_of(rank) } else { flags_of(rank) }, is_given);
    }

    /// Lends a voice to all who are here and may talk, or takes it back.
    pub fn lend_voice(&mut self, is_lent: bool) {
        for member in &mut self.members {
            member.set(LENT_VOICE, is_lent && !member.is_silenced());
        }
    }

    /// An operator let somebody in.
    pub fn set_invited(&mut self, id: SessionId) {
        self.set(id, INVITED, true);
    }

    /// Whether the rules let a member talk: nobody silenced it, and the room is not moderated, or it
    /// has a rank. (Whether it has to wait, in slow mode, is another question.)
    #[must_use]
    pub fn lets_talk(&self, id: SessionId) -> bool {
        if !self.rules.moderated && self.lists.is_none() {
            return true;
        }
        self.member(id).is_some_and(|member| {
            member.is(Rank::Operator)
                || (!member.is_silenced() && (!self.rules.moderated || member.is(Rank::Voice)))
        })
    }

    /// Notes whether somebody is on one of the lists.
    pub fn set_silenced(&mut self, id: SessionId, is_silenced: bool) {
        self.set(id, SILENCED, is_silenced);
    }

    fn set(&mut self, id: SessionId, flag: u8, is_set: bool) {
        if let Some(member) = self.members.iter_mut().find(|member| member.session == id) {
            member.set(flag, is_set);
        }
    }

    /// Keeps the rank of somebody who dropped out.
    pub fn keep_rank(&mut self, member: Member, who: &Who, cloak: Cloak, now: Instant) {
        let ranks = member.flags & (OPERATOR | VOICE);
        if ranks == 0 {
            return;
        }
        self.ranks_waiting.retain(|waiting| now < waiting.until);
        if self.ranks_waiting.len() == RANKS_WAITING_MAX {
            // Rather a voice than an operator, and rather the oldest.
            let is_voice = |waiting: &RankWaiting| waiting.ranks & OPERATOR == 0;
            let place = self.ranks_waiting.iter().position(is_voice).unwrap_or_default();
            self.ranks_waiting.remove(place);
        }
        let (name, until) = (fold(who.as_str()).into(), now + RANK_WAITS);
        self.ranks_waiting.push(RankWaiting { name, cloak, ranks, until });
    }

    /// Whether the rank of an operator waits for somebody.
    #[must_use]
    pub fn awaits_operator(&self, who: &Who, cloak: Cloak, now: Instant) -> bool {
        let place = self.rank_waiting(who, cloak, now);
        place.is_some_and(|place| self.ranks_waiting[place].ranks & OPERATOR != 0)
    }

    /// Gives somebody who is back the rank that waited, and tells which.
    pub fn give_back_rank(
        &mut self,
        id: SessionId,
        who: &Who,
        cloak: Cloak,
        now: Instant,
    ) -> Option<Rank> {
        let place = self.rank_waiting(who, cloak, now)?;
        let ranks = self.ranks_waiting.swap_remove(place).ranks;
        self.set(id, ranks, true);
        self.member(id).and_then(|member| member.ranks().highest())
    }

    /// No rank waits any more for whoever is called so. Returns whether one did.
    pub fn forget_rank(&mut self, nick: &str) -> bool {
        let (before, name) = (self.ranks_waiting.len(), fold(nick));
        self.ranks_waiting.retain(|waiting| *waiting.name != *name);
        self.ranks_waiting.len() < before
    }

    fn rank_waiting(&self, who: &Who, cloak: Cloak, now: Instant) -> Option<usize> {
        if self.ranks_waiting.is_empty() {
            return None;
        }
        let name = fold(who.as_str());
        self.ranks_waiting.iter().position(|waiting| {
            now < waiting.until && waiting.cloak == cloak && *waiting.name == *name
        })
    }
}

/// The flag that gives a rank.
fn flag_of(rank: Rank) -> u8 {
    match rank {
        Rank::Operator => OPERATOR,
        Rank::Voice => VOICE,
    }
}

/// All flags that a rank can come from.
fn flags_of(rank: Rank) -> u8 {
    match rank {
        Rank::Operator => OPERATOR,
        Rank::Voice => VOICE | LENT_VOICE,
    }
}
