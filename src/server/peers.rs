//! The connections, as the chat reaches them: the fan-out.

use std::mem;
use std::net::IpAddr;
use std::time::Instant;

use slab::Slab;

use super::addresses::{Address, Cloaks};
use super::browsers::Browsing;
use super::clients::{Client, Clients};
use super::connection::Connection;
use super::disconnect::Disconnect;
use super::fan_out::FanOut;
use super::schedule::{Heard, Lag};
use crate::buffer::spool::{Pool, Span, Spool};
use crate::chat::answer::Answer;
use crate::chat::command::Command;
use crate::chat::event::{Event, Farewell};
use crate::chat::outbound::{Audience, AudienceKey, Outbound};
use crate::chat::room::RoomId;
use crate::chat::session::{Cloak, SessionId};
use crate::clock::{Now, Timestamp};
use crate::limits::Limits;
use crate::stream::Stream;
use crate::wire::irc::caps::Caps;
use crate::wire::irc::own::Own;
use crate::wire::irc::speaker::Terms;
use crate::wire::irc::{self, Framing, Identity};
use crate::wire::page::PAGE;
use crate::wire::websocket::{self, CloseCode};
use crate::wire::{Format, text};

/// Connections, what they share, and which of them have something to be sent or closed.
#[derive(Debug)]
pub(super) struct Peers<S> {
    pub(super) connections: Slab<Connection<S>>,
    /// By the keys of the connections.
    hearings: Vec<Hearing>,
    pub(super) unsettled: Vec<usize>,
    /// Those that were settled last.
    pub(super) settled: Vec<usize>,
    /// What was said last and is not yet queued for those who hear it.
    pending: FanOut,
    /// How those are who will hear it.
    pending_heard: Heard,
    /// How many audiences there were in this turn.
    audiences: u32,
    /// What it took to queue for more than one, in bytes of talk that would have taken as long.
    fan_out_effort: u64,
    /// What was said lately, and how it was heard.
    pub(super) said: Vec<Said>,
    /// How many bytes were ever said to many. What is written in several variants counts once.
    said_bytes: u64,
    /// How many bytes were ever told to one.
    own_bytes: u64,
    /// What was ever done that queued little or nothing, in bytes of talk that would have taken as
    /// long.
    effort: u64,
    /// Where what one peer is told is written before it is queued.
    scratch: Vec<u8>,
    /// Whom the chat wants to leave.
    expelled: Vec<(SessionId, Disconnect)>,
    /// What browsers did lately, and from where.
    pub(super) browsing: Vec<(IpAddr, Browsing)>,
    cloaks: Cloaks,
    pub(super) clients: Clients,
    identity: Identity,
    /// The web page, once somebody asked for it.
    page: Option<Span>,
    /// The time of this tick.
    now: Timestamp,
    limits: Limits,
}

/// What it takes to queue something for one hearer that does not follow what was queued before, in
/// bytes of talk that take as long.
const EFFORT_PER_HEARER: u64 = 32;

/// The most memory that is kept to write answers in.
const SCRATCH_BYTES_MAX: usize = 64 * 1024;

/// What is to be known of a hearer before anything is queued for it. It stands apart from the
/// connection, so that a broadcast looks at each connection only once.
#[derive(Debug, Clone, Copy, Default)]
struct Hearing {
    format: Format,
    /// How far behind it is, since it was settled last.
    lag: Lag,
}

/// What somebody said, or what happened without anybody's doing, to one audience.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    pub(super) room: RoomId,
    pub(super) speaker: Option<SessionId>,
    pub(super) bytes: u64,
    pub(super) heard: Heard,
    /// All who hear what is said in the room heard it, and nobody else: so it tells how the room is.
    pub(super) is_of_room: bool,
}

impl<S: Stream> Peers<S> {
    pub(super) fn new(limits: &Limits, identity: Identity) -> Self {
        Self {
            connections: Slab::new(),
            hearings: Vec::new(),
            unsettled: Vec::new(),
            settled: Vec::new(),
            pending: FanOut::default(),
            pending_heard: Heard::default(),
            audiences: 0,
            fan_out_effort: 0,
            said: Vec::new(),
            said_bytes: 0,
            own_bytes: 0,
            effort: 0,
            scratch: Vec::new(),
            expelled: Vec::new(),
            browsing: Vec::new(),
            cloaks: Cloaks::default(),
            clients: Clients::default(),
            identity,
            page: None,
            now: Timestamp::default(),
            limits: limits.clone(),
        }
    }

