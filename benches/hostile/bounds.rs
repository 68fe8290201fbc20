//! Attacks that succeeded once, and what they may do to the room now: no more than those who stay
//! and keep to the rules.

use crate::cases::{GROWTH, GROWTH_PER_TALKER, MIB, NO_RATE, Scale, horde};
use crate::churn::{Churn, End};
use crate::generator::Attack;
use crate::horde::{Fate, Horde, Kind, Pace, Reading, Say};
use crate::must::Must;
use crate::reload::Reload;
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
const BROWSERS: Ipv4Addr = Ipv4Addr::new(127, 0, 6, 1);
/// Those who fill the memory.
const STOPPED: Ipv4Addr = Ipv4Addr::new(127, 0, 2, 1);
const SHORT: Ipv4Addr = Ipv4Addr::new(127, 1, 0, 1);
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

/// They come from elsewhere, do this, and go.
fn churn(from: Ipv4Addr, connections: usize, end: End) -> Churn {
    Churn {
        from,
        addresses: 1,
        sockets: 1,
        connections,
        millis: 60_000,
        lines: 0,
        line_bytes: 1,
        end,
        present_max: None,
    }
}

pub(crate) fn short(scale: &Scale) -> Vec<Trial> {
    let (rounds, connections) = scale.of((20, 50_000), (1, 2000));
    // An address has far fewer ports than that, and a closed one is not free for a minute.
    let short = Churn { addresses: 100, ..churn(SHORT, connections, End::ByTurns) };
    let name = format!("{} short connections", rounds * connections);
    // All that can wait to be accepted, and be closed while it is full.
    let attacks = vec![Attack::Churn(short); rounds];
    vec![Trial { growth_max: 2 * GROWTH, ..scale.trial(name, attacks) }]
}

pub(crate) fn come_and_go(scale: &Scale) -> Vec<Trial> {
    let millis = scale.of(10_000, 500);
    let trial = |words: &str, end, line_bytes: usize, sockets: usize, from| {
        let lines = Say::Lines(line_bytes - 1);
        let stay = horde(vec![Kind { say: vec![lines], ..Kind::new("a", sockets) }], millis);
        let go = Churn { sockets, millis, lines: 100, line_bytes, ..churn(from, usize::MAX, end) };
        let name = format!("100 lines of {line_bytes} bytes, {words}, {sockets} at a time");
        let trial = pair(scale, name, vec![Attack::Churn(go)], 50);
        Trial {
            before: Some(stay),
            must: Must { said_times: Some(2.0), ..trial.must },
            growth_max: 2 * GROWTH + sockets as u64 * GROWTH_PER_TALKER,
            ..trial
        }
    };
    let ends = [
        ("close", End::Close),
        ("reset", End::Reset),
        ("half-close", End::HalfClose),
        ("/quit", End::Quit),
    ];
    let mut trials = Vec::new();
    for (line_bytes, sockets, ends) in [(40, 1, &ends[..]), (4096, 1, &ends[..2]), (40, 8, &ends)] {
        for &(words, end) in ends {
            trials.push(trial(words, end, line_bytes, sockets, ELSEWHERE));
        }
    }
    let bystander = trial("close, at the address of the pair", End::Close, 40, 1, ROOM);
    trials.push(Trial {
        every: Duration::from_millis(500),
        must: Must { latest: Some(Duration::from_millis(1500)), ..Must::default() },
        ..bystander
    });
    trials
}

pub(crate) fn broken(scale: &Scale) -> Vec<Trial> {
    let connections = scale.of(5000, 300);
    let mut trials = Vec::new();
    for (sockets, manner) in [(connections, "all"), (8, "a few")] {
        for addresses in [1, 100] {
            for line_bytes in [16, 4096] {
                let broken = Churn {
                    addresses,
                    sockets,
                    lines: 60,
                    line_bytes,
                    present_max: Some(PRESENT),
                    ..churn(ADDRESSES, connections, End::Reset)
                };
                let name = format!(
                    "{connections} say 60 lines of {line_bytes} bytes and reset, {manner} at once, \
                     from {addresses}"
                );
                let burst = BURST_BYTES.min(BURST_LINES * (line_bytes as u64 + PREFIX_BYTES));
                let bytes = 2 * burst * addresses as u64 + connections as u64 * TRAFFIC_BYTES;
                // All at once they are all in the room for a moment, and what each says by then is
                // within its own rate; only to join takes that long, too.
                let is_crowd = sockets == connections;
                let p99_ms = if is_crowd { 500 } else { 50 };
                let trial = pair(scale, name, vec![Attack::Churn(broken)], p99_ms);
                trials.push(Trial {
                    must: Must { heard_bytes: (!is_crowd).then_some(bytes), ..trial.must },
                    growth_max: 2 * GROWTH + sockets as u64 * GROWTH_PER_TALKER,
                    ..trial
                });
            }
        }
    }
    trials
}

