//! Connections that send the same over and over, as fast as it is taken.

use crate::generator::Run;
use crate::net::{self, Peer};
use chatd_support::Result;
use chatd_support::proc::unread;
use mio::{Events, Interest, Poll, Token};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Pump {
    pub(crate) connections: usize,
    pub(crate) say: Say,
    /// Whether they read what they are sent.
    pub(crate) reads: bool,
    pub(crate) millis: u64,
    /// How many requests each sends in a second, if it is not as many as the server takes.
    pub(crate) rate: Option<u32>,
}

/// What is sent.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) enum Say {
    /// The shortest message.
    Text,
    /// Messages of so many bytes.
    Lines(usize),
    /// One line without an end.
    Endless,
    Empty,
    /// Empty lines that end with a lone CR.
    Cr,
    /// Telnet's IAC NOP, which means nothing.
    Nop,
    /// Telnet's IAC DO, which has to be answered.
    Do,
    NickChanges,
    Who,
    /// `/history`, after filling it with what takes most bytes to show.
    History,
    /// Messages of bytes that are no UTF-8, each of which takes three times as many to be shown.
    Invalid,
    /// The same to one reader of a `Teeter`.
    Private,
    /// `/msg` and `/nick` with what is no nickname, and takes long to be found so.
    NoNick,
}

/// So much is sent with one call.
const BLOCK_BYTES: usize = 32 << 10;
/// So often one connection writes or reads before it is the next one's turn.
const CALLS_PER_TURN: usize = 4;
/// The longest line that the server takes, of bytes that take three times as many to be shown.
pub(crate) const HEAVY_LINE: [u8; 4096] = [1; 4096];
/// Where the first comes from of those who fill the history.
const FILLERS: Ipv4Addr = Ipv4Addr::new(127, 0, 6, 1);
/// Messages that history keeps.
const HISTORY: usize = 20;

impl Say {
    pub(crate) fn request(self, id: usize) -> Vec<u8> {
        match self {
            Self::Text => b"x\n".to_vec(),
            Self::Lines(bytes) => [&vec![b'x'; bytes][..], b"\n"].concat(),
            Self::Endless => vec![b'x'; 4096],
            Self::Empty => b"\n".to_vec(),
            Self::Cr => b"\r".to_vec(),
            Self::Nop => b"\xff\xf1".to_vec(),
            Self::Do => b"\xff\xfd\x01".to_vec(),
            Self::NickChanges => format!("/nick a{id}x\n/nick a{id}y\n").into_bytes(),
            Self::Who => b"/who\n".to_vec(),
            Self::History => b"/history\n".to_vec(),
            Self::Invalid => [&[0x80; 4096][..], b"\n"].concat(),
            Self::Private => [&b"/msg t0 "[..], &[0x80; 4000], b"\n"].concat(),
            Self::NoNick => {
                let name = "\u{390}".repeat(384);
                format!("/msg {name} x\n/nick {name}\n").into_bytes()
            }
        }
    }
}

struct Pumper {
    peer: Peer,
    can_write: bool,
    can_read: bool,
}

impl Pump {
    pub(crate) fn run(&self, server: SocketAddr) -> Result<Run> {
        if let Say::History = self.say {
            fill_history(server)?;
        }
        let mut run = Run::default();
        let mut poll = Poll::new()?;
        let mut events = Events::with_capacity(1024);
        let (mut pumpers, mut request_bytes) = (Vec::new(), 0);
        for id in 0..self.connections {
            let request = self.say.request(id);
            request_bytes = request.len();
            let block = request.repeat((BLOCK_BYTES / request.len()).max(1));
            let mut peer = Peer::new(net::join(server, &format!("a{id}x"))?, block)?;
            run.opened += 1;
            let interest = Interest::READABLE | Interest::WRITABLE;
            poll.registry().register(&mut peer.stream, Token(id), interest)?;
            pumpers.push(Pumper { peer, can_write: false, can_read: false });
        }
        let began = Instant::now();
        let end = began + Duration::from_millis(self.millis);
        while Instant::now() < end {
            let is_busy =
                self.rate.is_none() && pumpers.iter().any(|pumper| pumper.wants(self.reads));
            let timeout = Duration::from_millis(if is_busy { 0 } else { 10 });
            poll.poll(&mut events, Some(timeout))?;
            for event in &events {
                let pumper = &mut pumpers[event.token().0];
                pumper.can_read |= event.is_readable();
                pumper.can_write |= event.is_writable();
            }
            let due = self.rate.map_or(u64::MAX, |rate| {
                let requests = began.elapsed().as_millis() as usize * rate as usize / 1000;
                (requests * request_bytes) as u64
            });
            for pumper in &mut pumpers {
                pumper.take_turn(self.reads, due);
            }
        }
        let count = |of: fn(&Peer) -> u64| pumpers.iter().map(|pumper| of(&pumper.peer)).sum();
        (run.sent, run.heard) = (count(|peer| peer.sent), count(|peer| peer.heard));
        run.closed = count(|peer| u64::from(peer.is_closed));
        run.sent = run.sent.saturating_sub(unread(server));
        Ok(run)
    }
}

impl Pumper {
    fn wants(&self, reads: bool) -> bool {
        self.can_write || (reads && self.can_read)
    }

    /// Sends no more than is due.
    fn take_turn(&mut self, reads: bool, due: u64) {
        let due = due.saturating_sub(self.peer.sent);
        self.can_write = self.can_write && self.peer.say(due, CALLS_PER_TURN);
        if reads {
            self.can_read = self.can_read && self.peer.hear(u64::MAX, CALLS_PER_TURN);
        }
    }
}

/// Some say what is worst to repeat, and leave: one each, as that may be all that one may say.
pub(crate) fn fill_history(server: SocketAddr) -> Result<()> {
    for id in 0..HISTORY {
        let from = net::next_to(FILLERS, id);
        let mut stream = net::join_from(from, server, &format!("filler{id}"))?;
        stream.write_all(&[&HEAVY_LINE[..], b"\n/quit\n"].concat())?;
        // Until the server closes, which it does when all is said.
        while stream.read(&mut [0; 4096])? > 0 {}
    }
    Ok(())
}
