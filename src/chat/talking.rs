//! What is said.

use std::time::Duration;

use super::answer::{Answer, Refusal};
use super::event::What;
use super::message::{Kind, Message, Speech, To};
use super::outbound::{Audience, AudienceKey};
use super::room::{Member, RoomId};
use super::rules::{List, Rank};
use super::session::SessionId;
use super::text::Text;
use super::{Caller, Chat};

/// Of so many who talked in slow mode it is noted when, at least, whoever is there.
const TALKED_MIN: usize = 100;

impl Chat {
    /// Says something in a room, or to those there who have a rank. Whoever names the room is shown what
    /// it said.
    pub(super) fn say(
        &mut self,
        at: RoomId,
        rank: Option<Rank>,
        speech: Speech<'_>,
        is_named: bool,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'static>> {
        let room = &self.rooms[at];
        let mut rank = rank;
        match speech.kind {
            Kind::Probe | Kind::Reply if room.rules.no_probes => {
                return Err(Refusal::NoProbes(room.name().clone()));
            }
            // Whether somebody types is no news to a crowd, and is not to count as what it types.
            Kind::Mark if room.is_crowded() || room.rules.slow.is_some() => return Ok(()),
            Kind::Say | Kind::Act | Kind::Note | Kind::Probe | Kind::Reply | Kind::Mark => {}
        }
        let has_rules = room.rules.moderated || room.rules.slow.is_some();
        if has_rules || room.lists.is_some() {
            match self.may_talk(at, caller) {
                Err(Refusal::Muted(_) | Refusal::Moderated(_))
                    if self.rooms[at].rules.operators_hear_all =>
                {
                    rank = Some(Rank::Operator);
                }
                may => may?,
            }
        }
        self.people[caller.id].note_said(caller.now.utc);
        self.last_message = self.last_message.next(caller.now.utc);
        let (room, person) = (&self.rooms[at], &self.people[caller.id]);
        let name = room.name().clone();
        let message = Message {
            id: self.last_message,
            at: caller.now.utc,
            from: person.who(),
            to: rank.map_or(To::Room(&name), |rank| To::Ranked(rank, &name)),
            speech,
        };
        let event = caller.event(What::Said(message));
        if let Some(rank) = rank {
            let has_rank = |member: &&Member| member.is(Rank::Operator) || member.is(rank);
            self.neighbours.clear();
            self.neighbours.extend(room.members().iter().filter(has_rank));
            self.neighbourhoods += 1;
            let key = AudienceKey::of_several(at, self.neighbourhoods, Some(caller.id));
            caller.out.deliver(&event, &Audience { key, members: &self.neighbours });
        } else {
            caller.out.deliver(&event, &room.audience(Some(caller.id)));
        }
        if is_named {
            let is_focused = person.is_focused(at);
            caller.answer(&Answer::Done { event, is_focused });
        }
        if rank.is_none() && speech.kind.is_for_people() {
            self.rooms.remember(at, &message, caller.id);
        }
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
        let Some(member) = room.member(id) else {
            // A stranger, where strangers may talk.
            let who = self.people[id].identity();
            let lists = room.lists.as_deref();
            let is_kept_out = [List::Bans, List::Mutes]
                .into_iter()
                .any(|list| lists.is_some_and(|lists| lists.concerns(list, &who, caller.now.at)));
            return match is_kept_out {
                true => Err(Refusal::Muted(name)),
                false if room.rules.moderated => Err(Refusal::Moderated(name)),
                false => Ok(()),
            };
        };
        let is_ranked = member.ranks().highest().is_some();
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
        speech: Speech<'a>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'a>> {
        let owner = self.people.owner(to.as_str()).ok_or(Refusal::UnknownNick(to))?;
        self.tell_person(owner, speech, caller)
    }

    /// Says something to whoever said something to the caller alone last: to that one, also under
    /// another nickname, and not to somebody else who has taken the nickname.
    pub(super) fn reply(
        &mut self,
        text: Text<'_>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'static>> {
        let last = self.people[caller.id].told_by().filter(|&id| self.people.get(id).is_some());
        let last = last.ok_or(Refusal::NobodyToAnswer)?;
        self.tell_person(last, Speech::plain(Kind::Say, text), caller)
    }

    fn tell_person(
        &mut self,
        owner: SessionId,
        speech: Speech<'_>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'static>> {
        if caller.out.is_behind(owner) {
            return Err(Refusal::Behind(self.people[owner].who().clone()));
        }
        self.people[caller.id].note_said(caller.now.utc);
        if speech.kind.is_for_people() {
            self.people[owner].set_told_by(caller.id);
        }
        self.last_message = self.last_message.next(caller.now.utc);
        let (id, at) = (self.last_message, caller.now.utc);
        let (from, person) = (self.people[caller.id].who(), &self.people[owner]);
        let to = person.who();
        let message = Message { id, at, from, to: To::Person(to), speech };
        caller.out.answer(&Answer::Told(message), owner);
        caller.answer(&Answer::Delivered(message));
        if let Some(reason) = person.away().filter(|_| speech.kind.is_for_people()) {
            caller.answer(&Answer::IsAway { nick: to, reason });
        }
        Ok(())
    }
}
