//! When talkers outrun readers, and what then: members are read less until the room has caught up,
//! those who have a lot to say first of all.
//!
//! Two things say so. While most of those who would hear a message are far behind, everybody talks
//! too fast. And when a single member comes near its limit, it is given a moment to read: talk can
//! be so fast that a reader which just did not get to run looks like one that has stopped. A room
//! where only a few are behind, and stay so, does not wait for them.

use std::time::{Duration, Instant};

use super::lag::Lag;
use crate::limits::Limits;

/// How far behind the members are, and who has to wait for it.
#[derive(Debug, Default)]
pub(super) struct Congestion {
    /// How many members are far behind.
    behind: usize,
    /// How many are near their limit.
    near: usize,
    /// Somebody came near it, and is given until then to read.
    guard_until: Option<Instant>,
    /// While there is congestion: when members are read again, and the pause before that.
    pause: Option<(Instant, Duration)>,
    /// How many bytes those who have little to say may still say in this pause.
    light_bytes_left: u64,
}

impl Congestion {
    /// The lag of a member has changed.
    pub(super) fn note(&mut self, before: Lag, lag: Lag, limits: &Limits, now: Instant) {
        let counts = |lag: Lag, at_least: Lag| usize::from(lag >= at_least);
        self.behind = self.behind + counts(lag, Lag::Far) - counts(before, Lag::Far);
        self.near = self.near + counts(lag, Lag::Near) - counts(before, Lag::Near);
        if lag == Lag::Near && before != Lag::Near {
            self.guard_until = Some(now + limits.guard_reader_for);
        }
    }

    /// # Panics
    ///
    /// If other numbers are behind and near.
    #[cfg(debug_assertions)]
    pub(super) fn check(&self, behind: usize, near: usize) {
        assert_eq!((self.behind, self.near), (behind, near), "lags are counted");
    }

    /// Whether any member is far behind.
    pub(super) fn has_anybody_behind(&self) -> bool {
        self.behind > 0
    }

    /// Whether most of so many listeners are far behind. Whoever waits to talk is none: otherwise
    /// talkers who come in numbers would outvote those who read.
    fn is_behind(&self, listeners: usize) -> bool {
        self.behind * 2 > listeners
    }

    /// Until when somebody is guarded.
    fn guard(&self, now: Instant) -> Option<Instant> {
        self.guard_until.filter(|&until| self.near > 0 && now < until)
    }

    /// When members are read again, if they have to wait.
    pub(super) fn held_until(&self, listeners: usize, now: Instant) -> Option<Instant> {
        let (until, _) = self.pause.filter(|&(until, _)| now < until)?;
        if self.is_behind(listeners) {
            Some(until)
        } else {
            self.guard(now).map(|guard| guard.min(until))
        }
    }

    /// How many bytes may be said before the pause is over, by those who have little to say: what
    /// people type must not wait for readers who have stopped, nor for those who made them stop.
    pub(super) fn light_bytes_left(&self) -> u64 {
        self.light_bytes_left
    }

    /// So many were said.
    pub(super) fn spend_light(&mut self, bytes: u64) {
        self.light_bytes_left = self.light_bytes_left.saturating_sub(bytes);
    }

    /// How many bytes may be queued in this tick, and whether members have to wait.
    pub(super) fn share(&mut self, listeners: usize, limits: &Limits, now: Instant) -> (u64, bool) {
        if !self.is_behind(listeners) && self.guard(now).is_none() {
            self.pause = None;
            self.light_bytes_left = limits.slow_talk_bytes_max();
            return (limits.tick_bytes_max(), false);
        }
        let (until, pause) =
            *self.pause.get_or_insert((now + limits.slow_talk_after, limits.slow_talk_after));
        let is_held = now < until;
        if !is_held {
            let pause = (pause * 2).min(limits.slow_talk_after_max);
            self.pause = Some((now + pause, pause));
            self.light_bytes_left = limits.slow_talk_bytes_max();
        }
        (limits.slow_talk_bytes_max(), is_held)
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test starts its clock somewhere")]
mod tests {
    use super::*;

    #[test]
    fn while_most_are_far_behind_the_pauses_grow_and_end_when_they_catch_up() {
        let (limits, start) = (Limits::default(), Instant::now());
        let mut congestion = Congestion::default();
        congestion.note(Lag::Little, Lag::Far, &limits, start);
        assert_eq!(
            congestion.share(2, &limits, start),
            (limits.tick_bytes_max(), false),
            "one of two others is not most"
        );
        congestion.note(Lag::Little, Lag::Far, &limits, start);
        let mut now = start;
        let mut pauses = Vec::new();
        for _ in 0..8 {
            assert!(congestion.share(2, &limits, now).1);
            let until = congestion.held_until(2, now).unwrap();
            pauses.push((until - now).as_millis());
            now = until;
            assert_eq!(congestion.share(2, &limits, now), (limits.slow_talk_bytes_max(), false));
        }
        assert_eq!(pauses, [20, 40, 80, 160, 320, 640, 1000, 1000]);
        congestion.note(Lag::Far, Lag::Little, &limits, now);
        assert_eq!(congestion.held_until(2, now), None);
        assert_eq!(congestion.share(2, &limits, now), (limits.tick_bytes_max(), false));
    }

    #[test]
    fn one_that_comes_near_its_limit_is_waited_for_once_and_not_for_long() {
        let (limits, now) = (Limits::default(), Instant::now());
        let mut congestion = Congestion::default();
        congestion.note(Lag::Little, Lag::Near, &limits, now);
        assert!(congestion.share(100, &limits, now).1);
        assert!(congestion.held_until(100, now).is_some());
        let later = now + limits.guard_reader_for;
        congestion.note(Lag::Near, Lag::Near, &limits, now + Duration::from_millis(1));
        assert_eq!(congestion.share(100, &limits, later), (limits.tick_bytes_max(), false));
        let mut congestion = Congestion::default();
        congestion.note(Lag::Little, Lag::Near, &limits, now);
        congestion.share(100, &limits, now);
        congestion.note(Lag::Near, Lag::Little, &limits, now);
        assert_eq!(congestion.held_until(100, now), None, "it has read");
    }
}
