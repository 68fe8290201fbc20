//! The connection to the server: the attempts to make it, the bytes through it, its end.

use std::io::{self, Read};
use std::mem;
use std::net::{Shutdown, SocketAddr};
use std::time::{Duration, Instant};

use chatd::buffer::outbox::Outbox;
use chatd::chat::text::Text;
use chatd::net::sys;
use chatd::wire::text::{Line, Lines};
use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

use crate::client::address::Address;
use crate::client::frontend::{End, Event};

/// A longer line of the server is left out.
const LINE_BYTES_MAX: usize = 64 * 1024;
const TOO_LONG: &[u8] = b"*** A line of the server is left out: it is too long.";

/// How long one address may take to answer. The system's own patience is minutes.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);

/// How much is read per turn, so that a server that never stops talking cannot keep the user out.
const TURN_BYTES_MAX: usize = 64 * 1024;

/// So much at once is a paste. The server takes it at its rate, which may be slower than the kernel
/// waits for room; what people type fits into the room there is.
const PASTE_BYTES: usize = 16 * 1024;

#[derive(Debug)]
enum State {
    Idle,
    /// No address answered, which is still to be told.
    Failed(io::Error),
    Connecting {
        stream: TcpStream,
        /// Which of the addresses this is.
        index: usize,
        give_up_at: Instant,
        /// Why those before it failed.
        why: Option<io::Error>,
    },
    Open {
        stream: TcpStream,
        half_closed: bool,
        /// Told when all that came is read: what the server said last may say why.
        write_error: Option<io::Error>,
    },
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Connection {
    server: Address,
    addresses: Vec<SocketAddr>,
    token: Token,
    state: State,
    outbox: Outbox,
    lines: Lines,
    /// Whether to end our side of the stream when everything is sent.
    half_close: bool,
    /// Whether there may be more to read than was read.
    readable: bool,
    /// Whether all that is sent may be as much as a paste.
    is_script: bool,
}

impl Connection {
    /// A connection, not made yet, to the first of `addresses` that answers.
    pub(crate) fn new(
        server: Address,
        addresses: Vec<SocketAddr>,
        token: Token,
        is_script: bool,
    ) -> Self {
        Self {
            server,
            addresses,
            token,
            state: State::Idle,
            outbox: Outbox::default(),
            lines: Lines::default(),
            half_close: false,
            readable: false,
            is_script,
        }
    }

    /// Starts to connect, and gives up the connection there is.
    pub(crate) fn connect(&mut self, registry: &Registry, now: Instant) {
        self.outbox = Outbox::default();
        self.lines = Lines::default();
        self.half_close = false;
        self.readable = false;
        self.try_address(0, None, registry, now);
    }

    /// Queues bytes for the server. Without a connection they are dropped.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let State::Open { stream, .. } = &self.state else { return };
        if bytes.len() > PASTE_BYTES {
            let _ = sys::wait_for_window(stream);
        }
        if !bytes.is_empty() {
            self.outbox.push_own(bytes);
        }
    }

    /// Ends our side of the stream as soon as everything queued is sent.
    pub(crate) fn half_close(&mut self) {
        self.half_close = true;
    }

    /// The bytes that the server has not taken yet.
    pub(crate) fn unsent(&self) -> usize {
        self.outbox.len()
    }

    /// Takes note that the socket may have something to read.
    pub(crate) fn set_readable(&mut self) {
        self.readable = true;
    }

