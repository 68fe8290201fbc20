//! What connections of one address have in common: their number, and their debts.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::time::Instant;

use super::inbound::Meter;
use crate::chat::session::Cloak;
use crate::log_once::LogOnce;
use crate::pace::Pace;

/// Addresses that are remembered at least, before it is looked whether anything is left to know of
/// them.
const ADDRESSES_MIN: usize = 1024;

/// While more addresses than this are known, the debts of those without a connection are forgotten.
const ADDRESSES_MAX: usize = 64 * 1024;

/// How many different debts an address may have.
const DEBTS_MAX: usize = 32;

/// The bits of an IPv6 address that its network gives out; one machine may use all the others (RFC
/// 4291, section 2.5.1).
const IPV6_NETWORK_BITS: u32 = 64;

/// Where peers come from, as far as they are counted by it: an IPv4 address, or an IPv6 network of
/// 64 bits, which is the least that one machine is given.
///
/// An IPv4 address is one and the same however it comes: as itself, or mapped into IPv6 (RFC 4291,
/// section 2.5.5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Address(IpAddr);

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        Self(match ip.to_canonical() {
            IpAddr::V6(ip) => {
                let host_bits = u128::BITS - IPV6_NETWORK_BITS;
                Ipv6Addr::from_bits(ip.to_bits() >> host_bits << host_bits).into()
            }
            ip @ IpAddr::V4(_) => ip,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(ip) => ip.fmt(f),
            IpAddr::V6(ip) => write!(f, "{ip}/{IPV6_NETWORK_BITS}"),
        }
    }
}

/// Makes cloaks, with a key of its own: so they are others after each start, and nobody can find out
/// the address behind one by trying all.
#[derive(Debug, Default)]
pub(super) struct Cloaks {
    key: RandomState,
}

impl Cloaks {
    /// The cloak of whoever comes from there.
    pub(super) fn of(&self, ip: IpAddr) -> Cloak {
        let ip = ip.to_canonical();
        if ip.is_loopback() {
            return Cloak::Local;
        }
        let network = match ip {
            IpAddr::V4(ip) => (4, u128::from(ip.to_bits() >> 8)),
            IpAddr::V6(ip) => (6, ip.to_bits() >> 80),
        };
        let [high, low, ..] = self.key.hash_one(network).to_be_bytes();
        let network = u32::from_be_bytes([0, 0, high, low]);
        Cloak::Hashed { address: self.key.hash_one(Address::from(ip)), network }
    }
}

/// What is known of each address: how many connections it has, and what those that are over or
/// about to be have said faster than the [rate](crate::limits::Limits::rate).
///
/// Every connection has an allowance of its own, but to come again does not renew it:
///
/// - A connection that leaves before its allowance is whole again leaves its debt here, and the
///   first one of its address that begins to talk after that takes it over. So whoever comes and
///   goes says no more than whoever stays.
/// - A connection whose stream has ended, and which has more to say than it may, is as good as gone:
///   its debt is left here at once. Those of one address share one allowance for what they have
///   left, and stand in line for it: else it would be renewed by ending the stream early.
///
/// Connections that stay share nothing.
#[derive(Debug)]
pub(super) struct Addresses {
    max: Option<usize>,
    known: HashMap<Address, Known>,
    /// With so many addresses, those of which nothing is left to know are forgotten.
    forget_at: usize,
}

#[derive(Debug, Default)]
struct Known {
    connections: usize,
    /// Somebody was turned away.
    full_log: LogOnce,
    /// Of those who have left.
    debts: Debts,
    /// Of those whose streams have ended and who have more to say.
    ended: Pace,
    /// Their keys, in the order of their turns.
    line: VecDeque<usize>,
}

/// What a newcomer from an address meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// One more is within the limit.
    Free,
    /// One more is over it, for the first time since its last connection left, or its first came.
    FirstFull,
    /// One more is over it.
    Full,
}

impl Addresses {
    pub(super) fn new(max: Option<usize>) -> Self {
        Self { max, known: HashMap::new(), forget_at: ADDRESSES_MIN }
    }

