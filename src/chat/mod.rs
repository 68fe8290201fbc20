//! The chat itself: who is here, and what follows from what they ask for.
//!
//! It knows no bytes, no sockets and no clock. A [`Command`] goes in, [`Event`]s and [`Answer`]s come
//! out through [`Outbound`], the time is told with each call. A command that cannot be followed is
//! answered with a [`Refusal`], never an error.
//!
//! What somebody asks for is followed in a file for each concern: `entering` has how people come,
//! change and go, `talking` what is said, `past` what was said before, `asking` what can be asked,
//! `watching` who is told of whom, and `operating` what those in charge of a room may do.
#![deny(clippy::disallowed_types)]

pub mod answer;
mod asking;
pub mod command;
pub(crate) mod entering;
pub mod event;
pub mod fold;
pub mod history;
pub mod look_alikes;
pub mod mask;
pub mod message;
pub mod name;
pub(crate) mod operating;
pub mod outbound;
mod past;
pub mod people;
pub mod room;
pub mod rooms;
pub mod rules;
pub mod session;
mod talking;
#[cfg(test)]
mod tests;
pub mod text;
pub mod watching;
pub mod who;

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Instant;

use answer::{Answer, Place, Refusal};
use command::{Ask, Command};
use event::{Event, Happening, What};
use message::MessageId;
use name::RoomName;
use outbound::{Audience, AudienceKey, Outbound};
use past::Replay;
use people::People;
use room::{Member, RoomId};
use rooms::Rooms;
use rules::List;
use session::SessionId;
use text::{Text, TextBuf};
use watching::Watches;
use who::Who;

use crate::clock::{Now, Timestamp};

/// What the operator decides about the chat.
#[derive(Debug, Clone)]
pub struct ChatConfig {
    /// What the greeting calls this server.
    pub name: String,
    /// Text shown to every newcomer.
    pub motd: String,
    /// The room where everybody begins.
    pub home: RoomName,
    /// How many rooms there may be at once.
    pub rooms_max: usize,
    /// How many messages a newcomer to a room is shown.
    pub messages_shown: usize,
    /// How many messages a room keeps …
    pub messages_kept: usize,
    /// … in so many bytes of memory at the most.
    pub history_bytes_max: usize,
    /// The most bytes of names in one list.
    pub names_bytes_max: usize,
    /// The same for those whose programs keep lists of who is in a room.
    pub exact_names_bytes_max: usize,
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
    /// It has made a room, which counts as ten lines.
    MadeRoom,
    /// It took a message back, in this room.
    TookBack(MessageId, RoomId),
    /// It is as it was.
    Same,
}

/// The chat: rooms, and the people in them.
#[derive(Debug)]
pub struct Chat {
    config: ChatConfig,
    /// The text for newcomers.
    motd: Vec<TextBuf>,
    people: People,
    rooms: Rooms,
    watches: Watches,
    last_message: MessageId,
    /// What sessions are still to be shown of the past: mostly nobody is.
    replays: HashMap<SessionId, VecDeque<Replay>>,
    /// Rooms with comings and goings that were not told yet.
    crowds: Vec<RoomId>,
    /// How many nicknames were refused to those who have none.
    refusals: HashMap<SessionId, u32>,
    /// Who hears of a person that is in several rooms; kept for its memory.
    neighbours: Vec<Member>,
    /// How often there were such.
    neighbourhoods: u64,
    /// Who gave up a nickname lately, the last one first.
    gone: VecDeque<Gone>,
}

/// Somebody who gave up a nickname.
#[derive(Debug)]
struct Gone {
    who: Who,
    real_name: TextBuf,
    until: Timestamp,
}

/// Of so many it is remembered.
const GONE_MAX: usize = 1000;

fn lines_of(text: &str) -> Vec<TextBuf> {
    let harmless = |line: &str| Text::parse(line.as_bytes(), &mut String::new()).into();
    text.lines().map(harmless).collect()
}

/// Whose command is followed, when, and where what follows from it goes.
struct Caller<'o> {
    id: SessionId,
    now: Now,
    out: &'o mut dyn Outbound,
}

impl Caller<'_> {
    fn answer(&mut self, answer: &Answer<'_>) {
        self.out.answer(answer, self.id);
    }

    /// Something that happens now.
    fn event<'a>(&self, what: What<'a>) -> Event<'a> {
        Event { at: self.now.utc, what }
    }
}

