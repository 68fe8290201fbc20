//! Joins connections and chat: what is received becomes commands, what happens becomes bytes.
//!
//! The server works on any non-blocking [`Stream`] and is told the time, so a test needs neither a
//! network nor a clock. All work is done by [`Server::tick`]; what the reactor calls between ticks
//! only notes things.

mod addresses;
mod broken;
mod congestion;
mod connection;
mod fan_out;
#[cfg(debug_assertions)]
mod invariants;
mod lag;
mod peers;
mod receive;
mod run_queue;
mod settle;
mod timers;
mod turn;
mod visits;

use std::io::ErrorKind;
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use log::{Level, log};

use crate::chat::answer::Answer;
use crate::chat::outbound::Outbound;
use crate::chat::session::SessionId;
use crate::chat::{Chat, ChatConfig};
use crate::clock::Now;
use crate::limits::Limits;
use crate::stream::Stream;
use crate::wire::Format;
use addresses::{Addresses, Admission};
use congestion::Congestion;
use connection::{Connection, Disconnect, Pause, Phase};
use peers::Peers;
use run_queue::RunQueue;
use timers::Timers;
use turn::Scratch;
use visits::{Visit, Visits};

/// The server: connections, the chat, and who is to be served next.
#[derive(Debug)]
pub struct Server<S> {
    limits: Limits,
    chat: Chat,
    peers: Peers<S>,
    run_queue: RunQueue,
    timers: Timers,
    addresses: Addresses,
    visits: Visits,
    scratch: Scratch,
    congestion: Congestion,
    /// Connections that broke since the last tick.
    broken: Vec<usize>,
    /// Connections whose streams ended since the last tick while they were over their rate.
    ended: Vec<usize>,
    /// What was done and queued nothing, in bytes of talk that would have taken as long.
    effort: u64,
    is_stopping: bool,
    /// How many connections there ever were.
    accepted: u32,
    /// How many there were.
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

/// What the reactor learnt about a connection. Each is a hint: a wrong one costs a failing system
/// call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "any of them may come with any other")]
pub struct Readiness {
    /// There may be something to read, or the end of the stream.
    pub readable: bool,
    /// The peer may have ended its stream: so a short read does not mean that there is no more to
    /// read.
    pub ended: bool,
    /// There may be room to write.
    pub writable: bool,
    /// The stream is broken in both directions.
    pub broken: bool,
}

impl<S: Stream> Server<S> {
    /// A server without connections.
    #[must_use]
    pub fn new(chat: ChatConfig, limits: Limits) -> Self {
        Self {
            scratch: Scratch::new(limits.receive_bytes_per_turn),
            addresses: Addresses::new(limits.per_address_max),
            peers: Peers::new(&limits),
            visits: Visits::new(&limits),
            limits,
            chat: Chat::new(chat),
            run_queue: RunQueue::default(),
            effort: 0,
            timers: Timers::default(),
            congestion: Congestion::default(),
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
        self.peers.connections.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.peers.connections.is_empty()
    }

    /// Whether one more connection would be over the limit.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len() >= self.limits.clients_max
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
            Admission::FirstFull if self.visits.is_told(peer.ip(), Visit::Connection, now.at) => {
                Level::Info
            }
            Admission::FirstFull => Level::Debug,
            Admission::Full => {
                self.visits.gather(peer.ip(), Visit::Connection, now.at);
                Level::Debug
            }
        };
        log!(level, "{peer} turned away: its address has --max-per-ip connections");
        Err(TurnedAway::ForAddress)
    }

    /// The key that [`Server::accept`] will give to the next connection.
    #[must_use]
    pub fn next_key(&self) -> usize {
        self.peers.connections.vacant_key()
    }

    /// Takes a new connection, and returns its key: what [`Server::ready`] is to be called with.
    pub fn accept(&mut self, stream: S, peer: SocketAddr, now: Now) -> usize {
        let greet_at = now.at + self.limits.greet_after;
        self.accepted = self.accepted.wrapping_add(1);
        let id = SessionId::new(self.next_key(), self.accepted);
        let mut connection = Connection::new(id, stream, peer, greet_at);
        connection.is_told = self.visits.is_told(peer.ip(), Visit::Connection, now.at);
        log!(connection.log_level(), "{peer} connected");
        self.addresses.enter(peer.ip(), now.at);
        let key = self.peers.insert(connection);
        self.rearm(key);
        key
    }

