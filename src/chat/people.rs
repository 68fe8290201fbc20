//! Who is here, by session and by nickname.

use std::ops::{Index, IndexMut};
use std::time::Duration;

use super::look_alikes::{Clash, LookAlikes};
use super::mask::Identity;
use super::name::Nick;
use super::room::RoomId;
use super::session::{Cloak, SessionId};
use super::text::{Text, TextBuf};
use super::who::{User, Who};
use crate::clock::Timestamp;

/// Everybody who has a nickname. It is unique in the whole server.
#[derive(Debug, Default)]
pub struct People {
    /// By key: keys are small, and this takes half the memory of a table.
    seats: Vec<Option<Person>>,
    names: LookAlikes<SessionId>,
    count: usize,
    /// The most that there were at once.
    count_max: usize,
    /// How many are hidden.
    hidden: usize,
}

/// Somebody who has a nickname.
#[derive(Debug)]
pub struct Person {
    id: SessionId,
    who: Who,
    /// Since when it is here, in whole seconds since 1970: two instants would take three times the memory.
    since: u32,
    /// When it said something last, likewise.
    said: u32,
    /// The room where it talks unless it says where; none only if it is in no room.
    focus: Option<RoomId>,
    more: Option<Box<More>>,
}

/// What most people have not: apart, so that those take less memory.
#[derive(Debug, Default)]
struct More {
    /// The rooms it is in beside the one where it talks.
    elsewhere: Vec<RoomId>,
    /// What it said when it went away, until it is back.
    away: Option<TextBuf>,
    /// Who said something to it alone last.
    told_by: Option<SessionId>,
    /// Its real name, if it tells another one than its nickname.
    real_name: Option<TextBuf>,
    /// Its program keeps a list of who is in each room, so it has to hear of each who comes or goes.
    hears_each: bool,
    /// Those alone find it by a mask who are in a room with it.
    is_hidden: bool,
}

fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.0 / 1_000_000).unwrap_or(u32::MAX)
}

impl People {
    /// Nobody. These names, and what looks like them, nobody may have.
    #[must_use]
    pub fn new(reserved: &[&str]) -> Self {
        Self { names: LookAlikes::reserving(reserved), ..Self::default() }
    }

    /// The person of a session that has a nickname.
    #[must_use]
    pub fn get(&self, id: SessionId) -> Option<&Person> {
        self.seats.get(id.key())?.as_ref().filter(|person| person.id == id)
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, id: SessionId) -> Option<&mut Person> {
        self.seats.get_mut(id.key())?.as_mut().filter(|person| person.id == id)
    }

    /// Whose nickname this is: see [`LookAlikes::owner`].
    #[must_use]
    pub fn owner(&self, name: &str) -> Option<SessionId> {
        self.names.owner(Nick::parse(name).ok()?.as_str())
    }

    /// How many there are, and the most that there were at once.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.count, self.count_max)
    }

    /// How many are hidden.
    #[must_use]
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// One more is hidden, or shown.
    pub fn note_hidden(&mut self, is_hidden: bool) {
        self.hidden = if is_hidden { self.hidden + 1 } else { self.hidden - 1 };
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Person> {
        self.seats.iter().flatten()
    }

    /// Whether a session that has no nickname yet could have this one.
    ///
    /// # Errors
    ///
    /// As [`People::seat`].
    pub fn try_seat(&mut self, id: SessionId, nick: &Nick) -> Result<(), Clash<SessionId>> {
        self.names.claim(id, nick.as_str(), None)?;
        self.names.release(nick.as_str());
        Ok(())
    }

    /// Seats a session that has no nickname yet.
    ///
    /// # Errors
    ///
    /// Somebody else has the nickname, or nobody may have it.
    pub fn seat(
        &mut self,
        id: SessionId,
        nick: &Nick,
        user: &User,
        cloak: Cloak,
        at: Timestamp,
    ) -> Result<(), Clash<SessionId>> {
        self.names.claim(id, nick.as_str(), None)?;
        if self.seats.len() <= id.key() {
            self.seats.resize_with(id.key() + 1, Option::default);
        }
        let who = Who::new(nick, user, cloak);
        self.seats[id.key()] = Some(Person {
            id,
            who,
            since: seconds(at),
            said: seconds(at),
            focus: None,
            more: None,
        });
        self.count += 1;
        self.count_max = self.count_max.max(self.count);
        Ok(())
    }

    /// Gives another nickname to a session, and returns the one that it had.
    ///
    /// # Errors
    ///
    /// Somebody else has it, or nobody may have it. Nothing has changed then.
    ///
    /// # Panics
    ///
    /// If it has none.
    pub fn rename(&mut self, id: SessionId, nick: &Nick) -> Result<Who, Clash<SessionId>> {
        let old = self[id].who.clone();
        self.names.claim(id, nick.as_str(), Some(old.as_str()))?;
        self[id].who = old.renamed(nick);
        Ok(old)
    }

    /// Takes somebody away. The nickname is free then.
    pub fn remove(&mut self, id: SessionId) -> Option<Person> {
        let person = self.seats.get_mut(id.key())?.take_if(|person| person.id == id)?;
        self.names.release(person.who.as_str());
        self.count -= 1;
        self.hidden -= usize::from(person.is_hidden());
        Some(person)
    }
}

