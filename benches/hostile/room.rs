//! The well-behaved: members who talk at a fixed rate, read at once and keep account of every line
//! that they should hear.

use crate::visitor::{Visitor, Visits};
use chatd_support::Result;
use chatd_support::crowd::{Crowd, Watch};
use chatd_support::ledger::Wrong;
use chatd_support::message::{Dialect, Message, stamp};
use hdrhistogram::Histogram;
use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

/// So many of the members talk; the others listen.
pub(crate) const SPEAKERS: usize = 20;
/// All hear the last that was said in less than this.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Room {
    crowd: Crowd,
    every: Duration,
    next_probe: Instant,
    speaker: usize,
    visitor: Visitor,
    noticed: Noticed,
}

/// What is noticed now.
struct Noticed {
    seen: Seen,
    /// The stamps of what was said during the attack, whenever it is heard …
    attack: Range<u64>,
    /// … and how late that was.
    of_attack: Histogram<u64>,
}

/// What the members noticed in one phase.
pub(crate) struct Seen {
    /// Nanoseconds from saying to hearing, of every delivery.
    pub(crate) latency: Histogram<u64>,
    /// By how much probes were said too late: this is the room's own doing.
    pub(crate) late: Histogram<u64>,
    pub(crate) visits: Visits,
    /// What the first member read.
    pub(crate) bytes: u64,
    /// Lines that it heard of others than the room, by their first byte.
    pub(crate) lines: [u64; 256],
}

impl Seen {
    fn new() -> io::Result<Self> {
        let histogram = || Histogram::new(3).map_err(io::Error::other);
        let (latency, late, visits) = (histogram()?, histogram()?, Visits::new()?);
        Ok(Self { latency, late, visits, bytes: 0, lines: [0; 256] })
    }
}

impl Watch for Noticed {
    fn delivered(&mut self, member: usize, _: Message, line: &[u8], now: u64) {
        self.seen.bytes += if member == 0 { line.len() as u64 } else { 0 };
        let (said, late) = (stamp(line), now.saturating_sub(stamp(line)));
        // They grow, and so have room for any time.
        _ = self.seen.latency.record(late);
        if self.attack.contains(&said) {
            _ = self.of_attack.record(late);
        }
    }

    /// Lines of attackers, and the server's own, do not count.
    fn other(&mut self, member: usize, line: &[u8]) -> Result<(), Wrong> {
        if member == 0 {
            self.seen.bytes += line.len() as u64;
            self.seen.lines[usize::from(line[0])] += 1;
        }
        Ok(())
    }
}

impl Room {
    /// So many members come in. One of the speakers says a line so often.
    pub(crate) fn new(server: SocketAddr, members: usize, every: Duration) -> Result<Self> {
        let of_attack = Seen::new()?.latency;
        let mut noticed = Noticed { seen: Seen::new()?, attack: 0..0, of_attack };
        // In a small room one talks, and the others listen.
        let speakers = if members < SPEAKERS { 1 } else { SPEAKERS };
        let mut crowd = Crowd::new(server, &[Dialect::Named], members, speakers)?;
        crowd.join(members, &mut noticed)?;
        let (visitor, next_probe) = (Visitor::new(server)?, Instant::now());
        Ok(Self { crowd, every, next_probe, speaker: 0, visitor, noticed })
    }

    pub(crate) fn begin_attack(&mut self) {
        self.noticed.attack = self.crowd.now()..u64::MAX;
    }

    pub(crate) fn end_attack(&mut self) {
        self.noticed.attack.end = self.crowd.now();
    }

    /// How late was what was said during the attack, whenever it was heard.
    pub(crate) fn of_attack(&self) -> Histogram<u64> {
        self.noticed.of_attack.clone()
    }

    /// Talks until it is enough. Returns what was noticed since the last time.
    pub(crate) fn talk(&mut self, mut is_enough: impl FnMut() -> bool) -> Result<Seen> {
        while !is_enough() {
            self.probe()?;
            self.visitor.act(self.crowd.registry())?;
            let timeout = self.next_probe.saturating_duration_since(Instant::now());
            self.crowd.pump(&mut self.noticed, timeout)?;
            if !std::mem::take(&mut self.crowd.visitors).is_empty() {
                self.visitor.ready();
            }
        }
        let mut seen = std::mem::replace(&mut self.noticed.seen, Seen::new()?);
        std::mem::swap(&mut seen.visits, &mut self.visitor.seen);
        Ok(seen)
    }

    pub(crate) fn talk_for(&mut self, time: Duration) -> Result<Seen> {
        let end = Instant::now() + time;
        self.talk(|| Instant::now() >= end)
    }

    /// Talks until a newcomer is welcomed. Returns whether that took no longer than `patience`.
    pub(crate) fn is_open(&mut self, patience: Duration) -> Result<bool> {
        let end = Instant::now() + patience;
        let mut is_open = false;
        while !is_open && !self.is_deserted() && Instant::now() < end {
            is_open = !self.talk_for(Duration::from_millis(20))?.visits.welcomed.is_empty();
        }
        Ok(is_open)
    }

    /// Says nothing more, and hears what is under way. Returns how many lines somebody who is still
    /// there has not heard.
    pub(crate) fn fall_silent(&mut self) -> Result<u64> {
        let patience = Instant::now() + PATIENCE;
        while self.crowd.ledger.due() > 0 && Instant::now() < patience {
            self.crowd.pump(&mut self.noticed, Duration::from_millis(10))?;
        }
        Ok(self.crowd.ledger.due())
    }

    /// How many members the server has dropped.
    pub(crate) fn dropped(&self) -> usize {
        self.crowd.gone()
    }

    /// The server has dropped all, or is gone: there is nothing to wait for.
    pub(crate) fn is_deserted(&self) -> bool {
        self.dropped() == self.crowd.len()
    }

    /// Says what is due. Each line carries the time at which it is really said: that it was late is
    /// told apart.
    fn probe(&mut self) -> Result<()> {
        let now = Instant::now();
        while self.next_probe <= now {
            self.noticed.seen.late.record((now - self.next_probe).as_nanos() as u64)?;
            self.next_probe += self.every;
            let stamp = self.crowd.now();
            self.crowd.say(self.speaker, 1, stamp);
            self.speaker = (self.speaker + 1) % self.crowd.ledger.speakers();
        }
        Ok(())
    }
}
