//! Load on the real server, from outside: `cargo bench --bench load`, and `-- --help` for the rest.
//!
//! chatd and two yardsticks take turns under one generator. `floor` is the least that an epoll
//! server can do, `threads` a thread per client. What makes the figures worth something:
//!
//! - Server and generator are processes of their own, pinned to different processors. What the
//!   server spends is read from the system's accounts of its process, not guessed from outside
//!   (`process`).
//! - The generator checks every delivery to every client; a lost, doubled, reordered or garbled
//!   line fails the run (`chatd_support`). A figure that the server alone did not set is marked
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
mod figures;
mod floor;
mod generator;
mod load;
mod plot;
mod process;
mod report;
mod scenario;
mod table;
mod threads;

use chatd_support::{Result, ledger, machine, role};
use clap::{Parser, ValueEnum};
use figures::Sheet;
use process::{CHATD, CHATD_OPTIONS, Kind};
use report::Report;
use scenario::{BACKLOG, Case, Scale, Scenario};
use serde::Serialize;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

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
    /// Rounds of which the median is shown: a round takes two minutes, and figures to be kept take three
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "quick")]
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
}

fn main() -> ExitCode {
    let result = match role::mine(&["chatd", "floor", "threads", "generate"]) {
        Some((role, arguments)) => play_role(&role, &arguments),
        None => measure(&Args::parse()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What this program does when it has started itself.
fn play_role(role: &str, arguments: &[String]) -> Result<()> {
    role::end_with_parent()?;
    let first = || arguments.first().ok_or("an argument is missing");
    match role {
        "chatd" => Err(role::become_program(Command::new(CHATD).args(arguments)).into()),
        "floor" => {
            let rooms = arguments.get(1).ok_or("an argument is missing")?;
            let fillings =
                arguments[2..].iter().map(|bytes| bytes.parse()).collect::<Result<_, _>>()?;
            Ok(floor::run(first()?.parse()?, rooms.parse()?, fillings)?)
        }
        "threads" => Ok(threads::run()?),
        _ => role::tell(&generator::run(&serde_json::from_str(first()?)?)?),
    }
}

/// What `--save` writes: the figures mean nothing without how they came about.
#[derive(Serialize)]
struct Saved<'a> {
    machine: &'a machine::Machine,
    /// Where no case says otherwise.
    chatd: &'a str,
    rounds: u32,
    quick: bool,
    /// Clients that the descriptor limit allows.
    seats: usize,
    /// Whether server and generator were pinned to processors of their own in all runs.
    pinned: bool,
    #[serde(flatten)]
    report: &'a Report,
}

fn measure(args: &Args) -> Result<()> {
    if !args.bench {
        println!("nothing is measured but by cargo bench");
        return Ok(());
    }
    ledger::self_check()?;
    let started = Instant::now();
    let seats = machine::seats_for(SEATS_MIN)?;
    let scale = Scale { quick: args.quick, seats };
    let rounds = if args.quick { 1 } else { args.rounds };
    let scenarios = if args.only.is_empty() { Scenario::value_variants() } else { &args.only };
    if args.plot.is_some() && !scenarios.contains(&Scenario::FanOut) {
        return Err("fan-out is what is plotted, and it is not measured".into());
    }
    // Before minutes are spent on what could not be written.
    let save = args.save.as_ref().map(File::create).transpose()?;
    let plot = args.plot.as_ref().map(File::create).transpose()?;
    let machine = machine::Machine::look();
    let (mut report, mut pinned) = (Report::default(), true);
    // What was measured before a failure is shown all the same.
    let result = scenarios.iter().try_for_each(|scenario| {
        scenario.cases(&scale).iter().try_for_each(|case| {
            pinned &= take_turns(*scenario, case, rounds, &mut report)?;
            Ok(())
        })
    });
    let apart = if pinned { "pinned apart" } else { "not pinned" };
    let short = if args.quick { ", too short for figures" } else { "" };
    let chatd = &format!("{} --rate 0 --max-backlog {BACKLOG}", CHATD_OPTIONS.join(" "));
    println!("{machine}, server and generator {apart}");
    println!("median of {rounds} rounds{short}; descriptors for {seats} clients");
    println!("chatd {chatd}, unless a case says otherwise\n\n{report}");
    eprintln!("done in {:.0} s", started.elapsed().as_secs_f64());
    if let Some(file) = save {
        let (machine, quick, report) = (&machine, args.quick, &report);
        let saved = Saved { machine, chatd, rounds, quick, seats, pinned, report };
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
    let (mut server, is_pinned) = kind.start(case)?;
    let run = role::generate(&generator::Plan {
        server: server.addr(),
        process: server.pid(),
        dialects: kind.dialects(case).to_vec(),
        members: case.members,
        rooms: case.rooms,
        phases: case.phases.clone(),
    });
    match server.end() {
        Some(status) => Err(format!("the server ended by itself: {status}").into()),
        None => run.map(|(run, pinned): (generator::Run, bool)| (run, pinned && is_pinned)),
    }
}
