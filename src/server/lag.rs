//! How far behind a member is.

use crate::limits::Limits;

/// How far behind one member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Lag {
    /// Not so far that it matters.
    #[default]
    Little,
    /// More than half of the backlog.
    Far,
    /// So far that a tick could push it over the limit. It counts as near until it is no longer far
    /// behind: whoever goes to and fro around the bound is not guarded each time.
    Near,
}

impl Lag {
    /// The lag of a member with so many bytes unsent that had this lag before.
    pub(super) fn of(unsent: usize, before: Self, limits: &Limits) -> Self {
        if unsent <= limits.far_behind_bytes() {
            Self::Little
        } else if unsent > limits.near_limit_bytes() {
            Self::Near
        } else {
            before.max(Self::Far)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lag_of_a_member() {
        let limits = Limits { backlog_bytes_max: 800, ..Limits::default() };
        for (unsent, before, lag) in [
            (400, Lag::Near, Lag::Little),
            (401, Lag::Little, Lag::Far),
            (500, Lag::Far, Lag::Far),
            (501, Lag::Far, Lag::Near),
            (401, Lag::Near, Lag::Near),
        ] {
            assert_eq!(Lag::of(unsent, before, &limits), lag, "{unsent} bytes, before {before:?}");
        }
    }
}
