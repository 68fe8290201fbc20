//! Whose coming and going the log tells one by one.
//!
//! A connection costs its peer next to nothing, and the log two lines. So each address has an
//! allowance, and all together have one; what is beyond is counted, and told in one line a minute.
//! Whether a connection is told is decided when it comes, so that the log has all of its lines or
//! none; only a later nickname may be counted all the same.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use log::info;

use super::addresses::Address;
use crate::limits::Limits;
use crate::pace::{Pace, Rate};

/// How often is told what was gathered.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// How often those are forgotten who have been quiet for long enough.
const FORGOTTEN_EVERY: Duration = Duration::from_secs(10);

/// So many addresses have an allowance of their own, and a line of their own. Those that come while
/// there are so many share one. That many lines at once the log takes ([`crate::logging`]).
const ADDRESSES_MAX: usize = 1024;

/// What is worth a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visit {
    /// A connection, or one that is turned away.
    Connection,
    /// Somebody who has a nickname takes another.
    Rename,
}

/// The allowances, and what is gathered.
#[derive(Debug)]
pub(super) struct Visits {
    rate: Option<Rate>,
    rate_together: Option<Rate>,
    visitors: HashMap<Address, Visitor>,
    others: Visitor,
    together: Pace,
    told_at: Option<Instant>,
    forgotten_at: Option<Instant>,
}

#[derive(Debug, Default)]
struct Visitor {
    pace: Pace,
    gathered: Gathered,
}

/// What the log has not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Gathered {
    connections: u64,
    renames: u64,
}

impl Visits {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            rate: limits.logged_per_address,
            rate_together: limits.logged_together,
            visitors: HashMap::new(),
            others: Visitor::default(),
            together: Pace::default(),
            told_at: None,
            forgotten_at: None,
        }
    }

    /// Whether the log tells of this one. If not, it is counted.
    pub(super) fn is_told(&mut self, ip: IpAddr, visit: Visit, now: Instant) -> bool {
        let (rate, rate_together) = (self.rate, self.rate_together);
        let together_is_free = self.together.wait_until(rate_together, now).is_none();
        let visitor = self.visitor(ip, now);
        if together_is_free && visitor.pace.wait_until(rate, now).is_none() {
            visitor.pace.spend(rate, 1, now);
            self.together.spend(rate_together, 1, now);
            return true;
        }
        self.gather(ip, visit, now);
        false
    }

    /// Counts what the log does not tell.
    pub(super) fn gather(&mut self, ip: IpAddr, visit: Visit, now: Instant) {
        self.told_at.get_or_insert(now + TOLD_EVERY);
        let Gathered { connections, renames } = &mut self.visitor(ip, now).gathered;
        match visit {
            Visit::Connection => *connections += 1,
            Visit::Rename => *renames += 1,
        }
    }

    /// When there is something to tell. To forget is not worth to be woken for.
    pub(super) fn due(&self) -> Option<Instant> {
        self.told_at
    }

    /// Tells and forgets, if it is time.
    pub(super) fn tick(&mut self, now: Instant) {
        if self.told_at.is_some_and(|at| at <= now) {
            self.tell();
        }
        if self.forgotten_at.is_some_and(|at| at <= now) {
            self.forget(now);
        }
    }

    /// Tells what is gathered: who came most often first.
    pub(super) fn tell(&mut self) {
        for line in self.take_lines() {
            info!("{line}");
        }
    }

    fn take_lines(&mut self) -> Vec<String> {
        self.told_at = None;
        let mut told: Vec<(Gathered, String)> = Vec::new();
        for (address, visitor) in &mut self.visitors {
            if let Some(gathered) = visitor.take() {
                told.push((gathered, address.to_string()));
            }
        }
        told.sort_unstable_by(|one, other| other.cmp(one));
        told.extend(self.others.take().map(|gathered| (gathered, "other addresses".to_owned())));
        told.iter().map(|(gathered, who)| format!("{who}: {gathered}; -v tells of each")).collect()
    }

    fn forget(&mut self, now: Instant) {
        self.visitors.retain(|_, visitor| {
            visitor.gathered != Gathered::default() || !visitor.pace.is_idle(now)
        });
        self.visitors.shrink_to_fit();
        self.forgotten_at = (!self.visitors.is_empty()).then(|| now + FORGOTTEN_EVERY);
    }

    fn visitor(&mut self, ip: IpAddr, now: Instant) -> &mut Visitor {
        let address = Address::from(ip);
        if self.visitors.len() >= ADDRESSES_MAX && !self.visitors.contains_key(&address) {
            return &mut self.others;
        }
        self.forgotten_at.get_or_insert(now + FORGOTTEN_EVERY);
        self.visitors.entry(address).or_default()
    }
}

impl Visitor {
    fn take(&mut self) -> Option<Gathered> {
        Some(std::mem::take(&mut self.gathered)).filter(|it| *it != Gathered::default())
    }
}

