//! What happens at the limits of a rate and a backlog.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use chatd_support::sentences::{ended, here, joined, left, quit};
use chatd_support::{Client, now, numbers};

use crate::CHATD;

#[test]
fn a_paste_over_the_rate_arrives_late_complete_and_in_order_and_nobody_else_feels_it() {
    const LINES: usize = 300;
    let (server, [mut ana, mut bruno, mut carla]) =
        CHATD.room("--rate 100 --burst 20", ["ana", "bruno", "carla"]);
    let start = now();
    ana.send(numbers(LINES));
    carla.expect("ana: 0");
    bruno.say("in between");
    let mut lines = carla.until("bruno: in between");
    assert!(lines.len() < LINES - 1, "the whole paste came first");
    while lines.len() < LINES - 1 {
        lines.push(carla.line());
    }
    let late = Duration::from_millis(10) * u32::try_from(LINES - 20).unwrap();
    assert!(start.elapsed() >= late, "all at the rate after {:?}", start.elapsed());
    let sent: Vec<String> = (1..LINES).map(|number| format!("ana: {number}")).collect();
    assert_eq!(lines, sent);
    server.expect_log(&format!("{}: over its rate, read later", ana.addr()));
    ana.expect("bruno: in between");
    // As it is of one that has ended its stream.
    ana.send(numbers(LINES));
    ana.close_sending();
    carla.lines(LINES);
    carla.expect(ended("ana"));
    ana.expect_end();
}

#[test]
fn who_sends_just_a_burst_is_not_over_the_rate() {
    let (server, [mut ana, mut bruno]) = CHATD.room("--rate 1 --burst 5", ["ana", "bruno"]);
    // The nickname was a line, too.
    ana.send("hi\n".repeat(4));
    ana.close_sending();
    assert_eq!(bruno.lines(5)[4], ended("ana"));
    assert!(!server.log().contains("over its rate"), "{}", server.log());
}

fn numbered(number: usize) -> Vec<u8> {
    format!("{number:0>1000}\n").into_bytes()
}

#[test]
fn who_stops_reading_is_dropped_and_nobody_waits_even_for_most_of_the_room() {
    drop_who_does_not_read(&["sleeper"]);
    drop_who_does_not_read(&["sleeper1", "sleeper2", "sleeper3", "sleeper4"]);
}

/// Some stop reading while one talks; who reads goes on, and sees them leave.
fn drop_who_does_not_read(stalled: &[&str]) {
    let (server, [ana, mut bruno]) = CHATD.room("--rate 0 --max-backlog 128K", ["ana", "bruno"]);
    let mut asleep = Vec::new();
    for nick in stalled {
        asleep.push(Client::connect_with_small_buffer(server.addr(), 4096).named(nick));
        bruno.expect(joined(nick));
    }
    let is_enough = AtomicBool::new(false);
    let (mut due, mut told) = (0.., Vec::new());
    let mut talk = ana.sender();
    thread::scope(|scope| {
        scope.spawn(|| {
            let lines = (0..).map(numbered).take_while(|_| !is_enough.load(Ordering::Relaxed));
            for line in lines.chain([b"/quit\n".to_vec()]) {
                talk.write_all(&line).expect("the server reads, if slowly");
            }
        });
        while told.len() < stalled.len() {
            let line = bruno.line();
            match line.strip_prefix("ana: ") {
                Some(text) => assert_eq!(text.parse().ok(), due.next(), "no line is missing"),
                None => told.push(line),
            }
        }
        is_enough.store(true, Ordering::Relaxed);
        bruno.until(quit("ana"));
    });
    told.sort();
    let dropped = stalled.iter().map(|nick| left(nick, "too slow"));
    assert_eq!(told, dropped.collect::<Vec<_>>());
    for (nick, client) in stalled.iter().zip(&asleep) {
        server.expect_log(&format!("{} left ({nick}): too slow: ", client.addr()));
    }
    assert_eq!(server.log().matches("too slow").count(), stalled.len());
}

#[test]
fn a_room_that_reads_slowly_slows_the_talker_and_nobody_is_dropped() {
    // As it is, and the smallest.
    read_slowly("1M");
    read_slowly("128K");
}

/// All read steadily and alike, but not as fast as one talks.
fn read_slowly(backlog: &str) {
    const LINES: usize = 4000;
    let (server, [mut ana]) = CHATD.room(&format!("--rate 0 --max-backlog {backlog}"), ["ana"]);
    let mut readers = ["bruno", "carla", "davi"].map(|nick| {
        // All with the same buffer: left alone the kernel may hold megabytes more for one than for
        // another.
        Client::connect_with_small_buffer(server.addr(), 64 * 1024).named(nick)
    });
    ana.until(joined("davi"));
    readers[0].expect(joined("carla"));
    readers[0].expect(joined("davi"));
    readers[1].expect(joined("davi"));
    let said: Vec<Vec<u8>> = (0..LINES).map(numbered).collect();
    let seen: Vec<u8> = said.iter().flat_map(|line| [b"ana: ", line.as_slice()].concat()).collect();
    thread::scope(|scope| {
        let mut talker = ana.sender();
        scope.spawn(move || talker.write_all(&said.concat()).expect("the server reads, if slowly"));
        for part in seen.chunks(16 * 1024) {
            for reader in &mut readers {
                reader.expect_bytes(part);
            }
            // This is what makes them slow.
            thread::sleep(Duration::from_millis(2));
        }
    });
    ana.ask("/who", here(&["ana", "bruno", "carla", "davi"]));
    assert!(!server.log().contains("too slow"), "{}", server.log());
}
