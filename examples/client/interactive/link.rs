//! Where the conversation with the server stands, and when to take it up again.

use std::time::{Duration, Instant};

use crate::client::irc::Session;

/// The longest wait between two attempts, in seconds.
const RETRY_SECONDS_MAX: u64 = 30;

/// See the module's documentation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Link {
    Connecting,
    /// Connected, without an accepted nickname.
    Unnamed,
    /// In the room.
    Named,
    Lost {
        why: String,
        /// `None`: only when the user says so.
        retry_at: Option<Instant>,
        /// When the countdown shows another number.
        tick_at: Option<Instant>,
    },
}

impl Link {
    pub(crate) fn lost(why: String, retry_at: Option<Instant>) -> Self {
        Self::Lost { why, retry_at, tick_at: retry_at }
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Unnamed | Self::Named)
    }

    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, Self::Lost { .. })
    }

    /// Why there is no connection.
    pub(crate) fn why(&self) -> Option<&str> {
        let Self::Lost { why, .. } = self else { return None };
        Some(why)
    }

    /// Whether it is time to connect again.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        matches!(self, Self::Lost { retry_at: Some(at), .. } if *at <= now)
    }

    /// When the countdown has to be shown anew, or is over.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let Self::Lost { tick_at, .. } = self else { return None };
        *tick_at
    }

    /// Whether it is connected, and what can be done about it. The countdown goes on from what is
    /// shown now.
    pub(crate) fn status(&mut self, server: &str, now: Instant) -> String {
        match self {
            Self::Connecting => format!("connecting to {server} …"),
            Self::Unnamed | Self::Named => "connected".to_owned(),
            Self::Lost { retry_at: None, .. } => "offline, Enter connects again".to_owned(),
            Self::Lost { retry_at: Some(at), tick_at, .. } => {
                let left = at.saturating_duration_since(now);
                let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
                *tick_at = at.checked_sub(Duration::from_secs(seconds.saturating_sub(1)));
                format!("offline, next try in {seconds} s, Enter: now")
            }
        }
    }
}

/// What is spoken with the server.
#[derive(Debug)]
pub(crate) enum Speech {
    /// It was asked whether it knows IRC, and has not answered.
    Unknown,
    Text,
    Irc(Box<Session>),
}

/// Where this client talks, in text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where everybody begins. What that room is called only the server knows.
    Home,
    Room(String),
    Nowhere,
}

/// How far it is with leaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    No,
    /// The server is told when all lines that wait are sent.
    WhenSent,
    /// The server is expected to hang up, having taken all that was typed.
    Told,
}

/// How far this client ever came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reached {
    /// It may have been told a wrong address, so it tries no more than once.
    Nothing,
    Server,
    /// A lost connection of its own may still be there, with its nickname.
    Room,
}

/// So many attempts take two minutes. By then a server knows that the lost connection is gone, and
/// has given its nickname back.
const ATTEMPTS_EARLY: u32 = 8;

/// How often it was tried in vain: 1, 2, 4 … 30 seconds lie between the attempts.
#[derive(Debug, Default)]
pub(crate) struct Retry {
    attempts: u32,
}

impl Retry {
    /// Whether the lost connection may still have the nickname.
    pub(crate) fn is_early(&self) -> bool {
        self.attempts < ATTEMPTS_EARLY
    }

    /// How long to wait before the next attempt.
    pub(crate) fn next_delay(&mut self) -> Duration {
        let seconds = 1_u64.checked_shl(self.attempts).unwrap_or(RETRY_SECONDS_MAX);
        self.attempts += 1;
        Duration::from_secs(seconds.min(RETRY_SECONDS_MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_doubles_up_to_its_limit() {
        let mut retry = Retry::default();
        let delays: Vec<u64> = (0..80).map(|_| retry.next_delay().as_secs()).collect();
        assert_eq!(delays[..7], [1, 2, 4, 8, 16, 30, 30]);
        assert!(delays[7..].iter().all(|&delay| delay == 30));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any instant will do to count from")]
    fn the_countdown_ticks_once_a_second() {
        let start = Instant::now();
        let mut link = Link::lost("gone".to_owned(), Some(start + Duration::from_secs(2)));
        let mut shown = Vec::new();
        let mut now = start;
        while !link.is_due(now) {
            shown.push(link.status("host", now));
            now = link.deadline().expect("a countdown");
        }
        assert_eq!(
            shown,
            ["offline, next try in 2 s, Enter: now", "offline, next try in 1 s, Enter: now"]
        );
        assert_eq!(now, start + Duration::from_secs(2));
    }
}
