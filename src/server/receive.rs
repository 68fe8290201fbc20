//! The first part of a tick: who has something to say is received from, lane by lane.

use std::io::ErrorKind;

use super::Server;
use super::connection::{Connection, Pause, Phase};
use super::inbound::Meter;
use super::peers::Said;
use super::schedule::{Allowance, Lane, Schedule};
use super::turn::TurnEnd;
use crate::chat::session::SessionId;
use crate::clock::Now;
use crate::stream::Stream;

impl<S: Stream> Server<S> {
    /// Gives each that is queued a turn, those first who have little to say.
    pub(super) fn receive(&mut self, now: Now) {
        for id in self.schedule.congestion.release(now.at, &self.host.limits) {
            if let Some(connection) = self.host.peers.by_id(id)
                && connection.pause == Some(Pause::Room)
            {
                connection.pause = None;
                self.enqueue(id.key());
            }
        }
        let shares = self.schedule.queue.shares(&self.host.limits);
        let begin = self.host.peers.work();
        for lane in Lane::ALL {
            let work = shares.of(lane, self.host.peers.work() - begin);
            self.serve(lane, work, now);
        }
    }

    /// Gives a turn to each in a lane, as far as so much work allows.
    fn serve(&mut self, lane: Lane, work: u64, now: Now) {
        let end = self.host.peers.work() + work;
        for _ in 0..self.schedule.queue.len(lane) {
            let tick_work = end.saturating_sub(self.host.peers.work());
            if tick_work == 0 {
                return;
            }
            let Some(id) = self.schedule.queue.pop(lane) else { return };
            let Some(connection) = self.host.peers.by_id(id) else { continue };
            connection.is_queued = false;
            // It may have had a turn out of turn, which ended in a pause. And whoever broke has a
            // last turn of its own.
            let may_talk = connection.pause.is_none() && !connection.failure.is_noticed();
            if !connection.is_active() {
                self.discard(id.key());
            } else if may_talk {
                self.receive_from(id, tick_work, now);
            }
        }
    }

    /// Gives somebody a turn as is usual in its lane, unless it has to wait for its room.
    fn receive_from(&mut self, id: SessionId, tick_work: u64, now: Now) {
        let Some(connection) = self.host.peers.by_id(id) else { return };
        let meter = &self.inbounds[id.key()].meter;
        let lane = if connection.ready.ended {
            // What has ended is done with in one turn: what it owes is known then to the next one
            // of its address.
            Lane::Heavy
        } else if connection.is_named() {
            meter.lane
        } else {
            Lane::Newcomer
        };
        let (room, limits) = (meter.room, &self.host.limits);
        let said_bytes = self.schedule.congestion.allowed(room, meter.lane, limits, now.at);
        let end = if said_bytes == Some(0) {
            TurnEnd::RoomSlow { has_spoken: false }
        } else {
            let allowance = Allowance::in_lane(lane, now);
            self.give_turn(id, Allowance { tick_work, said_bytes, ..allowance })
        };
        self.conclude(id, end, now);
    }

    /// Gives a newcomer a turn, whether or not it is queued and however much others have to say.
    pub(super) fn receive_at_last(&mut self, id: SessionId, now: Now) {
        if let Some(connection) = self.host.peers.by_id(id) {
            connection.ready.readable = true;
            let read_bytes = Lane::Newcomer.figures().read_bytes;
            let end = self.give_turn(id, Allowance { read_bytes, ..Allowance::unlimited(now) });
            self.conclude(id, end, now);
        }
    }

    /// Gives somebody a turn.
    pub(super) fn give_turn(&mut self, id: SessionId, allowance: Allowance) -> TurnEnd {
        let Self { inbounds, host, addresses, scratch, .. } = self;
        let Some(&mut Connection { peer, .. }) = host.peers.by_id(id) else {
            return TurnEnd::Drained;
        };
        let inbound = &mut inbounds[id.key()];
        if host.limits.rate.is_some() {
            addresses.begin_turn(peer.ip(), &mut inbound.meter, allowance.now.at);
        }
        host.peers.begin_turn();
        let before = host.peers.work();
        let allowance = allowance.read_for(inbound.meter.pace, &host.limits);
        let end = inbound.take_turn(id, host, scratch, allowance);
        host.peers.pause(id.key());
        host.peers.fan_out();
        let work = host.peers.work() - before;
        self.note_said(Some(id), allowance.now);
        self.note_browsing(allowance.now);
        let meter = &mut self.inbounds[id.key()].meter;
        self.addresses.end_turn(peer.ip(), meter);
        if let Some(connection) = self.host.peers.by_id(id) {
            // Whoever had to stop for others has had no turn to be judged by.
            let is_stopped = matches!(end, TurnEnd::TickOver | TurnEnd::RoomSlow { .. });
            if !(is_stopped && meter.lane == Lane::Heavy) {
                let is_spent = matches!(end, TurnEnd::Spent);
                meter.lane = Lane::after(work, is_spent, connection.is_named());
            }
            if connection.stream.wants_write() {
                self.host.peers.unsettle(id.key());
            }
        }
        end
    }

