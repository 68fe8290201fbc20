//! Cases that take more than luck to meet.

use std::io::ErrorKind;
use std::time::Duration;

use chatd::clock::Now;
use chatd::limits::Limits;
use chatd::pace::Rate;
use chatd::server::{Readiness, Server};
use chatd_support::sentences::{self, HOME, STOPPING, notice, traffic};

use crate::sim::stream::SimStream;
use crate::table::{Peer, heard, join, send, start};

#[test]
fn half_a_line_before_a_reset_is_not_said_though_the_reset_is_told_only_once() {
    let now = Now::read();
    let mut server = start(Limits { rate: None, backlog_bytes_max: 2048, ..Limits::default() });
    let talker = join(&mut server, now, "talker\n");
    let lost = join(&mut server, now, "lost\n");
    let listener = join(&mut server, now, "listener\n");
    for _ in 0..3 {
        server.tick(now);
    }
    // So much that the lost one is written to twice before it is its turn to be read.
    send(&mut server, &talker, &"something\n".repeat(200));
    lost.1.borrow_mut().to_server.extend(b"half a li");
    lost.1.borrow_mut().break_off(ErrorKind::ConnectionReset);
    for _ in 0..100 {
        server.tick(now);
    }
    let heard = heard(&listener);
    assert!(heard.contains(&(sentences::lost("lost") + "\n")), "{heard}");
    assert!(!heard.contains("half"), "{heard}");
}

#[test]
fn nothing_is_told_behind_the_goodbye_of_a_crowd() {
    let now = Now::read();
    let mut server = start(Limits::default());
    let peers: Vec<_> =
        (0..102).map(|number| join(&mut server, now, &format!("n{number}\n"))).collect();
    server.tick(now);
    let (key, wire) = &peers[0];
    wire.borrow_mut().window = 0;
    server.stop(now);
    wire.borrow_mut().window = usize::MAX;
    server.tick(now + Duration::from_secs(1));
    server.ready(*key, Readiness { writable: true, ..Readiness::default() });
    server.tick(now + Duration::from_secs(2));
    let heard = heard(&peers[0]);
    assert!(heard.ends_with(&format!("{}\n{STOPPING}\n", traffic(2, 0, 102))), "{heard}");
}

#[test]
fn short_lines_under_a_long_name_do_not_push_a_reader_over_its_limit_before_it_can_read() {
    let now = Now::read();
    let backlog_bytes_max = 128 * 1024;
    let mut server = start(Limits { rate: None, backlog_bytes_max, ..Limits::default() });
    let reader = join(&mut server, now, "reader\n");
    let talker = join(&mut server, now, &("t".repeat(24) + "\n"));
    server.tick(now);
    let (key, wire) = &reader;
    for _ in 0..10 {
        send(&mut server, &talker, &"x\n".repeat(16 * 1024));
        wire.borrow_mut().window = 0;
        server.tick(now);
        assert!(!wire.borrow().is_dropped);
        wire.borrow_mut().window = backlog_bytes_max;
        server.ready(*key, Readiness { writable: true, ..Readiness::default() });
    }
}

#[test]
fn who_is_over_its_rate_is_heard_at_its_rate() {
    let now = Now::read();
    let mut server = start(Limits { rate: Rate::new(10, 5), ..Limits::default() });
    let talker = join(&mut server, now, &("talker\n".to_owned() + &"something\n".repeat(100)));
    let listener = join(&mut server, now, "listener\n");
    let said = |server: &mut Server<_>, after| {
        server.tick(now + Duration::from_millis(after));
        heard(&listener).matches("talker: something").count()
    };
    // The nickname is a line, too. The listener is shown what was said before it came.
    assert_eq!(said(&mut server, 0), 4);
    assert_eq!(said(&mut server, 99), 4);
    assert_eq!(said(&mut server, 100), 4, "the pause is over, and it is its turn in the next tick");
    assert_eq!(said(&mut server, 100), 5);
    drop(talker);
}

#[test]
fn what_many_ask_for_at_once_is_more_than_one_tick_gives() {
    let now = Now::read();
    let limits = Limits { rate: None, backlog_bytes_max: 128 * 1024, ..Limits::default() };
    let (tick_bytes_max, answer_bytes_max) = (limits.tick_bytes_max(), limits.answer_bytes_max());
    let mut server = start(limits);
    let askers: Vec<_> =
        (0..20).map(|number| join(&mut server, now, &format!("n{number}\n"))).collect();
    server.tick(now);
    let told = || askers.iter().map(|asker| asker.1.borrow().to_client.len()).sum::<usize>();
    let before = told();
    for asker in &askers {
        send(&mut server, asker, &"/help\n".repeat(50));
    }
    server.tick(now);
    let answered = told() - before;
    assert!(answered > 0 && answered as u64 <= tick_bytes_max + answer_bytes_max as u64);
}

#[test]
fn a_line_without_end_is_read_at_the_rate_of_lines() {
    let now = Now::read();
    let limits = Limits { rate: Rate::new(10, 5), receive_bytes_per_turn: 64, ..Limits::default() };
    let mut server = start(Limits { line_bytes_max: 64, ..limits });
    let talker = join(&mut server, now, "talker\n");
    server.tick(now);
    send(&mut server, &talker, &"x".repeat(10_000));
    for _ in 0..100 {
        server.tick(now);
    }
    let read = 10_000 - talker.1.borrow().to_server.len();
    assert!((4 * 64..=6 * 64).contains(&read), "{read}");
}

