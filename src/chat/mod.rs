//! The chat itself: who is here, and what follows from what they ask for.
//!
//! It knows no bytes, no sockets and no clock. A [`Command`] goes in, [`Event`]s and [`Answer`]s come
//! out through [`Outbound`], the time is told with each call. A command that cannot be followed is
//! answered with a [`Refusal`], never an error.
#![deny(clippy::disallowed_types)]

pub mod answer;
pub mod command;
pub mod event;
pub mod fold;
pub mod message;
pub mod name;
pub mod nicknames;
pub mod outbound;
pub mod room;
pub mod session;
#[cfg(test)]
mod tests;
pub mod text;

use std::collections::HashMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use answer::{Answer, Refusal};
use command::{Command, Kind};
use event::{Event, Farewell};
use message::{Message, MessageId};
use name::Nick;
use nicknames::{Clash, Nicknames};
use outbound::Outbound;
use room::Room;
use session::SessionId;
use text::Text;

use crate::clock::Now;

/// With more people than this in the room, comings and goings are gathered: n arrivals must not
/// cost n² lines.
const CROWD: usize = 100;

/// How often a crowd is told of its comings and goings.
const TRAFFIC_EVERY: Duration = Duration::from_secs(1);

/// How many nicknames a newcomer is shown.
const WELCOME_NAMES_MAX: usize = 10;

/// What the operator decides about the chat.
#[derive(Debug, Clone)]
pub struct ChatConfig {
    /// What the greeting calls this server.
    pub name: String,
    /// Text shown to every newcomer.
    pub motd: String,
    /// How many messages are kept, and shown to a newcomer.
    pub history_max: usize,
    /// The most bytes of messages that are kept.
    pub answer_bytes_max: usize,
    /// The most bytes of nicknames in one list.
    pub names_bytes_max: usize,
    /// So much of the past a session is shown at once, in bytes; more only when it has read that.
    pub history_bytes_at_once: usize,
    /// A session without a nickname to which so many were refused is expelled: a program that does
    /// not know what it talks to.
    pub nicknames_refused_max: u32,
}

/// What came of a command, as far as others than the chat have to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The session has a nickname now, and had none.
    Entered,
    /// It has another nickname now.
    Renamed,
    /// It is as it was.
    Same,
}

/// The chat: one room, its members, their nicknames.
#[derive(Debug)]
pub struct Chat {
    config: ChatConfig,
    nicks: Nicknames,
    room: Room,
    /// What sessions are still to be shown of the past: mostly nobody is.
    replays: HashMap<SessionId, Replay>,
    traffic: Traffic,
    last_message: MessageId,
    /// How many nicknames were refused to those who have none.
    refusals: HashMap<SessionId, u32>,
}

/// What a session is still to be shown of the past.
#[derive(Debug)]
struct Replay {
    numbers: Range<u64>,
    /// It asked for it; a newcomer is shown it unasked.
    is_asked: bool,
}

/// Comings and goings not yet told.
#[derive(Debug, Default)]
struct Traffic {
    joined: usize,
    left: usize,
    due: Option<Instant>,
}

impl Chat {
    /// An empty room.
    #[must_use]
    pub fn new(config: ChatConfig) -> Self {
        let room = Room::new(config.history_max, config.answer_bytes_max);
        // Else somebody could speak for the server.
        let nicks = Nicknames::new(&["server", "chatd", &config.name]);
        Self {
            config,
            nicks,
            room,
            replays: HashMap::new(),
            traffic: Traffic::default(),
            last_message: MessageId::default(),
            refusals: HashMap::new(),
        }
    }

    /// From now on newcomers are shown this text.
    pub fn set_motd(&mut self, motd: String) {
        self.config.motd = motd;
    }

    /// The nickname of a session, once it has one.
    #[must_use]
    pub fn nick(&self, id: SessionId) -> Option<&Nick> {
        self.nicks.of(id)
    }

    /// How many are in the room.
    #[must_use]
    pub fn members(&self) -> usize {
        self.room.members().len()
    }

    /// How many of them are told what is said.
    #[must_use]
    pub fn hearers(&self) -> usize {
        self.room.hearers()
    }

    /// Says hello to a newcomer.
    pub fn greet(&self, id: SessionId, out: &mut dyn Outbound) {
        out.answer(&Answer::Greeting { server: &self.config.name }, id);
    }

