//! Everybody, and what happens to them.

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use chatd::chat::ChatConfig;
use chatd::chat::name::RoomName;
use chatd::clock::Now;
use chatd::limits::Limits;
use chatd::pace::Rate;
use chatd::server::{Readiness, Server};
use chatd::wire::Protocols;
use chatd_support::random::Random;

use super::choices::Choices;
use super::client::{CONTESTED, Client, LINE_BYTES_MAX, Line};
use super::journal::{self, Entry};
use super::stream::{SimStream, Wire};

pub(super) const READABLE: Readiness =
    Readiness { readable: true, ended: false, writable: false, broken: false };
pub(super) const ENDED: Readiness = Readiness { ended: true, ..READABLE };
pub(super) const WRITABLE: Readiness =
    Readiness { readable: false, ended: false, writable: true, broken: false };
pub(super) const BROKEN: Readiness =
    Readiness { readable: true, ended: true, writable: true, broken: true };

/// More ticks in a row than any work can need: the loop spins.
const TICKS_MAX: usize = 20_000;

/// The client with this number has this port and more.
const PORT_FIRST: u16 = 1024;

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each may be true by itself")]
pub(crate) struct World {
    pub(crate) now: Now,
    pub(crate) limits: Limits,
    pub(crate) history_max: usize,
    pub(crate) history_at_once: usize,
    pub(crate) server: Server<SimStream>,
    /// The first one only listens: what it hears is the order that must hold for all.
    pub(crate) clients: Vec<Client>,
    /// Told to the server once, as an edge-triggered poll does.
    pub(super) events: Vec<(usize, Readiness)>,
    /// What the log said, of whom, and in which tick.
    pub(crate) journal: Vec<(usize, Entry, usize)>,
    /// After each tick, how much the first client had got, and when that was.
    pub(crate) ticks: Vec<(usize, Now)>,
    /// There are other rooms than the home room.
    pub(super) has_rooms: bool,
    pub(crate) stopped_at: Option<Now>,
    /// Sometimes the server is stopped in the middle of everything.
    pub(super) may_stop: bool,
    /// Some send what makes no sense.
    pub(super) has_garbage: bool,
    /// Tells on stderr what happens.
    is_loud: bool,
}

impl World {
    pub(crate) fn new(setup: u32, is_loud: bool) -> Self {
        let mut choices = Choices::new(setup);
        let is_crowd = choices.one_in(32);
        let limits = Limits {
            clients_max: if is_crowd { 130 } else { 40 },
            per_address_max: choices.pick(&[None, Some(70), Some(5)]),
            line_bytes_max: LINE_BYTES_MAX,
            backlog_bytes_max: choices.pick(&[2 * 1024, 8 * 1024, 64 * 1024, 1024 * 1024]),
            rate: choices.pick(&[None, Rate::new(10, 100), Rate::new(50, 3)]),
            receive_bytes_per_turn: choices.pick(&[16, 1024, 16 * 1024]),
            // The journal is to know everybody.
            logged_per_address: None,
            logged_together: None,
            // What browsers do is played among the clients of IRC, which is what they speak.
            spoken: Protocols { web: None, ..Protocols::default() },
            ..Limits::default()
        };
        let history_max = usize::from(is_crowd) + choices.below(10);
        let (may_stop, has_garbage) = (choices.one_in(3), choices.one_in(3));
        let history_max = history_max * choices.pick(&[1, 1, 1, 10]);
        let has_rooms = !is_crowd && choices.below(4) > 0;
        let chat = ChatConfig {
            name: "simulation".into(),
            motd: String::new(),
            home: RoomName::parse("lobby").expect("a name"),
            rooms_max: 8,
            messages_shown: history_max,
            messages_kept: history_max,
            // Sometimes that is less than so many messages take.
            history_bytes_max: limits.answer_bytes_max(),
            names_bytes_max: limits.own_bytes_max(),
            exact_names_bytes_max: limits.answer_bytes_max(),
            nicknames_refused_max: 20,
            // In a crowd, only the number of messages that a newcomer is shown tells when it came. And
            // what somebody is still to be shown of several rooms the model does not know.
            history_bytes_at_once: if is_crowd || has_rooms {
                limits.answer_bytes_max()
            } else {
                limits.history_bytes_at_once()
            },
        };
        journal::open();
        let mut world = Self {
            now: Now::read(),
            history_max,
            history_at_once: chat.history_bytes_at_once,
            server: Server::new(chat, limits.clone()),
            limits,
            clients: Vec::new(),
            events: Vec::new(),
            journal: Vec::new(),
            ticks: Vec::new(),
            has_rooms,
            stopped_at: None,
            may_stop,
            has_garbage,
            is_loud,
        };
        world.tell(|| format!("the limits: {:?}", world.limits));
        world.connect(&mut choices);
        world.say(0, &["c0", "/help"]);
        if has_rooms {
            let focus = choices.pick(&["/join #lobby", "/join #dev", "/join #ops"]);
            world.say(0, &["/join #dev", "/join #ops", focus]);
        }
        world.settle_down();
        if is_crowd {
            (0..choices.below(64) + 64).for_each(|_| world.connect(&mut choices));
            for index in 1..world.clients.len() {
                world.clients[index].put(&format!("c{index}"));
                world.send(index, usize::MAX);
            }
        }
        world
    }

    pub(crate) fn say(&mut self, index: usize, lines: &[&str]) {
        for line in lines {
            self.clients[index].put(line);
        }
        self.send(index, usize::MAX);
    }

    pub(super) fn tell(&self, what: impl FnOnce() -> String) {
        if self.is_loud {
            eprintln!("{}", what());
        }
    }