    /// When [`Connection::drive`] is to be called though the socket is silent.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let State::Connecting { give_up_at, .. } = self.state else { return None };
        Some(give_up_at)
    }

    /// Whether there is more to do without waiting for the socket.
    pub(crate) fn is_pending(&self) -> bool {
        match self.state {
            State::Open { .. } => self.readable,
            State::Failed(_) => true,
            State::Idle | State::Connecting { .. } => false,
        }
    }

    /// Does all that can be done without waiting, and tells what came of it.
    pub(crate) fn drive(
        &mut self,
        registry: &Registry,
        now: Instant,
        tell: &mut dyn FnMut(Event<'_>),
    ) {
        match mem::replace(&mut self.state, State::Idle) {
            State::Connecting { stream, index, give_up_at, why } => {
                match is_connected(&stream, give_up_at, now) {
                    Ok(true) => {
                        self.open(stream);
                        tell(Event::Connected);
                    }
                    Ok(false) => {
                        self.state = State::Connecting { stream, index, give_up_at, why };
                    }
                    Err(error) => {
                        self.try_address(index + 1, Some(telling(why, error)), registry, now);
                    }
                }
            }
            State::Failed(error) => tell(Event::Unreachable(self.server.explain(&error))),
            same @ (State::Idle | State::Open { .. }) => self.state = same,
        }
        self.flush();
        self.read(tell);
    }

    fn open(&mut self, stream: TcpStream) {
        // Without these options a message may be late, and a dead connection be noticed late.
        let _ = sys::tune(&stream);
        if self.is_script {
            let _ = sys::wait_for_window(&stream);
        }
        self.state = State::Open { stream, half_closed: false, write_error: None };
        self.readable = true;
    }

    /// Tries the addresses from `index` on until one does not fail at once.
    fn try_address(
        &mut self,
        index: usize,
        mut why: Option<io::Error>,
        registry: &Registry,
        now: Instant,
    ) {
        for index in index..self.addresses.len() {
            let attempt = TcpStream::connect(self.addresses[index]).and_then(|mut stream| {
                let interest = Interest::READABLE | Interest::WRITABLE;
                registry.register(&mut stream, self.token, interest)?;
                Ok(stream)
            });
            match attempt {
                Ok(stream) => {
                    let give_up_at = now + CONNECT_PATIENCE;
                    self.state = State::Connecting { stream, index, give_up_at, why };
                    return;
                }
                Err(error) => why = Some(telling(why, error)),
            }
        }
        self.state = why.map_or(State::Idle, State::Failed);
    }

    /// Sends as much as the socket takes. An error is told by the next [`Connection::drive`].
    pub(crate) fn flush(&mut self) {
        let State::Open { stream, half_closed, write_error: write_error @ None } = &mut self.state
        else {
            return;
        };
        let mut result = self.outbox.flush(stream).map(drop);
        if result.is_ok() && self.half_close && !*half_closed && self.outbox.is_empty() {
            *half_closed = true;
            result = stream.shutdown(Shutdown::Write);
        }
        if let Err(error) = result {
            *write_error = Some(error);
            self.readable = true;
        }
    }

    fn read(&mut self, tell: &mut dyn FnMut(Event<'_>)) {
        let mut buffer = [0; 4096];
        let mut left = TURN_BYTES_MAX;
        while self.readable && left > 0 {
            let State::Open { stream, write_error, .. } = &mut self.state else { return };
            let error = match stream.read(&mut buffer) {
                Ok(0) => write_error.take(),
                Ok(length) => {
                    left = left.saturating_sub(length);
                    self.receive(&buffer[..length], tell);
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.readable = false;
                    if write_error.is_none() {
                        return;
                    }
                    write_error.take()
                }
                Err(error) => Some(error),
            };
            self.close(error, tell);
        }
    }

    fn receive(&mut self, mut bytes: &[u8], tell: &mut dyn FnMut(Event<'_>)) {
        loop {
            let line = match self.lines.next(&mut bytes, LINE_BYTES_MAX).0 {
                Line::Incomplete => return,
                Line::Complete(line) => line,
                Line::TooLong => TOO_LONG,
                // A server has no business with our terminal's options.
                Line::Answer(_) => continue,
            };
            tell(Event::Line(line));
        }
    }

    fn close(&mut self, error: Option<io::Error>, tell: &mut dyn FnMut(Event<'_>)) {
        // Dropping the stream also takes it out of the poll.
        self.state = State::Idle;
        self.readable = false;
        let cut_off = self.lines.finish();
        let cut_off = cut_off.map(|line| Text::parse(line, &mut String::new()).as_str().to_owned());
        let mut unsent = Vec::new();
        // A vector takes all.
        let _ = self.outbox.flush(&mut unsent);
        let unsent_lines = unsent.split_inclusive(|&byte| byte == b'\n').count();
        tell(Event::Closed(End { error, unsent_lines, cut_off }));
    }
}

/// Of two reasons, the one to tell: a host that refuses is at least there.
fn telling(before: Option<io::Error>, error: io::Error) -> io::Error {
    before.filter(|before| before.kind() == io::ErrorKind::ConnectionRefused).unwrap_or(error)
}

/// Whether the attempt has succeeded; an error if it has failed.
fn is_connected(stream: &TcpStream, give_up_at: Instant, now: Instant) -> io::Result<bool> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    match stream.peer_addr() {
        // An attempt without a server may get the server's port as its own, since that can be one
        // of those the system gives out, and then it meets itself.
        Ok(peer) if stream.local_addr()? == peer => Err(io::ErrorKind::ConnectionRefused.into()),
        Ok(_) => Ok(true),
        Err(error) if error.kind() != io::ErrorKind::NotConnected => Err(error),
        Err(_) if now < give_up_at => Ok(false),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}
