//! The connections, as the chat reaches them: the fan-out.

use slab::Slab;

use crate::chat::message::{Event, Outbound, SessionId};
use crate::connection::Connection;
use crate::spool::{Span, Spool};
use crate::wire::Format;

/// Connections, what they share, and which of them have something to be sent or closed.
#[derive(Debug)]
pub(super) struct Peers<S> {
    pub(super) connections: Slab<Connection<S>>,
    pub(super) unsettled: Vec<usize>,
    spools: [Spool; Format::COUNT],
}

impl<S> Default for Peers<S> {
    fn default() -> Self {
        Self { connections: Slab::new(), unsettled: Vec::new(), spools: Default::default() }
    }
}

impl<S> Peers<S> {
    pub(super) fn get(&mut self, key: usize) -> Option<&mut Connection<S>> {
        self.connections.get_mut(key)
    }

    /// Puts a connection on the list of those to settle.
    pub(super) fn unsettle(&mut self, key: usize) {
        if let Some(connection) = self.connections.get_mut(key)
            && !std::mem::replace(&mut connection.is_unsettled, true)
        {
            self.unsettled.push(key);
        }
    }

    /// How many bytes were ever queued for many, in all formats.
    pub(super) fn broadcast_bytes(&self) -> u64 {
        self.spools.iter().map(Spool::appended).sum()
    }
}

impl<S> Outbound for Peers<S> {
    fn deliver(&mut self, event: &Event<'_>, to: impl Iterator<Item = SessionId>) {
        let mut spans: [Option<Span>; Format::COUNT] = [const { None }; Format::COUNT];
        for SessionId(key) in to {
            let Some(connection) = self.connections.get_mut(key) else { continue };
            let format = connection.format;
            let span = spans[format.index()].get_or_insert_with(|| {
                self.spools[format.index()].append(|out| format.encode(event, out))
            });
            connection.outbox.push(span);
            if !connection.is_unsettled {
                connection.is_unsettled = true;
                self.unsettled.push(key);
            }
        }
    }

    fn reply(&mut self, event: &Event<'_>, SessionId(key): SessionId) {
        if let Some(connection) = self.connections.get_mut(key) {
            let format = connection.format;
            connection.outbox.push_own(|out| format.encode(event, out));
            self.unsettle(key);
        }
    }
}
