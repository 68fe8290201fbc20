//! What many are told: gathered while it is for the same hearers, then queued for each of them.

use crate::buffer::block::PAGES_FROM;
use crate::buffer::outbox::Outbox;
use crate::buffer::spool::{Pool, Span, Spool};
use crate::chat::event::Event;
use crate::chat::outbound::{Audience, AudienceKey};
use crate::chat::room::RoomId;
use crate::chat::session::SessionId;
use crate::wire::irc::Identity;
use crate::wire::{Format, Variant};

/// So many hearers or fewer get copies of what is said, as long as it is short. A shared segment
/// would be kept by a single one that does not read, and two people who talk need none.
const FEW: usize = 8;

/// What is said to one audience and not yet queued for it.
///
/// A speaker mostly says several lines in a turn, and all are for the same hearers. So the hearers
/// are looked up once, each line is written once for each variant, and in the end each hearer's
/// outbox is touched once.
#[derive(Debug, Default)]
pub(super) struct FanOut {
    /// Whom it is for, while there is something.
    key: Option<AudienceKey>,
    /// How many bytes are said, each event in its widest variant.
    bytes: u64,
    hearers: Vec<Hearer>,
    /// By [`Variant::index`].
    written: [Written; Variant::COUNT],
    /// Which of those there is a hearer for: there are many, and mostly one or two are used.
    used: Vec<usize>,
    spools: Spools,
}

#[derive(Debug, Clone, Copy)]
struct Hearer {
    session: SessionId,
    variant: usize,
}

/// What is said, in one variant.
#[derive(Debug, Default)]
struct Written {
    /// Which variant, if there is a hearer for it.
    variant: Option<Variant>,
    bytes: Vec<u8>,
}

/// What is queued for each hearer of a variant.
#[derive(Debug)]
pub(super) enum Parcel<'a> {
    Shared(Span),
    Copied(&'a [u8]),
}

impl FanOut {
    /// Whom that is for which is not yet queued.
    pub(super) fn key(&self) -> Option<AudienceKey> {
        self.key
    }

    /// How many bytes that is.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Begins to gather for an audience. `format` tells what a hearer speaks, if it is to hear that.
    pub(super) fn begin(
        &mut self,
        to: &Audience<'_>,
        mut format: impl FnMut(SessionId) -> Option<Format>,
    ) {
        debug_assert!(self.key.is_none(), "what was said before is queued first");
        (self.key, self.bytes) = (Some(to.key), 0);
        for member in to.hearers() {
            let session = member.session();
            let Some(format) = format(session) else { continue };
            let variant = format.variant(member.is_focused());
            let index = variant.index();
            if self.written[index].variant.replace(variant).is_none() {
                self.used.push(index);
            }
            self.hearers.push(Hearer { session, variant: index });
        }
    }

    /// Whom it is for.
    pub(super) fn hearers(&self) -> impl Iterator<Item = SessionId> + '_ {
        self.hearers.iter().map(|hearer| hearer.session)
    }

    /// Writes an event behind what is there. Returns how many bytes it has, where it has most.
    pub(super) fn write(&mut self, event: &Event<'_>, identity: &Identity) -> u64 {
        let mut bytes_max = 0;
        for &index in &self.used {
            let Written { variant, bytes } = &mut self.written[index];
            if let Some(variant) = variant {
                let before = bytes.len();
                variant.event(event, identity, bytes);
                bytes_max = bytes_max.max(bytes.len() - before);
            }
        }
        self.bytes += bytes_max as u64;
        bytes_max as u64
    }

    /// Gives each hearer what is for it; then nothing is left.
    pub(super) fn end(&mut self, mut give: impl FnMut(SessionId, &Parcel<'_>)) {
        let Some(key) = self.key.take() else { return };
        let are_few = self.hearers.len() <= FEW;
        let parcels = self.written.each_mut().map(|Written { variant, bytes }| {
            // A copy with pages of its own would cost more than the segment.
            let is_copied = are_few && bytes.len() < PAGES_FROM;
            match variant {
                None => None,
                // Some are told nothing of what others are.
                Some(_) if bytes.is_empty() => None,
                Some(_) if is_copied => Some(Parcel::Copied(bytes)),
                Some(variant) => {
                    Some(Parcel::Shared(self.spools.append(key.room, *variant, bytes)))
                }
            }
        });
        for hearer in self.hearers.drain(..) {
            if let Some(parcel) = &parcels[hearer.variant] {
                give(hearer.session, parcel);
            }
        }
        drop(parcels);
        for index in self.used.drain(..) {
            let Written { variant, bytes } = &mut self.written[index];
            *variant = None;
            bytes.clear();
        }
    }

    /// # Panics
    ///
    /// If it contradicts itself.
    #[cfg(debug_assertions)]
    pub(super) fn check(&self) {
        let is_empty = |written: &Written| written.variant.is_none() && written.bytes.is_empty();
        for (index, written) in self.written.iter().enumerate() {
            let is_used = self.hearers.iter().any(|hearer| hearer.variant == index);
            assert!(is_used || is_empty(written), "only what somebody hears is written");
            assert!(written.variant.is_none_or(|variant| variant.index() == index));
        }
        let variants = self.written.iter().filter(|written| written.variant.is_some()).count();
        assert_eq!(self.used.len(), variants, "what is used is known");
        assert!(self.key.is_some() || self.hearers.is_empty(), "nobody waits for nothing");
    }
}

