//! What goes wrong, and what the user is told.

use std::io::Write;
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use chatd_support::example::client;
#[cfg(target_os = "linux")]
use chatd_support::proc;
use chatd_support::sentences::{WELCOME, joined, private_sent};
#[cfg(target_os = "linux")]
use chatd_support::terminal::Terminal;
use chatd_support::{Client, Server, eventually};
use rustix::process::Signal;

use crate::CHATD;
use crate::scripted::scripted;
use crate::{room, start, wait_for_second_welcome, wait_for_talk};

#[test]
fn a_server_that_comes_back_finds_the_same_nickname_and_the_half_typed_line() {
    let (server, bruno, mut terminal) = room(70, 10);
    let addr = server.addr();
    terminal.type_keys("meio");
    wait_for_talk(&mut terminal, &["ana> meio"]);
    drop(bruno);
    drop(server);
    terminal.wait_until("a countdown", |rows| {
        rows.iter().any(|row| row.starts_with("offline, next try in 2 s, Enter: now"))
    });
    eventually("the port", || TcpListener::bind(addr).ok());
    let _server = Server::launch(CHATD.command(&format!("--bind {addr}")));
    let mut bruno = Client::connect(addr).named("bruno");
    wait_for_second_welcome(&mut terminal);
    wait_for_talk(&mut terminal, &["ana> meio"]);
    terminal.type_keys(" e fim\r");
    while bruno.line() != "ana: meio e fim" {}
}

#[test]
fn everybody_comes_back_after_a_kill_in_the_middle_of_talk() {
    let mut server = CHATD.start("--rate 0 --history 0");
    let addr = server.addr();
    let bruno = server.join("bruno");
    let nicks: Vec<String> = (0..5).map(|number| format!("nick{number}")).collect();
    let mut terminals: Vec<_> =
        nicks.iter().map(|nick| start(addr, &format!("--nick {nick}"), 70, 10)).collect();
    let mut sender = bruno.sender();
    // Until the server is gone.
    let talk = thread::spawn(move || {
        for number in 0.. {
            thread::sleep(Duration::from_millis(1));
            if sender.write_all(format!("{number:040}\n").as_bytes()).is_err() {
                return;
            }
        }
    });
    let is_welcome = |rows: &[String]| rows.iter().any(|row| row.starts_with(WELCOME));
    let is_talk = |rows: &[String]| rows.iter().any(|row| row.starts_with("bruno: "));
    for terminal in &mut terminals {
        terminal.wait_until("nothing but talk", |rows| is_talk(rows) && !is_welcome(rows));
    }
    server.signal("KILL");
    eventually("the end of the server", || server.has_ended().then_some(()));
    let server = Server::launch(CHATD.command(&format!("--bind {addr}")));
    talk.join().expect("it ends with the connection");
    for terminal in &mut terminals {
        terminal.wait_until("the room again", is_welcome);
        for row in terminal.rows().iter().filter(|row| row.starts_with("bruno: ")) {
            assert_eq!(row.len(), "bruno: ".len() + 40, "{row}");
        }
    }
    let mut bruno = server.join("bruno");
    for nick in &nicks {
        bruno.ask(format!("/msg {nick} oi"), private_sent(nick, "bruno", "oi"));
    }
}

#[test]
fn a_stuck_terminal_does_not_keep_it_from_being_ended() {
    let (_listener, mut peer, mut terminal) = scripted(60, 8);
    terminal.stop_reading();
    peer.flood();
    // Two that come together are one, which on a busy machine takes a while not to happen. Until it
    // is waited for, one that has ended takes more of them.
    for _ in 0..5 {
        terminal.signal(Signal::TERM);
        thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(terminal.wait_for_end().signal(), Some(Signal::TERM.as_raw()));
}

#[test]
#[cfg(target_os = "linux")]
fn with_nothing_to_do_it_sleeps() {
    let (_listener, peer, mut terminal) = scripted(60, 8);
    let slept = |terminal: &Terminal| {
        let before = proc::work(terminal.pid()).0;
        thread::sleep(Duration::from_millis(300));
        proc::work(terminal.pid()).0 - before < 10
    };
    assert!(slept(&terminal), "in the room");
    drop(peer);
    terminal.wait_until("a countdown", |rows| {
        rows.iter().any(|row| row.starts_with("offline, next try in "))
    });
    assert!(slept(&terminal), "offline");
}

#[test]
fn an_error_restores_the_terminal_before_it_is_told() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let mut terminal = start(server.addr(), "--nick ana --no-reconnect", 60, 8);
    bruno.expect(joined("ana"));
    drop(server);
    assert_eq!(terminal.wait_for_end().code(), Some(1));
    assert!(terminal.is_restored());
    terminal.wait_until("a reason", |rows| {
        rows.iter().any(|row| row.starts_with("error: connection "))
    });
}

#[test]
fn nothing_the_server_sends_is_obeyed() {
    let (_listener, mut peer, mut terminal) = scripted(60, 8);
    // The emulated terminal shows no U+FFFD; the bytes are looked for instead.
    peer.send("bruno: \x1b]0;title\x07\x1b[2J\u{9b}31m\u{202e}x\rana: forged\n".as_bytes());
    wait_for_talk(&mut terminal, &["bruno: ␛]0;title␇␛[2J31mx", "ana: forged", "ana>"]);
    assert!(terminal.has_written("\u{fffd}31m\u{fffd}x".as_bytes()));
    assert!(!terminal.has_written(b"\x1b]0"));
}

#[test]
fn an_endless_line_is_left_out_and_a_last_one_without_an_end_is_shown_as_cut_off() {
    let (_listener, mut peer, mut terminal) = scripted(70, 8);
    peer.send(&vec![b'x'; 1_000_000]);
    peer.send(b"\nbruno: \xe9 isso");
    drop(peer);
    terminal.wait_until("both, and the end", |rows| {
        let starts = |start: &str| rows.iter().any(|row| row.starts_with(start));
        starts("*** A line of the server is left out: ")
            && starts("*** cut off: bruno:  isso")
            && starts("*** connection closed by the server; what it said last is cut off")
    });
}

#[test]
fn errors_teach_and_the_exit_code_tells_them_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let run = |arguments: &[&str]| {
        let output =
            Command::new(client()).args(arguments).stdin(Stdio::null()).output().expect("it runs");
        (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
    };
    let (code, refused) = run(&[&nobody, "-n", "bot"]);
    assert_eq!(code, Some(1));
    assert!(refused.contains("is chatd running there, and on that port?"), "{refused}");
    let (code, unknown) = run(&["no-such-host.invalid", "-n", "bot"]);
    assert_eq!(code, Some(1));
    assert!(unknown.contains("cannot find the host \"no-such-host.invalid\""), "{unknown}");
    for usage in [
        &["--nope"][..],
        &["host:port"],
        &["-n", "two words"],
        &["-n", "/who"],
        &["a", "b"],
        &["a:1", "2"],
    ] {
        assert_eq!(run(usage).0, Some(2), "{usage:?}");
    }
}
