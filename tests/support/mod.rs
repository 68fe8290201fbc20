//! What the end-to-end tests share: the real binary as a process, and clients of it. Whatever they
//! wait for has a deadline.

mod client;
#[cfg(target_os = "linux")]
pub(crate) mod linux;
mod process;
mod server;

use std::thread;
use std::time::{Duration, Instant};

pub(crate) use client::Client;
#[cfg(target_os = "linux")]
pub(crate) use process::chatd_in_shell;
pub(crate) use process::{Process, chatd};
pub(crate) use server::Server;

/// What does not happen within this time does not happen. It is long because a machine can be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// How often a thing is looked at that cannot be waited for.
const GLANCE: Duration = Duration::from_millis(5);

#[expect(clippy::disallowed_methods, reason = "a test from outside lives in real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The lines `0`, `1`, `2` and so on.
pub(crate) fn numbers(count: usize) -> String {
    (0..count).flat_map(|number| [number.to_string(), "\n".to_owned()]).collect()
}

/// Tries until there is a result.
pub(crate) fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let start = now();
    loop {
        if let Some(result) = attempt() {
            return result;
        }
        assert!(start.elapsed() < PATIENCE, "in vain for {PATIENCE:?}: {what}");
        thread::sleep(GLANCE);
    }
}
