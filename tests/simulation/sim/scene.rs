//! All rooms at one point: who is where, and what holds there.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Instant;

use chatd_support::sentences::rooms::why;

use super::chamber::{Occupant, Room};
use super::language::{Deed, HOME, ROOMS};

/// All rooms. Copies share what is the same in them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scene {
    rooms: [Rc<Room>; ROOMS.len()],
    /// Where everybody is, in the order they came there.
    places: Rc<BTreeMap<usize, Vec<usize>>>,
    /// Who is away, and why it first said so, or is not. Of whoever may talk nowhere, or is in no room,
    /// nobody hears that.
    away: Rc<BTreeMap<usize, Option<String>>>,
    /// Who is to be told next to have its rank again, and where.
    ranks_due: Vec<(usize, usize)>,
    /// How much was said in each room.
    pub(crate) said: [usize; ROOMS.len()],
}

/// Somebody does something at a time, perhaps to somebody.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Doing<'a> {
    pub(crate) by: usize,
    pub(crate) name: &'a str,
    /// The name that it has from now on.
    pub(crate) to: &'a str,
    pub(crate) whom: Option<usize>,
    /// Whom it takes off a list.
    pub(crate) mask: Option<&'a str>,
    pub(crate) at: Instant,
}

impl Scene {
    pub(crate) fn room(&self, room: usize) -> &Room {
        &self.rooms[room]
    }

    fn room_mut(&mut self, room: usize) -> &mut Room {
        Rc::make_mut(&mut self.rooms[room])
    }

    /// Whether there is such a room.
    pub(crate) fn has(&self, room: usize) -> bool {
        room == HOME || !self.rooms[room].members.is_empty()
    }