impl Parcel<'_> {
    pub(super) fn put_into(&self, outbox: &mut Outbox) {
        match self {
            Self::Shared(span) => outbox.push(span),
            Self::Copied(bytes) => outbox.push_copy(bytes),
        }
    }
}

/// A spool for each room and variant, made when it is first needed.
///
/// If rooms shared one, what is said elsewhere would lie between the spans of a quiet room, and a
/// hearer's [cost](Outbox::cost) would count that too.
#[derive(Debug, Default)]
struct Spools {
    /// By [`RoomId::key`].
    rooms: Vec<RoomSpools>,
    pool: Pool,
}

#[derive(Debug, Default)]
struct RoomSpools {
    /// Whose they are: another room may have had the same key before.
    room: Option<RoomId>,
    spools: Vec<(Variant, Spool)>,
}

impl Spools {
    fn append(&mut self, room: RoomId, variant: Variant, bytes: &mut Vec<u8>) -> Span {
        if self.rooms.len() <= room.key() {
            self.rooms.resize_with(room.key() + 1, RoomSpools::default);
        }
        let of_room = &mut self.rooms[room.key()];
        if of_room.room != Some(room) {
            *of_room = RoomSpools { room: Some(room), spools: Vec::new() };
        }
        let spools = &mut of_room.spools;
        let place = spools.iter().position(|&(other, _)| other == variant);
        let place = place.unwrap_or_else(|| {
            // Some variants are used once, such as that of a peer whose lines end otherwise.
            spools.retain(|(_, spool)| !spool.is_empty());
            spools.push((variant, Spool::default()));
            spools.len() - 1
        });
        spools[place].1.append(bytes, &self.pool)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::chat::event::{Farewell, What};
    use crate::chat::history::History;
    use crate::chat::name::RoomName;
    use crate::chat::room::Room;
    use crate::chat::who::who;
    use crate::clock::Timestamp;
    use crate::wire::text::LineEnd;

    fn room(members: usize) -> Room {
        let id = RoomId::new(0, NonZeroU32::MIN);
        let name = RoomName::parse("lobby").expect("a name");
        let mut room = Room::new(id, name, History::new(0, 0), None, Timestamp(1));
        for key in 0..members {
            room.join(SessionId::new(key, 0), false);
            room.set_focused(SessionId::new(key, 0), true);
        }
        room
    }

    fn gone(fan_out: &mut FanOut, nick: &str) -> u64 {
        let (nick, reason, is_counted) = (&who(nick), Farewell::TooSlow, false);
        let event = Event { at: Timestamp(1), what: What::Left { nick, reason, is_counted } };
        fan_out.write(&event, &Identity::new("test", "lobby"))
    }

    /// Says two things in a room of so many, of whom the first speaks and the last ends lines as
    /// telnet does.
    fn outboxes(fan_out: &mut FanOut, members: usize) -> Vec<Outbox> {
        let room = room(members);
        let format = |id: SessionId| {
            Some(Format::Text(if id.key() == members - 1 { LineEnd::CrLf } else { LineEnd::Lf }))
        };
        fan_out.begin(&room.audience(Some(SessionId::new(0, 0))), format);
        let bytes = gone(fan_out, "ana") + gone(fan_out, "bruno");
        fan_out.check();
        let mut outboxes = Vec::new();
        outboxes.resize_with(members, Outbox::default);
        fan_out.end(|id, parcel| parcel.put_into(&mut outboxes[id.key()]));
        fan_out.check();
        assert_eq!(bytes, outboxes[members - 1].len() as u64, "what counts is the longest variant");
        outboxes
    }

    #[test]
    fn each_hearer_gets_all_in_its_own_variant_and_the_speaker_nothing() {
        for members in [2, 3, FEW + 1, FEW + 2, 100] {
            let mut outboxes = outboxes(&mut FanOut::default(), members);
            assert!(outboxes[0].is_empty(), "it is answered instead");
            for (key, outbox) in outboxes.iter_mut().enumerate().skip(1) {
                let end = if key == members - 1 { "\r\n" } else { "\n" };
                let lines = ["*** ana left (too slow)", "*** bruno left (too slow)", ""].join(end);
                let mut sent = Vec::new();
                outbox.flush(&mut sent).expect("a vector takes all");
                assert_eq!(String::from_utf8(sent).expect("text"), lines, "{members} members");
            }
        }
    }

    #[test]
    fn two_people_who_talk_need_no_segment_and_a_quiet_room_keeps_none() {
        let mut fan_out = FanOut::default();
        let pair = outboxes(&mut fan_out, 2);
        assert!(fan_out.spools.rooms.is_empty());
        assert_eq!(pair[1].own_cost(), 0, "what others hear too is no answer");
        let many = outboxes(&mut fan_out, 100);
        let is_quiet = |fan_out: &FanOut| {
            fan_out.spools.rooms.iter().all(|room| room.spools.iter().all(|it| it.1.is_empty()))
        };
        assert!(!is_quiet(&fan_out));
        drop(many);
        assert!(is_quiet(&fan_out), "all is sent");
    }
}
