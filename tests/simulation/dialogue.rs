//! What single clients of IRC are told for what they send: by the whole server, but in an order that a test
//! decides.

use std::time::Duration;

use chatd::clock::Now;
use chatd::limits::Limits;
use chatd::pace::Rate;
use chatd::server::Server;

use crate::sim::stream::SimStream;
use crate::table::{Peer, heard, join, send, start};

/// A server, and what time it is there.
struct Table {
    server: Server<SimStream>,
    now: Now,
}

impl Table {
    /// One where everybody says as much at once as it likes.
    fn new() -> Self {
        Self::with(Limits { rate: None, home_after: None, ..Limits::default() })
    }

    fn with(limits: Limits) -> Self {
        Self { server: start(limits), now: Now::read() }
    }

    /// Somebody connects and sends this.
    fn connect(&mut self, lines: &str) -> Peer {
        let peer = join(&mut self.server, self.now, lines);
        self.settle();
        peer
    }

    /// A client that agreed on these capabilities, and has read what it was told then.
    fn register(&mut self, nick: &str, caps: &str) -> Peer {
        let lines =
            format!("CAP REQ :{caps}\r\nNICK {nick}\r\nUSER {nick} 0 * :{nick}\r\nCAP END\r\n");
        let client = self.connect(&lines);
        assert!(read(&client).iter().any(|line| line.starts_with("376 ")));
        client
    }

    fn settle(&mut self) {
        for _ in 0..1000 {
            self.server.tick(self.now);
            if self.server.timeout(self.now) != Some(Duration::ZERO) {
                return;
            }
        }
        panic!("the server does not come to rest");
    }

    /// Sends lines, and returns what its client is told.
    fn ask(&mut self, client: &Peer, lines: &str) -> Vec<String> {
        send(&mut self.server, client, &format!("{lines}\r\n"));
        self.settle();
        read(client)
    }

    /// So much time goes by, in which nobody does anything.
    fn wait(&mut self, time: Duration) {
        self.now += time;
        self.settle();
    }
}

/// What a client was told since it was asked last.
fn read(client: &Peer) -> Vec<String> {
    let told = heard(client);
    client.1.borrow_mut().to_client.clear();
    told.lines().map(|line| line.replace(":table.chat ", "")).collect()
}

#[test]
fn a_goodbye_is_told_whatever_label_it_has() {
    let mut table = Table::new();
    let ana = table.register("ana", "batch labeled-response");
    assert_eq!(table.ask(&ana, "@label=7 QUIT :bye"), ["ERROR :Closing link: Quit: bye"]);
}

#[test]
fn a_newcomer_is_told_once_what_is_wrong_with_the_nickname_that_it_wants_now() {
    let mut table = Table::new();
    let _ana = table.register("ana", "");
    let newcomer = table.connect("NICK ana\r\nUSER a 0 * :a\r\n");
    let told = read(&newcomer);
    assert!(told.len() == 1 && told[0].starts_with("433 * ana "), "{told:?}");
    assert!(table.ask(&newcomer, "NICK 1st")[0].starts_with("432 * 1st "));
    assert!(table.ask(&newcomer, "NICK bia")[0].starts_with("001 bia "));
    // It was free when it was asked for.
    let late = table.connect("NICK carla\r\n");
    let _carla = table.register("carla", "");
    assert_eq!(read(&late), [""; 0]);
    assert!(table.ask(&late, "USER a 0 * :a")[0].starts_with("433 * carla "));
}

/// They are only for programs, and not for all of those: people are told the words.
#[test]
fn what_is_refused_as_a_whole_is_answered_with_that_alone() {
    let mut table = Table::new();
    let newcomer = table.connect("CAP LS\r\n");
    read(&newcomer);
    for line in ["NAMES #a", "ISON ana", "USERHOST ana"] {
        assert_eq!(table.ask(&newcomer, line), ["451 * :You have not registered"], "{line}");
    }
    let ana = table.register("ana", "");
    for verb in ["ISON", "USERHOST"] {
        assert_eq!(table.ask(&ana, verb), [format!("461 ana {verb} :Not enough parameters")]);
    }
    assert_eq!(table.ask(&ana, "ISON bia"), ["303 ana :"], "nobody of those is here");
}

#[test]
fn a_client_to_which_many_nicknames_were_refused_is_closed_as_others_are() {
    let mut table = Table::new();
    let newcomer = table.connect("USER a 0 * :a\r\n");
    let told = table.ask(&newcomer, "NICK 1\r\n".repeat(30).trim_end());
    let refused = told.iter().filter(|line| line.starts_with("432 ")).count();
    assert_eq!(refused, 20, "{told:?}");
    assert!(told.last().is_some_and(|line| line.starts_with("ERROR ")), "{told:?}");
}

