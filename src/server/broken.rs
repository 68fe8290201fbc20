//! Connections that broke: their last turn, at the beginning of a tick.

use std::mem;
use std::time::Instant;

use super::Server;
use super::connection::Disconnect;
use super::turn::{Moment, Turn};
use crate::chat::session::SessionId;
use crate::stream::Stream;

impl<S: Stream> Server<S> {
    /// Takes every connection that broke out of the chat.
    ///
    /// None of them hears anything any more, also not of the others: else thousands that break at
    /// once would make millions of lines. What each said before is said now, as far as its rate and
    /// this tick allow. The rest is given up, so that its nickname is free at once.
    pub(super) fn part_with_broken(&mut self, now: Instant) {
        if self.broken.is_empty() {
            return;
        }
        let broken = mem::take(&mut self.broken);
        self.chat.deafen(broken.iter().map(|&key| SessionId(key)), now);
        let work_end = self.work() + self.limits.tick_bytes_max();
        let (said_end, turn_end) = (u64::MAX, u64::MAX);
        let moment = Moment { now, work_end, said_end, turn_end, is_crowded: false };
        for key in broken {
            self.take_last_turn(key, moment);
        }
    }

    fn take_last_turn(&mut self, key: usize, moment: Moment) {
        // A broken stream has no more than the kernel had received.
        loop {
            let Some(connection) = self.peers.get(key).filter(|peer| peer.is_active()) else {
                return;
            };
            (connection.is_readable, connection.is_ended) = (true, true);
            // It must not wait until it has read.
            connection.outbox.clear();
            let turn = self.take_turn_of(key, moment);
            if let Turn::Ended(why @ Disconnect::Failed(_)) = turn {
                return self.end(key, why, moment.now);
            }
            if !matches!(turn, Turn::Share) {
                break;
            }
        }
        let Some(connection) = self.peers.get(key) else { return };
        if let Some(why) = connection.stream.take_error().or(connection.broken) {
            self.end(key, Disconnect::Failed(why), moment.now);
        }
    }
}
