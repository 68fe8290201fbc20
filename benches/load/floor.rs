//! Yardstick: the least that a single-threaded epoll server can do to broadcast.
//!
//! No protocol, no names: all bytes read in one poll round go to each other client in one write.
//! What a client cannot take stays queued for it. Besides that it does only what no server may
//! leave out: it keeps lines whole, bounds what it queues, and reads nothing while most of the room
//! is behind, or for a moment anybody.

use chatd_support::message::Dialect;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use slab::Slab;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::ops::Range;
use std::time::{Duration, Instant};

const LISTENER: Token = Token(usize::MAX);
/// Read from one client at once: well over what the closed loops keep in flight per sender.
const SHARE_BYTES: usize = 64 * 1024;
/// Read in one round. Small beside the backlog, so that one round cannot push a reader over it.
const ROUND_BYTES: usize = 256 * 1024;
/// So long a client that falls behind may hold up the others: enough for one that reads at all.
const MOMENT: Duration = Duration::from_millis(200);

struct Client {
    stream: TcpStream,
    /// An event said that there may be something to read.
    readable: bool,
    /// The other side has sent all that it will.
    ended: bool,
    /// What it said in this round, which is not for itself.
    own: Range<usize>,
    /// The beginning of a line whose end has not arrived.
    unfinished: Vec<u8>,
    queue: VecDeque<u8>,
}

struct Floor {
    poll: Poll,
    listener: TcpListener,
    clients: Slab<Client>,
    /// Clients with `readable` set.
    readable: Vec<usize>,
    doomed: Vec<usize>,
    round: Box<[u8]>,
    backlog_max: usize,
    /// Clients with more than half of the backlog queued.
    behind: usize,
    /// Until when they hold up the others.
    patient_until: Instant,
}

pub(crate) fn run(backlog_max: usize) -> io::Result<()> {
    let mut listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
    println!("listening on {}", listener.local_addr()?);
    let poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut floor = Floor {
        poll,
        listener,
        clients: Slab::new(),
        readable: Vec::new(),
        doomed: Vec::new(),
        round: vec![0; ROUND_BYTES + 2 * SHARE_BYTES].into(),
        backlog_max,
        behind: 0,
        patient_until: Instant::now(),
    };
    let mut events = Events::with_capacity(4096);
    loop {
        floor.turn(&mut events)?;
    }
}

impl Floor {
    fn turn(&mut self, events: &mut Events) -> io::Result<()> {
        let timeout = if self.readable.is_empty() { None } else { Some(self.pause()) };
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        for event in events.iter() {
            match event.token() {
                LISTENER => self.accept()?,
                Token(key) => {
                    let client = &mut self.clients[key];
                    client.ended |= event.is_read_closed();
                    if event.is_readable() && !client.readable {
                        client.readable = true;
                        self.readable.push(key);
                    }
                    if event.is_writable() && !client.queue.is_empty() {
                        self.flush(key);
                    }
                }
            }
        }
        if self.pause().is_zero() {
            self.relay();
        }
        self.bury();
        Ok(())
    }

    /// How long to read nothing, unless clients catch up before.
    fn pause(&self) -> Duration {
        match self.behind {
            0 => Duration::ZERO,
            behind if behind * 2 > self.clients.len() => MOMENT,
            _ => self.patient_until.saturating_duration_since(Instant::now()),
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            stream.set_nodelay(true)?;
            let entry = self.clients.vacant_entry();
            self.poll.registry().register(
                &mut stream,
                Token(entry.key()),
                Interest::READABLE | Interest::WRITABLE,
            )?;
            // The generator starts when all are welcomed, so that nobody misses the first line. It
            // costs one write, before anything is measured but joins.
            stream.write_all(&[Dialect::WELCOME, b"in\n"].concat())?;
            let queue = VecDeque::new();
            entry.insert(Client {
                stream,
                readable: false,
                ended: false,
                own: 0..0,
                unfinished: Vec::new(),
                queue,
            });
        }
    }

