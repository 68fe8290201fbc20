//! All clients in one poll: reads for them, checks what they read, and knows who is there.

use crate::Result;
use crate::hearing::{Hearing, Tally};
use crate::random::Random;
use crate::seat::{Connection, Role, SHARES, Seat};
use crate::transcript::Transcript;
use hdrhistogram::Histogram;
use mio::{Events, Interest, Poll, Token};
use std::collections::HashMap;
use std::io::ErrorKind;
use std::mem;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What a client may fall behind before the server drops it, by its own default.
pub(crate) const BACKLOG: u64 = 1024 * 1024;
/// What the kernel holds besides for a client with a small receive buffer, generously.
const KERNEL: u64 = 512 * 1024;
/// Whoever has missed more must have been dropped …
pub(crate) const DROPPED_BEHIND: u64 = BACKLOG + KERNEL;
/// … and whoever has missed less must not. Answers and overhead count as well.
pub(crate) const KEPT_BEHIND: u64 = BACKLOG / 2;
/// The seat of the listener.
pub(crate) const LISTENER: usize = 0;

/// What has happened besides what is said.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) connections: u64,
    pub(crate) resets: u64,
    pub(crate) polite_ends: u64,
    pub(crate) closes: u64,
    pub(crate) nicknames_lost: u64,
    pub(crate) answers: u64,
    pub(crate) dropped_stallers: u64,
    pub(crate) dropped_pausers: u64,
    /// Who was told that the server stops, and let go then.
    pub(crate) told_of_the_end: u64,
}

pub(crate) struct Crowd {
    pub(crate) room: Transcript,
    pub(crate) tally: Tally,
    pub(crate) counts: Counts,
    pub(crate) seats: Vec<Seat>,
    /// Who has which nickname, as far as those who are checked know.
    pub(crate) holders: HashMap<String, usize>,
    server: SocketAddr,
    poll: Poll,
    events: Events,
    /// Seats that wait for the listener.
    pub(crate) ahead: Vec<usize>,
    pub(crate) scratch: Box<[u8]>,
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
            names: 0,
            is_free: true,
        };
        Ok(Self {
            room: Transcript::default(),
            tally: Tally {
                deliveries: 0,
                latency: Histogram::new_with_bounds(1, 600_000_000_000, 3)?,
            },
            counts: Counts::default(),
            seats: roles.into_iter().enumerate().map(seat).collect(),
            holders: HashMap::new(),
            server,
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            ahead: Vec::new(),
            scratch: vec![0; 64 * 1024].into(),
            started: Instant::now(),
        })
    }

    /// Nanoseconds since the crowd was made.
    pub(crate) fn now(&self) -> u64 {
        self.started.elapsed().as_nanos() as u64
    }

    pub(crate) fn millis(&self) -> u64 {
        self.now() / 1_000_000
    }

    pub(crate) fn connected(&self) -> usize {
        self.seats.iter().filter(|seat| seat.connection.is_some()).count()
    }

    /// How many are at these seats.
    pub(crate) fn with_role(&self, is_meant: impl Fn(Role) -> bool) -> Vec<usize> {
        (0..self.seats.len()).filter(|&index| is_meant(self.seats[index].role)).collect()
    }

    /// Connects a seat, without a word.
    pub(crate) fn connect(&mut self, index: usize) -> Result<()> {
        let seat = &mut self.seats[index];
        let mut connection = Connection::open(self.server, seat.role, &mut seat.random)
            .map_err(|error| format!("cannot connect: {error}"))?;
        let both = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(connection.stream(), Token(index), both)?;
        (seat.connection, seat.lives, seat.names) = (Some(connection), seat.lives + 1, 0);
        self.counts.connections += 1;
        Ok(())
    }

    /// Connects a seat and asks for a nickname. From here on those who are checked are.
    pub(crate) fn join(&mut self, index: usize, nick: String) -> Result<()> {
        self.connect(index)?;
        let seat = &mut self.seats[index];
        if let Some(connection) = &mut seat.connection {
            connection.send_line(&nick);
            if seat.role.is_checked() {
                let is_prompt = seat.role != Role::Pauser;
                let session = self.room.open(index);
                connection.hearing = Some(Hearing::new(index, session, nick, is_prompt));
            }
        }
        Ok(())
    }

    /// A seat ends its connection on its own, with a reset or without.
    pub(crate) fn cut(&mut self, index: usize, with_reset: bool) {
        self.release(index);
        let seat = &mut self.seats[index];
        let Some(connection) = seat.connection.take() else { return };
        if with_reset {
            connection.will_reset();
        }
        self.counts.resets += u64::from(with_reset);
        self.counts.closes += u64::from(!with_reset);
        seat.is_free = false;
        if let Some(hearing) = &connection.hearing {
            self.room.cut(hearing.session);
        }
    }

    /// A seat takes another nickname.
    pub(crate) fn rename(&mut self, index: usize, nick: &str) {
        self.release(index);
        self.holders.insert(nick.to_owned(), index);
        if let Some(connection) = &mut self.seats[index].connection
            && let Some(hearing) = &mut connection.hearing
        {
            hearing.rename(nick.to_owned());
            connection.send_line(&format!("/nick {nick}"));
        }
    }

    /// A seat is about to leave: its nickname may be another's as soon as the server knows.
    pub(crate) fn release(&mut self, index: usize) {
        if let Some(Connection { hearing: Some(hearing), .. }) = &self.seats[index].connection
            && self.holders.get(&hearing.nick) == Some(&index)
        {
            self.holders.remove(&hearing.nick);
        }
    }

    /// From here on the server may end any connection in order.
    pub(crate) fn expect_end(&mut self) {
        for index in 0..self.seats.len() {
            self.release(index);
            if let Some(connection) = &mut self.seats[index].connection {
                connection.is_leaving = true;
            }
        }
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
        self.receive(LISTENER, true)?;
        for event in &events {
            let Token(index) = event.token();
            if event.is_writable()
                && let Some(connection) = &mut self.seats[index].connection
            {
                connection.flush();
            }
            if event.is_readable() || event.is_read_closed() || event.is_error() {
                self.receive(index, event.is_read_closed() || event.is_error())?;
            }
        }
        self.events = events;
        if self.room.end() > before {
            for index in mem::take(&mut self.ahead) {
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
            self.receive(index, true)?;
        }
        Ok(())
    }

    /// Says who is concerned.
    pub(crate) fn blame(&self, index: usize, wrong: &str) -> String {
        let seat = &self.seats[index];
        let hearing = seat.connection.as_ref().and_then(|connection| connection.hearing.as_ref());
        let nick = hearing.map_or(String::new(), |hearing| format!(", {}", hearing.nick));
        format!("client {index} ({:?}{nick}) {wrong}", seat.role)
    }

    /// Forgets the lines that everybody has heard.
    pub(crate) fn trim(&mut self) {
        let members = self.hearings().filter(|(_, hearing)| hearing.is_member());
        if let Some(position) = members.map(|(_, hearing)| hearing.position).min() {
            self.room.trim(position);
        }
    }
}
