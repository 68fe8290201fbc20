//! Everybody, and what happens to them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use chatd::chat::ChatConfig;
use chatd::chat::name::RoomName;
use chatd::clock::Now;
use chatd::limits::Limits;
use chatd::pace::Rate;
use chatd::server::{Readiness, Server};
use chatd_support::random::Random;
use chatd_support::websocket::{self, REQUEST};

use super::deed::ROOMS;
use super::socket::Socket;
use super::view::View;
use crate::sim::stream::{SimStream, Wire};

const CAPS: [&str; 15] = [
    "message-tags",
    "server-time",
    "batch",
    "labeled-response",
    "echo-message",
    "multi-prefix",
    "userhost-in-names",
    "extended-join",
    "away-notify",
    "setname",
    "no-implicit-names",
    "standard-replies",
    "draft/chathistory",
    "extended-monitor",
    "account-tag",
];

/// More rounds than any work can need: the server spins.
const ROUNDS_MAX: usize = 20_000;

/// Longer than anything waits but for somebody who has nothing to say.
const SOON: Duration = Duration::from_secs(7);

#[derive(Debug)]
pub(super) struct Member {
    pub(super) id: usize,
    pub(super) key: usize,
    pub(super) wire: Rc<RefCell<Wire>>,
    /// It is a client of IRC, if there are such in this world.
    pub(super) is_client: bool,
    /// What it agreed on and knows, if so.
    pub(super) irc: Option<(Vec<&'static str>, View)>,
    /// It speaks in messages of a WebSocket, as browsers do.
    pub(super) socket: Option<Socket>,
    pub(super) outgoing: VecDeque<u8>,
    /// How many deeds it did.
    pub(super) count: usize,
    pub(super) labels: usize,
    /// It leaves, or has left.
    pub(super) is_going: bool,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(super) now: Now,
    server: Server<SimStream>,
    /// The first one types, is in all rooms, and reads all the time.
    pub(super) members: Vec<Member>,
    pub(super) events: Vec<(usize, Readiness)>,
    pub(super) random: Random,
    /// Which protocol each speaks.
    kinds: Random,
    /// Which lines of clients have a label.
    pub(super) labelled: Random,
    has_irc: bool,
    pub(super) is_rush: bool,
    /// Tells on stderr what clients read.
    is_loud: bool,
}

impl World {
    pub(super) fn new(setup: u32, has_irc: bool, is_rush: bool, is_loud: bool) -> Self {
        let seed = u64::from(setup);
        let mut random = Random::new(seed);
        let mut pick = |numbers: &[usize]| numbers[random.below(numbers.len())];
        let backlog_bytes_max = pick(&[256 * 1024, 1024 * 1024]);
        let receive_bytes_per_turn = pick(&[16, 300, 16 * 1024]);
        let rate = [None, Rate::new(10, 100), Rate::new(50, 3)][pick(&[0, 0, 1, 2])];
        let home_after = [None, Some(Duration::from_secs(6))][pick(&[0, 1])];
        let limits = Limits {
            backlog_bytes_max,
            receive_bytes_per_turn,
            rate: rate.filter(|_| is_rush),
            home_after,
            ..Limits::default()
        };
        let messages_shown = if is_rush { pick(&[0, 3, 20]) } else { 0 };
        let chat = ChatConfig {
            name: "simulation".into(),
            motd: String::new(),
            home: RoomName::parse(ROOMS[0]).expect("a name"),
            rooms_max: 8,
            messages_shown,
            messages_kept: messages_shown,
            history_bytes_max: limits.answer_bytes_max(),
            names_bytes_max: limits.own_bytes_max(),
            exact_names_bytes_max: limits.answer_bytes_max(),
            nicknames_refused_max: 20,
            history_bytes_at_once: limits.history_bytes_at_once(),
        };
        let mut world = Self {
            now: Now::read(),
            server: Server::new(chat, limits),
            members: Vec::new(),
            events: Vec::new(),
            kinds: Random::new(!seed),
            labelled: Random::new(seed),
            random,
            has_irc,
            is_rush,
            is_loud,
        };
        world.connect();
        for line in ["/join #dev", "/join #ops", "/join #lobby"] {
            world.put(0, line);
        }
        world.settle();
        for _ in 0..3 + world.random.below(6) {
            world.connect();
        }
        world
    }

