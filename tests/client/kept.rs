//! What is shown with its time, kept in a file, or not shown at all.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use chatd_support::example::client;
use chatd_support::sentences::{joined, said};
use chatd_support::terminal::Terminal;

use crate::{CHATD, command, room, start, wait_for_talk};

/// A file for this test alone that does not exist.
fn new_file(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("chatd-client-{name}-{}", std::process::id()));
    let _ = fs::remove_file(&path);
    path
}

/// Whether `text` has this shape, in which each 0 is a digit.
fn has_shape(text: &str, shape: &str) -> bool {
    text.replace(|c: char| c.is_ascii_digit(), "0") == shape
}

#[test]
fn the_time_is_that_of_the_users_zone() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let mut users = [("ana", "AAA0"), ("bia", "BBB-11:30")].map(|(nick, zone)| {
        let command = pty_process::blocking::Command::new(client())
            .args([&server.addr().to_string(), "--nick", nick])
            .env("TERM", "xterm-256color")
            .env("TZ", zone);
        let terminal = Terminal::start(command, 60, 10);
        bruno.expect(joined(nick));
        terminal
    });
    bruno.say("oi");
    let [here, there] = users.each_mut().map(|terminal| {
        let is_greeting = |row: &String| has_shape(row, "00:00 bruno: oi");
        terminal.wait_until("a greeting with the time", |rows| rows.iter().any(is_greeting));
        let row = terminal.rows().into_iter().find(is_greeting).expect("it is there");
        let number = |digits: &str| digits.parse::<u32>().expect("a number");
        60 * number(&row[..2]) + number(&row[3..5])
    });
    // The minute may change between the two.
    let later = (24 * 60 + there - here) % (24 * 60);
    assert!((689..=691).contains(&later), "{here} and {there} minutes after midnight");
}

#[test]
fn a_log_is_continued() {
    let path = new_file("log");
    fs::write(&path, "before\n").expect("a file");
    let (server, [mut bruno]) = CHATD.room("--history 0", ["bruno"]);
    let mut terminal = start(server.addr(), &format!("-n ana --log {}", path.display()), 60, 8);
    bruno.expect(joined("ana"));
    bruno.say("oi 👋");
    wait_for_talk(&mut terminal, &["bruno: oi 👋", "ana>"]);
    terminal.type_keys("tchau\r\x04");
    assert_eq!(terminal.wait_for_end().code(), Some(0));
    let log = fs::read_to_string(&path).expect("the log");
    fs::remove_file(&path).expect("the log");
    let mut lines = log.lines();
    assert_eq!(lines.next(), Some("before"));
    assert!(lines.next().is_some_and(|line| line.contains(" *** You are ana. ")), "{log}");
    assert!(lines.next().is_some_and(|line| has_shape(line, "0000-00-00 00:00:00 bruno: oi 👋")));
    assert!(lines.next().is_some_and(|line| line.ends_with(" ana: tchau")), "{log}");
    assert_eq!(lines.next(), None);
}

#[test]
fn a_log_that_cannot_be_opened_is_an_error_that_names_it() {
    let path = new_file("no-directory").join("log");
    let log = format!("--log {}", path.display());
    let mut terminal = Terminal::start(command("127.0.0.1:1", &log), 200, 8);
    assert_eq!(terminal.wait_for_end().code(), Some(1));
    let start = format!("error: cannot open the log \"{}\" (", path.display());
    let is_told =
        |row: &String| row.starts_with(&start) && row.contains("is there such a directory");
    assert!(terminal.rows().iter().any(is_told), "{:?}", terminal.rows());
}

#[test]
#[cfg(target_os = "linux")]
fn a_log_that_cannot_be_written_is_told_once_and_the_talk_goes_on() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let mut terminal = start(server.addr(), "-n ana --log /dev/full", 100, 12);
    bruno.expect(joined("ana"));
    for text in ["um", "dois"] {
        bruno.say(text);
        terminal.wait_until(text, |rows| rows.contains(&said("bruno", text)));
    }
    let told = terminal.rows().iter().filter(|row| row.contains("\"/dev/full\" ends here")).count();
    assert_eq!(told, 1, "{:?}", terminal.rows());
    terminal.type_keys("tchau\r");
    bruno.expect(said("ana", "tchau"));
}

#[test]
fn who_is_ignored_is_not_shown_and_others_are() {
    let (server, mut bruno, mut terminal) = room(60, 14);
    let mut bia = server.join("bia");
    bruno.expect(joined("bia"));
    wait_for_talk(&mut terminal, &[&joined("bia"), "ana>"]);
    terminal.type_keys("/ignore bru\t\r");
    terminal.wait_until("the answer", |rows| rows.concat().contains("not shown any more"));
    bruno.say("nada");
    bruno.say("/me nada");
    bruno.ask("/msg ana nada", "(private to ana) bruno: nada");
    bia.expect(said("bruno", "nada"));
    bia.expect("* bruno nada");
    bia.say("bruno: oi");
    wait_for_talk(&mut terminal, &[&said("bia", "bruno: oi"), "ana>"]);
    assert!(!terminal.rows().concat().contains("nada"), "{:?}", terminal.rows());
    terminal.type_keys("/unignore bruno\r");
    wait_for_talk(&mut terminal, &["*** what bruno says is shown again", "ana>"]);
    bruno.say("/msg ana oi");
    terminal.wait_until("a private talk", |rows| {
        rows.contains(&"[1:#lobby] 2:bruno(1, 1!)".to_owned())
    });
    terminal.type_keys("\x1b2");
    terminal.wait_until("what was said", |rows| rows.contains(&said("bruno", "oi")));
}

#[test]
fn a_pipe_behind_it_makes_it_a_client_of_lines_which_it_says() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    // What is typed is echoed by the terminal, and so is what goes to stderr shown there.
    let command = command(server.addr(), "-n ana").stdout(Stdio::piped());
    let mut terminal = Terminal::start(command, 100, 8);
    terminal.wait_until("the mode", |rows| rows.iter().any(|row| row.contains("line mode")));
    bruno.expect(joined("ana"));
    terminal.type_keys("oi\n");
    bruno.expect(said("ana", "oi"));
    terminal.type_keys("/quit\n");
    assert_eq!(terminal.wait_for_end().code(), Some(0));
}
