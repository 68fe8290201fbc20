//! What is said, and what was said before.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use super::answer::{Answer, Place, Refusal};
use super::command::Kind;
use super::event::Event;
use super::message::Message;
use super::outbound::Outbound;
use super::room::{Member, RoomId};
use super::session::SessionId;
use super::text::Text;
use super::{Caller, Chat};
use crate::clock::Now;

/// Of so many who talked in slow mode it is noted when, at least, whoever is there.
const TALKED_MIN: usize = 100;

/// What a session is still to be shown of the past.
#[derive(Debug)]
pub(super) struct Replay {
    pub(super) room: RoomId,
    numbers: Range<u64>,
    /// It asked for it; a newcomer is shown it unasked.
    is_asked: bool,
}

impl Chat {
    /// Says something in a room. Whoever names the room is shown what it said.
    pub(super) fn say(
        &mut self,
        at: RoomId,
        kind: Kind,
        text: Text<'_>,
        is_named: bool,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'static>> {
        let room = &self.rooms[at];
        let has_rules = room.rules.moderated || room.rules.slow.is_some();
        if has_rules || room.lists.is_some() {
            self.may_talk(at, caller)?;
        }
        self.last_message = self.last_message.next(caller.now.utc);
        let (room, person) = (&self.rooms[at], &self.people[caller.id]);
        let name = room.name().clone();
        let message = Message {
            id: self.last_message,
            at: caller.now.utc,
            room: &name,
            from: person.nick(),
            kind,
            text,
        };
        caller.out.deliver(&Event::Message(message), &room.audience(Some(caller.id)));
        if is_named {
            let is_focused = person.is_focused(at);
            caller.answer(&Answer::Done { event: Event::Message(message), is_focused });
        }
        self.rooms.remember(at, &message);
        Ok(())
    }

    /// Whether the rules of a room let the caller say something now.
    fn may_talk(&mut self, at: RoomId, caller: &mut Caller<'_>) -> Result<(), Refusal<'static>> {
        let id = caller.id;
        if self.rooms[at].member(id).is_some_and(Member::is_silenced) {
            // Its time may be over.
            self.judge(at, id, caller);
        }
        let room = &mut self.rooms[at];
        let name = room.name().clone();
        let Some(member) = room.member(id) else { return Ok(()) };
        let is_ranked = member.rank().is_some();
        if !room.lets_talk(id) {
            let is_silenced = member.is_silenced();
            return Err(if is_silenced { Refusal::Muted(name) } else { Refusal::Moderated(name) });
        }
        match room.rules.slow {
            Some(slow) if !is_ranked => self.wait_in_slow_mode(at, slow, caller),
            Some(_) | None => Ok(()),
        }
    }

    /// Notes that the caller says something in slow mode, if it has waited for so long.
    fn wait_in_slow_mode(
        &mut self,
        at: RoomId,
        slow: Duration,
        caller: &Caller<'_>,
    ) -> Result<(), Refusal<'static>> {
        let (now, room) = (caller.now.at, &mut self.rooms[at]);
        if let Some(&last) = room.talked.get(&caller.id)
            && now < last + slow
        {
            return Err(Refusal::Slow(room.name().clone(), last + slow - now));
        }
        // Those who have left are not forgotten at once: they may come again.
        if room.talked.len() >= 2 * room.members().len() + TALKED_MIN {
            room.talked.retain(|_, last| now < *last + slow);
        }
        if room.talked.len() < 4 * room.members().len() + TALKED_MIN {
            room.talked.insert(caller.id, now);
        }
        Ok(())
    }

    /// Says something to one person.
    pub(super) fn tell<'a>(
        &mut self,
        to: Text<'a>,
        text: Text<'a>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'a>> {
        let owner = self.people.owner(to.as_str()).ok_or(Refusal::UnknownNick(to))?;
        self.tell_person(owner, text, caller)
    }

