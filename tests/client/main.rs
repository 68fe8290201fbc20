//! The terminal client from outside: in a pseudo-terminal, and through pipes and files; in a room
//! of the real server wherever that can be.

#![cfg(unix)]

mod lines;
mod program;
mod pty;
mod scripted;
#[path = "../support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the rest of it is for the tests of the server")]
mod support;
mod terminal;
mod trouble;

use std::fmt::Display;

use program::client;
use pty::Terminal;
use support::{Client, Server};

/// The client, with `arguments` after the address.
fn command(address: impl Display, arguments: &str) -> pty_process::blocking::Command {
    pty_process::blocking::Command::new(client())
        .arg(address.to_string())
        .args(arguments.split_whitespace())
        .env("TERM", "xterm-256color")
        .env("USER", "user")
        .env_remove("NO_COLOR")
}

/// Starts the client in a window.
fn start(address: impl Display, arguments: &str, columns: u16, rows: u16) -> Terminal {
    Terminal::start(command(address, arguments), columns, rows)
}

/// A room with `bruno` in it, and the client as `ana`.
fn room(columns: u16, rows: u16) -> (Server, Client, Terminal) {
    let server = Server::start("--rate 0");
    let mut bruno = server.join("bruno");
    let mut terminal = start(server.addr(), "--nick ana", columns, rows);
    bruno.expect("*** ana joined");
    terminal.wait_for_rows(&["ana>"]);
    (server, bruno, terminal)
}
