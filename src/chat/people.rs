//! Who is here, by session and by nickname.

use std::ops::{Index, IndexMut};

use super::look_alikes::{Clash, LookAlikes};
use super::mask::Identity;
use super::name::Nick;
use super::room::RoomId;
use super::session::{Cloak, SessionId};
use super::text::{Text, TextBuf};

/// Everybody who has a nickname. It is unique in the whole server.
#[derive(Debug, Default)]
pub struct People {
    /// By key: keys are small, and this takes half the memory of a table.
    seats: Vec<Option<Person>>,
    names: LookAlikes<SessionId>,
}

/// Somebody who has a nickname.
#[derive(Debug)]
pub struct Person {
    id: SessionId,
    nick: Nick,
    /// Where it comes from.
    pub cloak: Cloak,
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
}

impl People {
    /// Nobody. These names, and what looks like them, nobody may have.
    #[must_use]
    pub fn new(reserved: &[&str]) -> Self {
        Self { seats: Vec::new(), names: LookAlikes::reserving(reserved) }
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

    /// Seats a session that has no nickname yet.
    ///
    /// # Errors
    ///
    /// Somebody else has the nickname, or nobody may have it.
    pub fn seat(
        &mut self,
        id: SessionId,
        nick: &Nick,
        cloak: Cloak,
    ) -> Result<(), Clash<SessionId>> {
        self.names.claim(id, nick.as_str(), None)?;
        if self.seats.len() <= id.key() {
            self.seats.resize_with(id.key() + 1, Option::default);
        }
        let nick = nick.clone();
        self.seats[id.key()] = Some(Person { id, nick, cloak, focus: None, more: None });
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
    pub fn rename(&mut self, id: SessionId, nick: &Nick) -> Result<Nick, Clash<SessionId>> {
        let old = self[id].nick.clone();
        self.names.claim(id, nick.as_str(), Some(old.as_str()))?;
        self[id].nick = nick.clone();
        Ok(old)
    }

    /// Takes somebody away. The nickname is free then.
    pub fn remove(&mut self, id: SessionId) -> Option<Person> {
        let person = self.seats.get_mut(id.key())?.take_if(|person| person.id == id)?;
        self.names.release(person.nick.as_str());
        Some(person)
    }
}

impl Person {
    /// What it is called.
    #[must_use]
    pub fn nick(&self) -> &Nick {
        &self.nick
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
        Identity::new(&self.nick, self.cloak)
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
