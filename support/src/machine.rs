//! What the machine is, and what it grants: processors, descriptors, the place of a process.
//!
//! Where that is not known, nothing is pinned, and what is told is left out.

use std::process::Command;
use std::{fmt, fs, io};

use serde::Serialize;

use crate::Result;

/// Under what circumstances figures came about: they mean nothing without.
#[derive(Debug, Serialize)]
pub struct Machine {
    date: Option<String>,
    commit: Option<String>,
    kernel: Option<String>,
    processor: Option<String>,
    processors: usize,
}

impl Machine {
    /// What it is now.
    pub fn look() -> Self {
        Self {
            date: told_by("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
            commit: told_by("git", &["describe", "--always", "--dirty"]),
            kernel: told_by("uname", &["-sr"]),
            processor: processor(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = [&self.date, &self.commit, &self.kernel, &self.processor];
        for text in known.into_iter().flatten() {
            write!(out, "{text}; ")?;
        }
        write!(out, "{} processors", self.processors)
    }
}

/// The model of the processor.
fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("model name"))?;
    Some(line.trim_start_matches([' ', '\t', ':']).to_owned())
}

/// What a program says in one line, if it is there and succeeds.
fn told_by(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// Descriptors that a process needs besides one per client.
const SPARE_DESCRIPTORS: usize = 100;

/// Raises the descriptor limit of this process and its children as far as it goes, and returns for
/// how many clients that is.
pub fn seats() -> io::Result<usize> {
    #[cfg(unix)]
    let all = usize::try_from(rlimit::increase_nofile_limit(u64::MAX)?).unwrap_or(usize::MAX);
    #[cfg(not(unix))]
    let all = usize::MAX;
    Ok(all.saturating_sub(SPARE_DESCRIPTORS))
}

/// The same, if it is for so many.
pub fn seats_for(clients: usize) -> Result<usize> {
    match seats()? {
        seats if seats < clients => {
            let needed = clients + SPARE_DESCRIPTORS;
            Err(format!("at least {needed} descriptors are needed: ulimit -n").into())
        }
        seats => Ok(seats),
    }
}

/// The first processor for the server and the last for the generator: neighbours in number often
/// share a core.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// Where the server is.
    Server,
    /// Where all others are.
    Generator,
}

/// Runs `start`; a process that it starts stays at its place. Returns whether it is pinned as well.
#[cfg(target_os = "linux")]
pub fn pinned<T>(place: Place, start: impl FnOnce() -> T) -> (T, bool) {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let Ok(all) = sched_getaffinity(None) else { return (start(), false) };
    let mut granted = (0..CpuSet::MAX_CPU).filter(|&cpu| all.is_set(cpu));
    let cpu = match place {
        Place::Server => granted.next(),
        Place::Generator => granted.next_back(),
    };
    let mut one = CpuSet::new();
    one.set(cpu.unwrap_or(0));
    // A child inherits the place of the thread that starts it.
    let pinned = all.count() > 1 && sched_setaffinity(None, &one).is_ok();
    let started = start();
    if pinned {
        _ = sched_setaffinity(None, &all);
    }
    (started, pinned)
}

/// Runs `start`: nothing can be pinned here.
#[cfg(not(target_os = "linux"))]
pub fn pinned<T>(_: Place, start: impl FnOnce() -> T) -> (T, bool) {
    (start(), false)
}
