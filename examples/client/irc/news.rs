//! What lines of the server tell.

use chatd::clock::Timestamp;

/// What a line of the server tells.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// The nickname is accepted.
    Welcome {
        motd: Vec<String>,
    },
    NickRefused {
        why: String,
    },
    Renamed {
        from: String,
        to: String,
    },
    /// This client is in a room now.
    Entered {
        room: String,
    },
    /// This client is not in a room any more; the line says why.
    Out {
        room: String,
        why: String,
        is_kick: bool,
    },
    /// All who are in a room.
    Members {
        room: String,
        names: Vec<String>,
    },
    /// Something happened in a room, as the text protocol tells it: also who came and went.
    Happened {
        room: String,
        line: String,
        at: Option<Timestamp>,
    },
    /// Somebody left, all rooms at once.
    Quit {
        nick: String,
        line: String,
        at: Option<Timestamp>,
    },
    Topic {
        room: String,
        topic: String,
        line: String,
    },
    /// Somebody is away for this reason, or back.
    Away {
        nick: String,
        reason: Option<String>,
    },
    Said(Said),
    /// What carried this label was refused.
    Undelivered {
        label: u32,
        why: String,
    },
    /// The part of the past that was asked for is told: so many messages.
    Past {
        room: String,
        count: usize,
    },
    /// There is no such part.
    NoPast {
        room: String,
        is_forgotten: bool,
    },
    /// Anything else the server says, and which room or person it is about.
    Told {
        about: Option<String>,
        text: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Say,
    Act,
    /// From a program, usually.
    Note,
}

/// Something that somebody said, this client included.
#[derive(Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub(crate) struct Said {
    pub(crate) by: String,
    /// The room, or the other one of a private talk.
    pub(crate) with: String,
    pub(crate) kind: Kind,
    pub(crate) text: String,
    pub(crate) is_mine: bool,
    pub(crate) is_private: bool,
    pub(crate) is_past: bool,
    /// It goes on with the line before.
    pub(crate) continues: bool,
    pub(crate) at: Option<Timestamp>,
    pub(crate) id: Option<String>,
    /// With which label this client said it.
    pub(crate) label: Option<u32>,
}

impl Said {
    pub(crate) fn line(&self) -> String {
        spoken(self.kind, &self.by, &self.text)
    }
}

/// What somebody says, as the text protocol has it.
pub(crate) fn spoken(kind: Kind, by: &str, text: &str) -> String {
    match kind {
        Kind::Say => format!("{by}: {text}"),
        Kind::Act => format!("* {by} {text}"),
        Kind::Note => format!("-{by}- {text}"),
    }
}
