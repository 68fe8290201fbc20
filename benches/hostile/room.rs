//! The well-behaved: members who talk at a fixed rate, read at once and keep account of every line
//! that they should hear.

use crate::Result;
use crate::member::{Member, Received, State, connect};
use crate::message::{Dialect, Message, stamp};
use crate::visitor::{VISITOR, Visitor, Visits};
use hdrhistogram::Histogram;
use mio::{Events, Interest, Poll, Token};
use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

/// So many of the members talk; the others listen.
pub(crate) const SPEAKERS: usize = 20;
/// So much is read with one call, at most.
const READ_BYTES: usize = 256 << 10;
/// So often one member reads before the others, and the next probe, have their turn.
const READS_PER_TURN: usize = 2;
/// All come in, and hear the last that was said, in less than this.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Room {
    poll: Poll,
    members: Vec<Member>,
    /// What each has heard of each speaker: how many lines in a row.
    heard: Vec<[u32; SPEAKERS]>,
    said: [u32; SPEAKERS],
    /// Those who may have something to read.
    readable: Vec<usize>,
    buffer: Vec<u8>,
    /// Stamps are nanoseconds since.
    start: Instant,
    every: Duration,
    next_probe: Instant,
    speaker: usize,
    seen: Seen,
    visitor: Visitor,
    dropped: usize,
    joined: usize,
    /// The stamps of what was said during the attack, whenever it is heard …
    attack: Range<u64>,
    /// … and how late that was.
    pub(crate) of_attack: Histogram<u64>,
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

impl Room {
    /// So many members come in. One of the speakers says a line so often.
    pub(crate) fn new(server: SocketAddr, members: usize, every: Duration) -> Result<Self> {
        let mut room = Self {
            poll: Poll::new()?,
            members: Vec::new(),
            heard: vec![[0; SPEAKERS]; members],
            said: [0; SPEAKERS],
            readable: Vec::new(),
            buffer: vec![0; READ_BYTES],
            start: Instant::now(),
            every,
            next_probe: Instant::now(),
            speaker: 0,
            seen: Seen::new()?,
            visitor: Visitor::new(server)?,
            dropped: 0,
            joined: 0,
            attack: 0..0,
            of_attack: Seen::new()?.latency,
        };
        for id in 0..members {
            let mut stream = connect(server, &Dialect::Named.introduction(id))?;
            let interest = Interest::READABLE | Interest::WRITABLE;
            room.poll.registry().register(&mut stream, Token(id), interest)?;
            room.members.push(Member::new(stream));
        }
        let patience = Instant::now() + PATIENCE;
        while room.joined < members {
            if Instant::now() > patience {
                return Err("the members could not come in".into());
            }
            room.listen(Duration::from_millis(100))?;
        }
        room.next_probe = Instant::now();
        Ok(room)
    }

    pub(crate) fn begin_attack(&mut self) {
        self.attack = self.elapsed()..u64::MAX;
    }

    pub(crate) fn end_attack(&mut self) {
        self.attack.end = self.elapsed();
    }

