//! The time, read once a tick and told to everybody else.

use std::ops::{Add, AddAssign, Sub};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The time of a tick, on both clocks: what is due is told by the one that never goes back, and
/// when something was said by the one on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now {
    /// For what is due.
    pub at: Instant,
    /// For people.
    pub utc: Timestamp,
}

/// Microseconds since 1970-01-01 00:00 UTC, leap seconds not counted. May go back when somebody sets
/// the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Timestamp(pub u64);

impl Now {
    /// Reads both clocks. To be called once a tick, by the reactor.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place where the time is read")]
    pub fn read() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // It does not fit in the year 586,512.
        let utc = Timestamp(u64::try_from(since_1970.as_micros()).unwrap_or(u64::MAX));
        Self { at: Instant::now(), utc }
    }
}

impl Add<Duration> for Now {
    type Output = Self;

    /// So much later, on both clocks.
    fn add(self, time: Duration) -> Self {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Self { at: self.at + time, utc: Timestamp(self.utc.0.saturating_add(micros)) }
    }
}

impl AddAssign<Duration> for Now {
    fn add_assign(&mut self, time: Duration) {
        *self = *self + time;
    }
}

impl Sub for Now {
    type Output = Duration;

    /// How much later it is, by the clock that never goes back.
    fn sub(self, earlier: Self) -> Duration {
        self.at - earlier.at
    }
}

impl Timestamp {
    /// Milliseconds since 1970, the part of one left out.
    #[must_use]
    pub fn millis(self) -> u64 {
        self.0 / 1000
    }

    /// How long before `later` it was; zero if the clock was set back in between.
    #[must_use]
    pub fn before(self, later: Self) -> Duration {
        Duration::from_micros(later.0.saturating_sub(self.0))
    }
}
