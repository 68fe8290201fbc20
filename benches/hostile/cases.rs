//! What is tried, and what each may cost.

use crate::bounds;
use crate::generator::Attack;
use crate::horde::{Fate, Horde, Kind, Pace, Reading, Say};
use crate::must::Must;
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
    /// The page, a thousand times a second
    Reload,
}

/// The first ones of each case.
const TRIALS_WHEN_QUICK: usize = 2;

impl Case {
    pub(crate) fn trials(self, is_quick: bool) -> Vec<Trial> {
        let scale = Scale { is_quick };
        let mut trials = match self {
            Self::Slowloris => slowloris(&scale),
            Self::SlowReaders => slow_readers(&scale),
            Self::Short => bounds::short(&scale),
            Self::Nick => pumps(&scale, &[("change nicknames", Say::NickChanges, 100)]),
            Self::Who => storm(&scale, "ask /who", Say::Who),
            Self::History => storm(&scale, "ask /history", Say::History),
            Self::Address => address(&scale),
            Self::Lines => pumps(
                &scale,
                &[
                    ("say longest lines", Say::Lines(4096), 100),
                    ("say lines too long", Say::Lines(4097), 100),
                    ("say a line without end", Say::Endless, 100),
                ],
            ),
            Self::Flood => pumps(
                &scale,
                &[
                    ("say messages of a byte", Say::Text, 100),
                    ("say messages of a byte", Say::Text, 10),
                    ("say messages of a byte", Say::Text, 1),
                    ("say empty lines", Say::Empty, 100),
                    ("say lone CR", Say::Cr, 100),
                    ("say telnet NOP", Say::Nop, 100),
                    ("say telnet DO", Say::Do, 100),
                ],
            ),
            Self::ComeAndGo => bounds::come_and_go(&scale),
            Self::Broken => bounds::broken(&scale),
            Self::Bursts => bounds::bursts(&scale),
            Self::Memory => bounds::memory(&scale),
            Self::NoNick => bounds::no_nick(&scale),
            Self::Reload => bounds::reload(&scale),
        };
        if is_quick {
            trials.truncate(TRIALS_WHEN_QUICK);
        }
        trials
    }
}

pub(crate) const MIB: u64 = 1 << 20;
/// What the server needs in any case: pages it had not touched, buffers of the log.
pub(crate) const GROWTH: u64 = 8 * MIB;
/// What a peer can have waiting of what it asked for and does not read, or not as fast: chatd's
/// default, and as much again, as a vector can hold twice its length.
const GROWTH_PER_ANSWERED: u64 = 2 * MIB;
/// What can wait of what a peer has sent, and be held of a line; what all hear is there once.
pub(crate) const GROWTH_PER_TALKER: u64 = 64 << 10;
/// What a connection costs that does nothing wrong.
const GROWTH_PER_CONNECTION: u64 = 2048;
pub(crate) const NO_RATE: &[&str] = &["--rate", "0"];

/// How large and long a trial is.
pub(crate) struct Scale {
    is_quick: bool,
}

impl Scale {
    pub(crate) fn of<T>(&self, full: T, quick: T) -> T {
        if self.is_quick { quick } else { full }
    }

    pub(crate) fn trial(&self, name: impl Into<String>, attacks: Vec<Attack>) -> Trial {
        Trial {
            name: name.into(),
            options: &[],
            members: 20,
            every: Duration::from_millis(10),
            quiet: Duration::from_millis(self.of(3000, 200)),
            before: None,
            attacks,
            must: Must::default(),
            growth_max: GROWTH,
        }
    }
}

/// They come in this order, for so long.
pub(crate) fn horde(kinds: Vec<Kind>, millis: u64) -> Attack {
    Attack::Horde(Horde { kinds, millis, fills_history: false })
}

