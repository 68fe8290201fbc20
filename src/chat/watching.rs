//! Who is told when somebody comes or goes, in whatever room either of them is.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};

use super::answer::{Answer, News, Refusal, Watched};
use super::command::Watch;
use super::event::Event;
use super::fold::fold;
use super::name::Nick;
use super::outbound::Outbound;
use super::room::RoomId;
use super::session::SessionId;
use super::text::Text;
use super::who::Who;
use super::{Caller, Chat};

/// So many nicknames one may watch.
pub const WATCHED_MAX: usize = 100;

/// To find a watcher and queue something for it takes as long as to queue so many bytes of talk.
const BYTES_PER_WATCHER: u64 = 32;

/// To look up a nickname that is watched takes as long as to queue so many bytes of talk.
const BYTES_PER_NAME: u64 = 64;

/// A nickname without what may be written otherwise, as a number: see
/// [`LookAlikes`](super::look_alikes::LookAlikes).
type Key = u64;

/// Which nicknames are watched, by whom. Whoever watches none takes no memory here.
#[derive(Debug, Default)]
pub struct Watches {
    /// What each watches, as it asked for it, the first one first: at most [`WATCHED_MAX`].
    lists: HashMap<SessionId, Vec<(Key, Nick)>>,
    /// The same by nickname: all who watch one are in a row, and each leaves as fast, however many
    /// there are.
    watchers: BTreeSet<(Key, SessionId)>,
    seed: RandomState,
}

impl Watches {
    fn key(&self, name: &str) -> Key {
        self.seed.hash_one(fold(name))
    }

    /// From now on `id` watches a nickname, if it does not already. `false` if its list is full.
    #[must_use]
    pub fn add(&mut self, id: SessionId, name: &Nick) -> bool {
        let key = self.key(name.as_str());
        if self.watchers.contains(&(key, id)) {
            return true;
        }
        let list = self.lists.entry(id).or_default();
        if list.len() >= WATCHED_MAX {
            return false;
        }
        list.push((key, name.clone()));
        self.watchers.insert((key, id));
        true
    }

    /// It watches this nickname no longer.
    pub fn remove(&mut self, id: SessionId, name: &Nick) {
        let key = self.key(name.as_str());
        if !self.watchers.remove(&(key, id)) {
            return;
        }
        if let Some(list) = self.lists.get_mut(&id) {
            list.retain(|&(other, _)| other != key);
            if list.is_empty() {
                self.lists.remove(&id);
            }
        }
    }

    /// It watches nothing any more.
    pub fn forget(&mut self, id: SessionId) {
        for (key, _) in self.lists.remove(&id).unwrap_or_default() {
            self.watchers.remove(&(key, id));
        }
    }

    /// Whether nothing is kept.
    #[cfg(test)]
    #[must_use]
    pub(super) fn is_unused(&self) -> bool {
        self.lists.is_empty() && self.watchers.is_empty()
    }

    /// What it watches.
    pub fn list(&self, id: SessionId) -> impl Iterator<Item = &Nick> {
        self.lists.get(&id).into_iter().flatten().map(|(_, name)| name)
    }

    /// Who watches this nickname.
    #[must_use]
    pub fn watchers(&self, name: &str) -> Vec<SessionId> {
        if self.watchers.is_empty() {
            return Vec::new();
        }
        let key = self.key(name);
        let of_name = self.watchers.range((key, SessionId::MIN)..=(key, SessionId::MAX));
        of_name.map(|&(_, id)| id).collect()
    }
}

impl Chat {
    /// Changes what the caller watches.
    pub(super) fn watch<'a>(
        &mut self,
        watch: Watch<'a>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'a>> {
        match watch {
            Watch::Add(name) => {
                // What nobody can be called is not watched, and nobody is called so.
                if let Ok(nick) = Nick::parse(name.as_str())
                    && !self.watches.add(caller.id, &nick)
                {
                    return Err(Refusal::WatchesTooMany(WATCHED_MAX, name.trim()));
                }
                caller.answer(&Answer::Watching(&[self.watched(name.trim())]));
            }
            Watch::Remove(name) => {
                if let Ok(nick) = Nick::parse(name.as_str()) {
                    self.watches.remove(caller.id, &nick);
                }
            }
            Watch::Clear => self.watches.forget(caller.id),
        }
        Ok(())
    }

    fn watched<'a>(&'a self, name: Text<'a>) -> Watched<'a> {
        let owner = self.people.owner(name.as_str());
        Watched { name, who: owner.map(|id| self.people[id].who()) }
    }

    /// Shows what the caller watches.
    pub(super) fn show_watched(&self, caller: &mut Caller<'_>) {
        let names = self.watches.list(caller.id).map(|name| Text::of_name(name.as_str()));
        let list: Vec<Watched<'_>> = names.map(|name| self.watched(name)).collect();
        caller.out.toil(BYTES_PER_NAME * list.len() as u64);
        caller.answer(&Answer::Watching(&list));
    }

    /// Somebody has this nickname now: whoever watches it is told.
    pub(super) fn tell_online(&self, who: &Who, out: &mut dyn Outbound) {
        self.tell_watchers(who, &Answer::News(News::Came(who)), out);
    }

    /// Nobody has this nickname any more: whoever watches it is told.
    pub(super) fn tell_offline(&self, who: &Who, out: &mut dyn Outbound) {
        self.tell_watchers(who, &Answer::News(News::Went(who)), out);
    }

    fn tell_watchers(&self, who: &Who, answer: &Answer<'_>, out: &mut dyn Outbound) {
        let watchers = self.watches.watchers(who.as_str());
        out.toil(BYTES_PER_WATCHER * watchers.len() as u64);
        for id in watchers {
            out.answer(answer, id);
        }
    }

    /// Somebody has another nickname now. If it is only written otherwise, that is no news.
    pub(super) fn tell_renamed(&self, from: &Who, to: &Who, out: &mut dyn Outbound) {
        if fold(from.as_str()) != fold(to.as_str()) {
            self.tell_offline(from, out);
            self.tell_online(to, out);
        }
    }

    /// Tells what the caller did to those who watch it, and are in none of these rooms, where all are
    /// told already.
    pub(super) fn tell_watchers_elsewhere(
        &self,
        event: &Event<'_>,
        told: &[RoomId],
        caller: &mut Caller<'_>,
    ) {
        let watchers = self.watches.watchers(self.people[caller.id].who().as_str());
        caller.out.toil(BYTES_PER_WATCHER * watchers.len() as u64);
        for id in watchers {
            let person = &self.people[id];
            if id != caller.id && !told.iter().any(|&at| person.is_in(at)) {
                caller.out.answer(&Answer::News(News::Did(*event)), id);
            }
        }
    }
}
