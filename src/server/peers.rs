//! The connections, as the chat reaches them: the fan-out.

use std::mem;

use slab::Slab;

use super::connection::Connection;
use crate::buffer::spool::{Span, Spool};
use crate::chat::message::{Event, Outbound};
use crate::chat::session::SessionId;
use crate::limits::Limits;
use crate::wire::Format;

/// Connections, what they share, and which of them have something to be sent or closed.
#[derive(Debug)]
pub(super) struct Peers<S> {
    pub(super) connections: Slab<Connection<S>>,
    pub(super) unsettled: Vec<usize>,
    /// Those that were settled last.
    pub(super) settled: Vec<usize>,
    spools: [Spool; Format::COUNT],
    own_bytes: u64,
    /// Where what one peer is told is written before it is queued.
    scratch: Vec<u8>,
    run: Option<Run>,
    /// See [`Limits::private_bytes_max`].
    private_bytes_max: usize,
    /// See [`Limits::own_bytes_max`].
    own_bytes_max: usize,
}

/// One event as it was written, in each format that somebody needs.
type Spans = [Option<Span>; Format::COUNT];

/// What one member says in a row. All hear the same, so only the first line of it is queued for
/// each; the rest is written behind it, and queued for all of them when the run is over. With 256
/// lines in a row that saves half of what a line costs.
#[derive(Debug)]
struct Run {
    from: SessionId,
    /// What is queued: with this ends the outbox of whoever hears the run.
    queued: Spans,
    /// What has been said since, too.
    said: Spans,
}

impl<S> Peers<S> {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            connections: Slab::new(),
            unsettled: Vec::new(),
            settled: Vec::new(),
            spools: Default::default(),
            own_bytes: 0,
            scratch: Vec::new(),
            run: None,
            private_bytes_max: limits.private_bytes_max(),
            own_bytes_max: limits.own_bytes_max(),
        }
    }

    pub(super) fn get(&mut self, key: usize) -> Option<&mut Connection<S>> {
        self.connections.get_mut(key)
    }

    /// Puts a connection on the list of those to settle.
    pub(super) fn unsettle(&mut self, key: usize) {
        if let Some(connection) = self.connections.get_mut(key) {
            list(&mut self.unsettled, connection, key);
        }
    }

    /// How many bytes were ever queued, for many in all formats, and for one.
    pub(super) fn queued_bytes(&self) -> u64 {
        self.shared_bytes() + self.own_bytes
    }

    /// How many bytes were ever queued for many, in all formats.
    pub(super) fn shared_bytes(&self) -> u64 {
        self.spools.iter().map(Spool::appended).sum()
    }

    /// Queues what was said in a row, for all who hear it. To be called before anything else is
    /// queued or sent.
    pub(super) fn end_run(&mut self) {
        let Some(Run { queued, said, .. }) = self.run.take() else { return };
        for (queued, said) in queued.iter().zip(&said) {
            let (Some(queued), Some(said)) = (queued, said) else { continue };
            if queued.len() == said.len() {
                continue;
            }
            // Whoever hears the run was put on this list by its first line.
            for &key in &self.unsettled {
                if let Some(connection) = self.connections.get_mut(key) {
                    connection.outbox.lengthen(queued, said);
                }
            }
        }
    }

    /// Writes an event behind the run. `false` if it has to be queued by itself; then nothing is
    /// done.
    fn continue_run(&mut self, event: &Event<'_>, from: SessionId) -> bool {
        let Some(run) = self.run.as_mut().filter(|run| run.from == from) else { return false };
        if run.said.iter().zip(&self.spools).any(|(said, spool)| said.is_some() && spool.is_full())
        {
            return false;
        }
        for (said, (spool, format)) in
            run.said.iter_mut().zip(self.spools.iter_mut().zip(Format::ALL))
        {
            if let Some(said) = said {
                let is_behind = said.extend(&spool.append(|out| format.encode(event, out)));
                debug_assert!(is_behind, "the run holds its segment, and the segment is not full");
            }
        }
        true
    }

    fn queue(&mut self, event: &Event<'_>, to: impl Iterator<Item = SessionId>) -> Spans {
        let mut spans: Spans = [const { None }; Format::COUNT];
        for SessionId(key) in to {
            let Some(connection) = self.connections.get_mut(key) else { continue };
            let format = connection.format;
            let span = spans[format.index()].get_or_insert_with(|| {
                self.spools[format.index()].append(|out| format.encode(event, out))
            });
            connection.outbox.push(span);
            list(&mut self.unsettled, connection, key);
        }
        spans
    }
}

impl<S> Outbound for Peers<S> {
    fn deliver(&mut self, event: &Event<'_>, to: impl Iterator<Item = SessionId>) {
        self.end_run();
        self.queue(event, to);
    }

    fn relay(&mut self, event: &Event<'_>, from: SessionId, to: impl Iterator<Item = SessionId>) {
        if !self.continue_run(event, from) {
            self.end_run();
            let queued = self.queue(event, to);
            self.run = Some(Run { from, said: queued.clone(), queued });
        }
    }

    fn is_behind(&self, SessionId(key): SessionId) -> bool {
        // What was queued in this tick may still be taken at once.
        self.connections.get(key).is_some_and(|connection| {
            let Connection { is_writable, outbox, .. } = connection;
            !is_writable
                && (outbox.cost() > self.private_bytes_max
                    || outbox.own_cost() > self.own_bytes_max)
        })
    }

    fn reply(&mut self, event: &Event<'_>, SessionId(key): SessionId) {
        self.end_run();
        if let Some(connection) = self.connections.get_mut(key) {
            self.scratch.clear();
            connection.format.encode(event, &mut self.scratch);
            connection.outbox.push_own(&self.scratch);
            self.own_bytes += self.scratch.len() as u64;
            self.unsettle(key);
        }
    }
}

fn list<S>(unsettled: &mut Vec<usize>, connection: &mut Connection<S>, key: usize) {
    if !mem::replace(&mut connection.is_unsettled, true) {
        unsettled.push(key);
    }
}
