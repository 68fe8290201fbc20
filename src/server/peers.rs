//! The connections, as the chat reaches them: the fan-out.

use std::mem;

use slab::Slab;

use super::connection::Connection;
use super::fan_out::FanOut;
use crate::chat::answer::Answer;
use crate::chat::event::{Event, Farewell};
use crate::chat::outbound::{Audience, Outbound};
use crate::chat::session::SessionId;
use crate::limits::Limits;
use crate::wire::Format;

/// Connections, what they share, and which of them have something to be sent or closed.
#[derive(Debug)]
pub(super) struct Peers<S> {
    pub(super) connections: Slab<Connection<S>>,
    /// How each connection is written for, by key. It stands apart, because it is all that a
    /// broadcast has to know of each hearer before it is queued.
    formats: Vec<Format>,
    pub(super) unsettled: Vec<usize>,
    /// Those that were settled last.
    pub(super) settled: Vec<usize>,
    /// What was said last and is not yet queued for those who hear it.
    pending: FanOut,
    /// How many bytes were ever said to many. What is written in several variants counts once.
    said_bytes: u64,
    /// How many bytes were ever told to one.
    own_bytes: u64,
    /// Where what one peer is told is written before it is queued.
    scratch: Vec<u8>,
    /// Whom the chat wants to leave, and how many nicknames were refused to each.
    pub(super) expelled: Vec<(SessionId, u32)>,
    /// See [`Limits::private_bytes_max`].
    private_bytes_max: usize,
    /// See [`Limits::own_bytes_max`].
    own_bytes_max: usize,
}

impl<S> Peers<S> {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            connections: Slab::new(),
            formats: Vec::new(),
            unsettled: Vec::new(),
            settled: Vec::new(),
            pending: FanOut::default(),
            said_bytes: 0,
            own_bytes: 0,
            scratch: Vec::new(),
            expelled: Vec::new(),
            private_bytes_max: limits.private_bytes_max(),
            own_bytes_max: limits.own_bytes_max(),
        }
    }

    /// Takes a connection, and returns its key.
    pub(super) fn insert(&mut self, connection: Connection<S>) -> usize {
        let key = self.connections.insert(connection);
        if self.formats.len() <= key {
            self.formats.resize(key + 1, Format::default());
        }
        self.formats[key] = Format::default();
        key
    }

    pub(super) fn get(&mut self, key: usize) -> Option<&mut Connection<S>> {
        self.connections.get_mut(key)
    }

    /// From now on a connection is written for in this way.
    pub(super) fn set_format(&mut self, key: usize, format: Format) {
        self.formats[key] = format;
    }

    /// Puts a connection on the list of those to settle.
    pub(super) fn unsettle(&mut self, key: usize) {
        if let Some(connection) = self.connections.get_mut(key) {
            list(&mut self.unsettled, connection, key);
        }
    }

    /// How many bytes were ever queued, for many and for one.
    pub(super) fn queued_bytes(&self) -> u64 {
        self.said_bytes + self.own_bytes
    }

    /// How many bytes were ever said to many.
    pub(super) fn said_bytes(&self) -> u64 {
        self.said_bytes
    }

    /// Queues what was said last for all who hear it. To be called at the end of a turn, and before
    /// anything is sent.
    pub(super) fn fan_out(&mut self) {
        #[cfg(debug_assertions)]
        self.pending.check();
        let Self { connections, unsettled, pending, .. } = self;
        pending.end(|session, parcel| {
            if let Some(connection) = connections.get_mut(session.key()) {
                debug_assert_eq!(connection.id, session, "whoever hears it is there");
                parcel.put_into(&mut connection.outbox);
                list(unsettled, connection, session.key());
            }
        });
    }

    /// Queues bytes for one peer alone.
    pub(super) fn push_own(&mut self, key: usize, bytes: &[u8]) {
        if let Some(connection) = self.connections.get_mut(key) {
            connection.outbox.push_own(bytes);
            self.own_bytes += bytes.len() as u64;
            list(&mut self.unsettled, connection, key);
        }
    }

    /// The session of a connection, if there is one.
    pub(super) fn id(&self, key: usize) -> Option<SessionId> {
        self.connections.get(key).map(|connection| connection.id)
    }

    /// A session's connection, if that is still there.
    fn by_id(&mut self, id: SessionId) -> Option<&mut Connection<S>> {
        self.connections.get_mut(id.key()).filter(|connection| connection.id == id)
    }
}

impl<S> Outbound for Peers<S> {
    fn deliver(&mut self, event: &Event<'_>, to: &Audience<'_>) {
        if self.pending.key() != Some(to.key) {
            self.fan_out();
            self.pending.begin(to, |session| self.formats[session.key()]);
        }
        self.said_bytes += self.pending.write(event) as u64;
    }

    fn answer(&mut self, answer: &Answer<'_>, to: SessionId) {
        // Whoever speaks does not hear it, and need not wait for it.
        if self.pending.key().is_some_and(|key| key.speaker != Some(to)) {
            self.fan_out();
        }
        if self.by_id(to).is_none() {
            return;
        }
        let mut scratch = mem::take(&mut self.scratch);
        scratch.clear();
        self.formats[to.key()].answer(answer, &mut scratch);
        self.push_own(to.key(), &scratch);
        self.scratch = scratch;
    }

    fn expel(&mut self, who: SessionId, why: Farewell<'_>) {
        if let Farewell::NicknamesRefused(count) = why {
            self.expelled.push((who, count));
        }
    }

    fn is_behind(&self, who: SessionId) -> bool {
        // What was queued in this tick may still be taken at once.
        self.connections.get(who.key()).filter(|connection| connection.id == who).is_some_and(
            |connection| {
                let Connection { is_writable, outbox, .. } = connection;
                !is_writable
                    && (outbox.cost() > self.private_bytes_max
                        || outbox.own_cost() > self.own_bytes_max)
            },
        )
    }
}

fn list<S>(unsettled: &mut Vec<usize>, connection: &mut Connection<S>, key: usize) {
    if !mem::replace(&mut connection.is_unsettled, true) {
        unsettled.push(key);
    }
}