    /// Notes what may be done with a connection. A key without a connection is ignored.
    pub fn ready(&mut self, key: usize, readiness: Readiness) {
        let Some(connection) = self.peers.get(key) else { return };
        if readiness.broken && connection.is_active() && connection.broken.is_none() {
            connection.broken = Some(ErrorKind::ConnectionReset);
            self.broken.push(key);
        }
        if readiness.ended && connection.pause == Some(Pause::Rate) && !connection.is_in_line {
            self.ended.push(key);
        }
        // A broken stream says so to whoever reads or writes.
        connection.is_readable |= readiness.readable | readiness.broken;
        connection.is_ended |= readiness.ended | readiness.broken;
        connection.is_writable |= readiness.writable | readiness.broken;
        let has_unsent = !connection.outbox.is_empty();
        if readiness.readable || readiness.broken {
            self.enqueue(key);
        }
        if (readiness.writable || readiness.broken) && has_unsent {
            self.peers.unsettle(key);
        }
    }

    /// How long nothing has to be done if nothing happens: zero if there is work left, `None` for
    /// ever.
    #[must_use]
    pub fn timeout(&self, now: Now) -> Option<Duration> {
        let held_until = self.congestion.held_until(self.listeners(), now.at);
        let may_go_on = self.run_queue.count(false) > 0 && self.congestion.light_bytes_left() > 0;
        let receive = if !self.broken.is_empty() {
            Some(now.at)
        } else if self.run_queue.is_empty() {
            None
        } else {
            Some(held_until.filter(|_| !may_go_on).unwrap_or(now.at))
        };
        let due = [receive, self.timers.first(), self.chat.due(), self.visits.due()]
            .into_iter()
            .flatten()
            .min()?;
        Some(due.saturating_duration_since(now.at))
    }

    /// Does all there is to do: receives, looks at the clock, sends and closes.
    pub fn tick(&mut self, now: Now) {
        self.part_with_broken(now);
        self.line_up_ended(now);
        self.receive(now);
        self.sweep(now);
        self.settle(now);
        #[cfg(debug_assertions)]
        self.check_invariants();
    }

    /// From now on newcomers are shown this text.
    pub fn set_motd(&mut self, motd: String) {
        self.chat.set_motd(motd);
    }

    /// Begins to stop: tells everybody, and receives nothing more. The server has stopped when it
    /// is empty.
    pub fn stop(&mut self, now: Now) {
        self.is_stopping = true;
        self.visits.tell();
        let by = now.at + self.limits.stop_within;
        let mut told = Vec::new();
        for (_, connection) in &mut self.peers.connections {
            if matches!(connection.phase, Phase::Nameless { .. } | Phase::Member) {
                told.push(connection.id);
            }
            connection.phase = Phase::Leaving { by };
        }
        self.chat.close(&mut self.peers);
        for id in told {
            self.peers.answer(&Answer::Stopping, id);
        }
        let keys: Vec<usize> = self.peers.connections.iter().map(|(key, _)| key).collect();
        for key in keys {
            self.peers.unsettle(key);
        }
        self.settle(now);
    }

    /// Does what is due by the clock, as much as a tick may: thousands may be due at once.
    fn sweep(&mut self, now: Now) {
        let work_end = self.work() + self.limits.tick_bytes_max();
        while self.work() < work_end
            && let Some(key) = self.timers.pop(now.at)
        {
            let Some(connection) = self.peers.get(key) else { continue };
            connection.timer = None;
            if connection.pause == Some(Pause::Rate)
                && connection.pace.wait_until(self.limits.rate, now.at).is_none()
            {
                connection.pause = None;
                if connection.is_in_line {
                    self.addresses.leave_line(key, connection.peer.ip());
                }
                self.enqueue(key);
            }
            self.expire(key, now);
            self.rearm(key);
        }
        self.chat.tick(now, &mut self.peers);
        self.visits.tick(now.at);
    }

    /// Ends the phase of a connection if its time is over.
    fn expire(&mut self, key: usize, now: Now) {
        let Some(connection) = self.peers.get(key) else { return };
        match connection.phase {
            Phase::Silent { greet_at } if greet_at <= now.at => {
                connection.decoder.assume_text();
                self.greet(key, now);
            }
            // It has sent something that waits.
            Phase::Nameless { by }
                if by <= now.at && connection.is_in_line && connection.is_over_rate() =>
            {
                connection.phase = Phase::Nameless { by: now.at + self.limits.nickname_within };
            }
            Phase::Nameless { by } if by <= now.at => {
                // It may have sent one, and its turn has not come yet: there is a crowd, or the
                // process was stopped for a while.
                self.receive_at_last(key, now);
                self.end_nameless(key, now);
            }
            Phase::Leaving { by } | Phase::Lingering { by } if by <= now.at => {
                connection.phase = Phase::Gone;
                self.peers.unsettle(key);
            }
            Phase::Silent { .. }
            | Phase::Nameless { .. }
            | Phase::Member
            | Phase::Leaving { .. }
            | Phase::Lingering { .. }
            | Phase::Gone => {}
        }
    }

