//! What people can ask about rooms and each other.

use super::answer::{Answer, Listed, Listing, Profile, Refusal, RoomSummary};
use super::name::{Nick, RoomName};
use super::room::{Member, Room, RoomId};
use super::rules::{List, Rank};
use super::session::SessionId;
use super::text::{Text, TextBuf};
use super::{Caller, Chat};

/// What stands around a mask in a list, with nicknames, in bytes.
const ENTRY_BYTES: usize = 256;

/// What stands around a room in a list, in bytes.
const ROOM_MARKS_BYTES: usize = 24;

impl Chat {
    /// The people in a room as far as `max` and the size of an answer allow, and how many more there
    /// are.
    pub(super) fn people_in(&self, at: RoomId, max: usize) -> (Vec<(&Nick, Option<Rank>)>, usize) {
        let members = self.rooms[at].members();
        let mut bytes = 0;
        let mut people = Vec::new();
        for member in members {
            let nick = self.people[member.session()].nick();
            if people.len() >= max || bytes + nick.as_str().len() > self.config.names_bytes_max {
                break;
            }
            bytes += nick.as_str().len() + ", ".len();
            people.push((nick, member.rank()));
        }
        let others = members.len() - people.len();
        (people, others)
    }

    pub(super) fn show_members(&self, at: RoomId, caller: &mut Caller<'_>) {
        let (people, others) = self.people_in(at, usize::MAX);
        let people = Listing { people: &people, others };
        caller.answer(&Answer::Present { place: self.place(at, caller), people });
    }

    /// Shows who is in a room that the caller may know of.
    pub(super) fn show_members_of<'a>(
        &self,
        name: Text<'a>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'a>> {
        let name = RoomName::parse(name.as_str()).map_err(Refusal::BadRoom)?;
        match self.rooms.find(&name) {
            Some(at) if self.knows_of(caller.id, &self.rooms[at]) => {
                self.show_members(at, caller);
                Ok(())
            }
            Some(_) | None => Err(Refusal::UnknownRoom(name)),
        }
    }

    /// Shows the rooms that the caller may know of, the largest first.
    pub(super) fn list_rooms(&self, caller: &mut Caller<'_>) {
        let mut rooms: Vec<&Room> =
            self.rooms.iter().filter(|room| self.knows_of(caller.id, room)).collect();
        rooms.sort_by_key(|room| std::cmp::Reverse(room.members().len()));
        caller.out.toil(64 * rooms.len() as u64);
        let mut bytes = 0;
        let summaries: Vec<RoomSummary<'_>> = rooms
            .iter()
            .map(|room| RoomSummary {
                name: room.name(),
                members: room.members().len(),
                is_in: self.people[caller.id].is_in(room.id()),
                topic: room.topic.as_deref().map(TextBuf::as_text),
            })
            .take_while(|room| {
                let topic = room.topic.map_or(0, |topic| topic.as_str().len());
                bytes += room.name.as_str().len() + topic + ROOM_MARKS_BYTES;
                bytes <= self.config.names_bytes_max
            })
            .collect();
        let others = rooms.len() - summaries.len();
        caller.answer(&Answer::Rooms { rooms: &summaries, others });
    }

    /// Shows what the caller may know of a person.
    pub(super) fn show_person<'a>(
        &self,
        nick: Text<'a>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'a>> {
        let id = self.people.owner(nick.as_str()).ok_or(Refusal::UnknownNick(nick))?;
        let person = &self.people[id];
        let rooms: Vec<(&RoomName, Option<Rank>)> = person
            .rooms()
            .map(|at| &self.rooms[at])
            .filter(|room| self.knows_of(caller.id, room))
            .map(|room| (room.name(), room.member(id).and_then(Member::rank)))
            .collect();
        caller.answer(&Answer::Whois(Profile {
            nick: person.nick(),
            cloak: person.cloak,
            rooms: &rooms,
            away: person.away(),
        }));
        Ok(())
    }

    /// Whether somebody may know of a room.
    pub(super) fn knows_of(&self, id: SessionId, room: &Room) -> bool {
        !room.rules.secret || self.people[id].is_in(room.id())
    }

    pub(super) fn show_topic(&self, at: RoomId, caller: &mut Caller<'_>) {
        let topic = self.rooms[at].topic.as_deref().map(TextBuf::as_text);
        caller.answer(&Answer::Topic { place: self.place(at, caller), topic });
    }

    pub(super) fn show_rules(&self, at: RoomId, caller: &mut Caller<'_>) {
        let room = &self.rooms[at];
        let is_operator = self.is_operator(at, caller.id);
        caller.answer(&Answer::Rules { room: room.name(), rules: &room.rules, is_operator });
    }

    pub(super) fn show_lists(&self, at: RoomId, caller: &mut Caller<'_>) {
        let (lists, now) = (self.rooms[at].lists.as_deref(), caller.now.at);
        let all: Vec<Listed<'_>> = [List::Bans, List::Mutes]
            .into_iter()
            .flat_map(|list| {
                lists
                    .into_iter()
                    .flat_map(move |lists| lists.entries(list, now))
                    .map(move |entry| (list, entry))
            })
            .map(|(list, entry)| Listed {
                list,
                mask: &entry.mask,
                made_for: entry.made_for.as_ref(),
                by: &entry.by,
                left: entry.left(now),
            })
            .collect();
        let mut bytes = 0;
        let fits = all.iter().take_while(|entry| {
            bytes += entry.mask.as_str().len() + ENTRY_BYTES;
            bytes <= self.config.names_bytes_max
        });
        let entries = &all[..fits.count()];
        let others = all.len() - entries.len();
        caller.answer(&Answer::Lists { place: self.place(at, caller), entries, others });
    }

    /// Whether somebody is an operator of a room.
    pub(super) fn is_operator(&self, at: RoomId, id: SessionId) -> bool {
        self.rooms[at].member(id).is_some_and(|member| member.is(Rank::Operator))
    }
}