impl Chat {
    /// An empty home room.
    #[must_use]
    pub fn new(config: ChatConfig) -> Self {
        // Else somebody could speak for the server.
        let people = People::new(&["server", "chatd", &config.name]);
        Self {
            people,
            rooms: Rooms::new(&config),
            watches: Watches::default(),
            motd: lines_of(&config.motd),
            config,
            last_message: MessageId::default(),
            replays: HashMap::new(),
            crowds: Vec::new(),
            refusals: HashMap::new(),
            neighbours: Vec::new(),
            neighbourhoods: 0,
            gone: VecDeque::new(),
        }
    }

    /// From now on newcomers are shown this text.
    pub fn set_motd(&mut self, motd: &str) {
        self.motd = lines_of(motd);
    }

    /// The nickname of a session, once it has one.
    #[must_use]
    pub fn nick(&self, id: SessionId) -> Option<&Who> {
        self.people.get(id).map(people::Person::who)
    }

    /// What a room is called, unless it has ended.
    #[must_use]
    pub fn room_name(&self, id: RoomId) -> Option<&RoomName> {
        self.rooms.get(id).map(room::Room::name)
    }

    /// The rooms that a session is in.
    pub fn rooms_of(&self, id: SessionId) -> impl Iterator<Item = RoomId> + '_ {
        self.people.get(id).into_iter().flat_map(people::Person::rooms)
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
        let mut caller = Caller { id, now, out };
        match self.follow(command, &mut caller) {
            Ok(outcome) => outcome,
            Err(refusal) => {
                let named = self.people.get(id).is_some();
                caller.answer(&Answer::Refused { refusal: &refusal, named });
                let is_for_nick =
                    matches!(command, Command::Nick(_) | Command::TryNick(_) | Command::Enter(_));
                if !named && is_for_nick {
                    self.count_refusal(&mut caller);
                }
                Outcome::Same
            }
        }
    }

    fn follow<'a>(
        &mut self,
        command: Command<'a>,
        caller: &mut Caller<'_>,
    ) -> Result<Outcome, Refusal<'a>> {
        match command {
            Command::Nick(name) => return self.take_nick(name, caller),
            Command::TryNick(name) => self.try_nick(name, caller)?,
            Command::Enter(newcomer) => return self.register(newcomer, caller),
            Command::Help(help) => caller.answer(&Answer::Help(help)),
            _ if self.people.get(caller.id).is_none() => return Err(Refusal::Nameless),
            Command::Tell { to, speech } => self.tell(to, speech, caller)?,
            Command::Reply(text) => self.reply(text, caller)?,
            Command::Join { room, key } => return self.enter(room, key, caller),
            Command::Rooms => self.list_rooms(caller),
            Command::Whois(nick) => self.show_person(nick, caller)?,
            Command::Away(reason) => self.go_away(reason, caller)?,
            Command::Describe(name) => self.describe(name, caller)?,
            Command::Hide { nick, is_hidden } => self.hide(nick, is_hidden, caller)?,
            Command::Watch(watch) => self.watch(watch, caller)?,
            Command::Ask(question) => self.reply_to(question, caller)?,
            Command::In { room, ask } => return self.follow_in(room, ask, caller),
        }
        Ok(Outcome::Same)
    }

    fn follow_in<'a>(
        &mut self,
        room: Option<Text<'a>>,
        ask: Ask<'a>,
        caller: &mut Caller<'_>,
    ) -> Result<Outcome, Refusal<'a>> {
        if let (Some(room), Ask::Who) = (room, ask) {
            self.show_members_of(room, caller)?;
            return Ok(Outcome::Same);
        }
        let at = match self.room_of(room, caller) {
            Err(Refusal::NotIn(name)) => self.room_from_outside(name, ask)?,
            at => at?,
        };
        match ask {
            Ask::Part(Some(name)) if room.is_none() && self.named_room(name, caller).is_some() => {
                let at = self.named_room(name, caller).unwrap_or(at);
                self.part(at, None, caller);
            }
            Ask::Say(speech) => self.say(at, None, speech, room.is_some(), caller)?,
            Ask::SayRanked { rank, speech } => self.say(at, Some(rank), speech, true, caller)?,
            Ask::Part(reason) => self.part(at, reason, caller),
            Ask::Who => self.show_members(at, caller),
            Ask::History(count) => self.show_history(at, count, caller),
            Ask::Past { span, most } => self.show_past(at, span, most, caller)?,
            Ask::TakeBack { message, reason } => {
                self.take_back(at, message, reason, caller)?;
                return Ok(Outcome::TookBack(message, at));
            }
            Ask::Topic(None) => self.show_topic(at, caller),
            Ask::Topic(Some(topic)) => self.set_topic(at, topic, caller)?,
            Ask::Invite(nick) => self.invite(at, nick, caller)?,
            Ask::Kick { nick, reason } => self.kick(at, nick, reason, caller)?,
            Ask::KeepOut { list, who, time, throws_out } => {
                self.keep_out(at, list, who, time, throws_out, caller)?;
            }
            Ask::Pardon { list, who } => self.pardon(at, list, who, caller)?,
            Ask::Lists => self.show_lists(at, caller),
            Ask::List(list) => self.show_list(at, list, caller)?,
            Ask::Rank { nick, rank, is_given } => self.rank(at, nick, rank, is_given, caller)?,
            Ask::Rules => self.show_rules(at, caller),
            Ask::Change(change) => self.change(at, change, caller)?,
        }
        Ok(Outcome::Same)
    }

    /// The room that a command is about: where the caller talks, or one that it names and is in.
    fn room_of<'a>(
        &self,
        name: Option<Text<'a>>,
        caller: &Caller<'_>,
    ) -> Result<RoomId, Refusal<'a>> {
        let person = &self.people[caller.id];
        let Some(name) = name else {
            return person.focus().ok_or_else(|| Refusal::InNoRoom(self.config.home.clone()));
        };
        let name = RoomName::parse(name.as_str()).map_err(Refusal::BadRoom)?;
        match self.rooms.find(&name) {
            Some(id) if person.is_in(id) => Ok(id),
            Some(id) if !self.rooms[id].rules.secret => {
                Err(Refusal::NotIn(self.rooms[id].name().clone()))
            }
            Some(_) | None => Err(Refusal::UnknownRoom(name)),
        }
    }

    /// A room that the caller knows of and is not in, if what it asks for can be asked from outside.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all else is for those who are in")]
    fn room_from_outside<'a>(&self, name: RoomName, ask: Ask<'_>) -> Result<RoomId, Refusal<'a>> {
        let Some(at) = self.rooms.find(&name) else { return Err(Refusal::UnknownRoom(name)) };
        let is_let = match ask {
            Ask::Say(_) => self.rooms[at].rules.strangers,
            Ask::Rules | Ask::List(List::Bans | List::Mutes) => true,
            _ => false,
        };
        if is_let { Ok(at) } else { Err(Refusal::NotIn(name)) }
    }

    /// The room that the caller is in and that is called so, with `#` or without.
    fn named_room(&self, name: Text<'_>, caller: &Caller<'_>) -> Option<RoomId> {
        let at = self.rooms.find(&RoomName::parse(name.as_str()).ok()?)?;
        self.people[caller.id].is_in(at).then_some(at)
    }

    fn place(&self, at: RoomId, caller: &Caller<'_>) -> Place<'_> {
        let is_focused = self.people[caller.id].is_focused(at);
        Place { room: self.rooms[at].name(), is_focused }
    }

    /// Tells what happened in a room to all there but the caller, who did it.
    fn tell_others(&self, at: RoomId, what: Happening<'_>, caller: &mut Caller<'_>) {
        let room = &self.rooms[at];
        let event = caller.event(What::In { room: room.name(), what });
        caller.out.deliver(&event, &room.audience(Some(caller.id)));
    }

    /// The same, and tells the caller in an answer.
    fn tell_room(&mut self, at: RoomId, what: Happening<'_>, caller: &mut Caller<'_>) {
        self.tell_others(at, what, caller);
        let event = caller.event(What::In { room: self.rooms[at].name(), what });
        let is_focused = self.people[caller.id].is_focused(at);
        caller.answer(&Answer::Done { event, is_focused });
    }

    /// Tells something about a person to each who is in one of these rooms, once.
    fn tell_neighbours(
        &mut self,
        event: &Event<'_>,
        rooms: &[RoomId],
        speaker: Option<SessionId>,
        out: &mut dyn Outbound,
    ) {
        match rooms {
            [] => {}
            [room] => out.deliver(event, &self.rooms[*room].audience(speaker)),
            [first, ..] => {
                self.neighbours.clear();
                for &room in rooms {
                    // It carries no mark of a room, so it is the same wherever they talk.
                    let members = self.rooms[room].members().iter().copied();
                    self.neighbours.extend(members.map(Member::focused));
                }
                self.neighbours.sort_unstable_by_key(Member::session);
                self.neighbours.dedup_by_key(|member| member.session());
                self.tell_some(event, *first, speaker, out);
            }
        }
    }

    /// Tells something to those of `neighbours`, of whom one at least is in a room.
    fn tell_some(
        &mut self,
        event: &Event<'_>,
        room: RoomId,
        speaker: Option<SessionId>,
        out: &mut dyn Outbound,
    ) {
        out.toil(4 * self.neighbours.len() as u64);
        self.neighbourhoods += 1;
        let key = AudienceKey::of_several(room, self.neighbourhoods, speaker);
        out.deliver(event, &Audience { key, members: &self.neighbours });
    }

    /// Tells those who hear of each who comes or goes that somebody of these crowds did, unless they are
    /// in one of the `told` rooms.
    fn tell_exact(
        &mut self,
        event: &Event<'_>,
        crowds: &[RoomId],
        told: &[RoomId],
        out: &mut dyn Outbound,
    ) {
        let Some(&first) = crowds.iter().find(|&&at| self.rooms[at].has_exact_hearers()) else {
            return;
        };
        self.neighbours.clear();
        for &room in crowds {
            let members = self.rooms[room].members().iter().filter(|member| member.hears_each());
            self.neighbours.extend(members.copied().map(Member::focused));
        }
        let people = &self.people;
        self.neighbours.retain(|member| {
            people.get(member.session()).is_some_and(|it| !told.iter().any(|&at| it.is_in(at)))
        });
        self.neighbours.sort_unstable_by_key(Member::session);
        self.neighbours.dedup_by_key(|member| member.session());
        self.tell_some(event, first, None, out);
    }

    /// These sessions are told nothing more. What they still say is heard, until they
    /// [leave](Chat::leave).
    pub fn deafen(&mut self, ids: impl Iterator<Item = SessionId>) {
        let ids: HashSet<SessionId> = ids.collect();
        let mut rooms: Vec<RoomId> = ids
            .iter()
            .filter_map(|&id| self.people.get(id))
            .flat_map(people::Person::rooms)
            .collect();
        rooms.sort_unstable();
        rooms.dedup();
        for room in rooms {
            self.rooms[room].deafen(&ids);
        }
    }

    /// When [`Chat::tick`] has something to do.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.crowds.iter().filter_map(|&room| self.rooms.get(room)?.traffic.due).min()
    }

    /// Tells what was gathered, if it is time.
    pub fn tick(&mut self, now: Now, out: &mut dyn Outbound) {
        if self.due().is_some_and(|due| due <= now.at) {
            self.tell_traffic(now, |due| due <= now.at, out);
        }
    }

    /// Tells what was gathered and will not be told later: nothing follows a goodbye.
    pub fn close(&mut self, now: Now, out: &mut dyn Outbound) {
        self.tell_traffic(now, |_| true, out);
    }

    fn tell_traffic(&mut self, now: Now, is_due: impl Fn(Instant) -> bool, out: &mut dyn Outbound) {
        let Self { crowds, rooms, .. } = self;
        crowds.retain(|&id| {
            // A room may have ended meanwhile.
            let Some(due) = rooms.get(id).and_then(|room| room.traffic.due) else { return false };
            if is_due(due) {
                let room::Traffic { joined, left, .. } = std::mem::take(&mut rooms[id].traffic);
                let room = &rooms[id];
                let what = Happening::Traffic { joined, left, here: room.members().len() };
                let what = What::In { room: room.name(), what };
                out.deliver(&Event { at: now.utc, what }, &room.audience(None));
            }
            !is_due(due)
        });
    }

    /// Counts who comes to a room, or leaves it, if it is a crowd. `false` if it is not: then each is
    /// told alone.
    fn count_traffic(&mut self, at: RoomId, joined: usize, left: usize, now: Now) -> bool {
        let room = &mut self.rooms[at];
        if !room.is_crowded() {
            return false;
        }
        room.traffic.joined += joined;
        room.traffic.left += left;
        if room.traffic.due.is_none() {
            room.traffic.due = Some(now.at + room::TRAFFIC_EVERY);
            self.crowds.push(at);
        }
        true
    }
}
