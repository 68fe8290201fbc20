//! Join a chatd room from a terminal, or through files and pipes.
//!
//! The terminal, the socket and the signals are multiplexed by one [`mio::Poll`], without threads:
//!
//! ```text
//! main ─ reactor ─┬─ terminal      raw mode, signals, standard input   (the only module for Unix)
//!                 ├─ connection    the socket, with the library's outbox and lines
//!                 └─ frontend      events in, actions out; no sockets, no clock
//!                     ├─ plain         for files and pipes
//!                     └─ interactive   keys ─ editor ─ screen, and style, roster, visible
//! ```
//!
//! `frontend` is the line between what waits for the system and what does not: a front end is told
//! what happened and says what is to be done, and so all of it can be tested without a terminal.

mod address;
mod commands;
mod connection;
mod editor;
mod frontend;
mod interactive;
mod keys;
mod plain;
mod protocol;
mod reactor;
mod roster;
mod screen;
mod style;
#[cfg_attr(not(unix), path = "terminal_elsewhere.rs")]
mod terminal;
mod visible;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use address::Address;
use frontend::Frontend;
use interactive::{Interactive, Options};
use plain::Plain;
use style::Style;

/// Join a chatd room: talk on a terminal, or through files and pipes.
#[derive(Debug, Parser)]
#[command(name = "client", version)]
struct Args {
    /// The server: a name or an address, IPv6 in brackets; without PORT, 55555
    #[arg(value_name = "HOST[:PORT]", default_value = "127.0.0.1:55555")]
    server: Address,

    /// Your nickname; else asked for, or $USER where there is no terminal to ask at
    #[arg(short, long, value_name = "NAME", value_parser = nick)]
    nick: Option<String>,

    #[arg(long, help = "No colours; NO_COLOR in the environment says the same")]
    no_color: bool,

    /// Ring when your nickname is mentioned, or on a private message
    #[arg(long)]
    bell: bool,

    /// Leave when the connection is lost instead of trying again
    #[arg(long)]
    no_reconnect: bool,
}

/// Whether it is free and to the server's liking, the server says.
fn nick(text: &str) -> Result<String, String> {
    let is_word = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    if is_word && !text.starts_with('/') {
        Ok(text.to_owned())
    } else {
        Err("a nickname is one word, and no command".to_owned())
    }
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where to complain that nobody listens to complaints?
            let _ = io::stderr().write_all(format!("error: {error}\n").as_bytes());
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<(), String> {
    let is_interactive = terminal::is_interactive();
    let user = std::env::var("USER").ok().and_then(|user| nick(&user).ok());
    let mut frontend: Box<dyn Frontend> = if is_interactive {
        let no_color = args.no_color || std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        Box::new(Interactive::new(Options {
            server: args.server.to_string(),
            nick: args.nick,
            nick_default: user,
            style: Style { color: !no_color },
            bell: args.bell,
            reconnect: !args.no_reconnect,
        }))
    } else {
        let nick = args.nick.or(user).ok_or("which nickname? Say it with --nick NAME")?;
        Box::new(Plain::new(nick))
    };
    reactor::run(args.server, frontend.as_mut(), is_interactive)
}
