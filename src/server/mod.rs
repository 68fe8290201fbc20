//! Joins connections and chat: what is received becomes commands, what happens becomes bytes.
//!
//! The server works on any non-blocking [`Stream`] and is told the time, so a test needs neither a
//! network nor a clock. All work is done by [`Server::tick`]; what the reactor calls between ticks
//! only notes things.

mod addresses;
mod broken;
mod browsers;
mod clients;
mod connection;
mod disconnect;
mod due;
mod ending;
mod fan_out;
mod host;
mod inbound;
#[cfg(debug_assertions)]
mod invariants;
mod peers;
mod receive;
mod schedule;
mod settle;
mod turn;
mod visits;

use std::net::SocketAddr;
use std::time::Duration;

use log::{Level, log};

use crate::chat::answer::Answer;
use crate::chat::outbound::Outbound;
use crate::chat::session::SessionId;
use crate::chat::{Chat, ChatConfig};
use crate::clock::Now;
use crate::limits::Limits;
use crate::stream::Stream;
use crate::wire::http;
use crate::wire::irc::Identity;
use crate::wire::text::{self, LineEnd};
use crate::wire::websocket::CloseCode;
use addresses::{Addresses, Admission};
use browsers::Browsers;
pub use connection::Readiness;
use connection::{Connection, Pause, Phase};
use disconnect::Failure;
use host::Host;
use inbound::{Inbound, Scratch};
use peers::Peers;
use schedule::Schedule;
use visits::{Visit, Visits};

/// The server: connections, the chat, and who is to be served next.
#[derive(Debug)]
pub struct Server<S> {
    host: Host<S>,
    /// The receiving halves of the connections, by their keys.
    inbounds: Vec<Inbound>,
    schedule: Schedule,
    addresses: Addresses,
    browsers: Browsers,
    scratch: Scratch,
    /// Connections that broke since the last tick, and some that are gone since.
    broken: Vec<SessionId>,
    /// Connections whose streams ended since the last tick while they were over their rate.
    ended: Vec<SessionId>,
    is_stopping: bool,
    /// How many connections there ever were.
    accepted: u32,
    /// How many ticks there were.
    #[cfg(debug_assertions)]
    ticks: u64,
}

/// Why a newcomer is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnedAway {
    /// There are as many connections as there may be, or as the system has descriptors for.
    AtAll,
    /// Its address has as many connections as an address may have.
    ForAddress,
}

impl<S: Stream> Server<S> {
    /// A server without connections.
    #[must_use]
    pub fn new(chat: ChatConfig, limits: Limits) -> Self {
        Self {
            scratch: Scratch::new(limits.receive_bytes_per_turn),
            addresses: Addresses::new(limits.per_address_max),
            browsers: Browsers::default(),
            host: Host {
                peers: Peers::new(&limits, Identity::new(&chat.name, chat.home.as_str())),
                chat: Chat::new(chat),
                visits: Visits::new(&limits),
                limits,
            },
            inbounds: Vec::new(),
            schedule: Schedule::default(),
            broken: Vec::new(),
            ended: Vec::new(),
            is_stopping: false,
            accepted: 0,
            #[cfg(debug_assertions)]
            ticks: 0,
        }
    }

