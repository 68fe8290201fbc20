//! Who is here, by session and by nickname.

use std::ops::{Index, IndexMut};

use super::look_alikes::{Clash, LookAlikes};
use super::name::Nick;
use super::room::RoomId;
use super::session::{Cloak, SessionId};
use super::text::TextBuf;

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
    /// The rooms it is in, in the order it came there.
    pub rooms: Vec<RoomId>,
    /// The room where it talks unless it says where, one of those.
    pub focus: Option<RoomId>,
    /// What it said when it went away, until it is back.
    pub away: Option<Box<TextBuf>>,
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
        let (nick, rooms) = (nick.clone(), Vec::new());
        self.seats[id.key()] = Some(Person { id, nick, cloak, rooms, focus: None, away: None });
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

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seats.iter().flatten().count()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Person {
    /// What it is called.
    #[must_use]
    pub fn nick(&self) -> &Nick {
        &self.nick
    }

    /// Whether it talks in this room.
    #[must_use]
    pub fn is_focused(&self, room: RoomId) -> bool {
        self.focus == Some(room)
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
