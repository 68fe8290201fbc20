//! Connections that broke: their last turn, at the beginning of a tick.

use std::collections::VecDeque;
use std::mem;

use super::Server;
use super::disconnect::Disconnect;
use super::schedule::Allowance;
use super::turn::TurnEnd;
use crate::chat::session::SessionId;
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
        self.host.chat.deafen(broken.iter().copied());
        let end = self.host.peers.work() + self.host.limits.tick_bytes_max();
        self.schedule.congestion.was_anybody_behind();
        let mut can_keep_up = true;
        while let Some(&id) = broken.front() {
            let has_more = self.take_last_turn(id, end, now);
            can_keep_up &= !self.schedule.congestion.was_anybody_behind();
            let is_tick_over = has_more || self.host.peers.work() >= end;
            if is_tick_over && can_keep_up {
                broken.drain(..usize::from(!has_more));
                break;
            }
            broken.pop_front();
            self.end_broken(id, now);
        }
        self.broken = broken.into();
    }

    /// Lets a broken connection say what it said before, as long as no more work than `end` was ever
    /// done. Tells whether that was too little.
    fn take_last_turn(&mut self, id: SessionId, end: u64, now: Now) -> bool {
        loop {
            let Some(connection) = self.host.peers.by_id(id).filter(|peer| peer.is_active()) else {
                return false;
            };
            (connection.ready.readable, connection.ready.ended) = (true, true);
            // It must not wait until it has read.
            connection.outbox.clear();
            let tick_work = end.saturating_sub(self.host.peers.work());
            let allowance = Allowance { tick_work, ..Allowance::unlimited(now) };
            let turn_end = self.give_turn(id, allowance);
            self.end_expelled(now);
            match turn_end {
                // A broken stream has no more than the kernel had received. And nobody is made to
                // wait who is as good as gone.
                TurnEnd::Spent | TurnEnd::RoomSlow { .. } => {}
                TurnEnd::TickOver => return true,
                TurnEnd::Drained
                | TurnEnd::OverRate
                | TurnEnd::Clogged
                | TurnEnd::Shown
                | TurnEnd::Expelled
                | TurnEnd::Ended(Disconnect::EndOfStream) => {
                    self.end_broken(id, now);
                    return false;
                }
                TurnEnd::Ended(why) => {
                    self.end(id, &why, now);
                    return false;
                }
            }
        }
    }

    fn end_broken(&mut self, id: SessionId, now: Now) {
        if let Some(connection) = self.host.peers.by_id(id).filter(|peer| peer.is_active())
            && let Some(why) = connection.failure.reason(&mut connection.stream)
        {
            self.end(id, &Disconnect::Failed(why), now);
        }
    }
}
