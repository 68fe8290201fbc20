//! Rooms that end and are made again: the model knows none, as its first client stays everywhere.

use std::io::ErrorKind;

use chatd::clock::Now;
use chatd::limits::Limits;
use chatd::server::{Readiness, Server};
use chatd_support::sentences::rooms::{
    NO_LISTS, NO_TOPIC, entered, kicked, made, marked, room_summary, talks_in, usual_rules, why,
};
use chatd_support::sentences::{NOTHING_EARLIER, here, notice, said};

use crate::sim::stream::SimStream;
use crate::table::{Peer, READABLE, heard, join, send, start};

/// What whoever makes a room is told.
fn new() -> String {
    made("#own", Some(("#lobby", 0))) + "\n"
}

/// A server, and who types something there and reads what comes of it.
struct Table {
    server: Server<SimStream>,
    now: Now,
}

impl Table {
    fn new(limits: Limits) -> Self {
        Self { server: start(limits), now: Now::read() }
    }

    fn seat(&mut self, name: &str) -> Peer {
        let peer = join(&mut self.server, self.now, &format!("{name}\n"));
        self.work();
        peer
    }

    fn work(&mut self) {
        self.server.tick(self.now);
        while self.server.timeout(self.now) == Some(std::time::Duration::ZERO) {
            self.server.tick(self.now);
        }
    }

    /// What somebody is told after it typed that.
    fn told(&mut self, peer: &Peer, lines: &str) -> String {
        self.news(peer);
        send(&mut self.server, peer, lines);
        self.news(peer)
    }

    /// What somebody was told since the last time.
    fn news(&mut self, peer: &Peer) -> String {
        self.work();
        let news = heard(peer);
        peer.1.borrow_mut().to_client.clear();
        news
    }

    fn end(&mut self, (key, wire): &Peer) {
        wire.borrow_mut().is_ended = true;
        self.server.ready(*key, Readiness { ended: true, ..READABLE });
        self.work();
    }

    fn break_off(&mut self, (key, wire): &Peer) {
        wire.borrow_mut().break_off(ErrorKind::ConnectionReset);
        let broken = Readiness { readable: true, ended: true, writable: true, broken: true };
        self.server.ready(*key, broken);
        self.work();
    }
}

/// Makes a room where everything that can be decided is, and something was said.
fn furnish(table: &mut Table, maker: &Peer) {
    assert_eq!(table.told(maker, "/join own\n"), new());
    for line in [
        "secret plans",
        "/topic plans",
        "/room moderated on",
        "/room key word",
        "/room limit 1",
        "/room slow 3600",
        "/room invite-only on",
        "/room secret on",
        "/mute *!*@*",
        "/ban other!*@*",
    ] {
        assert!(!table.told(maker, &format!("{line}\n")).contains("Usage"), "{line}");
    }
}

/// Whoever comes to a room finds it new, and its operator.
fn finds_nothing(table: &mut Table, other: &Peer, people: usize) {
    let all = room_summary("#lobby", people, true, None) + "\n";
    for (line, answer) in [
        ("/join own", made("#own", Some(("#lobby", 0)))),
        ("/history", NOTHING_EARLIER.into()),
        ("/topic", NO_TOPIC.into()),
        ("/bans", NO_LISTS.into()),
        ("/room", usual_rules("#own")),
        ("/who", here(&["@other"])),
        ("/rooms", all + &room_summary("#own", 1, true, None)),
    ] {
        assert_eq!(table.told(other, &format!("{line}\n")), answer + "\n", "{line}");
    }
}