    /// Notes how everything was heard that was said lately: in somebody's turn, or by nobody.
    pub(super) fn note_said(&mut self, who: Option<SessionId>, now: Now) {
        let Self { inbounds, host, schedule, .. } = self;
        let mut is_slow = false;
        for said in host.peers.said.drain(..) {
            let Said { room, speaker, bytes, heard, is_of_room } = said;
            // People of several rooms tell nothing of one of them, unless some of them are behind.
            if !is_of_room && !heard.is_too_much() {
                continue;
            }
            let mut spent = (Lane::Light, 0);
            if let Some(id) = speaker.filter(|_| speaker == who) {
                let meter = &mut inbounds[id.key()].meter;
                spent = (meter.lane, bytes);
                // If one of the rooms in which it talks cannot keep up, it waits for that one.
                if !is_slow {
                    meter.room = Some(room);
                }
            }
            schedule.congestion.note(room, heard, spent, &host.limits, now.at);
            is_slow |= speaker == who && schedule.congestion.is_slow(room);
        }
    }

    /// Notes what browsers did in a turn.
    fn note_browsing(&mut self, now: Now) {
        let Self { host, browsers, .. } = self;
        for (ip, what) in host.peers.browsing.drain(..) {
            browsers.note(ip, what, now.at, &host.limits);
        }
    }

    /// Draws the conclusions from how a turn ended.
    pub(super) fn conclude(&mut self, id: SessionId, end: TurnEnd, now: Now) {
        let key = id.key();
        let Some(connection) = self.host.peers.by_id(id) else { return };
        match end {
            TurnEnd::Drained | TurnEnd::Expelled => {}
            TurnEnd::Spent | TurnEnd::TickOver => self.enqueue(key),
            // It may have had a turn out of turn while it was queued.
            TurnEnd::RoomSlow { .. } if connection.is_queued => {}
            TurnEnd::RoomSlow { has_spoken } => {
                let Meter { room, lane, .. } = self.inbounds[key].meter;
                let Schedule { congestion, .. } = &mut self.schedule;
                let allowed = congestion.allowed(room, lane, &self.host.limits, now.at);
                if allowed == Some(0) && congestion.wait(room, id, has_spoken) {
                    connection.pause = Some(Pause::Room);
                } else {
                    // It did not know how slow the room is, or talks in another one now.
                    self.enqueue(key);
                }
            }
            TurnEnd::OverRate => {
                connection.log_limit("over its rate, read later");
                connection.pause = Some(Pause::Rate);
                if connection.ready.ended {
                    self.line_up(id, now);
                }
            }
            TurnEnd::Shown => connection.pause = Some(Pause::Clogged),
            TurnEnd::Clogged => {
                connection.log_limit("does not read what it asked for, read later");
                connection.pause = Some(Pause::Clogged);
                // Settle sends, and perhaps it may go on at once.
                self.host.peers.unsettle(key);
            }
            TurnEnd::Ended(why) => self.end(id, &why, now),
        }
        self.end_expelled(now);
        self.rearm(key);
        if self.inbounds[key].meter.is_in_line
            && let Some(connection) = self.host.peers.by_id(id)
            && !connection.is_waiting()
        {
            let ip = connection.peer.ip();
            self.call_next(ip);
        }
    }

    /// Reads and forgets what a peer sends that has left, until it closes.
    fn discard(&mut self, key: usize) {
        let Some(connection) = self.host.peers.get(key) else { return };
        let Phase::Lingering { .. } = connection.phase else { return };
        match connection.stream.read(&mut self.scratch.received) {
            Ok(count) if count > 0 => self.enqueue(key),
            Err(error) if error.kind() == ErrorKind::Interrupted => self.enqueue(key),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                connection.ready.readable = false;
            }
            Ok(_) | Err(_) => {
                connection.phase = Phase::Gone;
                self.host.peers.unsettle(key);
            }
        }
    }

    /// Puts a connection in the run queue, unless it has to wait.
    pub(super) fn enqueue(&mut self, key: usize) {
        if let Some(connection) = self.host.peers.get(key)
            && !connection.is_queued
            && !connection.failure.is_noticed()
            && connection.pause.is_none()
        {
            connection.is_queued = true;
            self.schedule.queue.push(connection.id, self.inbounds[key].meter.lane);
        }
    }
}