#[test]
fn the_words_of_what_is_styled_are_told_wherever_no_styles_are() {
    let mut table = Table::new();
    let (ana, bia) = (table.register("ana", "away-notify"), table.register("bia", ""));
    table.ask(&ana, "JOIN #dev\r\nMODE #dev -t");
    for (line, told) in [
        ("TOPIC #dev :\x02new\x02 \x0304topic", "TOPIC #dev :new topic"),
        ("PART #dev :\x1dbye\x1d", "PART #dev :bye"),
        ("AWAY :\x02out\x02", "AWAY :out"),
        ("QUIT :\x0308,01later\x03", "QUIT :later"),
    ] {
        table.ask(&bia, "JOIN #dev");
        table.ask(&bia, line);
        let heard = read(&ana);
        assert!(heard.iter().any(|line| line.ends_with(told)), "{line:?}: {heard:?}");
    }
}

/// It has asked for more than its rate allows, and what it sends is read later.
#[test]
fn a_client_that_is_not_read_is_not_taken_for_gone() {
    let rate = Rate::new(1, 8);
    let mut table = Table::with(Limits { rate, home_after: None, ..Limits::default() });
    let (ana, bia) = (table.register("ana", ""), table.register("bia", ""));
    // To make a room counts as twenty lines, so what follows is read three minutes later.
    let rooms = ["#a", "#b", "#c", "#d", "#e", "#f", "#g", "#h", "#i", "#j"].join(",");
    send(&mut table.server, &ana, &format!("JOIN {rooms}\r\n"));
    for _ in 0..25 {
        table.wait(Duration::from_secs(10));
        send(&mut table.server, &ana, "PONG :table.chat\r\n");
    }
    assert!(!ana.1.borrow().is_shut);
    assert!(bia.1.borrow().is_shut);
}

/// People are shown the largest rooms, which is enough; a program may look for a small one.
/// It may have sent where it wants to go, which is not read yet.
#[test]
fn a_client_that_waits_for_its_rate_is_not_put_in_the_home_room() {
    let limits = Limits { rate: Rate::new(1, 20), ..Limits::default() };
    let mut table = Table::with(limits);
    let lines = format!("NICK ana\r\nUSER a 0 * :a\r\n{}JOIN #dev\r\n", "VERSION\r\n".repeat(30));
    let ana = table.connect(&lines);
    for _ in 0..200 {
        table.wait(Duration::from_millis(500));
    }
    let told = read(&ana);
    let joined: Vec<&String> = told.iter().filter(|line| line.contains(" JOIN ")).collect();
    assert!(joined.len() == 1 && joined[0].ends_with(" JOIN #dev"), "{joined:?}");
}

#[test]
fn each_of_many_rooms_with_long_topics_is_found() {
    let mut table = Table::new();
    let clients = [table.register("ana", ""), table.register("bia", "")];
    for room in 0..60 {
        let client = &clients[room % 2];
        table.ask(client, &format!("JOIN #r{room}\r\nTOPIC #r{room} :{}", "x".repeat(390)));
    }
    let listed = table.ask(&clients[0], "LIST #r59");
    assert!(listed.iter().any(|line| line.starts_with("322 ana #r59 1 :x")), "{listed:?}");
}

#[test]
fn that_somebody_types_does_not_make_it_wait_in_slow_mode() {
    let mut table = Table::new();
    let person = table.connect("pia\n/join dev\n/room slow 60\n");
    let ana = table.register("ana", "message-tags");
    table.ask(&ana, "JOIN #dev");
    assert_eq!(table.ask(&ana, "@+typing=active TAGMSG #dev"), [""; 0]);
    read(&person);
    assert_eq!(table.ask(&ana, "PRIVMSG #dev :hi"), [""; 0]);
    assert_eq!(read(&person), ["ana: hi"]);
    assert!(table.ask(&ana, "PRIVMSG #dev :again")[0].starts_with("404 ana #dev "));
}

#[test]
fn a_token_is_a_short_number() {
    let mut table = Table::new();
    let ana = table.register("ana", "");
    for (token, told) in [("7", "7"), ("123", "123"), ("1234", "0"), ("x", "0"), ("", "0")] {
        let listed = table.ask(&ana, &format!("WHO ana %tn,{token}"));
        assert_eq!(listed[0], format!("354 ana {told} ana"), "{token:?}");
    }
}
