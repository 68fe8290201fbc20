//! Attacks that succeeded once, and what they may do to the room now: no more than those who stay
//! and keep to the rules.

use crate::churn::{Churn, End};
use crate::generator::Attack;
use crate::hoard::Hoard;
use crate::must::Must;
use crate::pump::{Pump, Say};
use crate::scale::{GROWTH, GROWTH_PER_TALKER, MIB, NO_RATE, Scale};
use crate::teeter::{Reading, Teeter};
use crate::trial::Trial;
use std::net::Ipv4Addr;
use std::time::Duration;

/// What a line may become in all that one may say at once: a sixteenth of the backlog.
const BURST_BYTES: u64 = MIB / 16;
/// Lines that one may say at once, and what each is more than its text.
const BURST_LINES: u64 = 100;
const PREFIX_BYTES: u64 = 16;
/// What is told of each who comes, breaks and is gone.
const TRAFFIC_BYTES: u64 = 100;
const ROOM: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// Not where those come from with whom they are compared: what those said must not count for these.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
const ADDRESSES: Ipv4Addr = Ipv4Addr::new(127, 0, 1, 1);
/// Each talker has an address of its own, as have those with whom they are compared.
const TALKERS: Ipv4Addr = Ipv4Addr::new(127, 0, 4, 1);
const OTHER_TALKERS: Ipv4Addr = Ipv4Addr::new(127, 0, 5, 1);
/// So long after the attackers have left the memory is looked at.
const FORGET: Duration = Duration::from_secs(5);
/// The pair, the visitor, and the one who looks.
const PRESENT: usize = 4;
/// 512 MiB of address space.
const LITTLE: &str = "--memory=536870912";
const LITTLE_AND_NO_RATE: &[&str] = &["--rate", "0", LITTLE];

/// Two quiet members, one of whom says ten words a second. In the short mode times say little.
fn pair(scale: &Scale, name: String, attacks: Vec<Attack>, p99_ms: u64) -> Trial {
    let p99 = Duration::from_millis(scale.of(p99_ms, 10 * p99_ms));
    let must = Must { p99: Some(p99), ..Must::default() };
    let every = Duration::from_millis(100);
    Trial { members: 2, every, must, ..scale.trial(name, attacks) }
}

pub(crate) fn come_and_go(scale: &Scale) -> Vec<Trial> {
    let millis = scale.of(10_000, 500);
    let trial = |words: &str, end, line_bytes: usize, sockets: usize, from| {
        let churn = Churn {
            from,
            addresses: 1,
            sockets,
            connections: usize::MAX,
            millis,
            lines: 100,
            line_bytes,
            end,
            present_max: None,
        };
        let lines = Say::Lines(line_bytes - 1);
        let stay = Pump { connections: sockets, say: lines, reads: true, millis, rate: None };
        let name = format!("100 lines of {line_bytes} bytes, {words}, {sockets} at a time");
        let trial = pair(scale, name, vec![Attack::Churn(churn)], 50);
        Trial {
            before: Some(Attack::Pump(stay)),
            must: Must { said_times: Some(2.0), ..trial.must },
            growth_max: 2 * GROWTH + sockets as u64 * GROWTH_PER_TALKER,
            ..trial
        }
    };
    let bystander = trial("close, at the address of the pair", End::Close, 40, 1, ROOM);
    let bystander = Trial {
        every: Duration::from_millis(500),
        must: Must { latest: Some(Duration::from_millis(1500)), ..Must::default() },
        ..bystander
    };
    vec![
        trial("close", End::Close, 40, 1, ELSEWHERE),
        trial("reset", End::Reset, 40, 1, ELSEWHERE),
        trial("half-close", End::HalfClose, 40, 1, ELSEWHERE),
        trial("/quit", End::Quit, 40, 1, ELSEWHERE),
        trial("close", End::Close, 4096, 1, ELSEWHERE),
        trial("reset", End::Reset, 4096, 1, ELSEWHERE),
        trial("close", End::Close, 40, 8, ELSEWHERE),
        trial("reset", End::Reset, 40, 8, ELSEWHERE),
        trial("half-close", End::HalfClose, 40, 8, ELSEWHERE),
        trial("/quit", End::Quit, 40, 8, ELSEWHERE),
        bystander,
    ]
}