impl fmt::Display for Gathered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, renames } = *self;
        let mut separator = "";
        for (count, one, many) in
            [(connections, "connection", "connections"), (renames, "new nickname", "new nicknames")]
        {
            if count > 0 {
                let what = if count == 1 { one } else { many };
                write!(f, "{separator}{} more {what}", Grouped(count))?;
                separator = ", ";
            }
        }
        f.write_str(" in the last minute")
    }
}

/// A number with commas between thousands.
struct Grouped(u64);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1000 {
            return self.0.fmt(f);
        }
        write!(f, "{},{:03}", Grouped(self.0 / 1000), self.0 % 1000)
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test starts its clock somewhere")]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn visits(per_address: (u32, u32), together: (u32, u32)) -> Visits {
        Visits::new(&Limits {
            logged_per_address: Rate::new(per_address.0, per_address.1),
            logged_together: Rate::new(together.0, together.1),
            ..Limits::default()
        })
    }

    fn ip(number: u32) -> IpAddr {
        Ipv4Addr::from_bits(number).into()
    }

    /// How many of so many connections are told.
    fn told(visits: &mut Visits, ip: IpAddr, count: u32, now: Instant) -> u32 {
        (0..count).map(|_| u32::from(visits.is_told(ip, Visit::Connection, now))).sum()
    }

    #[test]
    fn a_few_are_told_and_the_others_in_one_line_a_minute() {
        let mut visits = visits((5, 20), (1000, 1000));
        let (start, one) = (Instant::now(), ip(1));
        assert_eq!(told(&mut visits, one, 19, start), 19);
        assert_eq!(visits.due(), None, "nothing is gathered");
        assert_eq!(told(&mut visits, one, 2, start), 1);
        assert_eq!(told(&mut visits, ip(2), 21, start), 20, "another address has its own");
        assert_eq!(visits.due(), Some(start + TOLD_EVERY));
        assert_eq!(told(&mut visits, one, 1000, start + SECOND), 5, "the sustained rate");
        assert!(!visits.is_told(one, Visit::Rename, start + SECOND));
        assert_eq!(
            visits.take_lines(),
            [
                "0.0.0.1: 996 more connections, 1 more new nickname in the last minute; -v tells of each",
                "0.0.0.2: 1 more connection in the last minute; -v tells of each",
            ]
        );
        assert_eq!((visits.take_lines(), visits.due()), (vec![], None));
    }

    #[test]
    fn nothing_is_kept_of_whoever_is_quiet() {
        let mut visits = visits((5, 20), (1000, 1000));
        let start = Instant::now();
        told(&mut visits, ip(1), 1, start);
        told(&mut visits, ip(2), 21, start);
        visits.tick(start + FORGOTTEN_EVERY);
        assert_eq!(visits.visitors.len(), 1, "what is gathered is not forgotten");
        visits.tick(start + TOLD_EVERY);
        assert_eq!((visits.visitors.capacity(), visits.due()), (0, None));
        told(&mut visits, ip(2), 1, start + TOLD_EVERY);
        visits.tick(start + TOLD_EVERY);
        assert_eq!(visits.visitors.len(), 1, "its allowance is not whole yet");
    }

    #[test]
    fn addresses_are_bounded_and_the_others_share_a_line() {
        let mut visits = visits((5, 2), (1_000_000, 1_000_000));
        let now = Instant::now();
        for number in 0..u32::try_from(ADDRESSES_MAX).unwrap() {
            assert_eq!(told(&mut visits, ip(number), 1, now), 1);
        }
        let network = |number: u128| Ipv6Addr::from_bits(number << 64).into();
        for number in 0..5000 {
            assert_eq!(told(&mut visits, network(number), 1, now), u32::from(number < 2));
        }
        assert_eq!(told(&mut visits, ip(7), 2, now), 1, "who is known keeps its own");
        assert_eq!(visits.visitors.len(), ADDRESSES_MAX);
        assert_eq!(
            visits.take_lines(),
            [
                "0.0.0.7: 1 more connection in the last minute; -v tells of each",
                "other addresses: 4,998 more connections in the last minute; -v tells of each"
            ]
        );
    }

    #[test]
    fn all_together_have_an_allowance_too() {
        let mut visits = visits((5, 20), (10, 30));
        let now = Instant::now();
        let told: u32 = (0..100).map(|number| told(&mut visits, ip(number), 1, now)).sum();
        assert_eq!((told, visits.take_lines().len()), (30, 70));
    }

    #[test]
    fn without_a_limit_all_are_told() {
        let mut visits = visits((0, 1), (0, 1));
        assert_eq!(told(&mut visits, ip(1), 5000, Instant::now()), 5000);
        assert_eq!(visits.due(), None);
    }

    #[test]
    fn numbers_are_easy_to_read() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_002_003, "1,002,003")] {
            assert_eq!(Grouped(number).to_string(), text);
        }
    }
}
