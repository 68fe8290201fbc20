//! Attackers who come, each of some kind, and do what their kind does until it is over.

use crate::generator::Run;
use crate::net;
use chatd_support::Result;
use mio::{Events, Interest, Poll, Token};
use serde::{Deserialize, Serialize};
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Horde {
    /// They come in this order.
    pub(crate) kinds: Vec<Kind>,
    pub(crate) millis: u64,
    /// Whether the history is filled before with what takes most bytes to show.
    pub(crate) fills_history: bool,
}

/// Those who do the same.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Kind {
    /// How their names begin, if they have some.
    pub(crate) name: Option<String>,
    pub(crate) count: usize,
    /// The first address, and how many in a row they come from by turns.
    pub(crate) from: Ipv4Addr,
    pub(crate) addresses: usize,
    /// The kernel may hold so much of what they have not read.
    pub(crate) receive_bytes: usize,
    /// Each says one of these over and over, by turns.
    pub(crate) say: Vec<Say>,
    pub(crate) pace: Pace,
    pub(crate) reading: Reading,
    pub(crate) fate: Fate,
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
    /// By somebody whose name begins with `a`.
    NickChanges,
    Who,
    History,
    /// Messages of bytes that are no UTF-8, each of which takes three times as many to be shown.
    Invalid,
    /// The same to one of so many whose names begin with `t`.
    Private(usize),
    /// `/msg` and `/nick` with what is no nickname, and takes long to be found so.
    NoNick,
}

/// How fast they speak.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) enum Pace {
    /// As fast as the server takes it.
    Any,
    /// So many requests a second, each.
    Requests(u64),
    /// A byte at once, and then one a minute.
    ByteAMinute,
}

/// How they read.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) enum Reading {
    All,
    Nothing,
    /// So many bytes a second, each.
    Trickle(u64),
    /// Nothing until they are so many bytes behind the very first one, then just as much as is said:
    /// as far behind as can be without being dropped.
    Behind(u64),
}

/// What must become of them.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) enum Fate {
    /// It does not matter.
    Any,
    /// How many were dropped is told.
    Told,
    /// All are dropped.
    Dropped,
    /// None is dropped.
    Stay,
    /// So many are let in, and stay.
    Admitted(usize),
    /// They are closed when they had no nickname for as long as README promises.
    Expire,
}

/// What README promises: a connection without a nickname is closed after a minute …
const NAMELESS_FOR: Duration = Duration::from_secs(60);
/// … and so much later at the latest, when thousands are closed at once.
const CLOSED_WITHIN: Duration = Duration::from_secs(3);
/// Whoever was dropped and has read too little finds the end in this time.
const TO_THE_END: Duration = Duration::from_secs(1);
/// So much is sent with one call.
const BLOCK_BYTES: usize = 32 << 10;
/// So often one connection writes or reads before it is the next one's turn.
const CALLS_PER_TURN: usize = 4;
/// How often is looked at what the clock allows.
const STEP: Duration = Duration::from_millis(10);
/// The longest line that the server takes, of bytes that take three times as many to be shown.
const HEAVY_LINE: [u8; 4096] = [0x80; 4096];
/// Where the first comes from of those who fill the history.
const FILLERS: Ipv4Addr = Ipv4Addr::new(127, 0, 6, 1);
/// Messages that history keeps.
const HISTORY: usize = 20;

impl Kind {
    /// From one address; they read, and say nothing.
    pub(crate) fn new(name: impl Into<Option<&'static str>>, count: usize) -> Self {
        Self {
            name: name.into().map(str::to_owned),
            count,
            from: net::ATTACKERS,
            addresses: 1,
            receive_bytes: net::BUFFER_BYTES,
            say: Vec::new(),
            pace: Pace::Any,
            reading: Reading::All,
            fate: Fate::Any,
        }
    }

    /// One who hears all that is said: what it hears is counted as what was asked for.
    pub(crate) fn mirror() -> Self {
        Self { receive_bytes: 1 << 20, fate: Fate::Stay, ..Self::new(MIRROR, 1) }
    }
}

const MIRROR: &str = "mirror";

impl Say {
    /// Whether more comes back than goes out.
    pub(crate) fn is_answered(self) -> bool {
        matches!(self, Self::Do | Self::NickChanges | Self::Who | Self::History)
    }

    fn request(self, id: usize) -> Vec<u8> {
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
            Self::Invalid => [&HEAVY_LINE[..], b"\n"].concat(),
            Self::Private(readers) => {
                let command = format!("/msg t{}x ", id % readers);
                [command.as_bytes(), &HEAVY_LINE[command.len()..], b"\n"].concat()
            }
            Self::NoNick => {
                let name = "\u{390}".repeat(384);
                format!("/msg {name} x\n/nick {name}\n").into_bytes()
            }
        }
    }
}

