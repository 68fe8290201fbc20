//! The processes of a run: a server and a generator, each started at its place and ended with its
//! handle.

use crate::Result;
use crate::generator::{Plan, Run};
use crate::message::Dialect;
use crate::system::{Place, pinned};
use serde::Serialize;
use std::env;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Chatd,
    Floor,
    Threads,
}

impl Kind {
    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Self::Chatd => Dialect::Named,
            Self::Floor | Self::Threads => Dialect::Plain,
        }
    }

    fn command(self, backlog: &str, options: &[&str]) -> Result<Command> {
        let mut command = match self {
            Self::Chatd => Command::new(env!("CARGO_BIN_EXE_chatd")),
            Self::Floor | Self::Threads => Command::new(env::current_exe()?),
        };
        match self {
            Self::Chatd => command
                .args([
                    "--bind",
                    "127.0.0.1:0",
                    "--history",
                    "0",
                    "--quiet",
                    "--max-backlog",
                    backlog,
                ])
                .args(options),
            Self::Floor => command.args(["floor", backlog]),
            Self::Threads => command.arg("threads"),
        };
        Ok(command)
    }
}

/// A child that does not outlive its handle.
struct Kept(Child);

impl Drop for Kept {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

pub(crate) struct Server {
    child: Kept,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// `backlog` is how many bytes a client may fall behind; *threads* knows no such limit.
    pub(crate) fn start(kind: Kind, backlog: usize, options: &[&str]) -> Result<Self> {
        let mut command = kind.command(&backlog.to_string(), options)?;
        // No variable of whoever runs this may change what is measured.
        command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = Kept(pinned(Place::Server, || command.spawn()).0?);
        let output = child.0.stdout.as_mut().ok_or("a server without output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line
            .trim()
            .strip_prefix("listening on ")
            .ok_or("the server does not say where it listens")?;
        Ok(Self { address: address.parse()?, child })
    }

    /// How it ended, if it did.
    pub(crate) fn end(&mut self) -> Option<ExitStatus> {
        self.child.0.try_wait().ok().flatten()
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.0.id()
    }
}

/// Plays `plan` in a process of its own.
pub(crate) fn generate(plan: &Plan) -> Result<Run> {
    let mut command = Command::new(env::current_exe()?);
    command
        .arg("generate")
        .arg(serde_json::to_string(plan)?)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut child = Kept(pinned(Place::Generator, || command.spawn()).0?);
    let mut found = String::new();
    child.0.stdout.as_mut().ok_or("a generator without output")?.read_to_string(&mut found)?;
    if !child.0.wait()?.success() {
        return Err("the generator refused the run".into());
    }
    Ok(serde_json::from_str(&found)?)
}
