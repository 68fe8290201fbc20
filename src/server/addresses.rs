//! How many connections each address has, where that is limited.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;

/// A count for each address that has connections; empty without a limit.
///
/// An IPv4 address is one and the same however it comes: as itself, or mapped into IPv6 (RFC 4291,
/// section 2.5.5.2).
#[derive(Debug)]
pub(super) struct Addresses {
    max: Option<usize>,
    counts: HashMap<IpAddr, Count>,
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

    /// Whether one more connection from `address` is within the limit.
    pub(super) fn admission(&mut self, address: IpAddr) -> Admission {
        let Some(max) = self.max else { return Admission::Free };
        match self.counts.get_mut(&address.to_canonical()) {
            Some(count) if count.connections >= max => {
                let was_noted = std::mem::replace(&mut count.is_noted, true);
                if was_noted { Admission::Full } else { Admission::FirstFull }
            }
            Some(_) | None => Admission::Free,
        }
    }

    pub(super) fn enter(&mut self, address: IpAddr) {
        if self.max.is_some() {
            self.counts.entry(address.to_canonical()).or_default().connections += 1;
        }
    }

    /// Counts one connection less, which has entered before.
    pub(super) fn leave(&mut self, address: IpAddr) {
        if self.max.is_some()
            && let Entry::Occupied(mut entry) = self.counts.entry(address.to_canonical())
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
