//! Browsers among people: who is taken for which, and when.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use chatd::clock::Now;
use chatd::limits::Limits;
use chatd::server::{Readiness, Server};
use chatd_support::websocket::{self, CLOSE, PING, PONG};

use crate::sim::stream::{SimStream, Wire};
use crate::table::{Peer, send, start};

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const ELSEWHERE: &str = "192.0.2.2:1024";
const HERE: &str = "192.0.2.1:1024";
const THIS_MACHINE: &str = "127.0.0.1:1024";

/// A server, and what time it is there.
struct House {
    server: Server<SimStream>,
    now: Now,
}

impl House {
    fn new() -> Self {
        Self { server: start(Limits::default()), now: Now::read() }
    }

    fn connect(&mut self, from: &str) -> Peer {
        let wire = Rc::new(RefCell::new(Wire::new(None)));
        let peer = from.parse().expect("an address");
        let key = self.server.accept(SimStream(Rc::clone(&wire)), peer, self.now);
        (key, wire)
    }

    /// Somebody connects and sends this; returns the peer when the server has acted on it.
    fn meet(&mut self, from: &str, bytes: &str) -> Peer {
        let peer = self.connect(from);
        self.send(&peer, bytes);
        peer
    }

    /// A page opens its WebSocket and says these lines.
    fn open(&mut self, from: &str, lines: &[&str]) -> Peer {
        let page = self.meet(from, websocket::REQUEST);
        assert!(got(&page).starts_with("HTTP/1.1 101 "), "{}", got(&page));
        for line in lines {
            self.frame(&page, websocket::TEXT, line.as_bytes());
        }
        page
    }

    /// A page sends a frame.
    fn frame(&mut self, page: &Peer, first: u8, payload: &[u8]) {
        websocket::send(first, payload, &mut page.1.borrow_mut().to_server);
        self.send(page, "");
    }

    fn send(&mut self, peer: &Peer, bytes: &str) {
        send(&mut self.server, peer, bytes);
        self.wait(Duration::ZERO);
    }

    /// So much time passes, and all is done that becomes due meanwhile.
    fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            self.server.tick(self.now);
            let left = end.at.saturating_duration_since(self.now.at);
            match self.server.timeout(self.now) {
                Some(due) if due <= left => self.now += due,
                _ => break,
            }
        }
        self.now = end;
        self.server.tick(self.now);
    }
}

fn got((_, wire): &Peer) -> String {
    wire.borrow().to_client.escape_ascii().to_string()
}

fn is_greeted(peer: &Peer) -> bool {
    got(peer).contains("*** Welcome")
}

const A_MOMENT: Duration = Duration::from_millis(300);
const A_MINUTE: Duration = Duration::from_secs(60);

#[test]
fn silence_where_browsers_come_from_is_no_person() {
    let mut house = House::new();
    // A browser opens two connections, and asks on one of them.
    let (asks, spare) = (house.connect(HERE), house.connect(HERE));
    house.wait(Duration::from_millis(100));
    house.send(&asks, REQUEST);
    assert!(got(&asks).starts_with("HTTP/1.1 200 OK"), "{}", got(&asks));
    let (silent, typing, other) =
        (house.connect(HERE), house.connect(HERE), house.connect(ELSEWHERE));
    house.wait(A_MOMENT);
    assert!(is_greeted(&other), "nobody there has asked for anything");
    assert!(!is_greeted(&spare) && !is_greeted(&silent));
    house.send(&spare, REQUEST);
    assert!(got(&spare).starts_with("HTTP/1.1 200 OK"), "it is for the next page");
    house.send(&typing, "ana\n");
    assert!(got(&typing).contains("You are ana"), "who says something is a person");
    house.wait(A_MINUTE);
    assert!(is_greeted(&silent), "no browser keeps it for so long");
    for (from, long) in [(HERE, Duration::from_secs(24 * 60 * 60)), (THIS_MACHINE, 2 * A_MINUTE)] {
        house.meet(from, REQUEST);
        house.wait(long.saturating_sub(A_MOMENT));
        let soon = house.connect(from);
        house.wait(Duration::from_millis(250));
        assert!(!is_greeted(&soon), "{from}");
        house.wait(A_MOMENT);
        let later = house.connect(from);
        house.wait(A_MOMENT);
        assert!(is_greeted(&later), "{from}");
    }
}

