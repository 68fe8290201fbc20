//! What is measured: each scenario as a list of cases, each case as phases and the figures taken
//! from them.

use crate::figures::{Most, Sheet};
use crate::generator::{Outcome, Phase, Run};
use crate::load::{Latency, Load};
use crate::process::Kind;
use chatd_support::message::{Dialect, SENDERS_MAX};
use clap::ValueEnum;

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Scenario {
    FanOut,
    Latency,
    Idle,
    Stalled,
    Churn,
    Overload,
    Rooms,
    Memory,
    Irc,
    Web,
}

/// One crowd on each of some servers in turn.
pub(crate) struct Case {
    pub(crate) servers: Vec<Kind>,
    pub(crate) members: usize,
    /// Of how many rooms each member is in one.
    pub(crate) rooms: usize,
    pub(crate) phases: Vec<Phase>,
    /// What the members speak, in turn.
    pub(crate) dialects: Vec<Dialect>,
    /// The same at the yardsticks.
    pub(crate) plain: Vec<Dialect>,
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
/// Deliveries in one wave up to which *threads* is measured: it needs seconds for a larger one.
pub(crate) const THREADS_WAVE_MAX: usize = 500_000;
pub(crate) const TALKERS: usize = 10;
/// chatd's own default.
pub(crate) const BACKLOG: usize = 1024 * 1024;
/// So large that nobody is dropped.
const AMPLE_BACKLOG: usize = 64 * BACKLOG;
/// Waves that fill the buffers of the system for a client that does not read, and a default
/// backlog.
const FILL_WAVES: usize = 50;
pub(crate) const DELIVERIES: &str = "deliveries/s";
pub(crate) const COST: &str = "server ns/delivery";
pub(crate) const BUSY: &str = "server busy, %";
const OF_NONE_STOPPED: [&str; 2] = ["% of none stopped", "the same, per CPU second"];
const OF_IN_FLIGHT: [&str; 2] = ["% of 256 in flight", "the same, per CPU second"];
pub(crate) const PER_READ: &str = "deliveries/read";
const NO_RATE: &[&str] = &["--rate", "0"];
const NO_AUTOJOIN: &[&str] = &["--rate", "0", "--no-autojoin"];
const MANY_ROOMS: &[&str] = &["--rate", "0", "--rooms-max", "10000"];
/// In each of the rooms that all talk, and in the short mode.
const ROOM_MEMBERS: usize = 100;
const ROOM_MEMBERS_QUICK: usize = 20;
/// What may be resident for each client that has a nickname and says nothing …
const CLIENT_BYTES_MAX: f64 = 480.0;
/// … the same if it speaks IRC …
const IRC_CLIENT_BYTES_MAX: f64 = 900.0;
/// … and for each room in which are two who say nothing.
const ROOM_BYTES_MAX: f64 = 2048.0;
/// How long a room of ten thousand may take to empty when all leave at once.
const EMPTY_SECONDS_MAX: f64 = 1.0;
const IRC_ROOMS: usize = 100;
const IRC_MEMBERS: usize = 1000;
const IRC_IN_FLIGHT: usize = 32;
/// What a delivery may cost in a room where text and IRC are mixed, over what the same bytes cost at
/// the floor.
const IRC_COST_MAX: f64 = 1.25;
/// The same in a room of browsers, where each line stands in a frame and comes back to whoever says it.
const WEB_COST_MAX: f64 = 1.3;
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
            Self::Rooms => rooms(scale),
            Self::Memory => memory(scale),
            Self::Irc => irc(scale),
            Self::Web => web(scale),
        }
    }
}

impl Scale {
    fn millis(&self, full: u64) -> u64 {
        if self.quick { full / 10 } else { full }
    }

    /// Waves of 256 messages by each talker.
    fn fill(&self) -> Load {
        let count = if self.quick { FILL_WAVES / 10 } else { FILL_WAVES };
        Load::Waves { talkers: TALKERS, in_flight: 256, count }
    }

    fn members(&self, full: usize) -> usize {
        full.min(self.seats).min(if self.quick { 200 } else { SENDERS_MAX })
    }
}

