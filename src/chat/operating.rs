//! What those in charge of a room may do.

use std::time::Duration;

use super::answer::{Answer, Refusal};
use super::event::Happening;
use super::mask::{Identity, Mask};
use super::name::Nick;
use super::room::{CROWD, RoomId};
use super::rules::{Change, Entry, KEY_BYTES_MAX, LIST_MAX, List, Rank, SLOW_MAX};
use super::session::{Cloak, SessionId};
use super::text::{Text, TextBuf};
use super::{Caller, Chat};

/// The longest topic, in bytes.
const TOPIC_BYTES_MAX: usize = 390;

impl Chat {
    fn must_operate(&self, at: RoomId, caller: &Caller<'_>) -> Result<(), Refusal<'static>> {
        if self.is_operator(at, caller.id) {
            Ok(())
        } else {
            Err(Refusal::NeedsOperator(self.rooms[at].name().clone()))
        }
    }

    /// Whom a command in a room is about: somebody who is there.
    fn member_called<'a>(&self, at: RoomId, nick: Text<'a>) -> Result<SessionId, Refusal<'a>> {
        let id = self.people.owner(nick.as_str()).ok_or(Refusal::UnknownNick(nick))?;
        if self.people[id].is_in(at) {
            Ok(id)
        } else {
            let room = self.rooms[at].name().clone();
            Err(Refusal::NotThere(self.people[id].nick().clone(), room))
        }
    }

    pub(super) fn set_topic<'a>(
        &mut self,
        at: RoomId,
        topic: Text<'a>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'a>> {
        if !self.rooms[at].rules.open_topic {
            self.must_operate(at, caller)?;
        }
        if topic.as_str().len() > TOPIC_BYTES_MAX {
            return Err(Refusal::TooLong("topic", TOPIC_BYTES_MAX));
        }
        self.rooms[at].topic = Some(Box::new(TextBuf::from(topic)));
        let by = self.people[caller.id].nick().clone();
        self.tell_room(at, Happening::Topic { by: &by, topic }, caller);
        Ok(())
    }

    /// Tells somebody of a room. If an operator does, it may come in, whatever the rules are.
    pub(super) fn invite<'a>(
        &mut self,
        at: RoomId,
        nick: Text<'a>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'a>> {
        let id = self.people.owner(nick.as_str()).ok_or(Refusal::UnknownNick(nick))?;
        let name = self.rooms[at].name().clone();
        let invited = &self.people[id];
        if invited.is_in(at) {
            return Err(Refusal::AlreadyThere(invited.nick().clone(), name));
        }
        if caller.out.is_behind(id) {
            return Err(Refusal::Behind(invited.nick().clone()));
        }
        if self.is_operator(at, caller.id) {
            let invitations = &mut self.rooms[at].lists.get_or_insert_default().invited;
            // Those who are gone will not come.
            invitations.retain(|&other| other != id && self.people.get(other).is_some());
            if invitations.len() >= LIST_MAX {
                return Err(Refusal::ListFull(name));
            }
            invitations.push(id);
        } else if self.rooms[at].rules.invite_only {
            return Err(Refusal::NeedsOperator(name));
        }
        let by = self.people[caller.id].nick();
        caller.out.answer(&Answer::Invited { by, room: &name }, id);
        caller.answer(&Answer::Inviting { nick: self.people[id].nick(), room: &name });
        Ok(())
    }

    pub(super) fn kick<'a>(
        &mut self,
        at: RoomId,
        nick: Text<'a>,
        reason: Option<Text<'a>>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'a>> {
        self.must_operate(at, caller)?;
        let id = self.member_called(at, nick)?;
        if id == caller.id {
            return Err(Refusal::Oneself);
        }
        self.make_leave(at, id, reason, caller);
        Ok(())
    }

    fn make_leave(
        &mut self,
        at: RoomId,
        id: SessionId,
        reason: Option<Text<'_>>,
        caller: &mut Caller<'_>,
    ) {
        let by = self.people[caller.id].nick().clone();
        let nick = self.people[id].nick().clone();
        self.tell_room(at, Happening::Kicked { by: &by, nick: &nick, reason }, caller);
        self.go_out_of(at, id, caller.out);
    }

    /// Puts somebody, or whoever a mask matches, on a list. Whoever is banned and there has to leave.
    pub(super) fn keep_out<'a>(
        &mut self,
        at: RoomId,
        list: List,
        who: Text<'a>,
        time: Option<Duration>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'a>> {
        self.must_operate(at, caller)?;
        let mask = match Nick::parse(who.as_str()) {
            Ok(nick) => self.mask_of(at, &nick, caller)?,
            Err(_) => Mask::parse(who).ok_or(Refusal::BadMask)?,
        };
        let concerned = self.concerned(at, &mask, caller);
        let now = caller.now.at;
        let by = self.people[caller.id].nick().clone();
        let entry = Entry { mask: mask.clone(), by, until: time.map(|time| now + time) };
        let room = &mut self.rooms[at];
        if !room.lists.get_or_insert_default().add(list, entry, now) {
            return Err(Refusal::ListFull(room.name().clone()));
        }
        caller.answer(&Answer::KeptOut { list, mask: &mask, time });
        for id in concerned {
            match list {
                List::Bans => self.make_leave(at, id, None, caller),
                List::Mutes => self.judge(at, id, caller),
            }
        }
        Ok(())
    }

    /// The mask for somebody who is called so: where it comes from, or its nickname if many come from
    /// there through the server's own machine, or if it is not here.
    fn mask_of(
        &self,
        at: RoomId,
        nick: &Nick,
        caller: &mut Caller<'_>,
    ) -> Result<Mask, Refusal<'static>> {
        let one = Mask::of_nick(nick);
        let Some(id) = self.people.owner(nick.as_str()) else { return Ok(one) };
        if id == caller.id {
            return Err(Refusal::Oneself);
        }
        let cloak = self.people[id].cloak;
        if cloak == Cloak::Local {
            return Ok(one);
        }
        let all = Mask::of_cloak(cloak);
        let others = self.concerned(at, &all, caller).iter().filter(|&&other| other != id).count();
        if others > 0 {
            return Err(Refusal::AlsoConcerns { others, all, one });
        }
        Ok(all)
    }

    /// Who is there and matches, but for operators.
    fn concerned(&self, at: RoomId, mask: &Mask, caller: &mut Caller<'_>) -> Vec<SessionId> {
        let members = self.rooms[at].members();
        caller.out.toil(64 * members.len() as u64);
        members
            .iter()
            .filter(|member| !member.is(Rank::Operator))
            .map(super::Member::session)
            .filter(|&id| {
                let person = &self.people[id];
                mask.matches(&Identity::new(person.nick(), person.cloak))
            })
            .collect()
    }

    /// Takes somebody, or a mask, off a list.
    pub(super) fn pardon<'a>(
        &mut self,
        at: RoomId,
        list: List,
        who: Text<'a>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'a>> {
        self.must_operate(at, caller)?;
        let mask = Mask::parse(who).ok_or(Refusal::BadMask)?;
        let person = self.people.owner(who.as_str()).map(|id| &self.people[id]);
        let identity = person.map(|person| Identity::new(person.nick(), person.cloak));
        let lists = self.rooms[at].lists.get_or_insert_default();
        let count = lists.remove(list, Some(&mask), identity.as_ref());
        if count == 0 {
            return Err(Refusal::NotListed(who));
        }
        let members = self.rooms[at].members();
        let silenced: Vec<SessionId> = members
            .iter()
            .filter(|member| member.is_silenced())
            .map(super::Member::session)
            .collect();
        for id in silenced {
            self.judge(at, id, caller);
        }
        caller.answer(&Answer::Pardoned { list, count });
        Ok(())
    }

    /// Gives somebody a rank, or takes it.
    pub(super) fn rank<'a>(
        &mut self,
        at: RoomId,
        nick: Text<'a>,
        rank: Rank,
        is_given: bool,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'a>> {
        self.must_operate(at, caller)?;
        let id = self.member_called(at, nick)?;
        self.rooms[at].set_rank(id, rank, is_given);
        let by = self.people[caller.id].nick().clone();
        let nick = self.people[id].nick().clone();
        self.tell_room(at, Happening::Ranked { by: &by, nick: &nick, rank, is_given }, caller);
        Ok(())
    }

    /// Changes a rule of a room.
    pub(super) fn change(
        &mut self,
        at: RoomId,
        change: Change<'_>,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'static>> {
        self.must_operate(at, caller)?;
        match change {
            Change::Key(Some(key)) if key.as_str().len() > KEY_BYTES_MAX => {
                return Err(Refusal::TooLong("key", KEY_BYTES_MAX));
            }
            Change::Slow(Some(slow)) if slow > SLOW_MAX => {
                return Err(Refusal::Usage("/room slow SECONDS|off, up to 3600"));
            }
            Change::InviteOnly(_)
            | Change::Moderated(_)
            | Change::Secret(_)
            | Change::OpenTopic(_)
            | Change::Key(_)
            | Change::Limit(_)
            | Change::Slow(_) => {}
        }
        let room = &mut self.rooms[at];
        // Those who are there can go on, in a room where that means something.
        if change == Change::Moderated(true) && room.members().len() <= CROWD {
            room.give_voice_to_all();
        }
        if matches!(change, Change::Slow(None)) {
            room.talked.clear();
        }
        room.rules.change(change);
        let by = self.people[caller.id].nick().clone();
        self.tell_room(at, Happening::Changed { by: &by, change }, caller);
        Ok(())
    }
}
