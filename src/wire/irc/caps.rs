//! What a client and the server may agree on beyond plain IRC
//! ([capability negotiation](https://ircv3.net/specs/extensions/capability-negotiation)).

use std::ops::{BitOr, Sub};

/// A set of capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caps(u32);

impl Caps {
    /// None of them.
    pub const NONE: Self = Self(0);
    /// Whose account a message comes from: nobody has one.
    pub const ACCOUNT_TAG: Self = Self(1 << 0);
    /// Who goes away, and is back.
    pub const AWAY_NOTIFY: Self = Self(1 << 1);
    /// Lines that belong together.
    pub const BATCH: Self = Self(1 << 2);
    /// Whether capabilities come and go: here they do not.
    pub const CAP_NOTIFY: Self = Self(1 << 3);
    /// What was said before, on request.
    pub const CHATHISTORY: Self = Self(1 << 4);
    /// Messages that are taken back.
    pub const REDACTION: Self = Self(1 << 5);
    /// Who is in a room is not told unasked.
    pub const NO_IMPLICIT_NAMES: Self = Self(1 << 6);
    /// One's own messages.
    pub const ECHO_MESSAGE: Self = Self(1 << 7);
    /// With the account and the real name of whoever comes.
    pub const EXTENDED_JOIN: Self = Self(1 << 8);
    /// More about those who are watched.
    pub const EXTENDED_MONITOR: Self = Self(1 << 9);
    /// Who else is invited.
    pub const INVITE_NOTIFY: Self = Self(1 << 10);
    /// Answers carry the label of what they answer.
    pub const LABELED_RESPONSE: Self = Self(1 << 11);
    /// Tags of all kinds.
    pub const MESSAGE_TAGS: Self = Self(1 << 12);
    /// All ranks of a member, not only the highest.
    pub const MULTI_PREFIX: Self = Self(1 << 13);
    /// When something was said.
    pub const SERVER_TIME: Self = Self(1 << 14);
    /// Who changes the real name.
    pub const SETNAME: Self = Self(1 << 15);
    /// Failures in a form that programs read.
    pub const STANDARD_REPLIES: Self = Self(1 << 16);
    /// User and host of each member in a list of names.
    pub const USERHOST_IN_NAMES: Self = Self(1 << 17);

    /// All that are offered, by name.
    const ALL: [(&'static str, Self); 18] = [
        ("account-tag", Self::ACCOUNT_TAG),
        ("away-notify", Self::AWAY_NOTIFY),
        ("batch", Self::BATCH),
        ("cap-notify", Self::CAP_NOTIFY),
        ("draft/chathistory", Self::CHATHISTORY),
        ("draft/message-redaction", Self::REDACTION),
        ("echo-message", Self::ECHO_MESSAGE),
        ("extended-join", Self::EXTENDED_JOIN),
        ("extended-monitor", Self::EXTENDED_MONITOR),
        ("invite-notify", Self::INVITE_NOTIFY),
        ("labeled-response", Self::LABELED_RESPONSE),
        ("message-tags", Self::MESSAGE_TAGS),
        ("multi-prefix", Self::MULTI_PREFIX),
        ("no-implicit-names", Self::NO_IMPLICIT_NAMES),
        ("server-time", Self::SERVER_TIME),
        ("setname", Self::SETNAME),
        ("standard-replies", Self::STANDARD_REPLIES),
        ("userhost-in-names", Self::USERHOST_IN_NAMES),
    ];

    /// Whether all of these are among them.
    #[must_use]
    pub fn has(self, caps: Self) -> bool {
        self.0 & caps.0 == caps.0
    }

    /// Whether tags of any kind may be sent.
    #[must_use]
    pub fn has_tags(self) -> bool {
        self.0 & (Self::MESSAGE_TAGS | Self::SERVER_TIME).0 != 0
    }

    /// The names of all that are offered.
    pub fn offered() -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().map(|&(name, _)| name)
    }

    /// The names of these.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::ALL.iter().filter(move |&&(_, cap)| self.has(cap)).map(|&(name, _)| name)
    }

    /// What these are after the request for a list of names, those with `-` before them given up. `None`
    /// if one of them is unknown: then nothing changes.
    #[must_use]
    pub fn after(self, request: &str) -> Option<Self> {
        request.split(' ').filter(|name| !name.is_empty()).try_fold(self, |caps, name| {
            let wanted = name.strip_prefix('-').unwrap_or(name);
            let &(_, cap) = Self::ALL.iter().find(|&&(offered, _)| offered == wanted)?;
            Some(if wanted.len() < name.len() { caps - cap } else { caps | cap })
        })
    }
}

impl BitOr for Caps {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Sub for Caps {
    type Output = Self;

    /// Without these.
    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_granted_whole_or_not_at_all() {
        let caps = Caps::NONE.after("batch  server-time").unwrap();
        assert_eq!(caps, Caps::BATCH | Caps::SERVER_TIME);
        assert_eq!(caps.after("-batch echo-message"), Some(Caps::SERVER_TIME | Caps::ECHO_MESSAGE));
        assert_eq!(caps.after("batch sasl"), None);
        assert_eq!(caps.after(""), Some(caps));
        assert_eq!(caps.names().collect::<Vec<_>>(), ["batch", "server-time"]);
    }
}
