//! What was said before: who is shown it, and who takes it back.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use super::answer::{Answer, Place, Refusal};
use super::event::Happening;
use super::history::Span;
use super::message::MessageId;
use super::outbound::Outbound;
use super::room::RoomId;
use super::session::SessionId;
use super::text::Text;
use super::{Caller, Chat};
use crate::clock::Now;

/// What a session is still to be shown of the past.
#[derive(Debug)]
pub(super) struct Replay {
    pub(super) room: RoomId,
    ids: Range<MessageId>,
    /// It asked for it; a newcomer is shown it unasked.
    is_asked: bool,
}

impl Chat {
    /// Shows the caller what was said in a room, as much as it asks for and is kept.
    pub(super) fn show_history(
        &mut self,
        room: RoomId,
        count: Option<usize>,
        caller: &mut Caller<'_>,
    ) {
        let count = count.unwrap_or(self.config.messages_shown);
        let ids = self.rooms[room].history.recent(count);
        let replay = Replay { room, ids, is_asked: true };
        self.replay(replay, caller.id, caller.now, caller.out);
    }

    /// Shows a newcomer what was said in a room, if anything was.
    pub(super) fn show_newcomer_history(&mut self, room: RoomId, caller: &mut Caller<'_>) {
        let ids = self.rooms[room].history.recent(self.config.messages_shown);
        if !ids.is_empty() {
            let replay = Replay { room, ids, is_asked: false };
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
        while let Some(replay) = self.replays.get_mut(&id).and_then(VecDeque::pop_front) {
            is_asked |= replay.is_asked;
            // A room that has ended, or that it has left, was taken out of what it is to be shown.
            if self.rooms[replay.room].history.has_any(&replay.ids) {
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
        let bytes_max = self.config.history_bytes_at_once;
        replay.ids.start = self.show_messages(replay.room, &replay.ids, bytes_max, id, now, out);
        if !replay.ids.is_empty() {
            self.replays.entry(id).or_default().push_front(replay);
        }
    }

    /// Shows messages of a room, as far as they are kept and take no more than so many bytes. Returns the
    /// id where the rest begins.
    fn show_messages(
        &self,
        at: RoomId,
        ids: &Range<MessageId>,
        bytes_max: usize,
        id: SessionId,
        now: Now,
        out: &mut dyn Outbound,
    ) -> MessageId {
        let room = &self.rooms[at];
        // A newcomer to the home room is not in it yet, but is to talk there.
        let is_focused = self.people[id].focus().is_none_or(|focus| focus == at);
        let messages = || room.history.messages(room.name(), ids, bytes_max);
        let last = messages().last();
        let ago = last.map_or(Duration::ZERO, |message| message.at.before(now.utc));
        let place = Place { room: room.name(), is_focused };
        out.answer(&Answer::History { place, count: messages().len(), last: ago }, id);
        for message in messages() {
            out.answer(&Answer::Earlier { message, is_focused }, id);
        }
        last.map_or(ids.end, |message| message.id.following())
    }

    /// Shows the caller at once a part of what was said in a room. How many messages that may be is
    /// decided by whoever asks, and what they take is bounded by what a room keeps.
    pub(super) fn show_past(
        &self,
        at: RoomId,
        span: Span,
        most: usize,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'static>> {
        let room = &self.rooms[at];
        let Some(ids) = room.history.part(span, most) else {
            return Err(Refusal::UnknownMessage(room.name().clone()));
        };
        self.show_messages(at, &ids, usize::MAX, caller.id, caller.now, caller.out);
        Ok(())
    }

    /// Takes back what the caller said in a room, or, if it is an operator there, what anybody said.
    pub(super) fn take_back(
        &mut self,
        at: RoomId,
        message: MessageId,
        reason: Option<Text<'_>>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'static>> {
        let room = &self.rooms[at];
        let Some((author, from)) = room.history.author(message) else {
            return Err(Refusal::UnknownMessage(room.name().clone()));
        };
        let is_own = author == caller.id;
        if !is_own && !self.is_operator(at, caller.id) {
            return Err(Refusal::NotYours(room.name().clone()));
        }
        let from = (!is_own).then(|| from.clone());
        // Nobody says here what it may not say.
        let reason = reason.filter(|_| room.lets_talk(caller.id));
        let by = self.people[caller.id].who().clone();
        self.rooms.take_back(at, message);
        let from = from.as_ref();
        self.tell_room(at, Happening::TakenBack { by: &by, message, from, reason }, caller);
        Ok(())
    }
}
