//! What those in charge of a room may do.

use std::time::Duration;

use super::answer::{Answer, Longest, Refusal};
use super::event::{Happening, What};
use super::mask::Mask;
use super::name::Nick;
use super::people::Person;
use super::room::{CROWD, Member, RoomId, Topic};
use super::rules::{Change, Entry, KEY_BYTES_MAX, LIST_MAX, List, Rank, SLOW_MAX};
use super::session::{Cloak, SessionId};
use super::text::{Text, TextBuf};
use super::{Caller, Chat};

/// So many people who are made to leave together are told of one by one.
const TOLD_ALONE_MAX: usize = 10;

/// The longest topic, in bytes.
pub(crate) const TOPIC_BYTES_MAX: usize = 390;

impl Chat {
    fn must_operate(&self, at: RoomId, caller: &Caller<'_>) -> Result<(), Refusal<'static>> {
        if self.is_operator(at, caller.id) { Ok(()) } else { Err(self.needs_operator(at)) }
    }

    pub(super) fn needs_operator(&self, at: RoomId) -> Refusal<'static> {
        let room = &self.rooms[at];
        let has_any = room.members().iter().any(|member| member.is(Rank::Operator));
        Refusal::NeedsOperator(room.name().clone(), has_any)
    }

    /// Whom a command in a room is about: somebody who is there.
    fn member_called<'a>(&self, at: RoomId, nick: Text<'a>) -> Result<SessionId, Refusal<'a>> {
        let id = self.people.owner(nick.as_str()).ok_or(Refusal::UnknownNick(nick))?;
        if self.people[id].is_in(at) {
            Ok(id)
        } else {
            let room = self.rooms[at].name().clone();
            Err(Refusal::NotThere(self.people[id].who().clone(), room))
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
        } else if !self.rooms[at].lets_talk(caller.id) {
            return Err(Refusal::Muted(self.rooms[at].name().clone()));
        }
        if topic.as_str().len() > TOPIC_BYTES_MAX {
            return Err(Refusal::TooLong(Longest::Topic, TOPIC_BYTES_MAX));
        }
        let topic = (!topic.as_str().is_empty()).then_some(topic);
        let (by, now) = (self.people[caller.id].who().clone(), caller.now.utc);
        self.rooms[at].topic = topic
            .map(|text| Box::new(Topic { text: TextBuf::from(text), by: by.clone(), at: now }));
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
            return Err(Refusal::AlreadyThere(invited.who().clone(), name));
        }
        if caller.out.is_behind(id) {
            return Err(Refusal::Behind(invited.who().clone()));
        }
        if self.is_operator(at, caller.id) {
            let invitations = &mut self.rooms[at].lists.get_or_insert_default().invited;
            // Those who are gone will not come.
            invitations.retain(|&other| other != id && self.people.get(other).is_some());
            if invitations.len() >= LIST_MAX {
                return Err(Refusal::TooManyInvited(name));
            }
            invitations.push(id);
        } else if self.rooms[at].rules.invite_only {
            return Err(self.needs_operator(at));
        }
        let (by, who) = (self.people[caller.id].who(), self.people[id].who());
        caller.out.answer(&Answer::Invited { by, room: &name }, id);
        self.tell_others(at, Happening::Invited { by, who }, caller);
        caller.answer(&Answer::Inviting { nick: who, room: &name });
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
        self.make_leave(at, &[id], reason, false, caller);
        Ok(())
    }

    /// Makes people leave a room, all at once: so each who stays is told of them once, and not while
    /// they leave one by one.
    fn make_leave(
        &mut self,
        at: RoomId,
        ids: &[SessionId],
        reason: Option<Text<'_>>,
        is_banned: bool,
        caller: &mut Caller<'_>,
    ) {
        let by = self.people[caller.id].who().clone();
        self.rooms[at].leave_together(&ids.iter().copied().collect());
        caller.out.toil(64 * ids.len() as u64);
        let is_counted = ids.len() > TOLD_ALONE_MAX;
        if is_counted {
            self.tell_room(at, Happening::ManyKicked { by: &by, count: ids.len() }, caller);
        }
        for &id in ids {
            let nick = self.people[id].who().clone();
            let what = Happening::Kicked { by: &by, nick: &nick, reason, is_banned, is_counted };
            if !is_counted || self.rooms[at].has_exact_hearers() {
                self.tell_room(at, what, caller);
            }
            let what =
                Happening::Kicked { by: &by, nick: &nick, reason, is_banned, is_counted: false };
            let is_focused = self.people[id].is_focused(at);
            let event = caller.event(What::In { room: self.rooms[at].name(), what });
            caller.out.answer(&Answer::Done { event, is_focused }, id);
            self.be_out_of(at, id, caller.out);
        }
    }

    /// Puts somebody, or whoever a mask matches, on a list. Whoever is banned and there has to leave.
    pub(super) fn keep_out<'a>(
        &mut self,
        at: RoomId,
        list: List,
        who: Text<'a>,
        time: Option<Duration>,
        throws_out: bool,
        caller: &mut Caller<'_>,
    ) -> Result<(), Refusal<'a>> {
        self.must_operate(at, caller)?;
        let nick = Nick::parse(who.as_str()).ok();
        let mask = match &nick {
            Some(nick) if throws_out => self.mask_of(at, list, nick, caller)?,
            Some(nick) => Mask::of_nick(nick),
            None => Mask::parse(who).ok_or(Refusal::BadMask)?,
        };
        let concerned = self.concerned(at, &mask, caller);
        let (now, by) = (caller.now.at, self.people[caller.id].who().clone());
        let (until, made_for) = (time.map(|time| now + time), nick);
        let made_at = caller.now.utc;
        let name = self.rooms[at].name().clone();
        let entry = Entry { mask: mask.clone(), made_for, by: by.clone(), made_at, until };
        let room = &mut self.rooms[at];
        if let Some(nick) = &entry.made_for {
            room.forget_rank(nick.as_str());
        }
        let lists = room.lists.get_or_insert_default();
        let made_for = entry.made_for.clone();
        if !lists.add(list, entry, now) {
            return Err(Refusal::ListFull(room.name().clone()));
        }
        if list == List::Bans {
            let people = &self.people;
            lists.invited.retain(|&id| {
                people.get(id).is_some_and(|person| !mask.matches(&person.identity()))
            });
        }
        let mask = &mask;
        self.tell_others(at, Happening::Listed { by: &by, list, mask, is_added: true }, caller);
        caller.answer(&Answer::KeptOut {
            room: &name,
            list,
            mask,
            made_for: made_for.as_ref(),
            time,
        });
        match list {
            List::Bans if throws_out && !concerned.is_empty() => {
                self.make_leave(at, &concerned, None, true, caller);
            }
            List::Bans | List::Mutes | List::Exceptions => {
                for id in concerned {
                    self.judge(at, id, caller);
                }
            }
            List::Invitations => {}
        }
        Ok(())
    }

    /// The mask for somebody who is called so: where it comes from, or its nickname if many come from
    /// there through the server's own machine, or if it is not here.
    fn mask_of(
        &self,
        at: RoomId,
        list: List,
        nick: &Nick,
        caller: &mut Caller<'_>,
    ) -> Result<Mask, Refusal<'static>> {
        let one = Mask::of_nick(nick);
        let Some(id) = self.people.owner(nick.as_str()) else { return Ok(one) };
        if id == caller.id {
            return Err(Refusal::Oneself);
        }
        let person = &self.people[id];
        if self.is_operator(at, id) {
            let room = self.rooms[at].name().clone();
            return Err(Refusal::IsOperator(person.who().clone(), room));
        }
        let cloak = caller.out.cloak(id);
        if cloak == Cloak::Local {
            return Ok(one);
        }
        let all = Mask::of_cloak(cloak);
        let others = self.concerned(at, &all, caller).iter().filter(|&&other| other != id).count();
        if others > 0 {
            return Err(Refusal::AlsoConcerns { list, others, all, one });
        }
        Ok(all)
    }

    /// Who is there and matches, but for operators.
    fn concerned(&self, at: RoomId, mask: &Mask, caller: &mut Caller<'_>) -> Vec<SessionId> {
        let members = self.rooms[at].members();
        caller.out.toil(16 * members.len() as u64);
        members
            .iter()
            .filter(|member| !member.is(Rank::Operator))
            .map(Member::session)
            .filter(|&id| mask.matches(&self.people[id].identity()))
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
        let nick = Nick::parse(who.as_str()).ok();
        let id = self.people.owner(who.as_str());
        let person = id.map(|id| &self.people[id]);
        let mut masks = vec![Mask::parse(who).ok_or(Refusal::BadMask)?];
        masks.extend(id.map(|id| Mask::of_cloak(caller.out.cloak(id))));
        let now = caller.now.at;
        let Some(lists) = &mut self.rooms[at].lists else { return Err(Refusal::NotListed(who)) };
        let removed = lists.remove(list, &masks, nick.as_ref());
        if removed.is_empty() {
            let identity = person.map(Person::identity);
            let wider = lists
                .entries(list, now)
                .find(|entry| identity.as_ref().is_some_and(|it| entry.mask.matches(it)));
            return Err(match wider {
                Some(entry) => Refusal::ConcernedBy { list, who, mask: entry.mask.clone() },
                None => Refusal::NotListed(who),
            });
        }
        let members = self.rooms[at].members();
        let silenced: Vec<SessionId> =
            members.iter().filter(|member| member.is_silenced()).map(Member::session).collect();
        for id in silenced {
            self.judge(at, id, caller);
        }
        self.rooms[at].lists.take_if(|lists| lists.is_empty());
        let by = self.people[caller.id].who().clone();
        for mask in &removed {
            self.tell_others(
                at,
                Happening::Listed { by: &by, list, mask, is_added: false },
                caller,
            );
        }
        let room = self.rooms[at].name();
        caller.answer(&Answer::Pardoned { room, list, masks: &removed });
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
        let by = self.people[caller.id].who().clone();
        if !is_given
            && self.people.owner(nick.as_str()).is_none()
            && let Ok(gone) = Nick::parse(nick.as_str())
            && self.rooms[at].forget_rank(gone.as_str())
        {
            // It dropped out, and is not to find its rank when it is back.
            let gone = by.renamed(&gone);
            self.tell_room(at, Happening::Ranked { by: &by, nick: &gone, rank, is_given }, caller);
            return Ok(());
        }
        let id = self.member_called(at, nick)?;
        // Whose program knows modes may know what it does.
        let may_slip = !self.people[id].hears_each();
        if rank == Rank::Operator && !is_given && id == caller.id && may_slip {
            let mut operators = self.rooms[at].members().iter().filter(|it| it.is(rank));
            if operators.all(|operator| operator.session() == id) {
                return Err(Refusal::LastOperator(self.rooms[at].name().clone()));
            }
        }
        let nick = self.people[id].who().clone();
        self.rooms[at].set_rank(id, rank, is_given);
        self.tell_room(at, Happening::Ranked { by: &by, nick: &nick, rank, is_given }, caller);
        if !is_given {
            // No list concerned it while it was an operator.
            self.judge(at, id, caller);
        }
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
        let room = &mut self.rooms[at];
        match change {
            Change::Key(Some(key)) if key.as_str().len() > KEY_BYTES_MAX => {
                return Err(Refusal::TooLong(Longest::Key, KEY_BYTES_MAX));
            }
            Change::Slow(Some(slow)) if slow > SLOW_MAX => {
                return Err(Refusal::TooSlow(SLOW_MAX));
            }
            Change::Slow(None) => room.talked.clear(),
            // Those who are there can go on, unless they are too many for that to mean something.
            Change::Moderated(true) if !room.rules.moderated && room.members().len() <= CROWD => {
                room.lend_voice(true);
            }
            Change::Moderated(false) => room.lend_voice(false),
            Change::InviteOnly(_)
            | Change::Moderated(_)
            | Change::Secret(_)
            | Change::OpenTopic(_)
            | Change::Strangers(_)
            | Change::NoProbes(_)
            | Change::OperatorsHearAll(_)
            | Change::Key(_)
            | Change::Limit(_)
            | Change::Slow(_) => {}
        }
        room.rules.change(change);
        let by = self.people[caller.id].who().clone();
        self.tell_room(at, Happening::Changed { by: &by, change }, caller);
        Ok(())
    }
}
