//! One peer.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Instant;

use log::Level;

use super::lag::Lag;
use crate::buffer::inbox::Inbox;
use crate::buffer::outbox::Outbox;
use crate::chat::event::Farewell;
use crate::chat::session::SessionId;
use crate::chat::text::Text;
use crate::limits::Limits;
use crate::pace::{Pace, Rate};
use crate::wire::Decoder;
use crate::wire::detect::Foreign;

/// All that the server knows of one peer. What it says in the room is the chat's business.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts, each noted where it is learnt"
)]
pub(crate) struct Connection<S> {
    pub(crate) id: SessionId,
    pub(crate) stream: S,
    pub(crate) peer: SocketAddr,
    pub(crate) decoder: Decoder,
    pub(crate) inbox: Inbox,
    pub(crate) outbox: Outbox,
    pub(crate) pace: Pace,
    /// Bytes received since the last line: they count as lines too, or an endless line would be
    /// free.
    pub(crate) unpaid_bytes: usize,
    pub(crate) phase: Phase,
    /// Why it is not read for now.
    pub(crate) pause: Option<Pause>,
    /// How far behind it is, as far as the room minds.
    pub(crate) lag: Lag,
    /// When the server's timer for this connection fires.
    pub(crate) timer: Option<Instant>,
    /// The stream is broken, and why: there is at most something left to read.
    pub(crate) broken: Option<ErrorKind>,
    /// Why it was cut off, if a write was told: an error is told once, and then a read shows the
    /// end of a stream that the peer never ended.
    pub(crate) cut_off: Option<ErrorKind>,
    /// A read may succeed: since the last event none has shown that there is nothing left.
    pub(crate) is_readable: bool,
    /// The end of the stream may be near: only a failing read means that there is nothing left.
    pub(crate) is_ended: bool,
    /// A write may succeed.
    pub(crate) is_writable: bool,
    /// It shares an allowance with others of its address whose streams have ended.
    pub(crate) is_in_line: bool,
    /// In the server's run queue.
    pub(crate) is_queued: bool,
    /// Its last turn was a long one: those who have little to say go first.
    pub(crate) is_heavy: bool,
    /// On the server's list of those to settle.
    pub(crate) is_unsettled: bool,
    /// The log tells of it to everybody; of others only in the details.
    pub(crate) is_told: bool,
    /// Has met a limit, which the log has said.
    pub(crate) is_noted: bool,
}

/// Where a connection is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing received: at that time it is greeted as a person.
    Silent { greet_at: Instant },
    /// In the protocol, but without a nickname: at that time it is closed.
    Nameless { by: Instant },
    /// In the room.
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
}

impl<S> Connection<S> {
    pub(crate) fn new(id: SessionId, stream: S, peer: SocketAddr, greet_at: Instant) -> Self {
        Self {
            id,
            stream,
            peer,
            decoder: Decoder::default(),
            inbox: Inbox::default(),
            outbox: Outbox::default(),
            pace: Pace::default(),
            unpaid_bytes: 0,
            phase: Phase::Silent { greet_at },
            pause: None,
            lag: Lag::Little,
            timer: None,
            broken: None,
            cut_off: None,
            is_readable: false,
            is_ended: false,
            is_writable: true,
            is_in_line: false,
            is_queued: false,
            is_heavy: false,
            is_unsettled: false,
            is_told: true,
            is_noted: false,
        }
    }

    /// At which level the log tells of it.
    pub(crate) fn log_level(&self) -> Level {
        if self.is_told { Level::Info } else { Level::Debug }
    }

    /// Whether something that it sent waits for its rate.
    pub(crate) fn is_over_rate(&self) -> bool {
        matches!(self.pause, Some(Pause::Rate | Pause::Line))
    }

    /// Whether it takes part: it is read, and written to.
    pub(crate) fn is_active(&self) -> bool {
        matches!(self.phase, Phase::Silent { .. } | Phase::Nameless { .. } | Phase::Member)
    }

    pub(crate) fn is_named(&self) -> bool {
        self.phase == Phase::Member
    }

    /// Whether it has so much unsent that it has to read before it is read.
    pub(crate) fn is_clogged(&self, limits: &Limits) -> bool {
        self.outbox.cost() > limits.far_behind_bytes()
            || self.outbox.own_cost() > limits.own_bytes_max()
    }

    /// When something is due even if the peer does nothing.
    pub(crate) fn deadline(&self, rate: Option<Rate>) -> Option<Instant> {
        let phase = match self.phase {
            Phase::Silent { greet_at: at }
            | Phase::Nameless { by: at }
            | Phase::Leaving { by: at }
            | Phase::Lingering { by: at } => Some(at),
            Phase::Member | Phase::Gone => None,
        };
        let resume = if self.pause == Some(Pause::Rate) { self.pace.ready_at(rate) } else { None };
        phase.into_iter().chain(resume).min()
    }
}

/// Why a connection ends: what the log says, and what the room is told, come from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disconnect<'a> {
    /// It asked to, perhaps saying why.
    Quit(Option<Text<'a>>),
    /// It ended its stream.
    EndOfStream,
    /// The stream failed.
    Failed(ErrorKind),
    /// It did not read what was sent: so many bytes wait.
    TooSlow(usize),
    /// It took no nickname.
    Nameless,
    /// It had no nickname yet, and so many were refused.
    NicknamesRefused(u32),
    /// It takes the server for another one.
    Foreign(Foreign),
}

impl Disconnect<'_> {
    /// Whether what is queued is still sent.
    pub(crate) fn is_polite(self) -> bool {
        !matches!(self, Self::Failed(_) | Self::TooSlow(_))
    }

    /// What the others are told.
    pub(crate) fn farewell(&self) -> Farewell<'_> {
        match *self {
            Self::Quit(reason) => Farewell::Quit(reason),
            Self::Failed(
                ErrorKind::TimedOut | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable,
            ) => Farewell::TimedOut,
            // A peer that closes with unread bytes resets the connection: the same to those who
            // stay.
            // Nobody is told of those who had no nickname.
            Self::EndOfStream | Self::Failed(_) | Self::Nameless | Self::Foreign(_) => {
                Farewell::Lost
            }
            Self::NicknamesRefused(count) => Farewell::NicknamesRefused(count),
            Self::TooSlow(_) => Farewell::TooSlow,
        }
    }
}

impl From<io::Error> for Disconnect<'_> {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.kind())
    }
}

impl fmt::Display for Disconnect<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Why somebody quits is something said, and does not belong in a log.
            Self::Quit(_) => f.write_str("quit"),
            Self::EndOfStream => f.write_str("connection closed by peer"),
            Self::Failed(kind) => write!(f, "{kind}"),
            Self::TooSlow(bytes) => write!(f, "too slow: {bytes} bytes unsent"),
            Self::Nameless => f.write_str("no nickname in time"),
            Self::NicknamesRefused(count) => write!(f, "{count} nicknames refused"),
            Self::Foreign(protocol) => write!(f, "speaks {protocol}, not chat"),
        }
    }
}
