//! Load on the real server, from outside: `cargo bench --bench load`, and `-- --help` for the rest.
//!
//! chatd and two yardsticks take turns under one generator. `floor` is the least that an epoll
//! server can do, `threads` a thread per client. What makes the figures worth something:
//!
//! - Server and generator are processes of their own, pinned to different processors. What the
//!   server spends is read from the system's accounts of its process, not guessed from outside
//!   (`process`, `system`).
//! - The generator checks every delivery to every client; a lost, doubled, reordered or garbled
//!   line fails the run (`ledger`, `crowd`). It says so when it was itself the limit (`figures`).
//! - Closed loops send in waves, so that each server sees the same load. Open loops count latency
//!   from the moment a message should have been sent, so that a stall cannot hide the messages that
//!   it held up (`load`).
//! - The servers alternate, ratios are taken within a round, and the median of the rounds is shown
//!   (`report`).
//!
//! What is measured stands in `scenario`.

#![expect(clippy::disallowed_methods, reason = "a load generator has a clock of its own")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "figures are rounded, and what is counted here fits"
)]

mod churn;
mod crowd;
mod figures;
mod floor;
mod generator;
mod ledger;
mod load;
mod member;
mod message;
mod plot;
mod process;
mod report;
mod scenario;
mod system;
mod threads;

use clap::{Parser, Subcommand, ValueEnum};
use figures::Sheet;
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
#[command(bin_name = "cargo bench --bench load --")]
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
    for scenario in scenarios {
        for case in scenario.cases(&scale) {
            take_turns(*scenario, &case, rounds, &mut report)?;
        }
    }
    println!("{}\n\n{report}", surroundings(rounds, &scale));
    eprintln!("done in {:.0} s", started.elapsed().as_secs_f64());
    args.save.as_deref().map_or(Ok(()), |path| report.save(path))?;
    args.plot.as_deref().map_or(Ok(()), |path| plot::draw(&report, path))
}

/// The servers follow each other within each round: what changes on the machine meanwhile hits them
/// alike.
fn take_turns(scenario: Scenario, case: &Case, rounds: usize, report: &mut Report) -> Result<()> {
    for round in 1..=rounds {
        for &kind in &case.servers {
            eprintln!(
                "{scenario:?}, {} members, round {round} of {rounds}: {kind:?}",
                case.members
            );
            let run = play(case, kind).map_err(|error| format!("{kind:?}: {error}"))?;
            let mut sheet = Sheet::default();
            (case.figures)(case, &run, &mut sheet);
            report.add(kind, sheet.figures);
        }
    }
    Ok(())
}

fn play(case: &Case, kind: Kind) -> Result<generator::Run> {
    let mut server = Server::start(kind, case.backlog, case.options)?;
    let run = generate(&generator::Plan {
        server: server.address,
        process: server.process(),
        dialect: kind.dialect(),
        members: case.members,
        phases: case.phases.clone(),
    });
    match server.end() {
        Some(status) => Err(format!("the server ended by itself: {status}").into()),
        None => run,
    }
}

fn surroundings(rounds: usize, scale: &Scale) -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let apart = system::pinned(system::Place::Server, || ()).1;
    let short = if scale.quick { ", too short for figures" } else { "" };
    format!(
        "median of {rounds} rounds{short}; {processors} processors, server and generator {}; descriptors for {} clients; threads up to {} members \
         and {} in flight",
        if apart { "pinned apart" } else { "not pinned" },
        scale.seats,
        scenario::THREADS_MEMBERS_MAX,
        scenario::IN_FLIGHT[1],
    )
}
