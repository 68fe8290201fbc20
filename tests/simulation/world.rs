//! Everybody, and what must be true of them in the end.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use chatd::chat::ChatConfig;
use chatd::limits::Limits;
use chatd::pace::Rate;
use chatd::server::{Readiness, Server};

use crate::check::{check_backlog, check_end, check_heard, check_said, name};
use crate::client::{CONTESTED, Client, Fate, Heard};
use crate::random::Random;
use crate::stream::{SimStream, Wire};

const READABLE: Readiness =
    Readiness { readable: true, ended: false, writable: false, broken: false };
const WRITABLE: Readiness =
    Readiness { readable: false, ended: false, writable: true, broken: false };
const BROKEN: Readiness = Readiness { readable: true, ended: true, writable: true, broken: true };

/// More ticks in a row than any work can need: the loop spins.
const TICKS_MAX: usize = 100_000;

pub(crate) struct World {
    random: Random,
    now: Instant,
    backlog_bytes_max: usize,
    history_max: usize,
    server: Server<SimStream>,
    /// The first one only listens: what it hears is the order that must hold for all.
    clients: Vec<Client>,
    /// Told to the server once, as an edge-triggered poll does.
    events: Vec<(usize, Readiness)>,
}

impl World {
    #[expect(clippy::disallowed_methods, reason = "a simulation starts its clock somewhere")]
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let limits = Limits {
            clients_max: 50,
            line_bytes_max: 64,
            backlog_bytes_max: *random.pick(&[2 * 1024, 8 * 1024, 64 * 1024]),
            rate: *random.pick(&[None, Rate::new(10, 100), Rate::new(50, 3)]),
            receive_bytes_per_turn: *random.pick(&[16, 1024, 16 * 1024]),
            ..Limits::default()
        };
        let chat = ChatConfig {
            name: "simulation".into(),
            motd: String::new(),
            history_max: random.below(10),
            answer_bytes_max: limits.answer_bytes_max(),
        };
        let backlog_bytes_max = limits.backlog_bytes_max;
        let history_max = chat.history_max;
        let server = Server::new(chat, limits);
        let mut world = Self {
            random,
            now: Instant::now(),
            backlog_bytes_max,
            history_max,
            server,
            clients: Vec::new(),
            events: Vec::new(),
        };
        world.connect();
        world.clients[0].send(usize::MAX);
        world.event(0, READABLE);
        world.work();
        world
    }

    /// Lets things happen, and checks what came of it. Returns all bytes that anybody got.
    pub(crate) fn run(mut self) -> Vec<Vec<u8>> {
        for _ in 0..400 {
            self.happen();
            if self.random.one_in(3) {
                self.work();
            }
        }
        self.calm_down();
        self.check();
        let is_stopped = self.random.one_in(3);
        let there: Vec<usize> = (0..self.clients.len())
            .filter(|&index| !self.clients[index].wire.borrow().is_dropped)
            .collect();
        if is_stopped {
            self.server.stop(self.now);
        }
        for index in 0..self.clients.len() {
            self.clients[index].wire.borrow_mut().is_ended = true;
            self.clients[index].wire.borrow_mut().window = usize::MAX;
            self.event(index, READABLE);
            self.event(index, WRITABLE);
        }
        self.settle_down();
        assert!(self.server.is_empty(), "{} connections are left", self.server.len());
        assert!(self.clients.iter().all(|client| client.wire.borrow().is_dropped));
        if is_stopped {
            self.check_goodbye(&there);
        } else {
            self.check_names_are_free();
        }
        self.clients.iter().map(|client| client.wire.borrow().to_client.clone()).collect()
    }

    fn connect(&mut self) {
        if self.server.is_full() {
            return;
        }
        let wire = Rc::new(RefCell::new(Wire::new(Random::new(self.random.next()))));
        let peer = "192.0.2.1:1024".parse().expect("an address");
        let key = self.server.accept(SimStream(Rc::clone(&wire)), peer, self.now);
        self.clients.push(Client::new(self.clients.len(), key, wire, &mut self.random));
    }

    fn event(&mut self, index: usize, readiness: Readiness) {
        let client = &self.clients[index];
        if !client.wire.borrow().is_dropped {
            self.events.push((client.key, readiness));
        }
    }

    /// One thing happens.
    fn happen(&mut self) {
        let index = self.random.below(self.clients.len());
        let is_free = index > 0 && self.clients[index].fate == Fate::Healthy;
        match self.random.below(100) {
            0..6 => self.connect(),
            6..40 if is_free => {
                for _ in 0..=self.random.below(20) {
                    self.clients[index].speak(&mut self.random);
                }
            }
            40..70 => self.send(index),
            70..74 if is_free => {
                self.clients[index].wire.borrow_mut().window = self.random.below(300);
            }
            74..86 => self.open(index),
            86 if is_free => {
                self.clients[index].fate = Fate::Stalled;
                self.clients[index].wire.borrow_mut().window = self.random.below(2000);
            }
            87 if is_free => {
                self.clients[index].fate = Fate::HalfClosed;
                self.clients[index].say_unended();
            }
            88 if is_free => {
                self.clients[index].fate = Fate::Reset;
                self.clients[index].wire.borrow_mut().is_reset = true;
                let readiness = *self.random.pick(&[BROKEN, READABLE]);
                self.event(index, readiness);
            }
            89 if is_free => {
                self.clients[index].fate = Fate::Quit;
                self.clients[index].quit();
            }
            90..93 => self.now += Duration::from_millis(self.random.next() % 2000),
            93 => self.now += Duration::from_secs(self.random.next() % 100),
            // An event that means nothing, perhaps of a connection long gone.
            94..97 => {
                let readiness = *self.random.pick(&[READABLE, WRITABLE]);
                self.events.push((self.random.below(60), readiness));
            }
            _ => {}
        }
    }

    /// A client puts some of its bytes on the wire.
    fn send(&mut self, index: usize) {
        let count = match self.random.below(3) {
            0 => 1,
            1 => 1 + self.random.below(100),
            _ => usize::MAX,
        };
        let client = &mut self.clients[index];
        if client.fate == Fate::Reset {
            return;
        }
        let has_sent = client.send(count);
        let is_done = client.fate == Fate::HalfClosed && !client.has_unsent();
        client.wire.borrow_mut().is_ended |= is_done;
        if has_sent || is_done {
            self.event(index, READABLE);
        }
    }

    /// A client reads again.
    fn open(&mut self, index: usize) {
        if self.clients[index].fate == Fate::Stalled {
            return;
        }
        let mut wire = self.clients[index].wire.borrow_mut();
        wire.window = usize::MAX;
        let was_blocked = std::mem::take(&mut wire.is_blocked);
        drop(wire);
        if was_blocked {
            self.event(index, WRITABLE);
        }
    }

    /// The reactor's part: tells the events, and ticks until there is nothing to do.
    fn work(&mut self) {
        for (key, readiness) in std::mem::take(&mut self.events) {
            self.server.ready(key, readiness);
        }
        for _ in 0..TICKS_MAX {
            self.server.tick(self.now);
            if self.server.timeout(self.now) != Some(Duration::ZERO) {
                return;
            }
        }
        panic!("the server spins");
    }

    /// Everybody sends and reads what there is, as far as its fate allows, until nothing moves any
    /// more.
    fn calm_down(&mut self) {
        for index in 0..self.clients.len() {
            self.open(index);
            while self.clients[index].has_unsent() && self.clients[index].fate != Fate::Reset {
                self.send(index);
            }
        }
        self.settle_down();
    }

    /// Lets time pass until nothing is due.
    fn settle_down(&mut self) {
        for _ in 0..TICKS_MAX {
            self.work();
            match self.server.timeout(self.now) {
                Some(timeout) => self.now += timeout,
                None => return,
            }
        }
        panic!("there is always something due");
    }

    /// Whoever was there when the server stopped was told.
    fn check_goodbye(&self, there: &[usize]) {
        for &index in there {
            let wire = self.clients[index].wire.borrow();
            let text = String::from_utf8_lossy(&wire.to_client);
            assert!(
                text.trim_end().ends_with("*** server is stopping"),
                "client {index} was not told goodbye"
            );
        }
    }

    /// Nobody is left who could have the contested nickname.
    fn check_names_are_free(&mut self) {
        self.connect();
        let last = self.clients.len() - 1;
        self.clients[last].wire.borrow_mut().to_server.extend(format!("{CONTESTED}\n").as_bytes());
        self.event(last, READABLE);
        self.work();
        assert_eq!(name(&self.clients[last]).as_deref(), Some(CONTESTED));
    }

    fn check(&self) {
        let mut order = self.clients[0].heard();
        order.retain(|heard| *heard != Heard::Private);
        for client in &self.clients[1..] {
            let heard = client.heard();
            check_said(client, &order);
            check_heard(client, &heard, &order, self.history_max);
            check_end(client, &heard, &order);
            check_backlog(client, &heard, &order, self.backlog_bytes_max);
        }
    }
}
