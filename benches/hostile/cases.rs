//! What is tried, and what each may cost.

use crate::bounds;
use crate::generator::Attack;
use crate::hold::Hold;
use crate::net;
use crate::pump::Say;
use crate::race::Race;
use crate::scale::{GROWTH, GROWTH_PER_CONNECTION, NO_RATE, Scale};
use crate::short::Short;
use crate::slow::Slow;
use crate::splits::{CORPUS, Splits};
use crate::teeter::{Reading, Teeter};
use crate::trial::Trial;
use clap::ValueEnum;
use std::time::Duration;

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Case {
    /// Thousands of connections that send one byte a minute
    Slowloris,
    /// Members who do not read, or too little, while accomplices talk
    SlowReaders,
    /// A million connections that end at once
    Short,
    /// Many claim the same nickname at the same time
    Race,
    /// Nicknames changed over and over
    Nick,
    /// /who over and over, in a room of 1,000
    Who,
    /// /history over and over, in a room of 1,000
    History,
    /// Thousands of connections from one address
    Address,
    /// The longest lines, and one without end
    Lines,
    /// The shortest lines, empty ones, and telnet commands
    Flood,
    /// Invalid UTF-8, split at every place
    Utf8,
    /// Come, say a lot, go, and come again
    ComeAndGo,
    /// Thousands say a lot and break
    Broken,
    /// The largest bursts, and one who reads at 50 KiB/s
    Bursts,
    /// Thousands who read nothing, in little memory
    Memory,
    /// What is no nickname, and takes long to be found so
    NoNick,
}

/// The first ones of each case.
const TRIALS_WHEN_QUICK: usize = 2;

impl Case {
    pub(crate) fn trials(self, is_quick: bool) -> Vec<Trial> {
        let scale = Scale { is_quick };
        let mut trials = match self {
            Self::Slowloris => slowloris(&scale),
            Self::SlowReaders => slow_readers(&scale),
            Self::Short => short(&scale),
            Self::Race => race(&scale),
            Self::Nick => nick(&scale),
            Self::Who => storm(&scale, "/who", Say::Who),
            Self::History => storm(&scale, "/history", Say::History),
            Self::Address => address(&scale),
            Self::Lines => lines(&scale),
            Self::Flood => flood(&scale),
            Self::Utf8 => utf8(&scale),
            Self::ComeAndGo => bounds::come_and_go(&scale),
            Self::Broken => bounds::broken(&scale),
            Self::Bursts => bounds::bursts(&scale),
            Self::Memory => bounds::memory(&scale),
            Self::NoNick => bounds::no_nick(&scale),
        };
        if is_quick {
            trials.truncate(TRIALS_WHEN_QUICK);
        }
        trials
    }
}

/// With chatd's own rate, and without one.
fn both_rates(trial: impl Fn() -> Trial) -> [Trial; 2] {
    [trial(), Trial { options: NO_RATE, ..trial() }]
}

fn slowloris(scale: &Scale) -> Vec<Trial> {
    let (nameless, named) = scale.of((4500, 500), (100, 50));
    let slow = Slow { nameless, named, seconds: scale.of(75, 1) };
    let growth = GROWTH + (nameless + named) as u64 * GROWTH_PER_CONNECTION;
    let name = format!("slowloris: {nameless} without and {named} with a nickname");
    vec![Trial { growth_max: growth, ..scale.trial(name, vec![Attack::Slow(slow)]) }]
}

fn slow_readers(scale: &Scale) -> Vec<Trial> {
    let readers = scale.of(200, 30);
    let trial = |words: &str, reading, seconds: u64| {
        let millis = scale.of(seconds * 1000, 200);
        let name = format!("{readers} who read {words}, 10 talk");
        let teeter = Teeter {
            from: net::ATTACKERS,
            readers,
            talkers: 10,
            say: vec![Say::Lines(4000)],
            reading,
            receive_bytes: 2 << 10,
            stay: false,
            millis,
        };
        let growth_max = GROWTH + readers as u64 * GROWTH_PER_CONNECTION;
        Trial { growth_max, ..scale.trial(name, vec![Attack::Teeter(teeter)]) }
    };
    vec![
        trial("nothing", Reading::Nothing, 30),
        trial("just enough", Reading::Behind(850 << 10), 60),
        trial("1 byte/s", Reading::Trickle(1), 30),
    ]
}

