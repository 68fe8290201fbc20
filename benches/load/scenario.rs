//! What is measured: each scenario as a list of cases, each case as phases and the figures taken
//! from them.

use crate::figures::Sheet;
use crate::generator::{Outcome, Phase, Run};
use crate::load::{Latency, Load};
use crate::message::SENDERS_MAX;
use crate::process::Kind;
use clap::ValueEnum;

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Scenario {
    FanOut,
    Latency,
    Idle,
    Stalled,
    Churn,
    Overload,
}

/// One crowd on each of some servers in turn.
pub(crate) struct Case {
    pub(crate) servers: Vec<Kind>,
    pub(crate) members: usize,
    pub(crate) phases: Vec<Phase>,
    /// How far a client may fall behind.
    pub(crate) backlog: usize,
    pub(crate) options: &'static [&'static str],
    /// Said in the table after what the phase itself says.
    pub(crate) remark: &'static str,
    pub(crate) figures: fn(&Case, &Run, &mut Sheet),
}

/// How long, and how many.
pub(crate) struct Scale {
    pub(crate) quick: bool,
    /// Members whom the descriptor limit allows.
    pub(crate) seats: usize,
}

pub(crate) const FAN_OUT_MEMBERS: [usize; 4] = [10, 100, 1000, 5000];
pub(crate) const IN_FLIGHT: [usize; 3] = [1, 32, 256];
/// Where *threads* is measured, at the first two of `IN_FLIGHT`.
pub(crate) const THREADS_MEMBERS_MAX: usize = 100;
const TALKERS: usize = 10;
const BACKLOG: usize = 1024 * 1024;
const NO_RATE: &[&str] = &["--rate", "0"];
const BOTH: [Kind; 2] = [Kind::Chatd, Kind::Floor];

impl Scenario {
    pub(crate) fn cases(self, scale: &Scale) -> Vec<Case> {
        match self {
            Self::FanOut => fan_out(scale),
            Self::Latency => latency(scale),
            Self::Idle => idle(scale),
            Self::Stalled => stalled(scale),
            Self::Churn => churn(scale),
            Self::Overload => overload(scale),
        }
    }
}

impl Scale {
    fn millis(&self, full: u64) -> u64 {
        if self.quick { full / 10 } else { full }
    }

    fn members(&self, full: usize) -> usize {
        full.min(self.seats).min(if self.quick { 200 } else { SENDERS_MAX })
    }
}

impl Case {
    fn new(members: usize, loads: &[Load], figures: fn(&Self, &Run, &mut Sheet)) -> Self {
        let phases = loads.iter().map(|&load| Phase { load, stopped: 0 }).collect();
        let servers = BOTH.to_vec();
        Self { servers, members, phases, backlog: BACKLOG, options: NO_RATE, remark: "", figures }
    }

    /// The phases with what came of them.
    fn outcomes<'a>(&'a self, run: &'a Run) -> impl Iterator<Item = (Phase, &'a Outcome)> {
        self.phases.iter().copied().zip(&run.phases)
    }
}

pub(crate) fn fan_out_label(members: usize, in_flight: usize) -> String {
    format!("fan-out, {members} members, {in_flight} in flight")
}

fn fan_out(scale: &Scale) -> Vec<Case> {
    fn figures(case: &Case, run: &Run, sheet: &mut Sheet) {
        for (phase, outcome) in case.outcomes(run) {
            let Load::Closed { in_flight, .. } = phase.load else { continue };
            sheet.case(fan_out_label(case.members, in_flight), outcome);
            sheet.pace("deliveries/s", outcome.deliveries_per_second());
            sheet.cost("server ns/delivery", outcome.server_per(outcome.deliveries));
        }
    }
    let closed =
        |in_flight| Load::Closed { talkers: TALKERS, in_flight, millis: scale.millis(700) };
    let mut cases = Vec::new();
    for members in FAN_OUT_MEMBERS.into_iter().filter(|&members| members == scale.members(members))
    {
        let loads = IN_FLIGHT.map(closed);
        let (few, many) = loads.split_at(2);
        let mut case = Case::new(members, few, figures);
        // It spends a write on each delivery wherever it is measured: more would only take longer.
        if members <= THREADS_MEMBERS_MAX {
            case.servers.push(Kind::Threads);
        }
        cases.extend([case, Case::new(members, many, figures)]);
    }
    cases
}

