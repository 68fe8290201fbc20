//! The servers that take turns.

use crate::scenario::Case;
use chatd_support::message::{Dialect, LINE_BYTES};
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
    /// What the members speak with it, in turn.
    pub(crate) fn dialects(self, case: &Case) -> &[Dialect] {
        match self {
            Self::Chatd => &case.dialects,
            Self::Floor | Self::Threads => &case.plain,
        }
    }

    /// A process of this program, which for chatd becomes it: so a server ends with the benchmark,
    /// even if that is killed. *threads* knows no limit of how far a client may fall behind. It has one
    /// room, and chatd is told by its clients in which of so many they are.
    fn command(self, case: &Case) -> Result<Command> {
        let backlog = &case.backlog.to_string();
        let mut command = match self {
            Self::Chatd if cfg!(unix) => myself("chatd")?,
            Self::Chatd => Command::new(CHATD),
            Self::Floor => myself("floor")?,
            Self::Threads => myself("threads")?,
        };
        match self {
            Self::Chatd => {
                command.args(["--bind", "127.0.0.1:0", "--max-backlog", backlog]);
                command.args(CHATD_OPTIONS).args(case.options);
            }
            Self::Floor => {
                command.args([backlog, &case.rooms.to_string()]);
                let fillings = case.plain.iter().map(|plain| plain.stride() - LINE_BYTES);
                command.args(fillings.map(|bytes| bytes.to_string()));
            }
            Self::Threads => {}
        }
        Ok(command)
    }

    /// Returns whether it is pinned as well.
    pub(crate) fn start(self, case: &Case) -> Result<(Server, bool)> {
        Ok(serve(self.command(case)?))
    }
}
