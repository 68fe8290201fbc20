//! The clients of a run: they join, say lines, and check every line that they get.

use crate::Result;
use crate::ledger::Ledger;
use crate::member::{Member, Received, State, connect};
use crate::message::{Dialect, Message};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Connections under way at once while a crowd joins: well under any listener's backlog.
const JOINING_MAX: usize = 100;
/// Without a single delivery for so long, what is missing counts as lost.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longer than the second in which chatd gathers the joins of a large room into one line, which
/// would otherwise be sent to everyone while something is measured.
const QUIET: Duration = Duration::from_millis(1100);
/// Up to this many members chatd announces each join at once.
const ANNOUNCED_MAX: usize = 100;

/// Is told of every delivery; what a load must know to go on is its own affair.
pub(crate) trait Watch {
    fn delivered(&mut self, message: Message, line: &[u8], now: u64);
}

impl Watch for () {
    fn delivered(&mut self, _: Message, _: &[u8], _: u64) {}
}

pub(crate) struct Crowd {
    pub(crate) ledger: Ledger,
    /// Tokens from `members.len()` on that had an event: sockets which belong to the load at hand.
    pub(crate) visitors: Vec<usize>,
    server: SocketAddr,
    dialect: Dialect,
    poll: Poll,
    events: Events,
    members: Vec<Member>,
    joined: usize,
    gone: usize,
    reads: u64,
    /// What the server last said for itself.
    notice: Vec<u8>,
    scratch: Box<[u8]>,
    started: Instant,
}

impl Crowd {
    pub(crate) fn new(
        server: SocketAddr,
        dialect: Dialect,
        members: usize,
        speakers: usize,
    ) -> io::Result<Self> {
        Ok(Self {
            ledger: Ledger::new(members, speakers),
            visitors: Vec::new(),
            server,
            dialect,
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            members: Vec::with_capacity(members),
            joined: 0,
            gone: 0,
            reads: 0,
            notice: Vec::new(),
            scratch: vec![0; 64 * 1024].into(),
            started: Instant::now(),
        })
    }

    /// Nanoseconds since the generator started.
    pub(crate) fn now(&self) -> u64 {
        self.started.elapsed().as_nanos() as u64
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Members whose connection the server has ended.
    pub(crate) fn gone(&self) -> usize {
        self.gone
    }

    /// Reads that brought something to a member.
    pub(crate) fn reads(&self) -> u64 {
        self.reads
    }

    /// Connects to the server and introduces `id`, which is the token as well.
    pub(crate) fn connect(&self, id: usize) -> io::Result<TcpStream> {
        let mut stream = connect(self.server, &self.dialect.introduction(id))?;
        let both = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, Token(id), both)?;
        Ok(stream)
    }

    /// Lets members join until `count` are in the room.
    pub(crate) fn join(&mut self, count: usize) -> Result<()> {
        let mut progress = (self.joined, self.now());
        while self.joined < count {
            while self.members.len() < count && self.members.len() - self.joined < JOINING_MAX {
                let stream = self.connect(self.members.len())?;
                self.members.push(Member::new(stream));
            }
            self.pump(&mut (), Duration::from_millis(100))?;
            if self.impatient(&mut progress, self.joined) {
                let (left, notice) = (count - self.joined, String::from_utf8_lossy(&self.notice));
                return Err(format!("{left} of {count} clients could not join: {notice}").into());
            }
        }
        Ok(())
    }

    /// Waits until the server has nothing more to say about who joined.
    pub(crate) fn calm(&mut self) -> Result<()> {
        let announced = self.members.len() <= ANNOUNCED_MAX;
        self.idle(if announced { Duration::from_millis(50) } else { QUIET })
    }

    /// Does nothing but read for a time.
    pub(crate) fn idle(&mut self, time: Duration) -> Result<()> {
        let end = self.now() + time.as_nanos() as u64;
        while self.now() < end {
            self.pump(&mut (), Duration::from_nanos(end - self.now()))?;
        }
        Ok(())
    }

    /// Reads until every delivery that is due has come.
    pub(crate) fn settle(&mut self, watch: &mut impl Watch) -> Result<()> {
        let mut progress = (self.ledger.due() as usize, self.now());
        while self.ledger.due() > 0 {
            self.pump(watch, Duration::from_millis(100))?;
            if self.impatient(&mut progress, self.ledger.due() as usize) {
                let (due, missing) = (self.ledger.due(), self.ledger.first_missing());
                return Err(format!("{due} deliveries did not come: {missing}").into());
            }
        }
        Ok(())
    }

