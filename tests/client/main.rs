//! The terminal client from outside: in a pseudo-terminal, and through pipes and files; in a room
//! of the real server wherever that can be.

#![cfg(unix)]

mod golden;
mod irc;
mod kept;
mod lines;
mod scripted;
mod terminal;
mod trouble;

use std::fmt::Display;

use chatd_support::example::client;
use chatd_support::sentences::{joined, you_are};
use chatd_support::terminal::Terminal;
use chatd_support::{Client, Program, Server};

const CHATD: Program<'_> = Program(env!("CARGO_BIN_EXE_chatd"));

/// The client, with `arguments` after the address.
fn command(address: impl Display, arguments: &str) -> pty_process::blocking::Command {
    pty_process::blocking::Command::new(client())
        .arg(address.to_string())
        .args(arguments.split_whitespace())
        .arg("--no-time")
        .env("TERM", "xterm-256color")
        .env("USER", "user")
        .env_remove("NO_COLOR")
}

/// Starts the client in a window.
fn start(address: impl Display, arguments: &str, columns: u16, rows: u16) -> Terminal {
    Terminal::start(command(address, arguments), columns, rows)
}

/// Waits until these are the last rows, but for those that say where one is.
#[track_caller]
fn wait_for_talk(terminal: &mut Terminal, last: &[&str]) {
    let is_status =
        |row: &str| ["home room", "#lobby | ", "[1:"].iter().any(|start| row.starts_with(start));
    terminal.wait_until(&format!("{last:#?}"), |rows| {
        let talk = rows.iter().map(String::as_str).filter(|row| !is_status(row));
        talk.collect::<Vec<_>>().ends_with(last)
    });
}

/// Waits until the client has come back into the room as `ana`.
fn wait_for_second_welcome(terminal: &mut Terminal) {
    terminal.wait_until("the room again", |rows| {
        rows.iter().filter(|row| row.starts_with(you_are("ana").trim_end())).count() == 2
    });
}

/// A room with `bruno` in it, and the client as `ana`.
fn room(columns: u16, rows: u16) -> (Server, Client, Terminal) {
    let (server, [mut bruno]) = CHATD.room("--rate 0", ["bruno"]);
    let mut terminal = start(server.addr(), "--nick ana", columns, rows);
    bruno.expect(joined("ana"));
    wait_for_talk(&mut terminal, &["ana>"]);
    (server, bruno, terminal)
}