fn slowloris(scale: &Scale) -> Vec<Trial> {
    let (nameless, named) = scale.of((4500, 500), (100, 50));
    let slow = |name, count, fate| Kind {
        say: vec![Say::Endless],
        pace: Pace::ByteAMinute,
        fate,
        ..Kind::new(name, count)
    };
    let kinds = vec![slow(None, nameless, Fate::Expire), slow(Some("l"), named, Fate::Stay)];
    let growth_max = GROWTH + (nameless + named) as u64 * GROWTH_PER_CONNECTION;
    let name = format!("slowloris: {nameless} without and {named} with a nickname");
    vec![Trial { growth_max, ..scale.trial(name, vec![horde(kinds, scale.of(75_000, 1000))]) }]
}

fn slow_readers(scale: &Scale) -> Vec<Trial> {
    let readers = scale.of(200, 30);
    let trial = |words: &str, reading, fate, millis: u64| {
        // In the short mode nobody falls far enough behind.
        let fate = scale.of(fate, Fate::Told);
        let slow = Kind { receive_bytes: 2 << 10, reading, fate, ..Kind::new("t", readers) };
        let talkers =
            Kind { addresses: 10, say: vec![Say::Lines(4000)], ..Kind::new("talker", 10) };
        let attack = horde(vec![Kind::mirror(), slow, talkers], scale.of(millis, 200));
        let growth_max = GROWTH + readers as u64 * GROWTH_PER_CONNECTION;
        let name = format!("{readers} who read {words}, 10 talk");
        Trial { growth_max, ..scale.trial(name, vec![attack]) }
    };
    vec![
        trial("nothing", Reading::Nothing, Fate::Dropped, 30_000),
        trial("just enough", Reading::Behind(850 << 10), Fate::Told, 60_000),
        trial("1 byte/s", Reading::Trickle(1), Fate::Dropped, 30_000),
    ]
}

/// They do this without a pause, reading and not, with chatd's own rate and without one.
fn pumps(scale: &Scale, manners: &[(&str, Say, usize)]) -> Vec<Trial> {
    let mut trials = Vec::new();
    for &(words, say, count) in manners {
        let count = scale.of(count, count.div_ceil(10));
        // Where nothing comes back it does not matter.
        let is_read_or_not = if say.is_answered() { &[true, false][..] } else { &[true] };
        for &reads in is_read_or_not {
            for options in [&[], NO_RATE] {
                let reading = if reads { Reading::All } else { Reading::Nothing };
                let kind = Kind { say: vec![say], reading, ..Kind::new("a", count) };
                let (millis, fills_history) = (scale.of(5000, 150), matches!(say, Say::History));
                let attack = Attack::Horde(Horde { kinds: vec![kind], millis, fills_history });
                let name = format!("{count} {words}{}", if reads { "" } else { ", not reading" });
                let each = if say.is_answered() { GROWTH_PER_ANSWERED } else { GROWTH_PER_TALKER };
                let growth_max = GROWTH + count as u64 * each;
                trials.push(Trial { options, growth_max, ..scale.trial(name, vec![attack]) });
            }
        }
    }
    trials
}

fn storm(scale: &Scale, words: &str, say: Say) -> Vec<Trial> {
    let members = scale.of(1000, 100);
    let mut trials = pumps(scale, &[(words, say, 100)]);
    for trial in &mut trials {
        trial.name = format!("{}, {members} in the room", trial.name);
        (trial.members, trial.every) = (members, Duration::from_millis(50));
    }
    trials
}

fn address(scale: &Scale) -> Vec<Trial> {
    let count = scale.of(5000, 100);
    let full = scale.of(&["--max-clients", "1000"], &["--max-clients", "60"]);
    let limited = scale.of(&["--max-per-ip", "100"], &["--max-per-ip", "30"]);
    let trial = |words: &str, options, name: Option<&'static str>, fate| {
        let attack = horde(vec![Kind { fate, ..Kind::new(name, count) }], scale.of(5000, 300));
        let growth_max = GROWTH + count as u64 * GROWTH_PER_CONNECTION;
        let name = format!("{count} from one address{words}");
        Trial { options, growth_max, ..scale.trial(name, vec![attack]) }
    };
    vec![
        trial(", limited", limited, None, Fate::Admitted(scale.of(100, 30))),
        trial(", room full", full, None, Fate::Any),
        trial("", &[], Some("h"), Fate::Admitted(count)),
        trial(", nameless", &[], None, Fate::Admitted(count)),
    ]
}
