//! The last part of a tick, and the only place where anything is sent or dropped.

use std::io::ErrorKind;
use std::mem;

use super::Server;
use super::connection::{Disconnect, Pause, Phase};
use super::lag::Lag;
use crate::buffer::outbox::Flush;
use crate::clock::Now;
use crate::stream::Stream;

/// How often unread bytes are read when the server stops: a peer that floods even then gets its
/// reset.
const STOP_READS_MAX: usize = 64;

impl<S: Stream> Server<S> {
    /// Sends what is queued and drops who is gone. That somebody left may queue more, and then
    /// those are settled too.
    pub(super) fn settle(&mut self, now: Now) {
        let mut next = 0;
        loop {
            self.peers.fan_out();
            let Some(&key) = self.peers.unsettled.get(next) else { break };
            next += 1;
            self.flush(key, now);
            self.measure(key, now);
            self.close(key, now);
            self.rearm(key);
        }
        mem::swap(&mut self.peers.unsettled, &mut self.peers.settled);
        self.peers.unsettled.clear();
        // Those that are still to have their last turn may have ended in another way.
        self.broken.retain(|&key| self.peers.connections.contains(key));
        self.run_queue.drop_gone(|key| self.peers.connections.contains(key));
    }

    /// Sends as much as the peer takes.
    fn flush(&mut self, key: usize, now: Now) {
        let Some(connection) = self.peers.get(key) else { return };
        connection.is_unsettled = false;
        if connection.broken.is_some() {
            // Its last turn comes first.
            return connection.outbox.clear();
        }
        if connection.is_writable && !connection.outbox.is_empty() {
            match connection.outbox.flush(&mut connection.stream) {
                Ok(Flush::Done) => {}
                Ok(Flush::Blocked) => connection.is_writable = false,
                Err(error) => {
                    // A broken pipe is what a write meets behind the end of the peer's stream, and
                    // behind an error that another write was told: then that one is the reason.
                    connection.cut_off =
                        Some(error.kind()).filter(|&why| why != ErrorKind::BrokenPipe);
                    connection.outbox.clear();
                    if connection.is_active() {
                        connection.broken = Some(error.kind());
                        self.broken.push(key);
                    } else {
                        connection.phase = Phase::Gone;
                    }
                    return;
                }
            }
        }
        let unsent = connection.outbox.cost();
        if unsent > self.limits.backlog_bytes_max {
            self.end(key, Disconnect::TooSlow(unsent), now);
        }
    }

    /// Notes how far behind a connection is.
    fn measure(&mut self, key: usize, now: Now) {
        let has_more = self.peers.id(key).is_some_and(|id| self.chat.has_more(id));
        let Some(connection) = self.peers.get(key) else { return };
        // Answers do not count: whoever asks for more than it reads is not outrun by talk.
        let shared = connection.outbox.talk_cost();
        let lag = if connection.is_named() {
            Lag::of(shared, connection.lag, &self.limits)
        } else {
            Lag::Little
        };
        let before = mem::replace(&mut connection.lag, lag);
        self.congestion.note(before, lag, &self.limits, now.at);
        let may_go_on = if has_more {
            connection.outbox.is_empty()
        } else {
            connection.pause == Some(Pause::Clogged) && !connection.is_clogged(&self.limits)
        };
        if may_go_on && !connection.is_over_rate() {
            connection.pause = None;
            self.enqueue(key);
        }
    }

    /// Takes a connection that has left one step further to its end.
    fn close(&mut self, key: usize, now: Now) {
        let Some(connection) = self.peers.get(key) else { return };
        match connection.phase {
            Phase::Leaving { .. } if connection.outbox.is_empty() => {
                let is_shut = connection.stream.shutdown_write().is_ok();
                if is_shut && !self.is_stopping {
                    connection.phase = Phase::Lingering { by: now.at + self.limits.linger };
                    if connection.is_readable {
                        self.enqueue(key);
                    }
                } else {
                    self.remove(key, now);
                }
            }
            Phase::Gone => self.remove(key, now),
            Phase::Silent { .. }
            | Phase::Nameless { .. }
            | Phase::Member
            | Phase::Leaving { .. }
            | Phase::Lingering { .. } => {}
        }
    }

    /// Drops a connection. Its key is free from here on; nobody is accepted before the tick is
    /// over.
    fn remove(&mut self, key: usize, now: Now) {
        self.timers.rearm(key, &mut self.peers.connections[key].timer, None);
        let mut connection = self.peers.connections.remove(key);
        self.addresses.leave(connection.peer.ip(), now.at);
        if connection.is_queued {
            self.run_queue.note_gone();
        }
        if self.is_stopping {
            // Closing with unread bytes would reset the connection, and eat what the kernel has not
            // sent yet.
            for _ in 0..STOP_READS_MAX {
                if !matches!(connection.stream.read(&mut self.scratch.received), Ok(count) if count > 0)
                {
                    break;
                }
            }
        }
    }
}