#[test]
fn a_long_answer_costs_as_much_as_many_lines() {
    let now = Now::read();
    let mut server = start(Limits { rate: Rate::new(10, 25), ..Limits::default() });
    let line = "x".repeat(500) + "\n";
    join(&mut server, now, &("talker\n".to_owned() + &"x\n".repeat(20) + &line.repeat(4)));
    while server.timeout(now) == Some(Duration::ZERO) {
        server.tick(now);
    }
    let asker = join(&mut server, now, &("asker\n".to_owned() + &"/history\n".repeat(30)));
    let answers = |server: &mut Server<_>, after| {
        server.tick(now + Duration::from_millis(after));
        server.tick(now + Duration::from_millis(after));
        // The first was not asked for.
        heard(&asker).matches("20 earlier messages").count() - 1
    };
    // Each has 2 KiB and costs three lines: with the nickname, the ninth is one too many.
    assert_eq!(answers(&mut server, 0), 8);
    assert_eq!(answers(&mut server, 99), 8);
    assert_eq!(answers(&mut server, 100), 9);
    assert_eq!(answers(&mut server, 399), 9);
    assert_eq!(answers(&mut server, 400), 10);
}

#[test]
fn who_asks_and_does_not_read_is_not_read_until_it_does() {
    let now = Now::read();
    let mut server = start(Limits { rate: None, backlog_bytes_max: 8192, ..Limits::default() });
    let asker = join(&mut server, now, "asker\n");
    server.tick(now);
    let (key, wire) = &asker;
    wire.borrow_mut().window = 0;
    send(&mut server, &asker, &"/help\n".repeat(20_000));
    for _ in 0..100 {
        server.tick(now);
    }
    assert!(!wire.borrow().is_dropped && !wire.borrow().to_server.is_empty());
    wire.borrow_mut().window = usize::MAX;
    server.ready(*key, Readiness { writable: true, ..Readiness::default() });
    server.tick(now);
    while server.timeout(now) == Some(Duration::ZERO) {
        server.tick(now);
    }
    assert_eq!(heard(&asker).matches(&notice("/quit ")).count(), 20_000);
}

#[test]
fn what_comes_behind_quit_is_read_so_that_closing_eats_nothing() {
    let now = Now::read();
    let mut server = start(Limits::default());
    let peer = join(&mut server, now, &("peer\n/quit\n".to_owned() + &"more\n".repeat(100_000)));
    let (key, wire) = &peer;
    while server.timeout(now) == Some(Duration::ZERO) {
        server.tick(now);
    }
    assert!(wire.borrow().is_shut && wire.borrow().to_server.is_empty());
    assert!(!wire.borrow().is_dropped);
    wire.borrow_mut().is_ended = true;
    server.ready(*key, Readiness { readable: true, ended: true, ..Readiness::default() });
    server.tick(now);
    assert!(wire.borrow().is_dropped);
}

/// Does all that there is to do now.
fn work(server: &mut Server<SimStream>, now: Now) {
    server.tick(now);
    while server.timeout(now) == Some(Duration::ZERO) {
        server.tick(now);
    }
}

/// How many lines are said in a room before each of these is dropped, who read nothing. A line is
/// said as often as `lines_max` at the most.
fn lines_until_dropped(
    server: &mut Server<SimStream>,
    mut now: Now,
    talker: &Peer,
    readers: &[Peer],
    stopped: &[&Peer],
    lines_max: usize,
) -> Vec<Option<usize>> {
    let mut dropped = vec![None; stopped.len()];
    for (_, wire) in stopped {
        wire.borrow_mut().window = 0;
    }
    for line in 1..=lines_max {
        send(server, talker, &("x".repeat(500) + "\n"));
        work(server, now);
        now += Duration::from_millis(5);
        for (_, wire) in readers {
            wire.borrow_mut().to_client.clear();
        }
        for (dropped, (_, wire)) in dropped.iter_mut().zip(stopped) {
            if wire.borrow().is_dropped {
                dropped.get_or_insert(line);
            }
        }
    }
    dropped
}

#[test]
fn a_member_of_twenty_rooms_is_charged_for_what_it_is_sent_and_for_nothing_else() {
    const BACKLOG: usize = 128 * 1024;
    const LINES_MAX: usize = 4 * BACKLOG / 500;
    let now = Now::read();
    let leave_home = format!("/part {HOME}\n");
    let quiet: Vec<_> = (0..19).map(|room| format!("/join #quiet{room}\n")).collect();
    let quiet = quiet.concat();
    // Those who talk in another room hear the busy one with its name before each line.
    for talks_in in ["#busy", "#quiet0"] {
        let limits = Limits { rate: None, backlog_bytes_max: BACKLOG, ..Limits::default() };
        let mut server = start(limits);
        let mut peer = |nick: &str, does: &str| {
            let peer = join(&mut server, now, &format!("{nick}\n{does}{leave_home}"));
            work(&mut server, now);
            peer
        };
        let talker = peer("talker", "/join #busy\n");
        let readers: Vec<_> =
            (0..20).map(|number| peer(&format!("reader{number}"), "/join #busy\n")).collect();
        let in_one = peer("one", "/join #busy\n");
        let in_twenty = peer("twenty", &format!("{quiet}/join #busy\n/join {talks_in}\n"));
        let elsewhere = peer("elsewhere", &quiet);
        assert!(heard(&in_twenty).contains(&sentences::you_left(HOME, "twenty")));
        let stopped = [&in_one, &in_twenty, &elsewhere];
        let lines = lines_until_dropped(&mut server, now, &talker, &readers, &stopped, LINES_MAX);
        let [Some(in_one), Some(in_twenty), None] = lines[..] else {
            panic!("those in the busy room are dropped and nobody else: {lines:?}")
        };
        assert!(in_one.abs_diff(in_twenty) * 4 < in_one, "after {in_one} and {in_twenty} lines");
    }
}
