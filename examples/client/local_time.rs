//! The time of day where the user is.

use chatd::clock::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Where the user is, as far as clocks are concerned.
#[derive(Clone, Debug)]
pub(crate) struct Zone(TimeZone);

impl Zone {
    /// That of `TZ` in the environment, or else the system's; UTC if neither says.
    pub(crate) fn of_the_system() -> Self {
        Self(TimeZone::system())
    }

    /// `14:05`
    pub(crate) fn time(&self, at: Timestamp) -> String {
        let local = self.local(at);
        format!("{:02}:{:02}", local.hour(), local.minute())
    }

    /// `2026-11-24 14:05:09`
    pub(crate) fn date_and_time(&self, at: Timestamp) -> String {
        let local = self.local(at);
        format!("{} {:02}:{:02}:{:02}", local.date(), local.hour(), local.minute(), local.second())
    }

    fn local(&self, at: Timestamp) -> DateTime {
        let at = i64::try_from(at.0).ok().and_then(|at| jiff::Timestamp::from_microsecond(at).ok());
        // Nobody lives after the year 9999.
        self.0.to_datetime(at.unwrap_or(jiff::Timestamp::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_local() {
        let noon = Timestamp(1_764_072_309_000_000);
        let zone = |name: &str| Zone(TimeZone::posix(name).expect("a zone"));
        assert_eq!(zone("UTC0").date_and_time(noon), "2025-11-25 12:05:09");
        assert_eq!(zone("BRT3").time(noon), "09:05");
        assert_eq!(zone("IST-5:30").time(noon), "17:35");
        // Summer time begins on the last Sunday of March at 1:00 UTC.
        let berlin = zone("CET-1CEST,M3.5.0,M10.5.0/3");
        assert_eq!(berlin.time(Timestamp(1_774_745_999_000_000)), "01:59");
        assert_eq!(berlin.time(Timestamp(1_774_746_000_000_000)), "03:00");
        zone("UTC0").time(Timestamp(u64::MAX));
    }
}