    /// Whether one more connection from an address is within the limit.
    pub(super) fn admission(&mut self, ip: IpAddr) -> Admission {
        let Some(max) = self.max else { return Admission::Free };
        match self.known.get_mut(&ip.into()) {
            Some(known) if known.connections >= max => {
                if known.full_log.is_first() {
                    Admission::FirstFull
                } else {
                    Admission::Full
                }
            }
            Some(_) | None => Admission::Free,
        }
    }

    /// Counts one connection more.
    pub(super) fn enter(&mut self, ip: IpAddr, now: Instant) {
        if self.known.len() >= self.forget_at {
            self.known.retain(|_, known| !known.is_over(now));
            self.forget_at = ADDRESSES_MIN.max(2 * self.known.len());
        }
        self.known.entry(ip.into()).or_default().connections += 1;
    }

    /// Counts one connection less, which has entered before.
    pub(super) fn leave(&mut self, ip: IpAddr, now: Instant) {
        let is_crowded = self.known.len() > ADDRESSES_MAX;
        if let Entry::Occupied(mut entry) = self.known.entry(ip.into()) {
            let known = entry.get_mut();
            known.connections -= 1;
            if known.connections == 0 {
                known.full_log.forget();
                if is_crowded || known.is_over(now) {
                    entry.remove();
                }
            }
        }
    }

    /// # Panics
    ///
    /// If there are not so many connections.
    #[cfg(debug_assertions)]
    pub(super) fn check(&self, connections: usize) {
        let counted: usize = self.known.values().map(|known| known.connections).sum();
        assert_eq!(counted, connections, "each connection is counted at its address");
    }

    /// Keeps what somebody owes who is leaving.
    pub(super) fn owe(&mut self, ip: IpAddr, meter: &Meter, now: Instant) {
        if !meter.is_in_line
            && let Some(known) = self.known.get_mut(&ip.into())
        {
            known.debts.add(meter.pace, now);
        }
    }

    /// Makes somebody begin with what another of its address still owes, or go on with the
    /// allowance that it shares.
    pub(super) fn begin_turn(&mut self, ip: IpAddr, meter: &mut Meter, now: Instant) {
        if !(meter.pace.is_unused() || meter.is_in_line) {
            return;
        }
        if let Some(known) = self.known.get_mut(&ip.into()) {
            meter.pace = if meter.is_in_line { known.ended } else { known.debts.take_largest(now) };
        }
    }

    /// Notes what somebody owes who shares its allowance.
    pub(super) fn end_turn(&mut self, ip: IpAddr, meter: &Meter) {
        if meter.is_in_line
            && let Some(known) = self.known.get_mut(&ip.into())
        {
            known.ended = meter.pace;
        }
    }

    /// Puts somebody whose stream has ended, and who has to wait, last in line.
    pub(super) fn line_up(&mut self, ip: IpAddr, key: usize, meter: &mut Meter, now: Instant) {
        let Some(known) = self.known.get_mut(&ip.into()) else { return };
        if !meter.is_in_line {
            meter.is_in_line = true;
            known.debts.add(meter.pace, now);
            known.ended = known.ended.max(meter.pace);
        }
        known.line.push_back(key);
    }

    /// Takes a connection out of its line, where it mostly is the first.
    pub(super) fn leave_line(&mut self, key: usize, ip: IpAddr) {
        let Some(known) = self.known.get_mut(&ip.into()) else { return };
        if known.line.front() == Some(&key) {
            known.line.pop_front();
        } else {
            known.line.retain(|&other| other != key);
        }
    }

    /// Who is the first in line, and the allowance that it has.
    pub(super) fn first_in_line(&self, ip: IpAddr) -> Option<(usize, Pace)> {
        let known = self.known.get(&ip.into())?;
        Some((*known.line.front()?, known.ended))
    }
}

impl Known {
    fn is_over(&self, now: Instant) -> bool {
        self.connections == 0 && self.ended.is_idle(now) && self.debts.is_paid(now)
    }
}

/// What those who have left an address owe, the largest last. Of many it keeps fewer: then the
/// smallest ones count for as much as the next larger one.
#[derive(Debug, Default)]
struct Debts(Vec<(Pace, usize)>);

