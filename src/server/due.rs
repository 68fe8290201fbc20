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
        let phase = connection.phase;
        let is_silent_over_rate =
            matches!(phase, Phase::Silent { .. }) && connection.is_over_rate();
        match phase {
            Phase::Silent { greet_at: by, .. }
            | Phase::Requesting { by }
            | Phase::Nameless { by }
                if by <= now.at =>
            {
                if self.is_to_be_read_later(id, now) {
                    return;
                }
                // What is waited for may have come, and its turn not: there is a crowd, or the process
                // was stopped for a while. Who is silent and over its rate is spoken to all the same: so it
                // is found out whether it is there.
                if !is_silent_over_rate {
                    self.receive_at_last(id, now);
                }
                if let Some(connection) = self.host.peers.by_id(id)
                    && connection.phase == phase
                {
                    self.give_up_waiting(id, now);
                }
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

    /// Whether it has sent something that waits for its rate: then it gets as much time again.
    fn is_to_be_read_later(&mut self, id: SessionId, now: Now) -> bool {
        let Host { peers, limits, .. } = &mut self.host;
        let is_in_line = self.inbounds[id.key()].meter.is_in_line;
        let Some(connection) = peers.by_id(id).filter(|it| it.is_over_rate()) else { return false };
        match &mut connection.phase {
            Phase::Requesting { by } => *by = now.at + limits.request_within,
            Phase::Nameless { by } if is_in_line => *by = now.at + limits.nickname_within,
            Phase::Silent { .. }
            | Phase::Nameless { .. }
            | Phase::Member
            | Phase::Leaving { .. }
            | Phase::Lingering { .. }
            | Phase::Gone => return false,
        }
        true
    }

    /// What was waited for has not come.
    fn give_up_waiting(&mut self, id: SessionId, now: Now) {
        let Some(connection) = self.host.peers.by_id(id) else { return };
        match connection.phase {
            Phase::Silent { is_doubted, .. } => self.greet_at_last(id, is_doubted, now),
            Phase::Requesting { .. } => {
                let (answer, status) = http::timeout();
                self.host.peers.push_own(id.key(), &answer);
                let why = Disconnect::Protocol(Ending::Answered(status));
                self.end(id, &why, now);
            }
            Phase::Nameless { .. } => self.end_nameless(id, now),
            Phase::Member | Phase::Leaving { .. } | Phase::Lingering { .. } | Phase::Gone => {}
        }
    }

    /// Takes somebody who is silent for a person, unless it may be none.
    fn greet_at_last(&mut self, id: SessionId, is_doubted: bool, now: Now) {
        let doubted_until = if is_doubted { None } else { self.doubt(id, now) };
        if let Some(greet_at) = doubted_until {
            self.host.peers.connections[id.key()].phase =
                Phase::Silent { greet_at, is_doubted: true };
        } else if self.host.limits.spoken.text {
            self.inbounds[id.key()].assume_text();
            self.host.greet(id, now);
        } else {
            let by = now.at + self.host.limits.nickname_within;
            self.host.peers.connections[id.key()].phase = Phase::Nameless { by };
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
        let Some(connection) = peers.connections.get_mut(id.key()) else { return };
        if connection.id != id || !connection.is_named() {
            return;
        }
        let is_clogged = connection.pause == Some(Pause::Clogged);
        let is_read = connection.pause.is_none() && !connection.is_queued;
        // Whoever reads what waits for it is there, however long that takes.
        let has_taken = connection.has_taken && connection.has_unsent();
        let Some(client) = peers.clients.get_mut(&id.key()) else { return };
        if !is_read {
            // Whether it is there, and goes somewhere, is known only when it is read again.
            client.put_off(now.at);
        }
        match client.due(now.at, is_read || is_clogged, has_taken) {
            Due::Nothing => {}
            Due::Home => chat.bring_home(id, now, peers),
            Due::Ping => peers.ping(id.key()),
            Due::Probe => {
                connection.has_taken = false;
                peers.probe(id.key());
            }
            Due::MoreTime => connection.has_taken = false,
            Due::Silence => self.end(id, &Disconnect::expelled(Farewell::TimedOut), now),
        }
    }

    /// Tells a peer that it took too long to choose a nickname.
    fn end_nameless(&mut self, id: SessionId, now: Now) {
        let within = self.host.limits.nickname_within;
        self.host.peers.answer(&Answer::NamelessTooLong(within), id);
        self.end(id, &Disconnect::Nameless, now);
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