    pub(super) fn connect(&mut self) {
        let id = self.members.len();
        let random = self.is_rush.then(|| Random::new(self.random.next()));
        let wire = Rc::new(RefCell::new(Wire::new(random)));
        let peer = SocketAddr::from(([192, 0, 2, 1], 1024 + u16::try_from(id).expect("a port")));
        let key = self.server.accept(SimStream(Rc::clone(&wire)), peer, self.now);
        let mut caps = CAPS.into_iter().filter(|_| self.kinds.one_in(2)).collect::<Vec<_>>();
        // Whoever is to tell answers and the past from the rest has to know batches.
        let has_batch = caps.contains(&"batch");
        caps.retain(|cap| has_batch || !["labeled-response", "draft/chathistory"].contains(cap));
        let is_client = !self.kinds.one_in(3) && id > 0;
        let irc = (is_client && self.has_irc).then(|| {
            let view = View::new(id, &caps, self.is_loud);
            (caps.clone(), view)
        });
        let is_socket = self.kinds.one_in(3);
        let socket = (irc.is_some() && is_socket).then(Socket::default);
        let outgoing = if socket.is_some() { REQUEST.bytes().collect() } else { VecDeque::new() };
        let member = Member {
            id,
            key,
            wire,
            is_client,
            irc,
            socket,
            outgoing,
            count: 0,
            labels: 0,
            is_going: false,
        };
        self.members.push(member);
        let nick = format!("n{id}");
        if self.members[id].irc.is_none() {
            return self.put(id, &nick);
        }
        if !caps.is_empty() {
            self.put(id, &format!("CAP REQ :{}", caps.join(" ")));
        }
        self.put(id, &format!("NICK {nick}"));
        self.put(id, &format!("USER u{id} 0 * :{nick} of #lobby"));
        if !caps.is_empty() {
            self.put(id, "CAP END");
        }
        // Whoever types is there at once.
        if !self.is_rush || self.random.one_in(2) {
            self.put(id, "JOIN #lobby");
        }
    }

    /// Somebody has a line to send.
    pub(super) fn put(&mut self, index: usize, line: &str) {
        let Member { irc, socket, outgoing, .. } = &mut self.members[index];
        let end: &[u8] = if irc.is_some() { b"\r\n" } else { b"\n" };
        match socket {
            Some(_) => websocket::say(line.as_bytes(), outgoing),
            None => outgoing.extend(line.as_bytes().iter().chain(end)),
        }
    }

    /// At most so many bytes go on their way.
    pub(super) fn send(&mut self, index: usize, count: usize) {
        let Member { wire, outgoing, key, .. } = &mut self.members[index];
        let mut wire = wire.borrow_mut();
        if wire.is_ended || wire.broken.is_some() || wire.is_dropped || outgoing.is_empty() {
            return;
        }
        let count = count.min(outgoing.len());
        wire.to_server.extend(outgoing.drain(..count));
        self.events.push((*key, Readiness { readable: true, ..Readiness::default() }));
    }

    pub(super) fn open(&mut self, index: usize) {
        let Member { wire, key, .. } = &self.members[index];
        let mut wire = wire.borrow_mut();
        wire.window = usize::MAX;
        if std::mem::take(&mut wire.is_room_awaited) && !wire.is_dropped {
            self.events.push((*key, Readiness { writable: true, ..Readiness::default() }));
        }
    }

    /// Lets the server work until there is nothing to do at this time.
    pub(super) fn work(&mut self) {
        for _ in 0..ROUNDS_MAX {
            for (key, readiness) in std::mem::take(&mut self.events) {
                self.server.ready(key, readiness);
            }
            self.server.tick(self.now);
            for Member { wire, key, .. } in &self.members {
                let mut wire = wire.borrow_mut();
                if std::mem::take(&mut wire.is_more_coming) && !wire.is_dropped {
                    let (ended, broken) = (wire.is_ended, wire.broken.is_some());
                    let readiness = Readiness { readable: true, ended, writable: false, broken };
                    self.events.push((*key, readiness));
                }
            }
            if self.events.is_empty() && self.server.timeout(self.now) != Some(Duration::ZERO) {
                return;
            }
        }
        panic!("the server spins");
    }

    /// Lets everybody send and read all there is, and time pass until nothing is due soon.
    pub(super) fn settle(&mut self) {
        for _ in 0..ROUNDS_MAX {
            for index in 0..self.members.len() {
                self.send(index, usize::MAX);
                self.open(index);
            }
            self.work();
            for index in 0..self.members.len() {
                self.read(index);
            }
            match self.server.timeout(self.now) {
                _ if !self.events.is_empty() => {}
                Some(timeout) if timeout <= SOON => self.now += timeout,
                _ if self.members.iter().all(|member| !member.has_more_to_send()) => return,
                _ => {}
            }
        }
        panic!("there is always something due");
    }

    fn read(&mut self, index: usize) {
        let Member { wire, irc: Some((_, view)), socket, .. } = &mut self.members[index] else {
            return;
        };
        match socket {
            Some(socket) => view.read(socket.lines(&wire.borrow().to_client)),
            None => view.read(&wire.borrow().to_client),
        }
        for reply in std::mem::take(&mut view.replies) {
            self.put(index, &reply);
        }
    }
}

impl Member {
    fn has_more_to_send(&self) -> bool {
        let wire = self.wire.borrow();
        !(self.outgoing.is_empty() || wire.is_ended || wire.broken.is_some() || wire.is_dropped)
    }

    /// Whether the server has sent all that it ever will.
    pub(super) fn is_gone(&self) -> bool {
        let wire = self.wire.borrow();
        wire.is_dropped || wire.is_shut || wire.is_ended || wire.broken.is_some()
    }
}
