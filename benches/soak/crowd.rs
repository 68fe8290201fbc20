//! All clients in one poll: reads for them, checks what they read, and knows who is there.

use crate::client::{Connection, Reading};
use crate::client::{Role, SHARES, Seat};
use crate::hearing::Hearing;
use crate::room::Room;
use chatd_support::Result;
use chatd_support::random::Random;
use mio::{Events, Interest, Poll, Token};
use std::io::{ErrorKind, Read};
use std::mem;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Whoever has missed more bytes must have been dropped: the server's own default, and what the
/// kernel holds. Whoever pauses misses much less.
pub(crate) const DROPPED_BEHIND: u64 = (1024 + 512) * 1024;
/// The seat of the listener.
pub(crate) const LISTENER: usize = 0;

/// What has happened besides what is said.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) connections: u64,
    pub(crate) resets: u64,
    pub(crate) polite_ends: u64,
    pub(crate) dropped_stallers: u64,
    /// Who was told that the server stops, and let go then.
    pub(crate) told_of_the_end: usize,
}

pub(crate) struct Crowd {
    pub(crate) room: Room,
    pub(crate) counts: Counts,
    pub(crate) seats: Vec<Seat>,
    server: SocketAddr,
    poll: Poll,
    events: Events,
    scratch: Box<[u8]>,
    started: Instant,
}

impl Crowd {
    pub(crate) fn new(server: SocketAddr, clients: usize, seed: u64) -> Result<Self> {
        let mut roles = vec![Role::Listener];
        for (role, share) in SHARES {
            roles.extend(vec![role; (clients * share / 100).max(1)]);
        }
        roles.resize(clients.max(roles.len()), Role::Lurker);
        let seat = |(index, role)| Seat {
            role,
            random: Random::new(seed.wrapping_mul(1_000_003).wrapping_add(index as u64)),
            connection: None,
            wake: None,
            lives: 0,
        };
        Ok(Self {
            room: Room::default(),
            counts: Counts::default(),
            seats: roles.into_iter().enumerate().map(seat).collect(),
            server,
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            scratch: vec![0; 64 * 1024].into(),
            started: Instant::now(),
        })
    }

