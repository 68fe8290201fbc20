//! The loads that a crowd puts on a server.

use crate::Result;
use chatd_support::crowd::{Crowd, Watch, nanos};
use chatd_support::message::{Message, stamp};
use chatd_support::proc::descriptors;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::thread;
use std::time::Duration;

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) enum Load {
    /// Closed loop, in waves: each of the first `talkers` members says `in_flight` messages at
    /// once, and all of them say the next as soon as every other member that reads has every
    /// message of this wave.
    ///
    /// If each sender went on by itself, the senders would gather in groups by chance. Every wave
    /// starts from an idle server instead. Even so a server that answers sooner may find fewer
    /// messages to share a write, above all in small rooms: deliveries per read tell.
    Closed { talkers: usize, in_flight: usize, millis: u64 },
    /// The same, but so many waves: what fills buffers must not depend on the server's speed.
    Waves { talkers: usize, in_flight: usize, count: usize },
    /// Open loop: all members but the first `flooders` and the stopped ones take turns,
    /// `per_second` messages in all, while each flooder writes as fast as TCP takes it. Must be
    /// the last load of a run with flooders, because what they wrote is not awaited.
    Paced { flooders: usize, per_second: u64, millis: u64 },
    /// Open loop: the first `talkers` members write as fast as TCP takes it.
    Flood { talkers: usize, millis: u64 },
    /// Nobody says anything.
    Idle { millis: u64 },
    /// Beside the members, `visitors` keep joining, say one line each and leave.
    Churn { visitors: usize, millis: u64 },
    /// All members go to their rooms, and unless they `stay` leave the one where they began.
    GoToRooms { stay: bool },
    /// All members close their connections at once. Must be the last load.
    Leave,
}

/// What the open loop saw, in nanoseconds from the moment a message should have been sent.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50: u64,
    pub(crate) p99: u64,
    pub(crate) p999: u64,
    pub(crate) max: u64,
    /// How late the generator itself was to send: the p99.
    pub(crate) late_p99: u64,
}

/// Lines that a flooder says at once.
const FLOOD_LINES: usize = 256;
/// So long a server may take to see that everybody has left, and so often that is looked at.
const LEAVE_WITHIN: Duration = Duration::from_secs(10);
const GLANCE: Duration = Duration::from_millis(5);
/// An open loop's beginning that does not count.
const WARM_UP: Duration = Duration::from_millis(300);

impl Load {
    /// Whether it asks for more than a server may be able to give.
    pub(crate) fn floods(self) -> bool {
        match self {
            Self::Flood { .. } => true,
            Self::Paced { flooders, .. } => flooders > 0,
            Self::Closed { .. }
            | Self::Waves { .. }
            | Self::Idle { .. }
            | Self::Churn { .. }
            | Self::GoToRooms { .. }
            | Self::Leave => false,
        }
    }

    /// Members (and visitors) from the first on which may say something.
    pub(crate) fn speakers(self, members: usize) -> usize {
        match self {
            Self::Closed { talkers, .. }
            | Self::Waves { talkers, .. }
            | Self::Flood { talkers, .. } => talkers,
            Self::Paced { .. } => members,
            Self::Idle { .. } | Self::GoToRooms { .. } | Self::Leave => 0,
            Self::Churn { visitors, .. } => members + visitors,
        }
    }
}

pub(crate) fn closed(
    crowd: &mut Crowd,
    talkers: usize,
    in_flight: usize,
    time: Duration,
) -> Result<()> {
    let end = crowd.now() + time.as_nanos() as u64;
    while crowd.now() < end {
        wave(crowd, talkers, in_flight)?;
    }
    Ok(())
}

pub(crate) fn wave(crowd: &mut Crowd, talkers: usize, in_flight: usize) -> Result<()> {
    for talker in 0..talkers {
        let now = crowd.now();
        crowd.say(talker, in_flight, now);
    }
    crowd.settle(&mut ())
}

pub(crate) fn go_to_rooms(crowd: &mut Crowd, stay: bool) -> Result<()> {
    crowd.go_to_rooms()?;
    if !stay {
        crowd.leave_home()?;
    }
    // What is told about it is no part of what is measured next.
    crowd.calm()
}

/// Until the server has closed its end of all connections, if the system tells.
pub(crate) fn leave(crowd: &mut Crowd, server: u32) -> Result<()> {
    let (members, before) = (crowd.len(), descriptors(server));
    let since = crowd.now();
    crowd.leave();
    while descriptors(server).zip(before).is_some_and(|(now, before)| now + members > before) {
        if crowd.now() - since > nanos(LEAVE_WITHIN) {
            return Err("the server keeps connections that were closed".into());
        }
        thread::sleep(GLANCE);
    }
    Ok(())
}

struct Stopwatch {
    latency: Histogram<u64>,
    /// Messages with an earlier stamp are the warm-up.
    from: u64,
    flooders: usize,
}

impl Watch for Stopwatch {
    fn delivered(&mut self, _: usize, message: Message, line: &[u8], now: u64) {
        if message.sender >= self.flooders {
            let stamp = stamp(line);
            if stamp >= self.from {
                self.latency.saturating_record(now.saturating_sub(stamp));
            }
        }
    }
}

/// Paces the members in `talkers`; those before them flood.
pub(crate) fn paced(
    crowd: &mut Crowd,
    talkers: Range<usize>,
    per_second: u64,
    time: Duration,
) -> Result<Latency> {
    let histogram = || Histogram::new_with_bounds(1, 60_000_000_000, 3);
    let (start, flooders) = (crowd.now(), talkers.start);
    let from = start + WARM_UP.as_nanos() as u64;
    let end = from + time.as_nanos() as u64;
    let mut watch = Stopwatch { latency: histogram()?, from, flooders };
    let mut late = histogram()?;
    let mut turns = talkers.clone().cycle();
    let mut intended = start;
    loop {
        let now = crowd.now();
        if now >= end {
            break;
        }
        while intended <= now {
            let talker = turns.next().ok_or("nobody is left to talk")?;
            crowd.say(talker, 1, intended);
            if intended >= from {
                late.saturating_record(now - intended);
            }
            intended += 1_000_000_000 / per_second;
        }
        // Not sooner, or what a server lets a flooder say at once would be spent in the warm-up.
        if now >= from {
            flood(crowd, 0..flooders);
        }
        // The generator spins, because a sleep of up to a millisecond would be most of the latency.
        crowd.pump(&mut watch, Duration::ZERO)?;
    }
    (0..flooders).for_each(|flooder| crowd.ledger.forget(flooder));
    crowd.settle(&mut watch)?;
    let at = |quantile| watch.latency.value_at_quantile(quantile);
    let late_p99 = late.value_at_quantile(0.99);
    Ok(Latency { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: watch.latency.max(), late_p99 })
}

pub(crate) fn flooded(crowd: &mut Crowd, talkers: usize, time: Duration) -> Result<()> {
    let end = crowd.now() + time.as_nanos() as u64;
    while crowd.now() < end {
        let ready = flood(crowd, 0..talkers);
        crowd.pump(&mut (), if ready { Duration::ZERO } else { Duration::from_millis(10) })?;
    }
    crowd.settle(&mut ())
}

/// One helping more of each flooder whose socket took all of the last. Returns whether a socket has
/// room left.
fn flood(crowd: &mut Crowd, flooders: Range<usize>) -> bool {
    let mut room = false;
    for flooder in flooders {
        if crowd.has_said_all(flooder) {
            let now = crowd.now();
            crowd.say(flooder, FLOOD_LINES, now);
            room |= crowd.has_said_all(flooder);
        }
    }
    room
}
