//! What is due by the clock.

use std::time::Instant;

use super::Server;
use super::clients::Due;
use super::connection::{Pause, Phase};
use super::disconnect::Disconnect;
use super::host::Host;
use crate::chat::answer::Answer;
use crate::chat::event::Farewell;
use crate::chat::outbound::Outbound;
use crate::chat::session::SessionId;
use crate::clock::Now;
use crate::stream::Stream;
use crate::wire::{Ending, http};

impl<S: Stream> Server<S> {
    /// Does what is due by the clock, as much as a tick may: thousands may be due at once.
    pub(super) fn sweep(&mut self, now: Now) {
        let work_end = self.host.peers.work() + self.host.limits.tick_bytes_max();
        while self.host.peers.work() < work_end
            && let Some(key) = self.schedule.timers.pop(now.at)
        {
            let rate = self.host.limits.rate;
            let Some(connection) = self.host.peers.get(key) else { continue };
            connection.timer = None;
            let (id, peer) = (connection.id, connection.peer);
            let meter = &self.inbounds[key].meter;
            if connection.pause == Some(Pause::Rate)
                && meter.pace.wait_until(rate, now.at).is_none()
            {
                connection.pause = None;
                if meter.is_in_line {
                    self.addresses.leave_line(key, peer.ip());
                }
                self.enqueue(key);
            }
            self.expire(id, now);
            self.attend(id, now);
            self.rearm(key);
        }
        self.host.chat.tick(now, &mut self.host.peers);
        self.end_expelled(now);
        self.host.visits.tick(now.at);
    }

    /// Ends the phase of a connection if its time is over.
    fn expire(&mut self, id: SessionId, now: Now) {
        let Some(connection) = self.host.peers.by_id(id) else { return };
        match connection.phase {
            Phase::Silent { greet_at, is_doubted } if greet_at <= now.at => {
                if !is_doubted && let Some(greet_at) = self.doubt(id, now) {
                    self.host.peers.connections[id.key()].phase =
                        Phase::Silent { greet_at, is_doubted: true };
                    return;
                }
                if self.host.limits.spoken.text {
                    self.inbounds[id.key()].assume_text();
                    self.host.greet(id, now);
                } else {
                    let by = now.at + self.host.limits.nickname_within;
                    self.host.peers.connections[id.key()].phase = Phase::Nameless { by };
                }
            }
            Phase::Requesting { by } if by <= now.at => {
                let (answer, status) = http::timeout();
                self.host.peers.push_own(id.key(), &answer);
                let why = Disconnect::Protocol(Ending::Answered(status));
                self.end(id, &why, now);
            }
            // It has sent something that waits.
            Phase::Nameless { by }
                if by <= now.at
                    && self.inbounds[id.key()].meter.is_in_line
                    && connection.is_over_rate() =>
            {
                connection.phase =
                    Phase::Nameless { by: now.at + self.host.limits.nickname_within };
            }
            Phase::Nameless { by } if by <= now.at => {
                // It may have sent one, and its turn has not come yet: there is a crowd, or the
                // process was stopped for a while.
                self.receive_at_last(id, now);
                self.end_nameless(id, now);
            }
            Phase::Leaving { by } | Phase::Lingering { by } if by <= now.at => {
                connection.phase = Phase::Gone;
                self.host.peers.unsettle(id.key());
            }
            Phase::Silent { .. }
            | Phase::Requesting { .. }
            | Phase::Nameless { .. }
            | Phase::Member
            | Phase::Leaving { .. }
            | Phase::Lingering { .. }
            | Phase::Gone => {}
        }
    }

    /// Until when a connection that is to be greeted is given more time, if it may not be a person: it has
    /// sent a beginning, or comes from where browsers do.
    fn doubt(&self, id: SessionId, now: Now) -> Option<Instant> {
        let Host { peers, limits, .. } = &self.host;
        if self.inbounds[id.key()].is_within_line() {
            return Some(now.at + limits.end_line_within);
        }
        let peer = peers.connections.get(id.key())?.peer;
        self.is_browser(peer, now).then(|| now.at + limits.greet_browser_after)
    }

    /// Does what is due for an IRC client.
    fn attend(&mut self, id: SessionId, now: Now) {
        let Host { chat, peers, .. } = &mut self.host;
        let Some(connection) = peers.by_id(id).filter(|connection| connection.is_named()) else {
            return;
        };
        let is_read = connection.pause.is_none() && !connection.is_queued;
        let Some(client) = peers.clients.get_mut(&id.key()) else { return };
        if !is_read {
            // Whether it is there, and goes somewhere, is known only when it is read again.
            client.put_off(now.at);
        }
        match client.due(now.at) {
            Due::Nothing => {}
            Due::Home => chat.bring_home(id, now, peers),
            Due::Ping => peers.ping(id.key()),
            Due::Probe => peers.probe(id.key()),
            Due::Silence => self.end(id, &Disconnect::expelled(Farewell::TimedOut), now),
        }
    }

    /// Tells a peer that it took too long to choose a nickname, if it has none.
    fn end_nameless(&mut self, id: SessionId, now: Now) {
        let Some(connection) = self.host.peers.by_id(id) else { return };
        if let Phase::Nameless { .. } = connection.phase {
            let within = self.host.limits.nickname_within;
            self.host.peers.answer(&Answer::NamelessTooLong(within), id);
            self.end(id, &Disconnect::Nameless, now);
        }
    }

    /// Sets the timer of a connection for what is due next.
    pub(super) fn rearm(&mut self, key: usize) {
        let due_at = self.host.peers.due_at(key);
        if let Some(connection) = self.host.peers.get(key) {
            let meter = &self.inbounds[key].meter;
            let deadline = connection.deadline(meter, self.host.limits.rate, due_at);
            self.schedule.timers.rearm(key, &mut connection.timer, deadline);
        }
    }
}