pub(crate) fn broken(scale: &Scale) -> Vec<Trial> {
    let connections = scale.of(5000, 300);
    let trial = |line_bytes: usize, addresses: usize, sockets: usize| {
        let churn = Churn {
            from: ADDRESSES,
            addresses,
            sockets,
            connections,
            millis: 60_000,
            lines: 60,
            line_bytes,
            end: End::Reset,
            present_max: Some(PRESENT),
        };
        let manner = if sockets == connections { "all" } else { "a few" };
        let name = format!(
            "{connections} say 60 lines of {line_bytes} bytes and reset, {manner} at once, \
             from {addresses}"
        );
        let burst = BURST_BYTES.min(BURST_LINES * (line_bytes as u64 + PREFIX_BYTES));
        let bytes = 2 * burst * addresses as u64 + connections as u64 * TRAFFIC_BYTES;
        // All at once they are all in the room for a moment, and what each says by then is within its
        // own rate; only to join takes that long, too.
        let is_crowd = sockets == connections;
        let p99_ms = if is_crowd { 500 } else { 50 };
        let trial = pair(scale, name, vec![Attack::Churn(churn)], p99_ms);
        Trial {
            must: Must { heard_bytes: (!is_crowd).then_some(bytes), ..trial.must },
            growth_max: 2 * GROWTH + sockets as u64 * GROWTH_PER_TALKER,
            ..trial
        }
    };
    vec![
        trial(16, 1, connections),
        trial(4096, 1, connections),
        trial(16, 100, connections),
        trial(4096, 100, connections),
        trial(16, 1, 8),
        trial(4096, 1, 8),
        trial(16, 100, 8),
        trial(4096, 100, 8),
    ]
}

pub(crate) fn bursts(scale: &Scale) -> Vec<Trial> {
    let worst = [Say::Invalid, Say::NickChanges, Say::Lines(4096), Say::Private, Say::Text];
    let teeter = |from, readers: usize, talkers: usize, say: &[Say], rate: usize| {
        Attack::Teeter(Teeter {
            from,
            readers,
            talkers,
            say: say.to_vec(),
            reading: Reading::Trickle(rate),
            receive_bytes: 64 << 10,
            stay: true,
            millis: scale.of(20_000, 700),
        })
    };
    let alone = |say: &[Say], talkers: usize, kib: usize| {
        let name = format!("{talkers} say {}, one reads {kib} KiB/s", words(say));
        let attacks = vec![teeter(TALKERS, 1, talkers, say, kib << 10)];
        Trial { growth_max: 2 * GROWTH, ..pair(scale, name, attacks, 50) }
    };
    let members = scale.of(1000, 100);
    let crowd = |say: &[Say]| {
        let name = format!("5 say {}, one reads 50 KiB/s, {members} in the room", words(say));
        let mut trial = alone(say, 5, 50);
        trial.must = Must { p99_times: Some(2.0), pace: Some(0.9), ..Must::default() };
        Trial { name, members, before: Some(teeter(OTHER_TALKERS, 0, 5, say, 0)), ..trial }
    };
    vec![
        alone(&worst[..1], 5, 50),
        alone(&worst[..1], 1, 100),
        alone(&worst[2..3], 5, 50),
        alone(&worst[3..4], 5, 50),
        alone(&worst, 5, 50),
        crowd(&worst[..1]),
        crowd(&[Say::Lines(400)]),
    ]
}

fn words(say: &[Say]) -> String {
    let words: Vec<String> = say.iter().map(|say| format!("{say:?}")).collect();
    words.join("+")
}

pub(crate) fn memory(scale: &Scale) -> Vec<Trial> {
    let (connections, filled) = scale.of((4000, 1500), (200, 75));
    let trial = |options| {
        let name = format!("{connections} read nothing, {filled} of them are told a lot");
        let hoard = Hoard { connections, filled, millis: scale.of(10_000, 500) };
        // Four thousand who join make a crowd, which takes its time.
        let trial = pair(scale, name, vec![Attack::Hoard(hoard)], 1000);
        let must = Must { forgets: Some(scale.of(FORGET, FORGET / 10)), ..trial.must };
        Trial { options, must, growth_max: 512 * MIB, ..trial }
    };
    vec![trial(&[LITTLE]), trial(LITTLE_AND_NO_RATE), trial(&[]), trial(NO_RATE)]
}

pub(crate) fn no_nick(scale: &Scale) -> Vec<Trial> {
    let connections = scale.of(400, 100);
    let millis = scale.of(10_000, 1000);
    let pump = Pump { connections, say: Say::NoNick, reads: true, millis, rate: Some(5) };
    let name = format!("{connections} name 384 times U+0390, as often as they may");
    let trial = pair(scale, name, vec![Attack::Pump(pump)], 50);
    let busy = scale.of(10.0, 5.0);
    let growth_max = GROWTH + connections as u64 * GROWTH_PER_TALKER;
    vec![Trial { growth_max, must: Must { busy: Some(busy), ..trial.must }, ..trial }]
}
