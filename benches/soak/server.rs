//! The server: started as its users start it, and watched from outside.

use chatd_support::proc::{Accounts, descriptors, threads};
use chatd_support::{Program, Result, Server};
use std::env;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::time::Duration;

/// The defaults, but for the port, which the system picks; for the past, which nobody here
/// understands; and for the log, which is to tell of each connection.
const OPTIONS: &str = "--bind 127.0.0.1:0 --history 0 --quiet --verbose";
/// Where its log goes: it stays there, to be looked at when something was wrong.
pub(crate) const LOG: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/soak.log");
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

pub(crate) fn start() -> Result<Server> {
    // As in the hostile benchmark: another build is tried.
    let program = env::var("CHATD_BIN").unwrap_or(env!("CARGO_BIN_EXE_chatd").into());
    let mut command = Program(&program).command(OPTIONS);
    command.stderr(File::create(LOG)?);
    Ok(Server::launch(command))
}

pub(crate) fn held(server: &Server) -> Result<Held> {
    let all = || {
        let Accounts { cpu, resident, peak, .. } = Accounts::of(server.pid());
        Some(Held {
            descriptors: descriptors(server.pid())?,
            threads: threads(server.pid())?,
            resident: resident?,
            peak: peak?,
            busy: Duration::from_nanos(cpu?),
        })
    };
    Ok(all().ok_or("the system keeps no accounts of the server")?)
}

/// Fails if it is no longer there.
pub(crate) fn check_alive(server: &mut Server) -> Result<()> {
    match server.end() {
        None => Ok(()),
        Some(status) => Err(format!("the server has ended: {status}").into()),
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
        if !is_harmless {
            complaints.push(line);
        }
    }
    Ok(complaints)
}
