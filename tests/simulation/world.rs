//! Everybody, and what must be true of them in the end.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use chatd::chat::ChatConfig;
use chatd::limits::Limits;
use chatd::pace::Rate;
use chatd::server::{Readiness, Server};

use crate::client::{CONTESTED, Client, Fate, Heard};
use crate::random::Random;
use crate::stream::{SimStream, Wire};

const READABLE: Readiness = Readiness { readable: true, writable: false, broken: false };
const WRITABLE: Readiness = Readiness { readable: false, writable: true, broken: false };
const BROKEN: Readiness = Readiness { readable: true, writable: true, broken: true };

/// More ticks in a row than any work can need: the loop spins.
const TICKS_MAX: usize = 100_000;

pub(crate) struct World {
    random: Random,
    now: Instant,
    backlog_bytes_max: usize,
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
        let server = Server::new(chat, limits);
        let mut world = Self {
            random,
            now: Instant::now(),
            backlog_bytes_max,
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
        for index in 0..self.clients.len() {
            self.clients[index].wire.borrow_mut().is_ended = true;
            self.clients[index].wire.borrow_mut().window = usize::MAX;
            self.event(index, READABLE);
            self.event(index, WRITABLE);
        }
        self.settle_down();
        assert!(self.server.is_empty(), "{} connections are left", self.server.len());
        assert!(self.clients.iter().all(|client| client.wire.borrow().is_dropped));
        self.check_names_are_free();
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
                self.clients[index].wire.borrow_mut().window = self.random.below(300)
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

    /// Everybody sends and reads what there is, as far as its fate allows, until nothing moves any more.
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
        let order = self.clients[0].heard();
        for client in &self.clients[1..] {
            let heard = client.heard();
            check_said(client, &order);
            check_heard(client, &heard, &order);
            check_end(client, &heard, &order);
            self.check_backlog(client, &heard, &order);
        }
    }

    /// Nobody is kept who has not read for longer than the backlog allows.
    fn check_backlog(&self, client: &Client, heard: &[Heard], order: &[Heard]) {
        let Some(joined) = name(client).filter(|name| name != CONTESTED).map(Heard::Joined) else {
            return;
        };
        let heard = live_and_histories(heard).0.len();
        let all = order
            .iter()
            .skip_while(|next| **next != joined)
            .skip(1)
            .filter(|next| !is_by(next, client.id))
            .count();
        let unheard_bytes = all.saturating_sub(heard) * "c1: m1.1\n".len();
        let is_kept = !client.wire.borrow().is_dropped;
        assert!(
            !is_kept || unheard_bytes <= self.backlog_bytes_max,
            "client {} is {unheard_bytes} bytes behind, and kept",
            client.id
        );
    }
}

/// What a client said was heard once and in order: all of it, unless its connection broke.
fn check_said(client: &Client, order: &[Heard]) {
    let said: Vec<usize> = order.iter().filter_map(|heard| number_of(heard, client.id)).collect();
    let is_whole = said.len() == client.said;
    assert!(said.iter().copied().eq(0..said.len()), "client {}: {said:?}", client.id);
    assert!(
        is_whole
            || matches!(client.fate, Fate::Reset | Fate::Stalled)
            || was_slow(client, order)
            || !was_named(client),
        "client {} ({:?}) said {} and {} were heard",
        client.id,
        client.fate,
        client.said,
        said.len()
    );
}

/// A client heard what the others said while it was there: nothing else, nothing twice, and in the same order.
fn check_heard(client: &Client, heard: &[Heard], order: &[Heard]) {
    let Some(name) = name(client) else {
        assert_eq!(heard, [], "client {} has no name", client.id);
        return;
    };
    let (live, histories) = live_and_histories(heard);
    let joined = Heard::Joined(name.clone());
    let faults: Vec<String> = (0..order.len())
        .filter(|&index| order[index] == joined)
        .map_while(|index| {
            let expected = order[index + 1..].iter().filter(|heard| !is_by(heard, client.id));
            let may_miss_the_end = client.fate != Fate::Healthy || was_slow(client, order);
            let told = order[..index]
                .iter()
                .filter(|heard| matches!(heard, Heard::Message(..) | Heard::Name(_)));
            fault(&live, expected, may_miss_the_end).or_else(|| fault_of_welcome(&histories, told))
        })
        .collect();
    let joins = order.iter().filter(|heard| **heard == joined).count();
    assert!(faults.len() < joins, "client {} ({name}) of {joins}: {faults:#?}", client.id);
}

