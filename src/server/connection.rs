//! The sending half of a peer, and where it is in its life.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::ops::BitOrAssign;
use std::time::Instant;

use log::{Level, log};

use super::disconnect::Failure;
use super::inbound::Meter;
use crate::buffer::outbox::{Flush, Outbox};
use crate::chat::session::SessionId;
use crate::limits::Limits;
use crate::log_once::LogOnce;
use crate::pace::Rate;
use crate::stream::Stream;

/// What the server knows of one peer, but for what it sends. What it says is the chat's business.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "any of them may come with any other")]
pub(crate) struct Connection<S> {
    pub(crate) id: SessionId,
    pub(crate) stream: S,
    pub(crate) peer: SocketAddr,
    pub(crate) outbox: Outbox,
    pub(crate) phase: Phase,
    /// Why it is not read for now.
    pub(crate) pause: Option<Pause>,
    /// What may be done with the stream, as far as is known.
    pub(crate) ready: Readiness,
    pub(crate) failure: Failure,
    /// When the server's timer for this connection fires.
    pub(crate) timer: Option<Instant>,
    /// The stream took some of what was to be sent, since somebody looked for that.
    pub(crate) has_taken: bool,
    /// In the server's run queue.
    pub(crate) is_queued: bool,
    /// On the server's list of those to settle.
    pub(crate) is_unsettled: bool,
    /// The log tells of it to everybody; of others only in the details.
    pub(crate) is_told: bool,
    limit_log: LogOnce,
}

/// Where a connection is in its life.
///
/// | phase | what happens | next |
/// |---|---|---|
/// | `Silent` | its first bytes are text, or it is silent until `greet_at` | `Nameless`, greeted |
/// | `Silent` | its first line is a request | `Requesting` |
/// | `Requesting` | the request is for a WebSocket | `Nameless` |
/// | `Requesting` | it is answered otherwise, or `by` is over | `Leaving` |
/// | `Nameless` | the chat gives it a nickname | `Member` |
/// | `Nameless` | `by` is over, and all that it sent is looked at | `Leaving` |
/// | all of these | it quits, ends its stream, speaks something else, or is expelled; the server stops | `Leaving` |
/// | all of these | its stream broke, and what it said before is said; it is too slow | `Gone` |
/// | `Leaving` | all is sent, and our side of the stream is ended | `Lingering` |
/// | `Leaving` | the same while the server stops, or ending our side fails | dropped |
/// | `Leaving` | `by` is over, or the stream fails | `Gone` |
/// | `Lingering` | the peer ends its side, `by` is over, or the stream fails | `Gone` |
/// | `Gone` | it is settled | dropped |
///
/// Only *settle* drops. It sends in all phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Its protocol is not known: at that time it is greeted as a person.
    Silent {
        greet_at: Instant,
        /// That it is a person is not as likely as of others: it was given more time.
        is_doubted: bool,
    },
    /// Its request has begun: at that time it is closed.
    Requesting { by: Instant },
    /// In the protocol, but without a nickname: at that time it is closed.
    Nameless { by: Instant },
    /// In the chat.
    Member,
    /// Out of the chat and no longer read; what is queued is still sent, until then.
    Leaving { by: Instant },
    /// All is sent and our side closed; the peer gets until then to close its own.
    Lingering { by: Instant },
    /// To be dropped.
    Gone,
}

/// Why a connection is not read for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pause {
    /// It is over its rate, until its pace allows the next line.
    Rate,
    /// It is over its rate and its stream has ended: until it is the first in line.
    Line,
    /// It has so much unsent, of what it asked for or else, that it has to read first.
    Clogged,
    /// The room where it talks has to catch up first.
    Room,
}

/// What the reactor learnt about a connection. Each is a hint: a wrong one costs a failing system
/// call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "any of them may come with any other")]
pub struct Readiness {
    /// There may be something to read, or the end of the stream.
    pub readable: bool,
    /// The peer may have ended its stream: so a short read does not mean that there is no more to
    /// read.
    pub ended: bool,
    /// There may be room to write.
    pub writable: bool,
    /// The stream is broken in both directions. Then all the others are so too: whoever reads or
    /// writes is told.
    pub broken: bool,
}

impl BitOrAssign for Readiness {
    fn bitor_assign(&mut self, other: Self) {
        self.broken |= other.broken;
        self.readable |= other.readable | other.broken;
        self.ended |= other.ended | other.broken;
        self.writable |= other.writable | other.broken;
    }
}