/// A connection that never waits, and says the same over and over.
struct Peer {
    stream: mio::net::TcpStream,
    kind: usize,
    /// Whole requests, how long one is, and what of them is sent.
    requests: Vec<u8>,
    request_bytes: u64,
    at: usize,
    /// Bytes, in all.
    sent: u64,
    heard: u64,
    /// Line ends heard.
    lines: u64,
    can_read: bool,
    can_write: bool,
    opened: Instant,
    closed_after: Option<Duration>,
}

impl Horde {
    pub(crate) fn run(&self, server: SocketAddr) -> Result<Run> {
        let mut run = Run::default();
        if self.fills_history {
            fill_history(server)?;
        }
        let mut poll = Poll::new()?;
        let mut peers: Vec<Peer> = Vec::new();
        for (kind, it) in self.kinds.iter().enumerate() {
            for id in 0..it.count {
                match Peer::come(server, it, kind, id) {
                    Ok(mut peer) => {
                        let (token, both) =
                            (Token(peers.len()), Interest::READABLE | Interest::WRITABLE);
                        poll.registry().register(&mut peer.stream, token, both)?;
                        peers.push(peer);
                    }
                    // The server is gone, which the trial finds.
                    Err(error) => {
                        run.failures.push(format!("only {} came in: {error}", peers.len()));
                        return Ok(run);
                    }
                }
            }
        }
        let began = Instant::now();
        self.act(&mut poll, &mut peers, began, Duration::from_millis(self.millis), false)?;
        if self
            .kinds
            .iter()
            .any(|kind| matches!(kind.fate, Fate::Told | Fate::Dropped | Fate::Stay))
        {
            self.act(&mut poll, &mut peers, began, began.elapsed() + TO_THE_END, true)?;
        }
        run.opened = peers.len() as u64;
        run.closed = peers.iter().filter(|peer| peer.closed_after.is_some()).count() as u64;
        if self.kinds[0].name.as_deref() == Some(MIRROR) {
            run.requests = peers[0].lines;
            run.remarks.push(format!("{} KiB were said to each", peers[0].heard >> 10));
        }
        for (kind, it) in self.kinds.iter().enumerate() {
            self.judge(
                it,
                &peers.iter().filter(|peer| peer.kind == kind).collect::<Vec<_>>(),
                &mut run,
            );
        }
        Ok(run)
    }

    /// All take turns. Those whose fate matters read up to their end if it is over.
    fn act(
        &self,
        poll: &mut Poll,
        peers: &mut [Peer],
        began: Instant,
        time: Duration,
        is_over: bool,
    ) -> Result<()> {
        let mut events = Events::with_capacity(1024);
        let mut is_busy = false;
        while began.elapsed() < time {
            poll.poll(&mut events, Some(if is_busy { Duration::ZERO } else { STEP }))?;
            for event in &events {
                let peer = &mut peers[event.token().0];
                peer.can_read |= event.is_readable();
                peer.can_write |= event.is_writable();
            }
            let millis = began.elapsed().as_millis() as u64;
            let mirrored = peers.first().map_or(0, |first| first.heard);
            is_busy = false;
            for peer in &mut *peers {
                let kind = &self.kinds[peer.kind];
                let due = match kind.pace {
                    _ if is_over => 0,
                    Pace::Any => u64::MAX,
                    Pace::Requests(rate) => millis * rate / 1000 * peer.request_bytes,
                    Pace::ByteAMinute => 1 + millis / 60_000,
                };
                let allowed = match kind.reading {
                    Reading::All => u64::MAX,
                    _ if is_over && kind.fate != Fate::Any => u64::MAX,
                    Reading::Nothing => 0,
                    Reading::Trickle(rate) => millis * rate / 1000,
                    Reading::Behind(bytes) => mirrored.saturating_sub(bytes),
                };
                is_busy |= peer.say(due);
                is_busy |= peer.hear(allowed);
            }
        }
        Ok(())
    }