    /// From now on it is this time.
    pub(super) fn begin_tick(&mut self, now: Now) {
        self.now = now.utc;
        if self.identity.since == Timestamp::default() {
            self.identity.since = now.utc;
        }
    }

    /// Takes a connection, and returns its key.
    pub(super) fn insert(&mut self, connection: Connection<S>) -> usize {
        let key = self.connections.insert(connection);
        if self.hearings.len() <= key {
            self.hearings.resize(key + 1, Hearing::default());
        }
        self.hearings[key] = Hearing::default();
        key
    }

    /// Gives a connection back, which is no longer here.
    pub(super) fn remove(&mut self, key: usize) -> Connection<S> {
        self.clients.remove(&key);
        self.connections.remove(key)
    }

    pub(super) fn get(&mut self, key: usize) -> Option<&mut Connection<S>> {
        self.connections.get_mut(key)
    }

    /// From now on a connection is written for in this way.
    pub(super) fn set_format(&mut self, key: usize, format: Format, now: Now) {
        self.hearings[key].format = format;
        if matches!(format, Format::Irc { .. }) {
            self.clients.entry(key).or_insert_with(|| Box::new(Client::new(now.at)));
        }
    }

    /// Does what means something to an IRC client's protocol alone.
    pub(super) fn own(&mut self, key: usize, own: &Own<'_>, now: Now) {
        let Self { clients, hearings, identity, .. } = self;
        let Some(client) = clients.get_mut(&key) else { return };
        let Format::Irc { caps, .. } = hearings[key].format else { return };
        client.note(own, now.at);
        let mut out = Vec::new();
        client.speaker.own(own, Terms { identity, caps, now: now.utc }, &mut out);
        self.push_lines(key, &out);
    }

    /// An IRC client shows that it is there.
    pub(super) fn hear(&mut self, key: usize, now: Now) {
        if let Some(client) = self.clients.get_mut(&key) {
            client.hear(now.at);
        }
    }

    /// Somebody's turn ends, perhaps in the midst of a line.
    pub(super) fn pause(&mut self, key: usize) {
        let Self { clients, hearings, identity, now, .. } = self;
        let Format::Irc { caps, .. } = hearings[key].format else { return };
        let Some(client) = clients.get_mut(&key) else { return };
        let mut out = Vec::new();
        client.speaker.pause(Terms { identity, caps, now: *now }, &mut out);
        self.push_lines(key, &out);
    }

    /// When something is due for the IRC client of a connection, if it is one.
    pub(super) fn due_at(&self, key: usize) -> Option<Instant> {
        self.clients.get(&key).map(|client| client.due_at())
    }

    /// Asks an IRC client whether it is there.
    pub(super) fn ping(&mut self, key: usize) {
        let ping = format!("PING :{}\r\n", self.identity.server);
        self.push_lines(key, ping.as_bytes());
    }

    /// Asks an IRC client whether it is there, and not only what carries its connection. A browser answers
    /// even if it has stopped the page.
    pub(super) fn probe(&mut self, key: usize) {
        if self.is_websocket(key) {
            let mut ping = Vec::new();
            websocket::ping(&mut ping);
            self.push_own(key, &ping);
        } else {
            self.ping(key);
        }
    }

    /// Whether it is a WebSocket.
    pub(super) fn is_websocket(&self, key: usize) -> bool {
        matches!(self.hearings[key].format, Format::Irc { framing: Framing::Message(_), .. })
    }

    /// Says goodbye as a WebSocket does, if it is one.
    pub(super) fn close(&mut self, key: usize, code: CloseCode) {
        if self.is_websocket(key) {
            let mut close = Vec::new();
            websocket::close(Some(code), &mut close);
            self.push_own(key, &close);
        }
    }

    /// Whether what somebody asks to say can be relayed whole.
    pub(super) fn fits(&self, key: usize, command: &Command<'_>) -> bool {
        self.clients.get(&key).is_none_or(|client| client.speaker.fits(command))
    }

    /// Notes how far behind a connection is that has so many bytes unsent of what many were told.
    /// Returns whether it was far behind and is so no longer.
    pub(super) fn measure(&mut self, key: usize, unsent: usize, limits: &Limits) -> bool {
        let lag = &mut self.hearings[key].lag;
        let before = mem::replace(lag, Lag::of(unsent, *lag, limits));
        before > Lag::Little && *lag == Lag::Little
    }

