//! The chat's only way out.

use super::answer::Answer;
use super::event::{Event, Farewell};
use super::room::{Member, RoomId};
use super::session::{Cloak, SessionId};

/// The chat's only way out. Nothing is sent here, only queued, in the order of the calls.
pub trait Outbound {
    /// Queues an event for all who are to hear it.
    fn deliver(&mut self, event: &Event<'_>, to: &Audience<'_>);

    /// Queues an answer for one session.
    fn answer(&mut self, answer: &Answer<'_>, to: SessionId);

    /// Ends a session, after what is queued for it. It leaves the chat a little later.
    fn expel(&mut self, who: SessionId, why: Farewell<'_>);

    /// `who` wants the nickname of `holder`, and cannot have it as long as that one is there.
    fn contest(&mut self, holder: SessionId, who: SessionId);

    /// Counts work that queues little or nothing, in bytes of talk that would take as long.
    fn toil(&mut self, bytes: u64);

    /// Whether so much waits for a session that others are to tell it nothing more privately.
    fn is_behind(&self, who: SessionId) -> bool;

    /// How many sessions have no nickname yet.
    fn nameless(&self) -> usize;

    /// Where a session comes from.
    fn cloak(&self, who: SessionId) -> Cloak;
}

/// Whom an event is for.
#[derive(Debug, Clone, Copy)]
pub struct Audience<'a> {
    /// The same for the same hearers.
    pub key: AudienceKey,
    /// Among whom the hearers are: see [`Audience::hearers`].
    pub members: &'a [Member],
}

/// Which audience. Two with the same key have the same hearers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AudienceKey {
    /// The room where it happens, or one of several.
    pub room: RoomId,
    /// Changes whenever other people are in it, or hear it otherwise.
    pub version: u64,
    /// Who caused the event, and is answered instead.
    pub speaker: Option<SessionId>,
}

/// Versions from here up are no room's: the hearers are those of several.
const OF_SEVERAL_ROOMS: u64 = 1 << 63;

impl AudienceKey {
    /// The key of all who are in one of several rooms, of which `room` is one. `number` tells it from
    /// others.
    #[must_use]
    pub fn of_several(room: RoomId, number: u64, speaker: Option<SessionId>) -> Self {
        Self { room, version: OF_SEVERAL_ROOMS | number, speaker }
    }

    /// Whether the hearers are all of one room.
    #[must_use]
    pub fn is_of_room(self) -> bool {
        self.version < OF_SEVERAL_ROOMS
    }
}

impl Audience<'_> {
    /// Who is to be told.
    pub fn hearers(&self) -> impl Iterator<Item = &Member> {
        let speaker = self.key.speaker;
        self.members.iter().filter(move |it| !it.is_deaf() && Some(it.session()) != speaker)
    }
}
