//! Yardstick: the least that a single-threaded epoll server can do to broadcast.
//!
//! No protocol, no names: all bytes read in one poll round go to each other client of a room in one
//! write. What a client cannot take stays queued for it. Besides that it does only what no server may
//! leave out: it keeps lines whole, bounds what it queues, and reads nothing while most clients are
//! behind, or for a moment anybody.
//!
//! Where what chatd relays is longer than what was said, and not alike for all, so many bytes of
//! filling stand before each line here: it is copied once for each kind of client, which are taken
//! to come in turn, too. That the lines are all of one length saves looking for their ends.
//!
//! Where there are several rooms, each client is in one of them from the moment it connects: they
//! come in turn, which costs nothing and asks for no protocol. The ledger would find whoever is in
//! another room than the generator thinks.

use chatd_support::message::{Dialect, FILLING, LINE_BYTES};
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
    /// Which [`Filled`] of what is said it gets.
    copy: usize,
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

/// The room of a client, and its key there.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    room: usize,
    key: usize,
}

/// What is said in one room in one round, with filling before each line.
#[derive(Default)]
struct Filled {
    filling: Vec<u8>,
    bytes: Vec<u8>,
}

struct Floor {
    poll: Poll,
    listener: TcpListener,
    rooms: Vec<Slab<Client>>,
    /// Clients that ever came.
    accepted: usize,
    /// Clients that are here.
    present: usize,
    /// Clients with `readable` set.
    readable: Vec<Place>,
    doomed: Vec<Place>,
    round: Box<[u8]>,
    /// One for each kind of client.
    copies: Vec<Filled>,
    backlog_max: usize,
    /// Clients with more than half of the backlog queued.
    behind: usize,
    /// Until when they hold up the others.
    patient_until: Instant,
}