    /// Whether to measure it again would change nothing.
    #[cfg(debug_assertions)]
    pub(super) fn is_measured(&self, key: usize, unsent: usize, limits: &Limits) -> bool {
        let lag = self.hearings[key].lag;
        lag == Lag::of(unsent, lag, limits)
    }

    /// Puts a connection on the list of those to settle.
    pub(super) fn unsettle(&mut self, key: usize) {
        if let Some(connection) = self.connections.get_mut(key) {
            list(&mut self.unsettled, connection, key);
        }
    }

    /// How much was ever done: what was queued, and what took as long as queueing so many bytes.
    pub(super) fn work(&self) -> u64 {
        self.said_bytes + self.own_bytes + self.effort + self.fan_out_effort
    }

    /// What was ever done that queued little or nothing, in bytes of talk that would have taken as
    /// long.
    pub(super) fn effort(&self) -> u64 {
        self.effort
    }

    /// How many bytes were ever said to many.
    pub(super) fn said_bytes(&self) -> u64 {
        self.said_bytes
    }

    /// Queues what was said last for all who hear it. To be called at the end of a turn, and before
    /// anything is sent.
    pub(super) fn fan_out(&mut self) {
        let Some(key @ AudienceKey { room, speaker, .. }) = self.pending.key() else { return };
        #[cfg(debug_assertions)]
        self.pending.check();
        let Self { connections, unsettled, pending, .. } = self;
        let bytes = pending.bytes();
        pending.end(|session, parcel| {
            if let Some(connection) = connections.get_mut(session.key()) {
                debug_assert_eq!(connection.id, session, "whoever hears it is there");
                parcel.put_into(&mut connection.outbox);
                list(unsettled, connection, session.key());
            }
        });
        let (heard, is_of_room) = (self.pending_heard, key.is_of_room());
        self.said.push(Said { room, speaker, bytes, heard, is_of_room });
    }

    /// Somebody's turn begins.
    pub(super) fn begin_turn(&mut self) {
        self.audiences = 0;
    }

    /// Begins to gather what an audience is told, and looks how its hearers are. With an `event` those hear
    /// it who want such.
    fn begin(&mut self, to: &Audience<'_>, event: Option<&Event<'_>>) {
        // What one says to one audience in a turn is queued for each hearer once. Whoever changes
        // between audiences makes that work for each line.
        if self.audiences > 0 {
            self.fan_out_effort += EFFORT_PER_HEARER * to.members.len() as u64;
        }
        self.audiences += 1;
        let Self { connections, hearings, pending, .. } = self;
        let mut lag_max = Lag::Little;
        pending.begin(to, |session| {
            let Hearing { format, lag } = hearings[session.key()];
            let is_told = event.is_none_or(|event| format.wants(event));
            is_told.then(|| {
                lag_max = lag_max.max(lag);
                format
            })
        });
        self.pending_heard = Heard::default();
        if lag_max == Lag::Little {
            return;
        }
        for key in pending.hearers().map(SessionId::key) {
            let is_waiting = connections.get(key).is_some_and(Connection::is_waiting);
            self.pending_heard.count(&mut hearings[key].lag, is_waiting);
        }
    }

    /// Whether what was said last is more than those can take who hear it.
    pub(super) fn is_too_much(&self) -> bool {
        self.pending.key().is_some() && self.pending_heard.is_too_much()
    }

    /// # Panics
    ///
    /// If something is left over from the tick.
    #[cfg(debug_assertions)]
    pub(super) fn check(&self) {
        self.pending.check();
        assert!(self.pending.key().is_none(), "what was said is queued");
        assert!(self.said.is_empty(), "how it was heard is noted");
        assert!(self.expelled.is_empty(), "whoever is to leave has left");
    }

    /// Whom the chat wants to leave.
    pub(super) fn take_expelled(&mut self) -> Vec<(SessionId, Disconnect)> {
        mem::take(&mut self.expelled)
    }

    pub(super) fn is_expelled(&self, id: SessionId) -> bool {
        self.expelled.iter().any(|&(who, _)| who == id)
    }

    /// Queues lines for one peer alone, in its framing.
    fn push_lines(&mut self, key: usize, lines: &[u8]) {
        match self.hearings[key].format {
            _ if lines.is_empty() => {}
            Format::Irc { framing: Framing::Message(kind), .. } => {
                let mut messages = Vec::with_capacity(lines.len());
                websocket::messages(kind, lines, &mut messages);
                self.push_own(key, &messages);
            }
            Format::Text(_) | Format::Irc { .. } => self.push_own(key, lines),
        }
    }

