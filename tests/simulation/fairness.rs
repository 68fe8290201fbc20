//! Nobody can keep the server to itself.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use chatd::chat::ChatConfig;
use chatd::limits::Limits;
use chatd::server::{Readiness, Server};

use crate::random::Random;
use crate::stream::{SimStream, Wire};

const READABLE: Readiness =
    Readiness { readable: true, ended: false, writable: false, broken: false };

fn start(limits: Limits) -> Server<SimStream> {
    let answer_bytes_max = limits.answer_bytes_max();
    let name = "fair".into();
    Server::new(ChatConfig { name, motd: String::new(), history_max: 20, answer_bytes_max }, limits)
}

fn join(server: &mut Server<SimStream>, now: Instant, line: &str) -> (usize, Rc<RefCell<Wire>>) {
    let wire = Rc::new(RefCell::new(Wire::new(Random::new(1))));
    let peer = "192.0.2.1:1024".parse().expect("an address");
    let key = server.accept(SimStream(Rc::clone(&wire)), peer, now);
    send(server, &(key, Rc::clone(&wire)), line);
    (key, wire)
}

fn send(server: &mut Server<SimStream>, (key, wire): &(usize, Rc<RefCell<Wire>>), line: &str) {
    wire.borrow_mut().to_server.extend(line.as_bytes());
    server.ready(*key, READABLE);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a simulation starts its clock somewhere")]
fn a_line_is_heard_beside_somebody_who_talks_without_end() {
    let now = Instant::now();
    // The shorter the flooder's lines, the more a byte of theirs costs: each gets the nickname,
    // once for each format.
    for flood in ["x\n".repeat(100_000), "x".repeat(1000) + "\n"] {
        let limits = Limits { rate: None, ..Limits::default() };
        let mut server = start(limits);
        let flooder = join(&mut server, now, &("f".repeat(24) + "\n"));
        let talker = join(&mut server, now, "talker\n");
        let listener = join(&mut server, now, "listener\r\n");
        server.tick(now);
        send(&mut server, &flooder, &flood.repeat(20));
        server.tick(now);
        send(&mut server, &talker, "heard?\n");
        let ticks = (1..10).find(|_| {
            send(&mut server, &flooder, &flood);
            server.tick(now);
            let heard = &listener.1.borrow().to_client;
            heard.windows(15).any(|line| line == b"talker: heard?\r")
        });
        assert!(ticks.is_some_and(|ticks| ticks <= 3), "heard after {ticks:?} ticks");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a simulation starts its clock somewhere")]
fn while_the_room_is_slow_a_line_is_heard_as_soon_as_anything_that_heavy_talkers_say() {
    const HEAVY: usize = 20;
    let mut now = Instant::now();
    let mut server = start(Limits { rate: None, ..Limits::default() });
    let listener = join(&mut server, now, "listener\n");
    let talker = join(&mut server, now, "talker\n");
    let heavy: Vec<_> =
        (0..HEAVY).map(|number| join(&mut server, now, &format!("heavy{number}\n"))).collect();
    for number in 0..2 * HEAVY {
        let (_, stopped) = join(&mut server, now, &format!("stopped{number}\n"));
        stopped.borrow_mut().window = 1000;
    }
    server.tick(now);
    // They talk until most of the room is far behind, and then still have a lot to say.
    let flood = ("x".repeat(1000) + "\n").repeat(1000);
    for one in &heavy {
        send(&mut server, one, &flood);
    }
    while server.timeout(now) == Some(Duration::ZERO) {
        server.tick(now);
    }
    assert_eq!(server.len(), 2 + 3 * HEAVY, "nobody has been dropped");
    send(&mut server, &talker, "heard?\n");
    let rounds = (1..=HEAVY).find(|_| {
        now += server.timeout(now).expect("they wait");
        server.tick(now);
        while server.timeout(now) == Some(Duration::ZERO) {
            server.tick(now);
        }
        let heard = &listener.1.borrow().to_client;
        heard.windows(14).any(|line| line == b"talker: heard?")
    });
    assert!(rounds.is_some_and(|rounds| rounds <= 2), "heard after {rounds:?} rounds");
}
