//! Nobody can keep the server to itself.

use std::time::Duration;

use chatd::limits::Limits;
use chatd::server::{Readiness, Server};

use crate::sim::stream::SimStream;
use crate::table::{Peer, READABLE, heard, join, send, start, start_with_history};

fn has_heard((_, wire): &Peer, line: &[u8]) -> bool {
    wire.borrow().to_client.windows(line.len()).any(|heard| heard == line)
}

#[test]
fn a_line_is_heard_beside_somebody_who_talks_without_end() {
    let now = chatd_support::now();
    // The shorter the flooder's lines, the more a byte of theirs costs: each gets the nickname,
    // once for each format.
    for flood in ["x\n".repeat(100_000), "x".repeat(1000) + "\n"] {
        let mut server = start(Limits { rate: None, ..Limits::default() });
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
            has_heard(&listener, b"talker: heard?\r")
        });
        assert!(ticks.is_some_and(|ticks| ticks <= 3), "heard after {ticks:?} ticks");
    }
}

#[test]
fn a_word_does_not_wait_behind_twenty_who_flood() {
    const FLOODERS: usize = 20;
    let now = chatd_support::now();
    // What is said, what is nothing, what is asked for.
    for flood in ["x\n", "\n", "/nick a\n/nick b\n", "/who\n"] {
        let mut server = start(Limits { rate: None, ..Limits::default() });
        let flooders: Vec<_> =
            (0..FLOODERS).map(|number| join(&mut server, now, &format!("f{number}\n"))).collect();
        let talker = join(&mut server, now, "talker\n");
        let listener = join(&mut server, now, "listener\n");
        server.tick(now);
        let flood = flood.repeat(100_000 / flood.len());
        let flood_on = |server: &mut Server<SimStream>| {
            for flooder in &flooders {
                if flooder.1.borrow().to_server.len() < flood.len() {
                    send(server, flooder, &flood);
                }
            }
        };
        let unread =
            || -> usize { flooders.iter().map(|(_, wire)| wire.borrow().to_server.len()).sum() };
        // Each has its first turn, and is known for what it is.
        for _ in 0..FLOODERS {
            flood_on(&mut server);
            server.tick(now);
        }
        for _ in 0..10 {
            flood_on(&mut server);
            let before = unread();
            listener.1.borrow_mut().to_client.clear();
            send(&mut server, &talker, "heard?\n");
            server.tick(now);
            let read = before - unread();
            assert!(has_heard(&listener, b"talker: heard?"), "it waits behind {:?}", &flood[..9]);
            assert!(read < 1 << 18, "{read} bytes of {:?} were read in one tick", &flood[..9]);
        }
    }
}

#[test]
fn whoever_comes_often_with_little_leaves_half_to_those_who_have_much_to_say() {
    const LIGHT: usize = 200;
    let now = chatd_support::now();
    let mut server = start(Limits { rate: None, ..Limits::default() });
    let paster = join(&mut server, now, "paster\n");
    let listener = join(&mut server, now, "listener\n");
    let light: Vec<_> =
        (0..LIGHT).map(|number| join(&mut server, now, &format!("l{number}\n"))).collect();
    while server.timeout(now) == Some(Duration::ZERO) {
        server.tick(now);
    }
    let ticks = 10;
    send(&mut server, &paster, &("p".repeat(100) + "\n").repeat(10_000));
    for _ in 0..ticks {
        for one in &light {
            if one.1.borrow().to_server.is_empty() {
                send(&mut server, one, "/help\n/help\n/help\n");
            }
        }
        server.tick(now);
    }
    let heard = listener.1.borrow().to_client.clone();
    let lines = heard.split(|&byte| byte == b'\n').filter(|line| line.starts_with(b"paster: "));
    // A turn each tick.
    let (lines, turn) = (lines.count(), Limits::default().receive_bytes_per_turn / 101);
    assert!(lines > turn * (ticks - 2) / 2, "{lines} lines in {ticks} ticks");
}

#[test]
fn while_the_room_is_slow_a_word_is_heard_at_once_and_what_heavy_talkers_say_later() {
    const HEAVY: usize = 20;
    let now = chatd_support::now();
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
    let work = |server: &mut Server<SimStream>| {
        while server.timeout(now) == Some(Duration::ZERO) {
            server.tick(now);
        }
    };
    for word in 0..10 {
        listener.1.borrow_mut().to_client.clear();
        send(&mut server, &talker, &format!("word {word}\n"));
        work(&mut server);
        assert!(has_heard(&listener, format!("talker: word {word}\n").as_bytes()), "{word}");
        assert!(!has_heard(&listener, b"heavy"), "heavy talkers wait for the readers");
    }
    // But what is light is not without bound either.
    listener.1.borrow_mut().to_client.clear();
    for _ in 0..1000 {
        send(&mut server, &talker, &("y".repeat(900) + "\n"));
        work(&mut server);
    }
    let said = listener.1.borrow().to_client.len();
    assert!(said < 64 << 10, "{said} bytes were said in one pause");
}