    /// Nanoseconds, as in stamps.
    fn elapsed(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    /// Talks until it is enough. Returns what was noticed since the last time.
    pub(crate) fn talk(&mut self, mut is_enough: impl FnMut() -> bool) -> Result<Seen> {
        while !is_enough() {
            self.probe()?;
            self.visitor.act(self.poll.registry())?;
            self.listen(self.next_probe.saturating_duration_since(Instant::now()))?;
        }
        let mut seen = std::mem::replace(&mut self.seen, Seen::new()?);
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
        while self.missing() > 0 && Instant::now() < patience {
            self.listen(Duration::from_millis(10))?;
        }
        Ok(self.missing())
    }

    /// How many members the server has dropped.
    pub(crate) fn dropped(&self) -> usize {
        self.dropped
    }

    /// The server has dropped all, or is gone: there is nothing to wait for.
    pub(crate) fn is_deserted(&self) -> bool {
        self.dropped == self.members.len()
    }

    fn missing(&self) -> u64 {
        let present = self.members.iter().zip(&self.heard).enumerate();
        let present = present.filter(|(_, (member, _))| member.state == State::Reading);
        present
            .flat_map(|(id, (_, heard))| {
                let lines = self.said.iter().zip(heard).enumerate();
                lines
                    .filter(move |&(speaker, _)| speaker != id)
                    .map(|(_, (said, heard))| u64::from(said.saturating_sub(*heard)))
            })
            .sum()
    }

    /// Says what is due. Each line carries the time at which it is really said: that it was late is
    /// told apart.
    fn probe(&mut self) -> Result<()> {
        let now = Instant::now();
        while self.next_probe <= now {
            self.seen.late.record((now - self.next_probe).as_nanos() as u64)?;
            self.next_probe += self.every;
            let (id, stamp) = (self.speaker, self.elapsed());
            // In a small room one talks, and the others listen.
            let speakers = if self.members.len() < SPEAKERS { 1 } else { SPEAKERS };
            self.speaker = (self.speaker + 1) % speakers;
            let message = Message { sender: id, sequence: self.said[id] };
            self.said[id] += 1;
            message.write(stamp, &mut self.members[id].unsent);
            self.members[id].flush();
        }
        Ok(())
    }

    fn listen(&mut self, timeout: Duration) -> Result<()> {
        let mut events = Events::with_capacity(1024);
        let timeout = if self.readable.is_empty() { timeout } else { Duration::ZERO };
        self.poll.poll(&mut events, Some(timeout))?;
        for event in &events {
            if event.token() == VISITOR {
                self.visitor.ready();
                continue;
            }
            let id = event.token().0;
            if event.is_writable() {
                self.members[id].flush();
            }
            if event.is_readable() && !self.readable.contains(&id) {
                self.readable.push(id);
            }
        }
        for id in std::mem::take(&mut self.readable) {
            if self.read(id)? {
                self.readable.push(id);
            }
        }
        Ok(())
    }

    /// Returns whether there may be more to read.
    fn read(&mut self, id: usize) -> Result<bool> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut is_more = true;
        for _ in 0..READS_PER_TURN {
            match self.members[id].read(&mut buffer) {
                Received::Bytes(count) => {
                    let end = buffer[..count].iter().rposition(|&byte| byte == b'\n');
                    let end = end.map_or(0, |at| at + 1);
                    self.seen.bytes += if id == 0 { end as u64 } else { 0 };
                    for line in buffer[..end].split_inclusive(|&byte| byte == b'\n') {
                        self.hear(id, line)?;
                    }
                    self.members[id].keep(&buffer[end..count]);
                }
                Received::Nothing => is_more = false,
                Received::End => {
                    let state = &mut self.members[id].state;
                    self.dropped += usize::from(*state != State::Gone);
                    *state = State::Gone;
                    is_more = false;
                }
            }
            if !is_more {
                break;
            }
        }
        self.buffer = buffer;
        Ok(is_more)
    }

    /// Lines of attackers, and the server's own, do not count.
    fn hear(&mut self, id: usize, line: &[u8]) -> Result<()> {
        if line.len() == Dialect::Named.stride()
            && let Some(Message { sender, sequence }) = Dialect::Named.parse(line)
        {
            let now = self.elapsed();
            let heard = self.heard[id].get_mut(sender).ok_or("a line of nobody was heard")?;
            if sequence != *heard {
                return Err(format!(
                    "member {id} heard line {sequence} of {sender}, and before it {heard}"
                )
                .into());
            }
            *heard += 1;
            let (said, late) = (stamp(line), now.saturating_sub(stamp(line)));
            self.seen.latency.record(late)?;
            if self.attack.contains(&said) {
                self.of_attack.record(late)?;
            }
        } else if line.starts_with(Dialect::WELCOME) {
            self.joined += 1;
        } else if id == 0 {
            self.seen.lines[usize::from(line[0])] += 1;
        }
        Ok(())
    }
}
