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

/// What a turn may do. Ends are totals: of the work that the server ever did, or of the bytes that
/// were ever said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    pub(super) now: Now,
    /// So many bytes may be read.
    pub(super) read_bytes: usize,
    /// When so much is done, it is the next one's turn.
    pub(super) turn_end: u64,
    /// When so much is done, the lane has had its part of the tick.
    pub(super) tick_end: u64,
    /// When so much is said, the room where it talks has to catch up first.
    pub(super) said_end: u64,
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
        let (turn_end, tick_end, said_end) = (u64::MAX, u64::MAX, u64::MAX);
        Self { now, read_bytes: usize::MAX, turn_end, tick_end, said_end }
    }

    /// One turn as it is usual in a lane, if so much work was ever done before it.
    #[must_use]
    pub(super) fn in_lane(self, lane: Lane, work: u64) -> Self {
        let figures = lane.figures();
        Self { read_bytes: figures.read_bytes, turn_end: work + figures.turn_work, ..self }
    }

    /// The same, but no more is read than somebody may say now, and than there is memory for.
    #[must_use]
    pub(super) fn read_for(self, pace: Pace, limits: &Limits) -> Self {
        let lines = pace.allowed(limits.rate, self.now.at) as usize;
        let worth = lines.saturating_mul(BYTES_PER_LINE).max(READ_BYTES_MIN);
        Self { read_bytes: self.read_bytes.min(worth).min(limits.receive_bytes_per_turn), ..self }
    }
}
