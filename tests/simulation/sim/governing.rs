//! What a client is told that does what only the operators of a room do.

use chatd_support::sentences::rooms::why as refused;
use chatd_support::sentences::why;

use super::commands::Action;
use super::language::{self, Deed, List, ROOMS, done};
use super::order::is_meant;
use super::rules::refusal;
use super::walk::Walk;

impl Walk<'_> {
    /// What comes next answers what it does as an operator of a room.
    pub(super) fn hear_governed(&mut self, room: usize, asked: &Action<'_>) {
        let changed = |deed| (deed, None);
        match *asked {
            Action::Topic(Some(topic)) => self.hear_changed(room, &Deed::Topic(topic.into())),
            Action::Moderate(is_on) => self.hear_changed(room, &Deed::Moderated(is_on)),
            Action::OpenTopic(is_on) => self.hear_changed(room, &Deed::OpenTopic(is_on)),
            Action::Kick(to, reason) => {
                self.hear_done_to(room, to, |whom| (Deed::Kicked(whom, false), reason));
            }
            Action::Rank(to, rank, is_given) => {
                self.hear_done_to(room, to, |whom| changed(Deed::Ranked(whom, rank, is_given)));
            }
            Action::KeepOut(list, mask) => self.hear_kept_out(room, list, mask),
            Action::Pardon(list, mask) => {
                if self.run.order.scenes[self.index].room(room).is_listed(list, mask) {
                    self.hear_secret(language::pardoned(list));
                } else {
                    self.hear_refused(&refused::not_listed(mask));
                }
            }
            _ => self.fail("this does not answer its next line"),
        }
    }

    fn hear_changed(&mut self, room: usize, deed: &Deed) {
        self.hear_done(room, &done(self.name(), deed, None));
    }

    /// It is told something that nobody else is.
    fn hear_secret(&mut self, text: &str) {
        if self.own_event().is_none_or(|own| own.text != text) {
            self.fail(&format!("it did not do that then: {text}"));
        }
        self.expect(&[text.into()]);
        self.pass_event();
    }

    /// It put a mask on a list. Who is banned and there has to leave.
    fn hear_kept_out(&mut self, room: usize, list: List, mask: &str) {
        let order = self.run.order;
        self.hear_secret(&language::kept_out(list, mask));
        let whom = order.scenes[self.index].room(room).concerned(mask);
        let whom = whom.filter(|_| list == List::Bans).and_then(|id| order.name(self.done, id));
        if let Some(whom) = whom {
            self.hear_changed(room, &Deed::Kicked(whom.to_string(), true));
        }
    }

    /// It did something to somebody, or was refused.
    fn hear_done_to<'r>(
        &mut self,
        room: usize,
        to: &str,
        deed: impl Fn(String) -> (Deed, Option<&'r str>),
    ) {
        let told = |walk: &Self, whom: String| {
            let (deed, reason) = deed(whom);
            done(walk.name(), &deed, reason)
        };
        let (deed_to_it, _) = deed(to.into());
        let point = self.expect_somewhere(&self.points(), |walk, point| {
            vec![match walk.whom(point, room, to, &deed_to_it) {
                Ok(whom) => walk.shown(Some(room), &told(walk, whom)),
                Err(why) => refusal(&why, true),
            }]
        });
        self.move_on(point);
        if let Ok(whom) = self.whom(point, room, to, &deed_to_it) {
            let text = told(self, whom);
            if !self.own_event().is_some_and(|own| own.room == Some(room) && own.text == text) {
                self.fail(&format!("the others were not told of it then: {text}"));
            }
            self.pass_event();
        }
    }

    /// The name of whom it means with `to`, or why that cannot be done to that one.
    fn whom(
        &self,
        (index, changes): (usize, usize),
        room: usize,
        to: &str,
        deed: &Deed,
    ) -> Result<String, String> {
        let (order, clients) = (self.run.order, self.run.clients);
        let scene = &order.scenes[index];
        let mut members = order.members[changes].iter();
        let Some(whom) = members.find(|member| is_meant(to, member, clients)) else {
            // Its rank waits for it no more.
            let is_taken = matches!(deed, Deed::Ranked(.., false));
            let is_known = is_taken && scene.room(room).remembers(to);
            return if is_known { Ok(to.into()) } else { Err(why::nobody(to)) };
        };
        if !scene.is_in(whom.id, room) {
            Err(refused::not_there(&whom.name, ROOMS[room]))
        } else if whom.id == self.id() && matches!(deed, Deed::Kicked(..)) {
            Err(refused::ONESELF.into())
        } else {
            Ok(whom.name.to_string())
        }
    }
}