#[test]
fn a_room_made_again_has_nothing_of_before_however_its_last_member_went() {
    type Go = fn(&mut Table, &Peer);
    let ways: [(Go, bool); 4] = [
        (|table, maker| drop(table.told(maker, "/part\n")), true),
        (|table, maker| drop(table.told(maker, "/quit\n")), false),
        (Table::end, false),
        (Table::break_off, false),
    ];
    for (number, (go, is_still_there)) in ways.into_iter().enumerate() {
        let mut table = Table::new(Limits { rate: None, ..Limits::default() });
        let (maker, other) = (table.seat("maker"), table.seat("other"));
        furnish(&mut table, &maker);
        let none = notice(why::no_room("#own")) + "\n";
        assert_eq!(table.told(&other, "/who #own\n"), none, "it is secret");
        go(&mut table, &maker);
        assert_eq!(table.told(&other, "/who #own\n"), none, "it has ended");
        finds_nothing(&mut table, &other, if is_still_there { 2 } else { 1 });
        // Under the name, and from the address, of the operator of the room that was.
        let again = if is_still_there { maker } else { table.seat("maker") };
        let told = entered("#own", Some(("#lobby", 0)), "@other") + "\n";
        assert_eq!(table.told(&again, "/join own\n"), told, "way {number}");
        let refused = notice(why::no_operator("#own", true)) + "\n";
        assert_eq!(table.told(&again, "/kick other\n"), refused);
        table.news(&other);
        assert_eq!(table.told(&again, "hi\n"), "");
        assert_eq!(table.news(&other), said("maker", "hi") + "\n");
    }
}

#[test]
fn whoever_was_being_shown_a_room_that_ended_is_shown_nothing_of_the_one_made_again() {
    let backlog_bytes_max = 32 * 1024;
    let mut table = Table::new(Limits { rate: None, backlog_bytes_max, ..Limits::default() });
    let (maker, reader, next) = (table.seat("maker"), table.seat("reader"), table.seat("next"));
    table.told(&maker, "/join own\n");
    for number in 0..20 {
        table.told(&maker, &format!("old{number} {}\n", "x".repeat(150)));
    }
    table.news(&reader);
    // It does not read, so that it is still to be shown most of it when all are gone.
    reader.1.borrow_mut().window = 0;
    send(&mut table.server, &reader, "/join own\n");
    table.work();
    table.told(&maker, "/kick reader\n/part\n");
    assert_eq!(table.told(&next, "/join own\n"), new());
    for number in 0..20 {
        table.told(&next, &format!("new{number}\n"));
    }
    reader.1.borrow_mut().window = usize::MAX;
    table.server.ready(reader.0, Readiness { writable: true, ..Readiness::default() });
    let news = table.news(&reader);
    assert!(news.contains("old3 ") && !news.contains("old19") && !news.contains("new"), "{news}");
    let out = [kicked("reader", "maker", None), talks_in(Some("#lobby"))].join("\n") + "\n";
    assert!(news.ends_with(&out), "{news}");
    let again = table.told(&reader, "/join own\n");
    assert!(again.contains("20 earlier messages,") && !again.contains("old"), "{again}");
}

#[test]
fn nobody_hears_anything_of_a_room_before_it_came_there_or_after_it_left() {
    let mut table = Table::new(Limits { rate: None, ..Limits::default() });
    let [ana, bruno, carla] = ["ana", "bruno", "carla"].map(|name| table.seat(name));
    for peer in [&ana, &bruno] {
        table.told(peer, "/join own\n");
    }
    // The same key as that of a room that has ended stands for another room now.
    table.told(&bruno, "/part\n");
    table.told(&ana, "/part\n/join other\n");
    table.told(&bruno, "/join own\n");
    for peer in [&ana, &bruno, &carla] {
        table.news(peer);
    }
    table.told(&ana, "in other\n");
    assert_eq!([&bruno, &carla].map(|peer| table.news(peer)), ["", ""]);
    table.told(&bruno, "in own\n/topic mine\n/msg #lobby hello\n");
    let hello = said("bruno", "hello");
    let hello = [marked("#lobby", &hello), hello].map(|line| line + "\n");
    assert_eq!([&ana, &carla].map(|peer| table.news(peer)), hello);
    table.told(&bruno, "/part #lobby\n");
    table.news(&ana);
    table.news(&carla);
    table.told(&bruno, "/nick bob\n/quit\n");
    assert_eq!(
        [&ana, &carla].map(|peer| table.news(peer)),
        ["", ""],
        "it was in no room of theirs"
    );
}
