//! Whoever keeps reading hears everything, and whoever does not makes nobody else wait for long.

use std::time::Duration;

use chatd::clock::Now;
use chatd::limits::Limits;
use chatd::server::{Readiness, Server};

use crate::sim::stream::SimStream;
use crate::table::{Peer, join, send, start};

const WRITABLE: Readiness =
    Readiness { readable: false, ended: false, writable: true, broken: false };

/// Somebody reads so many bytes more.
fn read(server: &mut Server<SimStream>, (key, wire): &Peer, bytes: usize) {
    wire.borrow_mut().window = bytes;
    server.ready(*key, WRITABLE);
}

/// A server, somebody who talks without end, somebody who reads so many bytes every five
/// milliseconds, and so many others. Returns how many milliseconds it took until all was said or the
/// reader was dropped, and whether it was.
fn talk_to(reading: usize, others: usize) -> (u32, bool) {
    let mut now = Now::read();
    let limits = Limits { rate: None, backlog_bytes_max: 128 << 10, ..Limits::default() };
    let mut server = start(limits);
    let talker = join(&mut server, now, "talker\n");
    let reader = join(&mut server, now, "reader\n");
    for number in 0..others {
        join(&mut server, now, &format!("other{number}\n"));
    }
    server.tick(now);
    send(&mut server, &talker, &("x".repeat(1000) + "\n").repeat(4000));
    let mut millis = 0;
    while !talker.1.borrow().to_server.is_empty() && server.len() == 2 + others {
        read(&mut server, &reader, reading);
        for _ in 0..10 {
            server.tick(now);
            if server.timeout(now) != Some(Duration::ZERO) {
                break;
            }
        }
        now += Duration::from_millis(5);
        millis += 5;
        assert!(millis < 60_000, "nobody has to wait for so long");
    }
    let is_dropped = reader.1.borrow().is_dropped;
    (millis, is_dropped)
}

#[test]
fn nobody_who_keeps_reading_is_dropped_however_fast_others_talk() {
    // Alone it is most of the room; among others it is given a moment when it comes near its limit.
    for others in [0, 1, 10] {
        for reading in [10 << 10, 40 << 10, 200 << 10] {
            let (millis, is_dropped) = talk_to(reading, others);
            assert!(!is_dropped, "reading {reading}, {others} others, after {millis} ms");
        }
    }
}

#[test]
fn a_room_does_not_wait_for_one_who_has_stopped() {
    let (millis, is_dropped) = talk_to(0, 10);
    assert!(is_dropped && millis <= 100, "{millis} ms");
}
