//! A place in the crowd: how whoever sits there behaves, and its connection of the moment.

use crate::hearing::{Asked, Hearing};
use crate::random::Random;
use crate::transcript::{Transcript, hash, marked};
use mio::net::TcpStream;
use socket2::{Domain, SockRef, Socket, Type};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Comes first, goes last, says nothing: the order in which it hears the room is the order.
    Listener,
    /// Only reads.
    Lurker,
    /// Says a line or a few, sometimes pastes many.
    Talker,
    /// Talks, and changes its nickname in between.
    Renamer,
    /// Asks `/who` and `/history`, and tells others something in private.
    Asker,
    /// Comes, says something, and quits or just closes; and comes again.
    Visitor,
    /// Comes for a nickname that others want at the same moment.
    Racer,
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
pub(crate) const SHARES: [(Role, usize); 10] = [
    (Role::Talker, 10),
    (Role::Renamer, 2),
    (Role::Asker, 3),
    (Role::Visitor, 10),
    (Role::Racer, 2),
    (Role::HalfCloser, 5),
    (Role::Pauser, 3),
    (Role::Staller, 2),
    (Role::Resetter, 8),
    (Role::Babbler, 10),
];

impl Role {
    /// Whose every line is accounted for, said and heard.
    pub(crate) fn is_checked(self) -> bool {
        !matches!(self, Self::Staller | Self::Resetter | Self::Babbler)
    }

    /// Whether it stays as long as the crowd does.
    pub(crate) fn stays(self) -> bool {
        matches!(self, Self::Listener | Self::Lurker | Self::Talker | Self::Renamer | Self::Asker)
    }

    /// Nicknames begin with it: they tell in the server's log who it was.
    pub(crate) fn letter(self) -> char {
        match self {
            Self::Listener => 'e',
            Self::Lurker => 'k',
            Self::Talker => 't',
            Self::Renamer => 'n',
            Self::Asker => 'a',
            Self::Visitor => 'v',
            Self::Racer => 'c',
            Self::HalfCloser => 'h',
            Self::Pauser => 'p',
            Self::Staller => 's',
            Self::Resetter => 'x',
            Self::Babbler => 'g',
        }
    }

    /// A receive buffer so small that it matters when nobody reads.
    fn receive_buffer(self) -> Option<usize> {
        match self {
            // Room for two segments of the loopback interface. With less, Linux sends only probes,
            // ever more seldom, and after a minute of them it may find nobody reading.
            Self::Pauser => Some(128 << 10),
            Self::Staller => Some(4096),
            Self::Listener
            | Self::Lurker
            | Self::Talker
            | Self::Renamer
            | Self::Asker
            | Self::Visitor
            | Self::Racer
            | Self::HalfCloser
            | Self::Resetter
            | Self::Babbler => None,
        }
    }
}

pub(crate) struct Seat {
    pub(crate) role: Role,
    pub(crate) random: Random,
    pub(crate) connection: Option<Connection>,
    /// When it acts next, in milliseconds.
    pub(crate) wake: Option<u64>,
    /// Connections it has had.
    pub(crate) lives: u32,
    /// Nicknames it has taken in this one.
    pub(crate) names: u32,
    /// Whether its last connection ended in order, so that its nickname must be free.
    pub(crate) is_free: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    On,
    /// Has stopped, at so many bytes of the room.
    Off(u64),
    /// Has been stopped for so long that the server must have dropped it, and looks for the end
    /// since this millisecond.
    ToTheEnd(u64),
}

pub(crate) struct Connection {
    stream: TcpStream,
    /// What was read and not yet understood.
    pub(crate) kept: Vec<u8>,
    /// What the socket has not taken yet.
    unsent: Vec<u8>,
    line_end: &'static str,
    /// Of those who are checked.
    pub(crate) hearing: Option<Hearing>,
    /// Of those who are not: whether it is in the room.
    pub(crate) is_welcome: bool,
    pub(crate) reading: Reading,
    /// It has sent its last: what comes next is the end.
    pub(crate) is_leaving: bool,
    /// The listener must hear something before this one can be checked further.
    pub(crate) is_ahead: bool,
    lines_said: u32,
}

/// What a read brought.
pub(crate) enum Received {
    Bytes(usize),
    Nothing,
    End,
    Broken(ErrorKind),
}

