//! What a client is told on its own lines, as the rules have it.

use std::ops::Range;

use chatd_support::sentences::{self, notice, why};

use super::order::{Member, is_meant, is_taken};
use super::rules::{
    Action, HTTP_ANSWER, REFUSALS_MAX, action, at_once, bad_nick, history, names, refusal,
};
use super::transcript::Item;
use super::walk::{SOME_TIME, Walk};

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
            Action::Refused("That line was not sent: it has more than 64 bytes.".into())
        } else {
            action(&line.text, self.is_named)
        };
        match asked {
            Action::Nothing | Action::Say(_) | Action::Act(_) | Action::Quit(_) => {
                self.fail("this does not answer its next line");
            }
            Action::Help => self.expect(self.run.help),
            Action::Refused(why) => self.expect(&[refusal(&why, self.is_named)]),
            Action::History(count) => {
                let (shown, owed) = self.earlier(self.index, count);
                self.expect(&shown);
                (self.owed, self.is_owed_asked) = (owed, true);
            }
            Action::Who => self.hear_who(),
            Action::Tell(to, text) => self.hear_delivered(to, text),
            Action::Nick(name) => self.hear_named(name),
        }
        self.next_line();
    }

    /// What it is shown of the messages that were said before an event, and what it is still owed.
    fn earlier(&self, index: usize, wanted: usize) -> (Vec<String>, Range<usize>) {
        let kept = history(self.run.order.said_before(index), self.run.history_max);
        self.part(kept.start.max(kept.end.saturating_sub(wanted))..kept.end)
    }

    /// The first part of these messages, and what is left.
    fn part(&self, messages: Range<usize>) -> (Vec<String>, Range<usize>) {
        let said = &self.run.order.said[messages.clone()];
        let count = at_once(said, self.run.history_at_once);
        let head = sentences::earlier(count, &SOME_TIME.to_string());
        let shown = said[..count].iter().map(|(line, _)| line.clone());
        (std::iter::once(head).chain(shown).collect(), messages.start + count..messages.end)
    }

    /// What it is still owed and was not forgotten before an event.
    fn still_owed(&self, index: usize) -> Range<usize> {
        let kept = history(self.run.order.said_before(index), self.run.history_max);
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
            self.expect_somewhere(&points, |walk, index| walk.part(walk.still_owed(index)).0);
        self.owed = self.part(self.still_owed(point)).1;
    }

    /// A long list comes in several lines.
    fn hear_who(&mut self) {
        let mut heard = String::new();
        while let Some((Item::Line(text), _)) = self.items.first()
            && (heard.is_empty() || heard.ends_with(','))
        {
            let more = if heard.is_empty() { text } else { &text["***".len()..] };
            heard.push_str(more);
            self.items = &self.items[1..];
        }
        self.is_torn |= heard.ends_with(',');
        let order = self.run.order;
        let is_heard = |&done: &usize| {
            let members = order.members[done].iter().map(|member| &*member.name);
            let here = names(members, usize::MAX, self.run.names_bytes_max);
            let all = sentences::here_are(order.members[done].len(), &here);
            all == heard || (self.is_torn && all.starts_with(&heard))
        };
        let Some(done) = self.range().find(is_heard) else {
            self.fail(&format!("{heard:?}, and there are {:?}", order.members[self.done]));
        };
        self.done = done;
    }

    fn hear_delivered(&mut self, to: &str, text: &str) {
        let run = self.run;
        let owner = |done: usize| {
            run.order.members[done].iter().find(|member| is_meant(to, member, run.clients))
        };
        let behind = |name: &str| notice(why::behind(name));
        let is_behind = |walk: &Self, owner: &Member| {
            run.clients[owner.id].was_narrow && walk.agreeing(&[behind(&owner.name)]) == 1
        };
        let answer = self.items.first();
        self.done = self.expect_somewhere(&self.range().collect::<Vec<_>>(), |walk, done| {
            vec![match owner(done) {
                Some(owner) if is_behind(walk, owner) => behind(&owner.name),
                Some(owner) => sentences::private_sent(&owner.name, walk.name(), text),
                None => notice(why::nobody(to)),
            }]
        });
        let is_told = |item: Option<&(Item, usize)>| matches!(item, Some((Item::Line(line), _)) if line.starts_with("(private to "));
        if let Some(owner) = owner(self.done).filter(|_| is_told(answer)) {
            self.confirmed.push((self.id(), owner.id, text.into()));
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
            Item::Line(text) if text.starts_with(sentences::WELCOME) => {}
            Item::Line(_) | Item::Telnet(_) => {
                self.refusals += usize::from(!self.is_named);
                // Before it has a name itself: until it has, or to the end.
                let until = change.unwrap_or(order.changes.len()).min(*self.range().end());
                let points: Vec<usize> = (self.done..=until).collect();
                self.done = self.expect_somewhere(&points, |walk, done| {
                    let mut members = order.members[done].iter();
                    let is_taken =
                        members.any(|member| is_taken(name, id, member, walk.run.clients));
                    let why = why::taken(name);
                    if is_taken { vec![refusal(&why, walk.is_named)] } else { vec![String::new()] }
                });
                return;
            }
        }
        if self.is_named && self.name() == name {
            return self.expect(&[sentences::you_are_now(name)]);
        }
        let Some(change) =
            change.filter(|&change| order.changes[change].to.as_deref().is_ok_and(|to| to == name))
        else {
            self.fail("the others know nothing of this name");
        };
        if self.is_named {
            if order.event_of[change] != Some(self.index) {
                self.fail("the others were told of its name at another time");
            }
            self.expect(&[sentences::you_are_now(name)]);
        } else {
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
            self.done = change;
            self.index = self
                .expect_somewhere(&points, |walk, index| walk.first_words(name, change, index).0);
            self.owed = self.first_words(name, change, self.index).1;
            self.is_owed_asked = false;
            self.is_named = true;
        }
        self.index += usize::from(order.event_of[change].is_some());
        self.done = (change + 1).max(order.bounds[self.index].0);
    }

    fn first_words(&self, name: &str, done: usize, index: usize) -> (Vec<String>, Range<usize>) {
        let members = self.run.order.members[done].iter().map(|member| &*member.name);
        let here = names(members, 10, self.run.names_bytes_max);
        let (earlier, owed) = self.earlier(index, usize::MAX);
        let earlier = if earlier.len() > 1 { earlier } else { Vec::new() };
        (std::iter::once(sentences::welcome(name, &here)).chain(earlier).collect(), owed)
    }
}
