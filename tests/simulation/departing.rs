//! Who comes, talks and goes, again and again.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use chatd::limits::Limits;
use chatd::server::{Readiness, Server};

use crate::sim::stream::SimStream;
use crate::table::{Peer, READABLE, heard, join, send, start};

const BROKEN: Readiness = Readiness { readable: true, ended: true, writable: true, broken: true };

/// Ticks until nothing is due before `end`.
fn run_until(server: &mut Server<SimStream>, now: &mut Instant, end: Instant) {
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
#[expect(clippy::disallowed_methods, reason = "a simulation starts its clock somewhere")]
fn lines_of(visit: impl Fn(&mut Server<SimStream>, Instant)) -> usize {
    let mut now = Instant::now();
    let mut server = start(Limits::default());
    let listener = join(&mut server, now, "listener\n");
    server.tick(now);
    for _ in 0..1000 {
        visit(&mut server, now);
        server.tick(now);
        let next = now + Duration::from_millis(10);
        run_until(&mut server, &mut now, next);
    }
    heard(&listener).lines().filter(|line| line.ends_with(": hi")).count()
}

#[test]
fn whoever_comes_and_goes_says_no_more_than_twice_what_whoever_stays_says() {
    let talk = "visitor\n".to_owned() + &"hi\n".repeat(200);
    let staying = 200;
    let resets = lines_of(|server, now| {
        let (key, wire) = join(server, now, &talk);
        wire.borrow_mut().break_off(ErrorKind::ConnectionReset);
        server.ready(key, BROKEN);
    });
    assert!((90..=2 * staying).contains(&resets), "{resets} lines before resets");
    let ends = lines_of(|server, now| {
        let (key, wire) = join(server, now, &talk);
        wire.borrow_mut().is_ended = true;
        server.ready(key, Readiness { ended: true, ..READABLE });
    });
    assert!((90..=2 * staying).contains(&ends), "{ends} lines before ends");
    let quits = lines_of(|server, now| {
        let (key, wire) =
            join(server, now, &("visitor\n".to_owned() + &"hi\n".repeat(90) + "/quit\n"));
        server.tick(now);
        wire.borrow_mut().is_ended = true;
        server.ready(key, Readiness { ended: true, ..READABLE });
    });
    assert!((90..=2 * staying).contains(&quits), "{quits} lines before /quit");
}

/// Everybody breaks off after 60 lines, and somebody else comes and looks.
#[expect(clippy::disallowed_methods, reason = "a simulation starts its clock somewhere")]
fn all_break_off(count: usize) -> (Peer, Peer) {
    let mut now = Instant::now();
    let mut server = start(Limits::default());
    let listener = join(&mut server, now, "listener\n");
    let visitors: Vec<Peer> =
        (0..count).map(|number| join(&mut server, now, &format!("visitor{number}\n"))).collect();
    let end = now + Duration::from_secs(30);
    run_until(&mut server, &mut now, end);
    for (key, wire) in &visitors {
        wire.borrow_mut().to_server.extend("hi\n".repeat(60).bytes());
        wire.borrow_mut().break_off(ErrorKind::ConnectionReset);
        server.ready(*key, BROKEN);
    }
    send(&mut server, &listener, "/who\n");
    server.tick(now);
    let newcomer = join(&mut server, now, "visitor7\n");
    let end = now + Duration::from_secs(30);
    run_until(&mut server, &mut now, end);
    (listener, newcomer)
}

#[test]
fn who_breaks_off_is_gone_at_once_and_what_it_said_within_its_rate_is_said() {
    let (listener, newcomer) = all_break_off(1000);
    let heard = heard(&listener);
    assert!(heard.contains("*** 1 here: listener\n"), "{heard}");
    let lines = heard.lines().filter(|line| line.ends_with(": hi")).count();
    assert!((60..=100).contains(&lines), "{lines} lines of one address");
    assert!(heard.len() < 100 * 1024, "{} bytes", heard.len());
    let welcomed = crate::table::heard(&newcomer);
    assert!(welcomed.contains("*** You are visitor7. Here now: listener."), "{welcomed}");
}

#[test]
fn what_one_said_before_it_broke_off_is_said_once_and_then_that_it_is_gone() {
    let (listener, _) = all_break_off(1);
    let said = "visitor0: hi\n".repeat(60) + "*** visitor0 left (connection lost)\n";
    let heard = heard(&listener);
    assert!(heard.contains(&said), "{heard}");
    assert_eq!(heard.matches("visitor0: hi").count(), 60);
}
