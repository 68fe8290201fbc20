//! The last part of a tick, and the only place where anything is sent or dropped.

use std::mem;

use super::Server;
use super::browsers::Browsing;
use super::connection::{Pause, Phase};
use super::disconnect::Disconnect;
use super::host::Host;
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
            self.host.peers.fan_out();
            let Some(&key) = self.host.peers.unsettled.get(next) else { break };
            next += 1;
            self.send(key, now);
            self.resume(key);
            self.close(key, now);
            self.rearm(key);
        }
        self.note_said(None, now);
        let peers = &mut self.host.peers;
        mem::swap(&mut peers.unsettled, &mut peers.settled);
        peers.unsettled.clear();
    }

    /// Sends as much as the peer takes.
    fn send(&mut self, key: usize, now: Now) {
        let Host { limits, peers, chat, .. } = &mut self.host;
        let Some(connection) = peers.connections.get_mut(key) else { return };
        connection.is_unsettled = false;
        if connection.failure.is_noticed() {
            // Its last turn comes first.
            return connection.outbox.clear();
        }
        if let Err(failure) = connection.send() {
            connection.failure = failure;
            connection.outbox.clear();
            if connection.is_active() {
                self.broken.push(connection.id);
            } else {
                connection.phase = Phase::Gone;
            }
            return;
        }
        let (id, unsent, talk) =
            (connection.id, connection.unsent_cost(), connection.unsent_talk());
        let has_caught_up = peers.measure(key, talk, limits);
        if has_caught_up && self.schedule.congestion.is_anywhere() {
            for room in chat.rooms_of(id) {
                self.schedule.congestion.note_caught_up(room);
            }
        }
        if unsent > limits.backlog_bytes_max {
            self.end(id, &Disconnect::TooSlow(unsent), now);
        }
    }

    /// Lets a connection go on that had to read first, if it has.
    fn resume(&mut self, key: usize) {
        let Some(connection) = self.host.peers.connections.get_mut(key) else { return };
        let may_go_on = if self.host.chat.has_more(connection.id) {
            matches!(connection.pause, None | Some(Pause::Clogged)) && !connection.has_unsent()
        } else {
            connection.pause == Some(Pause::Clogged) && !connection.is_clogged(&self.host.limits)
        };
        if may_go_on {
            connection.pause = None;
            self.enqueue(key);
        }
    }

    /// Takes a connection that has left one step further to its end.
    fn close(&mut self, key: usize, now: Now) {
        let Some(connection) = self.host.peers.get(key) else { return };
        match connection.phase {
            Phase::Leaving { .. } if !connection.has_unsent() => {
                let is_shut = connection.stream.shutdown_write().is_ok();
                if is_shut && !self.is_stopping {
                    let by = now.at + self.host.limits.linger;
                    connection.phase = Phase::Lingering { by };
                    if connection.ready.readable {
                        self.enqueue(key);
                    }
                } else {
                    self.remove(key, now);
                }
            }
            Phase::Gone => self.remove(key, now),
            Phase::Silent { .. }
            | Phase::Requesting { .. }
            | Phase::Nameless { .. }
            | Phase::Member
            | Phase::Leaving { .. }
            | Phase::Lingering { .. } => {}
        }
    }

    /// Drops a connection. Its key is free from here on; nobody is accepted before the tick is
    /// over.
    fn remove(&mut self, key: usize, now: Now) {
        let is_websocket = self.host.peers.is_websocket(key);
        let mut connection = self.host.peers.remove(key);
        self.schedule.timers.rearm(key, &mut connection.timer, None);
        self.inbounds[key].close();
        let ip = connection.peer.ip();
        if is_websocket {
            self.browsers.note(ip, Browsing::Ended, now.at, &self.host.limits);
        }
        self.addresses.leave(ip, now.at);
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
