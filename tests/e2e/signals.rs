//! How the server stops.

use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::support::{Server, chatd, eventually, now};

/// What is queued gets so long to be sent.
const FLUSH: Duration = Duration::from_secs(2);

fn expect_refused(server: &Server) {
    eventually("a refused connection", || TcpStream::connect(server.addr()).is_err().then_some(()));
}

/// A server at the same place, as an operator starts it after the other.
fn successor(server: &Server) -> Server {
    let mut command = chatd("");
    command.args(["--bind", &server.addr().to_string()]);
    Server::launch(command)
}

#[test]
fn a_signal_tells_everybody_and_ends_the_server_and_the_port_is_free_at_once() {
    for signal in ["TERM", "INT"] {
        let mut server = Server::start("");
        let [mut ana, mut bruno] = server.room(["ana", "bruno"]);
        let mut nameless = server.connect();
        nameless.expect("*** Welcome to chatd. Choose a nickname:");
        ana.say("last words");
        bruno.expect("ana: last words");
        let start = now();
        server.signal(signal);
        for mut client in [ana, bruno, nameless] {
            client.expect("*** server is stopping");
            client.expect_end();
        }
        assert_eq!(server.exit_code(), 0);
        assert!(start.elapsed() < FLUSH, "nobody kept it, but it took {:?}", start.elapsed());
        expect_refused(&server);
        let next = successor(&server);
        assert_eq!(next.addr(), server.addr());
        next.join("ana");
    }
}

#[test]
fn an_empty_server_stops_too() {
    let mut server = Server::start("");
    server.signal("TERM");
    assert_eq!(server.exit_code(), 0);
}

#[test]
fn who_does_not_read_keeps_it_for_two_seconds_and_not_the_port() {
    let mut server = Server::start("--rate 0");
    let mut ana = server.join("ana");
    let _stalled = server.join_stalled("stalled");
    ana.expect("*** stalled joined");
    let start = now();
    server.signal("TERM");
    ana.expect("*** server is stopping");
    ana.expect_end();
    expect_refused(&server);
    let _next = successor(&server);
    assert_eq!(server.exit_code(), 0);
    let took = start.elapsed();
    assert!(took >= FLUSH && took < FLUSH + Duration::from_secs(5), "{took:?}");
}

#[test]
fn who_is_slow_still_gets_all_if_two_seconds_are_enough() {
    let mut server = Server::start("--rate 0");
    let mut slow = server.join_stalled("slow");
    server.signal("TERM");
    server.expect_log("stopping: 1 connections");
    let lines = slow.rest();
    assert_eq!(lines.last().unwrap(), "*** server is stopping");
    assert_eq!(lines.len() % 9, 1, "whole answers to /help before");
    assert_eq!(server.exit_code(), 0);
}

#[test]
fn who_waits_for_their_rate_is_told_too() {
    let mut server = Server::start("--rate 1 --burst 5");
    let mut ana = server.join("ana");
    ana.send("hi\n".repeat(30_000));
    server.expect_log("over its rate");
    server.signal("TERM");
    ana.expect("*** server is stopping");
    assert_eq!(server.exit_code(), 0);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    for second in ["TERM", "INT"] {
        let mut server = Server::start("--rate 0");
        let _stalled = server.join_stalled("stalled");
        server.signal("TERM");
        server.expect_log("stopping: 1 connections");
        // Not the same request, passed on by somebody else.
        thread::sleep(Duration::from_millis(500));
        server.signal(second);
        assert_eq!(server.exit_code(), 1);
    }
}

#[test]
fn a_signal_that_comes_twice_is_one_request() {
    let mut server = Server::start("--rate 0");
    let mut ana = server.join("ana");
    let _stalled = server.join_stalled("stalled");
    ana.expect("*** stalled joined");
    // As timeout(1) sends it: to its child, and then to its group.
    server.signals(&["TERM", "TERM"]);
    ana.expect("*** server is stopping");
    ana.expect_end();
    assert_eq!(server.exit_code(), 0);
}
