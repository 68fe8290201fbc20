//! Nobody can keep the server to itself.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Instant;

use chatd::chat::ChatConfig;
use chatd::limits::Limits;
use chatd::server::{Readiness, Server};

use crate::random::Random;
use crate::stream::{SimStream, Wire};

const READABLE: Readiness =
    Readiness { readable: true, ended: false, writable: false, broken: false };

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
        let answer_bytes_max = limits.answer_bytes_max();
        let chat = ChatConfig {
            name: "fair".into(),
            motd: String::new(),
            history_max: 20,
            answer_bytes_max,
        };
        let mut server = Server::new(chat, limits);
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