impl Case {
    fn new(members: usize, loads: &[Load], figures: fn(&Self, &Run, &mut Sheet)) -> Self {
        let phases = loads.iter().map(|&load| Phase { load, stopped: 0 }).collect();
        Self {
            servers: BOTH.to_vec(),
            members,
            rooms: 1,
            phases,
            dialects: vec![Dialect::Named],
            plain: vec![Dialect::PLAIN],
            backlog: BACKLOG,
            options: NO_RATE,
            remark: "",
            figures,
        }
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
            throughput_figures(outcome, sheet);
        }
    }
    let closed = |&in_flight: &usize| Load::Closed {
        talkers: TALKERS,
        in_flight,
        millis: scale.millis(700),
    };
    let mut cases = Vec::new();
    for members in FAN_OUT_MEMBERS.into_iter().filter(|&members| members == scale.members(members))
    {
        let with_threads = IN_FLIGHT
            .partition_point(|in_flight| members * TALKERS * in_flight <= THREADS_WAVE_MAX);
        let loads: Vec<Load> = IN_FLIGHT.iter().map(closed).collect();
        let (few, many) = loads.split_at(with_threads);
        let all = [Kind::Chatd, Kind::Floor, Kind::Threads];
        cases.push(Case { servers: all.to_vec(), ..Case::new(members, few, figures) });
        cases.push(Case::new(members, many, figures));
    }
    cases.retain(|case| !case.phases.is_empty());
    cases
}

fn latency(scale: &Scale) -> Vec<Case> {
    fn figures(case: &Case, run: &Run, sheet: &mut Sheet) {
        let mut quiet_p99 = None;
        for (phase, outcome) in case.outcomes(run) {
            let Load::Paced { flooders, per_second, .. } = phase.load else { continue };
            let Some(Latency { p50, p99, p999, max, .. }) = outcome.latency else { continue };
            let flooding = if flooders > 0 { ", one flooding" } else { "" };
            let stopped = match phase.stopped {
                0 => String::new(),
                stopped => format!(", {stopped} stopped"),
            };
            let label = format!(
                "latency, {} members, {per_second}/s{flooding}{stopped}{}",
                case.members, case.remark
            );
            sheet.case(label, outcome);
            for (measure, value) in
                [("p50 us", p50), ("p99 us", p99), ("p99.9 us", p999), ("max us", max)]
            {
                sheet.pace(measure, value as f64 / 1e3);
            }
            if flooders > 0 {
                sheet.note("p99 / without flooder", quiet_p99.map(|quiet| p99 as f64 / quiet));
            }
            if flooders > 0 || phase.stopped > 0 {
                sheet.note("dropped", outcome.dropped as f64);
            }
            quiet_p99 = Some(p99 as f64);
        }
    }
    let paced =
        |flooders, per_second| Load::Paced { flooders, per_second, millis: scale.millis(2500) };
    let members = scale.members(100);
    let beside_flooder = || Case::new(members, &[paced(0, 1000), paced(1, 1000)], figures);
    let mut stalled = Case::new(members, &[scale.fill(), paced(0, 1000)], figures);
    stalled.phases.iter_mut().for_each(|phase| phase.stopped = members / 20);
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
        Case { backlog: AMPLE_BACKLOG, remark: " (64 MiB backlog)", ..stalled },
    ]
}

fn idle(scale: &Scale) -> Vec<Case> {
    fn figures(case: &Case, run: &Run, sheet: &mut Sheet) {
        for (_, outcome) in case.outcomes(run) {
            sheet.case(format!("idle, {} members", case.members), &run.join);
            let resident = run.join.resident_until(outcome);
            sheet.cost("resident bytes/member", resident.map(|bytes| bytes / run.join.sent as f64));
            sheet.pace("joins/s", run.join.sent_per_second());
            sheet.cost("server ns/join", run.join.server_per(run.join.sent));
            sheet.note("idle server busy, %", outcome.server_busy());
        }
    }
    vec![Case::new(
        scale.members(SENDERS_MAX),
        &[Load::Idle { millis: scale.millis(2000) }],
        figures,
    )]
}

fn stalled(scale: &Scale) -> Vec<Case> {
    fn throughput(case: &Case, run: &Run, sheet: &mut Sheet) {
        let unhindered = &run.phases[0];
        for (phase, outcome) in case.outcomes(run) {
            let Load::Closed { .. } = phase.load else { continue };
            let label = format!("stalled, {} members, {} stopped", case.members, phase.stopped);
            sheet.case(label + case.remark, outcome);
            throughput_figures(outcome, sheet);
            if phase.stopped > 0 {
                compare(outcome, unhindered, OF_NONE_STOPPED, sheet);
                sheet.note("dropped", outcome.dropped as f64);
            }
        }
    }
    fn memory(case: &Case, run: &Run, sheet: &mut Sheet) {
        for (phase, outcome) in case.outcomes(run) {
            let label = format!("stalled, {} members, {} stopped", case.members, phase.stopped);
            sheet.case(label, outcome);
            sheet.note("memory growth, KiB", outcome.growth_kib());
            sheet.note("dropped", outcome.dropped as f64);
        }
    }
    let closed = Load::Closed { talkers: TALKERS, in_flight: 32, millis: scale.millis(1500) };
    let members = scale.members(200);
    // Filled in between: as long as the buffers of the stopped take, they cost as much as readers.
    let mut beside = Case::new(members, &[closed, scale.fill(), closed], throughput);
    beside.phases[1..].iter_mut().for_each(|phase| phase.stopped = members / 4);
    let mut behind = Case::new(members, &[scale.fill()], memory);
    behind.phases[0].stopped = members / 4;
    // While stopped clients are dropped, the room shrinks, and its throughput is no steady figure.
    vec![Case { backlog: AMPLE_BACKLOG, remark: " (64 MiB backlog)", ..beside }, behind]
}