/// Longer than any listener's queue takes to be served, even on a busy machine.
const CONNECT_WITHIN: Duration = Duration::from_secs(30);

impl Connection {
    pub(crate) fn open(server: SocketAddr, role: Role, random: &mut Random) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(server), Type::STREAM, None)?;
        if let Some(bytes) = role.receive_buffer() {
            socket.set_recv_buffer_size(bytes)?;
        }
        socket.set_tcp_nodelay(true)?;
        socket.connect_timeout(&server.into(), CONNECT_WITHIN)?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            stream: TcpStream::from_std(socket.into()),
            kept: Vec::new(),
            unsent: Vec::new(),
            line_end: *random.pick::<&str>(&["\n", "\n", "\n", "\r\n", "\r\n", "\r"]),
            hearing: None,
            is_welcome: false,
            reading: Reading::On,
            is_leaving: false,
            is_ahead: false,
            lines_said: 0,
        })
    }

    pub(crate) fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    pub(crate) fn is_member(&self) -> bool {
        self.hearing.as_ref().map_or(self.is_welcome, Hearing::is_member)
    }

    /// Whether it is checked, and has been shown all that a newcomer is.
    pub(crate) fn is_welcomed(&self) -> bool {
        self.hearing.as_ref().is_some_and(Hearing::is_welcomed)
    }

    pub(crate) fn is_sent(&self) -> bool {
        self.unsent.is_empty()
    }

    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Received {
        match self.stream.read(buffer) {
            Ok(0) => Received::End,
            Ok(count) => Received::Bytes(count),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Received::Nothing,
            Err(error) => Received::Broken(error.kind()),
        }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.unsent.extend_from_slice(bytes);
        self.flush();
    }

    pub(crate) fn send_line(&mut self, line: &str) {
        self.unsent.extend_from_slice(line.as_bytes());
        self.unsent.extend_from_slice(self.line_end.as_bytes());
        self.flush();
    }

    pub(crate) fn flush(&mut self) {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(count) => drop(self.unsent.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                // What the server did to this client is found by reading.
                Err(_) => self.unsent.clear(),
            }
        }
    }

    /// Says something that all others have to hear; with `is_last` without a line end.
    pub(crate) fn say(
        &mut self,
        filler: &str,
        is_action: bool,
        is_last: bool,
        room: &mut Transcript,
        now: u64,
    ) {
        let Some(hearing) = &self.hearing else { return };
        let text = marked(hearing.session, self.lines_said) + filler;
        self.lines_said += 1;
        let nick = &hearing.nick;
        let (line, heard) = if is_action {
            (format!("/me {text}"), format!("* {nick} {text}"))
        } else {
            (text.clone(), format!("{nick}: {text}"))
        };
        room.promise(hearing.session, heard.as_bytes(), now);
        if is_last {
            self.send(line.as_bytes());
        } else {
            self.send_line(&line);
        }
    }

    /// Says something to the client at `seat` alone, which is called `to`.
    pub(crate) fn tell(&mut self, to: &str, seat: usize, filler: &str, room: &mut Transcript) {
        let Some(hearing) = &mut self.hearing else { return };
        let text = marked(hearing.session, self.lines_said) + filler;
        self.lines_said += 1;
        let nick = &hearing.nick;
        let heard = format!("(private) {nick}: {text}");
        let confirmed = format!("(private to {to}) {nick}: {text}");
        room.promise_private(hearing.session, seat, heard.as_bytes());
        hearing.ask(Asked::Private(hash(confirmed.as_bytes())));
        self.send_line(&format!("/msg {to} {text}"));
    }

    /// Asks for something whose answer is checked.
    pub(crate) fn ask(&mut self, line: &str, what: Asked) {
        if let Some(hearing) = &mut self.hearing {
            hearing.ask(what);
            self.send_line(line);
        }
    }

    pub(crate) fn quit(&mut self, line: &str) {
        self.send_line(line);
        self.is_leaving = true;
    }

    pub(crate) fn half_close(&mut self) {
        // If it is broken already, reading says so.
        _ = self.stream.shutdown(Shutdown::Write);
        self.is_leaving = true;
    }

    /// Closing it from here on resets it.
    pub(crate) fn will_reset(&self) {
        _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
    }
}
