//! The servers that take turns.

use chatd_support::message::Dialect;
use chatd_support::role::{myself, serve};
use chatd_support::{Result, Server};
use serde::Serialize;
use std::process::Command;

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Chatd,
    Floor,
    Threads,
}

/// The program that is measured.
pub(crate) const CHATD: &str = env!("CARGO_BIN_EXE_chatd");
/// In every case, besides those that the case gives: a log is no matter of speed.
pub(crate) const CHATD_OPTIONS: &[&str] = &["--quiet"];

impl Kind {
    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Self::Chatd => Dialect::Named,
            Self::Floor | Self::Threads => Dialect::Plain,
        }
    }

    /// A process of this program, which for chatd becomes it: so a server ends with the benchmark,
    /// even if that is killed. `backlog` is how many bytes a client may fall behind; *threads* knows
    /// no such limit. It has one room, and chatd is told by its clients in which of so many they are.
    fn command(self, backlog: &str, rooms: usize, options: &[&str]) -> Result<Command> {
        let mut command = match self {
            Self::Chatd if cfg!(unix) => myself("chatd")?,
            Self::Chatd => Command::new(CHATD),
            Self::Floor => myself("floor")?,
            Self::Threads => myself("threads")?,
        };
        match self {
            Self::Chatd => {
                command.args(["--bind", "127.0.0.1:0", "--max-backlog", backlog]);
                command.args(CHATD_OPTIONS).args(options);
            }
            Self::Floor => _ = command.args([backlog, &rooms.to_string()]),
            Self::Threads => {}
        }
        Ok(command)
    }

    /// Returns whether it is pinned as well.
    pub(crate) fn start(
        self,
        backlog: usize,
        rooms: usize,
        options: &[&str],
    ) -> Result<(Server, bool)> {
        Ok(serve(self.command(&backlog.to_string(), rooms, options)?))
    }
}
