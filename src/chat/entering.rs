//! How people come, take names, go from room to room, and leave.

use super::answer::{Answer, Listing, Refusal};
use super::event::{Event, Farewell, Happening};
use super::look_alikes::Clash;
use super::mask::Identity;
use super::name::{Nick, RoomName};
use super::outbound::Outbound;
use super::room::RoomId;
use super::rooms::NoRoom;
use super::rules::{List, Rank};
use super::session::SessionId;
use super::text::Text;
use super::{Caller, Chat, Outcome};
use crate::clock::Now;

/// How many nicknames a newcomer is shown.
const WELCOME_NAMES_MAX: usize = 10;

/// In so many rooms somebody may be.
const ROOMS_PER_PERSON: usize = 50;

impl Chat {
    /// Gives the caller a nickname: its first one, with which it comes into the home room, or another.
    pub(super) fn take_nick<'a>(
        &mut self,
        name: Text<'a>,
        caller: &mut Caller<'_>,
    ) -> Result<Outcome, Refusal<'a>> {
        let nick = Nick::parse(name.as_str()).map_err(Refusal::BadNick)?;
        let refused = |clash| match clash {
            Clash::With(_) => Refusal::NickTaken(nick.clone()),
            Clash::Reserved => Refusal::NickReserved(nick.clone()),
        };
        let id = caller.id;
        if self.people.get(id).is_none() {
            self.people.seat(id, &nick, caller.out.cloak(id)).map_err(refused)?;
            self.refusals.remove(&id);
            self.welcome(caller);
            return Ok(Outcome::Entered);
        }
        let old = self.people.rename(id, &nick).map_err(refused)?;
        caller.answer(&Answer::Named(&nick));
        if old == nick {
            return Ok(Outcome::Same);
        }
        let rooms: Vec<RoomId> = self.people[id].rooms().collect();
        for &room in &rooms {
            self.judge(room, id, caller);
        }
        self.tell_neighbours(
            &Event::Renamed { from: &old, to: &nick },
            &rooms,
            Some(id),
            caller.out,
        );
        Ok(Outcome::Renamed)
    }

    /// Counts that a nickname was refused to somebody who has none.
    pub(super) fn count_refusal(&mut self, caller: &mut Caller<'_>) {
        let refused = self.refusals.entry(caller.id).or_default();
        *refused += 1;
        if *refused >= self.config.nicknames_refused_max {
            let refused = *refused;
            caller.answer(&Answer::NicknamesRefused(refused));
            caller.out.expel(caller.id, Farewell::NicknamesRefused(refused));
        }
    }

    fn welcome(&mut self, caller: &mut Caller<'_>) {
        let home = self.rooms.home();
        let nick = self.people[caller.id].nick();
        let (people, others) = self.people_in(home, WELCOME_NAMES_MAX);
        let others = Listing { people: &people, others };
        caller.answer(&Answer::Welcomed { nick, others });
        for line in self.config.motd.lines() {
            caller.answer(&Answer::Notice(Text::parse(line.as_bytes(), &mut String::new())));
        }
        self.show_newcomer_history(home, caller);
        self.come_into(home, caller);
    }

    /// Brings the caller into a room, or lets it talk there if it is in it already.
    pub(super) fn enter<'a>(
        &mut self,
        room: Text<'a>,
        key: Option<Text<'a>>,
        caller: &mut Caller<'_>,
    ) -> Result<Outcome, Refusal<'a>> {
        let name = RoomName::parse(room.as_str()).map_err(Refusal::BadRoom)?;
        let found = self.rooms.find(&name);
        let person = &self.people[caller.id];
        if let Some(at) = found.filter(|&at| person.is_in(at)) {
            self.focus_on(at, caller.id);
            caller.answer(&Answer::Focused(Some(self.rooms[at].name())));
            return Ok(Outcome::Same);
        }
        if person.rooms().count() >= ROOMS_PER_PERSON {
            return Err(Refusal::InTooManyRooms(ROOMS_PER_PERSON));
        }
        let cloak = person.cloak;
        let (at, is_new) = match found {
            Some(at) => {
                self.admit(at, key, caller)?;
                (at, false)
            }
            None => match self.rooms.make(name, cloak) {
                Ok(at) => (at, true),
                Err(NoRoom::TooMany) => return Err(Refusal::TooManyRooms),
                Err(NoRoom::TooManyFromAddress) => return Err(Refusal::TooManyRoomsMade),
                Err(NoRoom::LooksLike(other)) => {
                    return Err(Refusal::LooksLike(self.rooms[other].name().clone()));
                }
            },
        };
        let (people, others) = self.people_in(at, WELCOME_NAMES_MAX);
        let others = Listing { people: &people, others };
        let room = self.rooms[at].name();
        caller.answer(&Answer::Entered { room, is_new, others });
        if let Some(topic) = &self.rooms[at].topic {
            let place = super::Place { room, is_focused: true };
            caller.answer(&Answer::Topic { place, topic: Some(topic.as_text()) });
        }
        self.come_into(at, caller);
        self.show_newcomer_history(at, caller);
        if is_new {
            self.rooms[at].set_rank(caller.id, Rank::Operator, true);
            return Ok(Outcome::MadeRoom);
        }
        Ok(Outcome::Same)
    }

    /// Whether the caller may come into a room that there is.
    fn admit<'a>(
        &mut self,
        at: RoomId,
        key: Option<Text<'a>>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'a>> {
        let person = &self.people[caller.id];
        let room = &mut self.rooms[at];
        let name = room.name().clone();
        if let Some(lists) = &mut room.lists {
            if let Some(place) = lists.invited.iter().position(|&id| id == caller.id) {
                // An operator let it in, whatever else holds, once.
                lists.invited.swap_remove(place);
                return Ok(());
            }
            caller.out.toil(32 * lists.len() as u64);
            let identity = Identity::new(person.nick(), person.cloak);
            if lists.concerns(List::Bans, &identity, caller.now.at) {
                return Err(Refusal::Banned(name));
            }
        }
        if room.rules.invite_only {
            return Err(Refusal::InviteOnly(name));
        }
        let known = room.rules.key.as_deref();
        if known.is_some() && known != key.map(Text::as_str) {
            return Err(Refusal::WrongKey(name));
        }
        if room.rules.limit.is_some_and(|limit| room.members().len() >= limit as usize) {
            return Err(Refusal::RoomFull(name));
        }
        Ok(())
    }

    /// Puts the caller among the members of a room, where it talks from now on.
    fn come_into(&mut self, at: RoomId, caller: &mut Caller<'_>) {
        let id = caller.id;
        self.rooms[at].join(id);
        self.focus_on(at, id);
        let person = &self.people[id];
        let (nick, cloak) = (person.nick().clone(), person.cloak);
        let room = &mut self.rooms[at];
        room.give_back_rank(id, &nick, cloak, caller.now.at);
        self.judge(at, id, caller);
        if !self.count_traffic(at, 1, 0, caller.now) {
            let room = &self.rooms[at];
            let event = Event::In { room: room.name(), what: Happening::Joined(&nick) };
            caller.out.deliver(&event, &room.audience(Some(id)));
        }
    }

    /// Lets the caller leave a room, and talk in another one that it is in.
    pub(super) fn part(&mut self, at: RoomId, reason: Option<Text<'_>>, caller: &mut Caller<'_>) {
        let nick = self.people[caller.id].nick().clone();
        self.tell_room(at, Happening::Parted { nick: &nick, reason }, caller);
        self.go_out_of(at, caller.id, caller.out);
    }

    /// Takes somebody out of a room that it is in. If it talked there, it talks in the room to which
    /// it came last, and is told so.
    pub(super) fn go_out_of(&mut self, at: RoomId, id: SessionId, out: &mut dyn Outbound) {
        self.rooms[at].leave(id);
        self.rooms.end_if_empty(at);
        let person = &mut self.people[id];
        let was_focused = person.is_focused(at);
        person.go_out_of(at);
        if was_focused {
            let next = person.focus();
            if let Some(next) = next {
                self.rooms[next].set_focused(id, true);
            }
            out.answer(&Answer::Focused(next.map(|next| self.rooms[next].name())), id);
        }
        if let Some(replays) = self.replays.get_mut(&id) {
            replays.retain(|replay| replay.room != at);
        }
    }

    /// From now on somebody talks in this room, which it is in.
    fn focus_on(&mut self, room: RoomId, id: SessionId) {
        if let Some(before) = self.people[id].go_to(room) {
            self.rooms[before].set_focused(id, false);
        }
        self.rooms[room].set_focused(id, true);
    }

    /// Notes whether somebody is on one of the lists of a room.
    pub(super) fn judge(&mut self, at: RoomId, id: SessionId, caller: &mut Caller<'_>) {
        let room = &mut self.rooms[at];
        let Some(lists) = &room.lists else { return };
        caller.out.toil(32 * lists.len() as u64);
        let person = &self.people[id];
        let identity = Identity::new(person.nick(), person.cloak);
        let is_silenced = [List::Bans, List::Mutes]
            .into_iter()
            .any(|list| lists.concerns(list, &identity, caller.now.at));
        room.set_silenced(id, is_silenced);
    }

    /// The caller is away for the others, or back.
    pub(super) fn go_away(&mut self, reason: Option<Text<'_>>, caller: &mut Caller<'_>) {
        let person = &mut self.people[caller.id];
        let was_away = person.set_away(reason);
        caller.answer(if reason.is_some() { &Answer::YouAreAway } else { &Answer::YouAreBack });
        if reason.is_none() && !was_away {
            return;
        }
        let nick = person.nick().clone();
        let small: Vec<RoomId> =
            self.people[caller.id].rooms().filter(|&at| !self.rooms[at].is_crowded()).collect();
        let event = Event::Away { nick: &nick, reason };
        self.tell_neighbours(&event, &small, Some(caller.id), caller.out);
    }

    /// A session is gone. The others are told, and its nickname is free.
    pub fn leave(&mut self, id: SessionId, reason: Farewell<'_>, now: Now, out: &mut dyn Outbound) {
        self.refusals.remove(&id);
        self.replays.remove(&id);
        let Some(person) = self.people.remove(id) else { return };
        let nick = person.nick();
        let mut told = Vec::new();
        for at in person.rooms() {
            let room = &mut self.rooms[at];
            if let Some(member) = room.leave(id) {
                room.keep_rank(member, nick, person.cloak, now.at);
            }
            if !self.count_traffic(at, 0, 1, now) {
                told.push(at);
            }
        }
        self.tell_neighbours(&Event::Left { nick, reason }, &told, None, out);
        for at in person.rooms() {
            self.rooms.end_if_empty(at);
        }
    }
}
