//! What people can ask about rooms and each other.

use std::time::Instant;

use super::answer::{
    Answer, Counts, Listed, Listing, Past, Profile, Refusal, RoomSummary, Sighting,
};
use super::command::Question;
use super::fold::fold;
use super::mask::Mask;
use super::name::RoomName;
use super::people::Person;
use super::room::{Member, Room, RoomId};
use super::rules::{List, Rank, Ranks};
use super::session::SessionId;
use super::text::Text;
use super::who::Who;
use super::{Caller, Chat};
use crate::clock::Timestamp;

/// What stands around a mask in a list, with nicknames, in bytes.
const ENTRY_BYTES: usize = 256;

/// What stands around a room in a list, in bytes.
const ROOM_MARKS_BYTES: usize = 24;

impl Chat {
    /// The people in a room as somebody is shown them, as far as `max` and the size of an answer allow,
    /// and how many more there are.
    pub(super) fn people_in(
        &self,
        at: RoomId,
        max: usize,
        shown_to: SessionId,
    ) -> (Vec<(&Who, Ranks)>, usize) {
        let members = self.rooms[at].members();
        let is_exact = self.people[shown_to].hears_each();
        let (max, bytes_max) =
            (if is_exact { usize::MAX } else { max }, self.list_bytes_max(shown_to));
        let mut bytes = 0;
        let mut people = Vec::new();
        for member in members {
            let who = self.people[member.session()].who();
            let name = if is_exact { who.full() } else { who.as_str() };
            if people.len() >= max || bytes + name.len() > bytes_max {
                break;
            }
            bytes += name.len() + ", ".len();
            people.push((who, member.ranks()));
        }
        let others = members.len() - people.len();
        (people, others)
    }

    /// So many bytes a list may have that somebody is shown: of people, or of rooms.
    fn list_bytes_max(&self, shown_to: SessionId) -> usize {
        let is_exact = self.people[shown_to].hears_each();
        if is_exact { self.config.exact_names_bytes_max } else { self.config.names_bytes_max }
    }

