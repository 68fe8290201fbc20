//! One room at one point: who is in it, and what its operators decided.

use std::rc::Rc;
use std::time::{Duration, Instant};

use chatd_support::sentences::CROWD;

use super::language::{List, Rank};
use super::rules::mask_of;

/// For so long a rank waits for somebody who dropped out.
const RANK_WAITS: Duration = Duration::from_secs(600);

/// Somebody in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each may be true by itself")]
pub(crate) struct Occupant {
    pub(crate) id: usize,
    /// The mask of its name.
    mask: Rc<str>,
    pub(crate) is_operator: bool,
    has_voice: bool,
    /// It has a voice for as long as the room is moderated.
    is_voice_lent: bool,
    /// It was noted that it is on a list. Of operators that is not noted.
    pub(crate) is_silenced: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Room {
    /// In the order they came.
    pub(crate) members: Vec<Occupant>,
    pub(crate) topic: Option<String>,
    pub(crate) is_topic_open: bool,
    pub(crate) is_moderated: bool,
    lists: Vec<(List, String)>,
    waiting: Vec<Waiting>,
}

/// Somebody who dropped out, and whose rank waits for it.
#[derive(Debug, Clone)]
struct Waiting {
    before: Occupant,
    until: Instant,
}

impl Occupant {
    pub(crate) fn new(id: usize, name: &str) -> Self {
        Self {
            id,
            mask: mask_of(name).into(),
            is_operator: false,
            has_voice: false,
            is_voice_lent: false,
            is_silenced: false,
        }
    }

    /// Whether it has a voice, for whatever reason.
    pub(crate) fn is_heard(&self) -> bool {
        self.has_voice || self.is_voice_lent
    }

    /// The highest rank that it has.
    pub(crate) fn rank(&self) -> Option<Rank> {
        match (self.is_operator, self.is_heard()) {
            (true, _) => Some(Rank::Operator),
            (false, true) => Some(Rank::Voice),
            (false, false) => None,
        }
    }

    /// What stands before its name.
    pub(crate) fn sign(&self) -> &'static str {
        match self.rank() {
            Some(Rank::Operator) => "@",
            Some(Rank::Voice) => "+",
            None => "",
        }
    }
}

impl Room {
    pub(crate) fn is_listed(&self, list: List, mask: &str) -> bool {
        self.lists.iter().any(|(on, listed)| *on == list && listed == mask)
    }

    /// Whether nobody called so may come in.
    pub(crate) fn bans(&self, name: &str) -> bool {
        self.is_listed(List::Bans, &mask_of(name))
    }

    pub(crate) fn occupant(&self, id: usize) -> Option<&Occupant> {
        self.members.iter().find(|member| member.id == id)
    }

    pub(crate) fn occupant_mut(&mut self, id: usize) -> &mut Occupant {
        self.members.iter_mut().find(|member| member.id == id).expect("somebody in the room")
    }

    pub(crate) fn join(&mut self, member: Occupant) {
        let id = member.id;
        self.members.push(member);
        self.judge(id);
    }

    pub(crate) fn rename(&mut self, id: usize, to: &str) {
        self.occupant_mut(id).mask = mask_of(to).into();
        self.judge(id);
    }

    /// Notes whether somebody is on a list.
    fn judge(&mut self, id: usize) {
        let mask = Rc::clone(&self.occupant_mut(id).mask);
        let is_listed = self.is_listed(List::Mutes, &mask) || self.is_listed(List::Bans, &mask);
        self.occupant_mut(id).is_silenced = is_listed;
    }

    pub(crate) fn has_operator(&self) -> bool {
        self.members.iter().any(|member| member.is_operator)
    }

    pub(crate) fn drop_out(&mut self, id: usize, now: Instant) {
        let place = self.members.iter().position(|member| member.id == id);
        let before = self.members.remove(place.expect("somebody in the room"));
        if before.is_operator || before.has_voice {
            self.waiting.retain(|waiting| now < waiting.until);
            self.waiting.push(Waiting { before, until: now + RANK_WAITS });
        }
    }

    fn waiting(&self, id: usize, now: Instant) -> Option<usize> {
        let member = self.occupant(id)?;
        self.waiting.iter().position(|Waiting { before, until }| {
            before.mask == member.mask && before.id % 2 == id % 2 && now < *until
        })
    }

    /// Whether a rank waits for somebody who is there now.
    pub(crate) fn awaits(&self, id: usize, now: Instant) -> bool {
        self.waiting(id, now).is_some()
    }

    pub(crate) fn give_back_rank(&mut self, id: usize, now: Instant) {
        let place = self.waiting(id, now).expect("a rank that waits");
        let before = self.waiting.swap_remove(place).before;
        let member = self.occupant_mut(id);
        member.is_operator |= before.is_operator;
        member.has_voice |= before.has_voice;
    }

    /// No rank waits any more for whoever is called so. Whether one did.
    pub(crate) fn forget_rank(&mut self, name: &str) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| *waiting.before.mask != *mask_of(name));
        self.waiting.len() < before
    }

    /// Whether the rank of somebody called so waits.
    pub(crate) fn remembers(&self, name: &str) -> bool {
        self.waiting.iter().any(|waiting| *waiting.before.mask == *mask_of(name))
    }

    pub(crate) fn set_rank(&mut self, id: usize, rank: Rank, is_given: bool) {
        let member = self.occupant_mut(id);
        match rank {
            Rank::Operator => member.is_operator = is_given,
            Rank::Voice => {
                member.has_voice = is_given;
                member.is_voice_lent &= is_given;
            }
        }
        if !is_given {
            self.judge(id);
        }
    }

    pub(crate) fn moderate(&mut self, is_on: bool) {
        let is_new = is_on && !self.is_moderated;
        if !is_on || (is_new && self.members.len() <= CROWD) {
            for member in &mut self.members {
                member.is_voice_lent = is_on && !member.is_silenced;
            }
        }
        self.is_moderated = is_on;
    }

    pub(crate) fn keep_out(&mut self, list: List, mask: &str) {
        self.lists.retain(|old| (old.0, old.1.as_str()) != (list, mask));
        self.lists.push((list, mask.into()));
        if list == List::Mutes
            && let Some(id) = self.concerned(mask)
        {
            self.judge(id);
        }
    }

    pub(crate) fn pardon(&mut self, list: List, mask: &str) {
        self.lists.retain(|old| (old.0, old.1.as_str()) != (list, mask));
        let silenced = self.members.iter().filter(|member| member.is_silenced);
        let silenced: Vec<usize> = silenced.map(|member| member.id).collect();
        for id in silenced {
            self.judge(id);
        }
    }

    /// Who is there whom a mask concerns, if it comes on a list now.
    pub(crate) fn concerned(&self, mask: &str) -> Option<usize> {
        let mut members = self.members.iter().filter(|member| !member.is_operator);
        members.find(|member| *member.mask == *mask).map(|member| member.id)
    }
}
