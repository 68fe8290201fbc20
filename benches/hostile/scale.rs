//! How large and long a trial is, and how much memory it may cost.

use crate::generator::Attack;
use crate::must::Must;
use crate::pump::{Pump, Say};
use crate::trial::Trial;
use std::time::Duration;

pub(crate) const MIB: u64 = 1 << 20;
/// What the server needs in any case: pages it had not touched, buffers of the log.
pub(crate) const GROWTH: u64 = 8 * MIB;
/// What a peer can have waiting of what it asked for and does not read, or not as fast: chatd's
/// default, and as much again, as a vector can hold twice its length.
pub(crate) const GROWTH_PER_ANSWERED: u64 = 2 * MIB;
/// What can wait of what a peer has sent, and be held of a line; what all hear is there once.
pub(crate) const GROWTH_PER_TALKER: u64 = 64 << 10;
/// What a connection costs that does nothing wrong.
pub(crate) const GROWTH_PER_CONNECTION: u64 = 2048;
pub(crate) const NO_RATE: &[&str] = &["--rate", "0"];

pub(crate) struct Scale {
    pub(crate) is_quick: bool,
}

impl Scale {
    pub(crate) fn of<T>(&self, full: T, quick: T) -> T {
        if self.is_quick { quick } else { full }
    }

    pub(crate) fn trial(&self, name: impl Into<String>, attacks: Vec<Attack>) -> Trial {
        Trial {
            name: name.into(),
            options: &[],
            members: 20,
            every: Duration::from_millis(10),
            quiet: Duration::from_millis(self.of(3000, 200)),
            before: None,
            attacks,
            must: Must::default(),
            growth_max: GROWTH,
        }
    }

    /// For how long those attack who do it without a pause.
    pub(crate) fn millis(&self) -> u64 {
        self.of(5000, 150)
    }

    pub(crate) fn pump(&self, name: String, say: Say, connections: usize, reads: bool) -> Trial {
        let pump = Pump { connections, say, reads, millis: self.millis(), rate: None };
        let each = match say {
            Say::Do | Say::NickChanges | Say::Who | Say::History => GROWTH_PER_ANSWERED,
            Say::Text
            | Say::Lines(_)
            | Say::Endless
            | Say::Empty
            | Say::Cr
            | Say::Nop
            | Say::Invalid
            | Say::Private
            | Say::NoNick => GROWTH_PER_TALKER,
        };
        let growth_max = GROWTH + connections as u64 * each;
        Trial { growth_max, ..self.trial(name, vec![Attack::Pump(pump)]) }
    }
}