    pub(super) fn show_members(&self, at: RoomId, caller: &mut Caller<'_>) {
        let (people, others) = self.people_in(at, usize::MAX, caller.id);
        let is_secret = self.rooms[at].rules.secret;
        let people = Listing { people: &people, others, is_secret };
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
        let (mut bytes, bytes_max) = (0, self.list_bytes_max(caller.id));
        let summaries: Vec<RoomSummary<'_>> = rooms
            .iter()
            .map(|room| RoomSummary {
                name: room.name(),
                members: room.members().len(),
                is_in: self.people[caller.id].is_in(room.id()),
                topic: room.topic.as_deref(),
                since: room.since(),
            })
            .take_while(|room| {
                let topic = room.topic.map_or(0, |topic| topic.text.len());
                bytes += room.name.as_str().len() + topic + ROOM_MARKS_BYTES;
                bytes <= bytes_max
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
        let rooms: Vec<(&RoomName, Ranks)> = person
            .rooms()
            .map(|at| &self.rooms[at])
            .filter(|room| self.knows_of(caller.id, room))
            .map(|room| (room.name(), room.member(id).map(Member::ranks).unwrap_or_default()))
            .collect();
        caller.answer(&Answer::Whois(Profile {
            who: person.who(),
            real_name: person.real_name(),
            since: person.since(),
            idle: person.idle(caller.now.utc),
            cloak: caller.out.cloak(id),
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
        let topic = self.rooms[at].topic.as_deref();
        caller.answer(&Answer::Topic { place: self.place(at, caller), topic });
    }

    pub(super) fn show_rules(&self, at: RoomId, caller: &mut Caller<'_>) {
        let room = &self.rooms[at];
        let is_operator = self.is_operator(at, caller.id);
        let (rules, since) = (&room.rules, room.since());
        caller.answer(&Answer::Rules { room: room.name(), rules, since, is_operator });
    }

    pub(super) fn show_lists(&self, at: RoomId, caller: &mut Caller<'_>) {
        let all: Vec<Listed<'_>> =
            List::ALL.into_iter().flat_map(|list| self.listed(at, list, caller.now.at)).collect();
        let mut bytes = 0;
        let fits = all.iter().take_while(|entry| {
            bytes += entry.mask.as_str().len() + ENTRY_BYTES;
            bytes <= self.config.names_bytes_max
        });
        let entries = &all[..fits.count()];
        let others = all.len() - entries.len();
        caller.answer(&Answer::Lists { place: self.place(at, caller), entries, others });
    }

    fn listed(&self, at: RoomId, list: List, now: Instant) -> impl Iterator<Item = Listed<'_>> {
        let lists = self.rooms[at].lists.as_deref();
        let entries = lists.into_iter().flat_map(move |lists| lists.entries(list, now));
        entries.map(move |entry| Listed {
            list,
            mask: &entry.mask,
            made_for: entry.made_for.as_ref(),
            by: &entry.by,
            made_at: entry.made_at,
            left: entry.left(now),
        })
    }

    pub(super) fn show_list(
        &self,
        at: RoomId,
        list: List,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'static>> {
        let is_secret = matches!(list, List::Exceptions | List::Invitations);
        if is_secret && !self.is_operator(at, caller.id) {
            return Err(self.needs_operator(at));
        }
        // A list has a hundred entries at the most.
        let mut entries: Vec<Listed<'_>> = self.listed(at, list, caller.now.at).collect();
        if list == List::Bans {
            entries.extend(self.listed(at, List::Mutes, caller.now.at));
        }
        caller.answer(&Answer::List { room: self.rooms[at].name(), list, entries: &entries });
        Ok(())
    }

    pub(super) fn reply_to<'a>(
        &mut self,
        question: Question<'a>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'a>> {
        match question {
            Question::Motd => caller.answer(&Answer::Motd(&self.motd)),
            Question::Counts => self.show_counts(caller),
            Question::Find(nick) => {
                let id = self.people.owner(nick.as_str()).ok_or(Refusal::UnknownNick(nick))?;
                let person = &self.people[id];
                caller.answer(&Answer::Found(person.who(), person.away().is_some()));
            }
            Question::People(mask) => self.show_people(mask, caller),
            Question::Was(nick) => self.show_gone(nick, caller)?,
            Question::Invitations => self.show_invitations(caller),
            Question::Watched => self.show_watched(caller),
            Question::Talked { from, to, most } => self.show_talked(from, to, most, caller),
        }
        Ok(())
    }

    pub(super) fn show_counts(&self, caller: &mut Caller<'_>) {
        let (people, people_max) = self.people.counts();
        let rooms = self.rooms.iter().filter(|room| !room.members().is_empty()).count();
        // All sessions were looked at, too.
        caller.out.toil((8 * rooms + people) as u64);
        let nameless = caller.out.nameless();
        let hidden = self.people.hidden();
        let counts = Counts { people, hidden, nameless, people_max, rooms };
        caller.answer(&Answer::Counts(counts));
    }

    /// Shows all who are in a room, or else whom a mask matches: of those, whoever the caller shares no
    /// room with is shown as well, as `/whois` would.
    fn show_people(&self, mask: Text<'_>, caller: &mut Caller<'_>) {
        let room = RoomName::parse(mask.as_str()).ok().filter(|_| mask.strip_prefix('#').is_some());
        let room = room.and_then(|name| self.rooms.find(&name)).map(|at| &self.rooms[at]);
        let of_room = room.filter(|room| self.knows_of(caller.id, room)).into_iter();
        let mut sightings: Vec<Sighting<'_>> = of_room
            .flat_map(|room| room.members().iter().map(move |member| (room, member)))
            .map(|(room, member)| {
                sighting(&self.people[member.session()], Some((room, member)), caller)
            })
            .collect();
        let named = self.people.owner(mask.as_str()).map(|id| &self.people[id]);
        if let Some(person) = named {
            sightings.push(self.seen_from_outside(person, caller));
        } else if mask.strip_prefix('#').is_none()
            && let Some(mask) = Mask::parse(mask)
        {
            caller.out.toil(64 * self.people.counts().0 as u64);
            let caller_rooms: Vec<RoomId> = self.people[caller.id].rooms().collect();
            let is_found = |person: &Person| {
                !person.is_hidden()
                    || person.id() == caller.id
                    || caller_rooms.iter().any(|&at| person.is_in(at))
            };
            let matching = self
                .people
                .iter()
                .filter(|person| mask.matches(&person.identity()) && is_found(person));
            sightings.extend(matching.map(|person| self.seen_from_outside(person, caller)));
        }
        let mut bytes = 0;
        let fits = sightings.iter().take_while(|seen| {
            bytes += seen.who.full().len() + seen.real_name.as_str().len() + ENTRY_BYTES;
            bytes <= self.config.exact_names_bytes_max
        });
        let people = &sightings[..fits.count()];
        caller.answer(&Answer::People { people, others: sightings.len() - people.len() });
    }

    fn seen_from_outside<'a>(&'a self, person: &'a Person, caller: &Caller<'_>) -> Sighting<'a> {
        let mut rooms = person.rooms().map(|at| &self.rooms[at]);
        let room = rooms.find(|room| self.knows_of(caller.id, room));
        let seen = room.and_then(|room| Some((room, room.member(person.id())?)));
        sighting(person, seen, caller)
    }

    fn show_gone<'a>(&self, nick: Text<'a>, caller: &mut Caller<'_>) -> Result<(), Refusal<'a>> {
        let name = fold(nick.as_str());
        caller.out.toil(16 * self.gone.len() as u64);
        let gone = self.gone.iter().filter(|gone| fold(gone.who.as_str()) == name);
        let past: Vec<Past<'_>> = gone
            .map(|gone| Past {
                who: &gone.who,
                real_name: gone.real_name.as_text(),
                until: gone.until,
            })
            .collect();
        if past.is_empty() {
            return Err(Refusal::UnknownNick(nick));
        }
        caller.answer(&Answer::Was(&past));
        Ok(())
    }

    fn show_invitations(&self, caller: &mut Caller<'_>) {
        caller.out.toil(8 * self.rooms.iter().count() as u64);
        let is_invited = |room: &&Room| {
            room.lists.as_ref().is_some_and(|lists| lists.invited.contains(&caller.id))
        };
        let rooms: Vec<&RoomName> = self.rooms.iter().filter(is_invited).map(Room::name).collect();
        caller.answer(&Answer::Invitations(&rooms));
    }

    /// Shows in which rooms of the caller the last message was said between two times.
    fn show_talked(&self, from: Timestamp, to: Timestamp, most: usize, caller: &mut Caller<'_>) {
        let (from, to) = (from.millis(), to.millis());
        let is_between = |at: Timestamp| (from.min(to) + 1..from.max(to)).contains(&at.millis());
        let rooms = self.people[caller.id].rooms().map(|at| &self.rooms[at]);
        let mut talked: Vec<(&RoomName, Timestamp)> = rooms
            .filter_map(|room| Some((room.name(), room.history.last_at()?)))
            .filter(|&(_, at)| is_between(at))
            .collect();
        talked.sort_by_key(|&(_, at)| at);
        let excess = talked.len().saturating_sub(most);
        let begin = if from <= to { 0 } else { excess };
        caller.answer(&Answer::Talked(&talked[begin..begin + talked.len() - excess]));
    }

    /// Whether somebody is an operator of a room.
    pub(super) fn is_operator(&self, at: RoomId, id: SessionId) -> bool {
        self.rooms[at].member(id).is_some_and(|member| member.is(Rank::Operator))
    }
}

fn sighting<'a>(
    person: &'a Person,
    seen: Option<(&'a Room, &Member)>,
    caller: &Caller<'_>,
) -> Sighting<'a> {
    Sighting {
        who: person.who(),
        real_name: person.real_name(),
        is_away: person.away().is_some(),
        room: seen.map(|(room, member)| (room.name(), member.ranks())),
        idle: person.idle(caller.now.utc),
    }
}
