//! The real server behind a bad network: network namespaces of this test's own, and a relay between
//! them that loses, delays, doubles and reorders frames, or goes dark.
//!
//! It needs Linux, `ip`, `nsenter` and `unshare` (iproute2, util-linux), Python 3.10 and, unless it
//! runs as root, a system that lets users make namespaces. Where one of these is missing, the tests
//! say loudly that they are skipped. Those that wait for the kernel's minute are run by name:
//!
//! ```text
//! cargo test --test network -- --ignored
//! ```

#![cfg(target_os = "linux")]

#[path = "../client/program.rs"]
mod program;
#[path = "../client/pty.rs"]
#[expect(dead_code, reason = "the rest of it is for the tests of the client")]
mod pty;
#[path = "../support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the rest of it is for the tests of the server")]
mod support;
mod talk;
mod vanish;
mod wire;