    /// Says something to whoever said something to the caller alone last: to that one, also under
    /// another nickname, and not to somebody else who has taken the nickname.
    pub(super) fn reply(
        &mut self,
        text: Text<'_>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'static>> {
        let last = self.people[caller.id].told_by().filter(|&id| self.people.get(id).is_some());
        self.tell_person(last.ok_or(Refusal::NobodyToAnswer)?, text, caller)
    }

    fn tell_person(
        &mut self,
        owner: SessionId,
        text: Text<'_>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'static>> {
        if caller.out.is_behind(owner) {
            return Err(Refusal::Behind(self.people[owner].nick().clone()));
        }
        self.people[owner].set_told_by(caller.id);
        let person = &self.people[owner];
        let (from, to) = (self.people[caller.id].nick(), person.nick());
        caller.out.answer(&Answer::Told { from, text }, owner);
        caller.answer(&Answer::Delivered { from, to, text });
        if let Some(reason) = person.away() {
            caller.answer(&Answer::IsAway { nick: to, reason });
        }
        Ok(())
    }

    /// Shows the caller what was said in a room, as much as it asks for and is kept.
    pub(super) fn show_history(
        &mut self,
        room: RoomId,
        count: Option<usize>,
        caller: &mut Caller<'_>,
    ) {
        let count = count.unwrap_or(self.config.messages_shown);
        let numbers = self.rooms[room].history.recent(count);
        let replay = Replay { room, numbers, is_asked: true };
        self.replay(replay, caller.id, caller.now, caller.out);
    }

    /// Shows a newcomer what was said in a room, if anything was.
    pub(super) fn show_newcomer_history(&mut self, room: RoomId, caller: &mut Caller<'_>) {
        let numbers = self.rooms[room].history.recent(self.config.messages_shown);
        if !numbers.is_empty() {
            let replay = Replay { room, numbers, is_asked: false };
            self.replay(replay, caller.id, caller.now, caller.out);
        }
    }

    /// Whether a session is still to be shown something of the past.
    #[must_use]
    pub fn has_more(&self, id: SessionId) -> bool {
        !self.replays.is_empty() && self.replays.get(&id).is_some_and(|replays| !replays.is_empty())
    }

    /// Whether it asked for that, and has not yet got all of it.
    #[must_use]
    pub fn awaits_more(&self, id: SessionId) -> bool {
        let is_asked = |replay: &Replay| replay.is_asked;
        !self.replays.is_empty()
            && self.replays.get(&id).is_some_and(|replays| replays.iter().any(is_asked))
    }

    /// Shows a session the next part of the past that it is still to be shown, as far as that is
    /// not forgotten by now, and tells whether it asked for it. To be called when it has read what
    /// it was sent before: so nobody makes the server keep a copy of everything for it.
    pub fn go_on(&mut self, id: SessionId, now: Now, out: &mut dyn Outbound) -> bool {
        let mut is_asked = false;
        while let Some(mut replay) = self.replays.get_mut(&id).and_then(VecDeque::pop_front) {
            is_asked |= replay.is_asked;
            // A room that has ended, or that it has left, was taken out of what it is to be shown.
            let oldest = self.rooms[replay.room].history.oldest();
            replay.numbers.start = replay.numbers.start.max(oldest);
            if !replay.numbers.is_empty() {
                self.show(replay, id, now, out);
                break;
            }
        }
        self.forget_shown(id);
        is_asked
    }

    /// Forgets that somebody was to be shown something, if nothing is left.
    pub(super) fn forget_shown(&mut self, id: SessionId) {
        if self.replays.get(&id).is_some_and(VecDeque::is_empty) {
            self.replays.remove(&id);
        }
    }

    /// Shows something of the past now, or behind what is still to be shown of other rooms.
    fn replay(&mut self, replay: Replay, id: SessionId, now: Now, out: &mut dyn Outbound) {
        let waiting = self.replays.entry(id).or_default();
        waiting.retain(|waiting| waiting.room != replay.room);
        if waiting.is_empty() {
            self.show(replay, id, now, out);
        } else {
            waiting.push_back(replay);
        }
        self.forget_shown(id);
    }

    fn show(&mut self, mut replay: Replay, id: SessionId, now: Now, out: &mut dyn Outbound) {
        let room = &self.rooms[replay.room];
        // A newcomer to the home room is not in it yet, but is to talk there.
        let is_focused = self.people[id].focus().is_none_or(|focus| focus == replay.room);
        let messages = || {
            room.history.messages(room.name(), &replay.numbers, self.config.history_bytes_at_once)
        };
        let count = messages().len();
        let last = messages().last().map_or(Duration::ZERO, |message| message.at.before(now.utc));
        let place = Place { room: room.name(), is_focused };
        out.answer(&Answer::History { place, count, last }, id);
        for message in messages() {
            out.answer(&Answer::Earlier { message, is_focused }, id);
        }
        replay.numbers.start += count as u64;
        if !replay.numbers.is_empty() {
            self.replays.entry(id).or_default().push_front(replay);
        }
    }
}
