//! The connections, as the chat reaches them: the fan-out.

use std::mem;

use slab::Slab;

use super::addresses::Cloaks;
use super::connection::Connection;
use crate::buffer::spool::{Span, Spool};
use crate::chat::answer::Answer;
use crate::chat::event::{Event, Farewell};
use crate::chat::outbound::{Audience, AudienceKey, Outbound};
use crate::chat::session::{Cloak, SessionId};
use crate::limits::Limits;
use crate::wire::Variant;

/// Connections, what they share, and which of them have something to be sent or closed.
#[derive(Debug)]
pub(super) struct Peers<S> {
    pub(super) connections: Slab<Connection<S>>,
    pub(super) unsettled: Vec<usize>,
    /// Those that were settled last.
    pub(super) settled: Vec<usize>,
    spools: [Spool; Variant::COUNT],
    own_bytes: u64,
    /// Where what one peer is told is written before it is queued.
    scratch: Vec<u8>,
    run: Option<Run>,
    /// Whom the chat wants to leave, and how many nicknames were refused to each.
    pub(super) expelled: Vec<(SessionId, u32)>,
    cloaks: Cloaks,
    /// See [`Limits::private_bytes_max`].
    private_bytes_max: usize,
    /// See [`Limits::own_bytes_max`].
    own_bytes_max: usize,
}

/// One event as it was written, in each format that somebody needs.
type Spans = [Option<(Variant, Span)>; Variant::COUNT];

/// What one member says in a row. All hear the same, so only the first line of it is queued for
/// each; the rest is written behind it, and queued for all of them when the run is over. With 256
/// lines in a row that saves half of what a line costs.
#[derive(Debug)]
struct Run {
    key: AudienceKey,
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
            expelled: Vec::new(),
            cloaks: Cloaks::default(),
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
            let (Some((_, queued)), Some((_, said))) = (queued, said) else { continue };
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
    fn continue_run(&mut self, event: &Event<'_>, key: AudienceKey) -> bool {
        let Some(run) = self.run.as_mut().filter(|run| run.key == key) else { return false };
        if run.said.iter().zip(&self.spools).any(|(said, spool)| said.is_some() && spool.is_full())
        {
            return false;
        }
        for (said, spool) in run.said.iter_mut().zip(self.spools.iter_mut()) {
            if let Some((variant, said)) = said {
                let is_behind = said.extend(&spool.append(|out| variant.event(event, out)));
                debug_assert!(is_behind, "the run holds its segment, and the segment is not full");
            }
        }
        true
    }

    fn queue(&mut self, event: &Event<'_>, to: &Audience<'_>) -> Spans {
        let mut spans: Spans = [const { None }; Variant::COUNT];
        for member in to.hearers() {
            let key = member.session().key();
            let Some(connection) = self.connections.get_mut(key) else { continue };
            let variant = connection.format.variant(member.is_focused());
            let (_, span) = spans[variant.index()].get_or_insert_with(|| {
                let spool = &mut self.spools[variant.index()];
                (variant, spool.append(|out| variant.event(event, out)))
            });
            connection.outbox.push(span);
            list(&mut self.unsettled, connection, key);
        }
        spans
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
        if !self.continue_run(event, to.key) {
            self.end_run();
            let queued = self.queue(event, to);
            self.run = Some(Run { key: to.key, said: queued.clone(), queued });
        }
    }

    fn answer(&mut self, answer: &Answer<'_>, to: SessionId) {
        self.end_run();
        let mut scratch = mem::take(&mut self.scratch);
        scratch.clear();
        if let Some(connection) = self.by_id(to) {
            connection.format.answer(answer, &mut scratch);
            connection.outbox.push_own(&scratch);
            self.own_bytes += scratch.len() as u64;
            self.unsettle(to.key());
        }
        self.scratch = scratch;
    }

    fn expel(&mut self, who: SessionId, why: Farewell<'_>) {
        if let Farewell::NicknamesRefused(count) = why {
            self.expelled.push((who, count));
        }
    }

    fn toil(&mut self, bytes: u64) {
        self.own_bytes += bytes;
    }

    fn cloak(&self, who: SessionId) -> Cloak {
        match self.connections.get(who.key()) {
            Some(connection) if connection.id == who => self.cloaks.of(connection.peer.ip()),
            Some(_) | None => Cloak::Local,
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
