//! Many clients in one poll: they join, say lines, and check every line that they get.

use crate::ledger::{Ledger, Wrong};
use crate::message::{Dialect, Message};
use crate::sentences::{CROWD, HOME, you_left, you_talk_in};
use crate::socket::{From, Received, Socket};
use crate::{Result, now};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Registry, Token};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Connections under way at once while a crowd joins: well under any listener's backlog.
const JOINING_MAX: usize = 100;
/// Without a single delivery for so long, what is missing counts as lost.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longer than the second in which chatd gathers the joins of a large room into one line, which
/// would otherwise be sent to everyone while something is measured.
const QUIET: Duration = Duration::from_millis(1100);
/// So often one member reads before the others, and whoever waits for the clock, have their turn.
const READS_PER_TURN: usize = 8;

/// Is told what members hear; what a load must know to go on is its own affair.
pub trait Watch {
    /// A line that the ledger has found in order.
    fn delivered(&mut self, member: usize, message: Message, line: &[u8], now: u64) {
        let _ = (member, message, line, now);
    }

    /// Any other line: one of the server, or, where there are others than the crowd, of anybody.
    fn other(&mut self, member: usize, line: &[u8]) -> Result<(), Wrong> {
        let _ = member;
        if is_of_server(line) { Ok(()) } else { Err(Wrong::Garbled) }
    }
}

impl Watch for () {}

/// Waits until each member has got a certain answer.
struct Answers<F> {
    /// How a member's answer begins.
    begin: F,
    count: usize,
}

impl<F: Fn(usize) -> String> Watch for Answers<F> {
    fn other(&mut self, member: usize, line: &[u8]) -> Result<(), Wrong> {
        self.count += usize::from(line.starts_with((self.begin)(member).as_bytes()));
        ().other(member, line)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Reading,
    /// Does not read, on purpose.
    Stopped,
    /// The server has ended the connection.
    Gone,
}

#[derive(Debug)]
struct Member {
    socket: Socket,
    state: State,
    joined: bool,
    /// It has not read all that there was.
    is_ready: bool,
    /// Behind what there is to read may be the end.
    is_ended: bool,
}

/// See the module's documentation.
#[derive(Debug)]
pub struct Crowd {
    /// What was said, and what everybody is still to hear.
    pub ledger: Ledger,
    /// Tokens from the number of members on that had an event: sockets which belong to the load at
    /// hand.
    pub visitors: Vec<usize>,
    server: SocketAddr,
    dialects: Vec<Dialect>,
    poll: Poll,
    events: Events,
    members: Vec<Member>,
    /// Those with `is_ready` set.
    ready: Vec<usize>,
    joined: usize,
    gone: usize,
    reads: u64,
    /// What the server last said for itself.
    notice: Vec<u8>,
    scratch: Box<[u8]>,
    started: Instant,
}

impl Crowd {
    /// For so many members of one room, and those of them, or of their visitors, who speak: the first
    /// ones. They use these dialects in turn.
    pub fn new(
        server: SocketAddr,
        dialects: &[Dialect],
        members: usize,
        speakers: usize,
    ) -> io::Result<Self> {
        let crowd = Self {
            ledger: Ledger::new(members, speakers),
            visitors: Vec::new(),
            server,
            dialects: dialects.to_vec(),
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            members: Vec::with_capacity(members),
            ready: Vec::new(),
            joined: 0,
            gone: 0,
            reads: 0,
            notice: Vec::new(),
            scratch: vec![0; 64 * 1024].into(),
            started: now(),
        };
        Ok(crowd.in_rooms(members, 1))
    }

    /// They are to be in so many rooms, each in its own only ([`Ledger::in_rooms`]). Before anybody
    /// says anything all must have gone there.
    pub fn in_rooms(mut self, members: usize, rooms: usize) -> Self {
        self.ledger = Ledger::in_rooms(members, self.ledger.speakers(), rooms);
        for member in 0..members {
            if self.dialect(member).echoes() {
                self.ledger.echo(member);
            }
        }
        self
    }

    /// Nanoseconds since the crowd was made.
    pub fn now(&self) -> u64 {
        nanos(self.started.elapsed())
    }

    /// How `id` speaks to the server.
    pub fn dialect(&self, id: usize) -> Dialect {
        self.dialects[id % self.dialects.len()]
    }

    /// How many members there are, whatever became of them.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether nobody was let in.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Members whose connection the server has ended.
    pub fn gone(&self) -> usize {
        self.gone
    }

    /// Reads that brought something to a member.
    pub fn reads(&self) -> u64 {
        self.reads
    }

    /// Where sockets are registered that belong to the load at hand.
    pub fn registry(&self) -> &Registry {
        self.poll.registry()
    }

    /// Connects to the server and introduces `id`, which is the token as well.
    pub fn connect(&self, id: usize) -> io::Result<Socket> {
        let mut socket = Socket::new(From::default().connect(self.server)?)?;
        self.register(&mut socket.stream, id)?;
        socket.send(&self.dialect(id).introduction(id, &self.room(id)));
        Ok(socket)
    }

