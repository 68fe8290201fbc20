//! IRC clients: what is kept of them beside the connection, and what they are told unasked.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::wire::irc::own::Own;
use crate::wire::irc::speaker::Speaker;
use crate::wire::irc::verbs::Verb;

/// A client that has sent nothing for so long is asked whether it is there: what stands between may have
/// forgotten the connection.
const PING_AFTER: Duration = Duration::from_secs(120);

/// It has so long to answer, or to send anything else.
const PONG_WITHIN: Duration = Duration::from_secs(60);

/// One whose nickname somebody else of its address wants is asked whether it is there if it was not heard for so
/// long …
const HEARD_WITHIN: Duration = Duration::from_secs(1);

/// … has so long to show that it is …
const SIGN_WITHIN: Duration = Duration::from_secs(5);

/// … and is asked so often at the most.
const PROBED_EVERY: Duration = Duration::from_secs(60);

/// One that is not read when it is to be put in the home room is looked at again after so long.
const UNREAD_FOR: Duration = Duration::from_secs(1);

/// An IRC client. Others have none, thus it stands apart from the connection.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) speaker: Speaker,
    heard_at: Instant,
    /// When it is to be looked at: later than that only if it was heard meanwhile.
    check_at: Instant,
    is_pinged: bool,
    probe: Probe,
    /// When it was last probed.
    probed_at: Option<Instant>,
    /// When it is put in the home room, unless it goes somewhere by itself.
    home_at: Option<Instant>,
}

/// Whether it is asked if it is there, because somebody of its address wants its nickname: that may be its own
/// user, whose connection was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Probe {
    None,
    /// It is to be asked, at that time if not at once.
    Wanted {
        from: Option<Instant>,
    },
    /// It is asked, and gets until then to show that it is there.
    Sent {
        by: Instant,
    },
}

/// All of them, by the keys of their connections.
pub(super) type Clients = HashMap<usize, Box<Client>>;

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    /// It is put in the home room.
    Home,
    /// It is asked whether it is there.
    Ping,
    /// The same, at once.
    Probe,
    /// It has shown by reading that it is there, and gets more time to answer.
    MoreTime,
    /// It is not.
    Silence,
}

impl Client {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            speaker: Speaker::default(),
            heard_at: now,
            check_at: now + PING_AFTER,
            is_pinged: false,
            probe: Probe::None,
            probed_at: None,
            home_at: None,
        }
    }

    /// It is registered: if it goes nowhere, it is put in the home room at that time.
    pub(super) fn is_in(&mut self, home_at: Option<Instant>) {
        self.home_at = home_at;
    }

    /// It is there.
    pub(super) fn hear(&mut self, now: Instant) {
        self.heard_at = now;
        self.is_pinged = false;
        self.probe = Probe::None;
    }

    /// Somebody of its address wants its nickname.
    pub(super) fn contest(&mut self) {
        if self.probe == Probe::None {
            self.probe = Probe::Wanted { from: None };
        }
    }

    /// It is not read for now, and may have sent anything.
    pub(super) fn put_off(&mut self, now: Instant) {
        (self.check_at, self.is_pinged) = (now + PING_AFTER, false);
        self.home_at = self.home_at.map(|at| at.max(now + UNREAD_FOR));
    }

    /// It sends something. Whoever says, sets or joins something is left where it is.
    pub(super) fn note(&mut self, own: &Own<'_>, now: Instant) {
        self.hear(now);
        if let Own::Begin { verb, line, .. } = own
            && acts(*verb, line)
        {
            self.home_at = None;
        }
    }

    /// When something may be due.
    pub(super) fn due_at(&self) -> Instant {
        let probe_at = match self.probe {
            Probe::None => None,
            // At once: any time that is over says so.
            Probe::Wanted { from } => Some(from.unwrap_or(self.heard_at)),
            Probe::Sent { by } => Some(by),
        };
        [self.home_at, probe_at].into_iter().flatten().fold(self.check_at, Instant::min)
    }

    /// What is due now. `is_known`: whether it would be known if it had shown that it is there, which it also
    /// does if it `has_taken` some of what waits for it.
    pub(super) fn due(&mut self, now: Instant, is_known: bool, has_taken: bool) -> Due {
        if self.home_at.is_some_and(|at| at <= now) {
            self.home_at = None;
            return Due::Home;
        }
        let probing = self.due_probe(now, is_known, has_taken);
        if probing != Due::Nothing {
            return probing;
        }
        if self.check_at > now {
            return Due::Nothing;
        }
        let silent = now.saturating_duration_since(self.heard_at);
        if self.is_pinged && silent >= PING_AFTER + PONG_WITHIN {
            return Due::Silence;
        }
        if silent < PING_AFTER {
            self.check_at = self.heard_at + PING_AFTER;
            return Due::Nothing;
        }
        self.check_at = now + PONG_WITHIN;
        self.is_pinged = true;
        Due::Ping
    }

    fn due_probe(&mut self, now: Instant, is_known: bool, has_taken: bool) -> Due {
        match self.probe {
            Probe::Wanted { .. } if self.probed_at.is_some_and(|at| at + PROBED_EVERY > now) => {
                self.probe = Probe::None;
                Due::Nothing
            }
            Probe::Wanted { .. } if self.heard_at + HEARD_WITHIN > now => {
                self.probe = Probe::Wanted { from: Some(self.heard_at + HEARD_WITHIN) };
                Due::Nothing
            }
            Probe::Wanted { from } if !is_known => {
                self.probe = Probe::Wanted { from: from.max(Some(now + UNREAD_FOR)) };
                Due::Nothing
            }
            Probe::Wanted { .. } => {
                self.probe = Probe::Sent { by: now + SIGN_WITHIN };
                self.probed_at = Some(now);
                Due::Probe
            }
            Probe::Sent { by } if by <= now && !is_known => {
                self.probe = Probe::Sent { by: now + UNREAD_FOR };
                Due::Nothing
            }
            Probe::Sent { by } if by <= now && has_taken => {
                self.probe = Probe::Sent { by: now + SIGN_WITHIN };
                Due::MoreTime
            }
            Probe::Sent { by } if by <= now => Due::Silence,
            Probe::None | Probe::Sent { .. } => Due::Nothing,
        }
    }
}

/// Whether a line shows that its client goes where it wants to. Some set a mode of their own before
/// anything else.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other verbs prepare or ask")]
fn acts(verb: Verb, line: &str) -> bool {
    match verb {
        Verb::Join
        | Verb::Privmsg
        | Verb::Notice
        | Verb::Tagmsg
        | Verb::Topic
        | Verb::Kick
        | Verb::Invite
        | Verb::Away
        | Verb::Setname => true,
        Verb::Mode => line.contains('#'),
        _ => false,
    }
}
