//! How people come, take names, go from room to room, and leave.

use super::answer::{Answer, Listing, Longest, Refusal};
use super::command::{Command, Newcomer};
use super::event::{Event, Farewell, Happening, What};
use super::look_alikes::Clash;
use super::name::{Nick, RoomName};
use super::outbound::Outbound;
use super::room::{Member, Room, RoomId};
use super::rooms::{NoRoom, ROOMS_PER_ADDRESS};
use super::rules::{Change, KEY_BYTES_MAX, List, Rank};
use super::session::{Cloak, SessionId};
use super::text::{Text, TextBuf};
use super::who::{User, Who};
use super::{Caller, Chat, GONE_MAX, Gone, Outcome};
use crate::clock::{Now, Timestamp};

/// How many nicknames a newcomer is shown.
const WELCOME_NAMES_MAX: usize = 10;

/// The longest that somebody says in going away, in bytes.
pub(crate) const AWAY_BYTES_MAX: usize = 390;

/// The longest real name, in bytes.
const REAL_NAME_BYTES_MAX: usize = 150;

/// In so many rooms somebody may be.
const ROOMS_PER_PERSON: usize = 50;

/// Why the caller cannot have a nickname. Whoever has it is asked whether it is there: it may be a lost
/// connection of the caller's own.
fn refused(clash: Clash<SessionId>, nick: &Nick, caller: &mut Caller<'_>) -> Refusal<'static> {
    match clash {
        Clash::With(holder) => {
            caller.out.contest(holder, caller.id);
            Refusal::NickTaken(nick.clone())
        }
        Clash::Reserved => Refusal::NickReserved(nick.clone()),
    }
}

impl Chat {
    /// Gives the caller a nickname: its first one, with which it comes into the home room, or another.
    pub(super) fn take_nick<'a>(
        &mut self,
        name: Text<'a>,
        caller: &mut Caller<'_>,
    ) -> Result<Outcome, Refusal<'a>> {
        let nick = Nick::parse(name.as_str()).map_err(Refusal::BadNick)?;
        let id = caller.id;
        if self.people.get(id).is_none() {
            self.seat(&nick, &User::default(), caller)?;
            self.welcome(caller);
            return Ok(Outcome::Entered);
        }
        let old = self.people.rename(id, &nick).map_err(|clash| refused(clash, &nick, caller))?;
        caller.answer(&Answer::Named(self.people[id].who()));
        if old.as_str() == nick.as_str() {
            return Ok(Outcome::Same);
        }
        let real_name = self.people[id].real_name().into();
        self.remember_gone(old.clone(), real_name, caller.now.utc);
        let rooms: Vec<RoomId> = self.people[id].rooms().collect();
        let renamed = caller.event(What::Renamed { from: &old, to: &nick });
        self.tell_neighbours(&renamed, &rooms, Some(id), caller.out);
        self.tell_renamed(&old, self.people[id].who(), caller.out);
        for room in rooms {
            self.judge(room, id, caller);
            self.give_back_rank(room, caller);
        }
        Ok(Outcome::Renamed)
    }

    fn seat(
        &mut self,
        nick: &Nick,
        user: &User,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'static>> {
        let (id, cloak) = (caller.id, caller.out.cloak(caller.id));
        let seated = self.people.seat(id, nick, user, cloak, caller.now.utc);
        seated.map_err(|clash| refused(clash, nick, caller))?;
        self.refusals.remove(&id);
        self.tell_online(self.people[id].who(), caller.out);
        Ok(())
    }

    /// Tells the caller, who has no nickname yet, if it could not have this one.
    pub(super) fn try_nick<'a>(
        &mut self,
        name: Text<'a>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'a>> {
        let nick = Nick::parse(name.as_str()).map_err(Refusal::BadNick)?;
        self.people.try_seat(caller.id, &nick).map_err(|clash| refused(clash, &nick, caller))
    }

    /// Lets somebody in who goes to rooms by itself.
    pub(super) fn register<'a>(
        &mut self,
        newcomer: Newcomer<'a>,
        caller: &mut Caller<'_>,
    ) -> Result<Outcome, Refusal<'a>> {
        let nick = Nick::parse(newcomer.nick.as_str()).map_err(Refusal::BadNick)?;
        self.seat(&nick, &User::of(newcomer.user.as_str()), caller)?;
        let person = &mut self.people[caller.id];
        // Whoever tells a longer one while it is here is told that it is too long.
        person.set_real_name(newcomer.real_name.start(REAL_NAME_BYTES_MAX));
        person.hear_each();
        caller.answer(&Answer::Registered(self.people[caller.id].who()));
        self.show_counts(caller);
        caller.answer(&Answer::Motd(&self.motd));
        Ok(Outcome::Entered)
    }

    /// Brings somebody into the home room who is in none.
    pub fn bring_home(&mut self, id: SessionId, now: Now, out: &mut dyn Outbound) {
        if self.people.get(id).is_some_and(|person| person.focus().is_none()) {
            let home = self.config.home.clone();
            let home = Text::of_name(home.as_str());
            self.apply(id, Command::Join { room: home, key: None }, now, out);
        }
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
        let nick = self.people[caller.id].who();
        let (people, others) = self.people_in(home, WELCOME_NAMES_MAX, caller.id);
        let others = Listing { people: &people, others, is_secret: false };
        caller.answer(&Answer::Welcomed { nick, others });
        if !self.motd.is_empty() {
            caller.answer(&Answer::Motd(&self.motd));
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
        let cloak = caller.out.cloak(caller.id);
        let mut is_invited = false;
        let (at, is_new) = match found {
            Some(at) => {
                is_invited = self.admit(at, key, caller)?;
                (at, false)
            }
            None => (self.make_room(name, cloak, caller)?, true),
        };
        let person = &self.people[caller.id];
        let (people, others) = self.people_in(at, WELCOME_NAMES_MAX, caller.id);
        let is_secret = self.rooms[at].rules.secret;
        let others = Listing { people: &people, others, is_secret };
        let room = self.rooms[at].name();
        let still =
            person.focus().map(|before| (self.rooms[before].name(), person.rooms().count() - 1));
        let topic = self.rooms[at].topic.as_deref();
        let real_name = person.real_name();
        caller.answer(&Answer::Entered { room, is_new, topic, others, still, real_name });
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

    fn make_room(
        &mut self,
        name: RoomName,
        cloak: Cloak,
        caller: &Caller<'_>,
    ) -> Result<RoomId, Refusal<'static>> {
        let made = self.rooms.make(name, cloak, caller.now.utc);
        made.map_err(|why| self.why_no_room(why, caller))
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
            if !lists.concerns(List::Exceptions, &identity, caller.now.at)
                && let Some(entry) = lists.entry_for(List::Bans, &identity, caller.now.at)
            {
                return Err(Refusal::Banned(name, entry.left(caller.now.at)));
            }
        }
        if room.awaits_operator(person.who(), caller.out.cloak(caller.id), caller.now.at) {
            // Else there would be no operator to let this one in.
            return Ok(false);
        }
        let is_welcome = || {
            let lists = room.lists.as_deref();
            lists.is_some_and(|lists| {
                lists.concerns(List::Invitations, &person.identity(), caller.now.at)
            })
        };
        if room.rules.invite_only && !is_welcome() {
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
        self.rooms[at].join(id, self.people[id].hears_each());
        self.focus_on(at, id);
        self.judge(at, id, caller);
        let is_counted = self.count_traffic(at, 1, 0, caller.now);
        let (room, person) = (&self.rooms[at], &self.people[id]);
        if !is_counted || room.has_exact_hearers() {
            let (who, real_name) = (person.who(), person.real_name());
            let what = Happening::Joined { who, real_name, is_counted };
            let event = caller.event(What::In { room: room.name(), what });
            caller.out.deliver(&event, &room.audience(Some(id)));
            if let Some(reason) = person.away() {
                let away = What::Away { nick: who, reason: Some(reason), is_news: false };
                caller.out.deliver(&caller.event(away), &room.audience(Some(id)));
            }
        }
    }

    /// Gives the caller the rank in a room that waited for it, and tells all there.
    fn give_back_rank(&mut self, at: RoomId, caller: &mut Caller<'_>) {
        let person = &self.people[caller.id];
        let (nick, cloak) = (person.who().clone(), caller.out.cloak(caller.id));
        let rank = self.rooms[at].give_back_rank(caller.id, &nick, cloak, caller.now.at);
        if let Some(rank) = rank {
            self.tell_room(at, Happening::RankBack { nick: &nick, rank }, caller);
        }
    }

    /// Lets the caller leave a room, and talk in another one that it is in.
    pub(super) fn part(&mut self, at: RoomId, reason: Option<Text<'_>>, caller: &mut Caller<'_>) {
        let nick = self.people[caller.id].who().clone();
        // Nobody says in leaving what it may not say.
        let reason = reason.filter(|_| self.rooms[at].lets_talk(caller.id));
        let is_counted = self.count_traffic(at, 0, 1, caller.now);
        let parted = |is_counted| Happening::Parted { nick: &nick, reason, is_counted };
        if !is_counted || self.rooms[at].has_exact_hearers() {
            self.tell_others(at, parted(is_counted), caller);
        }
        let is_focused = self.people[caller.id].is_focused(at);
        let event = caller.event(What::In { room: self.rooms[at].name(), what: parted(false) });
        caller.answer(&Answer::Done { event, is_focused });
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
        let is_excepted = lists.concerns(List::Exceptions, &identity, caller.now.at);
        let is_muted = lists.concerns(List::Mutes, &identity, caller.now.at);
        let is_banned = !room.member(id).is_some_and(Member::is_invited)
            && lists.concerns(List::Bans, &identity, caller.now.at);
        room.set_silenced(id, !is_excepted && (is_muted || is_banned));
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
        let nick = person.who().clone();
        let rooms = self.people[caller.id].rooms().map(|at| &self.rooms[at]);
        // Nobody says in this way what it may not say.
        let told: Vec<RoomId> = rooms
            .filter(|room| !room.is_crowded() && room.lets_talk(caller.id))
            .map(Room::id)
            .collect();
        let event = caller.event(What::Away { nick: &nick, reason, is_news: true });
        self.tell_neighbours(&event, &told, Some(caller.id), caller.out);
        self.tell_watchers_elsewhere(&event, &told, caller);
        Ok(())
    }

    /// The caller tells another real name.
    pub(super) fn describe(
        &mut self,
        name: Text<'_>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'static>> {
        if name.as_str().len() > REAL_NAME_BYTES_MAX {
            return Err(Refusal::TooLong(Longest::RealName, REAL_NAME_BYTES_MAX));
        }
        self.people[caller.id].set_real_name(name);
        caller.answer(&Answer::Described(name));
        let person = &self.people[caller.id];
        let who = person.who().clone();
        let rooms: Vec<RoomId> =
            person.rooms().filter(|&at| !self.rooms[at].is_crowded()).collect();
        let event = caller.event(What::Described { who: &who, real_name: name });
        self.tell_neighbours(&event, &rooms, Some(caller.id), caller.out);
        self.tell_watchers_elsewhere(&event, &rooms, caller);
        Ok(())
    }

    /// Hides the caller, or shows it, or tells which.
    pub(super) fn hide(
        &mut self,
        nick: Text<'_>,
        is_hidden: Option<bool>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'static>> {
        if self.people.owner(nick.as_str()) != Some(caller.id) {
            return Err(Refusal::NotYourself);
        }
        let person = &mut self.people[caller.id];
        let before = person.is_hidden();
        let is_hidden = is_hidden.unwrap_or(before);
        if is_hidden != before {
            person.set_hidden(is_hidden);
            self.people.note_hidden(is_hidden);
        }
        caller.answer(&Answer::Hidden { is_hidden, is_changed: is_hidden != before });
        Ok(())
    }

    fn remember_gone(&mut self, who: Who, real_name: TextBuf, until: Timestamp) {
        self.gone.truncate(GONE_MAX - 1);
        self.gone.push_front(Gone { who, real_name, until });
    }

    /// A session is gone. The others are told, and its nickname is free.
    pub fn leave(&mut self, id: SessionId, reason: Farewell<'_>, now: Now, out: &mut dyn Outbound) {
        self.refusals.remove(&id);
        self.replays.remove(&id);
        let Some(person) = self.people.remove(id) else { return };
        let nick = person.who();
        let (mut told, mut crowds) = (Vec::new(), Vec::new());
        let cloak = out.cloak(id);
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
                room.keep_rank(member, nick, cloak, now.at);
            }
            if self.count_traffic(at, 0, 1, now) {
                crowds.push(at);
            } else {
                told.push(at);
            }
        }
        let left =
            |is_counted| Event { at: now.utc, what: What::Left { nick, reason, is_counted } };
        self.tell_neighbours(&left(false), &told, None, out);
        self.tell_exact(&left(true), &crowds, &told, out);
        self.watches.forget(id);
        self.tell_offline(nick, out);
        self.remember_gone(nick.clone(), person.real_name().into(), now.utc);
        for at in person.rooms() {
            self.rooms.end_if_empty(at);
        }
    }
}
