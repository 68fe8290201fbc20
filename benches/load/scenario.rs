//! What is measured: each scenario as a list of cases, each case as phases and the figures taken from them.

use crate::generator::{Outcome, Phase, Run};
use crate::load::Load;
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
    pub(crate) figures: fn(&Case, &Run) -> Vec<Figure>,
}

/// One number of one run.
pub(crate) struct Figure {
    pub(crate) case: String,
    pub(crate) measure: &'static str,
    pub(crate) value: f64,
    /// The generator, not the server, set it.
    pub(crate) limited: bool,
}

/// How long, and how many.
pub(crate) struct Scale {
    pub(crate) quick: bool,
    /// Members whom the descriptor limit allows.
    pub(crate) seats: usize,
}

pub(crate) const FAN_OUT_MEMBERS: [usize; 4] = [10, 100, 1000, 5000];
pub(crate) const IN_FLIGHT: [usize; 3] = [1, 32, 256];
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
    fn new(members: usize, loads: &[Load], figures: fn(&Self, &Run) -> Vec<Figure>) -> Self {
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
    fn figures(case: &Case, run: &Run) -> Vec<Figure> {
        let mut figures = Vec::new();
        for (phase, outcome) in case.outcomes(run) {
            let Load::Closed { in_flight, .. } = phase.load else { continue };
            let row = Row { case: fan_out_label(case.members, in_flight), outcome };
            figures.extend(row.figure("deliveries/s", Some(outcome.deliveries_per_second())));
            figures
                .extend(row.figure("server ns/delivery", outcome.server_per(outcome.deliveries)));
        }
        figures
    }
    let closed =
        |in_flight| Load::Closed { talkers: TALKERS, in_flight, millis: scale.millis(700) };
    let mut cases = Vec::new();
    for members in FAN_OUT_MEMBERS.into_iter().filter(|&members| members == scale.members(members))
    {
        let (few, many) = IN_FLIGHT.split_at(2);
        let loads = |in_flight: &[usize]| in_flight.iter().copied().map(closed).collect::<Vec<_>>();
        let mut case = Case::new(members, &loads(few), figures);
        // With more threads or more in flight this yardstick takes minutes to say the same.
        if members <= 100 {
            case.servers.push(Kind::Threads);
        }
        cases.extend([case, Case::new(members, &loads(many), figures)]);
    }
    cases
}

fn latency(scale: &Scale) -> Vec<Case> {
    fn figures(case: &Case, run: &Run) -> Vec<Figure> {
        let mut figures = Vec::new();
        let mut quiet_p99 = None;
        for (phase, outcome) in case.outcomes(run) {
            let (Load::Paced { flooders, per_second, .. }, Some(latency)) =
                (phase.load, outcome.latency)
            else {
                continue;
            };
            let flooding = if flooders > 0 { ", one flooding" } else { "" };
            let label = format!(
                "latency, {} members, {per_second}/s{flooding}{}",
                case.members, case.remark
            );
            let row = Row { case: label, outcome };
            figures.extend(row.figure("p50 us", Some(latency.p50 as f64 / 1e3)));
            figures.extend(row.figure("p99 us", Some(latency.p99 as f64 / 1e3)));
            figures.extend(row.figure("p99.9 us", Some(latency.p999 as f64 / 1e3)));
            figures.extend(row.figure("max us", Some(latency.max as f64 / 1e3)));
            figures.extend(row.figure(
                "p99 / without flooder",
                quiet_p99.map(|quiet| latency.p99 as f64 / quiet),
            ));
            quiet_p99 = Some(latency.p99 as f64);
        }
        figures
    }
    let paced =
        |flooders, per_second| Load::Paced { flooders, per_second, millis: scale.millis(2500) };
    let flooded = [paced(0, 1000), paced(1, 1000)];
    let fill = Load::Closed { talkers: TALKERS, in_flight: 256, millis: scale.millis(1000) };
    let mut stalled = Case::new(100, &[fill, paced(0, 1000)], figures);
    stalled.phases.iter_mut().for_each(|phase| phase.stopped = 5);
    vec![
        Case::new(100, &flooded, figures),
        Case {
            servers: vec![Kind::Chatd],
            options: &[],
            remark: ", default --rate",
            ..Case::new(100, &flooded, figures)
        },
        Case::new(1000, &[paced(0, 100)], figures),
        // First their buffers are filled, and the backlog is large enough that they stay.
        Case { backlog: 64 * BACKLOG, remark: ", 5 stopped", ..stalled },
    ]
}

fn idle(scale: &Scale) -> Vec<Case> {
    fn figures(case: &Case, run: &Run) -> Vec<Figure> {
        let mut figures = Vec::new();
        for (_, outcome) in case.outcomes(run) {
            let row = Row { case: format!("idle, {} members", case.members), outcome };
            let resident = outcome.resident_before.zip(run.join.resident_before);
            let resident = resident
                .map(|(after, before)| (after as f64 - before as f64) / run.join.sent as f64);
            figures.extend(row.figure("resident bytes/member", resident));
            figures.extend(row.figure("joins/s", Some(run.join.sent as f64 / run.join.seconds)));
            figures.extend(row.figure("server ns/join", run.join.server_per(run.join.sent)));
            figures.extend(
                row.figure("server busy, %", outcome.server_busy().map(|busy| 100.0 * busy)),
            );
        }
        figures
    }
    vec![Case::new(
        scale.members(SENDERS_MAX),
        &[Load::Idle { millis: scale.millis(2000) }],
        figures,
    )]
}

