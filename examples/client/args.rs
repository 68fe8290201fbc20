//! The command line, and what the environment adds to it.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::client::address::Address;
use crate::client::interactive::Options;
use crate::client::local_time::Zone;
use crate::client::style::Style;

/// What the client itself does about lines that begin with a slash.
const COMMANDS: &str = "Commands of the client, besides those that the server explains at /help:
  /ignore NICK    do not show what NICK says; again, or /unignore NICK: show it
  /ignore         whose lines are not shown
With a server that speaks IRC, where /help is the client's own:
  /query NICK     open the window of a private talk; /close closes it
  /quote LINE     send a line as it is";

// The lines of the help are broken here by hand, at 80 columns, as in `chatd`.

/// Join a chatd room: talk on a terminal, or through files and pipes.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[command(name = "client", version, after_help = COMMANDS)]
pub(crate) struct Args {
    /// The server: a name or an address, IPv6 in brackets;
    /// without PORT, 55555 [default: 127.0.0.1:55555]
    #[arg(value_name = "HOST[:PORT]", default_value = "127.0.0.1:55555")]
    #[arg(verbatim_doc_comment, hide_default_value = true)]
    server: Address,

    /// The port, if it does not stand behind the host: HOST
    /// PORT as in netcat
    #[arg(verbatim_doc_comment, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,

    /// Your nickname; else asked for, or $USER where there
    /// is no terminal to ask at
    #[arg(verbatim_doc_comment, short, long, value_name = "NAME", value_parser = nick)]
    nick: Option<String>,

    #[arg(long, help = "No colours; NO_COLOR in the environment says the same")]
    no_color: bool,

    /// No time of day before the lines on a terminal
    #[arg(long)]
    no_time: bool,

    /// Ring when your nickname is mentioned, or on a private
    /// message
    #[arg(verbatim_doc_comment, long)]
    bell: bool,

    /// Append every line that is shown to FILE, with date
    /// and time
    #[arg(verbatim_doc_comment, long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,

    /// Show each line that goes over the wire, << from the
    /// server and >> to it
    #[arg(verbatim_doc_comment, long)]
    pub(crate) raw: bool,

    /// Leave when the connection is lost instead of trying again
    #[arg(long)]
    no_reconnect: bool,
}

impl Args {
    /// Where to connect to. Ends the program if the port is given twice, as for any wrong usage.
    pub(crate) fn server(&self) -> Address {
        self.server.clone().with_port(self.port).unwrap_or_else(|why| {
            Self::command().error(ErrorKind::ArgumentConflict, why).exit();
        })
    }

    pub(crate) fn for_a_terminal(self, server: &Address) -> Options {
        let no_color = self.no_color || std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        Options {
            server: server.to_string(),
            nick: self.nick,
            nick_default: user(),
            style: Style { color: !no_color },
            zone: (!self.no_time).then(Zone::of_the_system),
            bell: self.bell,
            reconnect: !self.no_reconnect,
        }
    }

    /// The nickname where there is nobody to ask for one.
    pub(crate) fn nick_for_a_script(self) -> Result<String, String> {
        self.nick.or_else(user).ok_or("which nickname? Say it with --nick NAME".to_owned())
    }
}

fn user() -> Option<String> {
    std::env::var("USER").ok().and_then(|user| nick(&user).ok())
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
