//! A long look at the real server among all kinds of clients: `cargo bench --bench soak`, with
//! `-- --minutes N` for how long, and `-- --help` for the rest.
//!
//! A crowd comes, most of it well behaved, the rest not: some stop reading, reset their connections
//! or send anything (`seat`, `acts`). It comes twice. The first crowd warms the server up; after
//! the second the server must be as it was after the first. What makes the result worth something:
//!
//! - Every line that a well-behaved client says is accounted for. One client that only listens
//!   hears the order of the room (`transcript`), and what it hears is compared with what was said;
//!   every other well-behaved client must hear the same lines in the same order, from the message
//!   before it came to its end, without its own (`hearing`), and what it asked for (`answers`).
//!   These checks are shown each fault before every run (`trial`).
//! - What the server holds is read from the system's accounts of its process (`server`), and where
//!   it ends up is a verdict (`run`).
//! - What is random comes from a seed. When things happen comes from the clock, so a seed does not
//!   repeat a run to the byte; it repeats who does what.
//! - No verdict depends on how fast the machine is.

#![expect(clippy::disallowed_methods, reason = "a load generator has a clock of its own")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "figures are rounded, and what is counted here fits"
)]

mod acts;
mod answers;
mod crowd;
mod hearing;
mod lines;
#[path = "../load/markdown.rs"]
mod markdown;
#[path = "../../tests/simulation/sim/random.rs"]
mod random;
mod receive;
mod run;
mod seat;
mod server;
mod summary;
#[path = "../load/system.rs"]
#[expect(dead_code, reason = "shared with the load benchmark")]
mod system;
mod transcript;
mod trial;
mod waves;
mod words;

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// Descriptors that a process needs besides one per client.
const SPARE_DESCRIPTORS: usize = 100;

/// Keeps chatd among all kinds of clients for a while, and checks all that it does to them.
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
    #[command(subcommand)]
    role: Option<Role>,
}

/// What this program is when it has started itself.
#[derive(Subcommand)]
#[command(disable_help_subcommand = true)]
enum Role {
    #[command(hide = true)]
    Chatd,
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
    if let Some(Role::Chatd) = args.role {
        system::end_with_parent()?;
        return Err(server::become_server().into());
    }
    if !args.bench {
        println!("nothing is tried but by cargo bench");
        return Ok(());
    }
    let seats = system::descriptors()?.saturating_sub(SPARE_DESCRIPTORS);
    if seats < args.clients {
        let needed = args.clients + SPARE_DESCRIPTORS;
        return Err(format!("{needed} descriptors are needed: ulimit -n").into());
    }
    let seed = args.seed.unwrap_or_else(|| {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as u64)
    });
    trial::self_check()?;
    run::run(args.minutes, args.clients, seed)
}
