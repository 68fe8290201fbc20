//! Who is received from: in which order, and how much at a time.

use std::collections::VecDeque;
use std::mem;

use super::Server;
use super::turn::{Moment, Turn};
use crate::clock::Now;
use crate::stream::Stream;
use crate::wire::Decoder;

/// What is read at once from a peer without a nickname (what follows that may have to wait, and is
/// best kept by the kernel), and, while others wait, from one whose turns were light until now.
const LIGHT_BYTES_PER_TURN: usize = 1024;

/// So many bytes a line usually takes at the most.
const BYTES_PER_LINE: usize = 128;

/// A turn of more work than this is a heavy one: a few lines of talk, or a few commands, are not.
const LIGHT_WORK_PER_TURN: u64 = 4096;

/// What one peer may take of a tick before it is the next one's turn: all that it says if it is
/// read in one go, and far fewer commands.
const HEAVY_WORK_PER_TURN: u64 = 64 * 1024;

/// Those with something to be received, in the order of their turns; each stands in it once.
///
/// Whoever has little to say goes first, as in fair queueing for packets (RFC 8290): a word does
/// not wait behind the turns of a hundred who flood. A turn that is longer than a word makes a peer
/// heavy, and so it cannot keep the others waiting by coming often.
#[derive(Debug, Default)]
pub(super) struct RunQueue {
    light: VecDeque<usize>,
    heavy: VecDeque<usize>,
    /// Somebody in it is gone.
    has_gone: bool,
}

impl RunQueue {
    pub(super) fn keys(&self) -> impl Iterator<Item = usize> + '_ {
        self.light.iter().chain(&self.heavy).copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.light.is_empty() && self.heavy.is_empty()
    }

    /// How many of one kind are queued.
    pub(super) fn count(&self, is_heavy: bool) -> usize {
        if is_heavy { self.heavy.len() } else { self.light.len() }
    }

    pub(super) fn push(&mut self, key: usize, is_heavy: bool) {
        self.queue(is_heavy).push_back(key);
    }

    /// The next one of its kind.
    pub(super) fn pop(&mut self, is_heavy: bool) -> Option<usize> {
        self.queue(is_heavy).pop_front()
    }

    /// Somebody in it is gone, and is to be [dropped](Self::drop_gone).
    pub(super) fn note_gone(&mut self) {
        self.has_gone = true;
    }

    /// Keeps only those who are there: their keys may be given to others.
    pub(super) fn drop_gone(&mut self, is_there: impl Fn(usize) -> bool) {
        if mem::take(&mut self.has_gone) {
            self.light.retain(|&key| is_there(key));
            self.heavy.retain(|&key| is_there(key));
        }
    }

    fn queue(&mut self, is_heavy: bool) -> &mut VecDeque<usize> {
        if is_heavy { &mut self.heavy } else { &mut self.light }
    }
}

impl<S: Stream> Server<S> {
    /// Gives each queued connection a turn, the light ones first.
    pub(super) fn receive(&mut self, now: Now) {
        let (bytes_max, is_held) = self.congestion.share(self.listeners(), &self.limits, now.at);
        let work_end = self.work() + bytes_max;
        let is_crowded = is_held || self.run_queue.count(true) > 0;
        // However many are light, half of the tick is for the heavy ones.
        let light_end = if is_crowded { work_end - bytes_max / 2 } else { work_end };
        let said = self.peers.said_bytes();
        let (light_said_end, heavy_said_end) = if is_held {
            (said + self.congestion.light_bytes_left(), 0)
        } else {
            (u64::MAX, u64::MAX)
        };
        let light =
            Moment { now, work_end: light_end, said_end: light_said_end, turn_end: 0, is_crowded };
        self.receive_all(false, light);
        self.congestion.spend_light(if is_held { self.peers.said_bytes() - said } else { 0 });
        // An answer to a light one may have taken more than that.
        let work_end = work_end.max(self.work() + bytes_max / 2);
        self.receive_all(true, Moment { work_end, said_end: heavy_said_end, ..light });
    }

