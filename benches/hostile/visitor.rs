//! Somebody comes, takes a nickname and leaves, again and again: what do newcomers notice?

use chatd_support::sentences::FULL;
use chatd_support::socket::Socket;
use chatd_support::visit::{Stage, Visit};
use hdrhistogram::Histogram;
use mio::Registry;
use mio::{Interest, Token};
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const VISITOR: Token = Token(usize::MAX);

/// From one visit to the next, if it is over.
const EVERY: Duration = Duration::from_millis(100);
/// Nobody waits longer.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Visitor {
    server: SocketAddr,
    /// With the time at which it began.
    visit: Option<(Visit, Instant)>,
    next: Instant,
    count: usize,
    pub(crate) seen: Visits,
}

/// What became of the visits.
pub(crate) struct Visits {
    /// Nanoseconds from connecting to the welcome.
    pub(crate) welcomed: Histogram<u64>,
    /// Told that the server is full.
    pub(crate) turned_away: u64,
    /// Neither.
    pub(crate) failed: u64,
}

impl Visits {
    pub(crate) fn new() -> io::Result<Self> {
        let welcomed = Histogram::new(3).map_err(io::Error::other)?;
        Ok(Self { welcomed, turned_away: 0, failed: 0 })
    }
}

impl Visitor {
    pub(crate) fn new(server: SocketAddr) -> io::Result<Self> {
        let seen = Visits::new()?;
        Ok(Self { server, visit: None, next: Instant::now(), count: 0, seen })
    }

    /// Goes when it is time to, and gives up when it has waited for too long.
    pub(crate) fn act(&mut self, registry: &Registry) -> io::Result<()> {
        let now = Instant::now();
        if self.visit.as_ref().is_some_and(|&(_, since)| since + PATIENCE < now) {
            self.seen.failed += 1;
            self.leave();
        }
        if self.visit.is_none() && self.next <= now {
            let mut socket = Socket::begin(self.server)?;
            let interest = Interest::READABLE | Interest::WRITABLE;
            registry.register(&mut socket.stream, VISITOR, interest)?;
            self.count += 1;
            socket.unsent = format!("v{}\n", self.count).into_bytes();
            self.visit = Some((Visit::new(socket), now));
        }
        Ok(())
    }

    pub(crate) fn ready(&mut self) {
        let Some((visit, since)) = &mut self.visit else { return };
        match visit.go_on() {
            Stage::Waits => return,
            Stage::Welcome => {
                // It has room for any time.
                _ = self.seen.welcomed.record(since.elapsed().as_nanos() as u64);
                visit.socket.send(b"/quit\n");
            }
            Stage::Over if visit.has_heard(FULL.as_bytes()) => self.seen.turned_away += 1,
            Stage::Over => self.seen.failed += 1,
        }
        self.leave();
    }

    fn leave(&mut self) {
        self.visit = None;
        self.next = Instant::now() + EVERY;
    }
}
