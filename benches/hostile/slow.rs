//! Slowloris: connections that cost their owner nothing, and are meant to last for ever.

use crate::generator::Run;
use crate::net::{self, Peer};
use chatd_support::Result;
use mio::{Events, Interest, Poll, Token};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Each sends one byte at once, and then one a minute.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Slow {
    /// Those who never come to the end of their nickname.
    pub(crate) nameless: usize,
    /// Those who have one, and read.
    pub(crate) named: usize,
    pub(crate) seconds: u64,
}

const BYTE_EVERY: Duration = Duration::from_secs(60);
/// What README promises: a connection without a nickname is closed after a minute …
const NAMELESS_FOR: Duration = Duration::from_secs(60);
/// … and so much later at the latest, when thousands are closed at once.
const CLOSED_WITHIN: Duration = Duration::from_secs(3);

struct Slowling {
    peer: Peer,
    since: Instant,
    next: Instant,
    closed_after: Option<Duration>,
}

impl Slow {
    pub(crate) fn run(&self, server: SocketAddr) -> Result<Run> {
        let mut run = Run::default();
        let mut poll = Poll::new()?;
        let mut slowlings = Vec::new();
        let end = Instant::now() + Duration::from_secs(self.seconds);
        for id in 0..self.nameless + self.named {
            let since = Instant::now();
            let stream = if id < self.nameless {
                net::connect(net::ATTACKERS, server)?
            } else {
                net::join(server, &format!("l{id}"))?
            };
            let mut peer = Peer::new(stream, b"x".to_vec())?;
            poll.registry().register(&mut peer.stream, Token(id), Interest::READABLE)?;
            slowlings.push(Slowling { peer, since, next: since, closed_after: None });
        }
        run.opened = slowlings.len() as u64;
        let mut events = Events::with_capacity(1024);
        while Instant::now() < end {
            for slowling in &mut slowlings {
                slowling.send();
            }
            poll.poll(&mut events, Some(Duration::from_millis(100)))?;
            for event in &events {
                slowlings[event.token().0].read();
            }
        }
        run.sent = slowlings.iter().map(|slowling| slowling.peer.sent).sum();
        run.heard = slowlings.iter().map(|slowling| slowling.peer.heard).sum();
        let (nameless, named) = slowlings.split_at(self.nameless);
        self.judge(nameless, named, &mut run);
        Ok(run)
    }

    fn judge(&self, nameless: &[Slowling], named: &[Slowling], run: &mut Run) {
        let closed: Vec<Duration> = nameless.iter().filter_map(|one| one.closed_after).collect();
        let (first, last) = (closed.iter().min(), closed.iter().max());
        run.closed = closed.len() as u64;
        if let (Some(first), Some(last)) = (first, last) {
            let (first, last) = (first.as_secs_f64(), last.as_secs_f64());
            run.remarks.push(format!("closed after {first:.2} to {last:.2} s"));
        }
        if first.is_some_and(|&first| first < NAMELESS_FOR) {
            run.failures.push("somebody was closed before time".to_owned());
        }
        let is_over = Duration::from_secs(self.seconds) > NAMELESS_FOR + 2 * CLOSED_WITHIN;
        if is_over && closed.len() < nameless.len() {
            let left = nameless.len() - closed.len();
            run.failures.push(format!("{left} without a nickname were not closed"));
        }
        if last.is_some_and(|&last| last > NAMELESS_FOR + CLOSED_WITHIN) {
            run.failures.push("somebody was closed late".to_owned());
        }
        let wronged = named.iter().filter(|one| one.closed_after.is_some()).count();
        if wronged > 0 {
            run.failures.push(format!("{wronged} with a nickname were closed"));
        }
    }
}

impl Slowling {
    fn send(&mut self) {
        if self.closed_after.is_none() && self.next <= Instant::now() {
            // A failure is found by reading.
            self.peer.say(1, 1);
            self.next += BYTE_EVERY;
        }
    }

    fn read(&mut self) {
        self.peer.hear(u64::MAX, usize::MAX);
        if self.peer.is_closed {
            self.closed_after.get_or_insert(self.since.elapsed());
        }
    }
}