    /// Lets the crowd poll a connection.
    pub fn register(&self, stream: &mut TcpStream, id: usize) -> io::Result<()> {
        self.registry().register(stream, Token(id), Interest::READABLE | Interest::WRITABLE)
    }

    /// Lets members join until `count` are in the room.
    pub fn join(&mut self, count: usize, watch: &mut impl Watch) -> Result<()> {
        let mut progress = (self.joined, self.now());
        while self.joined < count {
            while self.members.len() < count && self.members.len() - self.joined < JOINING_MAX {
                let socket = self.connect(self.members.len())?;
                self.members.push(Member {
                    socket,
                    state: State::Reading,
                    joined: false,
                    is_ready: false,
                    is_ended: false,
                });
            }
            self.pump(watch, Duration::from_millis(100))?;
            if self.impatient(&mut progress, self.joined) {
                let (left, notice) = (count - self.joined, String::from_utf8_lossy(&self.notice));
                return Err(format!("{left} of {count} clients could not join: {notice}").into());
            }
        }
        Ok(())
    }

    /// The room of somebody who goes there at once.
    fn room(&self, id: usize) -> String {
        if self.ledger.is_one_room() { HOME.to_owned() } else { room(self.ledger.room(id)) }
    }

    /// All go to their rooms, and stay where they were as well. A yardstick has put them there
    /// already.
    pub fn go_to_rooms(&mut self) -> Result<()> {
        let rooms: Vec<_> = (0..self.len()).map(|member| self.ledger.room(member)).collect();
        let room = |member: usize| room(rooms[member]);
        self.ask_all(|member| format!("/join {}\n", room(member)), |it| you_talk_in(&room(it)))
    }

    /// All leave the room where they began, in which they do not talk any more.
    pub fn leave_home(&mut self) -> Result<()> {
        let ask = |_| format!("/part {HOME}\n");
        self.ask_all(ask, |member| you_left(HOME, &Dialect::nick(member)))
    }

    /// All ask for something, and wait until the server has answered so.
    fn ask_all(
        &mut self,
        ask: impl Fn(usize) -> String,
        begin: impl Fn(usize) -> String,
    ) -> Result<()> {
        if self.dialects == [Dialect::PLAIN] {
            return Ok(());
        }
        // Room by room: those who come in together are told of each other together, which saves
        // hundreds of thousands of writes.
        let mut order: Vec<_> = (0..self.len()).collect();
        order.sort_by_key(|&member| self.ledger.room(member));
        let (count, mut answers) = (self.len(), Answers { begin, count: 0 });
        let (mut asked, mut progress) = (0, (0, self.now()));
        while answers.count < count {
            while asked < count && asked - answers.count < JOINING_MAX {
                let member = order[asked];
                self.members[member].socket.send(ask(member).as_bytes());
                asked += 1;
            }
            self.pump(&mut answers, Duration::from_millis(100))?;
            if self.impatient(&mut progress, answers.count) {
                let (left, notice) = (count - answers.count, String::from_utf8_lossy(&self.notice));
                return Err(format!("{left} of {count} got no answer: {notice}").into());
            }
        }
        Ok(())
    }

    /// All close their connections at once.
    pub fn leave(&mut self) {
        (0..self.members.len()).for_each(|member| self.ledger.dismiss(member));
        self.members.clear();
        self.ready.clear();
    }

    /// Waits until the server has nothing more to say about who joined.
    pub fn calm(&mut self) -> Result<()> {
        let announced = self.members.len() <= CROWD;
        self.idle(if announced { Duration::from_millis(50) } else { QUIET })
    }

    /// Does nothing but read for a time.
    pub fn idle(&mut self, time: Duration) -> Result<()> {
        let end = self.now() + nanos(time);
        while self.now() < end {
            self.pump(&mut (), Duration::from_nanos(end.saturating_sub(self.now())))?;
        }
        Ok(())
    }

    /// Reads until every delivery that is due has come.
    pub fn settle(&mut self, watch: &mut impl Watch) -> Result<()> {
        let due = |crowd: &Self| usize::try_from(crowd.ledger.due()).unwrap_or(usize::MAX);
        let mut progress = (due(self), self.now());
        while self.ledger.due() > 0 {
            self.pump(watch, Duration::from_millis(100))?;
            if self.impatient(&mut progress, due(self)) {
                let (due, missing) = (self.ledger.due(), self.ledger.first_missing());
                return Err(format!("{due} deliveries did not come: {missing}").into());
            }
        }
        Ok(())
    }

    /// `speaker` says `count` lines at once.
    pub fn say(&mut self, speaker: usize, count: usize, stamp: u64) {
        let dialect = self.dialect(speaker);
        let socket = &mut self.members[speaker].socket;
        for _ in 0..count {
            let sequence = self.ledger.say(speaker);
            dialect.say(Message { sender: speaker, sequence }, stamp, &mut socket.unsent);
        }
        socket.flush();
    }

    /// Whether the socket of `speaker` has taken all that it said.
    pub fn has_said_all(&self, speaker: usize) -> bool {
        self.members[speaker].socket.unsent.is_empty()
    }

