//! In a window, with the real server.

use std::thread;
use std::time::Duration;

use chatd_support::example::client;
use chatd_support::numbers;
use chatd_support::sentences::{joined, private, private_sent, quit};
use chatd_support::terminal::Terminal;
use rustix::process::Signal;

use crate::CHATD;
use crate::{command, room, start, wait_for_talk};

#[test]
fn a_half_typed_line_survives_arriving_messages() {
    let (_server, mut bruno, mut terminal) = room(60, 6);
    let text = "olá, 日本 e\u{301} 👋, meio digitado";
    for (n, c) in text.chars().enumerate() {
        bruno.say(format!("{n} 👋"));
        terminal.type_keys(c.encode_utf8(&mut [0; 4]));
    }
    let last = text.chars().count() - 1;
    let (before, last) = (format!("bruno: {} 👋", last - 1), format!("bruno: {last} 👋"));
    wait_for_talk(&mut terminal, &[&before, &last, &format!("ana> {text}")]);
    terminal.type_keys("\r");
    bruno.expect(format!("ana: {text}"));
    wait_for_talk(&mut terminal, &[&last, &format!("ana: {text}"), "ana>"]);
}

#[test]
fn a_new_window_size_keeps_the_line_and_the_messages() {
    let (_server, mut bruno, mut terminal) = room(60, 8);
    terminal.type_keys("meio digitado");
    bruno.say("uma linha que não cabe em trinta colunas");
    wait_for_talk(
        &mut terminal,
        &["bruno: uma linha que não cabe em trinta colunas", "ana> meio digitado"],
    );
    terminal.resize(30, 5);
    wait_for_talk(
        &mut terminal,
        &["bruno: uma linha que não cabe", "       em trinta colunas", "ana> meio digitado"],
    );
    terminal.resize(60, 8);
    wait_for_talk(
        &mut terminal,
        &["bruno: uma linha que não cabe em trinta colunas", "ana> meio digitado"],
    );
}

#[test]
#[ignore = "waits for more than a minute: as long as the kernel would wait for room"]
fn pastes_that_the_server_does_not_take_in_a_minute_are_not_cut_off() {
    let server = CHATD.start("");
    let mut terminal = start(server.addr(), "--nick ana", 60, 10);
    wait_for_talk(&mut terminal, &["ana>"]);
    for _ in 0..5 {
        terminal.type_keys(&format!("\x1b[200~{}\x1b[201~\r", "oi\r".repeat(20_000)));
    }
    thread::sleep(Duration::from_secs(75));
    terminal.type_keys("meio");
    wait_for_talk(&mut terminal, &["ana> meio"]);
    assert!(!server.log().contains(" left "), "{}", server.log());
}

#[test]
fn tab_completes_those_in_the_room_and_commands() {
    let (server, mut bruno, mut terminal) = room(60, 12);
    let mut bia = server.join("bia");
    bruno.expect(joined("bia"));
    wait_for_talk(&mut terminal, &[&joined("bia"), "ana>"]);
    terminal.type_keys("b\t");
    wait_for_talk(&mut terminal, &["ana> bruno:"]);
    terminal.type_keys("\t");
    wait_for_talk(&mut terminal, &["ana> bia:"]);
    terminal.type_keys("oi\r");
    bruno.expect("ana: bia: oi");
    bia.expect("ana: bia: oi");
    terminal.type_keys("/ms\tbi\tpsst\r");
    bia.expect(private("ana", "psst"));
    wait_for_talk(&mut terminal, &["ana: bia: oi", &private_sent("bia", "ana", "psst"), "ana>"]);
}

#[test]
fn leaving_delivers_what_was_typed_and_restores_the_terminal() {
    let (_server, mut bruno, mut terminal) = room(60, 8);
    terminal.type_keys("tchau\r\x04");
    bruno.expect("ana: tchau");
    bruno.expect(quit("ana"));
    assert_eq!(terminal.wait_for_end().code(), Some(0));
    assert!(terminal.is_restored());
    wait_for_talk(&mut terminal, &["ana: tchau"]);
}

#[test]
fn leaving_waits_for_a_server_that_takes_its_time() {
    // Lines above the rate are read later, and here that is longer than anybody's short patience.
    let (server, [mut bruno]) = CHATD.room("--rate 10 --burst 1", ["bruno"]);
    let mut terminal = start(server.addr(), "--nick ana", 60, 8);
    bruno.expect(joined("ana"));
    wait_for_talk(&mut terminal, &["ana>"]);
    terminal.type_keys("\x1b[200~");
    terminal.type_keys(&numbers(20));
    terminal.type_keys("\x1b[201~\r\x04");
    for n in 0..20 {
        bruno.expect(format!("ana: {n}"));
    }
    assert_eq!(terminal.wait_for_end().code(), Some(0));
}

#[test]
fn signals_that_end_it_restore_the_terminal() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        use std::os::unix::process::ExitStatusExt;
        let (_server, _bruno, mut terminal) = room(60, 8);
        assert!(!terminal.is_restored());
        terminal.signal(signal);
        assert_eq!(terminal.wait_for_end().signal(), Some(signal.as_raw()));
        assert!(terminal.is_restored(), "{signal:?}");
    }
}

#[test]
fn ctrl_z_without_a_shell_to_come_back_from_goes_on() {
    let (_server, mut bruno, mut terminal) = room(60, 8);
    terminal.type_keys("meio\x1a");
    terminal.wait_for_bytes(b"\x1b[?2004l");
    terminal.type_keys(" e fim\r");
    bruno.expect("ana: meio e fim");
    wait_for_talk(&mut terminal, &["ana: meio e fim", "ana>"]);
    assert!(!terminal.is_restored(), "it goes on in raw mode");
}

#[test]
fn a_shell_stops_it_and_takes_it_up_again() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let command = pty_process::blocking::Command::new("sh")
        .arg("-i")
        .env_remove("ENV")
        .env("PS1", "shell: ")
        .env("TERM", "xterm-256color");
    let mut shell = Terminal::start(command, 100, 20);
    wait_for_talk(&mut shell, &["shell:"]);
    shell.type_keys(&format!("{} {} --nick ana --no-time\r", client().display(), server.addr()));
    bruno.expect(joined("ana"));
    shell.type_keys("meio");
    wait_for_talk(&mut shell, &["ana> meio"]);
    shell.type_keys("\x1a");
    wait_for_talk(&mut shell, &["shell:"]);
    assert!(shell.is_restored());
    bruno.say("oi");
    shell.type_keys("fg\r");
    wait_for_talk(&mut shell, &["bruno: oi", "ana> meio"]);
    shell.type_keys(" e fim\r");
    bruno.expect("ana: meio e fim");
    shell.type_keys("\x04");
    wait_for_talk(&mut shell, &["ana: meio e fim", "shell:"]);
    assert!(shell.is_restored());
    shell.type_keys("exit\r");
    shell.wait_for_end();
}

#[test]
fn colours_are_left_out_on_request() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    for (arguments, no_color, color) in
        [("-n ana", "", true), ("-n bia --no-color", "", false), ("-n caio", "1", false)]
    {
        let command = command(server.addr(), arguments).env("NO_COLOR", no_color);
        let mut terminal = Terminal::start(command, 60, 12);
        while !bruno.line().ends_with(" joined") {}
        bruno.say("oi");
        terminal.wait_until("a greeting", |rows| rows.contains(&"bruno: oi".to_owned()));
        assert_eq!(terminal.has_written(b"\x1b[38;5;"), color);
    }
}
