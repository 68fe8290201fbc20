//! What a process finds that was stopped for a while: everything is due at once, and what came
//! meanwhile is still to be noted.

use std::cell::RefCell;
use std::io::ErrorKind;
use std::rc::Rc;
use std::time::Duration;

use chatd::chat::ChatConfig;
use chatd::chat::name::RoomName;
use chatd::clock::Now;
use chatd::limits::Limits;
use chatd::server::{Readiness, Server};
use chatd_support::sentences::left;

use crate::sim::stream::{SimStream, Wire};
use crate::table::{heard, join, send, start};

fn chat() -> ChatConfig {
    ChatConfig {
        name: String::new(),
        motd: String::new(),
        home: RoomName::parse("lobby").expect("a name"),
        rooms_max: 8,
        messages_shown: 0,
        messages_kept: 0,
        history_bytes_max: 1024,
        names_bytes_max: 1024,
        exact_names_bytes_max: 16 * 1024,
        nicknames_refused_max: 20,
        history_bytes_at_once: 256,
    }
}

fn connect(server: &mut Server<SimStream>, now: Now) -> Rc<RefCell<Wire>> {
    let wire = Rc::new(RefCell::new(Wire::new(None)));
    let peer = "192.0.2.1:1024".parse().expect("an address");
    server.accept(SimStream(Rc::clone(&wire)), peer, now);
    wire
}

fn was_told(wire: &RefCell<Wire>, part: &str) -> bool {
    String::from_utf8_lossy(&wire.borrow().to_client).contains(part)
}

#[test]
fn who_vanishes_while_it_waits_for_its_rate_has_timed_out() {
    let now = Now::read();
    let mut server = Server::new(chat(), Limits::default());
    let (ana, bruno) = (connect(&mut server, now), connect(&mut server, now));
    ana.borrow_mut().to_server.extend(b"ana\n");
    ana.borrow_mut().to_server.extend(b"more\n".repeat(1000));
    bruno.borrow_mut().to_server.extend(b"bruno\n");
    let readable = Readiness { readable: true, ..Readiness::default() };
    server.ready(0, readable);
    server.ready(1, readable);
    server.tick(now);
    ana.borrow_mut().break_off(ErrorKind::TimedOut);
    server.ready(0, Readiness { broken: true, ..Readiness::default() });
    server.tick(now);
    server.tick(now + Duration::from_secs(2));
    assert!(was_told(&bruno, &left("ana", "timed out")), "{:?}", bruno.borrow().to_client);
}

#[test]
fn whoever_sent_a_nickname_in_time_is_in_the_room_though_nobody_looked() {
    let limits = Limits::default();
    let mut now = Now::read();
    let mut server = Server::new(chat(), limits.clone());
    let (quick, silent, half) =
        (connect(&mut server, now), connect(&mut server, now), connect(&mut server, now));
    now += limits.greet_after;
    server.tick(now);
    assert!(was_told(&silent, "Choose a nickname"));
    // No event says so: a poll tells only so many at once.
    quick.borrow_mut().to_server.extend(b"quick\n");
    half.borrow_mut().to_server.extend(b"hal");
    now += limits.nickname_within + Duration::from_secs(10);
    server.tick(now);
    assert!(was_told(&quick, "You are quick"));
    for nameless in [silent, half] {
        assert!(was_told(&nameless, "No nickname"), "{:?}", nameless.borrow().to_client);
        assert!(nameless.borrow().is_shut);
    }
    assert!(!quick.borrow().is_shut);
}

#[test]
fn thousands_who_are_due_at_once_have_their_turns_over_many_ticks() {
    const NEWCOMERS: usize = 1000;
    let limits = Limits::default();
    let mut now = Now::read();
    let mut server = start(limits.clone());
    let talker = join(&mut server, now, "talker\n");
    send(&mut server, &talker, &("h".repeat(4000) + "\n").repeat(20));
    let newcomers: Vec<_> = (0..NEWCOMERS).map(|_| join(&mut server, now, "/nothing\n")).collect();
    while server.timeout(now) == Some(Duration::ZERO) {
        server.tick(now);
    }
    now += limits.nickname_within;
    for (number, (_, wire)) in newcomers.iter().enumerate() {
        wire.borrow_mut().to_server.extend(format!("n{number}\n").as_bytes());
    }
    let told = || -> usize { newcomers.iter().map(|peer| peer.1.borrow().to_client.len()).sum() };
    let most = usize::try_from(limits.tick_bytes_max()).expect("bytes") + limits.answer_bytes_max();
    while server.timeout(now) == Some(Duration::ZERO) {
        let before = told();
        server.tick(now);
        let queued = told() - before;
        assert!(queued <= 2 * most, "{queued} bytes in one tick");
    }
    assert!(newcomers.iter().all(|peer| heard(peer).contains("You are n")));
}
