//! What the operating system tells and grants: accounts of a process, processors, descriptors.
//!
//! Linux only. Elsewhere nothing is pinned and the accounts are empty: their figures are left out.

use serde::{Deserialize, Serialize};
use std::process::Command;
use std::{fs, io};

/// What a process has used.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Accounts {
    /// Processor time of all its threads, in nanoseconds.
    pub(crate) cpu: Option<u64>,
    /// Resident bytes now.
    pub(crate) resident: Option<u64>,
    /// The most resident bytes since `forget_peak`.
    pub(crate) peak: Option<u64>,
}

impl Accounts {
    pub(crate) fn of(process: u32) -> Self {
        // Counted page by page: the sum in `status` lags behind by some hundred kilobytes.
        let resident = field(&format!("/proc/{process}/smaps_rollup"), "Rss:");
        let peak = field(&format!("/proc/{process}/status"), "VmHWM:");
        Self { cpu: cpu(process), resident, peak }
    }

    pub(crate) fn of_self() -> Self {
        Self::of(std::process::id())
    }
}

/// Lets the peak of `process` start again from what is resident now.
pub(crate) fn forget_peak(process: u32) {
    _ = fs::write(format!("/proc/{process}/clear_refs"), "5");
}

/// From the scheduler, in nanoseconds: the times in `stat` come in ticks of ten milliseconds.
fn cpu(process: u32) -> Option<u64> {
    let mut sum = 0;
    for thread in fs::read_dir(format!("/proc/{process}/task")).ok()? {
        // A thread may end while we look.
        let Ok(account) = fs::read_to_string(thread.ok()?.path().join("schedstat")) else {
            continue;
        };
        sum += account.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(sum)
}

/// The bytes in a line `name: 123 kB`.
fn field(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// Raises the descriptor limit of this process and its children as far as it goes, and returns it.
#[cfg(unix)]
pub(crate) fn descriptors() -> io::Result<usize> {
    Ok(usize::try_from(rlimit::increase_nofile_limit(u64::MAX)?).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
pub(crate) fn descriptors() -> io::Result<usize> {
    Ok(usize::MAX)
}

/// The first processor for the server and the last for the generator: neighbours in number often
/// share a core.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Server,
    Generator,
}

/// Runs `start`; a process that it starts stays at its place. Returns whether it is pinned as well.
#[cfg(target_os = "linux")]
pub(crate) fn pinned<T>(place: Place, start: impl FnOnce() -> T) -> (T, bool) {
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

#[cfg(not(target_os = "linux"))]
pub(crate) fn pinned<T>(_: Place, start: impl FnOnce() -> T) -> (T, bool) {
    (start(), false)
}

/// Sees to it that this process ends with the one that started it, however that ends.
#[cfg(target_os = "linux")]
pub(crate) fn end_with_parent() -> io::Result<()> {
    use rustix::process::{Signal, set_parent_process_death_signal};
    Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "it can fail on Linux")]
pub(crate) fn end_with_parent() -> io::Result<()> {
    Ok(())
}

/// Becomes another program: what holds for this process holds for that one. Returns why it could
/// not.
#[cfg(unix)]
pub(crate) fn become_program(command: &mut Command) -> io::Error {
    std::os::unix::process::CommandExt::exec(command)
}

#[cfg(not(unix))]
pub(crate) fn become_program(_: &mut Command) -> io::Error {
    io::ErrorKind::Unsupported.into()
}

/// The model of the processor.
pub(crate) fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("model name"))?;
    Some(line.trim_start_matches([' ', '\t', ':']).to_owned())
}

/// What a program says in one line, if it is there and succeeds.
pub(crate) fn told_by(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
