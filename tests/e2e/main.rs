//! The real binary from outside: what people, operators and the limits see.

mod connections;
#[cfg(target_os = "linux")]
mod faults;
mod first_line;
mod golden;
mod irc;
mod limits;
mod log;
mod process;
mod readme;
mod room;
#[cfg(target_os = "linux")]
mod signals;
mod websocket;

use chatd_support::Program;

const CHATD: Program<'_> = Program(env!("CARGO_BIN_EXE_chatd"));