    /// Reads what there is, and sends each client all of it but its own.
    fn relay(&mut self) {
        let mut filled = 0;
        let mut unread = std::mem::take(&mut self.readable);
        unread.retain(|&key| {
            if filled >= ROUND_BYTES {
                return true;
            }
            let start = filled;
            let more = self.receive(key, &mut filled);
            let client = &mut self.clients[key];
            client.own = start..filled;
            client.readable = more;
            more
        });
        self.readable = unread;
        if filled > 0 {
            self.broadcast(filled);
        }
    }

    /// Appends a client's whole lines to the round. Returns whether it may have more.
    fn receive(&mut self, key: usize, filled: &mut usize) -> bool {
        let client = &mut self.clients[key];
        let begun = *filled + client.unfinished.len();
        self.round[*filled..begun].copy_from_slice(&client.unfinished);
        let (end, more) = match client.stream.read(&mut self.round[begun..begun + SHARE_BYTES]) {
            Ok(0) => {
                self.doomed.push(key);
                return false;
            }
            // A short read has drained the socket: epoll(7). Only its end may still wait behind it.
            Ok(count) => (begun + count, count == SHARE_BYTES || client.ended),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(_) => {
                self.doomed.push(key);
                return false;
            }
        };
        let whole =
            self.round[*filled..end].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        client.unfinished.clear();
        client.unfinished.extend_from_slice(&self.round[*filled + whole..end]);
        if client.unfinished.len() > SHARE_BYTES {
            self.doomed.push(key);
        }
        *filled += whole;
        more
    }

    fn broadcast(&mut self, filled: usize) {
        let round = &self.round[..filled];
        for (key, client) in &mut self.clients {
            let own = std::mem::take(&mut client.own);
            let (before, after) = (&round[..own.start], &round[own.end..]);
            let due = before.len() + after.len();
            let written = if due == 0 || !client.queue.is_empty() {
                Ok(0)
            } else if before.is_empty() || after.is_empty() {
                client.stream.write(if before.is_empty() { after } else { before })
            } else {
                client.stream.write_vectored(&[IoSlice::new(before), IoSlice::new(after)])
            };
            let Some(sent) = taken(written) else {
                self.doomed.push(key);
                continue;
            };
            if sent < due {
                let was_behind = client.queue.len() > self.backlog_max / 2;
                client.queue.extend(&before[sent.min(before.len())..]);
                client.queue.extend(&after[sent.saturating_sub(before.len())..]);
                if !was_behind && client.queue.len() > self.backlog_max / 2 {
                    self.behind += 1;
                    self.patient_until = Instant::now() + MOMENT;
                }
                if client.queue.len() > self.backlog_max {
                    self.doomed.push(key);
                }
            }
        }
    }

    fn flush(&mut self, key: usize) {
        let client = &mut self.clients[key];
        let was_behind = client.queue.len() > self.backlog_max / 2;
        let (first, second) = client.queue.as_slices();
        match taken(client.stream.write_vectored(&[IoSlice::new(first), IoSlice::new(second)])) {
            Some(sent) => drop(client.queue.drain(..sent)),
            None => self.doomed.push(key),
        }
        self.behind -= usize::from(was_behind && client.queue.len() <= self.backlog_max / 2);
    }

    fn bury(&mut self) {
        for key in std::mem::take(&mut self.doomed) {
            let Some(client) = self.clients.try_remove(key) else { continue };
            self.behind -= usize::from(client.queue.len() > self.backlog_max / 2);
            self.readable.retain(|&other| other != key);
        }
    }
}

/// How much a write took; `None` when nobody is there to take it.
fn taken(written: io::Result<usize>) -> Option<usize> {
    match written {
        Ok(count) => Some(count),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Some(0),
        Err(_) => None,
    }
}