impl<S> Connection<S> {
    pub(crate) fn new(id: SessionId, stream: S, peer: SocketAddr, greet_at: Instant) -> Self {
        Self {
            id,
            stream,
            peer,
            outbox: Outbox::default(),
            phase: Phase::Silent { greet_at, is_doubted: false },
            pause: None,
            ready: Readiness { writable: true, ..Readiness::default() },
            failure: Failure::None,
            timer: None,
            has_taken: false,
            is_queued: false,
            is_unsettled: false,
            is_told: true,
            limit_log: LogOnce::default(),
        }
    }

    /// At which level the log tells of it.
    pub(crate) fn log_level(&self) -> Level {
        if self.is_told { Level::Info } else { Level::Debug }
    }

    /// Logs that it met a limit: the first time for everybody to see, then in the details.
    pub(crate) fn log_limit(&mut self, limit: &str) {
        let level = if self.limit_log.is_first() { self.log_level() } else { Level::Debug };
        log!(level, "{}: {limit}", self.peer);
    }

    /// Whether something that it sent waits for its rate.
    pub(crate) fn is_over_rate(&self) -> bool {
        matches!(self.pause, Some(Pause::Rate | Pause::Line))
    }

    /// Whether it takes part: it is read, and written to.
    pub(crate) fn is_active(&self) -> bool {
        match self.phase {
            Phase::Silent { .. }
            | Phase::Requesting { .. }
            | Phase::Nameless { .. }
            | Phase::Member => true,
            Phase::Leaving { .. } | Phase::Lingering { .. } | Phase::Gone => false,
        }
    }

    pub(crate) fn is_named(&self) -> bool {
        self.phase == Phase::Member
    }

    /// Whether it waits to be received from, by itself or for its room. A turn out of turn may have
    /// paused it while it was queued: then the queue passes over it.
    pub(crate) fn is_waiting(&self) -> bool {
        match self.pause {
            None => self.is_queued,
            Some(pause) => pause == Pause::Room,
        }
    }

    /// When something is due even if the peer does nothing; `attend_at` is when its protocol wants to do
    /// something, if it is a member.
    pub(crate) fn deadline(
        &self,
        meter: &Meter,
        rate: Option<Rate>,
        attend_at: Option<Instant>,
    ) -> Option<Instant> {
        let phase = match self.phase {
            Phase::Silent { greet_at: at, .. }
            | Phase::Requesting { by: at }
            | Phase::Nameless { by: at }
            | Phase::Leaving { by: at }
            | Phase::Lingering { by: at } => Some(at),
            Phase::Member => attend_at,
            Phase::Gone => None,
        };
        let resume = match self.pause {
            Some(Pause::Rate) => meter.pace.ready_at(rate),
            Some(Pause::Line | Pause::Clogged | Pause::Room) | None => None,
        };
        phase.into_iter().chain(resume).min()
    }
}

impl<S: Stream> Connection<S> {
    /// Whether anything waits to be sent, here or in the stream itself.
    pub(crate) fn has_unsent(&self) -> bool {
        !self.outbox.is_empty() || self.stream.wants_write()
    }

    /// What is kept in memory of what is to be sent.
    pub(crate) fn unsent_cost(&self) -> usize {
        self.outbox.cost() + self.stream.buffered()
    }

    /// Whether it has so much unsent that it has to read before it is read.
    pub(crate) fn is_clogged(&self, limits: &Limits) -> bool {
        self.unsent_cost() > limits.far_behind_bytes()
            || self.outbox.own_cost() > limits.own_bytes_max()
    }

    /// How much of that others were told, too. Answers do not count: whoever asks for more than it
    /// reads is not outrun by talk.
    pub(crate) fn unsent_talk(&self) -> usize {
        self.outbox.talk_cost() + self.stream.buffered()
    }

    /// Sends what waits, as far as the stream takes it.
    pub(crate) fn send(&mut self) -> Result<(), Failure> {
        if !(self.ready.writable && self.has_unsent()) {
            return Ok(());
        }
        let before = self.outbox.len();
        let flushed = self.outbox.flush(&mut self.stream).and_then(|flush| match flush {
            Flush::Done if self.stream.wants_write() => flush_stream(&mut self.stream),
            Flush::Done | Flush::Blocked => Ok(flush),
        });
        self.has_taken |= self.outbox.len() < before;
        match flushed {
            Ok(Flush::Done) => Ok(()),
            Ok(Flush::Blocked) => {
                self.ready.writable = false;
                Ok(())
            }
            Err(error) => Err(Failure::Write(error.kind())),
        }
    }
}

/// Sends what a stream keeps itself.
fn flush_stream(stream: &mut impl Stream) -> io::Result<Flush> {
    loop {
        match stream.flush() {
            Ok(()) => return Ok(Flush::Done),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Flush::Blocked),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
