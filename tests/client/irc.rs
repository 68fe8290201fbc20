//! In a window, over IRC, with the real server.

use chatd_support::relay::Relay;
use chatd_support::sentences::{GREETING, HOME, ended, joined, private, said, welcome};
use chatd_support::terminal::Terminal;

use crate::{CHATD, room, start, wait_for_talk};

/// Waits until a row is this.
#[track_caller]
fn wait_for_row(terminal: &mut Terminal, row: &str) {
    terminal.wait_until(row, |rows| rows.iter().any(|shown| shown == row));
}

#[test]
fn a_server_that_knows_only_text_is_spoken_to_in_text() {
    let (server, [mut bruno]) = CHATD.room("--only text", ["bruno"]);
    let mut terminal = start(server.addr(), "--nick ana --raw", 100, 20);
    bruno.expect(joined("ana"));
    for row in [">> CAP LS 302", ">> ana", &format!("<< {}", welcome("ana", "bruno"))] {
        wait_for_row(&mut terminal, row);
    }
    assert!(!terminal.rows().contains(&GREETING.to_owned()));
    terminal.type_keys("oi\r");
    bruno.expect(said("ana", "oi"));
    bruno.say("/msg ana psst");
    wait_for_row(&mut terminal, &private("bruno", "psst"));
}

#[test]
fn irc_is_spoken_to_a_server_that_does() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let mut terminal = start(server.addr(), "--nick ana --raw", 160, 40);
    bruno.expect(joined("ana"));
    terminal.type_keys("oi\r");
    bruno.expect(said("ana", "oi"));
    wait_for_row(&mut terminal, ">> @label=1 PRIVMSG #lobby :oi");
    wait_for_row(&mut terminal, &said("ana", "oi"));
}

#[test]
fn rooms_and_private_talks_are_windows_of_their_own() {
    let (server, mut bruno, mut terminal) = room(70, 14);
    let mut bia = server.join("bia");
    bruno.expect(joined("bia"));
    bia.say("/join #dev");
    bia.expect_start("*** You talk in #dev now");
    terminal.type_keys("/join dev\r");
    wait_for_row(&mut terminal, "1:#lobby [2:#dev]");
    bia.expect(joined("ana"));
    terminal.type_keys("meio");
    bruno.say("um");
    bruno.say("ana: dois");
    bruno.say("/msg ana psst");
    wait_for_row(&mut terminal, "1:#lobby(2, 1!) [2:#dev] 3:bruno(1, 1!)");
    terminal.wait_for_bytes(b"\x1b]2;(2) #dev\x07");
    terminal.type_keys("\x1b1");
    wait_for_talk(&mut terminal, &["──── unread ────", "bruno: um", "bruno: ana: dois", "ana>"]);
    terminal.type_keys("oi\r");
    bruno.until(said("ana", "oi"));
    terminal.type_keys("\x1b[1;3B");
    wait_for_row(&mut terminal, "ana> meio");
    terminal.type_keys(" e fim\r");
    bia.until(said("ana", "meio e fim"));
    terminal.type_keys("\x1b3");
    wait_for_row(&mut terminal, &said("bruno", "psst"));
    terminal.type_keys("sim\r");
    bruno.until(private("ana", "sim"));
    wait_for_row(&mut terminal, &said("ana", "sim"));
}

#[test]
fn what_was_said_before_is_fetched_as_one_looks_back() {
    let (server, [mut bruno]) = CHATD.room("--rate 0", ["bruno"]);
    for number in 0..150 {
        bruno.say(format!("número {number}"));
    }
    bruno.ask("/who", "*** 1 here: bruno");
    let mut terminal = start(server.addr(), "--nick ana", 60, 12);
    wait_for_row(&mut terminal, "bruno: número 149");
    let mut seen = Vec::new();
    for number in (0..150).rev().step_by(5) {
        let row = said("bruno", &format!("número {number}"));
        while !terminal.rows().contains(&row) {
            let before = terminal.rows();
            terminal.type_keys("\x1b[5~");
            terminal.wait_until("a page further back", |rows| rows != before);
        }
        seen.push(number);
    }
    assert_eq!(seen.len(), 30);
    terminal.type_keys("\x1b");
    wait_for_row(&mut terminal, "bruno: número 149");
}

#[test]
fn nothing_is_lost_nor_doubled_when_the_connection_is() {
    let (server, [mut bruno]) = CHATD.room("--rate 0", ["bruno"]);
    let relay = Relay::to(server.addr());
    let mut terminal = start(relay.addr, "--nick ana", 60, 30);
    bruno.expect(joined("ana"));
    for number in 0..3 {
        terminal.type_keys(&format!("{number}\r"));
        bruno.expect(said("ana", &number.to_string()));
    }
    relay.cut();
    bruno.until(ended("ana"));
    terminal.wait_until("offline", |rows| rows.iter().any(|row| row.starts_with("offline, ")));
    for number in 0..3 {
        bruno.say(format!("durante {number}"));
    }
    terminal.type_keys("\r");
    bruno.until(joined("ana"));
    bruno.say("depois");
    wait_for_row(&mut terminal, &said("bruno", "depois"));
    wait_for_row(&mut terminal, &format!("{HOME} | 2 people | connected"));
    // Nobody knows which of them had been confirmed: what had come through is not offered again.
    let mut expected: Vec<String> = (0..3).map(|number| said("ana", &number.to_string())).collect();
    expected.extend((0..3).map(|number| said("bruno", &format!("durante {number}"))));
    expected.push(said("bruno", "depois"));
    terminal.wait_until("all, and each once", |rows| {
        let is_talk = |row: &&String| row.starts_with("bruno: ") || row.starts_with("ana: ");
        rows.iter().filter(is_talk).eq(&expected)
    });
}
