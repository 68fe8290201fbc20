//! Connections that broke: their last turn, at the beginning of a tick.

use std::collections::VecDeque;
use std::mem;

use super::Server;
use super::connection::Disconnect;
use super::lag::Lag;
use super::turn::{Moment, Turn};
use crate::clock::Now;
use crate::stream::Stream;

impl<S: Stream> Server<S> {
    /// Takes every connection that broke out of the chat.
    ///
    /// None of them hears anything any more, also not of the others: else thousands that break at
    /// once would make millions of lines. What each said before is said now, as far as its rate
    /// allows, and the rest is given up, so that its nickname is free. If that is more than a tick
    /// may take, the next one goes on, as long as all can keep up with it.
    pub(super) fn part_with_broken(&mut self, now: Now) {
        if self.broken.is_empty() {
            return;
        }
        let mut broken = VecDeque::from(mem::take(&mut self.broken));
        self.chat.deafen(broken.iter().filter_map(|&key| self.peers.id(key)));
        for &key in &broken {
            // Nobody waits for them to read.
            if let Some(connection) = self.peers.get(key) {
                let lag = mem::take(&mut connection.lag);
                self.congestion.note(lag, Lag::Little, &self.limits, now.at);
            }
        }
        let work_end = self.work() + self.limits.tick_bytes_max();
        let (said_end, turn_end) = (u64::MAX, u64::MAX);
        let moment = Moment { now, work_end, said_end, turn_end, is_crowded: false };
        while let Some(&key) = broken.front() {
            let has_more = self.take_last_turn(key, moment);
            if (has_more || self.work() >= work_end) && !self.congestion.has_anybody_behind() {
                broken.drain(..usize::from(!has_more));
                break;
            }
            broken.pop_front();
            self.end_broken(key, now);
        }
        self.broken = broken.into();
    }

    /// Lets a broken connection say what it said before. Tells whether the tick ended before that.
    fn take_last_turn(&mut self, key: usize, moment: Moment) -> bool {
        loop {
            let Some(connection) = self.peers.get(key).filter(|peer| peer.is_active()) else {
                return false;
            };
            (connection.is_readable, connection.is_ended) = (true, true);
            // It must not wait until it has read.
            connection.outbox.clear();
            match self.take_turn_of(key, moment) {
                // A broken stream has no more than the kernel had received.
                Turn::Share => {}
                Turn::Ended(why @ Disconnect::Failed(_)) => {
                    self.end(key, why, moment.now);
                    return false;
                }
                Turn::Held => return true,
                Turn::Drained
                | Turn::Wait
                | Turn::Clogged
                | Turn::Shown
                | Turn::Left
                | Turn::Ended(_) => {
                    self.end_broken(key, moment.now);
                    return false;
                }
            }
        }
    }

    fn end_broken(&mut self, key: usize, now: Now) {
        let Some(connection) = self.peers.get(key).filter(|peer| peer.is_active()) else { return };
        if let Some(why) = connection.stream.take_error().or(connection.broken) {
            self.end(key, Disconnect::Failed(why), now);
        }
    }
}