#[test]
fn as_long_as_a_page_is_open_more_may_come() {
    let mut house = House::new();
    let page = house.open(THIS_MACHINE, &["NICK ana", "USER ana 0 * :ana"]);
    for _ in 0..5 {
        house.wait(A_MINUTE);
        house.frame(&page, websocket::TEXT, b"PING x");
    }
    let spare = house.connect(THIS_MACHINE);
    house.wait(A_MOMENT);
    assert!(!is_greeted(&spare));
    house.frame(&page, CLOSE, b"");
    house.wait(Duration::from_secs(2));
    let later = house.connect(THIS_MACHINE);
    house.wait(A_MOMENT);
    assert!(is_greeted(&later), "the last request is long ago");
}

#[test]
fn what_has_come_is_looked_at_before_it_is_too_late_for_it() {
    let mut house = House::new();
    let begun: Vec<Peer> =
        (0..60).map(|_| house.meet(HERE, "GET / HTTP/1.1\r\nHost: localhost\r\n")).collect();
    let unseen: Vec<Peer> = (0..60).map(|_| house.connect(HERE)).collect();
    for peer in &begun {
        send(&mut house.server, peer, "\r\n");
    }
    for peer in &unseen {
        send(&mut house.server, peer, REQUEST);
    }
    // The process was stopped meanwhile.
    house.now += Duration::from_secs(20);
    house.wait(Duration::ZERO);
    for peer in begun.iter().chain(&unseen) {
        assert!(got(peer).starts_with("HTTP/1.1 200 OK"), "{}", got(peer));
    }
}

#[test]
fn a_request_that_takes_too_long_is_given_up() {
    let mut house = House::new();
    let slow = house.meet(HERE, "GET / HTTP/1.1\r\n");
    for _ in 0..9 {
        house.wait(Duration::from_secs(1));
        house.send(&slow, "X: y\r\n");
    }
    assert_eq!(got(&slow), "");
    house.wait(Duration::from_secs(1));
    assert!(got(&slow).starts_with("HTTP/1.1 408 Request Timeout"), "{}", got(&slow));
}

