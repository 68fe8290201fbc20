//! Attacks on the real server, measured: `cargo bench --bench hostile`, and `-- --help` for the
//! rest.
//!
//! A small room talks, attackers do their worst beside it, and what the room notices is compared
//! with a quiet time on the same server just before. What makes the figures worth something:
//!
//! - The server is a process of its own, with the options that users get unless a case says
//!   otherwise; its log is on, and thrown away.
//! - The attackers are a process too. They share a processor with the room and not with the server,
//!   and give way to the room, so that a late probe is the server's doing (`generator`, `room`).
//! - The room checks every line that each of its members should get. One that is lost, doubled or
//!   out of order fails the run, as does a member that is dropped, memory beyond the bound that the
//!   case states, a descriptor that does not come back, and a server that does not serve the next
//!   one who comes (`trial`).
//!
//! Some attacks were found in the field, and must not succeed again: what they may do to the room at
//! the most stands with them (`must`, `bounds`).
//!
//! `CHATD_BIN=PATH cargo bench --bench hostile` tries another build of chatd than this one, such as an
//! earlier one, with the same trials.
//!
//! What is tried stands in `cases`.

#![expect(clippy::disallowed_methods, reason = "whoever measures has a clock of its own")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "figures are rounded, and what is counted here fits"
)]

mod bounds;
mod cases;
mod churn;
mod generator;
mod horde;
mod must;
mod net;
mod reload;
mod room;
mod table;
mod trial;
mod visitor;

use cases::Case;
use chatd_support::{Result, machine, role};
use clap::{Parser, ValueEnum};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;
use table::Report;

/// Among the options of chatd: what else to run, and in how many bytes of address space.
pub(crate) const PROGRAM: &str = "--program=";
pub(crate) const MEMORY: &str = "--memory=";

/// Measures what attacks on chatd cost those who do not take part.
#[derive(Parser)]
#[command(bin_name = "cargo bench --bench hostile --")]
#[command(after_help = "CHATD_BIN=PATH in the environment tries another build of chatd")]
struct Args {
    /// Small and short, for correctness and not for figures
    #[arg(long)]
    quick: bool,
    /// Only these cases [default: all]
    #[arg(value_name = "CASE")]
    only: Vec<Case>,
    /// Given by cargo bench
    #[arg(long, hide = true, global = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let result = match role::mine(&["chatd", "generate"]) {
        Some((role, arguments)) => play(&role, &arguments),
        None => measure(&Args::parse()),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("hostile: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What this program does when it has started itself.
fn play(role: &str, arguments: &[String]) -> Result<bool> {
    role::end_with_parent()?;
    if role == "generate" {
        let plan = arguments.first().ok_or("no plan")?;
        role::tell(&generator::run(&serde_json::from_str(plan)?)?)?;
        return Ok(true);
    }
    let is_ours = |argument: &&String| [PROGRAM, MEMORY].iter().any(|it| argument.starts_with(it));
    let (ours, theirs): (Vec<_>, Vec<_>) = arguments.iter().partition(is_ours);
    let given = |name| ours.iter().find_map(|argument| argument.strip_prefix(name));
    if let Some(bytes) = given(MEMORY) {
        limit_memory(bytes.parse()?)?;
    }
    let mut command = Command::new(given(PROGRAM).unwrap_or(env!("CARGO_BIN_EXE_chatd")));
    Err(role::become_program(command.args(theirs).stderr(Stdio::null())).into())
}

/// So much address space has what this process becomes.
#[cfg(unix)]
fn limit_memory(bytes: u64) -> Result<()> {
    Ok(rlimit::Resource::AS.set(bytes, bytes)?)
}

#[cfg(not(unix))]
fn limit_memory(_: u64) -> Result<()> {
    Ok(())
}

/// Returns whether all that must hold did.
fn measure(args: &Args) -> Result<bool> {
    if !args.bench {
        println!("nothing is measured but by cargo bench");
        return Ok(true);
    }
    machine::seats()?;
    let started = Instant::now();
    let cases = if args.only.is_empty() { Case::value_variants() } else { &args.only };
    let mut report = Report::new(args.quick);
    for case in cases {
        for trial in case.trials(args.quick) {
            eprintln!("{} {}", trial.name, trial.options.join(" "));
            let row = trial.run().map_err(|error| format!("{}: {error}", trial.name))?;
            row.failures.iter().for_each(|failure| eprintln!("  FAILED: {failure}"));
            report.rows.push(row);
        }
    }
    println!("{report}");
    eprintln!("done in {:.0} s", started.elapsed().as_secs_f64());
    Ok(report.rows.iter().all(|row| row.failures.is_empty()))
}