#[test]
fn what_the_dead_asked_for_is_not_answered() {
    let now = chatd_support::now();
    let mut server = start(Limits { rate: None, ..Limits::default() });
    for number in 0..500 {
        join(&mut server, now, &format!("a-rather-long-name{number}\n"));
    }
    let asker = join(&mut server, now, "asker\n");
    while server.timeout(now) == Some(Duration::ZERO) {
        server.tick(now);
    }
    send(&mut server, &asker, &"/who\n".repeat(1000));
    server.ready(asker.0, Readiness { broken: true, ..READABLE });
    let ticks = (1..100).find(|_| {
        server.tick(now);
        asker.1.borrow().is_dropped
    });
    // Each answer has ten thousand bytes, and takes its part of a tick.
    assert!(ticks.is_some_and(|ticks| ticks <= 5), "gone after {ticks:?} ticks");
}

#[test]
fn long_welcomes_leave_half_to_those_who_have_much_to_say() {
    let now = chatd_support::now();
    let limits = Limits { rate: None, ..Limits::default() };
    let mut server = start_with_history(limits, 1000);
    let paster = join(&mut server, now, "paster\n");
    let listener = join(&mut server, now, "listener\n");
    send(&mut server, &listener, &("h".repeat(2000) + "\n").repeat(1000));
    while server.timeout(now) == Some(Duration::ZERO) {
        server.tick(now);
    }
    send(&mut server, &paster, &("p".repeat(1000) + "\n").repeat(2000));
    server.tick(now);
    listener.1.borrow_mut().to_client.clear();
    let ticks = 20;
    for tick in 0..ticks {
        // The welcome of each is as long as an answer may be.
        for newcomer in 0..2 {
            join(&mut server, now, &format!("n{tick}x{newcomer}\n"));
        }
        server.tick(now);
    }
    let heard = heard(&listener);
    let lines = heard.lines().filter(|line| line.starts_with("paster: ")).count();
    assert!(lines > 25 * ticks, "{lines} lines in {ticks} ticks");
}

#[test]
fn whoever_has_no_nickname_does_not_count_among_those_who_read() {
    let mut now = chatd_support::now();
    let mut server = start(Limits { rate: None, ..Limits::default() });
    let readers: Vec<_> =
        (0..50).map(|number| join(&mut server, now, &format!("reader{number}\n"))).collect();
    let paster = join(&mut server, now, "paster\n");
    join(&mut server, now, "stopped\n").1.borrow_mut().window = 1000;
    let nameless: Vec<_> = (0..60).map(|_| join(&mut server, now, "no")).collect();
    // One of fifty is far behind.
    for reader in &readers {
        for _ in 0..10 {
            send(&mut server, reader, &("z".repeat(1200) + "\n"));
            server.tick(now);
        }
    }
    readers[0].1.borrow_mut().to_client.clear();
    send(&mut server, &paster, &("p".repeat(1200) + "\n").repeat(80));
    for _ in 0..10 {
        for one in &nameless {
            send(&mut server, one, &"o".repeat(200));
        }
        server.tick(now);
        now += Duration::from_millis(5);
    }
    let lines = heard(&readers[0]).lines().filter(|line| line.starts_with("paster: ")).count();
    assert_eq!(lines, 80, "most of the room can keep up");
}

#[test]
fn whoever_got_a_nickname_at_the_last_moment_has_one_turn_like_everybody() {
    let limits = Limits { rate: None, ..Limits::default() };
    let mut now = chatd_support::now();
    let mut server = start(limits.clone());
    let light: Vec<_> =
        (0..300).map(|number| join(&mut server, now, &format!("l{number}\n"))).collect();
    let other = join(&mut server, now, "other\n");
    let late = join(&mut server, now, "/nothing\n");
    while server.timeout(now) == Some(Duration::ZERO) {
        server.tick(now);
    }
    let flood = ("x".repeat(100) + "\n").repeat(50_000);
    send(&mut server, &other, &flood);
    server.tick(now);
    // It waits for its turn when its time is over.
    now += limits.nickname_within;
    for one in &light {
        send(&mut server, one, "/help\n/help\n/help\n");
    }
    send(&mut server, &late, &("late\n".to_owned() + &flood));
    for _ in 0..20 {
        server.tick(now);
    }
    assert!(heard(&late).contains("You are late"));
    let left = || [&other, &late].map(|peer| peer.1.borrow().to_server.len());
    let before = left();
    for _ in 0..50 {
        server.tick(now);
    }
    let after = left();
    assert_eq!(before[0] - after[0], before[1] - after[1]);
}