fn stalled(scale: &Scale) -> Vec<Case> {
    fn figures(case: &Case, run: &Run) -> Vec<Figure> {
        let mut figures = Vec::new();
        let mut unhindered = None;
        for (phase, outcome) in case.outcomes(run) {
            let rate = outcome.sent as f64 / outcome.seconds;
            let row = Row {
                case: format!("stalled, {} members, {} stopped", case.members, phase.stopped),
                outcome,
            };
            figures.extend(row.figure("messages/s", Some(rate)));
            figures.extend(row.figure(
                "% of none stopped",
                unhindered.map(|unhindered| 100.0 * rate / unhindered),
            ));
            figures.extend(
                row.figure("memory growth, KiB", outcome.growth().map(|bytes| bytes / 1024.0)),
            );
            figures.extend(row.figure("dropped", Some(outcome.dropped as f64)));
            unhindered = Some(rate);
        }
        figures
    }
    let closed = Load::Closed { talkers: TALKERS, in_flight: 32, millis: scale.millis(1500) };
    let mut case = Case::new(200, &[closed, closed], figures);
    case.phases[1].stopped = 50;
    vec![case]
}

fn churn(scale: &Scale) -> Vec<Case> {
    fn figures(case: &Case, run: &Run) -> Vec<Figure> {
        let mut figures = Vec::new();
        for (_, outcome) in case.outcomes(run) {
            let row = Row { case: format!("churn beside {} members", case.members), outcome };
            figures.extend(row.figure("visits/s", Some(outcome.sent as f64 / outcome.seconds)));
            figures.extend(row.figure("server ns/visit", outcome.server_per(outcome.sent)));
        }
        figures
    }
    vec![Case::new(100, &[Load::Churn { visitors: TALKERS, millis: scale.millis(2000) }], figures)]
}

fn overload(scale: &Scale) -> Vec<Case> {
    fn figures(case: &Case, run: &Run) -> Vec<Figure> {
        let mut figures = Vec::new();
        let mut closed = None;
        for (_, outcome) in case.outcomes(run) {
            let rate = outcome.deliveries_per_second();
            if let Some(closed) = closed {
                let row = Row {
                    case: format!("overload, {} members, {TALKERS} flooding", case.members),
                    outcome,
                };
                figures.extend(row.figure("deliveries/s", Some(rate)));
                figures.extend(row.figure("% of 256 in flight", Some(100.0 * rate / closed)));
                figures.extend(
                    row.figure("server ns/delivery", outcome.server_per(outcome.deliveries)),
                );
                figures.extend(
                    row.figure("memory growth, KiB", outcome.growth().map(|bytes| bytes / 1024.0)),
                );
                figures.extend(row.figure("dropped", Some(outcome.dropped as f64)));
            }
            closed = Some(rate);
        }
        figures
    }
    let closed = Load::Closed { talkers: TALKERS, in_flight: 256, millis: scale.millis(700) };
    vec![Case::new(
        100,
        &[closed, Load::Flood { talkers: TALKERS, millis: scale.millis(2000) }],
        figures,
    )]
}

/// The figures of one phase.
struct Row<'a> {
    case: String,
    outcome: &'a Outcome,
}

impl Row<'_> {
    /// None when the system does not account for it.
    fn figure(&self, measure: &'static str, value: Option<f64>) -> Option<Figure> {
        let limited = self.outcome.generator_limited();
        Some(Figure { case: self.case.clone(), measure, value: value?, limited })
    }
}

impl Outcome {
    fn deliveries_per_second(&self) -> f64 {
        self.deliveries as f64 / self.seconds
    }

    /// Nanoseconds of the server's processor time for each of `count`.
    fn server_per(&self, count: u64) -> Option<f64> {
        Some(self.server_cpu? as f64 / count as f64)
    }

    fn server_busy(&self) -> Option<f64> {
        Some(self.server_cpu? as f64 / 1e9 / self.seconds)
    }

    /// How far the resident memory rose at most.
    fn growth(&self) -> Option<f64> {
        Some(self.resident_peak?.saturating_sub(self.resident_before?) as f64)
    }

    /// At a fixed rate the generator spins, and limits when it is late; else when it has no time left and the server
    /// has.
    fn generator_limited(&self) -> bool {
        if let Some(latency) = self.latency {
            return latency.late_p99 * 2 > latency.p99;
        }
        let (Some(generator), Some(server)) = (self.generator_cpu, self.server_busy()) else {
            return false;
        };
        let generator = generator as f64 / 1e9 / self.seconds;
        generator > 0.95 && generator > server
    }
}
