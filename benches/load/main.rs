//! Load on the real server, from outside: `cargo bench --bench load`.
//!
//! chatd and two yardsticks take turns under the same generator, each a process of its own, the server pinned apart
//! from the generator. `floor` is the least that an epoll server can do, `threads` a thread per client. All figures
//! are medians over the rounds. Every delivery to every client is checked, and a lost, doubled, reordered or garbled
//! one fails the run.

#![expect(clippy::disallowed_methods, reason = "a load generator has a clock of its own")]
#![allow(clippy::disallowed_types, reason = "the wall without sockets stands in the library")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "figures are rounded, and what is counted here fits"
)]

mod churn;
mod crowd;
mod floor;
mod generator;
mod ledger;
mod load;
mod message;
mod plot;
mod process;
mod report;
mod scenario;
mod system;
mod threads;

use clap::{Parser, Subcommand, ValueEnum};
use process::{Kind, Server, generate};
use report::Report;
use scenario::{Case, Scale, Scenario};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// Descriptors that a process needs besides one per client.
const SPARE_DESCRIPTORS: usize = 100;

/// Measures chatd under load, beside two yardsticks.
#[derive(Parser)]
#[command(name = "cargo bench --bench load --")]
struct Args {
    /// One short round, for correctness and not for figures
    #[arg(long)]
    quick: bool,
    /// Only this scenario; may be repeated
    #[arg(long, value_name = "SCENARIO")]
    only: Vec<Scenario>,
    /// Rounds of which the median is shown
    #[arg(long, value_name = "N", default_value_t = 3, conflicts_with = "quick")]
    rounds: usize,
    /// Writes the figures of every round
    #[arg(long, value_name = "FILE.json")]
    save: Option<PathBuf>,
    /// Draws deliveries and processor time over members
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
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
    Floor { backlog: usize },
    #[command(hide = true)]
    Threads,
    #[command(hide = true)]
    Generate { plan: String },
}

fn main() -> ExitCode {
    match act(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn act(args: &Args) -> Result<()> {
    match &args.role {
        Some(Role::Floor { backlog }) => Ok(floor::run(*backlog)?),
        Some(Role::Threads) => Ok(threads::run()?),
        Some(Role::Generate { plan }) => {
            let run = generator::run(&serde_json::from_str(plan)?)?;
            println!("{}", serde_json::to_string(&run)?);
            Ok(())
        }
        None if args.bench => measure(args),
        None => {
            println!("nothing is measured but by cargo bench");
            Ok(())
        }
    }
}

fn measure(args: &Args) -> Result<()> {
    ledger::self_check()?;
    let started = Instant::now();
    let scale = Scale {
        quick: args.quick,
        seats: system::descriptors()?.saturating_sub(SPARE_DESCRIPTORS),
    };
    let rounds = if args.quick { 1 } else { args.rounds };
    let scenarios = if args.only.is_empty() { Scenario::value_variants() } else { &args.only };
    let mut report = Report::default();
    for case in scenarios.iter().flat_map(|scenario| scenario.cases(&scale)) {
        for round in 1..=rounds {
            for &kind in &case.servers {
                eprintln!(
                    "round {round} of {rounds}: {kind:?}, {} members, {:?}",
                    case.members, case.phases
                );
                let run = play(&case, kind).map_err(|error| format!("{kind:?}: {error}"))?;
                report.add(kind, (case.figures)(&case, &run));
            }
        }
    }
    println!("{}\n\n{report}", surroundings(rounds, &scale));
    eprintln!("done in {:.0} s", started.elapsed().as_secs_f64());
    args.save.as_deref().map_or(Ok(()), |path| report.save(path))?;
    args.plot.as_deref().map_or(Ok(()), |path| plot::draw(&report, path))
}

fn play(case: &Case, kind: Kind) -> Result<generator::Run> {
    let server = Server::start(kind, case.backlog, case.options)?;
    generate(&generator::Plan {
        server: server.address,
        process: server.process(),
        dialect: kind.dialect(),
        members: case.members,
        phases: case.phases.clone(),
    })
}

fn surroundings(rounds: usize, scale: &Scale) -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let pinned =
        if system::pinned(system::Place::Server, || ()).1 { "pinned apart" } else { "not pinned" };
    let seats = scale.seats;
    format!(
        "median of {rounds} rounds; {processors} processors, server and generator {pinned}; descriptors for {seats} clients"
    )
}
