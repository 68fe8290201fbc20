//! What is true at the end of every tick. Debug builds look whether it is, so that a test points at
//! the cause and not at what follows from it much later.

use std::collections::HashSet;

use super::Server;
use super::connection::{Connection, Pause, Phase};
use super::host::Host;
use crate::chat::session::SessionId;
use crate::stream::Stream;

/// Once in so many ticks all connections are looked at, otherwise those that the tick touched.
const ALL_EVERY: u64 = 64;

/// Who waits for what.
struct Lists {
    queued: HashSet<SessionId>,
    waiting: HashSet<SessionId>,
}

impl<S: Stream> Server<S> {
    /// # Panics
    ///
    /// If the server contradicts itself.
    pub(super) fn check_invariants(&mut self) {
        self.ticks += 1;
        let queued: Vec<SessionId> = self.schedule.queue.iter().collect();
        let waiting: Vec<SessionId> = self.schedule.congestion.waiting().collect();
        let counts = (queued.len(), waiting.len());
        let lists =
            Lists { queued: queued.into_iter().collect(), waiting: waiting.into_iter().collect() };
        assert_eq!((lists.queued.len(), lists.waiting.len()), counts, "each stands in a list once");
        self.host.peers.check();
        if self.ticks.is_multiple_of(ALL_EVERY) {
            for (key, connection) in &self.host.peers.connections {
                self.check_connection(key, connection, &lists);
            }
            let keys = self.host.peers.connections.iter().map(|(key, _)| key);
            let websockets = keys.filter(|&key| self.host.peers.is_websocket(key)).count();
            assert_eq!(self.browsers.websockets(), websockets, "each is counted where it is from");
            self.addresses.check(self.len());
        } else {
            for &key in &self.host.peers.settled {
                if let Some(connection) = self.host.peers.connections.get(key) {
                    self.check_connection(key, connection, &lists);
                }
            }
        }
    }

    fn check_connection(&self, key: usize, connection: &Connection<S>, lists: &Lists) {
        let inbound = &self.inbounds[key];
        let Host { limits, peers, .. } = &self.host;
        let is_named = self.host.chat.nick(connection.id).is_some();
        let is_active = connection.is_active();
        let is_broken = connection.failure.is_noticed();
        let deadline = connection.deadline(&inbound.meter, limits.rate, peers.due_at(key));
        let has_paused = |pause| connection.pause == Some(pause);
        for (is_so, what) in [
            (
                connection.is_queued == lists.queued.contains(&connection.id),
                "it is queued as it says",
            ),
            (
                !has_paused(Pause::Room) || lists.waiting.contains(&connection.id),
                "it waits for a room as it says",
            ),
            (!(has_paused(Pause::Room) && connection.is_queued), "it waits in one list"),
            (!has_paused(Pause::Line) || inbound.meter.is_in_line, "it waits in a line"),
            (
                is_broken || peers.is_measured(key, connection.unsent_talk(), limits),
                "its lag is right",
            ),
            (connection.timer == deadline, "its timer is right"),
            (self.schedule.timers.has(key, connection.timer), "its timer is set"),
            (
                connection.is_named() == is_named || self.is_stopping,
                "who has a nickname is a member",
            ),
            (connection.phase != Phase::Gone, "whoever is gone is dropped"),
            (!connection.is_unsettled || is_broken, "it is settled"),
            (
                !is_active || is_broken == self.broken.contains(&connection.id),
                "the broken are known",
            ),
            (
                inbound.is_empty()
                    || connection.is_queued
                    || connection.pause.is_some()
                    || is_broken,
                "what it sent waits for something",
            ),
            (
                !connection.has_unsent() || !connection.ready.writable || is_broken,
                "what can be sent is sent",
            ),
        ] {
            assert!(is_so, "not so: {what}: connection {key}, {:?}", connection.phase);
        }
    }
}
