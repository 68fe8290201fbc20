//! Which connection has something due, and when. At most one timer each.

use std::collections::BTreeSet;
use std::time::Instant;

/// Deadlines, soonest first.
#[derive(Debug, Default)]
pub(in crate::server) struct Timers {
    deadlines: BTreeSet<(Instant, usize)>,
}

impl Timers {
    /// Moves the timer of `key` from where `current` has it.
    pub(in crate::server) fn rearm(
        &mut self,
        key: usize,
        current: &mut Option<Instant>,
        deadline: Option<Instant>,
    ) {
        if *current == deadline {
            return;
        }
        if let Some(at) = *current {
            self.deadlines.remove(&(at, key));
        }
        if let Some(at) = deadline {
            self.deadlines.insert((at, key));
        }
        *current = deadline;
    }

    /// The soonest deadline.
    pub(in crate::server) fn first(&self) -> Option<Instant> {
        self.deadlines.first().map(|&(at, _)| at)
    }

    /// Whether the timer of `key` is set for then, if it is to be set.
    #[cfg(debug_assertions)]
    pub(in crate::server) fn has(&self, key: usize, deadline: Option<Instant>) -> bool {
        deadline.is_none_or(|at| self.deadlines.contains(&(at, key)))
    }

    /// Takes a connection whose deadline is over.
    pub(in crate::server) fn pop(&mut self, now: Instant) -> Option<usize> {
        let &(at, key) = self.deadlines.first()?;
        (at <= now).then(|| {
            self.deadlines.pop_first();
            key
        })
    }
}