    /// Does what a session asks for.
    pub fn apply(
        &mut self,
        id: SessionId,
        command: Command<'_>,
        now: Now,
        out: &mut dyn Outbound,
    ) -> Outcome {
        match command {
            Command::Nick(name) => return self.rename(id, name, now, out),
            Command::Help => out.answer(&Answer::Help, id),
            _ if self.nicks.of(id).is_none() => refuse(id, Refusal::Nameless, false, out),
            Command::Say { kind, text } => self.speak(id, kind, text, now, out),
            Command::Tell { to, text } => self.tell(id, to, text, out),
            Command::Who => {
                let (names, others) = self.list(self.room.sessions(), usize::MAX);
                out.answer(&Answer::Present { names: &names, others }, id);
            }
            Command::History(count) => {
                let numbers = self.room.recent(count.unwrap_or(usize::MAX));
                self.show(id, Replay { numbers, is_asked: true }, now, out);
            }
        }
        Outcome::Same
    }

    /// These sessions are told nothing more. What they still say is heard, until they
    /// [leave](Chat::leave).
    pub fn deafen(&mut self, ids: impl Iterator<Item = SessionId>) {
        self.room.deafen(ids.filter(|&id| self.nicks.of(id).is_some()));
    }

    /// A session is gone. The others are told, and its nickname is free.
    pub fn leave(&mut self, id: SessionId, reason: Farewell<'_>, now: Now, out: &mut dyn Outbound) {
        self.refusals.remove(&id);
        let Some(nick) = self.nicks.release(id) else { return };
        self.replays.remove(&id);
        self.room.leave(id);
        if self.is_crowded() {
            self.traffic.left += 1;
            self.traffic.due.get_or_insert(now.at + TRAFFIC_EVERY);
        } else {
            out.deliver(&Event::Left { nick: &nick, reason }, &self.room.audience(None));
        }
    }

