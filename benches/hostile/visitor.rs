//! Somebody comes, takes a nickname and leaves, again and again: what do newcomers notice?

use hdrhistogram::Histogram;
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub(crate) const VISITOR: Token = Token(usize::MAX);

/// From one visit to the next, if it is over.
const EVERY: Duration = Duration::from_millis(100);
/// Nobody waits longer.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Visitor {
    server: SocketAddr,
    visit: Option<Visit>,
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

struct Visit {
    stream: TcpStream,
    since: Instant,
    is_introduced: bool,
    heard: Vec<u8>,
}

enum Outcome {
    Welcomed,
    TurnedAway,
    Failed,
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
        if self.visit.as_ref().is_some_and(|visit| visit.since + PATIENCE < now) {
            self.finish(&Outcome::Failed);
        }
        if self.visit.is_none() && self.next <= now {
            let mut stream = TcpStream::connect(self.server)?;
            registry.register(&mut stream, VISITOR, Interest::READABLE | Interest::WRITABLE)?;
            let visit = Visit { stream, since: now, is_introduced: false, heard: Vec::new() };
            self.visit = Some(visit);
            self.count += 1;
        }
        Ok(())
    }

    pub(crate) fn ready(&mut self) {
        let name = format!("v{}\n", self.count);
        if let Some(outcome) = self.visit.as_mut().and_then(|visit| visit.go_on(&name)) {
            self.finish(&outcome);
        }
    }

    fn finish(&mut self, outcome: &Outcome) {
        let Some(visit) = self.visit.take() else { return };
        let waited = visit.since.elapsed();
        match outcome {
            // It has room for any time.
            Outcome::Welcomed => _ = self.seen.welcomed.record(waited.as_nanos() as u64),
            Outcome::TurnedAway => self.seen.turned_away += 1,
            Outcome::Failed => self.seen.failed += 1,
        }
        self.next = Instant::now() + EVERY;
    }
}

impl Visit {
    fn go_on(&mut self, name: &str) -> Option<Outcome> {
        if !self.is_introduced {
            match self.stream.write(name.as_bytes()) {
                Err(error) if is_early(&error) => {}
                // If it failed, what the server says may still be there to be read.
                Ok(_) | Err(_) => self.is_introduced = true,
            }
        }
        let mut buffer = [0; 4096];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(count) if count > 0 => self.heard.extend_from_slice(&buffer[..count]),
                Err(error) if is_early(&error) => break,
                Ok(_) | Err(_) => {
                    let is_full = self.has_heard(b"*** server full");
                    return Some(if is_full { Outcome::TurnedAway } else { Outcome::Failed });
                }
            }
        }
        if self.has_heard(b"*** You are ") {
            // Whatever comes of it: the end of the stream says as much.
            _ = self.stream.write(b"/quit\n");
            return Some(Outcome::Welcomed);
        }
        None
    }

    fn has_heard(&self, words: &[u8]) -> bool {
        self.heard.windows(words.len()).any(|window| window == words)
    }
}

/// Not an error: nothing to read yet, or not yet connected.
fn is_early(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected)
}