#[test]
fn the_beginning_of_a_request_is_waited_for() {
    let mut house = House::new();
    let (slow, slower) = (house.meet(HERE, "GET / HT"), house.meet(ELSEWHERE, "G"));
    house.wait(Duration::from_secs(4));
    assert_eq!((got(&slow), got(&slower)), (String::new(), String::new()));
    house.send(&slow, "TP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(got(&slow).starts_with("HTTP/1.1 200 OK"), "{}", got(&slow));
    house.wait(Duration::from_secs(2));
    assert!(is_greeted(&slower), "who types so slowly is a person");
}

/// A client of IRC.
fn register(house: &mut House, from: &str, nick: &str) -> Peer {
    house.meet(from, &format!("NICK {nick}\r\nUSER {nick} 0 * :{nick}\r\n"))
}

#[test]
fn who_may_be_gone_is_asked_when_somebody_there_wants_its_nickname() {
    let mut house = House::new();
    let ghost = register(&mut house, HERE, "ana");
    let stranger = register(&mut house, ELSEWHERE, "ana");
    assert!(got(&stranger).contains(" 433 "), "{}", got(&stranger));
    house.wait(Duration::from_secs(6));
    assert!(!got(&ghost).contains("PING :"), "a stranger cannot make it answer");
    let again = register(&mut house, HERE, "ana");
    assert!(got(&again).contains(" 433 "));
    house.wait(Duration::ZERO);
    assert_eq!(got(&ghost).matches("PING :").count(), 1);
    house.wait(Duration::from_secs(4));
    house.send(&again, "NICK ana\r\n");
    assert!(!got(&again).contains(" 001 "), "it still has a second");
    house.wait(Duration::from_secs(2));
    house.send(&again, "NICK ana\r\n");
    assert!(got(&again).contains(" 001 ana "), "{}", got(&again));
    assert!(ghost.1.borrow().is_shut);
}

#[test]
fn who_answers_keeps_its_nickname_and_is_asked_once_a_minute() {
    let mut house = House::new();
    let holder = register(&mut house, HERE, "ana");
    let other = register(&mut house, HERE, "ana");
    assert!(!got(&holder).contains("PING :"), "it has just said something");
    house.wait(Duration::from_secs(2));
    assert_eq!(got(&holder).matches("PING :").count(), 1);
    house.send(&holder, "PONG x\r\n");
    for _ in 0..5 {
        house.wait(Duration::from_secs(6));
        house.send(&other, "NICK ana\r\n");
    }
    assert_eq!(got(&holder).matches("PING :").count(), 1);
    house.wait(Duration::from_secs(30));
    let another = register(&mut house, HERE, "ana");
    assert_eq!(got(&holder).matches("PING :").count(), 2);
    house.send(&holder, "PONG x\r\n");
    house.wait(Duration::from_secs(10));
    house.send(&another, "NICK ana\r\n");
    assert!(!got(&another).contains(" 001 "), "{}", got(&another));
}

/// The frames behind the answer to the request, each with its first byte.
fn frames((_, wire): &Peer) -> Vec<(u8, Vec<u8>)> {
    let received = wire.borrow().to_client.clone();
    let head = received.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer") + 4;
    let (mut rest, mut frames) = (&received[head..], Vec::new());
    while let Some((first, payload, end)) = websocket::first(rest) {
        frames.push((first, payload.to_vec()));
        rest = &rest[end..];
    }
    assert!(rest.is_empty());
    frames
}

fn last(peer: &Peer) -> (u8, Vec<u8>) {
    frames(peer).pop().expect("a frame")
}

fn closed(code: u16) -> (u8, Vec<u8>) {
    (CLOSE, code.to_be_bytes().to_vec())
}

#[test]
fn a_page_that_has_lost_its_connection_gets_its_nickname_back() {
    let mut house = House::new();
    let ana = ["NICK ana", "USER ana 0 * :ana"];
    let ghost = house.open(HERE, &ana);
    house.wait(Duration::from_secs(2));
    let again = house.open(HERE, &ana);
    assert_eq!(last(&ghost), (PING, Vec::new()), "its browser is asked, not the page");
    house.frame(&ghost, PONG, b"");
    house.wait(Duration::from_secs(6));
    house.frame(&again, websocket::TEXT, b"NICK ana");
    assert!(!got(&again).contains(" 001 "), "it has answered");
    house.wait(A_MINUTE);
    let once_more = house.open(HERE, &ana);
    assert_eq!(last(&ghost), (PING, Vec::new()));
    house.wait(Duration::from_secs(5));
    assert_eq!(last(&ghost), closed(1008));
    house.frame(&once_more, websocket::TEXT, b"NICK ana");
    assert!(got(&once_more).contains(" 001 ana "), "{}", got(&once_more));
}

#[test]
fn a_ghost_that_is_not_read_or_does_not_read_keeps_no_nickname() {
    for is_clogged in [false, true] {
        let mut house = House::new();
        let ghost = register(&mut house, HERE, "ana");
        if is_clogged {
            ghost.1.borrow_mut().window = 0;
            house.send(&ghost, &"HELP\r\nINFO\r\nLUSERS\r\nMOTD\r\n".repeat(20));
        } else {
            house.send(&ghost, &"PING x\r\n".repeat(130));
        }
        let again = register(&mut house, HERE, "ana");
        let mut waited = 0;
        while !got(&again).contains(" 001 ") {
            assert!(waited < 15, "clogged: {is_clogged}");
            house.wait(Duration::from_secs(1));
            house.send(&again, "NICK ana\r\n");
            waited += 1;
        }
    }
}

#[test]
fn who_reads_slowly_loses_nothing() {
    let mut house = House::new();
    let slow = register(&mut house, HERE, "ana");
    slow.1.borrow_mut().window = 0;
    house.send(&slow, &"HELP\r\nINFO\r\nLUSERS\r\nMOTD\r\n".repeat(20));
    let other = register(&mut house, HERE, "ana");
    for _ in 0..15 {
        slow.1.borrow_mut().window = 100;
        let writable = Readiness { writable: true, ..Readiness::default() };
        house.server.ready(slow.0, writable);
        house.wait(Duration::from_secs(1));
        house.send(&other, "NICK ana\r\n");
        assert!(!got(&other).contains(" 001 "), "it still has to read the question");
    }
    assert!(!slow.1.borrow().is_shut);
}

#[test]
fn a_websocket_ends_as_its_protocol_has_it() {
    let mut house = House::new();
    let quits = house.open(HERE, &["NICK ana", "USER ana 0 * :ana", "QUIT :bye"]);
    assert_eq!(last(&quits), closed(1000));
    let closes = house.open(HERE, &["NICK bruno", "USER bruno 0 * :bruno"]);
    house.frame(&closes, CLOSE, b"\x0f\xa0done");
    assert_eq!(last(&closes), closed(4000));
    let breaks = house.open(HERE, &["NICK carla"]);
    house.send(&breaks, "no frame");
    assert_eq!(last(&breaks), closed(1002));
    let nameless = house.open(HERE, &[]);
    house.wait(A_MINUTE);
    assert_eq!(last(&nameless), closed(1008));
    for peer in [quits, closes, breaks, nameless] {
        assert!(peer.1.borrow().is_shut);
        assert_eq!(frames(&peer).iter().filter(|(first, _)| *first == CLOSE).count(), 1);
    }
}