    /// Since the crowd was made.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn connections(&self) -> impl Iterator<Item = &Connection> {
        self.seats.iter().filter_map(|seat| seat.connection.as_ref())
    }

    pub(crate) fn connected(&self) -> usize {
        self.connections().count()
    }

    pub(crate) fn members(&self) -> usize {
        self.connections().filter(|connection| connection.is_member()).count()
    }

    /// Who sits there.
    pub(crate) fn with_role(&self, is_meant: impl Fn(Role) -> bool) -> Vec<usize> {
        (0..self.seats.len()).filter(|&index| is_meant(self.seats[index].role)).collect()
    }

    /// Connects a seat, without a word.
    pub(crate) fn connect(&mut self, index: usize) -> Result<()> {
        let session = self.room.open(index);
        let seat = &mut self.seats[index];
        let hearing = Hearing::new(seat.role, session, &self.room);
        seat.lives += 1;
        let mut connection = Connection::open(self.server, index, seat.role, seat.lives, hearing)
            .map_err(|error| format!("cannot connect: {error}"))?;
        let both = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut connection.socket.stream, Token(index), both)?;
        seat.connection = Some(connection);
        self.counts.connections += 1;
        Ok(())
    }

    /// Connects a seat and chooses a nickname.
    pub(crate) fn enter(&mut self, index: usize) -> Result<()> {
        self.connect(index)?;
        if let Some(connection) = &mut self.seats[index].connection {
            let nick = connection.nick.clone();
            connection.send_line(&nick);
        }
        Ok(())
    }

    /// A seat ends its connection on its own, with a reset or without.
    pub(crate) fn cut(&mut self, index: usize, with_reset: bool) {
        let Some(connection) = self.seats[index].connection.take() else { return };
        if with_reset {
            connection.socket.reset_when_closed();
        }
        self.counts.resets += u64::from(with_reset);
        self.room.cut(connection.hearing.session);
    }

    /// Waits for events up to `timeout` and deals with all of them.
    pub(crate) fn pump(&mut self, timeout: Duration) -> Result<()> {
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        let events = mem::replace(&mut self.events, Events::with_capacity(0));
        let before = self.room.end();
        // First, so that few others have to wait for it.
        self.receive(LISTENER)?;
        for event in &events {
            let Token(index) = event.token();
            if let Some(connection) = &mut self.seats[index].connection {
                connection.socket.flush();
            }
            self.receive(index)?;
        }
        self.events = events;
        if self.room.end() > before {
            for index in 0..self.seats.len() {
                self.retry(index)?;
            }
        }
        Ok(())
    }

    /// Looks again at what a seat has read, now that the listener has heard more.
    fn retry(&mut self, index: usize) -> Result<()> {
        let Some(connection) = &mut self.seats[index].connection else { return Ok(()) };
        if mem::take(&mut connection.is_ahead) {
            self.check(index, 0)?;
            self.receive(index)?;
        }
        Ok(())
    }

    /// Reads all that there is.
    pub(crate) fn receive(&mut self, index: usize) -> Result<()> {
        loop {
            let Some(connection) = &mut self.seats[index].connection else { return Ok(()) };
            if connection.is_ahead || matches!(connection.reading, Reading::Off(_)) {
                return Ok(());
            }
            match connection.socket.stream.read(&mut self.scratch) {
                Ok(0) => self.ended(index, None)?,
                Ok(count) => self.check(index, count)?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => self.ended(index, Some(error.kind()))?,
            }
        }
    }

    /// Understands what was kept and the first `count` bytes of the scratch buffer.
    fn check(&mut self, index: usize, count: usize) -> Result<()> {
        let now = self.now();
        let Some(connection) = &mut self.seats[index].connection else { return Ok(()) };
        connection.kept.extend_from_slice(&self.scratch[..count]);
        let taken = connection.hearing.take(&connection.kept, &mut self.room, now);
        let (bytes, is_ahead) = taken.map_err(|wrong| self.blame(index, &wrong))?;
        if let Some(connection) = &mut self.seats[index].connection {
            connection.kept.drain(..bytes);
            connection.is_ahead = is_ahead;
        }
        Ok(())
    }

    /// The server has ended a connection: in order, or with an error.
    fn ended(&mut self, index: usize, error: Option<ErrorKind>) -> Result<()> {
        let seat = &mut self.seats[index];
        let Some(connection) = &seat.connection else { return Ok(()) };
        let Hearing { session, position, since, is_told, .. } = connection.hearing;
        if connection.is_leaving && error.is_none() && connection.kept.is_empty() {
            self.counts.polite_ends += 1;
            self.counts.told_of_the_end += usize::from(is_told);
            self.room.close(session, position, since)?;
        } else if seat.role == Role::Staller && connection.reading != Reading::On {
            self.counts.dropped_stallers += 1;
            self.room.cut(session);
        } else if seat.role == Role::Babbler {
            self.room.cut(session);
        } else {
            let wrong = if connection.is_leaving { "was let go too soon" } else { "was dropped" };
            let how = error.map_or("end of the stream".into(), |kind| kind.to_string());
            return Err(self.blame(index, &format!("{wrong}: {how}")).into());
        }
        self.seats[index].connection = None;
        Ok(())
    }

    /// Says who is concerned, by what its nicknames begin with.
    pub(crate) fn blame(&self, index: usize, wrong: &str) -> String {
        format!("{:?}{index} {wrong}", self.seats[index].role)
    }

    /// Forgets the lines that everybody has heard.
    pub(crate) fn trim(&mut self) {
        let positions = self.connections().map(|connection| connection.hearing.position);
        if let Some(position) = positions.min() {
            self.room.trim(position);
        }
    }
}
