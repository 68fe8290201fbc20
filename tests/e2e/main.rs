//! The real binary from outside: what people, operators and the limits see.

mod connections;
#[cfg(target_os = "linux")]
mod faults;
mod first_line;
mod golden;
mod limits;
mod lines;
mod log;
mod names;
mod process;
#[cfg(target_os = "linux")]
mod signals;
mod talk;

use chatd_support::Program;

const CHATD: Program<'_> = Program(env!("CARGO_BIN_EXE_chatd"));
