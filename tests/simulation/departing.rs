//! Who comes, talks and goes, again and again.

use std::io::ErrorKind;
use std::time::Duration;

use chatd::clock::Now;
use chatd::limits::Limits;
use chatd::pace::Rate;
use chatd::server::{Readiness, Server};
use chatd_support::sentences::{here, joined, lost, welcome};

use crate::sim::stream::SimStream;
use crate::table::{Peer, READABLE, heard, join, send, start};

const BROKEN: Readiness = Readiness { readable: true, ended: true, writable: true, broken: true };

/// A server with somebody who only listens, and its clock.
fn room(limits: Limits) -> (Server<SimStream>, Peer, Now) {
    let now = Now::read();
    let mut server = start(limits);
    let listener = join(&mut server, now, "listener\n");
    server.tick(now);
    (server, listener, now)
}

/// Lets time pass, and ticks whenever something is due.
fn pass(server: &mut Server<SimStream>, now: &mut Now, time: Duration) {
    let end = *now + time;
    while let Some(timeout) = server.timeout(*now)
        && *now + timeout < end
    {
        *now += timeout;
        server.tick(*now);
    }
    *now = end;
}

/// How many lines of the visitors somebody hears in ten seconds, while `visit` is made every
/// ten milliseconds.
fn lines_of(visit: impl Fn(&mut Server<SimStream>, Now)) -> usize {
    let (mut server, listener, mut now) = room(Limits::default());
    for _ in 0..1000 {
        visit(&mut server, now);
        server.tick(now);
        pass(&mut server, &mut now, Duration::from_millis(10));
    }
    heard(&listener).lines().filter(|line| line.ends_with(": hi")).count()
}

#[test]
fn whoever_comes_and_goes_says_no_more_than_twice_what_whoever_stays_says() {
    let talk = "visitor\n".to_owned() + &"hi\n".repeat(200);
    let staying = 200;
    let resets = lines_of(|server, now| {
        let peer = join(server, now, &talk);
        break_off(server, &peer);
    });
    assert!((90..=2 * staying).contains(&resets), "{resets} lines before resets");
    let ends = lines_of(|server, now| {
        send_to_the_end(server, now, &talk);
    });
    assert!((90..=2 * staying).contains(&ends), "{ends} lines before ends");
    let late_ends = lines_of(|server, now| {
        let peer = join(server, now, &talk);
        server.tick(now);
        end(server, &peer);
    });
    assert!((90..=2 * staying).contains(&late_ends), "{late_ends} lines before late ends");
    let quits = lines_of(|server, now| {
        let peer = join(server, now, &("visitor\n".to_owned() + &"hi\n".repeat(90) + "/quit\n"));
        server.tick(now);
        end(server, &peer);
    });
    assert!((90..=2 * staying).contains(&quits), "{quits} lines before /quit");
}

/// Everybody breaks off after 60 lines, and somebody else comes and looks.
fn all_break_off(count: usize) -> (Peer, Peer) {
    let (mut server, listener, mut now) = room(Limits::default());
    let visitors: Vec<Peer> =
        (0..count).map(|number| join(&mut server, now, &format!("visitor{number}\n"))).collect();
    pass(&mut server, &mut now, Duration::from_secs(30));
    for peer in &visitors {
        peer.1.borrow_mut().to_server.extend("hi\n".repeat(60).bytes());
        break_off(&mut server, peer);
    }
    // No time passes.
    while server.timeout(now) == Some(Duration::ZERO) {
        server.tick(now);
    }
    send(&mut server, &listener, "/who\n");
    let newcomer = join(&mut server, now, "visitor7\n");
    pass(&mut server, &mut now, Duration::from_secs(30));
    (listener, newcomer)
}

#[test]
fn who_breaks_off_is_gone_at_once_and_what_it_said_within_its_rate_is_said() {
    let (listener, newcomer) = all_break_off(1000);
    let heard = heard(&listener);
    assert!(heard.contains(&(here(&["listener"]) + "\n")), "{heard}");
    let lines = heard.lines().filter(|line| line.ends_with(": hi")).count();
    assert_eq!(lines, 60 * 1000, "each was within its rate");
    assert!(heard.lines().count() < 60 * 1000 + 150, "their leaving is told in a few lines");
    let welcomed = crate::table::heard(&newcomer);
    assert!(welcomed.contains(&welcome("visitor7", "listener")), "{welcomed}");
}

#[test]
fn what_one_said_before_it_broke_off_is_said_once_and_then_that_it_is_gone() {
    let (listener, _) = all_break_off(1);
    let said = "visitor0: hi\n".repeat(60) + &lost("visitor0") + "\n";
    let heard = heard(&listener);
    assert!(heard.contains(&said), "{heard}");
    assert_eq!(heard.matches("visitor0: hi").count(), 60);
}

/// Its connection breaks.
fn break_off(server: &mut Server<SimStream>, (key, wire): &Peer) {
    wire.borrow_mut().break_off(ErrorKind::ConnectionReset);
    server.ready(*key, BROKEN);
}

/// Sends no more.
fn end(server: &mut Server<SimStream>, (key, wire): &Peer) {
    wire.borrow_mut().is_ended = true;
    server.ready(*key, Readiness { ended: true, ..READABLE });
}

/// Sends all of it, and no more.
fn send_to_the_end(server: &mut Server<SimStream>, now: Now, bytes: &str) -> Peer {
    let peer = join(server, now, bytes);
    end(server, &peer);
    peer
}

