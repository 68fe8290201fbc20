//! Who is next, how much it may do, and when to wake: policy, without streams and without the chat.

mod congestion;
pub(super) mod cost;
mod lag;
mod lanes;
mod timers;

use std::time::Instant;

use crate::clock::Now;
use crate::limits::Limits;
use crate::pace::Pace;
pub(super) use congestion::Congestion;
pub(super) use lag::{Heard, Lag};
use lanes::Figures;
pub(super) use lanes::{Lane, RunQueue};
pub(super) use timers::Timers;

/// A line mostly has no more bytes than this. So many are read for each that a peer may say: the
/// rest is best kept by the kernel.
const BYTES_PER_LINE: usize = 128;

/// Somebody who may say little is read at least so much at a time.
const READ_BYTES_MIN: usize = 1024;

/// Who is served, in which order, and who has to wait.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    pub(super) queue: RunQueue,
    pub(super) timers: Timers,
    pub(super) congestion: Congestion,
}

/// What a turn may do. The step that goes over it is the last one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    pub(super) now: Now,
    /// So many bytes may be read.
    pub(super) read_bytes: usize,
    /// After so much work it is the next one's turn.
    pub(super) turn_work: u64,
    /// After so much work the lane has had its share of the tick.
    pub(super) tick_work: u64,
    /// After so many bytes said, the room where it talks has to catch up first; `None` if that can
    /// keep up as far as is known.
    pub(super) said_bytes: Option<u64>,
}

impl Schedule {
    /// When something is to be done, if nothing happens.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        self.timers.first().into_iter().chain(self.congestion.due(now)).min()
    }
}

impl Allowance {
    /// All that somebody has to say, as far as its rate allows.
    pub(super) fn unlimited(now: Now) -> Self {
        let (turn_work, tick_work) = (u64::MAX, u64::MAX);
        Self { now, read_bytes: usize::MAX, turn_work, tick_work, said_bytes: None }
    }

    /// A turn as it is usual in a lane.
    pub(super) fn in_lane(lane: Lane, now: Now) -> Self {
        let Figures { read_bytes, turn_work, .. } = lane.figures();
        Self { read_bytes, turn_work, ..Self::unlimited(now) }
    }

    /// The same, but no more is read than somebody may say now, and than there is memory for.
    #[must_use]
    pub(super) fn read_for(self, pace: Pace, limits: &Limits) -> Self {
        let lines = pace.allowed(limits.rate, self.now.at) as usize;
        let worth = lines.saturating_mul(BYTES_PER_LINE).max(READ_BYTES_MIN);
        Self { read_bytes: self.read_bytes.min(worth).min(limits.receive_bytes_per_turn), ..self }
    }
}
