//! How many connections each address has, where that is limited.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

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

/// A count for each address that has connections; empty without a limit.
#[derive(Debug)]
pub(super) struct Addresses {
    max: Option<usize>,
    counts: HashMap<Address, Count>,
}

#[derive(Debug, Default)]
struct Count {
    connections: usize,
    /// Somebody was turned away, which the log has said.
    is_noted: bool,
}

/// What a newcomer from an address meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// There is room.
    Free,
    /// There is none, for the first time since its last connection left, or its first came.
    FirstFull,
    /// There is none.
    Full,
}

impl Addresses {
    pub(super) fn new(max: Option<usize>) -> Self {
        Self { max, counts: HashMap::new() }
    }

    /// Whether one more connection from an address is within the limit.
    pub(super) fn admission(&mut self, ip: IpAddr) -> Admission {
        let Some(max) = self.max else { return Admission::Free };
        match self.counts.get_mut(&ip.into()) {
            Some(count) if count.connections >= max => {
                let was_noted = std::mem::replace(&mut count.is_noted, true);
                if was_noted { Admission::Full } else { Admission::FirstFull }
            }
            Some(_) | None => Admission::Free,
        }
    }

    pub(super) fn enter(&mut self, ip: IpAddr) {
        if self.max.is_some() {
            self.counts.entry(ip.into()).or_default().connections += 1;
        }
    }

    /// Counts one connection less, which has entered before.
    pub(super) fn leave(&mut self, ip: IpAddr) {
        if self.max.is_some()
            && let Entry::Occupied(mut entry) = self.counts.entry(ip.into())
        {
            entry.get_mut().connections -= 1;
            if entry.get().connections == 0 {
                entry.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_counts_once_however_it_is_written_and_leaves_nothing_behind() {
        let [plain, mapped, other] =
            ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1"].map(|it| it.parse().unwrap());
        let mut addresses = Addresses::new(Some(2));
        addresses.enter(plain);
        assert_eq!(addresses.admission(mapped), Admission::Free);
        addresses.enter(mapped);
        assert_eq!(addresses.admission(plain), Admission::FirstFull);
        assert_eq!(addresses.admission(mapped), Admission::Full);
        assert_eq!(addresses.admission(other), Admission::Free);
        addresses.leave(plain);
        assert_eq!(addresses.admission(mapped), Admission::Free);
        addresses.leave(mapped);
        assert!(addresses.counts.is_empty());
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        let address = |ip: &str| Address::from(ip.parse::<IpAddr>().unwrap());
        assert_eq!(address("2001:db8:1:2::1"), address("2001:db8:1:2:ffff::9"));
        assert_ne!(address("2001:db8:1:2::1"), address("2001:db8:1:3::1"));
        assert_eq!(address("2001:db8:1:2:3::1").to_string(), "2001:db8:1:2::/64");
        assert_eq!(address("::ffff:192.0.2.1").to_string(), "192.0.2.1");
    }

    #[test]
    fn without_a_limit_nothing_is_kept() {
        let address = "192.0.2.1".parse().unwrap();
        let mut addresses = Addresses::new(None);
        for _ in 0..3 {
            assert_eq!(addresses.admission(address), Admission::Free);
            addresses.enter(address);
        }
        assert!(addresses.counts.is_empty());
        addresses.leave(address);
    }
}