impl Person {
    /// Which session.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// Since when it is here.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        Timestamp(u64::from(self.since) * 1_000_000)
    }

    /// For how long it has said nothing.
    #[must_use]
    pub fn idle(&self, now: Timestamp) -> Duration {
        Timestamp(u64::from(self.said) * 1_000_000).before(now)
    }

    /// It says something.
    pub fn note_said(&mut self, at: Timestamp) {
        self.said = seconds(at);
    }

    /// Its real name, as it tells: else its nickname.
    #[must_use]
    pub fn real_name(&self) -> Text<'_> {
        let told = self.more.as_ref().and_then(|more| more.real_name.as_ref());
        told.map_or_else(|| self.who.as_text(), TextBuf::as_text)
    }

    /// From now on it tells this real name.
    pub fn set_real_name(&mut self, name: Text<'_>) {
        self.more.get_or_insert_default().real_name = Some(name.into());
    }

    /// Whether those alone find it by a mask who are in a room with it.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.more.as_ref().is_some_and(|more| more.is_hidden)
    }

    /// From now on those alone find it who are in a room with it, or all do.
    pub fn set_hidden(&mut self, is_hidden: bool) {
        self.more.get_or_insert_default().is_hidden = is_hidden;
    }

    /// Whether it has to hear of each who comes or goes, also in a crowd.
    #[must_use]
    pub fn hears_each(&self) -> bool {
        self.more.as_ref().is_some_and(|more| more.hears_each)
    }

    /// From now on it hears of each who comes or goes.
    pub fn hear_each(&mut self) {
        self.more.get_or_insert_default().hears_each = true;
    }

    /// Who it is, for others.
    #[must_use]
    pub fn who(&self) -> &Who {
        &self.who
    }

    /// The room where it talks unless it says where.
    #[must_use]
    pub fn focus(&self) -> Option<RoomId> {
        self.focus
    }

    /// Whether it talks in this room.
    #[must_use]
    pub fn is_focused(&self, room: RoomId) -> bool {
        self.focus == Some(room)
    }

    /// The rooms it is in, first the one where it talks.
    pub fn rooms(&self) -> impl Iterator<Item = RoomId> + '_ {
        let elsewhere = self.more.iter().flat_map(|more| more.elsewhere.iter().copied());
        self.focus.into_iter().chain(elsewhere)
    }

    /// Whether it is in this room.
    #[must_use]
    pub fn is_in(&self, room: RoomId) -> bool {
        self.rooms().any(|other| other == room)
    }

    /// From now on it talks in this room, and is in it. Returns where it talked before.
    pub fn go_to(&mut self, room: RoomId) -> Option<RoomId> {
        let before = self.focus.replace(room).filter(|&before| before != room)?;
        let elsewhere = &mut self.more.get_or_insert_default().elsewhere;
        elsewhere.retain(|&other| other != room);
        elsewhere.push(before);
        Some(before)
    }

    /// It is in this room no longer. If it talked there, it talks from now on where it was last.
    pub fn go_out_of(&mut self, room: RoomId) {
        let is_focused = self.is_focused(room);
        let elsewhere = self.more.as_mut().map(|more| &mut more.elsewhere);
        if is_focused {
            self.focus = elsewhere.and_then(Vec::pop);
        } else if let Some(elsewhere) = elsewhere {
            elsewhere.retain(|&other| other != room);
        }
    }

    /// Who it is, for masks.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity::of(&self.who)
    }

    /// What it said when it went away, until it is back.
    #[must_use]
    pub fn away(&self) -> Option<Text<'_>> {
        self.more.as_ref()?.away.as_ref().map(TextBuf::as_text)
    }

    /// Who said something to it alone last, and may have left since.
    #[must_use]
    pub fn told_by(&self) -> Option<SessionId> {
        self.more.as_ref()?.told_by
    }

    /// Somebody says something to it alone.
    pub fn set_told_by(&mut self, who: SessionId) {
        self.more.get_or_insert_default().told_by = Some(who);
    }

    /// It goes away and says why, or is back. Returns whether it was away before.
    pub fn set_away(&mut self, reason: Option<Text<'_>>) -> bool {
        let was_away = self.away().is_some();
        if reason.is_some() || was_away {
            self.more.get_or_insert_default().away = reason.map(TextBuf::from);
        }
        was_away
    }
}

impl Index<SessionId> for People {
    type Output = Person;

    /// Somebody who is in a room, and so has a nickname. Who has none is a bug.
    fn index(&self, id: SessionId) -> &Person {
        self.get(id).expect("a member has a nickname")
    }
}

impl IndexMut<SessionId> for People {
    fn index_mut(&mut self, id: SessionId) -> &mut Person {
        self.get_mut(id).expect("a member has a nickname")
    }
}