#[test]
fn who_has_ended_its_stream_does_not_starve_others_of_its_address() {
    let (mut server, listener, mut now) = room(Limits::default());
    let files: Vec<Peer> = (0..10)
        .map(|number| {
            let text = format!("file{number}\n") + &"x\n".repeat(1000);
            send_to_the_end(&mut server, now, &text)
        })
        .collect();
    pass(&mut server, &mut now, Duration::from_secs(11));
    send_to_the_end(&mut server, now, "bot\nbuild failed\n");
    pass(&mut server, &mut now, Duration::from_secs(10));
    assert!(
        heard(&listener).contains("bot: build failed\n"),
        "it waits for a turn of each at most"
    );
    pass(&mut server, &mut now, Duration::from_secs(100));
    let heard = heard(&listener);
    // The first one had a burst.
    let lines: Vec<usize> = (1..files.len())
        .map(|number| heard.matches(&format!("file{number}: x\n")).count())
        .collect();
    let (least, most) = (lines.iter().min(), lines.iter().max());
    assert!(most.unwrap_or(&0) - least.unwrap_or(&0) < 20, "each has its turn: {lines:?}");
}

#[test]
fn who_is_to_read_first_lets_the_next_one_in_line_go_on() {
    let limits =
        Limits { rate: Rate::new(10, 6), backlog_bytes_max: 64 * 1024, ..Limits::default() };
    let (mut server, listener, mut now) = room(limits.clone());
    let deaf =
        send_to_the_end(&mut server, now, &("/nothing\n".repeat(6) + "deaf\n/help\n/help\nhi\n"));
    server.tick(now);
    deaf.1.borrow_mut().window = 0;
    send_to_the_end(&mut server, now, "bot\nbuild failed\n");
    server.tick(now);
    // Its time to choose a nickname is over in the tick in which its rate allows the next line, as
    // when the process was stopped for a while: so it has its turn at once, though it is queued.
    now += limits.nickname_within;
    server.tick(now);
    pass(&mut server, &mut now, Duration::from_secs(10));
    let heard = heard(&listener);
    assert!(heard.contains(&joined("deaf")), "{heard}");
    assert!(!heard.contains("deaf: hi\n"), "it has not read: {heard}");
    assert!(heard.contains("bot: build failed\n"), "{heard}");
}

#[test]
fn a_thousand_short_messages_of_one_address_are_all_heard() {
    let (mut server, listener, mut now) = room(Limits::default());
    for number in 0..1000 {
        send_to_the_end(&mut server, now, &format!("bot{number}\nmessage\n"));
    }
    pass(&mut server, &mut now, Duration::from_secs(300));
    assert_eq!(heard(&listener).matches(": message\n").count(), 1000);
}

#[test]
fn a_reason_to_quit_counts_as_what_one_says() {
    let (mut server, listener, mut now) = room(Limits::default());
    let visit = "visitor\n/quit ".to_owned() + &"x".repeat(4000) + "\n";
    for _ in 0..1000 {
        send_to_the_end(&mut server, now, &visit);
        pass(&mut server, &mut now, Duration::from_millis(10));
    }
    let reasons = heard(&listener).lines().filter(|line| line.len() > 4000).count();
    assert!((10..50).contains(&reasons), "{reasons} reasons of 8 lines each in 10 s");
}

#[test]
fn a_newcomer_need_not_read_the_past_to_be_heard() {
    let mut now = Now::read();
    let mut server = start(Limits { rate: None, ..Limits::default() });
    let listener =
        join(&mut server, now, &("listener\n".to_owned() + &("y".repeat(4000) + "\n").repeat(20)));
    pass(&mut server, &mut now, Duration::from_secs(1));
    let newcomer = join(&mut server, now, "");
    newcomer.1.borrow_mut().window = 100;
    send(&mut server, &newcomer, "newcomer\n");
    pass(&mut server, &mut now, Duration::from_secs(1));
    send(&mut server, &newcomer, "hi\n");
    pass(&mut server, &mut now, Duration::from_secs(1));
    assert!(heard(&listener).ends_with("newcomer: hi\n"));
}

#[test]
fn who_comes_while_others_say_their_last_words_is_not_taken_for_one_of_them() {
    let (mut server, listener, mut now) = room(Limits::default());
    let visitors: Vec<Peer> =
        (0..1500).map(|number| join(&mut server, now, &format!("visitor{number}\n"))).collect();
    pass(&mut server, &mut now, Duration::from_secs(30));
    for peer in &visitors {
        send(&mut server, peer, &"hi\n".repeat(60));
    }
    server.tick(now);
    // Most stand in the run queue when they break.
    for peer in visitors.iter().rev() {
        break_off(&mut server, peer);
    }
    let before = server.len();
    server.tick(now);
    let newcomers: Vec<Peer> = (0..before - server.len())
        .map(|number| join(&mut server, now, &format!("new{number}\n")))
        .collect();
    assert!(!newcomers.is_empty());
    pass(&mut server, &mut now, Duration::from_secs(30));
    send(&mut server, &listener, "after all\n");
    pass(&mut server, &mut now, Duration::from_secs(30));
    let deaf = newcomers.iter().filter(|peer| !heard(peer).contains("after all")).count();
    assert_eq!(deaf, 0, "of {} newcomers", newcomers.len());
}