    pub(crate) fn connect(&mut self, choices: &mut Choices) {
        let id = self.clients.len();
        let address = IpAddr::from([192, 0, 2, u8::try_from(id % 2).expect("a byte")]);
        let peer = SocketAddr::new(address, PORT_FIRST + u16::try_from(id).expect("a port"));
        if self.stopped_at.is_some() {
            return;
        }
        let there = || self.clients.iter().filter(|client| client.is_there());
        let from_there = there().filter(|client| client.id % 2 == id % 2).count();
        let is_room = there().count() < self.limits.clients_max
            && self.limits.per_address_max.is_none_or(|max| from_there < max);
        assert_eq!(self.server.admits(peer, self.now).is_ok(), is_room, "room for {peer}");
        if !is_room {
            return;
        }
        let wire =
            Rc::new(RefCell::new(Wire::new(Some(Random::new(choices.below(1 << 16) as u64)))));
        if id > 0 && id.is_multiple_of(4) {
            wire.borrow_mut().hold_back();
        }
        let key = self.server.next_key();
        assert_eq!(self.server.accept(SimStream(Rc::clone(&wire)), peer, self.now), key);
        let mut client = Client::new((id, key), wire, self.now, choices);
        client.has_rooms = self.has_rooms;
        if id > 0 && !self.is_crowd() {
            match choices.below(8) {
                0 if choices.one_in(2) => client.put_foreign(choices),
                0 => {}
                1 | 2 => {
                    client.put(choices.pick(&CONTESTED));
                    client.put(&format!("/nick c{id}"));
                }
                // It may be somebody who dropped out, and is back from the same address.
                6 | 7 if self.has_rooms => self.come_back(&mut client),
                _ => client.put(&format!("c{id}")),
            }
        }
        self.tell(|| format!("client {id} connects as {key} and types {:?}", texts(&client.lines)));
        self.clients.push(client);
    }

    fn is_crowd(&self) -> bool {
        self.limits.clients_max > 100
    }

    /// A client puts some of its bytes on the wire.
    pub(crate) fn send(&mut self, index: usize, count: usize) {
        if self.clients[index].send(count) {
            let is_ended = self.clients[index].wire.borrow().is_ended;
            self.event(index, if is_ended { ENDED } else { READABLE });
        }
    }

    pub(super) fn narrow(&mut self, index: usize, window: usize) {
        self.clients[index].was_narrow = true;
        self.clients[index].wire.borrow_mut().window = window;
    }

    /// A client reads again, unless it never will.
    pub(crate) fn open(&mut self, index: usize) {
        if !self.clients[index].is_stalled {
            self.read_all(index);
        }
    }

    pub(crate) fn read_all(&mut self, index: usize) {
        let mut wire = self.clients[index].wire.borrow_mut();
        wire.window = usize::MAX;
        let is_awaited = std::mem::take(&mut wire.is_room_awaited);
        drop(wire);
        if is_awaited {
            self.event(index, WRITABLE);
        }
    }

    pub(super) fn event(&mut self, index: usize, readiness: Readiness) {
        let client = &self.clients[index];
        if client.is_there() {
            self.events.push((client.key, readiness));
        }
    }

    pub(crate) fn stop(&mut self) {
        if self.stopped_at.is_none() {
            self.tell(|| "the server is stopped".into());
            self.stopped_at = Some(self.now);
            self.server.stop(self.now);
            self.take_journal();
            self.check_drops();
        }
    }

    /// The reactor's part: tells the events, and ticks until there is nothing to do.
    pub(crate) fn work(&mut self) {
        for (key, readiness) in std::mem::take(&mut self.events) {
            self.server.ready(key, readiness);
        }
        for _ in 0..TICKS_MAX {
            self.server.tick(self.now);
            self.take_journal();
            self.check_drops();
            if self.server.timeout(self.now) != Some(Duration::ZERO) {
                let must_be_gone =
                    self.stopped_at.is_some_and(|at| self.now - at >= self.limits.stop_within);
                assert!(!must_be_gone || self.server.is_empty(), "the server takes long to stop");
                return self.bring_the_rest();
            }
        }
        panic!("the server spins");
    }

    /// What did not come with the first read comes later.
    fn bring_the_rest(&mut self) {
        for index in 0..self.clients.len() {
            let mut wire = self.clients[index].wire.borrow_mut();
            let (is_ended, is_broken) = (wire.is_ended, wire.broken.is_some());
            let is_more_coming = std::mem::take(&mut wire.is_more_coming);
            drop(wire);
            if is_more_coming {
                let ended = if is_ended { ENDED } else { READABLE };
                self.event(index, if is_broken { BROKEN } else { ended });
            }
        }
    }

    /// Lets time pass until nothing is due.
    pub(crate) fn settle_down(&mut self) {
        for _ in 0..TICKS_MAX {
            self.work();
            match self.server.timeout(self.now) {
                _ if !self.events.is_empty() => {}
                Some(timeout) => self.now += timeout,
                None => return,
            }
        }
        panic!("there is always something due");
    }

    fn take_journal(&mut self) {
        for (port, entry) in journal::take() {
            let id = usize::from(port - PORT_FIRST);
            if let Entry::Left(_, why) = &entry {
                self.check_leave(id, why);
                self.clients[id].left = Some((self.now, why.clone()));
            }
            self.tell(|| format!("    client {id}: {entry:?}"));
            self.journal.push((id, entry, self.ticks.len()));
        }
        self.ticks.push((self.clients[0].wire.borrow().to_client.len(), self.now));
    }
}

pub(super) fn texts(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}