    /// Queues the page for a peer. All share it, so that one which does not read it costs nothing.
    pub(super) fn push_page(&mut self, key: usize) {
        let page = self
            .page
            .get_or_insert_with(|| Spool::default().append(&mut PAGE.to_vec(), &Pool::default()));
        if let Some(connection) = self.connections.get_mut(key) {
            connection.outbox.push(page);
            self.own_bytes += page.len() as u64;
            list(&mut self.unsettled, connection, key);
        }
    }

    /// Queues bytes for one peer alone.
    pub(super) fn push_own(&mut self, key: usize, bytes: &[u8]) {
        // What it may be about to hear comes first. But whoever speaks does not hear that.
        let speaker = self.pending.key().map(|pending| pending.speaker.map(SessionId::key));
        if speaker.is_some_and(|speaker| speaker != Some(key)) {
            self.fan_out();
        }
        if let Some(connection) = self.connections.get_mut(key) {
            connection.outbox.push_own(bytes);
            self.own_bytes += bytes.len() as u64;
            list(&mut self.unsettled, connection, key);
        }
    }

    /// A session's connection, if that is still there.
    pub(super) fn by_id(&mut self, id: SessionId) -> Option<&mut Connection<S>> {
        self.connections.get_mut(id.key()).filter(|connection| connection.id == id)
    }
}

impl<S: Stream> Outbound for Peers<S> {
    fn deliver(&mut self, event: &Event<'_>, to: &Audience<'_>) {
        let is_for_some = irc::needs(event) != Caps::NONE;
        if is_for_some || self.pending.key() != Some(to.key) {
            self.fan_out();
            self.begin(to, is_for_some.then_some(event));
        }
        self.said_bytes += self.pending.write(event, &self.identity);
        if is_for_some {
            self.fan_out();
        }
    }

    fn answer(&mut self, answer: &Answer<'_>, to: SessionId) {
        if self.by_id(to).is_none() {
            return;
        }
        let mut scratch = mem::take(&mut self.scratch);
        scratch.clear();
        match self.hearings[to.key()].format {
            Format::Text(end) => text::answer(answer, end, &mut scratch),
            Format::Irc { caps, .. } => {
                if let Some(client) = self.clients.get_mut(&to.key()) {
                    let terms = Terms { identity: &self.identity, caps, now: self.now };
                    client.speaker.answer(answer, terms, &mut scratch);
                }
            }
        }
        self.push_lines(to.key(), &scratch);
        // The names in a room of thousands are not asked for so often that their memory is to be kept.
        if scratch.capacity() <= SCRATCH_BYTES_MAX {
            self.scratch = scratch;
        }
    }

    fn expel(&mut self, who: SessionId, why: Farewell<'_>) {
        self.expelled.push((who, Disconnect::expelled(why)));
    }

    fn contest(&mut self, holder: SessionId, who: SessionId) {
        let address = |id: SessionId| {
            let connection = self.connections.get(id.key()).filter(|it| it.id == id)?;
            Some(Address::from(connection.peer.ip()))
        };
        if address(holder).is_some_and(|of| address(who) == Some(of))
            && let Some(client) = self.clients.get_mut(&holder.key())
        {
            client.contest();
            // It is looked at when its timer is set, which settle does.
            self.unsettle(holder.key());
        }
    }

    fn toil(&mut self, bytes: u64) {
        self.effort += bytes;
    }

    fn nameless(&self) -> usize {
        let all = self.connections.iter().map(|(_, connection)| connection);
        all.filter(|it| it.is_active() && !it.is_named()).count()
    }

    fn cloak(&self, who: SessionId) -> Cloak {
        match self.connections.get(who.key()) {
            Some(connection) if connection.id == who => self.cloaks.of(connection.peer.ip()),
            Some(_) | None => Cloak::Local,
        }
    }

    fn is_behind(&self, who: SessionId) -> bool {
        self.connections.get(who.key()).filter(|connection| connection.id == who).is_some_and(
            |connection| {
                // What was queued in this tick may still be taken at once.
                !connection.ready.writable
                    && (connection.unsent_cost() > self.limits.private_bytes_max()
                        || connection.outbox.own_cost() > self.limits.own_bytes_max())
            },
        )
    }
}

fn list<S>(unsettled: &mut Vec<usize>, connection: &mut Connection<S>, key: usize) {
    if !mem::replace(&mut connection.is_unsettled, true) {
        unsettled.push(key);
    }
}