/// `fillings` are how many bytes stand before a line, for each kind of client.
pub(crate) fn run(backlog_max: usize, rooms: usize, fillings: Vec<usize>) -> io::Result<()> {
    let mut listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
    println!("listening on {}", listener.local_addr()?);
    let poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut floor = Floor {
        poll,
        listener,
        rooms: (0..rooms).map(|_| Slab::new()).collect(),
        accepted: 0,
        present: 0,
        readable: Vec::new(),
        doomed: Vec::new(),
        round: vec![0; ROUND_BYTES + 2 * SHARE_BYTES].into(),
        copies: fillings.into_iter().map(Filled::new).collect(),
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
                token => {
                    let place = self.place(token);
                    let client = self.client(place);
                    client.ended |= event.is_read_closed();
                    let has_more = event.is_readable() && !client.readable;
                    client.readable |= has_more;
                    let takes_more = event.is_writable() && !client.queue.is_empty();
                    if has_more {
                        self.readable.push(place);
                    }
                    if takes_more {
                        self.flush(place);
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

    fn place(&self, Token(number): Token) -> Place {
        Place { room: number % self.rooms.len(), key: number / self.rooms.len() }
    }

    fn client(&mut self, Place { room, key }: Place) -> &mut Client {
        &mut self.rooms[room][key]
    }

    /// How long to read nothing, unless clients catch up before.
    fn pause(&self) -> Duration {
        match self.behind {
            0 => Duration::ZERO,
            behind if behind * 2 > self.present => MOMENT,
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
            let (room, rooms) = (self.accepted % self.rooms.len(), self.rooms.len());
            let copy = self.accepted % self.copies.len();
            self.accepted += 1;
            self.present += 1;
            let entry = self.rooms[room].vacant_entry();
            self.poll.registry().register(
                &mut stream,
                Token(entry.key() * rooms + room),
                Interest::READABLE | Interest::WRITABLE,
            )?;
            // The generator starts when all are welcomed, so that nobody misses the first line. It
            // costs one write, before anything is measured but joins.
            stream.write_all(&[Dialect::WELCOME, b"in\n"].concat())?;
            let queue = VecDeque::new();
            entry.insert(Client {
                stream,
                copy,
                readable: false,
                ended: false,
                own: 0..0,
                unfinished: Vec::new(),
                queue,
            });
        }
    }

    /// Reads what there is, and sends each client all of its room but its own.
    fn relay(&mut self) {
        let mut filled = 0;
        let mut unread = std::mem::take(&mut self.readable);
        // What is said in one room lies together, for one write.
        unread.sort_by_key(|place| place.room);
        let mut said: Vec<(usize, Range<usize>)> = Vec::new();
        unread.retain(|&place| {
            if filled >= ROUND_BYTES {
                return true;
            }
            let start = filled;
            let more = self.receive(place, &mut filled);
            let client = self.client(place);
            client.own = start..filled;
            client.readable = more;
            match said.last_mut() {
                Some((room, said)) if *room == place.room => said.end = filled,
                _ => said.push((place.room, start..filled)),
            }
            more
        });
        self.readable = unread;
        for (room, said) in said.into_iter().filter(|(_, said)| !said.is_empty()) {
            self.broadcast(room, said);
        }
    }

    /// Appends a client's whole lines to the round. Returns whether it may have more.
    fn receive(&mut self, place: Place, filled: &mut usize) -> bool {
        let client = &mut self.rooms[place.room][place.key];
        let begun = *filled + client.unfinished.len();
        self.round[*filled..begun].copy_from_slice(&client.unfinished);
        let (end, more) = match client.stream.read(&mut self.round[begun..begun + SHARE_BYTES]) {
            Ok(0) => {
                self.doomed.push(place);
                return false;
            }
            // A short read has drained the socket: epoll(7). Only its end may still wait behind it.
            Ok(count) => (begun + count, count == SHARE_BYTES || client.ended),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(_) => {
                self.doomed.push(place);
                return false;
            }
        };
        let whole =
            self.round[*filled..end].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        client.unfinished.clear();
        client.unfinished.extend_from_slice(&self.round[*filled + whole..end]);
        if client.unfinished.len() > SHARE_BYTES {
            self.doomed.push(place);
        }
        *filled += whole;
        more
    }

    fn broadcast(&mut self, room: usize, said: Range<usize>) {
        let round = &self.round[said.clone()];
        self.copies.iter_mut().for_each(|copy| copy.fill(round));
        for (key, client) in &mut self.rooms[room] {
            let own = match std::mem::take(&mut client.own) {
                own if own.is_empty() => said.end..said.end,
                own => own,
            };
            let (before, after) = (own.start - said.start, own.end - said.start);
            let (before, after) = self.copies[client.copy].around(round, before..after);
            let due = before.len() + after.len();
            let written = if due == 0 || !client.queue.is_empty() {
                Ok(0)
            } else if before.is_empty() || after.is_empty() {
                client.stream.write(if before.is_empty() { after } else { before })
            } else {
                client.stream.write_vectored(&[IoSlice::new(before), IoSlice::new(after)])
            };
            let Some(sent) = taken(written) else {
                self.doomed.push(Place { room, key });
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
                    self.doomed.push(Place { room, key });
                }
            }
        }
    }

    fn flush(&mut self, place: Place) {
        let client = &mut self.rooms[place.room][place.key];
        let was_behind = client.queue.len() > self.backlog_max / 2;
        let (first, second) = client.queue.as_slices();
        match taken(client.stream.write_vectored(&[IoSlice::new(first), IoSlice::new(second)])) {
            Some(sent) => drop(client.queue.drain(..sent)),
            None => self.doomed.push(place),
        }
        self.behind -= usize::from(was_behind && client.queue.len() <= self.backlog_max / 2);
    }

    fn bury(&mut self) {
        for place in std::mem::take(&mut self.doomed) {
            let Some(client) = self.rooms[place.room].try_remove(place.key) else { continue };
            self.present -= 1;
            self.behind -= usize::from(client.queue.len() > self.backlog_max / 2);
            self.readable.retain(|&other| other != place);
        }
    }
}

impl Filled {
    fn new(filling: usize) -> Self {
        Self { filling: vec![FILLING; filling], bytes: Vec::new() }
    }

    /// Copies what is said, unless it is sent as it is.
    fn fill(&mut self, said: &[u8]) {
        self.bytes.clear();
        if !self.filling.is_empty() {
            for line in said.chunks(LINE_BYTES) {
                self.bytes.extend_from_slice(&self.filling);
                self.bytes.extend_from_slice(line);
            }
        }
    }

    /// What there is before and behind a part of what is said.
    fn around<'a>(&'a self, said: &'a [u8], part: Range<usize>) -> (&'a [u8], &'a [u8]) {
        if self.filling.is_empty() {
            return (&said[..part.start], &said[part.end..]);
        }
        let at = |place: usize| place / LINE_BYTES * (LINE_BYTES + self.filling.len());
        (&self.bytes[..at(part.start)], &self.bytes[at(part.end)..])
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
