//! What is true at the end of every tick. Debug builds look whether it is, so that a test points at
//! the cause and not at what follows from it much later.

use std::collections::HashSet;

use super::Server;
use super::connection::{Connection, Phase};
use super::lag::Lag;
use crate::stream::Stream;

/// Once in so many ticks all connections are looked at, otherwise those that the tick touched.
const ALL_EVERY: u64 = 64;

impl<S: Stream> Server<S> {
    /// # Panics
    ///
    /// If the server contradicts itself.
    pub(super) fn check_invariants(&mut self) {
        self.ticks += 1;
        let queued: HashSet<usize> = self.run_queue.keys().collect();
        assert_eq!(queued.len(), self.run_queue.keys().count(), "each is queued once");
        if self.ticks.is_multiple_of(ALL_EVERY) {
            for (key, connection) in &self.peers.connections {
                self.check_connection(key, connection, &queued);
            }
            let at_least = |lag: Lag| {
                self.peers.connections.iter().filter(|(_, peer)| peer.lag >= lag).count()
            };
            self.congestion.check(at_least(Lag::Far), at_least(Lag::Near));
            self.addresses.check(self.len());
            assert!(queued.iter().all(|&key| self.peers.connections.contains(key)));
        } else {
            for &key in &self.peers.settled {
                if let Some(connection) = self.peers.connections.get(key) {
                    self.check_connection(key, connection, &queued);
                }
            }
        }
    }

    fn check_connection(&self, key: usize, connection: &Connection<S>, queued: &HashSet<usize>) {
        let is_named = self.chat.nick(connection.id).is_some();
        let is_active = connection.is_active();
        let is_broken = connection.broken.is_some();
        for (is_so, what) in [
            (connection.is_queued == queued.contains(&key), "it is queued as it says"),
            (connection.timer == connection.deadline(self.limits.rate), "its timer is right"),
            (self.timers.has(key, connection.timer), "its timer is set"),
            (
                connection.is_named() == is_named || self.is_stopping,
                "who has a nickname is a member",
            ),
            (connection.phase != Phase::Gone, "whoever is gone is dropped"),
            (!connection.is_unsettled || is_broken, "it is settled"),
            (!is_active || is_broken == self.broken.contains(&key), "the broken are known"),
            (
                connection.inbox.is_empty()
                    || !is_active
                    || connection.is_queued
                    || connection.pause.is_some()
                    || is_broken,
                "what it sent waits for something",
            ),
            (
                connection.outbox.is_empty() || !connection.is_writable || is_broken,
                "what can be sent is sent",
            ),
        ] {
            assert!(is_so, "not so: {what}: connection {key}, {:?}", connection.phase);
        }
    }
}