    /// Gives a turn to each that is heavy now, or to each that is not.
    fn receive_all(&mut self, is_heavy: bool, moment: Moment) {
        for _ in 0..self.run_queue.count(is_heavy) {
            if self.work() >= moment.work_end {
                return;
            }
            let Some(key) = self.run_queue.pop(is_heavy) else { return };
            let is_enough_said = self.peers.said_bytes() >= moment.said_end;
            let Some(connection) = self.peers.get(key) else { continue };
            if is_enough_said && connection.is_named() {
                self.run_queue.push(key, is_heavy);
            } else {
                connection.is_queued = false;
                // It may have had a turn out of turn, which ended in a pause; and whoever broke has a
                // last turn of its own.
                if connection.pause.is_none() && connection.broken.is_none() {
                    self.receive_from(key, moment);
                }
            }
        }
    }

    /// How much was ever done: what was queued, and what took as long as queueing so many bytes.
    pub(super) fn work(&self) -> u64 {
        self.peers.queued_bytes() + self.effort
    }

    /// Gives a connection a turn, whether or not it is queued and however much the room has had.
    pub(super) fn receive_at_last(&mut self, key: usize, now: Now) {
        if let Some(connection) = self.peers.get(key) {
            connection.is_readable = true;
            let (work_end, said_end, turn_end) = (u64::MAX, u64::MAX, u64::MAX);
            let moment = Moment { now, work_end, said_end, turn_end, is_crowded: false };
            self.receive_from(key, moment);
        }
    }

    fn receive_from(&mut self, key: usize, moment: Moment) {
        let Some(connection) = self.peers.get(key) else { return };
        if !connection.is_active() {
            return self.discard(key);
        }
        let turn = self.take_turn_of(key, moment);
        self.after_turn(key, turn, moment.now);
    }

    /// Gives a connection one turn.
    pub(super) fn take_turn_of(&mut self, key: usize, moment: Moment) -> Turn {
        let Some(connection) = self.peers.get(key) else { return Turn::Left };
        if self.limits.rate.is_some() {
            self.addresses.begin_turn(connection, moment.now.at);
        }
        // The decoder and the bytes leave the connection for the turn: commands borrow from them
        // while they are applied.
        // What it may not say yet is best kept by the kernel.
        let allowed = connection.pace.allowed(self.limits.rate, moment.now.at) as usize;
        // What has ended is done with in one turn: what it owes is known then to the next one of its
        // address.
        let has_long_turn = connection.is_ended
            || connection.is_named() && (connection.is_heavy || !moment.is_crowded);
        let mut decoder = mem::replace(&mut connection.decoder, Decoder::Ended);
        let mut inbox = mem::take(&mut connection.inbox);
        let mut scratch = mem::take(&mut self.scratch);
        let begin = self.work();
        let (bytes, work) = if has_long_turn {
            let bytes = allowed.saturating_mul(BYTES_PER_LINE);
            (bytes.max(LIGHT_BYTES_PER_TURN), HEAVY_WORK_PER_TURN)
        } else {
            (LIGHT_BYTES_PER_TURN, LIGHT_WORK_PER_TURN)
        };
        let bytes = bytes.min(scratch.received.len());
        let moment = Moment { turn_end: moment.turn_end.max(begin + work), ..moment };
        let turn = self.take_turn(key, &mut decoder, &mut inbox, &mut scratch, bytes, moment);
        let work = self.work() - begin;
        self.scratch = scratch;
        self.peers.fan_out();
        if let Some(connection) = self.peers.get(key) {
            connection.decoder = decoder;
            connection.inbox = inbox;
            // Whoever had to stop for the room has had no turn to be judged by.
            connection.is_heavy = work > LIGHT_WORK_PER_TURN
                || matches!(turn, Turn::Share)
                || (matches!(turn, Turn::Held) && connection.is_heavy);
            self.addresses.end_turn(connection);
        }
        turn
    }
}
