//! The attackers: one process that plays one attack and tells what it did.

use crate::churn::Churn;
use crate::hoard::Hoard;
use crate::hold::Hold;
use crate::pump::Pump;
use crate::race::Race;
use crate::short::Short;
use crate::slow::Slow;
use crate::splits::Splits;
use crate::teeter::Teeter;
use chatd_support::Result;
use chatd_support::machine::seats;
use chatd_support::proc::Accounts;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::Instant;

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Plan {
    pub(crate) server: SocketAddr,
    pub(crate) process: u32,
    pub(crate) attack: Attack,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) enum Attack {
    Churn(Churn),
    Hoard(Hoard),
    Hold(Hold),
    Pump(Pump),
    Race(Race),
    Short(Short),
    Slow(Slow),
    Splits(Splits),
    Teeter(Teeter),
}

/// What the attackers did, and saw.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Run {
    pub(crate) seconds: f64,
    /// Connections that were opened, and those that the server closed.
    pub(crate) opened: u64,
    pub(crate) closed: u64,
    /// Bytes that the server has read.
    pub(crate) sent: u64,
    /// Bytes that the attackers have read.
    pub(crate) heard: u64,
    /// What was asked for in all, if that is known: connections, or lines that were answered.
    pub(crate) requests: u64,
    /// Processor time of the attackers, in nanoseconds.
    pub(crate) cpu: Option<u64>,
    pub(crate) remarks: Vec<String>,
    pub(crate) failures: Vec<String>,
}

pub(crate) fn run(plan: &Plan) -> Result<Run> {
    seats()?;
    give_way();
    let started = Instant::now();
    let mut run = match &plan.attack {
        Attack::Churn(attack) => attack.run(plan.server),
        Attack::Hoard(attack) => attack.run(plan.server),
        Attack::Hold(attack) => attack.run(plan.server),
        Attack::Pump(attack) => attack.run(plan.server),
        Attack::Race(attack) => Ok(attack.run(plan.server)),
        Attack::Short(attack) => attack.run(plan.server),
        Attack::Slow(attack) => attack.run(plan.server),
        Attack::Splits(attack) => attack.run(plan.server, plan.process),
        Attack::Teeter(attack) => attack.run(plan.server),
    }?;
    run.seconds = started.elapsed().as_secs_f64();
    run.cpu = Accounts::of_self().cpu;
    Ok(run)
}

/// Lets the room go first, which is at the same processor.
fn give_way() {
    #[cfg(unix)]
    let _ = rustix::process::nice(19);
}

impl Run {
    /// Adds what came after.
    pub(crate) fn add(&mut self, other: Self) {
        self.seconds += other.seconds;
        self.opened += other.opened;
        self.closed += other.closed;
        self.sent += other.sent;
        self.heard += other.heard;
        self.requests += other.requests;
        self.cpu = self.cpu.zip(other.cpu).map(|(cpu, other)| cpu + other);
        self.remarks.extend(other.remarks);
        self.failures.extend(other.failures);
    }
}