    /// `speaker` says `count` lines at once.
    pub(crate) fn say(&mut self, speaker: usize, count: usize, stamp: u64) {
        for _ in 0..count {
            let sequence = self.ledger.say(speaker);
            Message { sender: speaker, sequence }.write(stamp, &mut self.members[speaker].unsent);
        }
        self.members[speaker].flush();
    }

    /// Whether the socket of `speaker` has taken all that it said.
    pub(crate) fn has_said_all(&self, speaker: usize) -> bool {
        self.members[speaker].unsent.is_empty()
    }

    /// The last `count` members read no more.
    pub(crate) fn stop(&mut self, count: usize) {
        for index in self.members.len() - count..self.members.len() {
            if self.members[index].state == State::Reading {
                self.members[index].state = State::Stopped;
                self.ledger.dismiss(index);
            }
        }
    }

    /// The stopped read again, all that they missed or up to the end of their connection.
    pub(crate) fn resume(&mut self) -> Result<()> {
        for index in 0..self.members.len() {
            if self.members[index].state == State::Stopped {
                self.members[index].state = State::Reading;
                self.ledger.readmit(index);
                self.receive(index, true, &mut ())?;
            }
        }
        self.settle(&mut ())
    }

    /// Waits for events up to `timeout` and deals with all of them.
    pub(crate) fn pump(&mut self, watch: &mut impl Watch, timeout: Duration) -> Result<()> {
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        for event in &events {
            let Token(index) = event.token();
            if index >= self.members.len() {
                self.visitors.push(index);
                continue;
            }
            if event.is_readable() {
                self.receive(index, event.is_read_closed(), watch)?;
            }
            if event.is_writable() {
                self.members[index].flush();
            }
        }
        self.events = events;
        Ok(())
    }

    /// Reads what there is, and the end of the connection as well if it has `ended`.
    fn receive(&mut self, index: usize, ended: bool, watch: &mut impl Watch) -> Result<()> {
        while self.members[index].state == State::Reading {
            match self.members[index].read(&mut self.scratch) {
                Received::Bytes(count) => {
                    self.reads += 1;
                    let used = self.take_lines(index, count, watch)?;
                    self.members[index].keep(&self.scratch[used..count]);
                    // A short read has drained the socket: epoll(7).
                    if count < self.scratch.len() && !ended {
                        break;
                    }
                }
                Received::Nothing => break,
                Received::End => self.lose(index),
            }
        }
        Ok(())
    }

    /// Checks the whole lines in the scratch buffer. Returns how many bytes they are.
    fn take_lines(&mut self, index: usize, filled: usize, watch: &mut impl Watch) -> Result<usize> {
        let now = self.now();
        let stride = self.dialect.stride();
        let mut used = 0;
        loop {
            let rest = &self.scratch[used..filled];
            if rest.first() == Some(&b'*') {
                let Some(end) = rest.iter().position(|&byte| byte == b'\n') else {
                    return Ok(used);
                };
                self.notice.clear();
                self.notice.extend_from_slice(&rest[..end]);
                if rest.starts_with(Dialect::WELCOME) && !self.members[index].joined {
                    self.members[index].joined = true;
                    self.joined += 1;
                }
                used += end + 1;
            } else if let Some(line) = rest.get(..stride) {
                let message = self.ledger.receive(index, self.dialect.parse(line));
                let message = message.map_err(|wrong| {
                    format!("client {index} {wrong}: {:?}", String::from_utf8_lossy(line))
                })?;
                watch.delivered(message, line, now);
                used += stride;
            } else {
                return Ok(used);
            }
        }
    }

    fn lose(&mut self, index: usize) {
        self.members[index].state = State::Gone;
        self.gone += 1;
        self.ledger.dismiss(index);
        if index < self.ledger.speakers() {
            self.ledger.forget(index);
        }
    }

    /// Whether `measure` has not changed for too long.
    fn impatient(&self, progress: &mut (usize, u64), measure: usize) -> bool {
        if measure != progress.0 {
            *progress = (measure, self.now());
        }
        Duration::from_nanos(self.now() - progress.1) > PATIENCE
    }
}