fn short(scale: &Scale) -> Vec<Trial> {
    let (rounds, connections) = scale.of((20, 50_000), (1, 2000));
    let attacks =
        (0..rounds).map(|round| Attack::Short(Short { connections, first: round * connections }));
    let name = format!("{} short connections", rounds * connections);
    // All that can wait to be accepted, and be closed while it is full.
    vec![Trial { growth_max: 2 * GROWTH, ..scale.trial(name, attacks.collect()) }]
}

fn race(scale: &Scale) -> Vec<Trial> {
    let (claimants, rounds) = scale.of((500, 50), (50, 5));
    let name = format!("{claimants} claim one nickname");
    let race = Race { claimants, rounds };
    vec![scale.trial(name, vec![Attack::Race(race)])]
}

fn nick(scale: &Scale) -> Vec<Trial> {
    let connections = scale.of(100, 20);
    let trial = |reads: bool| {
        let words = if reads { "" } else { ", not reading" };
        both_rates(|| {
            let name = format!("{connections} change nicknames{words}");
            scale.pump(name, Say::NickChanges, connections, reads)
        })
    };
    [trial(true), trial(false)].into_iter().flatten().collect()
}

fn storm(scale: &Scale, command: &str, say: Say) -> Vec<Trial> {
    let counts: &[usize] = scale.of(&[10, 100], &[10]);
    let members = scale.of(1000, 100);
    let trial = |connections: usize, reads: bool| {
        let words = if reads { "" } else { ", not reading" };
        both_rates(|| {
            let name = format!("{command} by {connections}{words}, {members} in the room");
            let every = Duration::from_millis(50);
            Trial { members, every, ..scale.pump(name, say, connections, reads) }
        })
    };
    let trials = counts.iter().flat_map(|&count| [trial(count, false), trial(count, true)]);
    trials.flatten().collect()
}

fn address(scale: &Scale) -> Vec<Trial> {
    let connections = scale.of(5000, 100);
    let trial = |name: String, named, connections: usize, admitted| {
        let hold = Hold { connections, named, millis: scale.of(5000, 300), admitted };
        let growth_max = GROWTH + connections as u64 * GROWTH_PER_CONNECTION;
        Trial { growth_max, ..scale.trial(name, vec![Attack::Hold(hold)]) }
    };
    let name = |words: &str| format!("{connections} from one address{words}");
    let most: &'static [&'static str] =
        scale.of(&["--max-clients", "1000"], &["--max-clients", "60"]);
    let per_address = scale.of(100, 30);
    let options: &'static [&'static str] =
        scale.of(&["--max-per-ip", "100"], &["--max-per-ip", "30"]);
    let limited = trial(name(", limited"), false, connections, Some(per_address));
    let limited = Trial { options, ..limited };
    let full = Trial { options: most, ..trial(name(", room full"), false, connections, None) };
    vec![
        limited,
        full,
        trial(name(""), true, connections, Some(connections)),
        trial(name(", nameless"), false, connections, Some(connections)),
    ]
}

fn lines(scale: &Scale) -> Vec<Trial> {
    let trial = |words: &str, say, connections: usize| {
        both_rates(|| scale.pump(format!("{words} by {connections}"), say, connections, true))
    };
    let many = scale.of(100, 10);
    let trials = [
        trial("longest lines", Say::Lines(4096), 10),
        trial("longest lines", Say::Lines(4096), many),
        trial("lines too long", Say::Lines(4097), many),
        trial("a line without end", Say::Endless, many),
    ];
    trials.into_iter().flatten().collect()
}

fn flood(scale: &Scale) -> Vec<Trial> {
    let trial = |words: &str, say, connections: usize, reads| {
        let manner = if reads { "" } else { ", not reading" };
        both_rates(|| {
            scale.pump(format!("{words} by {connections}{manner}"), say, connections, reads)
        })
    };
    let many = scale.of(100, 10);
    let trials = [
        trial("messages of a byte", Say::Text, many, true),
        trial("messages of a byte", Say::Text, 10, true),
        trial("messages of a byte", Say::Text, 1, true),
        trial("messages of a byte", Say::Text, many, false),
        trial("empty lines", Say::Empty, many, true),
        trial("lone CR", Say::Cr, many, true),
        trial("telnet NOP", Say::Nop, many, true),
        trial("telnet DO", Say::Do, many, true),
        trial("telnet DO", Say::Do, many, false),
    ];
    trials.into_iter().flatten().collect()
}

fn utf8(scale: &Scale) -> Vec<Trial> {
    let sequences = scale.of(CORPUS.len(), 8);
    let name = format!("{sequences} ill-formed sequences, split everywhere");
    let attacks = vec![Attack::Splits(Splits { sequences })];
    vec![Trial { options: NO_RATE, ..scale.trial(name, attacks) }]
}
