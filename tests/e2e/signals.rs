//! What signals do: how the server stops, and what else they ask for.

use std::net::TcpStream;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{fs, thread};

use chatd_support::sentences::{GREETING, STOPPING, here, joined, notice, why};
use chatd_support::{PATIENCE, Server, eventually, now};
use rustix::process::{Pid, Signal, kill_process};

use crate::CHATD;

/// What is queued gets so long to be sent.
const FLUSH: Duration = Duration::from_secs(2);

/// A server with these arguments that ignores no signal, whatever ignores who runs the tests: a
/// script's `cargo test &` ignores SIGINT. `by` is what starts it.
fn unaffected(by: &str, args: &str) -> Command {
    let script = format!("exec env --default-signal {by} \"$0\" --bind 127.0.0.1:0 {args}");
    CHATD.in_shell(&script)
}

fn expect_refused(server: &Server) {
    eventually("a refused connection", || TcpStream::connect(server.addr()).is_err().then_some(()));
}

/// A server at the same place, as an operator starts it after the other.
fn successor(server: &Server) -> Server {
    let mut command = CHATD.command("");
    command.args(["--bind", &server.addr().to_string()]);
    Server::launch(command)
}

#[test]
fn a_signal_tells_everybody_and_ends_the_server_and_the_port_is_free_at_once() {
    for signal in ["TERM", "INT"] {
        let mut server = Server::launch(unaffected("", ""));
        let [mut ana, mut bruno] = server.room(["ana", "bruno"]);
        let mut nameless = server.connect();
        nameless.expect(GREETING);
        ana.say("last words");
        bruno.expect("ana: last words");
        let start = now();
        server.signal(signal);
        for mut client in [ana, bruno, nameless] {
            client.expect(STOPPING);
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
fn who_does_not_read_keeps_it_for_two_seconds_and_not_the_port() {
    let (mut server, [mut ana]) = CHATD.room("--rate 0", ["ana"]);
    let _stalled = server.join_stalled("stalled");
    ana.expect(joined("stalled"));
    let start = now();
    server.signal("TERM");
    ana.expect(STOPPING);
    ana.expect_end();
    expect_refused(&server);
    let _next = successor(&server);
    assert_eq!(server.exit_code(), 0);
    let took = start.elapsed();
    assert!(took >= FLUSH && took < FLUSH + Duration::from_secs(5), "{took:?}");
}

#[test]
fn a_second_signal_ends_it_at_once() {
    for second in ["TERM", "INT"] {
        let mut server = Server::launch(unaffected("", "--rate 0"));
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
    let (mut server, [mut ana]) = CHATD.room("--rate 0", ["ana"]);
    let _stalled = server.join_stalled("stalled");
    ana.expect(joined("stalled"));
    // As timeout(1) sends it: to its child, and then to its group.
    server.signals(&["TERM", "TERM"]);
    ana.expect(STOPPING);
    ana.expect_end();
    assert_eq!(server.exit_code(), 0);
}

/// A file of this test, with its name.
fn motd(name: &str) -> PathBuf {
    let path =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    fs::write(&path, "old\n").expect("a file");
    path
}

/// What a newcomer is shown between the welcome and the end of the answer to a question.
fn shown(server: &Server) -> Vec<String> {
    let mut client = server.join("newcomer");
    client.say("/msg nobody hi");
    let lines = client.until(notice(why::nobody("nobody")));
    client.say("/quit");
    client.expect_end();
    lines
}

#[test]
fn a_terminal_that_closes_is_a_polite_stop() {
    let (pty, pts) = pty_process::blocking::open().expect("a pseudo-terminal");
    let mut command = unaffected("setsid --ctty", "");
    command.stdin(pts.as_fd().try_clone_to_owned().unwrap());
    let mut server = Server::launch(command);
    drop(pts);
    let mut ana = server.join("ana");
    drop(pty);
    ana.expect(STOPPING);
    ana.expect_end();
    assert_eq!(server.exit_code(), 0);
}

#[test]
fn hangups_of_a_terminal_are_one_request_whenever_they_come() {
    let (_pty, pts) = pty_process::blocking::open().expect("a pseudo-terminal");
    let mut command = unaffected("setsid --ctty", "--rate 0");
    command.stdin(pts.as_fd().try_clone_to_owned().unwrap());
    let mut server = Server::launch(command);
    drop(pts);
    let _stalled = server.join_stalled("stalled");
    server.signal("HUP");
    server.expect_log("stopping: 1 connections");
    // The shell's came, and the kernel's comes late.
    thread::sleep(Duration::from_millis(500));
    server.signal("HUP");
    assert_eq!(server.exit_code(), 0);
}

#[test]
fn without_a_terminal_a_hangup_reads_the_text_for_newcomers_again() {
    let path = motd("motd");
    // The tests may run in a terminal.
    let args = format!("--motd {}", path.display());
    let mut server = Server::launch(unaffected("setsid", &args));
    let mut ana = server.join("ana");
    assert_eq!(shown(&server)[0], notice("old"));
    fs::write(&path, "\u{feff}new\nand longer\n").unwrap();
    server.signal("HUP");
    server.expect_log("--motd was read again");
    assert_eq!(shown(&server)[..2], [notice("new"), notice("and longer")]);
    fs::remove_file(&path).unwrap();
    server.signal("HUP");
    server.expect_log("No such file or directory");
    let status = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(status.success());
    server.signal("HUP");
    server.expect_log("it is a pipe, and only a regular file is read; ");
    assert_eq!(server.log().matches("; the old text stays").count(), 2);
    assert_eq!(shown(&server)[0], notice("new"));
    fs::remove_file(&path).unwrap();
    ana.say("/who");
    ana.until(here(&["ana"]));
    server.stop();
}

#[test]
fn without_a_text_for_newcomers_a_hangup_does_nothing() {
    let server = Server::launch(unaffected("setsid", ""));
    let mut ana = server.join("ana");
    server.signal("HUP");
    server.expect_log("there is no --motd to read again");
    ana.ask("/who", here(&["ana"]));
}

#[test]
fn user_signals_do_nothing() {
    let mut server = Server::launch(unaffected("", ""));
    let mut ana = server.join("ana");
    server.signals(&["USR1", "USR2", "USR1", "USR2"]);
    ana.ask("/who", here(&["ana"]));
    server.stop();
}

#[test]
fn what_was_ignored_when_it_started_stays_ignored() {
    // As by nohup(1), and by a script's `chatd &`.
    let ignoring = |signal: &str| format!("--ignore-signal={signal}");
    for signal in ["HUP", "INT", "USR1", "USR2"] {
        let mut server = Server::launch(unaffected(&ignoring(signal), ""));
        let mut ana = server.join("ana");
        server.signals(&[signal, signal]);
        thread::sleep(Duration::from_millis(50));
        ana.ask("/who", here(&["ana"]));
        assert_eq!(server.log().lines().count(), 2, "{}", server.log());
        server.stop();
    }
    let mut server = Server::launch(unaffected(&ignoring("TERM"), ""));
    let mut ana = server.join("ana");
    server.signal("TERM");
    ana.ask("/who", here(&["ana"]));
    server.signal("INT");
    assert_eq!(server.exit_code(), 0);
}

#[test]
fn signals_all_the_time_do_not_stop_the_clock() {
    let server = Server::launch(unaffected("", ""));
    let is_enough = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let pid = Pid::from_raw(server.pid().try_into().unwrap()).unwrap();
            let start = now();
            while !is_enough.load(Ordering::Relaxed) && start.elapsed() < 2 * PATIENCE {
                kill_process(pid, Signal::USR1).expect("it runs");
                thread::sleep(Duration::from_millis(1));
            }
        });
        server.connect().expect(GREETING);
        is_enough.store(true, Ordering::Relaxed);
    });
}