    /// The last `count` members read no more.
    pub fn stop(&mut self, count: usize) {
        for index in self.members.len() - count..self.members.len() {
            if self.members[index].state == State::Reading {
                self.members[index].state = State::Stopped;
                self.ledger.dismiss(index);
            }
        }
    }

    /// The stopped read again, all that they missed or up to the end of their connection.
    pub fn resume(&mut self) -> Result<()> {
        for index in 0..self.members.len() {
            if self.members[index].state == State::Stopped {
                self.members[index].state = State::Reading;
                self.members[index].is_ended = true;
                self.ledger.readmit(index);
                self.note(index);
            }
        }
        self.pump(&mut (), Duration::ZERO)?;
        self.settle(&mut ())
    }

    /// Waits for events up to `timeout` and gives each member that has something to read a turn.
    pub fn pump(&mut self, watch: &mut impl Watch, timeout: Duration) -> Result<()> {
        let timeout = if self.ready.is_empty() { timeout } else { Duration::ZERO };
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        for event in &events {
            let Token(index) = event.token();
            let Some(member) = self.members.get_mut(index) else {
                self.visitors.push(index);
                continue;
            };
            if event.is_writable() {
                member.socket.flush();
            }
            member.is_ended |= event.is_read_closed();
            if event.is_readable() {
                self.note(index);
            }
        }
        self.events = events;
        for index in std::mem::take(&mut self.ready) {
            self.members[index].is_ready = false;
            if self.receive(index, watch)? {
                self.note(index);
            }
        }
        Ok(())
    }

    fn note(&mut self, index: usize) {
        if !std::mem::replace(&mut self.members[index].is_ready, true) {
            self.ready.push(index);
        }
    }

    /// Reads for one turn. Returns whether there may be more.
    fn receive(&mut self, index: usize, watch: &mut impl Watch) -> Result<bool> {
        for _ in 0..READS_PER_TURN {
            if self.members[index].state != State::Reading {
                return Ok(false);
            }
            match self.members[index].socket.read(&mut self.scratch) {
                Received::Bytes(count) => {
                    self.reads += 1;
                    let used = self.take_lines(index, count, watch).map_err(|wrong| {
                        let line = String::from_utf8_lossy(&self.notice);
                        format!("client {index} {wrong}: {line:?}")
                    })?;
                    let member = &mut self.members[index];
                    member.socket.keep(&self.scratch[used..count]);
                    // A short read has drained the socket: epoll(7).
                    if count < self.scratch.len() && !member.is_ended {
                        return Ok(false);
                    }
                }
                Received::Nothing => return Ok(false),
                Received::End(_) => self.lose(index),
            }
        }
        Ok(true)
    }

    /// Checks the whole lines in the scratch buffer. Returns how many bytes they are. A line that is
    /// wrong is left as the notice.
    fn take_lines(
        &mut self,
        index: usize,
        filled: usize,
        watch: &mut impl Watch,
    ) -> Result<usize, Wrong> {
        let now = self.now();
        let dialect = self.dialect(index);
        let (stride, last) = (dialect.stride(), dialect.last_byte());
        let mut used = 0;
        loop {
            let rest = &self.scratch[used..filled];
            // Before the end is looked for: nearly all lines are of this kind.
            let relayed = rest.get(..stride).filter(|line| line.last() == Some(&last));
            if let Some((line, message)) =
                relayed.and_then(|line| Some((line, dialect.parse(line)?)))
            {
                if let Err(wrong) = self.ledger.receive(index, message) {
                    self.notice = line.to_vec();
                    return Err(wrong);
                }
                watch.delivered(index, message, line, now);
                used += stride;
                continue;
            }
            let Some((line, length)) = dialect.first(rest) else { return Ok(used) };
            used += length;
            if line.is_empty() {
                continue;
            }
            let verdict = watch.other(index, line);
            if verdict.is_err() || is_of_server(line) {
                self.notice.clear();
                self.notice.extend_from_slice(line);
            }
            verdict?;
            if !self.members[index].joined && dialect.is_welcome(line) {
                self.members[index].joined = true;
                self.joined += 1;
            }
        }
    }

    fn lose(&mut self, index: usize) {
        self.members[index].state = State::Gone;
        self.gone += 1;
        self.ledger.dismiss(index);
        if index < self.ledger.speakers() {
            self.ledger.forget(index);
        }
    }

    /// Whether `measure` has not changed for too long.
    fn impatient(&self, progress: &mut (usize, u64), measure: usize) -> bool {
        if measure != progress.0 {
            *progress = (measure, self.now());
        }
        Duration::from_nanos(self.now() - progress.1) > PATIENCE
    }
}

/// The name of a room that is not the one where everybody begins.
fn room(number: usize) -> String {
    format!("#r{number:04}")
}

/// Whether a line tells what happened, and is nothing that somebody said.
fn is_of_server(line: &[u8]) -> bool {
    match line.first() {
        Some(b'*') => true,
        Some(b':' | b'@') => !line.windows(b" PRIVMSG ".len()).any(|it| it == b" PRIVMSG "),
        Some(_) | None => false,
    }
}

/// As figures are counted: in nanoseconds, of which there are 584 years.
pub fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