fn latency(scale: &Scale) -> Vec<Case> {
    fn figures(case: &Case, run: &Run, sheet: &mut Sheet) {
        let mut quiet_p99 = None;
        for (phase, outcome) in case.outcomes(run) {
            let Load::Paced { flooders, per_second, .. } = phase.load else { continue };
            let Some(Latency { p50, p99, p999, max, .. }) = outcome.latency else { continue };
            let flooding = if flooders > 0 { ", one flooding" } else { "" };
            let label = format!(
                "latency, {} members, {per_second}/s{flooding}{}",
                case.members, case.remark
            );
            sheet.case(label, outcome);
            for (measure, value) in
                [("p50 us", p50), ("p99 us", p99), ("p99.9 us", p999), ("max us", max)]
            {
                sheet.pace(measure, value as f64 / 1e3);
            }
            if flooders > 0 {
                sheet.pace("p99 / without flooder", quiet_p99.map(|quiet| p99 as f64 / quiet));
                sheet.cost("dropped", outcome.dropped as f64);
            }
            quiet_p99 = Some(p99 as f64);
        }
    }
    let paced =
        |flooders, per_second| Load::Paced { flooders, per_second, millis: scale.millis(2500) };
    let beside_flooder = || Case::new(100, &[paced(0, 1000), paced(1, 1000)], figures);
    // First the buffers of the stopped are filled, and the backlog is large enough that they stay.
    let fill = Load::Closed { talkers: TALKERS, in_flight: 256, millis: scale.millis(1000) };
    let mut stalled = Case::new(100, &[fill, paced(0, 1000)], figures);
    stalled.phases.iter_mut().for_each(|phase| phase.stopped = 5);
    vec![
        beside_flooder(),
        // The floor knows no rate to limit.
        Case {
            servers: vec![Kind::Chatd],
            options: &[],
            remark: ", default --rate",
            ..beside_flooder()
        },
        Case::new(scale.members(1000), &[paced(0, 100)], figures),
        Case { backlog: 64 * BACKLOG, remark: ", 5 stopped", ..stalled },
    ]
}

fn idle(scale: &Scale) -> Vec<Case> {
    fn figures(case: &Case, run: &Run, sheet: &mut Sheet) {
        for (_, outcome) in case.outcomes(run) {
            sheet.case(format!("idle, {} members", case.members), &run.join);
            let resident = outcome.resident_before.zip(run.join.resident_before);
            let resident = resident.map(|(after, before)| after as f64 - before as f64);
            sheet.cost("resident bytes/member", resident.map(|bytes| bytes / run.join.sent as f64));
            sheet.pace("joins/s", run.join.sent_per_second());
            sheet.cost("server ns/join", run.join.server_per(run.join.sent));
            sheet.cost("idle server busy, %", outcome.server_busy().map(|busy| 100.0 * busy));
        }
    }
    vec![Case::new(
        scale.members(SENDERS_MAX),
        &[Load::Idle { millis: scale.millis(2000) }],
        figures,
    )]
}

fn stalled(scale: &Scale) -> Vec<Case> {
    fn figures(case: &Case, run: &Run, sheet: &mut Sheet) {
        let mut unhindered = None;
        for (phase, outcome) in case.outcomes(run) {
            // Deliveries, and not messages: those grow by themselves when there are fewer to
            // deliver to.
            let rate = outcome.deliveries_per_second();
            sheet.case(
                format!("stalled, {} members, {} stopped", case.members, phase.stopped),
                outcome,
            );
            sheet.pace("deliveries/s", rate);
            sheet.pace("% of none stopped", unhindered.map(|unhindered| 100.0 * rate / unhindered));
            sheet.cost("server ns/delivery", outcome.server_per(outcome.deliveries));
            sheet.cost("memory growth, KiB", outcome.growth_kib());
            sheet.cost("dropped", outcome.dropped as f64);
            unhindered = Some(rate);
        }
    }
    let closed = Load::Closed { talkers: TALKERS, in_flight: 32, millis: scale.millis(1500) };
    let mut case = Case::new(200, &[closed, closed], figures);
    case.phases[1].stopped = 50;
    vec![case]
}

fn churn(scale: &Scale) -> Vec<Case> {
    fn figures(case: &Case, run: &Run, sheet: &mut Sheet) {
        for (_, outcome) in case.outcomes(run) {
            sheet.case(format!("churn beside {} members", case.members), outcome);
            sheet.pace("visits/s", outcome.sent_per_second());
            sheet.cost("server ns/visit", outcome.server_per(outcome.sent));
        }
    }
    vec![Case::new(100, &[Load::Churn { visitors: TALKERS, millis: scale.millis(2000) }], figures)]
}

fn overload(scale: &Scale) -> Vec<Case> {
    fn figures(case: &Case, run: &Run, sheet: &mut Sheet) {
        let [closed, flooded] = &run.phases[..] else { return };
        let rate = flooded.deliveries_per_second();
        sheet.case(format!("overload, {} members, {TALKERS} flooding", case.members), flooded);
        sheet.pace("deliveries/s", rate);
        sheet.pace("% of 256 in flight", 100.0 * rate / closed.deliveries_per_second());
        sheet.cost("server ns/delivery", flooded.server_per(flooded.deliveries));
        sheet.cost("memory growth, KiB", flooded.growth_kib());
        sheet.cost("dropped", flooded.dropped as f64);
    }
    let closed = Load::Closed { talkers: TALKERS, in_flight: 256, millis: scale.millis(700) };
    vec![Case::new(
        100,
        &[closed, Load::Flood { talkers: TALKERS, millis: scale.millis(2000) }],
        figures,
    )]
}
