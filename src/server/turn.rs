//! One connection's turn to be received from: what it may do, and how it ended.

use super::connection::Disconnect;
use crate::clock::Now;

/// The moment of a turn, and the room's share in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) now: Now,
    /// At so much work (`Server::work`) the room has had its share.
    pub(super) work_end: u64,
    /// At so many bytes queued for many, members have to wait, also those who were none a moment
    /// ago.
    pub(super) said_end: u64,
    /// Before so much work the turn does not end.
    pub(super) turn_end: u64,
    /// Others wait: whoever is light has a short turn.
    pub(super) is_crowded: bool,
}

/// Memory that every connection uses in its turn, and none keeps.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) received: Box<[u8]>,
    pub(super) text: String,
}

impl Scratch {
    pub(super) fn new(bytes: usize) -> Self {
        Self { received: vec![0; bytes].into(), text: String::new() }
    }
}

/// How a connection's turn ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Turn {
    /// Nothing more to read.
    Drained,
    /// It has had its share; the next one's turn.
    Share,
    /// The room has had its share of this tick, or has to wait.
    Held,
    /// It is over its rate.
    Wait,
    /// It has to read before it is read.
    Clogged,
    /// It is shown the past, and goes on when it has read that.
    Shown,
    /// It has left.
    Left,
    /// Its stream has ended.
    Ended(Disconnect<'static>),
}
