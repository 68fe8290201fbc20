//! A cable is pulled in the middle of a message, and put in again in time, or too late.

use std::thread;
use std::time::{Duration, Instant};

use chatd_support::example::client;
use chatd_support::sentences::{joined, left, you_are};
use chatd_support::terminal::Terminal;
use chatd_support::{Client, Server, now};

use crate::wire::{HERE, join, with_wire};

const HALF: &str = "half a mess";

/// Two talk, one word a second, and each is heard at once. What else the listener saw.
struct Heartbeat {
    talker: Client,
    listener: Client,
    beats: usize,
    seen: Vec<String>,
}

impl Heartbeat {
    fn start(server: &Server) -> Self {
        let talker = join(server, HERE[0], "talker");
        let listener = join(server, HERE[0], "listener");
        Self { talker, listener, beats: 0, seen: Vec::new() }
    }

    fn beat(&mut self) {
        thread::sleep(Duration::from_secs(1));
        let start = now();
        self.talker.say(self.beats.to_string());
        self.seen.extend(self.listener.until(format!("talker: {}", self.beats)));
        self.beats += 1;
        // Much less than a cable is pulled for, and much for a busy machine.
        assert!(start.elapsed() < Duration::from_secs(5), "late by {:?}", start.elapsed());
    }

    fn heard(&self) -> impl Iterator<Item = String> {
        (0..self.beats).map(|number| format!("talker: {number}"))
    }
}

#[test]
fn a_cable_put_in_again_after_twenty_seconds_loses_nothing() {
    with_wire(|wire| {
        let server = wire.serve("--rate 0 --history 0");
        let mut others = Heartbeat::start(&server);
        let mut ana = join(&server, HERE[1], "ana");
        ana.send(HALF);
        wire.pull(HERE[1]);
        ana.say("age");
        ana.send("more\n".repeat(1000));
        for _ in 0..20 {
            others.beat();
        }
        wire.plug_in();
        for said in others.heard() {
            ana.expect(&said);
        }
        let seen = [others.seen, others.listener.until("ana: more")].concat();
        assert_eq!(seen, [joined("ana"), format!("ana: {HALF}age")]);
        assert_eq!(others.listener.lines(999), ["ana: more"; 999]);
        assert!(!server.log().contains(" left "), "{}", server.log());
    });
}

/// Since when the log says that somebody has left, if it does.
fn note_leaving(server: &Server, nick: &str, since: Instant, at: &mut Option<Duration>) {
    if at.is_none() && server.log().contains(&format!(" left ({nick}): ")) {
        *at = Some(since.elapsed());
    }
}

/// A peer is probed after 30 seconds of silence and then every 10, and given up when nothing came
/// for 60; the kernel looks when a probe is due, so it may be one later.
const GIVEN_UP: std::ops::Range<Duration> = Duration::from_secs(55)..Duration::from_secs(80);

#[test]
#[ignore = "waits for more than a minute, as the kernel does"]
fn who_vanished_is_dropped_in_time_and_its_nickname_is_free() {
    with_wire(|wire| {
        let (quiet, busy) = (wire.serve(""), wire.serve("--history 0"));
        let mut witness = join(&quiet, HERE[0], "witness");
        let _idle = join(&quiet, HERE[1], "idle");
        witness.expect(joined("idle"));
        let mut others = Heartbeat::start(&busy);
        let mut ana = join(&busy, HERE[1], "ana");
        ana.send(HALF);
        others.beat();
        wire.pull(HERE[1]);
        let pulled = now();
        let (mut idle_left, mut ana_left) = (None, None);
        while (idle_left.is_none() || ana_left.is_none()) && pulled.elapsed() < GIVEN_UP.end {
            others.beat();
            note_leaving(&quiet, "idle", pulled, &mut idle_left);
            note_leaving(&busy, "ana", pulled, &mut ana_left);
        }
        others.beat();
        eprintln!("dropped: idle after {idle_left:?}, with something unacknowledged {ana_left:?}");
        for left in [idle_left, ana_left] {
            assert!(left.is_some_and(|after| GIVEN_UP.contains(&after)), "{left:?}");
        }
        // The half of a message is no message.
        assert_eq!(others.seen, [joined("ana"), left("ana", "timed out")]);
        witness.expect(left("idle", "timed out"));
        join(&busy, HERE[0], "ana");
        join(&quiet, HERE[0], "idle");
    });
}

#[test]
#[ignore = "waits for more than a minute, as the kernel does"]
fn the_client_notices_that_the_server_vanished_and_comes_back() {
    with_wire(|wire| {
        let server = wire.serve("--history 0");
        let mut witness = join(&server, HERE[1], "witness");
        let mut command = pty_process::blocking::Command::new(client());
        command = command.arg(server.addr().to_string()).args(["--nick", "ana", "--no-time"]);
        let mut terminal = Terminal::start(command.env("TERM", "xterm-256color"), 80, 10);
        witness.expect(joined("ana"));
        terminal.wait_for_rows(&["ana>"]);
        terminal.type_keys("meio");
        wire.pull(HERE[0]);
        let pulled = now();
        thread::sleep(GIVEN_UP.start);
        let is_lost = |rows: &[String]| rows.iter().any(|row| row.starts_with("offline, "));
        terminal.wait_until("a countdown", is_lost);
        let noticed = pulled.elapsed();
        wire.plug_in();
        let plugged_in = now();
        terminal.wait_until("the room again", |rows| {
            rows.iter().filter(|row| row.starts_with(you_are("ana").trim_end())).count() == 2
        });
        eprintln!("noticed after {noticed:?}, back {:?} after that", plugged_in.elapsed());
        terminal.wait_for_rows(&["ana> meio"]);
        assert_eq!(witness.lines(2), [left("ana", "timed out"), joined("ana")]);
    });
}