    fn judge(&self, kind: &Kind, peers: &[&Peer], run: &mut Run) {
        let name = kind.name.as_deref().unwrap_or("nobody");
        let times: Vec<Duration> = peers.iter().filter_map(|peer| peer.closed_after).collect();
        let (closed, open) = (times.len(), peers.len() - times.len());
        match kind.fate {
            Fate::Any => {}
            Fate::Told => run.remarks.push(format!("{closed} of {} dropped", peers.len())),
            Fate::Dropped if open == 0 => {}
            Fate::Dropped => {
                run.failures.push(format!("{open} of {} were not dropped", peers.len()));
            }
            Fate::Stay if closed == 0 => {}
            Fate::Stay => {
                let heard = peers[0].heard >> 10;
                let words = format!("{closed} {name} dropped, the first one heard {heard} KiB");
                run.failures.push(words);
            }
            Fate::Admitted(count) if open == count => run.remarks.push(format!("{open} held")),
            Fate::Admitted(count) => run.failures.push(format!("{open} are open, not {count}")),
            Fate::Expire => {
                let (first, last) = (times.iter().min(), times.iter().max());
                if let (Some(first), Some(last)) = (first, last) {
                    run.remarks.push(format!("closed after {first:.2?} to {last:.2?}"));
                }
                let is_due = Duration::from_millis(self.millis) > NAMELESS_FOR + 2 * CLOSED_WITHIN;
                for (is_wrong, words) in [
                    (first.is_some_and(|&first| first < NAMELESS_FOR), "closed before time"),
                    (last.is_some_and(|&last| last > NAMELESS_FOR + CLOSED_WITHIN), "closed late"),
                    (is_due && open > 0, "not closed without a nickname"),
                ] {
                    if is_wrong {
                        run.failures.push(format!("somebody was {words}"));
                    }
                }
            }
        }
    }
}

impl Peer {
    fn come(server: SocketAddr, kind: &Kind, number: usize, id: usize) -> std::io::Result<Self> {
        let opened = Instant::now();
        let from = net::next_to(kind.from, id % kind.addresses);
        let mut stream = net::connect_with(from, server, kind.receive_bytes)?;
        if let Some(name) = &kind.name {
            // Whoever is turned away may see a reset before all is sent.
            _ = stream.write_all(format!("{name}{id}x\n").as_bytes());
        }
        stream.set_nonblocking(true)?;
        let say = kind.say.get(id % kind.say.len().max(1));
        let request = say.map_or_else(Vec::new, |say| say.request(id));
        Ok(Self {
            stream: mio::net::TcpStream::from_std(stream),
            kind: number,
            requests: request.repeat((BLOCK_BYTES / request.len().max(1)).max(1)),
            request_bytes: request.len() as u64,
            at: 0,
            sent: 0,
            heard: 0,
            lines: 0,
            can_read: false,
            can_write: false,
            opened,
            closed_after: None,
        })
    }

    /// Says up to so many bytes in all, with a few calls. Whether there is more to say at once.
    fn say(&mut self, due: u64) -> bool {
        for _ in 0..CALLS_PER_TURN {
            let rest = &self.requests[self.at..];
            let part =
                rest.len().min(usize::try_from(due - self.sent.min(due)).unwrap_or(usize::MAX));
            if !self.can_write || part == 0 {
                return false;
            }
            match self.stream.write(&rest[..part]) {
                Ok(count) => {
                    self.sent += count as u64;
                    self.at = (self.at + count) % self.requests.len();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.can_write = false,
                Err(_) => self.close(),
            }
        }
        true
    }

    /// Reads up to so many bytes in all, with a few calls. Whether there may be more at once.
    fn hear(&mut self, allowed: u64) -> bool {
        let mut buffer = [0; 16 << 10];
        for _ in 0..CALLS_PER_TURN {
            let most = allowed - self.heard.min(allowed);
            let part = buffer.len().min(usize::try_from(most).unwrap_or(usize::MAX));
            if !self.can_read || part == 0 {
                return false;
            }
            match self.stream.read(&mut buffer[..part]) {
                Ok(count) if count > 0 => {
                    self.heard += count as u64;
                    let ends = buffer[..count].iter().filter(|&&byte| byte == b'\n');
                    self.lines += ends.count() as u64;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.can_read = false,
                Ok(_) | Err(_) => self.close(),
            }
        }
        true
    }

    fn close(&mut self) {
        (self.can_read, self.can_write) = (false, false);
        self.closed_after.get_or_insert(self.opened.elapsed());
    }
}

/// Some say what is worst to repeat, and leave: one each, as that may be all that one may say.
fn fill_history(server: SocketAddr) -> Result<()> {
    for id in 0..HISTORY {
        let mut stream: TcpStream = net::connect(net::next_to(FILLERS, id), server)?;
        let said = [format!("filler{id}\n").as_bytes(), &HEAVY_LINE, b"\n/quit\n"].concat();
        stream.write_all(&said)?;
        // Until the server closes, which it does when all is said.
        while stream.read(&mut [0; 4096])? > 0 {}
    }
    Ok(())
}