pub(crate) fn bursts(scale: &Scale) -> Vec<Trial> {
    let worst = [Say::Invalid, Say::NickChanges, Say::Lines(4096), Say::Private(1), Say::Text];
    let bursts = |from, readers: usize, talkers: usize, say: &[Say], kib: u64| {
        let reading = Reading::Trickle(kib << 10);
        let reader =
            Kind { receive_bytes: 64 << 10, reading, fate: Fate::Stay, ..Kind::new("t", readers) };
        let talkers =
            Kind { from, addresses: talkers, say: say.to_vec(), ..Kind::new("a", talkers) };
        horde(vec![Kind::mirror(), reader, talkers], scale.of(20_000, 700))
    };
    let alone = |say: &[Say], talkers: usize, kib: u64| {
        let name = format!("{talkers} say {say:?}, one reads {kib} KiB/s");
        let attacks = vec![bursts(TALKERS, 1, talkers, say, kib)];
        Trial { growth_max: 2 * GROWTH, ..pair(scale, name, attacks, 50) }
    };
    let members = scale.of(1000, 100);
    let crowd = |say: &[Say]| {
        let alone = alone(say, 5, 50);
        Trial {
            name: format!("{}, {members} in the room", alone.name),
            members,
            before: Some(bursts(OTHER_TALKERS, 0, 5, say, 0)),
            must: Must { p99_times: Some(2.0), pace: Some(0.9), ..Must::default() },
            ..alone
        }
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

pub(crate) fn memory(scale: &Scale) -> Vec<Trial> {
    let (connections, filled) = scale.of((4000, 1500), (200, 75));
    let trial = |options| {
        let name = format!("{connections} read nothing, {filled} of them are told a lot");
        // From many addresses. With a small buffer the server holds what they do not read.
        let stopped = |name, count| Kind {
            from: STOPPED,
            addresses: 100,
            receive_bytes: 2 << 10,
            reading: Reading::Nothing,
            ..Kind::new(name, count)
        };
        let teller = Kind { say: vec![Say::Private(filled)], ..stopped("h", connections - filled) };
        let (kinds, millis) = (vec![stopped("t", filled), teller], scale.of(10_000, 500));
        let hoard = Attack::Horde(Horde { kinds, millis, fills_history: true });
        // Four thousand who join make a crowd, which takes its time.
        let trial = pair(scale, name, vec![hoard], 1000);
        let must = Must { forgets: Some(scale.of(FORGET, FORGET / 10)), ..trial.must };
        Trial { options, must, growth_max: 512 * MIB, ..trial }
    };
    vec![trial(&[LITTLE]), trial(LITTLE_AND_NO_RATE), trial(&[]), trial(NO_RATE)]
}

pub(crate) fn no_nick(scale: &Scale) -> Vec<Trial> {
    let count = scale.of(400, 100);
    let pace = Pace::Requests(5);
    let kind = Kind { say: vec![Say::NoNick], pace, ..Kind::new("a", count) };
    let name = format!("{count} name 384 times U+0390, as often as they may");
    let attacks = vec![horde(vec![kind], scale.of(10_000, 1000))];
    let trial = pair(scale, name, attacks, 50);
    let busy = Some(scale.of(10.0, 5.0));
    let growth_max = GROWTH + count as u64 * GROWTH_PER_TALKER;
    vec![Trial { growth_max, must: Must { busy, ..trial.must }, ..trial }]
}

/// In the short mode times say little.
pub(crate) fn reload(scale: &Scale) -> Vec<Trial> {
    let loads = scale.of(10_000, 300);
    let reload = Reload { from: BROWSERS, addresses: 100, loads, per_second: 1000 };
    let must = Must { p99_times: Some(scale.of(2.0, 20.0)), ..Must::default() };
    let name = format!("{loads} pages, 1,000 a second");
    vec![Trial { must, ..scale.trial(name, vec![Attack::Reload(reload)]) }]
}
