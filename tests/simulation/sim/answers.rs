//! What a client is told on its own lines, as the rules have it.

use std::ops::Range;

use chatd_support::sentences::rooms::why::IN_NO_ROOM;
use chatd_support::sentences::{
    self, MARK, WELCOME, private_sent, rooms, welcome, why, you_are_now,
};

use super::client::LINE_BYTES_MAX;
use super::commands::{Action, action, has_typed};
use super::expect::SOME_TIME;
use super::language::{Deed, HOME};
use super::order::{Member, is_meant, is_taken};
use super::rules::{HTTP_ANSWER, REFUSALS_MAX, at_once, bad_nick, history, names, refusal};
use super::transcript::Item;
use super::walk::Walk;

impl Walk<'_> {
    /// What comes next answers this client's next line.
    pub(super) fn hear_answer(&mut self) {
        let Some(line) = self.lines.first() else { self.fail("nobody asked for this") };
        if line.options > self.options_refused {
            self.fail("its option is not yet refused");
        }
        if let Some(protocol) = self.foreign() {
            if protocol != "HTTP" {
                self.fail("it is not to be told anything");
            }
            self.is_dismissed = true;
            return self.expect(&HTTP_ANSWER.map(String::from));
        }
        if self.refusals == REFUSALS_MAX {
            self.fail("it was refused enough nicknames");
        }
        let asked = if line.is_too_long {
            Action::Refused(why::too_long(LINE_BYTES_MAX))
        } else {
            action(&line.text, self.is_named)
        };
        match asked {
            Action::Nothing | Action::Quit(_) => {
                self.fail("this does not answer its next line");
            }
            Action::Help => self.expect(self.run.help),
            Action::Refused(why) => self.expect(&[refusal(&why, self.is_named)]),
            Action::Tell(to, text) => {
                let clients = self.run.clients;
                let is_meant = |member: &Member| is_meant(to, member, clients);
                self.hear_delivered(text, &why::nobody(to), is_meant);
            }
            Action::Reply(text) => {
                let last = self.received.last().map(|&(from, ..)| from);
                let is_meant = |member: &Member| Some(member.id) == last;
                self.hear_delivered(text, why::NOBODY_TO_ANSWER, is_meant);
            }
            Action::Nick(name) => self.hear_named(name),
            Action::History(count) => match self.focus() {
                None => self.hear_refused(IN_NO_ROOM),
                Some(room) => {
                    let (shown, owed) = self.earlier(room, self.index, count);
                    self.expect(&shown);
                    (self.owed, self.is_owed_asked) = (owed, true);
                }
            },
            _ => self.hear_about_rooms(&asked),
        }
        self.next_line();
    }

    /// What it is shown of the messages that were said before an event, and what it is still owed.
    pub(super) fn earlier(
        &self,
        room: usize,
        index: usize,
        wanted: usize,
    ) -> (Vec<String>, Range<usize>) {
        let kept = history(self.run.order.said_before(room, index), self.run.history_max);
        self.part(room, kept.start.max(kept.end.saturating_sub(wanted))..kept.end)
    }

    /// The first part of these messages of a room where it talks, and what is left.
    fn part(&self, room: usize, messages: Range<usize>) -> (Vec<String>, Range<usize>) {
        let said = &self.run.order.said[room][messages.clone()];
        let count = at_once(said, self.run.history_at_once);
        let head = sentences::earlier(count, &SOME_TIME.to_string());
        let shown = said[..count].iter().map(|(line, _)| line.clone());
        (std::iter::once(head).chain(shown).collect(), messages.start + count..messages.end)
    }

    /// What it is still owed and was not forgotten before an event. Where there are other rooms than the
    /// home room, all is shown at once.
    fn still_owed(&self, index: usize) -> Range<usize> {
        let kept = history(self.run.order.said_before(HOME, index), self.run.history_max);
        self.owed.start.max(kept.start)..self.owed.end
    }

    /// Whether it is still owed what it asked for: it is not read before it got that.
    pub(crate) fn awaits_more(&self) -> bool {
        self.is_owed_asked && !self.still_owed(self.index).is_empty()
    }

    /// Whether it may be shown more of the past, before something that it said or after it.
    pub(crate) fn may_hear_more(&self) -> bool {
        !self.still_owed(self.heard_index).is_empty()
    }

    /// What comes next is the next part of what it is owed.
    pub(super) fn hear_more(&mut self) {
        let points: Vec<usize> = (self.heard_index..=self.index).collect();
        let point =
            self.expect_somewhere(&points, |walk, index| walk.part(HOME, walk.still_owed(index)).0);
        self.owed = self.part(HOME, self.still_owed(point)).1;
    }

    /// It is told why something is not done, and has a name.
    pub(super) fn hear_refused(&mut self, why: &str) {
        self.expect(&[refusal(why, true)]);
    }

    /// Who is in a room. A long list comes in several lines.
    pub(super) fn hear_who(&mut self, room: usize) {
        let mut heard = String::new();
        while let Some((Item::Line(text), _)) = self.items.first()
            && (heard.is_empty() || heard.ends_with(','))
        {
            let more = if heard.is_empty() { text } else { &text[MARK.trim_end().len()..] };
            heard.push_str(more);
            self.items = &self.items[1..];
        }
        self.is_torn |= heard.ends_with(',');
        let (order, names_bytes_max) = (self.run.order, self.run.names_bytes_max);
        let is_heard = |&point: &(usize, usize)| {
            let members = order.here(room, point);
            let here = names(&members, usize::MAX, names_bytes_max);
            let all = self.shown(Some(room), &sentences::here_are(members.len(), &here));
            all == heard || (self.is_torn && all.starts_with(&heard))
        };
        let points = self.points();
        let Some(&point) = points.iter().find(|point| is_heard(point)) else {
            self.fail(&format!("{heard:?}, and there are {:?}", order.here(room, points[0])));
        };
        self.move_on(point);
    }

    fn hear_delivered(&mut self, text: &str, nobody: &str, is_meant: impl Fn(&Member) -> bool) {
        let run = self.run;
        let owner = |done: usize| run.order.members[done].iter().find(|member| is_meant(member));
        let behind = |name: &str| refusal(&why::behind(name), true);
        let is_behind = |walk: &Self, owner: &Member| {
            run.clients[owner.id].was_narrow && walk.agreeing(&[behind(&owner.name)]) == 1
        };
        let answer = self.items.first();
        let points = self.points();
        let point = self.expect_somewhere(&points, |walk, (index, done)| match owner(done) {
            Some(owner) if is_behind(walk, owner) => vec![behind(&owner.name)],
            Some(owner) => {
                let told = private_sent(&owner.name, walk.name(), text);
                let away = walk.away(owner, index);
                let away = away.map(|reason| rooms::away(&owner.name, Some(&reason)));
                std::iter::once(told).chain(away).collect()
            }
            None => vec![refusal(nobody, true)],
        });
        if let Some((Item::Line(line), _)) = answer
            && let Some(told) = line.strip_prefix("(private to ")
        {
            // Several may have had that name, one after the other.
            let mut heard: Vec<usize> = points
                .iter()
                .filter_map(|&(_, done)| owner(done))
                .filter(|owner| told.starts_with(&format!("{}) ", owner.name)))
                .map(|owner| owner.id)
                .collect();
            heard.dedup();
            self.confirmed.push((self.id(), heard, text.into()));
        }
        self.move_on(point);
    }

    /// Why somebody is away whom it writes to. All are told only what it first said, or nothing, if it
    /// could talk nowhere. So what this one reads must be what the other one has typed.
    fn away(&self, whom: &Member, index: usize) -> Option<String> {
        let known = self.run.order.scenes[index].away(whom.id);
        if known == Some(&None) {
            return None;
        }
        let first = known.and_then(Option::as_deref);
        let reason = match self.items.get(1) {
            Some((Item::Line(text), _)) => rooms::read_away(&whom.name, text),
            Some(_) | None => None,
        };
        let other = &self.run.clients[whom.id];
        // The same line is what it is told of one who goes away: then that was not so before. What it
        // does itself in between is in no line of its transcript.
        let told = reason.map(|reason| Deed::Away(Some(reason.into())));
        let order = self.run.order;
        let is_told = |event: &usize| order.is_told_to(*event, self.id());
        let next = (self.next..order.events.len()).find(is_told).map(|event| &order.events[event]);
        if next.is_some_and(|next| next.by == Some(whom.id) && Some(&next.deed) == told.as_ref()) {
            return None;
        }
        match reason {
            Some(reason) if other.is_garbled || has_typed(&other.lines, first, reason) => {
                Some(reason.into())
            }
            _ => first.map(String::from),
        }
    }

    /// A nickname was asked for: it has it now, or is told why not.
    fn hear_named(&mut self, name: &str) {
        if let Some(why) = bad_nick(name) {
            self.refusals += usize::from(!self.is_named);
            return self.expect(&[refusal(&why, self.is_named)]);
        }
        let (order, id) = (self.run.order, self.id());
        let is_mine = |change: usize| order.changes[change].id == id;
        let change = (self.done..order.changes.len()).find(|&change| is_mine(change));
        match &self.items[0].0 {
            Item::Line(text) if text.starts_with(WELCOME) => {}
            Item::Line(_) | Item::Telnet(_) => {
                self.refusals += usize::from(!self.is_named);
                // Before it has a name itself: until it has, or to the end.
                let until = change.unwrap_or(order.changes.len()).min(*self.range().end());
                let points: Vec<usize> = (self.done..=until).collect();
                let done = self.expect_somewhere(&points, |walk, done| {
                    let mut members = order.members[done].iter();
                    let is_taken =
                        members.any(|member| is_taken(name, id, member, walk.run.clients));
                    let refused = || refusal(&why::taken(name), walk.is_named);
                    vec![if is_taken { refused() } else { String::new() }]
                });
                if self.is_named {
                    self.move_on((self.index, done));
                }
                self.done = done;
                return;
            }
        }
        if self.is_named && self.name() == name {
            return self.expect(&[you_are_now(name)]);
        }
        let Some(change) =
            change.filter(|&change| order.changes[change].to.as_deref().is_ok_and(|to| to == name))
        else {
            self.fail("the others know nothing of this name");
        };
        if self.is_named {
            self.expect(&[you_are_now(name)]);
            self.change_name(change);
        } else {
            self.hear_welcome(name, change);
        }
    }

    /// It has another name, which is told in its rooms.
    fn change_name(&mut self, change: usize) {
        let order = self.run.order;
        match order.event_of[change] {
            Some(index) if index == self.next => {
                self.pass_event();
                self.hear_ranks_back();
            }
            None if order.scenes[self.index].places(self.id()).is_empty() => {
                self.move_on((self.index, change + 1));
            }
            Some(_) | None => self.fail("the others were told of its name at another time"),
        }
    }

    /// It is in the home room now.
    fn hear_welcome(&mut self, name: &str, change: usize) {
        let order = self.run.order;
        let told = order.event_of[change];
        let is_gathered_at =
            |index: &usize| (order.bounds[*index].0..order.bounds[*index].1).contains(&change);
        let points: Vec<usize> = match told {
            Some(index) => vec![index],
            // The first client, whom nobody saw.
            None if change == 0 => vec![0],
            // The more it is shown of the past, the later it was.
            None => (0..order.bounds.len()).rev().filter(is_gathered_at).collect(),
        };
        let index =
            self.expect_somewhere(&points, |walk, index| walk.first_words(name, change, index).0);
        self.owed = self.first_words(name, change, index).1;
        self.is_owed_asked = false;
        self.go_to(HOME);
        self.move_on((index + usize::from(told.is_some()), change + 1));
        self.is_named = true;
    }

    fn first_words(&self, name: &str, done: usize, index: usize) -> (Vec<String>, Range<usize>) {
        let members = if done == 0 { Vec::new() } else { self.run.order.here(HOME, (index, done)) };
        let here = names(&members, 10, self.run.names_bytes_max);
        let (earlier, owed) = self.earlier(HOME, index, usize::MAX);
        let earlier = if earlier.len() > 1 { earlier } else { Vec::new() };
        (std::iter::once(welcome(name, &here)).chain(earlier).collect(), owed)
    }
}
