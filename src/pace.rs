//! How fast a peer may go.

use std::time::{Duration, Instant};

/// The sustained rate of a peer and what it may send at once before that. `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    interval: Duration,
    burst: u32,
}

impl Rate {
    /// So many lines per second, and so many at once before that. 0 per second is no limit.
    ///
    /// At least two milliseconds' worth may come at once: a poll sleeps for whole milliseconds, and
    /// with less the rate could not be reached.
    #[must_use]
    pub fn new(lines_per_s: u32, burst: u32) -> Option<Self> {
        let interval = Duration::from_secs(1).checked_div(lines_per_s)?;
        let burst_min = lines_per_s.div_ceil(500).max(1);
        Some(Self { interval, burst: burst.max(burst_min) })
    }

    /// How many lines may come at once.
    #[must_use]
    pub fn burst(self) -> u32 {
        self.burst
    }
}

/// The generic cell rate algorithm (ITU-T I.371) in one number: when the peer would be idle again,
/// had it kept the rate.
///
/// The larger of two is that of the peer that has to wait longer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pace {
    idle_at: Option<Instant>,
}

impl Pace {
    /// Counts `lines`. They may exceed the burst; then the next one waits the longer.
    pub fn spend(&mut self, rate: Option<Rate>, lines: u32, now: Instant) {
        if let Some(rate) = rate {
            let from = self.idle_at.map_or(now, |idle_at| idle_at.max(now));
            self.idle_at = Some(from + rate.interval * lines);
        }
    }

    /// Whether nothing was ever counted.
    #[must_use]
    pub fn is_unused(&self) -> bool {
        self.idle_at.is_none()
    }

    /// Whether the whole burst may come, as if nothing had been counted.
    #[must_use]
    pub fn is_idle(&self, now: Instant) -> bool {
        self.idle_at.is_none_or(|idle_at| idle_at <= now)
    }

    /// How many lines may come now. `u32::MAX` without a limit.
    #[must_use]
    pub fn allowed(&self, rate: Option<Rate>, now: Instant) -> u32 {
        let Some(rate) = rate else { return u32::MAX };
        let debt = self.idle_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        let lines = debt.as_nanos().div_ceil(rate.interval.as_nanos());
        rate.burst.saturating_sub(u32::try_from(lines).unwrap_or(u32::MAX))
    }

    /// When the next line may come.
    #[must_use]
    pub fn ready_at(&self, rate: Option<Rate>) -> Option<Instant> {
        let rate = rate?;
        self.idle_at?.checked_sub(rate.interval * (rate.burst - 1))
    }

    /// When the next line may come, if not now.
    #[must_use]
    pub fn wait_until(&self, rate: Option<Rate>, now: Instant) -> Option<Instant> {
        self.ready_at(rate).filter(|&at| at > now)
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test starts its clock somewhere")]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_the_rate() {
        let start = Instant::now();
        let rate = Rate::new(10, 3);
        let mut pace = Pace::default();
        let mut now = start;
        let mut sent = Vec::new();
        for _ in 0..6 {
            while let Some(at) = pace.wait_until(rate, now) {
                now = at;
            }
            pace.spend(rate, 1, now);
            sent.push((now - start).as_millis());
        }
        assert_eq!(sent, [0, 0, 0, 100, 200, 300]);
        now += Duration::from_secs(60);
        assert_eq!(pace.allowed(None, now), u32::MAX);
        for allowed in [3, 2, 1] {
            assert_eq!(pace.allowed(rate, now), allowed);
            assert_eq!(pace.wait_until(rate, now), None);
            pace.spend(rate, 1, now);
        }
        assert_eq!(pace.wait_until(rate, now), Some(now + Duration::from_millis(100)));
        assert_eq!(pace.allowed(rate, now), 0);
        assert_eq!(pace.allowed(rate, now + Duration::from_millis(100)), 1);
    }

    #[test]
    fn a_rate_is_reached_though_a_poll_sleeps_for_a_millisecond() {
        let start = Instant::now();
        let rate = Rate::new(20_000, 1);
        let (mut pace, mut now) = (Pace::default(), start);
        for _ in 0..20_000 {
            while pace.wait_until(rate, now).is_some() {
                now += Duration::from_millis(1);
            }
            pace.spend(rate, 1, now);
        }
        assert!(now - start < Duration::from_millis(1010), "{:?}", now - start);
    }

    #[test]
    fn zero_is_no_limit() {
        let now = Instant::now();
        let mut pace = Pace::default();
        pace.spend(Rate::new(0, 1), 1_000_000, now);
        assert_eq!(pace.wait_until(Rate::new(0, 1), now), None);
    }
}
