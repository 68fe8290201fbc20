//! How far behind a hearer is.

use crate::limits::Limits;

/// How far behind one hearer is with what many were told, as something more is queued for it. What is
/// queued in one tick is less than matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(in crate::server) enum Lag {
    /// Not so far that it matters.
    #[default]
    Little,
    /// More than half of the backlog.
    Far,
    /// So far that a tick could push it over the limit.
    Near,
    /// The same, and talkers know it: it is waited for once, until it is no longer far behind.
    /// Whoever goes to and fro around the bound is not waited for each time.
    Known,
}

impl Lag {
    /// The lag of a hearer with so many bytes unsent that had this lag before.
    pub(in crate::server) fn of(unsent: usize, before: Self, limits: &Limits) -> Self {
        if unsent <= limits.far_behind_bytes() {
            Self::Little
        } else if unsent > limits.near_limit_bytes() {
            before.max(Self::Near)
        } else {
            before.max(Self::Far)
        }
    }
}

/// How those are who are about to hear something. All are zero if nobody is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::server) struct Heard {
    /// How many do nothing but listen. Whoever waits to talk is none of them: otherwise talkers who
    /// come in numbers would outvote those who read.
    pub(in crate::server) hearers: usize,
    /// How many of all are far behind, also of those who wait to talk.
    pub(in crate::server) behind: usize,
    /// How many have come near their limit since talkers waited for them last.
    pub(in crate::server) near: usize,
}

impl Heard {
    /// Counts a hearer, who is known from now on. Whoever waits to talk may be behind, but is none of
    /// those who would have to be most.
    pub(in crate::server) fn count(&mut self, lag: &mut Lag, is_waiting: bool) {
        self.hearers += usize::from(!is_waiting);
        self.behind += usize::from(*lag >= Lag::Far);
        if *lag == Lag::Near {
            self.near += 1;
            *lag = Lag::Known;
        }
    }

    /// Whether it is more than they can take.
    pub(in crate::server) fn is_too_much(self) -> bool {
        self.are_most_behind() || self.near > 0
    }

    /// Whether most of them are far behind.
    pub(in crate::server) fn are_most_behind(self) -> bool {
        self.behind * 2 > self.hearers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lag_of_a_hearer() {
        let limits = Limits { backlog_bytes_max: 800, ..Limits::default() };
        for (unsent, before, lag) in [
            (400, Lag::Known, Lag::Little),
            (401, Lag::Little, Lag::Far),
            (500, Lag::Far, Lag::Far),
            (501, Lag::Far, Lag::Near),
            (401, Lag::Near, Lag::Near),
            (501, Lag::Known, Lag::Known),
        ] {
            assert_eq!(Lag::of(unsent, before, &limits), lag, "{unsent} bytes, before {before:?}");
        }
    }

    #[test]
    fn whoever_comes_near_its_limit_is_counted_as_such_once() {
        let mut lags = [Lag::Little, Lag::Far, Lag::Near, Lag::Known];
        let mut count = || {
            let mut heard = Heard::default();
            for lag in &mut lags {
                heard.count(lag, false);
            }
            heard
        };
        assert_eq!(count(), Heard { hearers: 4, behind: 3, near: 1 });
        assert_eq!(count(), Heard { hearers: 4, behind: 3, near: 0 });
        assert!(count().are_most_behind());
        assert!(!Heard { hearers: 4, behind: 2, near: 0 }.are_most_behind());
    }
}
