//! How people come, take names, go from room to room, and leave.

use super::answer::{Answer, Listing, Longest, Place, Refusal};
use super::event::{Event, Farewell, Happening};
use super::look_alikes::Clash;
use super::name::{Nick, RoomName};
use super::outbound::Outbound;
use super::room::{Member, Room, RoomId};
use super::rooms::{NoRoom, ROOMS_PER_ADDRESS};
use super::rules::{Change, KEY_BYTES_MAX, List, Rank};
use super::session::SessionId;
use super::text::Text;
use super::{Caller, Chat, Outcome};
use crate::clock::Now;

/// How many nicknames a newcomer is shown.
const WELCOME_NAMES_MAX: usize = 10;

/// The longest that somebody says in going away, in bytes.
const AWAY_BYTES_MAX: usize = 390;

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
        let renamed = Event::Renamed { from: &old, to: &nick };
        self.tell_neighbours(&renamed, &rooms, Some(id), caller.out);
        for room in rooms {
            self.judge(room, id, caller);
            self.give_back_rank(room, caller);
        }
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
        if key.is_some_and(|key| key.as_str().len() > KEY_BYTES_MAX) {
            return Err(Refusal::TooLong(Longest::Key, KEY_BYTES_MAX));
        }
        if person.rooms().count() >= ROOMS_PER_PERSON {
            return Err(Refusal::InTooManyRooms(ROOMS_PER_PERSON));
        }
        let cloak = person.cloak;
        let mut is_invited = false;
        let (at, is_new) = match found {
            Some(at) => {
                is_invited = self.admit(at, key, caller)?;
                (at, false)
            }
            None => {
                (self.rooms.make(name, cloak).map_err(|why| self.why_no_room(why, caller))?, true)
            }
        };
        let (people, others) = self.people_in(at, WELCOME_NAMES_MAX);
        let others = Listing { people: &people, others };
        let room = self.rooms[at].name();
        let person = &self.people[caller.id];
        let still =
            person.focus().map(|before| (self.rooms[before].name(), person.rooms().count() - 1));
        caller.answer(&Answer::Entered { room, is_new, others, still });
        if let Some(topic) = &self.rooms[at].topic {
            let place = Place { room, is_focused: true };
            caller.answer(&Answer::Topic { place, topic: Some(topic.as_text()) });
        }
        self.come_into(at, caller);
        if is_invited {
            self.rooms[at].set_invited(caller.id);
            self.judge(at, caller.id, caller);
        }
        self.show_newcomer_history(at, caller);
        self.give_back_rank(at, caller);
        if is_new {
            self.rooms[at].set_rank(caller.id, Rank::Operator, true);
            if let Some(key) = key {
                self.change(at, Change::Key(Some(key)), caller)?;
            }
            return Ok(Outcome::MadeRoom);
        }
        Ok(Outcome::Same)
    }

    fn why_no_room(&self, why: NoRoom, caller: &Caller<'_>) -> Refusal<'static> {
        match why {
            NoRoom::TooMany => Refusal::TooManyRooms,
            NoRoom::TooManyFromAddress => Refusal::TooManyRoomsMade(ROOMS_PER_ADDRESS),
            NoRoom::LooksLike(other) => {
                let other = &self.rooms[other];
                let is_known = self.knows_of(caller.id, other);
                Refusal::LooksLike(is_known.then(|| other.name().clone()))
            }
        }
    }

    /// Whether the caller may come into a room that there is, and was invited by an operator.
    fn admit<'a>(
        &mut self,
        at: RoomId,
        key: Option<Text<'a>>,
        caller: &mut Caller<'_>,
    ) -> Result<bool, Refusal<'a>> {
        let person = &self.people[caller.id];
        let room = &mut self.rooms[at];
        let name = room.name().clone();
        if let Some(lists) = &mut room.lists {
            if let Some(place) = lists.invited.iter().position(|&id| id == caller.id) {
                // An operator let it in, whatever else holds, once.
                lists.invited.swap_remove(place);
                room.lists.take_if(|lists| lists.is_empty());
                return Ok(true);
            }
            caller.out.toil(8 * lists.len() as u64);
            let identity = person.identity();
            if let Some(entry) = lists.entry_for(List::Bans, &identity, caller.now.at) {
                return Err(Refusal::Banned(name, entry.left(caller.now.at)));
            }
        }
        if room.awaits_operator(person.nick(), person.cloak, caller.now.at) {
            // Else there would be no operator to let this one in.
            return Ok(false);
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
        Ok(false)
    }

    /// Puts the caller among the members of a room, where it talks from now on.
    fn come_into(&mut self, at: RoomId, caller: &mut Caller<'_>) {
        let id = caller.id;
        self.rooms[at].join(id);
        self.focus_on(at, id);
        let nick = self.people[id].nick().clone();
        self.judge(at, id, caller);
        if !self.count_traffic(at, 1, 0, caller.now) {
            let room = &self.rooms[at];
            let event = Event::In { room: room.name(), what: Happening::Joined(&nick) };
            caller.out.deliver(&event, &room.audience(Some(id)));
        }
    }

    /// Gives the caller the rank in a room that waited for it, and tells all there.
    fn give_back_rank(&mut self, at: RoomId, caller: &mut Caller<'_>) {
        let person = &self.people[caller.id];
        let (nick, cloak) = (person.nick().clone(), person.cloak);
        let rank = self.rooms[at].give_back_rank(caller.id, &nick, cloak, caller.now.at);
        if let Some(rank) = rank {
            self.tell_room(at, Happening::RankBack { nick: &nick, rank }, caller);
        }
    }

    /// Lets the caller leave a room, and talk in another one that it is in.
    pub(super) fn part(&mut self, at: RoomId, reason: Option<Text<'_>>, caller: &mut Caller<'_>) {
        let nick = self.people[caller.id].nick().clone();
        // Nobody says in leaving what it may not say.
        let reason = reason.filter(|_| self.rooms[at].lets_talk(caller.id));
        let what = Happening::Parted { nick: &nick, reason };
        if self.count_traffic(at, 0, 1, caller.now) {
            let is_focused = self.people[caller.id].is_focused(at);
            let event = Event::In { room: self.rooms[at].name(), what };
            caller.answer(&Answer::Done { event, is_focused });
        } else {
            self.tell_room(at, what, caller);
        }
        self.rooms[at].leave(caller.id);
        self.be_out_of(at, caller.id, caller.out);
        self.rooms.end_if_empty(at);
    }

    /// Somebody is no longer among the members of a room. If it talked there, it talks in the room
    /// where it was last, and is told so.
    pub(super) fn be_out_of(&mut self, at: RoomId, id: SessionId, out: &mut dyn Outbound) {
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
            self.forget_shown(id);
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
        caller.out.toil(8 * lists.len() as u64);
        let person = &self.people[id];
        let identity = person.identity();
        let is_muted = lists.concerns(List::Mutes, &identity, caller.now.at);
        let is_banned = !room.member(id).is_some_and(Member::is_invited)
            && lists.concerns(List::Bans, &identity, caller.now.at);
        room.set_silenced(id, is_muted || is_banned);
    }

    /// The caller is away for the others, or back.
    pub(super) fn go_away(
        &mut self,
        reason: Option<Text<'_>>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'static>> {
        if reason.is_some_and(|reason| reason.as_str().len() > AWAY_BYTES_MAX) {
            return Err(Refusal::TooLong(Longest::Away, AWAY_BYTES_MAX));
        }
        let person = &mut self.people[caller.id];
        let was_away = person.set_away(reason);
        caller.answer(if reason.is_some() { &Answer::YouAreAway } else { &Answer::YouAreBack });
        if reason.is_some() == was_away {
            return Ok(());
        }
        let nick = person.nick().clone();
        let rooms = self.people[caller.id].rooms().map(|at| &self.rooms[at]);
        // Nobody says in this way what it may not say.
        let told: Vec<RoomId> = rooms
            .filter(|room| !room.is_crowded() && room.lets_talk(caller.id))
            .map(Room::id)
            .collect();
        let event = Event::Away { nick: &nick, reason };
        self.tell_neighbours(&event, &told, Some(caller.id), caller.out);
        Ok(())
    }

    /// A session is gone. The others are told, and its nickname is free.
    pub fn leave(&mut self, id: SessionId, reason: Farewell<'_>, now: Now, out: &mut dyn Outbound) {
        self.refusals.remove(&id);
        self.replays.remove(&id);
        let Some(person) = self.people.remove(id) else { return };
        let nick = person.nick();
        let mut told = Vec::new();
        // Whoever leaves on purpose may not want to find its rank again, nor that somebody takes it.
        let has_quit = matches!(reason, Farewell::Quit(_));
        // Nobody says in leaving what it may not say.
        let is_said = |_: &Text<'_>| person.rooms().all(|at| self.rooms[at].lets_talk(id));
        let reason = if let Farewell::Quit(text) = reason {
            Farewell::Quit(text.filter(is_said))
        } else {
            reason
        };
        for at in person.rooms() {
            let room = &mut self.rooms[at];
            if let Some(member) = room.leave(id)
                && !has_quit
            {
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
