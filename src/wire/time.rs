//! How long something was, or will be, in words.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// `3 minutes`: as much as there was of the largest unit.
pub(super) struct Ago(pub(super) Duration);

impl Display for Ago {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        units(self.0, 1, f)
    }
}

/// `1 minute 30 seconds`: nothing is left out of what people set.
pub(super) struct Lasting(pub(super) Duration);

impl Display for Lasting {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        units(self.0, usize::MAX, f)
    }
}

/// For how long something counts in a room.
pub(super) struct For(pub(super) Option<Duration>);

impl Display for For {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(time) => Lasting(up_to_seconds(time)).fmt(f),
            None => f.write_str("as long as the room exists"),
        }
    }
}

fn units(time: Duration, units_max: usize, f: &mut Formatter<'_>) -> fmt::Result {
    let mut seconds = time.as_secs();
    let mut written = 0;
    for (size, unit) in [(86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")] {
        let count = seconds / size;
        let is_all = size == 1 && written == 0;
        if written < units_max && (count > 0 || is_all) {
            let (space, s) =
                (if written > 0 { " " } else { "" }, if count == 1 { "" } else { "s" });
            write!(f, "{space}{count} {unit}{s}")?;
            written += 1;
        }
        seconds %= size;
    }
    Ok(())
}

/// What somebody has to wait, in whole seconds: no less than that.
pub(super) fn up_to_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs() + u64::from(time.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_ago() {
        for (seconds, ago) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (3599, "59 minutes"),
        ] {
            assert_eq!(Ago(Duration::from_secs(seconds)).to_string(), ago);
        }
        for (hours, ago) in [(1, "1 hour"), (23, "23 hours"), (24, "1 day"), (49, "2 days")] {
            assert_eq!(Ago(Duration::from_secs(hours * 3600)).to_string(), ago);
        }
    }

    #[test]
    fn how_long_something_lasts_is_told_whole() {
        for (seconds, lasts) in [
            (0, "0 seconds"),
            (90, "1 minute 30 seconds"),
            (3600, "1 hour"),
            (90_061, "1 day 1 hour 1 minute 1 second"),
        ] {
            assert_eq!(Lasting(Duration::from_secs(seconds)).to_string(), lasts);
        }
        let wait = up_to_seconds(Duration::from_millis(9001));
        assert_eq!((Lasting(wait).to_string(), up_to_seconds(wait)), ("10 seconds".into(), wait));
    }
}
