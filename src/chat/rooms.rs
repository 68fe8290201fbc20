//! All rooms, by name.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::ops::{Index, IndexMut};

use slab::Slab;

use super::ChatConfig;
use super::history::History;
use super::look_alikes::{Clash, LookAlikes};
use super::message::{Message, MessageId};
use super::name::RoomName;
use super::room::{Room, RoomId};
use super::session::{Cloak, SessionId};
use crate::clock::Timestamp;

/// The messages of all rooms together take so many bytes at the most. Beyond, the room that has most
/// of them forgets first.
pub const HISTORY_BYTES_OF_ALL_MAX: usize = 64 * 1024 * 1024;

/// So many rooms there may be that were made from one address.
pub const ROOMS_PER_ADDRESS: u32 = 100;

/// The rooms. One of them is always there: the home room, where everybody begins.
#[derive(Debug)]
pub struct Rooms {
    all: Slab<Room>,
    names: LookAlikes<RoomId>,
    home: RoomId,
    last_generation: NonZeroU32,
    count_max: usize,
    messages_kept: usize,
    history_bytes_max: usize,
    /// How many rooms were made from where.
    made: HashMap<Cloak, u32>,
    /// What the messages of all of them take.
    pub(super) history_bytes: usize,
}

/// Why there can be no such room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoom {
    /// This one looks too much like it.
    LooksLike(RoomId),
    /// There are as many as there may be.
    TooMany,
    /// As many as may be were made from this address.
    TooManyFromAddress,
}

impl Rooms {
    /// The home room alone.
    #[must_use]
    pub fn new(config: &ChatConfig) -> Self {
        let (all, mut names) = (Slab::new(), LookAlikes::default());
        let home = RoomId::new(all.vacant_key(), NonZeroU32::MIN);
        // The first one clashes with none.
        let _ = names.claim(home, config.home.as_str(), None);
        let mut rooms = Self {
            all,
            names,
            home,
            last_generation: NonZeroU32::MIN,
            count_max: config.rooms_max,
            messages_kept: config.messages_kept,
            history_bytes_max: config.history_bytes_max,
            made: HashMap::new(),
            history_bytes: 0,
        };
        rooms.add(home, config.home.clone(), None, Timestamp::default());
        rooms
    }

    fn add(&mut self, id: RoomId, name: RoomName, made_from: Option<Cloak>, since: Timestamp) {
        let history = History::new(self.messages_kept, self.history_bytes_max);
        self.all.insert(Room::new(id, name, history, made_from, since));
    }

    /// Where everybody begins.
    #[must_use]
    pub fn home(&self) -> RoomId {
        self.home
    }

    /// The room that is called so.
    #[must_use]
    pub fn find(&self, name: &RoomName) -> Option<RoomId> {
        self.names.owner(name.as_str())
    }

    /// A room, unless it has ended.
    #[must_use]
    pub fn get(&self, id: RoomId) -> Option<&Room> {
        self.all.get(id.key()).filter(|room| room.id() == id)
    }

    /// All rooms.
    pub fn iter(&self) -> impl Iterator<Item = &Room> {
        self.all.iter().map(|(_, room)| room)
    }

    /// Makes a room.
    ///
    /// # Errors
    ///
    /// There can be no such room.
    pub fn make(&mut self, name: RoomName, from: Cloak, at: Timestamp) -> Result<RoomId, NoRoom> {
        // All who come by a tunnel have one cloak, and are not held to what one may make.
        let made = self.made.get(&from).copied().unwrap_or_default();
        if from != Cloak::Local && made >= ROOMS_PER_ADDRESS {
            return Err(NoRoom::TooManyFromAddress);
        }
        if self.all.len() >= self.count_max {
            return Err(NoRoom::TooMany);
        }
        let generation = self.last_generation.checked_add(1).unwrap_or(NonZeroU32::MIN);
        let id = RoomId::new(self.all.vacant_key(), generation);
        match self.names.claim(id, name.as_str(), None) {
            Err(Clash::With(other)) => return Err(NoRoom::LooksLike(other)),
            // No name of a room is reserved.
            Err(Clash::Reserved) | Ok(()) => {}
        }
        self.last_generation = generation;
        self.add(id, name, Some(from), at);
        *self.made.entry(from).or_default() += 1;
        Ok(id)
    }

    /// Ends a room that nobody is in, but for the home room. It takes all that was said with it.
    pub fn end_if_empty(&mut self, id: RoomId) {
        if id == self.home || !self[id].members().is_empty() {
            return;
        }
        let room = self.all.remove(id.key());
        self.names.release(room.name().as_str());
        self.history_bytes -= room.history.bytes();
        if let Some(from) = room.made_from()
            && let Some(made) = self.made.get_mut(&from)
        {
            *made -= 1;
            if *made == 0 {
                self.made.remove(&from);
            }
        }
    }

    /// Forgets what was said in a room.
    pub fn take_back(&mut self, id: RoomId, message: MessageId) {
        let history = &mut self.all[id.key()].history;
        let before = history.bytes();
        history.take_back(message);
        self.history_bytes = self.history_bytes + history.bytes() - before;
    }

    /// Keeps what a session said in a room.
    pub fn remember(&mut self, id: RoomId, message: &Message<'_>, by: SessionId) {
        let history = &mut self.all[id.key()].history;
        let before = history.bytes();
        history.remember(message, by);
        self.history_bytes = self.history_bytes + history.bytes() - before;
        while self.history_bytes > HISTORY_BYTES_OF_ALL_MAX {
            let all = self.all.iter_mut().map(|(_, room)| &mut room.history);
            let Some(largest) = all.max_by_key(|history| history.bytes()) else { return };
            let before = largest.bytes();
            largest.forget();
            self.history_bytes = self.history_bytes + largest.bytes() - before;
        }
    }
}

impl Index<RoomId> for Rooms {
    type Output = Room;

    /// A room that somebody is in, and which so has not ended.
    fn index(&self, id: RoomId) -> &Room {
        self.get(id).expect("a room with members is there")
    }
}

impl IndexMut<RoomId> for Rooms {
    fn index_mut(&mut self, id: RoomId) -> &mut Room {
        self.all
            .get_mut(id.key())
            .filter(|room| room.id() == id)
            .expect("a room with members is there")
    }
}
