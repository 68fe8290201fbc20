//! The attackers: one process that plays one attack and tells what it did.

use crate::churn::Churn;
use crate::horde::Horde;
use crate::reload::Reload;
use chatd_support::Result;
use chatd_support::machine::seats;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::Instant;

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Plan {
    pub(crate) server: SocketAddr,
    pub(crate) attack: Attack,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) enum Attack {
    Churn(Churn),
    Horde(Horde),
    Reload(Reload),
}

/// What the attackers did, and saw.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Run {
    pub(crate) seconds: f64,
    /// Connections that were opened, and those that the server closed.
    pub(crate) opened: u64,
    pub(crate) closed: u64,
    /// What was asked for in all, if that is known: connections, or lines that were said.
    pub(crate) requests: u64,
    pub(crate) remarks: Vec<String>,
    pub(crate) failures: Vec<String>,
}

pub(crate) fn run(plan: &Plan) -> Result<Run> {
    seats()?;
    give_way();
    let started = Instant::now();
    let mut run = match &plan.attack {
        Attack::Churn(attack) => attack.run(plan.server),
        Attack::Horde(attack) => attack.run(plan.server),
        Attack::Reload(attack) => attack.run(plan.server),
    }?;
    run.seconds = started.elapsed().as_secs_f64();
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
        self.requests += other.requests;
        self.remarks.extend(other.remarks);
        self.failures.extend(other.failures);
    }
}