    /// Tells a peer that it took too long to choose a nickname, if it has none.
    fn end_nameless(&mut self, key: usize, now: Now) {
        if let Some(&mut Connection { phase: Phase::Nameless { .. }, id, .. }) = self.peers.get(key)
        {
            self.peers.answer(&Answer::NamelessTooLong(self.limits.nickname_within), id);
            self.end(key, Disconnect::Nameless, now);
        }
    }

    /// Speaks first to a newcomer whose protocol is known now.
    fn greet(&mut self, key: usize, now: Now) {
        if let Some(connection) = self.peers.get(key) {
            connection.phase = Phase::Nameless { by: now.at + self.limits.nickname_within };
            let id = connection.id;
            self.chat.greet(id, &mut self.peers);
        }
    }

    /// Takes a connection out of the chat. *Settle* will send what is queued, if that can be, and
    /// close it.
    fn end(&mut self, key: usize, why: Disconnect<'_>, now: Now) {
        let Some(connection) = self.peers.get(key) else { return };
        if !connection.is_active() {
            return;
        }
        let id = connection.id;
        match self.chat.nick(id) {
            Some(nick) => log!(connection.log_level(), "{} left ({nick}): {why}", connection.peer),
            None => log!(connection.log_level(), "{} left (no nickname): {why}", connection.peer),
        }
        self.addresses.owe(connection, now.at);
        let ip = connection.peer.ip();
        let is_in_line = connection.is_in_line;
        if is_in_line && connection.is_over_rate() {
            self.addresses.leave_line(key, ip);
        }
        connection.phase = if why.is_polite() {
            Phase::Leaving { by: now.at + self.limits.leave_within }
        } else {
            Phase::Gone
        };
        connection.pause = None;
        self.peers.unsettle(key);
        self.chat.leave(id, why.farewell(), now, &mut self.peers);
        if is_in_line {
            self.call_next(ip);
        }
    }

    /// Whoever waits for its rate, and has ended its stream meanwhile, waits in line from now on: a
    /// newcomer of its address is to meet its debt.
    fn line_up_ended(&mut self, now: Now) {
        for key in mem::take(&mut self.ended) {
            if let Some(connection) = self.peers.get(key)
                && connection.pause == Some(Pause::Rate)
                && !connection.is_in_line
            {
                self.line_up(key, now);
            }
        }
    }

    /// Puts a connection that is over its rate, and whose stream has ended, last in line.
    fn line_up(&mut self, key: usize, now: Now) {
        if let Some(connection) = self.peers.connections.get_mut(key) {
            connection.pause = Some(Pause::Line);
            self.addresses.line_up(key, connection, now.at);
            let ip = connection.peer.ip();
            self.rearm(key);
            self.call_next(ip);
        }
    }

    /// Lets the first in line of an address go on when the rate allows it.
    fn call_next(&mut self, ip: IpAddr) {
        if let Some((key, pace)) = self.addresses.first_in_line(ip)
            && let Some(connection) = self.peers.get(key)
        {
            (connection.pause, connection.pace) = (Some(Pause::Rate), pace);
            self.rearm(key);
        }
    }

    /// How many members listen: all but those queued to talk. There is at least one who talks.
    fn listeners(&self) -> usize {
        if !self.congestion.has_anybody_behind() {
            // To count them costs something, and nobody asks.
            return self.chat.hearers();
        }
        let connections = &self.peers.connections;
        let is_member = |key: &usize| connections.get(*key).is_some_and(Connection::is_named);
        let talkers = self.run_queue.keys().filter(is_member).count();
        self.chat.hearers().saturating_sub(talkers.max(1))
    }

    /// Puts a connection in the run queue, unless it has to wait.
    fn enqueue(&mut self, key: usize) {
        if let Some(connection) = self.peers.get(key)
            && !connection.is_queued
            && connection.broken.is_none()
            && connection.pause.is_none()
        {
            connection.is_queued = true;
            self.run_queue.push(key, connection.is_heavy);
        }
    }

    fn rearm(&mut self, key: usize) {
        if let Some(connection) = self.peers.get(key) {
            let deadline = connection.deadline(self.limits.rate);
            self.timers.rearm(key, &mut connection.timer, deadline);
        }
    }
}

impl TurnedAway {
    /// What to tell the newcomer.
    #[must_use]
    pub fn notice(self) -> Vec<u8> {
        let answer = match self {
            Self::AtAll => Answer::Full,
            Self::ForAddress => Answer::FullForAddress,
        };
        let mut notice = Vec::new();
        Format::default().answer(&answer, &mut notice);
        notice
    }
}

/// Logs that a peer met a limit: the first time for everybody to see, then in the details.
fn note_limit<S>(connection: &mut Connection<S>, limit: &str) {
    let was_noted = std::mem::replace(&mut connection.is_noted, true);
    let level = if was_noted { Level::Debug } else { connection.log_level() };
    log!(level, "{}: {limit}", connection.peer);
}