    /// How many connections there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.host.peers.connections.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.host.peers.connections.is_empty()
    }

    /// Whether one more connection would be over the limit.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len() >= self.host.limits.clients_max
    }

    /// Whether a newcomer may be [accepted](Server::accept).
    ///
    /// # Errors
    ///
    /// With the limit that it would be over.
    pub fn admits(&mut self, peer: SocketAddr, now: Now) -> Result<(), TurnedAway> {
        if self.is_full() {
            return Err(TurnedAway::AtAll);
        }
        let level = match self.addresses.admission(peer.ip()) {
            Admission::Free => return Ok(()),
            Admission::FirstFull
                if self.host.visits.is_told(peer.ip(), Visit::Connection, now.at) =>
            {
                Level::Info
            }
            Admission::FirstFull => Level::Debug,
            Admission::Full => {
                self.host.visits.gather(peer.ip(), Visit::Connection, now.at);
                Level::Debug
            }
        };
        log!(level, "{peer} turned away: its address has --max-per-ip connections");
        Err(TurnedAway::ForAddress)
    }

    /// The key that [`Server::accept`] will give to the next connection.
    #[must_use]
    pub fn next_key(&self) -> usize {
        self.host.peers.connections.vacant_key()
    }

    /// Takes a new connection, and returns its key: what [`Server::ready`] is to be called with.
    pub fn accept(&mut self, stream: S, peer: SocketAddr, now: Now) -> usize {
        self.host.peers.begin_tick(now);
        let Host { limits, peers, visits, .. } = &mut self.host;
        let greet_at = now.at + limits.greet_after;
        self.accepted = self.accepted.wrapping_add(1);
        let key = peers.connections.vacant_key();
        let id = SessionId::new(key, self.accepted);
        let mut connection = Connection::new(id, stream, peer, greet_at);
        connection.is_told = visits.is_told(peer.ip(), Visit::Connection, now.at);
        log!(connection.log_level(), "{peer} connected");
        let wants_write = connection.stream.wants_write();
        peers.insert(connection);
        if self.inbounds.len() <= key {
            self.inbounds.resize_with(key + 1, Inbound::default);
        }
        self.inbounds[key] = Inbound::new(self.host.limits.spoken.clone());
        self.addresses.enter(peer.ip(), now.at);
        self.rearm(key);
        if wants_write {
            self.host.peers.unsettle(key);
        }
        key
    }

    /// Notes what may be done with a connection. A key without a connection is ignored.
    pub fn ready(&mut self, key: usize, readiness: Readiness) {
        let Some(connection) = self.host.peers.get(key) else { return };
        if readiness.broken && connection.is_active() && !connection.failure.is_noticed() {
            connection.failure = Failure::Event;
            self.broken.push(connection.id);
        }
        let is_in_line = self.inbounds[key].meter.is_in_line;
        if readiness.ended && connection.pause == Some(Pause::Rate) && !is_in_line {
            self.ended.push(connection.id);
        }
        connection.ready |= readiness;
        let has_unsent = connection.has_unsent();
        if readiness.readable || readiness.broken {
            self.enqueue(key);
        }
        if (readiness.writable || readiness.broken) && has_unsent {
            self.host.peers.unsettle(key);
        }
    }

    /// How long nothing has to be done if nothing happens: zero if there is work left, `None` for
    /// ever.
    #[must_use]
    pub fn timeout(&self, now: Now) -> Option<Duration> {
        let Host { chat, visits, .. } = &self.host;
        let has_work = !(self.broken.is_empty() && self.schedule.queue.is_empty());
        let at_once = has_work.then_some(now.at);
        let due = [at_once, self.schedule.due(now.at), chat.due(), visits.due()];
        Some(due.into_iter().flatten().min()?.saturating_duration_since(now.at))
    }

    /// Does all there is to do: receives, looks at the clock, sends and closes.
    pub fn tick(&mut self, now: Now) {
        self.host.peers.begin_tick(now);
        self.part_with_broken(now);
        self.line_up_ended(now);
        self.receive(now);
        self.sweep(now);
        self.settle(now);
        #[cfg(debug_assertions)]
        self.check_invariants();
    }

    /// Whether whoever comes from there is more likely a browser than a person with netcat.
    #[must_use]
    pub fn is_browser(&self, peer: SocketAddr, now: Now) -> bool {
        let is_spoken = self.host.limits.spoken.web.is_some();
        is_spoken && self.browsers.has(peer.ip(), now.at)
    }

    /// From now on newcomers are shown this text.
    pub fn set_motd(&mut self, motd: &str) {
        self.host.chat.set_motd(motd);
    }

    /// Begins to stop: tells everybody, and receives nothing more. The server has stopped when it
    /// is empty.
    pub fn stop(&mut self, now: Now) {
        self.is_stopping = true;
        self.host.visits.tell();
        let by = now.at + self.host.limits.stop_within;
        let mut told = Vec::new();
        for (key, connection) in &mut self.host.peers.connections {
            self.inbounds[key].close();
            if matches!(connection.phase, Phase::Nameless { .. } | Phase::Member) {
                told.push(connection.id);
            }
            connection.phase = Phase::Leaving { by };
        }
        self.host.chat.close(now, &mut self.host.peers);
        for id in told {
            self.host.peers.answer(&Answer::Stopping, id);
            self.host.peers.close(id.key(), CloseCode::GOING_AWAY);
        }
        let keys: Vec<usize> = self.host.peers.connections.iter().map(|(key, _)| key).collect();
        for key in keys {
            self.host.peers.unsettle(key);
        }
        self.settle(now);
    }
}

impl TurnedAway {
    /// What to tell the newcomer, which has sent these bytes, and may come from [where browsers
    /// do](Server::is_browser).
    #[must_use]
    pub fn notice(self, received: &[u8], is_browser: bool) -> Vec<u8> {
        if let Some(notice) = http::turned_away(received, is_browser) {
            return notice;
        }
        let answer = match self {
            Self::AtAll => Answer::Full,
            Self::ForAddress => Answer::FullForAddress,
        };
        let mut notice = Vec::new();
        text::answer(&answer, LineEnd::default(), &mut notice);
        notice
    }
}
