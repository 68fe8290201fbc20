//! When talkers outrun those who hear them, and what then: in a room that cannot keep up, members
//! are read less until it has caught up, those who have a lot to say first of all.
//!
//! Two things say so, each time that something is queued for a room. Everybody talks too fast there
//! while those who are far behind are more than half as many as those who do nothing but listen. And
//! when a single one comes near its limit, it is given a moment to read: talk can be so fast that a
//! reader which just did not get to run looks like one that has stopped. A room where only a few are
//! behind, and stay so, does not wait for them.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::lag::Heard;
use super::lanes::Lane;
use crate::chat::room::RoomId;
use crate::chat::session::SessionId;
use crate::limits::Limits;

/// Rooms that cannot keep up. Mostly there is none.
#[derive(Debug, Default)]
pub(in crate::server) struct Congestion {
    rooms: HashMap<RoomId, SlowRoom>,
    /// Somebody who heard something was far behind.
    is_anybody_behind: bool,
}

/// A room that cannot keep up, and who waits for it.
#[derive(Debug)]
struct SlowRoom {
    pace: SlowPace,
    /// First those who have said nothing in the pause before: so all have their turns.
    waiting: VecDeque<SessionId>,
    /// How many of them.
    silent: usize,
}

/// How fast talk is in a room that cannot keep up: in each pause a little.
#[derive(Debug)]
struct SlowPace {
    /// How those were who heard the last of what was said, as far as they have not caught up since.
    heard: Heard,
    /// Somebody came near its limit, and is given until then to read.
    guard_until: Option<Instant>,
    /// The pause ends then.
    until: Instant,
    pause: Duration,
    /// How many bytes may still be said in the pause by those who have little to say: what people
    /// type must not wait for readers who have stopped, nor for those who made them stop.
    light_left: u64,
    /// The same for all others. In the first pause they say nothing.
    heavy_left: u64,
}

impl Congestion {
    /// Something of so many bytes was said in a room by somebody of this lane, and was `heard` there.
    pub(in crate::server) fn note(
        &mut self,
        room: RoomId,
        heard: Heard,
        (lane, bytes): (Lane, u64),
        limits: &Limits,
        now: Instant,
    ) {
        self.is_anybody_behind |= heard.behind > 0;
        if heard.is_too_much() {
            let begin = || SlowRoom {
                pace: SlowPace::new(limits, now),
                waiting: VecDeque::new(),
                silent: 0,
            };
            self.rooms.entry(room).or_insert_with(begin);
        }
        if let Some(slow) = self.rooms.get_mut(&room) {
            slow.pace.note(heard, limits, now);
            *slow.pace.left_of(lane) = slow.pace.left_of(lane).saturating_sub(bytes);
        }
    }

    /// Whether anybody was far behind who heard something since this was last called.
    pub(in crate::server) fn was_anybody_behind(&mut self) -> bool {
        std::mem::take(&mut self.is_anybody_behind)
    }

    /// Whether a room cannot keep up.
    pub(in crate::server) fn is_slow(&self, room: RoomId) -> bool {
        self.rooms.contains_key(&room)
    }

    /// How many bytes somebody of this lane may say now who talks in a room; `None` if that can keep
    /// up as far as is known.
    pub(in crate::server) fn allowed(
        &mut self,
        room: Option<RoomId>,
        lane: Lane,
        limits: &Limits,
        now: Instant,
    ) -> Option<u64> {
        self.rooms.get_mut(&room?)?.pace.allowed(lane, limits, now)
    }

    /// Somebody has to wait for a room. `false` if nobody has.
    #[must_use]
    pub(in crate::server) fn wait(
        &mut self,
        room: Option<RoomId>,
        who: SessionId,
        has_spoken: bool,
    ) -> bool {
        let Some(slow) = room.and_then(|room| self.rooms.get_mut(&room)) else { return false };
        if has_spoken {
            slow.waiting.push_back(who);
        } else {
            slow.waiting.insert(slow.silent, who);
            slow.silent += 1;
        }
        true
    }

    /// Whether any room cannot keep up.
    pub(in crate::server) fn is_anywhere(&self) -> bool {
        !self.rooms.is_empty()
    }

    /// Somebody in a room who was far behind is so no longer.
    pub(in crate::server) fn note_caught_up(&mut self, room: RoomId) {
        if let Some(slow) = self.rooms.get_mut(&room) {
            slow.pace.note_caught_up();
        }
    }

