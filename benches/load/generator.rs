//! The generator: plays a plan against one server and accounts for what both of them spent.

use crate::Result;
use crate::churn::churn;
use crate::load::{self, Latency, Load};
use chatd_support::crowd::Crowd;
use chatd_support::message::Dialect;
use chatd_support::proc::{Accounts, forget_peak};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::Duration;

/// All that a generator is told. The phases follow each other on the same connections.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Plan {
    pub(crate) server: SocketAddr,
    pub(crate) process: u32,
    /// What the members speak, in turn.
    pub(crate) dialects: Vec<Dialect>,
    pub(crate) members: usize,
    /// Of how many rooms each member is to be in one.
    pub(crate) rooms: usize,
    pub(crate) phases: Vec<Phase>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Phase {
    pub(crate) load: Load,
    /// So many of the last members do not read meanwhile.
    pub(crate) stopped: usize,
}

/// What it found.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Run {
    /// From the first member in the room to the last.
    pub(crate) join: Outcome,
    pub(crate) phases: Vec<Outcome>,
}

/// One phase, from before the first message to after the last delivery.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Outcome {
    pub(crate) seconds: f64,
    /// Messages said; while joining, members who joined.
    pub(crate) sent: u64,
    pub(crate) deliveries: u64,
    /// Reads that brought something to a member: what deliveries share.
    pub(crate) reads: u64,
    pub(crate) server_cpu: Option<u64>,
    /// Nanoseconds for which the server could have gone on, and others had the processor.
    pub(crate) server_waited: Option<u64>,
    pub(crate) generator_cpu: Option<u64>,
    pub(crate) resident_before: Option<u64>,
    /// Bytes by which the resident memory rose at most.
    pub(crate) growth: Option<u64>,
    /// Members whose connection the server ended.
    pub(crate) dropped: usize,
    pub(crate) latency: Option<Latency>,
}

pub(crate) fn run(plan: &Plan) -> Result<Run> {
    let speakers =
        plan.phases.iter().map(|phase| phase.load.speakers(plan.members)).max().unwrap_or(0);
    let crowd = Crowd::new(plan.server, &plan.dialects, plan.members, speakers)?;
    let mut crowd = crowd.in_rooms(plan.members, plan.rooms);
    // The first member brings the server's code into memory, which is no cost of a member.
    crowd.join(1, &mut ())?;
    crowd.calm()?;
    let join = measured(plan.process, &mut crowd, |crowd| crowd.join(plan.members, &mut ()))?.0;
    let join = Outcome { sent: plan.members as u64 - 1, ..join };
    crowd.calm()?;
    let mut phases = Vec::new();
    for (index, &phase) in plan.phases.iter().enumerate() {
        let mut outcome = play(plan, phase, &mut crowd)?;
        // Those who stay stopped for the next phase do not catch up in between.
        if plan.phases.get(index + 1).is_none_or(|next| next.stopped != phase.stopped) {
            let gone = crowd.gone();
            crowd.resume()?;
            outcome.dropped += crowd.gone() - gone;
        }
        phases.push(outcome);
    }
    // A second copy of the very last line would come now, and what is heard where it should not be.
    crowd.idle(Duration::from_millis(20))?;
    Ok(Run { join, phases })
}

fn play(plan: &Plan, phase: Phase, crowd: &mut Crowd) -> Result<Outcome> {
    let reading = plan.members - phase.stopped;
    crowd.stop(phase.stopped);
    if let Load::Closed { talkers, in_flight, .. } = phase.load {
        // Buffers grow and code is fetched before anything counts.
        load::wave(crowd, talkers, in_flight)?;
    }
    let (mut outcome, latency) = measured(plan.process, crowd, |crowd| match phase.load {
        Load::Closed { talkers, in_flight, millis } => {
            load::closed(crowd, talkers, in_flight, Duration::from_millis(millis)).map(|()| None)
        }
        Load::Waves { talkers, in_flight, count } => {
            (0..count).try_for_each(|_| load::wave(crowd, talkers, in_flight)).map(|()| None)
        }
        Load::Paced { flooders, per_second, millis } => {
            load::paced(crowd, flooders..reading, per_second, Duration::from_millis(millis))
                .map(Some)
        }
        Load::Flood { talkers, millis } => {
            load::flooded(crowd, talkers, Duration::from_millis(millis)).map(|()| None)
        }
        Load::Idle { millis } => crowd.idle(Duration::from_millis(millis)).map(|()| None),
        Load::Churn { visitors, millis } => {
            churn(crowd, plan.members, visitors, Duration::from_millis(millis)).map(|()| None)
        }
        Load::GoToRooms { stay } => load::go_to_rooms(crowd, stay).map(|()| None),
        Load::Leave => load::leave(crowd, plan.process).map(|()| None),
    })?;
    outcome.latency = latency;
    if outcome.dropped > 0 && !phase.load.floods() {
        return Err(
            format!("the server dropped {} clients that were reading", outcome.dropped).into()
        );
    }
    Ok(outcome)
}

fn measured<T>(
    server: u32,
    crowd: &mut Crowd,
    load: impl FnOnce(&mut Crowd) -> Result<T>,
) -> Result<(Outcome, T)> {
    forget_peak(server);
    let count = |crowd: &Crowd| (crowd.ledger.sent(), crowd.ledger.delivered(), crowd.reads());
    let before = (Accounts::of(server), Accounts::of_self());
    let ((sent, delivered, reads), gone) = (count(crowd), crowd.gone());
    let began = crowd.now();
    let result = load(crowd)?;
    let ended = crowd.now();
    let after = (Accounts::of(server), Accounts::of_self());
    let (sent_after, delivered_after, reads_after) = count(crowd);
    let cost = |before: Accounts, after: Accounts| Some(after.cpu? - before.cpu?);
    // Both from the same account, or their difference would be that of two ways to count.
    let growth = before.0.peak.zip(after.0.peak);
    let outcome = Outcome {
        seconds: (ended - began) as f64 / 1e9,
        sent: sent_after - sent,
        deliveries: delivered_after - delivered,
        reads: reads_after - reads,
        server_cpu: cost(before.0, after.0),
        server_waited: after.0.waited.zip(before.0.waited).map(|(after, before)| after - before),
        generator_cpu: cost(before.1, after.1),
        resident_before: before.0.resident,
        growth: growth.map(|(before, after)| after.saturating_sub(before)),
        dropped: crowd.gone() - gone,
        latency: None,
    };
    Ok((outcome, result))
}
