//! Where browsers come from.
//!
//! A browser opens connections for later, says nothing there, and takes whatever comes for the answer to what
//! it asks for then. So who is silent there is not greeted as a person.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Instant;

use super::addresses::Address;
use crate::limits::Limits;

/// So many addresses without a WebSocket are remembered. If there are more, that is forgotten where the
/// last request is over soonest.
const ADDRESSES_MAX: usize = 1024;

/// The addresses from where a browser came lately, or has the page open.
#[derive(Debug, Default)]
pub(super) struct Browsers {
    known: HashMap<Address, Browser>,
}

#[derive(Debug, Default)]
struct Browser {
    /// How many connections from there are of the page, or of another client in a WebSocket.
    websockets: usize,
    /// Until then more may come, after a request.
    until: Option<Instant>,
}

/// What a browser does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Browsing {
    /// It made a request.
    Requested,
    /// That opened a WebSocket.
    Opened,
    /// A WebSocket has ended.
    Ended,
}

impl Browsers {
    pub(super) fn note(&mut self, ip: IpAddr, what: Browsing, now: Instant, limits: &Limits) {
        let address = Address::from(ip);
        let browser = self.known.entry(address).or_default();
        match what {
            Browsing::Requested => browser.until = Some(now + limits.browses_for(ip)),
            Browsing::Opened => browser.websockets += 1,
            Browsing::Ended => browser.websockets -= 1,
        }
        if browser.is_over(now) {
            self.known.remove(&address);
        } else if self.known.len() > ADDRESSES_MAX {
            self.forget(now);
        }
    }

    /// Whether somebody who comes from there is more likely a browser than a person.
    pub(super) fn has(&self, ip: IpAddr, now: Instant) -> bool {
        self.known.get(&ip.into()).is_some_and(|browser| !browser.is_over(now))
    }

    /// How many connections are WebSocket connections.
    #[cfg(debug_assertions)]
    pub(super) fn websockets(&self) -> usize {
        self.known.values().map(|browser| browser.websockets).sum()
    }

    /// Forgets what is over; and if that is not enough, what is over next.
    fn forget(&mut self, now: Instant) {
        self.known.retain(|_, browser| !browser.is_over(now));
        let idle = || self.known.iter().filter(|(_, browser)| browser.websockets == 0);
        if idle().count() > ADDRESSES_MAX
            && let Some((&next, _)) = idle().min_by_key(|(_, browser)| browser.until)
        {
            self.known.remove(&next);
        }
    }
}

impl Browser {
    fn is_over(&self, now: Instant) -> bool {
        self.websockets == 0 && self.until.is_none_or(|until| until <= now)
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test starts its clock somewhere")]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;

    #[test]
    fn of_too_many_addresses_that_is_forgotten_which_asked_first() {
        let (mut browsers, limits, now) = (Browsers::default(), Limits::default(), Instant::now());
        let ip = |number: usize| -> IpAddr {
            Ipv4Addr::from_bits(u32::try_from(number).expect("a few")).into()
        };
        let at = |number: usize| now + Duration::from_millis(number as u64);
        browsers.note(ip(0), Browsing::Requested, now, &limits);
        browsers.note(ip(0), Browsing::Opened, now, &limits);
        for number in 1..ADDRESSES_MAX + 11 {
            browsers.note(ip(number), Browsing::Requested, at(number), &limits);
        }
        let end = at(ADDRESSES_MAX + 11);
        let known: Vec<bool> =
            (0..ADDRESSES_MAX + 11).map(|it| browsers.has(ip(it), end)).collect();
        assert!(known[0], "the page is open there");
        assert_eq!(known[1..].iter().position(|&is_known| is_known), Some(10));
        assert!(known[11..].iter().all(|&is_known| is_known));
        assert!(!browsers.has(ip(11), end + limits.browses_for));
        browsers.note(ip(0), Browsing::Ended, end + limits.browses_for, &limits);
        assert!(!browsers.has(ip(0), end + limits.browses_for));
    }
}