    /// When somebody's waiting ends.
    pub(in crate::server) fn due(&self, now: Instant) -> Option<Instant> {
        let waited_for = self.rooms.values().filter(|slow| !slow.waiting.is_empty());
        waited_for.map(|slow| slow.pace.end(now)).min()
    }

    /// Those whose waiting is over, in the order in which they came.
    pub(in crate::server) fn release(&mut self, now: Instant, limits: &Limits) -> Vec<SessionId> {
        let mut released = Vec::new();
        self.rooms.retain(|_, SlowRoom { pace, waiting, silent }| {
            if pace.end(now) <= now {
                released.extend(waiting.drain(..));
                *silent = 0;
            }
            // Where nobody has talked for long, nobody knows how far behind the hearers are.
            pace.is_slow(now) && now < pace.until + limits.slow_talk_after_max
        });
        released
    }

    /// Those who wait, with the rooms that they wait for.
    #[cfg(debug_assertions)]
    pub(in crate::server) fn waiting(&self) -> impl Iterator<Item = SessionId> + '_ {
        self.rooms.values().flat_map(|slow| slow.waiting.iter().copied())
    }
}

impl SlowPace {
    fn new(limits: &Limits, now: Instant) -> Self {
        Self {
            heard: Heard::default(),
            guard_until: None,
            until: now + limits.slow_talk_after,
            pause: limits.slow_talk_after,
            light_left: limits.slow_talk_bytes_max(),
            heavy_left: 0,
        }
    }

    fn note(&mut self, heard: Heard, limits: &Limits, now: Instant) {
        self.heard = heard;
        if heard.near > 0 {
            self.guard_until = Some(now + limits.guard_reader_for);
        }
    }

    fn note_caught_up(&mut self) {
        self.heard.behind = self.heard.behind.saturating_sub(1);
    }

    fn is_slow(&self, now: Instant) -> bool {
        self.heard.are_most_behind() || self.guard_until.is_some_and(|until| now < until)
    }

    /// When those who wait may try again: the pause is over, or the room has caught up.
    fn end(&self, now: Instant) -> Instant {
        match self.guard_until {
            _ if self.heard.are_most_behind() => self.until,
            Some(guard_until) => self.until.min(guard_until),
            None => now,
        }
    }

    fn left_of(&mut self, lane: Lane) -> &mut u64 {
        match lane {
            Lane::Newcomer | Lane::Light => &mut self.light_left,
            Lane::Heavy => &mut self.heavy_left,
        }
    }