    /// The rooms that somebody is in.
    pub(crate) fn places(&self, id: usize) -> &[usize] {
        self.places.get(&id).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn is_in(&self, id: usize, room: usize) -> bool {
        self.places(id).contains(&room)
    }

    /// Whether two are in one room.
    pub(crate) fn are_together(&self, one: usize, other: usize) -> bool {
        self.places(one).iter().any(|room| self.places(other).contains(room))
    }

    /// Whether somebody hears in one of its rooms what another one says of itself there.
    pub(crate) fn hears(&self, id: usize, other: usize) -> bool {
        self.places(other).iter().any(|&room| self.is_in(id, room) && self.lets_talk(other, room))
    }

    pub(crate) fn is_operator(&self, id: usize, room: usize) -> bool {
        self.rooms[room].occupant(id).is_some_and(|member| member.is_operator)
    }

    /// Why somebody may not talk in a room that it is in, if it may not.
    pub(crate) fn silence(&self, id: usize, room: usize) -> Option<String> {
        let member = self.rooms[room].occupant(id)?;
        if member.is_operator {
            None
        } else if member.is_silenced {
            Some(why::muted(ROOMS[room]))
        } else {
            let needs_voice = self.rooms[room].is_moderated && !member.is_heard();
            needs_voice.then(|| why::moderated(ROOMS[room]))
        }
    }

    pub(crate) fn lets_talk(&self, id: usize, room: usize) -> bool {
        self.silence(id, room).is_none()
    }

    /// Whether there is a room in which somebody may talk.
    pub(crate) fn talks_anywhere(&self, id: usize) -> bool {
        self.places(id).iter().any(|&room| self.lets_talk(id, room))
    }

    /// Whether it may talk in all rooms that it is in: else nobody hears its last words.
    pub(crate) fn talks_everywhere(&self, id: usize) -> bool {
        self.places(id).iter().all(|&room| self.lets_talk(id, room))
    }

    /// Why somebody is away, as it first said, if it is; `None` if that was not told.
    pub(crate) fn away(&self, id: usize) -> Option<&Option<String>> {
        self.away.get(&id)
    }

    /// Whether nobody is still to be told that somebody has its rank again.
    pub(crate) fn is_settled(&self) -> bool {
        self.ranks_due.is_empty()
    }

    /// Something happens.
    ///
    /// # Panics
    ///
    /// If it cannot.
    pub(crate) fn apply(&mut self, deed: &Deed, room: Option<usize>, doing: Doing<'_>) {
        let by = doing.by;
        let is_due = room.is_some_and(|room| self.ranks_due.contains(&(by, room)));
        let is_back = matches!(deed, Deed::RankBack(_));
        assert!(
            is_back == is_due && is_back != self.is_settled(),
            "{deed:?}: {:?}",
            self.ranks_due
        );
        match room {
            Some(room) => self.apply_in(room, deed, doing),
            None => self.apply_to_person(deed, doing),
        }
        if matches!(deed, Deed::Said | Deed::Joined) {
            return;
        }
        // Nobody hears whether whoever may talk nowhere goes away or is back.
        let is_unheard = |id: &usize| !self.talks_anywhere(*id);
        let unheard: Vec<usize> = self.away.keys().copied().filter(is_unheard).collect();
        for id in unheard {
            Rc::make_mut(&mut self.away).remove(&id);
        }
    }

    fn apply_in(&mut self, room: usize, deed: &Deed, doing: Doing<'_>) {
        let by = doing.by;
        let is_coming = matches!(deed, Deed::Joined | Deed::Made);
        assert!(self.is_in(by, room) != is_coming, "client {by} in {}: {deed:?}", ROOMS[room]);
        match deed {
            Deed::Said => {
                let silence = self.silence(by, room);
                assert!(silence.is_none(), "client {by} talks in {}: {silence:?}", ROOMS[room]);
                self.said[room] += 1;
            }
            Deed::Joined | Deed::Made => {
                let now = self.room_mut(room);
                assert!(!now.bans(doing.name), "client {by} is banned from {}", ROOMS[room]);
                now.join(Occupant::new(by, doing.name));
                if *deed == Deed::Made {
                    now.occupant_mut(by).is_operator = true;
                }
                let is_due = now.awaits(by, doing.at);
                self.ranks_due.extend(is_due.then_some((by, room)));
                Rc::make_mut(&mut self.places).entry(by).or_default().push(room);
            }
            Deed::Parted => self.go_out_of(by, room),
            Deed::RankBack(rank) => {
                self.ranks_due.retain(|due| *due != (by, room));
                let now = self.room_mut(room);
                now.give_back_rank(by, doing.at);
                assert_eq!(now.occupant_mut(by).rank(), Some(*rank), "client {by} is back");
            }
            Deed::Topic(topic) if self.rooms[room].is_topic_open => {
                assert!(self.lets_talk(by, room), "client {by} says {topic} in {}", ROOMS[room]);
                self.room_mut(room).topic = Some(topic.clone());
            }
            _ => {
                let is_operator = self.is_operator(by, room);
                assert!(is_operator, "client {by} is no operator of {}: {deed:?}", ROOMS[room]);
                self.govern(room, deed, doing);
            }
        }
    }

    /// An operator does what only operators do.
    fn govern(&mut self, room: usize, deed: &Deed, doing: Doing<'_>) {
        let now = self.room_mut(room);
        match deed {
            Deed::Topic(topic) => now.topic = Some(topic.clone()),
            Deed::Kicked(whom, _) => {
                let id = doing.whom.unwrap_or_else(|| panic!("{whom} is not in {}", ROOMS[room]));
                self.go_out_of(id, room);
            }
            Deed::Ranked(whom, rank, is_given) => {
                if let Some(id) = doing.whom {
                    now.set_rank(id, *rank, *is_given);
                } else {
                    let has_dropped_out = !is_given && now.forget_rank(whom);
                    assert!(has_dropped_out, "{whom} is not in {}: {deed:?}", ROOMS[room]);
                }
            }
            Deed::Moderated(is_on) => now.moderate(*is_on),
            Deed::OpenTopic(is_on) => now.is_topic_open = *is_on,
            Deed::KeptOut(list, mask) => now.keep_out(*list, mask),
            Deed::Pardoned(list) => {
                let mask = doing.mask.expect("a mask was typed");
                assert!(now.is_listed(*list, mask), "{mask} was not on the list");
                now.pardon(*list, mask);
            }
            _ => panic!("nobody does that in {}: {deed:?}", ROOMS[room]),
        }
    }

    /// Something happens that concerns all who know a person.
    fn apply_to_person(&mut self, deed: &Deed, doing: Doing<'_>) {
        let by = doing.by;
        assert!(!self.places(by).is_empty(), "client {by} is in no room: {deed:?}");
        match deed {
            Deed::Away(reason) => {
                assert!(self.talks_anywhere(by), "client {by} may not say so: {deed:?}");
                let before = Rc::make_mut(&mut self.away).insert(by, reason.clone());
                let is_change = before.is_none_or(|before| before.is_some() != reason.is_some());
                assert!(is_change, "client {by} said so before: {deed:?}");
            }
            Deed::Renamed => {
                for room in self.places(by).to_vec() {
                    let now = self.room_mut(room);
                    now.rename(by, doing.to);
                    let is_due = now.awaits(by, doing.at);
                    self.ranks_due.extend(is_due.then_some((by, room)));
                }
            }
            Deed::Left(has_quit) => {
                let places = Rc::make_mut(&mut self.places).remove(&by).unwrap_or_default();
                for room in places {
                    if *has_quit {
                        self.room_mut(room).members.retain(|member| member.id != by);
                    } else {
                        self.room_mut(room).drop_out(by, doing.at);
                    }
                }
            }
            _ => panic!("nobody does that everywhere: {deed:?}"),
        }
    }

    /// Somebody comes who is not away.
    pub(crate) fn note_present(&mut self, id: usize) {
        Rc::make_mut(&mut self.away).insert(id, None);
    }

    fn go_out_of(&mut self, id: usize, room: usize) {
        self.room_mut(room).members.retain(|member| member.id != id);
        let places = Rc::make_mut(&mut self.places).get_mut(&id).expect("somebody in a room");
        places.retain(|place| *place != room);
    }
}
