//! A server and a few peers that do exactly what a test says.

use std::cell::RefCell;
use std::rc::Rc;

use chatd::chat::ChatConfig;
use chatd::chat::name::RoomName;
use chatd::clock::Now;
use chatd::limits::Limits;
use chatd::server::{Readiness, Server};

use crate::sim::stream::{SimStream, Wire};

/// A peer's key, and its connection.
pub(crate) type Peer = (usize, Rc<RefCell<Wire>>);

pub(crate) const READABLE: Readiness =
    Readiness { readable: true, ended: false, writable: false, broken: false };

pub(crate) fn start(limits: Limits) -> Server<SimStream> {
    start_with_history(limits, 20)
}

pub(crate) fn start_with_history(limits: Limits, history_max: usize) -> Server<SimStream> {
    let chat = ChatConfig {
        name: "table".into(),
        motd: String::new(),
        home: RoomName::parse("lobby").expect("a name"),
        rooms_max: 64,
        messages_shown: history_max,
        messages_kept: history_max,
        history_bytes_max: limits.answer_bytes_max(),
        names_bytes_max: limits.own_bytes_max(),
        exact_names_bytes_max: limits.answer_bytes_max(),
        nicknames_refused_max: 20,
        history_bytes_at_once: limits.history_bytes_at_once(),
    };
    Server::new(chat, limits)
}

pub(crate) fn join(server: &mut Server<SimStream>, now: Now, line: &str) -> Peer {
    let wire = Rc::new(RefCell::new(Wire::new(None)));
    let peer = "192.0.2.1:1024".parse().expect("an address");
    let key = server.accept(SimStream(Rc::clone(&wire)), peer, now);
    send(server, &(key, Rc::clone(&wire)), line);
    (key, wire)
}

pub(crate) fn send(server: &mut Server<SimStream>, (key, wire): &Peer, line: &str) {
    wire.borrow_mut().to_server.extend(line.as_bytes());
    server.ready(*key, READABLE);
}

pub(crate) fn heard((_, wire): &Peer) -> String {
    String::from_utf8(wire.borrow().to_client.clone()).expect("UTF-8")
}