fn throughput_figures(outcome: &Outcome, sheet: &mut Sheet) {
    sheet.pace(DELIVERIES, outcome.deliveries_per_second());
    sheet.cost(COST, outcome.server_per_delivery());
    sheet.note(BUSY, outcome.server_busy());
    sheet.note(PER_READ, outcome.deliveries_per_read());
}

/// Deliveries in percent of those in `reference`, per second and per second of processor time: the
/// latter holds as well where the server had time left. Not messages, which grow by themselves when
/// there are fewer to deliver to.
fn compare(outcome: &Outcome, reference: &Outcome, names: [&'static str; 2], sheet: &mut Sheet) {
    let rates = outcome.deliveries_per_second() / reference.deliveries_per_second();
    sheet.note(names[0], 100.0 * rates);
    let costs = reference.server_per_delivery().zip(outcome.server_per_delivery());
    let costs = costs.map(|(reference, cost)| 100.0 * reference / cost);
    sheet.note(names[1], costs);
}

fn churn(scale: &Scale) -> Vec<Case> {
    fn figures(case: &Case, run: &Run, sheet: &mut Sheet) {
        for (_, outcome) in case.outcomes(run) {
            sheet.case(format!("churn beside {} members", case.members), outcome);
            sheet.pace("visits/s", outcome.sent_per_second());
            sheet.cost("server ns/visit", outcome.server_per(outcome.sent));
            sheet.note(BUSY, outcome.server_busy());
        }
    }
    let load = Load::Churn { visitors: TALKERS, millis: scale.millis(2000) };
    vec![Case::new(scale.members(100), &[load], figures)]
}

fn overload(scale: &Scale) -> Vec<Case> {
    fn figures(case: &Case, run: &Run, sheet: &mut Sheet) {
        let [closed, flooded] = &run.phases[..] else { return };
        sheet.case(format!("overload, {} members, {TALKERS} flooding", case.members), flooded);
        throughput_figures(flooded, sheet);
        compare(flooded, closed, OF_IN_FLIGHT, sheet);
        sheet.note("memory growth, KiB", flooded.growth_kib());
        sheet.note("dropped", flooded.dropped as f64);
    }
    let closed = Load::Closed { talkers: TALKERS, in_flight: 256, millis: scale.millis(700) };
    let flood = Load::Flood { talkers: TALKERS, millis: scale.millis(2000) };
    vec![Case::new(scale.members(100), &[closed, flood], figures)]
}

/// All rooms talk, each for itself. Nobody is in two.
fn rooms(scale: &Scale) -> Vec<Case> {
    fn figures(case: &Case, run: &Run, sheet: &mut Sheet) {
        for (phase, outcome) in case.outcomes(run) {
            let Load::Closed { in_flight, .. } = phase.load else { continue };
            let (rooms, each) = (case.rooms, case.members / case.rooms);
            sheet.case(format!("{rooms} rooms of {each}, {in_flight} in flight in each"), outcome);
            throughput_figures(outcome, sheet);
        }
    }
    let each = if scale.quick { ROOM_MEMBERS_QUICK } else { ROOM_MEMBERS };
    let rooms = scale.members(SENDERS_MAX) / each;
    if rooms == 0 {
        return Vec::new();
    }
    let closed = |in_flight| Load::Closed { talkers: rooms, in_flight, millis: scale.millis(700) };
    let loads = [Load::GoToRooms { stay: false }, closed(1), closed(32)];
    vec![Case { rooms, ..Case::new(rooms * each, &loads, figures) }]
}

/// A third of the room speaks text, a third IRC as irssi does, and a third IRC with all there is.
fn irc(scale: &Scale) -> Vec<Case> {
    vec![spoken(scale, vec![Dialect::Named, Dialect::Irssi, Dialect::Tagged])]
}

/// All speak IRC in the messages of a WebSocket, which are masked on the way to the server.
fn web(scale: &Scale) -> Vec<Case> {
    vec![spoken(scale, vec![Dialect::Web])]
}

/// The floor relays lines as long as theirs.
fn spoken(scale: &Scale, dialects: Vec<Dialect>) -> Case {
    fn figures(case: &Case, run: &Run, sheet: &mut Sheet) {
        let (who, most) = match case.dialects[..] {
            [Dialect::Web] => ("WebSocket", WEB_COST_MAX),
            _ => ("text and IRC", IRC_COST_MAX),
        };
        for (phase, outcome) in case.outcomes(run) {
            let Load::Closed { in_flight, .. } = phase.load else { continue };
            let members = case.members;
            sheet.case(format!("{who}, {members} members, {in_flight} in flight"), outcome);
            sheet.pace(DELIVERIES, outcome.deliveries_per_second());
            let is_bounded = members == IRC_MEMBERS && in_flight == IRC_IN_FLIGHT;
            let most = is_bounded.then_some(Most::OfFloor(most));
            sheet.bounded(COST, outcome.server_per_delivery(), most);
            sheet.note(BUSY, outcome.server_busy());
            sheet.note(PER_READ, outcome.deliveries_per_read());
        }
    }
    let closed =
        |in_flight| Load::Closed { talkers: TALKERS, in_flight, millis: scale.millis(1500) };
    let plain = dialects.iter().map(|dialect| dialect.filled()).collect();
    let loads = [closed(1), closed(IRC_IN_FLIGHT)];
    let case = Case::new(scale.members(IRC_MEMBERS), &loads, figures);
    Case { dialects, plain, options: NO_AUTOJOIN, ..case }
}

/// What is kept for those who do nothing, and how soon they are forgotten.
fn memory(scale: &Scale) -> Vec<Case> {
    fn clients(case: &Case, run: &Run, sheet: &mut Sheet) {
        let [idle, leave] = &run.phases[..] else { return };
        sheet.case(format!("memory, {} members", case.members), idle);
        sheet.bounded(
            "resident bytes/member",
            per_member(run, idle),
            of_crowd(case, CLIENT_BYTES_MAX),
        );
        sheet.bounded(
            "s until all have left",
            leave.server_seconds(),
            of_crowd(case, EMPTY_SECONDS_MAX),
        );
    }
    fn irc_clients(case: &Case, run: &Run, sheet: &mut Sheet) {
        let [idle] = &run.phases[..] else { return };
        let (members, rooms) = (case.members, case.rooms);
        sheet.case(format!("memory, {members} members by IRC, in {rooms} rooms"), idle);
        let most = of_crowd(case, IRC_CLIENT_BYTES_MAX);
        sheet.bounded("resident bytes/member", per_member(run, idle), most);
    }
    fn per_member(run: &Run, idle: &Outcome) -> Option<f64> {
        run.join.resident_until(idle).map(|bytes| bytes / run.join.sent as f64)
    }
    fn pairs(case: &Case, run: &Run, sheet: &mut Sheet) {
        let [arrival, idle] = &run.phases[..] else { return };
        sheet.case(format!("memory, {} rooms of two", case.rooms), idle);
        let bytes = arrival.resident_until(idle).map(|bytes| bytes / case.rooms as f64);
        sheet.bounded("resident bytes/room", bytes, of_crowd(case, ROOM_BYTES_MAX));
    }
    /// The bounds are for the largest crowd: fewer share what a server needs once.
    fn of_crowd(case: &Case, most: f64) -> Option<Most> {
        (case.members == SENDERS_MAX).then_some(Most::This(most))
    }
    let members = scale.members(SENDERS_MAX);
    let idle = Load::Idle { millis: scale.millis(100) };
    let only_chatd = |loads: &[Load], figures| Case {
        servers: vec![Kind::Chatd],
        options: MANY_ROOMS,
        ..Case::new(members, loads, figures)
    };
    vec![
        only_chatd(&[idle, Load::Leave], clients),
        // IRC clients are told of each who comes: in one room that would be fifty million times.
        Case {
            rooms: IRC_ROOMS,
            dialects: vec![Dialect::Irssi, Dialect::Tagged],
            options: NO_AUTOJOIN,
            ..only_chatd(&[idle], irc_clients)
        },
        // They stay where they were as well, or the memory of that would be used again.
        Case { rooms: members / 2, ..only_chatd(&[Load::GoToRooms { stay: true }, idle], pairs) },
    ]
}
