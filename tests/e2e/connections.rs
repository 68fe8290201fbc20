//! How connections begin and end, and how many there can be.

use chatd_support::sentences::{
    FULL, FULL_FOR_ADDRESS, GREETING, ended, here, joined, lost, quit, you_are,
};
use chatd_support::{Client, Server, eventually};

use crate::CHATD;

#[test]
fn what_was_sent_before_a_half_close_is_delivered_and_answered() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let mut ana = server.connect();
    // As `printf 'ana\nhi\n/who\nlast words' | nc -N` does.
    ana.send("ana\nhi\n/who\nlast words");
    ana.close_sending();
    for line in [&joined("ana"), "ana: hi", "ana: last words", &ended("ana")] {
        bruno.expect(line);
    }
    ana.expect_welcome("ana");
    ana.expect(here(&["bruno", "ana"]));
    ana.expect_end();
}

#[test]
fn who_half_closes_still_gets_all_that_is_queued() {
    let (server, [mut ana]) = CHATD.room("--rate 0", ["ana"]);
    let line = "x".repeat(4000);
    ana.send(format!("{line}\n").repeat(20));
    ana.ask("/who", here(&["ana"]));
    let mut bruno = Client::connect_with_small_buffer(server.addr(), 4096);
    bruno.send("bruno\n/history\n/history\n/history\n/history");
    bruno.close_sending();
    ana.expect(joined("bruno"));
    let lines = bruno.rest();
    let said = format!("ana: {line}");
    // What it is still to be shown as a newcomer is in what it asks for.
    let shown = lines.iter().filter(|line| **line == said).count();
    assert!((4 * 20..=5 * 20).contains(&shown), "{shown} messages");
    assert_eq!(lines.last(), Some(&said));
    ana.expect(ended("bruno"));
}

#[test]
fn a_reset_in_the_middle_of_anything_is_noticed_by_nobody_else() {
    let (server, [mut bruno, mut carla]) = CHATD.room("--rate 50 --burst 20", ["bruno", "carla"]);
    let resets: [(&str, &[u8]); 3] = [
        ("in the middle of a line", b"half a li"),
        ("in the middle of a telnet option", b"\xff\xfd"),
        ("before the answers are read", b"/who\n/help\n/who\n"),
    ];
    for (when, sent) in resets {
        let mut ana = server.join("ana");
        bruno.expect(joined("ana"));
        carla.expect(joined("ana"));
        ana.send(sent);
        ana.reset();
        bruno.expect(lost("ana"));
        carla.expect(lost("ana"));
        carla.say(when);
        bruno.expect(format!("carla: {when}"));
    }
    for nameless in [server.connect(), server.connect()] {
        nameless.reset();
    }
    bruno.ask("/who", here(&["bruno", "carla"]));
    bruno.say("still here");
    carla.expect("bruno: still here");
}

#[test]
fn over_max_clients_a_newcomer_is_told_and_the_room_goes_on() {
    let (server, [mut ana, mut bruno]) = CHATD.room("--max-clients 2", ["ana", "bruno"]);
    for _ in 0..3 {
        let mut late = server.connect();
        late.expect_bytes(format!("{FULL}\r\n").as_bytes());
        late.expect_end();
    }
    ana.say("hi");
    bruno.expect("ana: hi");
    bruno.quit();
    ana.expect(quit("bruno"));
    let _carla = join_when_there_is_room(&server, "carla");
    ana.expect(joined("carla"));
    server.expect_log("turned away");
}

#[test]
fn over_max_per_ip_a_newcomer_from_that_address_is_told_and_others_come_in() {
    let (server, [mut ana, mut bruno]) = CHATD.room("--max-per-ip 2", ["ana", "bruno"]);
    for _ in 0..2 {
        let mut late = server.connect();
        late.expect(FULL_FOR_ADDRESS);
        late.expect_end();
    }
    // All of 127.0.0.0/8 is this machine (RFC 1122, section 3.2.1.3); only Linux has it all at
    // hand.
    #[cfg(target_os = "linux")]
    let _carla = {
        let carla = Client::connect_from("127.0.0.2", server.addr()).named("carla");
        bruno.expect(joined("carla"));
        ana.expect(joined("carla"));
        // It stays: if it left, bruno might have that unread when he leaves, which resets his connection.
        carla
    };
    drop(bruno);
    ana.until(ended("bruno"));
    let _davi = join_when_there_is_room(&server, "davi");
    ana.expect(joined("davi"));
    server.expect_log("is davi");
    assert_eq!(server.log().matches("turned away").count(), 1, "{}", server.log());
}

