//! What the tests, the benchmarks and the fuzz targets of chatd share. It knows the program only
//! from outside, by its sockets, its streams and its process, and does not depend on the library.
//!
//! | idea | where |
//! |---|---|
//! | what the server says, written and read | [`sentences`] |
//! | the program as a process, and as a running server | [`process`], [`server`] |
//! | a browser and what is seen in it | [`browser`] |
//! | a way to the server that can be cut | [`relay`] |
//! | one client that compares what it hears; several who talk | [`client`], [`talk`] |
//! | many sockets in one poll, each line of theirs checked | [`crowd`], [`socket`], [`visit`], [`ledger`], [`message`] |
//! | how a browser speaks | [`websocket`] |
//! | what the system tells of a process, and grants | [`proc`], [`machine`] |
//! | the processes of a benchmark | [`role`] |
//! | a program in a pseudo-terminal; the example client | `terminal`, [`example`] |
//! | chance by seed; tables | [`random`], [`markdown`] |
//!
//! Whatever waits has a deadline.

#![expect(
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "it is not published, and here a panic is how a test fails"
)]

pub mod browser;
pub mod client;
pub mod crowd;
pub mod example;
pub mod ledger;
pub mod machine;
pub mod markdown;
pub mod message;
pub mod proc;
pub mod process;
pub mod random;
pub mod relay;
pub mod role;
pub mod sentences;
pub mod server;
pub mod socket;
pub mod talk;
#[cfg(unix)]
pub mod terminal;
pub mod visit;
pub mod websocket;

use std::thread;
use std::time::{Duration, Instant};

pub use client::Client;
pub use process::{Process, Program};
pub use server::Server;

/// What a benchmark returns that can fail for several reasons.
pub type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// What does not happen within this time does not happen. It is long because a machine can be busy.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How often a thing is looked at that cannot be waited for.
const GLANCE: Duration = Duration::from_millis(5);

/// The time, for tests and benchmarks: they have no reactor to tell it.
#[expect(clippy::disallowed_methods, reason = "whoever looks from outside lives in real time")]
pub fn now() -> Instant {
    Instant::now()
}

/// The lines `0`, `1`, `2` and so on.
pub fn numbers(count: usize) -> String {
    (0..count).flat_map(|number| [number.to_string(), "\n".to_owned()]).collect()
}

/// Tries until there is a result.
pub fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let start = now();
    loop {
        if let Some(result) = attempt() {
            return result;
        }
        assert!(start.elapsed() < PATIENCE, "in vain for {PATIENCE:?}: {what}");
        thread::sleep(GLANCE);
    }
}
