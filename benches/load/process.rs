//! The processes of a run: a server and a generator, each started at its place and ended with its
//! handle.

use crate::Result;
use crate::generator::{Plan, Run};
use crate::message::Dialect;
use crate::system::{Place, pinned};
use serde::Serialize;
use std::env;
use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

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

    /// A process of this program, which for chatd becomes it: so a server ends with the benchmark,
    /// even if that is killed.
    fn command(self, backlog: &str, options: &[&str]) -> Result<Command> {
        let mut command = match self {
            Self::Chatd if cfg!(not(unix)) => Command::new(CHATD),
            Self::Chatd | Self::Floor | Self::Threads => Command::new(env::current_exe()?),
        };
        match self {
            Self::Chatd => {
                if cfg!(unix) {
                    command.arg("chatd");
                }
                command.args(["--bind", "127.0.0.1:0", "--max-backlog", backlog]);
                command.args(CHATD_OPTIONS).args(options)
            }
            Self::Floor => command.args(["floor", backlog]),
            Self::Threads => command.arg("threads"),
        };
        Ok(command)
    }
}

/// The program that is measured.
pub(crate) const CHATD: &str = env!("CARGO_BIN_EXE_chatd");
/// In every case, besides those that the case gives: a log is no matter of speed.
pub(crate) const CHATD_OPTIONS: &[&str] = &["--quiet"];
/// So long a server may take to listen.
const START: Duration = Duration::from_secs(10);
/// So long a run may take in all; what stands still within is found much sooner.
const RUN: Duration = Duration::from_secs(120);

/// A child that does not outlive its handle.
struct Kept(Child);

impl Drop for Kept {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

impl Kept {
    /// Starts `command` at its place. Returns whether it is pinned there as well.
    fn start(mut command: Command, place: Place) -> Result<(Self, bool)> {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let (child, pinned) = pinned(place, || command.spawn());
        Ok((Self(child?), pinned))
    }

    /// What `read` finds in its output, if that does not take too long.
    fn hear(
        &mut self,
        patience: Duration,
        read: fn(&mut BufReader<ChildStdout>, &mut String) -> io::Result<usize>,
    ) -> Result<String> {
        let output = self.0.stdout.take().ok_or("a process without output")?;
        let (heard, hearing) = mpsc::channel();
        thread::spawn(move || {
            let (mut output, mut text) = (BufReader::new(output), String::new());
            let result = read(&mut output, &mut text).map(|_| text);
            // Nobody waits for it any more if it came too late.
            _ = heard.send((result, output.into_inner()));
        });
        let (text, output) = hearing.recv_timeout(patience).map_err(|_| "no answer in time")?;
        // Kept open: the process may still write.
        self.0.stdout = Some(output);
        Ok(text?)
    }
}

pub(crate) struct Server {
    child: Kept,
    pub(crate) address: SocketAddr,
    pub(crate) pinned: bool,
}

impl Server {
    /// `backlog` is how many bytes a client may fall behind; *threads* knows no such limit.
    pub(crate) fn start(kind: Kind, backlog: usize, options: &[&str]) -> Result<Self> {
        let mut command = kind.command(&backlog.to_string(), options)?;
        // No variable of whoever runs this may change what is measured.
        command.env_clear();
        let (mut child, pinned) = Kept::start(command, Place::Server)?;
        let line = child.hear(START, BufRead::read_line)?;
        let address = line
            .trim()
            .strip_prefix("listening on ")
            .ok_or("the server does not say where it listens")?;
        Ok(Self { address: address.parse()?, child, pinned })
    }

    /// How it ended, if it did.
    pub(crate) fn end(&mut self) -> Option<ExitStatus> {
        self.child.0.try_wait().ok().flatten()
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.0.id()
    }
}

/// Plays `plan` in a process of its own. Returns whether that was pinned as well.
pub(crate) fn generate(plan: &Plan) -> Result<(Run, bool)> {
    let mut command = Command::new(env::current_exe()?);
    command.arg("generate").arg(serde_json::to_string(plan)?);
    let (mut child, pinned) = Kept::start(command, Place::Generator)?;
    let found = child.hear(RUN, Read::read_to_string)?;
    if !child.0.wait()?.success() {
        return Err("the generator refused the run".into());
    }
    Ok((serde_json::from_str(&found)?, pinned))
}