impl Debts {
    fn add(&mut self, debt: Pace, now: Instant) {
        if debt.is_idle(now) {
            return;
        }
        self.0.retain(|(debt, _)| !debt.is_idle(now));
        let place = self.0.partition_point(|&(other, _)| other < debt);
        self.0.insert(place, (debt, 1));
        if self.0.len() > DEBTS_MAX {
            let (_, count) = self.0.remove(0);
            self.0[0].1 += count;
        }
    }

    fn take_largest(&mut self, now: Instant) -> Pace {
        let Some((debt, count)) = self.0.last_mut() else { return Pace::default() };
        let debt = *debt;
        *count -= 1;
        if *count == 0 {
            self.0.pop();
        }
        if debt.is_idle(now) { Pace::default() } else { debt }
    }

    fn is_paid(&self, now: Instant) -> bool {
        self.0.last().is_none_or(|(debt, _)| debt.is_idle(now))
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test starts its clock somewhere")]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::pace::Rate;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// The debt of somebody who has said so many lines just now.
    fn debt(lines: u32, now: Instant) -> Pace {
        let mut pace = Pace::default();
        pace.spend(Rate::new(10, 100), lines, now);
        pace
    }

    /// Somebody who has said so many lines just now.
    fn meter(lines: u32, now: Instant) -> Meter {
        let pace = if lines == 0 { Pace::default() } else { debt(lines, now) };
        Meter { pace, ..Meter::default() }
    }

    /// What a newcomer from an address begins with.
    fn inherited(addresses: &mut Addresses, from: &str, now: Instant) -> Pace {
        let mut newcomer = meter(0, now);
        addresses.enter(ip(from), now);
        addresses.begin_turn(ip(from), &mut newcomer, now);
        newcomer.pace
    }

    #[test]
    fn an_address_counts_once_however_it_is_written_and_leaves_nothing_behind() {
        let now = Instant::now();
        let [plain, mapped, other] = ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1"].map(ip);
        let mut addresses = Addresses::new(Some(2));
        addresses.enter(plain, now);
        assert_eq!(addresses.admission(mapped), Admission::Free);
        addresses.enter(mapped, now);
        assert_eq!(addresses.admission(plain), Admission::FirstFull);
        assert_eq!(addresses.admission(mapped), Admission::Full);
        assert_eq!(addresses.admission(other), Admission::Free);
        addresses.leave(plain, now);
        assert_eq!(addresses.admission(mapped), Admission::Free);
        addresses.leave(mapped, now);
        assert!(addresses.known.is_empty());
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        let address = |text| Address::from(ip(text));
        assert_eq!(address("2001:db8:1:2::1"), address("2001:db8:1:2:ffff::9"));
        assert_ne!(address("2001:db8:1:2::1"), address("2001:db8:1:3::1"));
        assert_eq!(address("2001:db8:1:2:3::1").to_string(), "2001:db8:1:2::/64");
        assert_eq!(address("::ffff:192.0.2.1").to_string(), "192.0.2.1");
    }

    #[test]
    fn a_cloak_stands_for_an_address_and_shows_its_network() {
        let cloaks = Cloaks::default();
        let cloak = |text| cloaks.of(ip(text));
        let shown = |text| cloak(text).to_string();
        assert_eq!(cloak("127.0.0.1"), Cloak::Local);
        assert_eq!(cloak("::ffff:127.0.0.9"), Cloak::Local);
        assert_eq!(cloak("192.0.2.1"), cloak("::ffff:192.0.2.1"));
        assert_ne!(cloak("192.0.2.1"), cloak("192.0.2.2"));
        assert_eq!(shown("192.0.2.1")[13..], shown("192.0.2.2")[13..]);
        assert_eq!(cloak("2001:db8:1:2::1"), cloak("2001:db8:1:2::2"));
        assert_ne!(cloak("2001:db8:1:2::1"), cloak("2001:db8:1:3::1"));
        assert_eq!(shown("2001:db8:1:2::1")[13..], shown("2001:db8:1:3::1")[13..]);
        assert_ne!(cloak("192.0.2.1"), Cloaks::default().of(ip("192.0.2.1")));
        assert_eq!(shown("192.0.2.1").len(), 13 + 1 + 4 + 3);
    }

    #[test]
    fn each_debt_is_taken_over_once_the_largest_first_and_only_at_its_address() {
        let now = Instant::now();
        let mut addresses = Addresses::new(None);
        for lines in [30, 90, 60] {
            addresses.enter(ip("192.0.2.1"), now);
            addresses.owe(ip("192.0.2.1"), &meter(lines, now), now);
            addresses.leave(ip("192.0.2.1"), now);
        }
        assert_eq!(inherited(&mut addresses, "192.0.2.2", now), Pace::default());
        assert_eq!(inherited(&mut addresses, "192.0.2.1", now), debt(90, now));
        assert_eq!(inherited(&mut addresses, "192.0.2.1", now), debt(60, now));
        let later = now + Duration::from_secs(3);
        let paid = inherited(&mut addresses, "192.0.2.1", later);
        assert!(paid.is_idle(later), "it is paid: {paid:?}");
    }

    #[test]
    fn those_in_line_share_one_allowance_and_have_their_turns() {
        let now = Instant::now();
        let rate = Rate::new(10, 100);
        let mut addresses = Addresses::new(None);
        let [mut first, mut second] = [50, 20].map(|lines| meter(lines, now));
        let from = ip("192.0.2.1");
        for _ in 0..2 {
            addresses.enter(ip("192.0.2.1"), now);
        }
        addresses.line_up(from, 1, &mut first, now);
        addresses.line_up(from, 2, &mut second, now);
        assert_eq!(addresses.first_in_line(ip("192.0.2.1")), Some((1, debt(50, now))));
        addresses.leave_line(1, ip("192.0.2.1"));
        addresses.begin_turn(from, &mut first, now);
        first.pace.spend(rate, 1, now);
        addresses.end_turn(from, &first);
        addresses.line_up(from, 1, &mut first, now);
        assert_eq!(addresses.first_in_line(ip("192.0.2.1")), Some((2, debt(51, now))));
        addresses.leave_line(1, ip("192.0.2.1"));
        addresses.leave_line(2, ip("192.0.2.1"));
        assert_eq!(addresses.first_in_line(ip("192.0.2.1")), None);
        // Their own debts are left to those who come, once.
        addresses.owe(from, &first, now);
        assert_eq!(inherited(&mut addresses, "192.0.2.1", now), debt(50, now));
        assert_eq!(inherited(&mut addresses, "192.0.2.1", now), debt(20, now));
        assert_eq!(inherited(&mut addresses, "192.0.2.1", now), Pace::default());
    }

    #[test]
    fn more_debts_than_are_kept_count_for_no_less() {
        let now = Instant::now();
        let mut debts = Debts::default();
        for lines in 0..100 {
            debts.add(debt(lines, now), now);
        }
        assert_eq!(debts.0.len(), DEBTS_MAX);
        for lines in (1..100).rev() {
            assert!(debts.take_largest(now) >= debt(lines, now), "{lines}");
        }
        assert!(debts.is_paid(now));
    }

    #[test]
    fn addresses_are_forgotten_when_their_debts_are_paid_and_when_there_are_too_many() {
        let start = Instant::now();
        let mut addresses = Addresses::new(None);
        let come_and_go = |addresses: &mut Addresses, count: usize, now| {
            for number in 0..count {
                let number = u32::try_from(number).expect("a small number");
                let ip = IpAddr::from((0x0a00_0000 + number).to_be_bytes());
                addresses.enter(ip, now);
                addresses.owe(ip, &meter(10, now), now);
                addresses.leave(ip, now);
            }
        };
        come_and_go(&mut addresses, 2 * ADDRESSES_MAX, start);
        assert!(addresses.known.len() <= ADDRESSES_MAX + 1, "{}", addresses.known.len());
        come_and_go(&mut addresses, ADDRESSES_MAX, start + Duration::from_secs(2));
        come_and_go(&mut addresses, 1, start + Duration::from_secs(4));
        addresses.forget_at = 0;
        come_and_go(&mut addresses, 1, start + Duration::from_secs(4));
        assert_eq!(addresses.known.len(), 1);
    }
}