/// What was heard when it was said; and apart from that what was shown of the past: after how much, how many, and which.
fn live_and_histories(heard: &[Heard]) -> (Vec<Heard>, Vec<(usize, usize, Vec<Heard>)>) {
    let mut live = Vec::new();
    let mut histories = Vec::new();
    let mut rest = heard.iter().skip_while(|heard| !matches!(heard, Heard::Named(_))).skip(1);
    while let Some(next) = rest.next() {
        if let Heard::History(count) = next {
            histories.push((live.len(), *count, rest.by_ref().take(*count).cloned().collect()));
        } else {
            live.push(next.clone());
        }
    }
    (live, histories)
}

/// The first difference between what was heard and what should have been.
fn fault<'a>(
    live: &[Heard],
    expected: impl Iterator<Item = &'a Heard>,
    may_miss_the_end: bool,
) -> Option<String> {
    let mut expected = expected.peekable();
    for (index, heard) in live.iter().enumerate() {
        let should = expected.next();
        if should != Some(heard) {
            return Some(format!("number {index} is {heard:?} and should be {should:?}"));
        }
    }
    let missed = expected.next().filter(|_| !may_miss_the_end)?;
    Some(format!("{missed:?} and what follows were not heard"))
}

/// The welcome shows the last messages that were said before; one that was alone until then is shown none.
fn fault_of_welcome<'a>(
    histories: &[(usize, usize, Vec<Heard>)],
    told: impl Iterator<Item = &'a Heard>,
) -> Option<String> {
    let told: Vec<&Heard> = told.collect();
    let (_, count, welcome) =
        histories.first().filter(|(position, ..)| *position == 0 && !told.is_empty())?;
    // Whoever was cut off in the middle got the first ones.
    let expected = told[told.len().saturating_sub(*count)..].iter().take(welcome.len()).copied();
    (!welcome.iter().eq(expected.clone())).then(|| {
        format!("the welcome shows {welcome:?} and should show {:?}", expected.collect::<Vec<_>>())
    })
}

/// A client that is there to the end was not sent away, and one that left did so for a reason.
fn check_end(client: &Client, heard: &[Heard], order: &[Heard]) {
    let wire = client.wire.borrow();
    match client.fate {
        Fate::Healthy if was_named(client) => assert!(
            !wire.is_dropped || was_slow(client, order),
            "client {} was healthy and dropped: {heard:?}",
            client.id
        ),
        Fate::HalfClosed | Fate::Reset | Fate::Quit => {
            assert!(wire.is_dropped, "client {} is still there", client.id)
        }
        Fate::Healthy | Fate::Stalled => {}
    }
}

fn number_of(heard: &Heard, client: usize) -> Option<usize> {
    match heard {
        Heard::Message(id, number) if *id == client => Some(*number),
        Heard::Message(..)
        | Heard::Name(_)
        | Heard::Named(_)
        | Heard::History(_)
        | Heard::Joined(_)
        | Heard::Left(..) => None,
    }
}

fn is_by(heard: &Heard, client: usize) -> bool {
    number_of(heard, client).is_some() || *heard == Heard::Name(client)
}

fn name(client: &Client) -> Option<String> {
    client.heard().into_iter().find_map(|heard| match heard {
        Heard::Named(name) => Some(name),
        Heard::Message(..)
        | Heard::Name(_)
        | Heard::History(_)
        | Heard::Joined(_)
        | Heard::Left(..) => None,
    })
}

fn was_named(client: &Client) -> bool {
    name(client).is_some()
}

/// Whether the room was told that it was too slow: its window was closed for a while.
fn was_slow(client: &Client, order: &[Heard]) -> bool {
    name(client).is_some_and(|name| order.contains(&Heard::Left(name, "too slow".into())))
}
