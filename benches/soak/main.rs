//! A long look at the real server among all kinds of clients: `cargo bench --bench soak`, with
//! `-- --minutes N` for how long, and `-- --help` for the rest. On Linux, whose accounts it reads.
//!
//! It looks for what only real sockets can break; what the server answers, to whom, is the matter of
//! `tests/simulation`. Most of a crowd are members, who hear each line once and in one order
//! (`chatd_support::crowd`, `order`); some of them talk, and some stop reading for a while. The others
//! come and go (`visitors`): they say a last word, reset their connections, or read no more. A crowd
//! comes twice. The first one warms the server up; after the second the server must be as it was
//! after the first (`run`).
//!
//! What is random comes from a seed. When things happen comes from the clock, so a seed does not
//! repeat a run to the byte; it repeats who does what. No verdict depends on how fast the machine is.

#![expect(clippy::disallowed_methods, reason = "a load generator has a clock of its own")]

mod order;
mod run;
mod server;
mod visitors;

use chatd_support::{Result, machine};
use clap::Parser;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// Keeps chatd among all kinds of clients for a while, and checks what it does to them.
#[derive(Parser)]
#[command(bin_name = "cargo bench --bench soak --")]
struct Args {
    /// How long, in all
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=100_000))]
    minutes: u64,
    /// How many clients
    #[arg(long, value_name = "N", default_value_t = 2000)]
    clients: usize,
    /// Who does what; else picked anew, and printed
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Given by cargo bench
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    match act(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::FAILURE
        }
    }
}

fn act(args: &Args) -> Result<()> {
    if !args.bench {
        println!("nothing is tried but by cargo bench");
        return Ok(());
    }
    machine::seats_for(args.clients)?;
    let seed = match args.seed {
        Some(seed) => seed,
        None => SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
    };
    run::run(args.minutes, args.clients, seed)
}
