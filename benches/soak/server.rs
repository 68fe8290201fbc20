//! The server: started as its users start it, watched from outside, and told to stop.

use crate::Result;
use crate::seat::Role;
use crate::system::{Accounts, become_program};
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const CHATD: &str = env!("CARGO_BIN_EXE_chatd");
/// Its defaults, but for the port, which the system picks, for the address, which others cannot
/// reach, and for the log, which is to tell of each connection though all come from one address.
pub(crate) const OPTIONS: [&str; 3] = ["--bind", "127.0.0.1:0", "--verbose"];
/// So long it may take to listen, and to stop.
const PATIENCE: Duration = Duration::from_secs(30);
/// So much of a line of its log is looked at.
const LINE_BYTES_MAX: u64 = 4096;
/// So many of its worst lines are kept.
const COMPLAINTS_MAX: usize = 10;

pub(crate) struct Server {
    child: Child,
    log: Option<JoinHandle<Log>>,
    pub(crate) address: SocketAddr,
}

/// What its log has said, but for the lines themselves.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) lines: u64,
    /// Errors, and what is no line of a log, such as the words of a panic.
    pub(crate) complaints: Vec<String>,
    pub(crate) warnings: u64,
    /// Who timed out: what to look at if a client was dropped that should not have been.
    pub(crate) timed_out: Vec<String>,
    /// How many stallers were dropped as too slow.
    pub(crate) slow_stallers: u64,
    /// It says itself that lines are lost when they come faster than they are taken.
    pub(crate) has_gaps: bool,
}

/// What it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) descriptors: usize,
    pub(crate) threads: usize,
}

/// In the process that has started itself for this: becomes the server.
pub(crate) fn become_server() -> std::io::Error {
    become_program(Command::new(CHATD).args(OPTIONS))
}

impl Server {
    pub(crate) fn start() -> Result<Self> {
        let mut command = if cfg!(unix) {
            let mut command = Command::new(env::current_exe()?);
            command.arg("chatd");
            command
        } else {
            let mut command = Command::new(CHATD);
            command.args(OPTIONS);
            command
        };
        // No variable of whoever runs this may change what is tried.
        command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (output, errors) = (child.stdout.take(), child.stderr.take());
        let (Some(output), Some(errors)) = (output, errors) else {
            return Err("a process without output".into());
        };
        // The log must be read whatever the crowd is doing, or its lines are lost.
        let log = Some(thread::spawn(move || Log::read(errors)));
        let (heard, hearing) = mpsc::channel();
        thread::spawn(move || {
            let (mut output, mut line) = (BufReader::new(output), String::new());
            let result = output.read_line(&mut line).map(|_| line);
            // Nobody waits for it any more if it came too late.
            _ = heard.send(result);
            // To the end: nobody else takes the words on how to join.
            _ = std::io::copy(&mut output, &mut std::io::sink());
        });
        let mut server = Self { child, log, address: SocketAddr::from(([0; 4], 0)) };
        let line = hearing.recv_timeout(PATIENCE).map_err(|_| "the server does not start")??;
        let address = line.trim().strip_prefix("listening on ");
        server.address = address.ok_or("the server does not say where it listens")?.parse()?;
        Ok(server)
    }

    pub(crate) fn accounts(&self) -> Accounts {
        Accounts::of(self.child.id())
    }

    /// `None` where the system does not tell.
    pub(crate) fn held(&self) -> Option<Held> {
        let count = |what| fs::read_dir(format!("/proc/{}/{what}", self.child.id())).ok();
        Some(Held { descriptors: count("fd")?.count(), threads: count("task")?.count() })
    }

    /// How it ended, if it did.
    pub(crate) fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Asks it to stop.
    #[cfg(unix)]
    pub(crate) fn terminate(&self) -> Result<()> {
        use rustix::process::{Pid, Signal, kill_process};
        let pid = Pid::from_raw(i32::try_from(self.child.id())?).ok_or("no process")?;
        Ok(kill_process(pid, Signal::TERM)?)
    }

    #[cfg(not(unix))]
    pub(crate) fn terminate(&self) -> Result<()> {
        Err("there are no signals here".into())
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.has_ended() {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(10));
        }
        Err("the server does not stop".into())
    }

    /// Ends it, if it has not ended, and returns what its log has said.
    pub(crate) fn log(mut self) -> Log {
        _ = self.child.kill();
        _ = self.child.wait();
        self.log.take().and_then(|log| log.join().ok()).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Log {
    fn read(errors: ChildStderr) -> Self {
        let (mut errors, mut log, mut line) = (BufReader::new(errors), Self::default(), Vec::new());
        loop {
            line.clear();
            // The rest of a longer one counts as a line of its own: a complaint, as none is so
            // long.
            match errors.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line) {
                Ok(count) if count > 0 => log.note(String::from_utf8_lossy(&line).trim_end()),
                Ok(_) | Err(_) => return log,
            }
        }
    }

    /// `[2026-11-22T20:13:20Z INFO ] 127.0.0.1:1234 left (ana): too slow: 1048600 bytes unsent`
    fn note(&mut self, line: &str) {
        self.lines += 1;
        let level = line.strip_prefix('[').and_then(|rest| rest.split(' ').nth(1));
        match level {
            Some("INFO" | "DEBUG]") => {}
            Some("WARN") => self.warnings += 1,
            Some("lines") if line.contains(" lines of the log are lost") => self.has_gaps = true,
            _ if self.complaints.len() < COMPLAINTS_MAX => self.complaints.push(line.to_owned()),
            _ => {}
        }
        if line.ends_with(": timed out") && self.timed_out.len() < COMPLAINTS_MAX {
            self.timed_out.push(line.to_owned());
        }
        if let Some((before, _)) = line.split_once("): too slow: ")
            && let Some((_, nick)) = before.rsplit_once(" left (")
        {
            self.slow_stallers += u64::from(nick.starts_with(Role::Staller.letter()));
        }
    }
}