/// The server learns in its own time that a connection is closed.
fn join_when_there_is_room(server: &Server, nick: &str) -> Client {
    eventually("room for one more", || {
        let mut client = server.connect();
        match client.line() {
            line if line == FULL || line == FULL_FOR_ADDRESS => None,
            greeting => {
                assert_eq!(greeting, GREETING);
                client.say(nick);
                client.expect_start(you_are(nick));
                Some(client)
            }
        }
    })
}

#[cfg(target_os = "linux")]
mod on_linux {
    use std::thread;
    use std::time::Duration;

    use chatd_support::sentences::{FULL, ended, joined, quit};
    use chatd_support::{Client, Server, eventually, proc};
    use rustix::process::{Pid, Resource, Rlimit, prlimit};

    use super::join_when_there_is_room;
    use crate::CHATD;

    const TWENTY_DESCRIPTORS: &str =
        "ulimit -n 20; exec \"$0\" --bind 127.0.0.1:0 --max-clients 1000 --history 0";

    #[test]
    fn without_descriptors_a_newcomer_is_told_the_room_goes_on_and_nothing_spins() {
        let server = Server::launch(CHATD.in_shell(TWENTY_DESCRIPTORS));
        let [mut ana, mut bruno] = server.room(["ana", "bruno"]);
        // What is used up once can be used up again.
        for nick in ["carla", "davi"] {
            let inside = use_up(&server);
            let late = server.connect();
            ana.say("hi");
            bruno.expect("ana: hi");
            expect_idle(&server);
            drop((inside, late));
            let mut newcomer = join_when_there_is_room(&server, nick);
            ana.expect(joined(nick));
            bruno.expect(joined(nick));
            newcomer.say("/quit");
            newcomer.expect_end();
            ana.expect(quit(nick));
            bruno.expect(quit(nick));
        }
    }

    /// Fills the server. Those who find no place are told, each of them.
    fn use_up(server: &Server) -> Vec<Client> {
        let newcomers: Vec<Client> = (0..20).map(|_| server.connect()).collect();
        let (told, inside): (Vec<_>, Vec<_>) =
            newcomers.into_iter().map(|mut it| (it.line(), it)).partition(|(line, _)| line == FULL);
        assert!(!told.is_empty() && !inside.is_empty(), "{} told", told.len());
        for (_, mut client) in told {
            client.expect_end();
        }
        inside.into_iter().map(|(_, client)| client).collect()
    }

    fn expect_idle(server: &Server) {
        let before = proc::work(server.pid());
        thread::sleep(Duration::from_millis(500));
        let after = proc::work(server.pid());
        let (runs, time) = (after.0 - before.0, after.1.saturating_sub(before.1));
        assert!(runs < 20 && time < Duration::from_millis(50), "{runs} runs, {time:?}");
    }

    #[test]
    fn a_limit_of_descriptors_lowered_for_a_while_keeps_newcomers_waiting_and_no_longer() {
        let server = Server::launch(CHATD.in_shell(TWENTY_DESCRIPTORS));
        let [mut ana, mut bruno] = server.room(["ana", "bruno"]);
        let pid = i32::try_from(server.pid()).ok().and_then(Pid::from_raw);
        let limit_to = |current: u64| {
            let limit = Rlimit { current: Some(current), maximum: Some(20) };
            prlimit(pid, Resource::Nofile, limit).expect("our own child")
        };
        // Less than are in use: not even the one held back helps to tell anybody anything.
        limit_to(3);
        let mut carla = server.connect();
        carla.say("carla");
        expect_idle(&server);
        ana.say("hi");
        bruno.expect("ana: hi");
        limit_to(20);
        carla.expect_welcome("carla");
        ana.expect(joined("carla"));
        use_up(&server);
    }

    #[test]
    fn the_last_line_before_an_end_counts_even_if_nobody_is_there_for_the_answer() {
        let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
        let mut ana = server.join("ana");
        bruno.expect(joined("ana"));
        server.signal("STOP");
        ana.send("/who\nlast words");
        drop(ana);
        server.signal("CONT");
        bruno.expect("ana: last words");
        bruno.expect(ended("ana"));
    }

    #[test]
    fn a_silent_peer_is_probed_within_half_a_minute() {
        let (server, [ana]) = CHATD.room("", ["ana"]);
        let due =
            eventually("a timer of the kernel", || proc::keepalive_in(server.addr(), ana.addr()));
        assert!(due <= Duration::from_secs(30), "{due:?}");
    }
}