    fn allowed(&mut self, lane: Lane, limits: &Limits, now: Instant) -> Option<u64> {
        if !self.is_slow(now) {
            return None;
        }
        if self.until <= now {
            self.pause = (self.pause * 2).min(limits.slow_talk_after_max);
            self.until = now + self.pause;
            self.light_left = limits.slow_talk_bytes_max();
            self.heavy_left = limits.slow_talk_bytes_max();
        }
        Some(*self.left_of(lane))
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test starts its clock somewhere")]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    const BEHIND: Heard = Heard { hearers: 3, behind: 2, near: 0 };
    const FINE: Heard = Heard { hearers: 3, behind: 1, near: 0 };
    const NEAR: Heard = Heard { near: 1, ..FINE };

    /// A room, and what may be said there.
    struct Table {
        limits: Limits,
        room: RoomId,
        congestion: Congestion,
        now: Instant,
    }

    impl Table {
        fn new() -> Self {
            Self {
                limits: Limits::default(),
                room: RoomId::new(0, NonZeroU32::MIN),
                congestion: Congestion::default(),
                now: Instant::now(),
            }
        }

        fn say(&mut self, lane: Lane, bytes: u64, heard: Heard) {
            self.congestion.note(self.room, heard, (lane, bytes), &self.limits, self.now);
        }

        fn allowed(&mut self, lane: Lane) -> Option<u64> {
            self.congestion.allowed(Some(self.room), lane, &self.limits, self.now)
        }
    }

    #[test]
    fn while_most_are_far_behind_the_pauses_grow_and_end_when_they_catch_up() {
        let mut table = Table::new();
        table.say(Lane::Heavy, 1 << 20, FINE);
        assert_eq!(table.allowed(Lane::Heavy), None, "one of three is not most");
        table.say(Lane::Heavy, 1 << 20, BEHIND);
        assert_eq!(table.allowed(Lane::Heavy), Some(0));
        let talker = SessionId::new(1, 0);
        let mut pauses = Vec::new();
        for _ in 0..8 {
            assert!(table.congestion.wait(Some(table.room), talker, true));
            let until = table.congestion.due(table.now).unwrap();
            assert!(table.congestion.release(table.now, &table.limits).is_empty());
            pauses.push((until - table.now).as_millis());
            table.now = until;
            assert_eq!(table.congestion.release(table.now, &table.limits), [talker]);
            assert_eq!(table.allowed(Lane::Heavy), Some(table.limits.slow_talk_bytes_max()));
            table.say(Lane::Heavy, 1 << 20, BEHIND);
            assert_eq!(table.allowed(Lane::Heavy), Some(0));
        }
        assert_eq!(pauses, [20, 40, 80, 160, 320, 640, 1000, 1000]);
        assert!(table.congestion.wait(Some(table.room), talker, true));
        table.say(Lane::Light, 1, FINE);
        assert!(table.congestion.due(table.now).unwrap() <= table.now);
        assert_eq!(table.congestion.release(table.now, &table.limits), [talker]);
        assert_eq!(table.allowed(Lane::Heavy), None);
        assert!(!table.congestion.is_slow(table.room));
    }

    #[test]
    fn those_who_wait_have_their_turns_one_after_the_other() {
        let mut table = Table::new();
        table.say(Lane::Heavy, 1 << 20, BEHIND);
        let mut queue: Vec<SessionId> = (0..3).map(|key| SessionId::new(key, 0)).collect();
        let mut spoke = Vec::new();
        for _ in 0..6 {
            // The first one says all that may be said, so the others say nothing.
            for (place, id) in queue.iter().enumerate() {
                assert!(table.congestion.wait(Some(table.room), *id, place == 0));
            }
            spoke.push(queue[0].key());
            table.now = table.congestion.due(table.now).unwrap();
            queue = table.congestion.release(table.now, &table.limits);
            assert!(table.allowed(Lane::Heavy).is_some());
        }
        assert_eq!(spoke, [0, 1, 2, 0, 1, 2]);
    }

    #[test]
    fn a_room_is_slow_no_longer_when_those_who_were_behind_have_read() {
        let mut table = Table::new();
        table.say(Lane::Heavy, 1 << 20, BEHIND);
        assert!(table.congestion.due(table.now).is_none(), "nobody waits");
        assert!(table.congestion.wait(Some(table.room), SessionId::new(1, 0), true));
        assert!(table.congestion.due(table.now).unwrap() > table.now);
        table.congestion.note_caught_up(table.room);
        assert!(table.congestion.due(table.now).unwrap() <= table.now, "one of three is not most");
    }

    #[test]
    fn whoever_has_little_to_say_does_not_wait_for_those_who_have_a_lot_nor_keeps_them_waiting() {
        let mut table = Table::new();
        table.say(Lane::Heavy, 1 << 20, BEHIND);
        let budget = table.limits.slow_talk_bytes_max();
        assert_eq!(
            (table.allowed(Lane::Light), table.allowed(Lane::Heavy)),
            (Some(budget), Some(0))
        );
        table.say(Lane::Light, 1000, BEHIND);
        assert_eq!(table.allowed(Lane::Light), Some(budget - 1000));
        table.say(Lane::Light, budget, BEHIND);
        assert_eq!(table.allowed(Lane::Light), Some(0), "not without bound either");
        table.now += table.limits.slow_talk_after;
        assert_eq!(table.allowed(Lane::Light), Some(budget));
        table.say(Lane::Light, 1000, BEHIND);
        assert_eq!(table.allowed(Lane::Heavy), Some(budget), "it was not its word");
    }

    #[test]
    fn one_that_comes_near_its_limit_is_waited_for_once_and_not_for_long() {
        let mut table = Table::new();
        table.say(Lane::Heavy, 1 << 20, NEAR);
        assert_eq!(table.allowed(Lane::Heavy), Some(0));
        table.now += table.limits.guard_reader_for;
        table.say(Lane::Light, 1, FINE);
        assert_eq!(table.allowed(Lane::Heavy), None);
    }

    #[test]
    fn a_room_where_nobody_talks_is_forgotten() {
        let mut table = Table::new();
        table.say(Lane::Heavy, 1 << 20, BEHIND);
        table.now += table.limits.slow_talk_after;
        table.congestion.release(table.now, &table.limits);
        assert!(table.congestion.is_slow(table.room));
        table.now += table.limits.slow_talk_after_max;
        table.congestion.release(table.now, &table.limits);
        assert!(!table.congestion.is_slow(table.room));
    }
}
