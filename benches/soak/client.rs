//! One client: how it behaves, and its connection of the moment.

use crate::hearing::Hearing;
use crate::room::{Room, marked};
use chatd_support::random::Random;
use chatd_support::socket::{From, Socket};
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

/// So many seats share an address, as people behind one router do: whoever comes goes on with the
/// debts of its neighbours.
const NEIGHBOURS: usize = 8;
/// So many addresses there are: one byte of 127.0.0.x.
const ADDRESSES: usize = 250;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Comes first, goes last, says nothing: the order in which it hears the room is the order.
    Listener,
    /// Only reads.
    Lurker,
    /// Says a line or a few, sometimes pastes many.
    Talker,
    /// Comes, says something, and quits or just closes; and comes again.
    Visitor,
    /// Says something, sends the end of its stream, and reads up to the other one.
    HalfCloser,
    /// Stops reading for a while.
    Pauser,
    /// Stops reading for good.
    Staller,
    /// Resets its connection, at any moment.
    Resetter,
    /// Sends anything.
    Babbler,
}

/// How many of a hundred; the others are lurkers.
pub(crate) const SHARES: [(Role, usize); 7] = [
    (Role::Talker, 12),
    (Role::Visitor, 12),
    (Role::HalfCloser, 6),
    (Role::Pauser, 3),
    (Role::Staller, 2),
    (Role::Resetter, 8),
    (Role::Babbler, 10),
];

impl Role {
    /// Whether it stays as long as the crowd does.
    pub(crate) fn stays(self) -> bool {
        matches!(self, Self::Listener | Self::Lurker | Self::Talker)
    }
}

/// A place in the crowd.
pub(crate) struct Seat {
    pub(crate) role: Role,
    pub(crate) random: Random,
    pub(crate) connection: Option<Connection>,
    /// When it acts next.
    pub(crate) wake: Option<Duration>,
    /// Connections it has had.
    pub(crate) lives: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    On,
    /// Has stopped, at so many bytes of the room.
    Off(u64),
    /// The server must have dropped it, and it looks for the end until this time.
    ToTheEnd(Duration),
}

pub(crate) struct Connection {
    pub(crate) socket: Socket,
    pub(crate) nick: String,
    pub(crate) hearing: Hearing,
    /// What was read and not yet understood.
    pub(crate) kept: Vec<u8>,
    line_end: &'static str,
    pub(crate) reading: Reading,
    /// It has sent its last: what comes next is the end.
    pub(crate) is_leaving: bool,
    /// The listener must hear something before more of this one can be understood.
    pub(crate) is_ahead: bool,
    lines_said: u32,
}

impl Connection {
    pub(crate) fn open(
        server: SocketAddr,
        index: usize,
        role: Role,
        lives: u32,
        hearing: Hearing,
    ) -> io::Result<Self> {
        // A receive buffer so small that it matters when nobody reads. That of who pauses has two
        // segments of the loopback interface: with less, Linux sends only probes, ever more seldom,
        // and after a minute of them it may find nobody reading.
        let small = [(Role::Staller, 4096), (Role::Pauser, 128 << 10)];
        let receive_bytes = small.into_iter().find_map(|(it, bytes)| (it == role).then_some(bytes));
        let host = u8::try_from(1 + index / NEIGHBOURS % ADDRESSES).unwrap_or(1);
        let from =
            From { address: Some([127, 0, 0, host].into()), receive_bytes, send_bytes: None };
        Ok(Self {
            socket: Socket::new(from.connect(server)?)?,
            // No connection has had it before: who may have one that somebody just had is not tried.
            nick: format!("{role:?}{index}-{lives}"),
            hearing,
            kept: Vec::new(),
            line_end: if index.is_multiple_of(2) { "\n" } else { "\r\n" },
            reading: Reading::On,
            is_leaving: false,
            is_ahead: false,
            lines_said: 0,
        })
    }

    /// Whether it is in the room and has not said that it leaves.
    pub(crate) fn is_member(&self) -> bool {
        self.hearing.is_member() && !self.is_leaving
    }

    pub(crate) fn send_line(&mut self, line: &str) {
        self.socket.send(format!("{line}{}", self.line_end).as_bytes());
    }

    /// Says something that all others have to hear, perhaps without the end of the line.
    pub(crate) fn say(&mut self, words: &str, is_ended: bool, room: &mut Room, now: Duration) {
        let text = marked(self.hearing.session, self.lines_said) + words;
        self.lines_said += 1;
        room.promise(self.hearing.session, &format!("{}: {text}", self.nick), now);
        if is_ended {
            self.send_line(&text);
        } else {
            self.socket.send(text.as_bytes());
        }
    }

    pub(crate) fn quit(&mut self, line: &str) {
        self.send_line(line);
        self.is_leaving = true;
    }

    /// Sends the end of the stream.
    pub(crate) fn half_close(&mut self) {
        // If it is broken already, reading says so.
        _ = self.socket.stream.shutdown(Shutdown::Write);
        self.is_leaving = true;
    }
}