    /// When [`Chat::tick`] has something to do.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.traffic.due
    }

    /// Tells what was gathered, if it is time.
    pub fn tick(&mut self, now: Now, out: &mut dyn Outbound) {
        if self.traffic.due.is_some_and(|due| due <= now.at) {
            self.tell_traffic(out);
        }
    }

    /// Tells what was gathered and will not be told later: nothing follows a goodbye.
    pub fn close(&mut self, out: &mut dyn Outbound) {
        if self.traffic.due.is_some() {
            self.tell_traffic(out);
        }
    }

    fn tell_traffic(&mut self, out: &mut dyn Outbound) {
        let Traffic { joined, left, .. } = std::mem::take(&mut self.traffic);
        let here = self.members();
        out.deliver(&Event::Traffic { joined, left, here }, &self.room.audience(None));
    }

    fn is_crowded(&self) -> bool {
        self.members() > CROWD || self.traffic.due.is_some()
    }

    fn rename(
        &mut self,
        id: SessionId,
        name: Text<'_>,
        now: Now,
        out: &mut dyn Outbound,
    ) -> Outcome {
        let nick = match Nick::parse(name.as_str()) {
            Ok(nick) => nick,
            Err(error) => return self.refuse_nick(id, Refusal::BadNick(error), out),
        };
        match self.nicks.claim(id, &nick) {
            Err(Clash::Taken) => self.refuse_nick(id, Refusal::NickTaken(&nick), out),
            Err(Clash::Reserved) => self.refuse_nick(id, Refusal::NickReserved(&nick), out),
            Ok(None) => {
                self.refusals.remove(&id);
                self.welcome(id, now, out);
                Outcome::Entered
            }
            Ok(Some(old)) => {
                let nick = &self.nicks[id];
                out.answer(&Answer::Named(nick), id);
                if old == *nick {
                    return Outcome::Same;
                }
                let event = Event::Renamed { from: &old, to: nick };
                out.deliver(&event, &self.room.audience(Some(id)));
                Outcome::Renamed
            }
        }
    }

    fn refuse_nick(
        &mut self,
        id: SessionId,
        refusal: Refusal<'_>,
        out: &mut dyn Outbound,
    ) -> Outcome {
        let named = self.nicks.of(id).is_some();
        refuse(id, refusal, named, out);
        if !named {
            let refused = self.refusals.entry(id).or_default();
            *refused += 1;
            if *refused >= self.config.nicknames_refused_max {
                out.answer(&Answer::NicknamesRefused(*refused), id);
                out.expel(id, Farewell::NicknamesRefused(*refused));
            }
        }
        Outcome::Same
    }

    fn welcome(&mut self, id: SessionId, now: Now, out: &mut dyn Outbound) {
        let nick = &self.nicks[id];
        let (here, others) = self.list(self.room.sessions(), WELCOME_NAMES_MAX);
        out.answer(&Answer::Welcomed { nick, here: &here, others }, id);
        for line in self.config.motd.lines() {
            out.answer(&Answer::Notice(Text::parse(line.as_bytes(), &mut String::new())), id);
        }
        if !self.room.recent(1).is_empty() {
            let numbers = self.room.recent(usize::MAX);
            self.show(id, Replay { numbers, is_asked: false }, now, out);
        }
        self.room.join(id);
        if self.is_crowded() {
            self.traffic.joined += 1;
            self.traffic.due.get_or_insert(now.at + TRAFFIC_EVERY);
        } else {
            out.deliver(&Event::Joined(&self.nicks[id]), &self.room.audience(Some(id)));
        }
    }

    fn speak(
        &mut self,
        id: SessionId,
        kind: Kind,
        text: Text<'_>,
        now: Now,
        out: &mut dyn Outbound,
    ) {
        self.last_message = self.last_message.next(now.utc);
        let message =
            Message { id: self.last_message, at: now.utc, from: &self.nicks[id], kind, text };
        out.deliver(&Event::Message(message), &self.room.audience(Some(id)));
        self.room.remember(&message);
    }

    fn tell(&self, id: SessionId, to: Text<'_>, text: Text<'_>, out: &mut dyn Outbound) {
        match self.nicks.owner(to.as_str()) {
            None => refuse(id, Refusal::UnknownNick(to), true, out),
            Some(owner) if out.is_behind(owner) => {
                refuse(id, Refusal::Behind(&self.nicks[owner]), true, out);
            }
            Some(owner) => {
                let (from, to) = (&self.nicks[id], &self.nicks[owner]);
                out.answer(&Answer::Told { from, text }, owner);
                out.answer(&Answer::Delivered { from, to, text }, id);
            }
        }
    }

    /// Whether a session is still to be shown something of the past.
    #[must_use]
    pub fn has_more(&self, id: SessionId) -> bool {
        !self.replays.is_empty() && self.replays.contains_key(&id)
    }

    /// Whether it asked for that, and has not yet got all of it.
    #[must_use]
    pub fn awaits_more(&self, id: SessionId) -> bool {
        !self.replays.is_empty() && self.replays.get(&id).is_some_and(|replay| replay.is_asked)
    }

    /// Shows a session the next part of the past that it is still to be shown, as far as that is
    /// not forgotten by now, and tells whether it asked for it. To be called when it has read what
    /// it was sent before: so nobody makes the server keep a copy of everything for it.
    pub fn go_on(&mut self, id: SessionId, now: Now, out: &mut dyn Outbound) -> bool {
        let Some(mut replay) = self.replays.remove(&id) else { return false };
        let is_asked = replay.is_asked;
        replay.numbers.start = replay.numbers.start.max(self.room.oldest());
        if !replay.numbers.is_empty() {
            self.show(id, replay, now, out);
        }
        is_asked
    }

    fn show(&mut self, id: SessionId, mut replay: Replay, now: Now, out: &mut dyn Outbound) {
        let messages = || self.room.messages(&replay.numbers, self.config.history_bytes_at_once);
        let count = messages().len();
        let last = messages().last().map_or(Duration::ZERO, |message| message.at.before(now.utc));
        out.answer(&Answer::History { count, last }, id);
        messages().for_each(|message| out.answer(&Answer::Earlier(message), id));
        replay.numbers.start += count as u64;
        if !replay.numbers.is_empty() {
            self.replays.insert(id, replay);
        }
    }

    /// The nicknames of `ids` as far as `max` and the size of an answer allow, and how many more
    /// there are.
    fn list(&self, ids: impl Iterator<Item = SessionId>, max: usize) -> (Vec<&Nick>, usize) {
        let mut bytes = 0;
        let mut names = Vec::new();
        let mut ids = ids.filter_map(|id| self.nicks.of(id)).peekable();
        while let Some(nick) = ids.next_if(|nick| {
            names.len() < max && bytes + nick.as_str().len() <= self.config.names_bytes_max
        }) {
            bytes += nick.as_str().len() + ", ".len();
            names.push(nick);
        }
        (names, ids.count())
    }
}

fn refuse(id: SessionId, refusal: Refusal<'_>, named: bool, out: &mut dyn Outbound) {
    out.answer(&Answer::Refused { refusal, named }, id);
}
