//! The real server on a machine with many networks, and behind a bad one: network namespaces of this
//! test's own, and a relay between them that loses, delays, doubles and reorders frames, or goes dark.
//!
//! It needs Linux, `ip`, `nsenter` and `unshare` (iproute2, util-linux), Python 3.10 and, unless it
//! runs as root, a system that lets users make namespaces. Where one of these is missing, the tests
//! say loudly that they are skipped. Those that wait for the kernel's minute are run by name:
//!
//! ```text
//! cargo test --test network -- --ignored
//! ```

#![cfg(target_os = "linux")]

mod banner;
mod talk;
mod vanish;
mod wire;

use chatd_support::Program;

const CHATD: Program<'_> = Program(env!("CARGO_BIN_EXE_chatd"));
