//! Load on the real server, from outside: `cargo bench --bench load`, and `-- --help` for the rest.
//!
//! chatd and two yardsticks take turns under one generator. `floor` is the least that an epoll
//! server can do, `threads` a thread per client. What makes the figures worth something:
//!
//! - Server and generator are processes of their own, pinned to different processors. What the
//!   server spends is read from the system's accounts of its process, not guessed from outside
//!   (`process`, `system`).
//! - The generator checks every delivery to every client; a lost, doubled, reordered or garbled
//!   line fails the run (`ledger`, `crowd`). A figure that the server alone did not set is marked
//!   (`figures`).
//! - Closed loops send in waves, so that each server sees the same load. Open loops count latency
//!   from the moment a message should have been sent, so that a stall cannot hide the messages that
//!   it held up (`load`).
//! - The servers alternate, every other round in reverse; ratios are taken within a round, and the
//!   median of the rounds is shown (`report`, `table`).
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
mod markdown;
mod member;
mod message;
mod plot;
mod process;
mod report;
mod scenario;
mod surroundings;
mod system;
mod table;
mod threads;

use clap::{Parser, Subcommand, ValueEnum};
use figures::Sheet;
use process::{CHATD, Kind, Server, generate};
use report::Report;
use scenario::{Case, Scale, Scenario};
use serde::Serialize;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;
use surroundings::Surroundings;

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// Descriptors that a process needs besides one per client.
const SPARE_DESCRIPTORS: usize = 100;
/// Room for all talkers, and as many who stop reading.
const SEATS_MIN: usize = 2 * scenario::TALKERS;

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
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
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
    Chatd {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
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
    if args.role.is_some() {
        system::end_with_parent()?;
    }
    match &args.role {
        Some(Role::Chatd { arguments }) => {
            Err(system::become_program(Command::new(CHATD).args(arguments)).into())
        }
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

/// What `--save` writes.
#[derive(Serialize)]
struct Saved<'a> {
    surroundings: &'a Surroundings,
    #[serde(flatten)]
    report: &'a Report,
}

fn measure(args: &Args) -> Result<()> {
    ledger::self_check()?;
    let started = Instant::now();
    let seats = system::descriptors()?.saturating_sub(SPARE_DESCRIPTORS);
    if seats < SEATS_MIN {
        let needed = SEATS_MIN + SPARE_DESCRIPTORS;
        return Err(format!("at least {needed} descriptors are needed: ulimit -n").into());
    }
    let scale = Scale { quick: args.quick, seats };
    let rounds = if args.quick { 1 } else { args.rounds };
    let scenarios = if args.only.is_empty() { Scenario::value_variants() } else { &args.only };
    if args.plot.is_some() && !scenarios.contains(&Scenario::FanOut) {
        return Err("fan-out is what is plotted, and it is not measured".into());
    }
    // Before minutes are spent on what could not be written.
    let save = args.save.as_ref().map(File::create).transpose()?;
    let plot = args.plot.as_ref().map(File::create).transpose()?;
    let mut surroundings = Surroundings::new(rounds, args.quick, seats);
    let mut report = Report::default();
    // What was measured before a failure is shown all the same.
    let result = scenarios.iter().try_for_each(|scenario| {
        scenario.cases(&scale).iter().try_for_each(|case| {
            surroundings.pinned &= take_turns(*scenario, case, rounds, &mut report)?;
            Ok(())
        })
    });
    println!("{surroundings}\n{report}");
    eprintln!("done in {:.0} s", started.elapsed().as_secs_f64());
    if let Some(file) = save {
        let saved = Saved { surroundings: &surroundings, report: &report };
        serde_json::to_writer_pretty(file, &saved)?;
    }
    if let Some(mut file) = plot {
        file.write_all(plot::draw(&report)?.as_bytes())?;
    }
    result
}

/// The servers follow each other within each round, and every other round in reverse: what changes
/// on the machine meanwhile hits them alike. Returns whether all processes were pinned.
fn take_turns(scenario: Scenario, case: &Case, rounds: u32, report: &mut Report) -> Result<bool> {
    let mut pinned = true;
    let mut servers = case.servers.clone();
    for round in 1..=rounds {
        for &kind in &servers {
            eprintln!(
                "{scenario:?}, {} members, round {round} of {rounds}: {kind:?}",
                case.members
            );
            let (run, apart) = play(case, kind).map_err(|error| format!("{kind:?}: {error}"))?;
            pinned &= apart;
            let mut sheet = Sheet::default();
            (case.figures)(case, &run, &mut sheet);
            report.add(kind, sheet.figures);
        }
        servers.reverse();
    }
    Ok(pinned)
}

fn play(case: &Case, kind: Kind) -> Result<(generator::Run, bool)> {
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
        None => run.map(|(run, pinned)| (run, pinned && server.pinned)),
    }
}
