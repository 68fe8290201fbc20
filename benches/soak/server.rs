//! The server: started as its users start it, watched from outside, and told to stop.

use crate::Result;
use crate::system::Accounts;
use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The defaults, but for the port, which the system picks; for the past, which nobody here
/// understands; and for the log, which is to tell of each connection.
const OPTIONS: &[&str] = &["--bind", "127.0.0.1:0", "--history", "0", "--quiet", "--verbose"];
/// Where its log goes: it stays there, to be looked at when something was wrong.
pub(crate) const LOG: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/soak.log");
/// So long it may take to stop.
const PATIENCE: Duration = Duration::from_secs(30);
/// So many of the worst lines of its log are shown.
const COMPLAINTS_MAX: usize = 10;

pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

/// What it has of the system.
#[derive(Clone, Copy)]
pub(crate) struct Held {
    pub(crate) descriptors: usize,
    pub(crate) threads: usize,
    /// Bytes of memory, now and at the most.
    pub(crate) resident: u64,
    pub(crate) peak: u64,
    /// What it has used of a processor.
    pub(crate) busy: Duration,
}

impl Server {
    pub(crate) fn start() -> Result<Self> {
        // As in the hostile benchmark: another build is tried.
        let program = env::var_os("CHATD_BIN").unwrap_or(env!("CARGO_BIN_EXE_chatd").into());
        let mut child = Command::new(program)
            .args(OPTIONS)
            // No variable of whoever runs this may change what is tried.
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(LOG)?)
            .spawn()?;
        let output = child.stdout.take().ok_or("a process without output")?;
        let mut server = Self { child, address: SocketAddr::from(([0; 4], 0)) };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().strip_prefix("listening on ");
        server.address = address.ok_or("the server does not say where it listens")?.parse()?;
        Ok(server)
    }

    pub(crate) fn held(&self) -> Result<Held> {
        let process = self.child.id();
        let count = |what| -> Result<usize> {
            Ok(fs::read_dir(format!("/proc/{process}/{what}"))?.count())
        };
        let (descriptors, threads) = (count("fd")?, count("task")?);
        let Accounts { cpu: Some(cpu), resident: Some(resident), peak: Some(peak) } =
            Accounts::of(process)
        else {
            return Err("the system keeps no accounts of the server".into());
        };
        Ok(Held { descriptors, threads, resident, peak, busy: Duration::from_nanos(cpu) })
    }

    /// Fails if it is no longer there.
    pub(crate) fn check_alive(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(format!("the server has ended: {status}").into()),
        }
    }

    /// Asks it to stop, as a service manager does.
    pub(crate) fn terminate(&self) -> Result<()> {
        let status = Command::new("kill").arg(self.child.id().to_string()).status()?;
        if status.success() { Ok(()) } else { Err("the server cannot be told to stop".into()) }
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        let by = Instant::now() + PATIENCE;
        while Instant::now() < by {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(10));
        }
        Err("the server does not stop".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Lines of the log that should not be there: errors, and what is no line of a log, such as the
/// words of a panic.
///
/// `[2026-11-22T20:13:20Z INFO ] 127.0.0.1:1234 left (ana): too slow: 1048600 bytes unsent`
pub(crate) fn complaints() -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for line in BufReader::new(File::open(LOG)?).lines() {
        let line = line?;
        let level = line.strip_prefix('[').and_then(|rest| rest.split(' ').nth(1));
        // It says itself how many lines are lost when they come faster than the disk takes them.
        let is_harmless = matches!(level, Some("INFO" | "WARN" | "DEBUG]"))
            || line.contains(" of the log are lost");
        if !is_harmless && complaints.len() < COMPLAINTS_MAX {
            complaints.push(line);
        }
    }
    Ok(complaints)
}
