//! What a client is told when it goes from room to room, asks about rooms, or does something there.

use chatd_support::sentences::rooms::why::{self, IN_NO_ROOM};
use chatd_support::sentences::rooms::{self, YOU_ARE_AWAY, YOU_ARE_BACK};

use super::commands::{Action, said};
use super::language::{Deed, HOME, ROOMS, done, named_room, room, talks_in};
use super::rules::{names, refusal};
use super::walk::Walk;

/// What stands around a room in a list, in bytes.
const ROOM_MARKS_BYTES: usize = 24;

impl Walk<'_> {
    /// What comes next answers something that it asks about a room, or does in one.
    pub(super) fn hear_about_rooms(&mut self, asked: &Action<'_>) {
        match *asked {
            Action::Join(name) => return self.hear_joined(name),
            Action::Rooms => return self.hear_rooms(),
            Action::Part(None, Some(word)) => {
                if let Some(room) = named_room(word, &self.places) {
                    return self.hear_parted(room, None);
                }
            }
            Action::Away(reason) => return self.hear_away(reason),
            Action::Who(Some(name)) => {
                return match room(name).and_then(|room| self.existing(room)) {
                    Ok(room) => self.hear_who(room),
                    Err(why) => self.hear_refused(&why),
                };
            }
            _ => {}
        }
        let named = match *asked {
            Action::SayIn(room, _) => Some(room),
            Action::Part(room, _) => room,
            _ => None,
        };
        match self.room_of(named) {
            Ok(room) => self.hear_in(room, asked),
            Err(why) => self.hear_refused(&why),
        }
    }

    fn existing(&self, room: usize) -> Result<usize, String> {
        let is_there = self.run.order.scenes[self.index].has(room);
        is_there.then_some(room).ok_or_else(|| why::no_room(ROOMS[room]))
    }

    /// Which room that is which it names, if it is in it; else the one where it talks.
    fn room_of(&self, named: Option<&str>) -> Result<usize, String> {
        let Some(name) = named else { return self.focus().ok_or_else(|| IN_NO_ROOM.into()) };
        let room = self.existing(room(name)?)?;
        self.places.contains(&room).then_some(room).ok_or_else(|| why::not_in(ROOMS[room]))
    }

    fn hear_in(&mut self, room: usize, asked: &Action<'_>) {
        let order = self.run.order;
        let (scene, name) = (&order.scenes[self.index], self.name());
        match *asked {
            Action::Who(None) => self.hear_who(room),
            Action::Say(_) | Action::Act(_) => self.hear_silenced(room),
            Action::SayIn(..) => {
                let said = said(name, asked).expect("it is said");
                if self.agreeing(&[self.shown(Some(room), &said)]) == 0 {
                    return self.hear_silenced(room);
                }
                self.hear_done(room, &said);
            }
            Action::Part(_, reason) => self.hear_parted(room, reason),
            Action::Topic(None) => {
                let topic = rooms::topic(scene.room(room).topic.as_deref());
                self.expect(&[self.shown(Some(room), &topic)]);
            }
            Action::Topic(Some(topic)) if scene.room(room).is_topic_open => {
                let told = done(name, &Deed::Topic(topic.into()), None);
                if self.agreeing(&[self.shown(Some(room), &told)]) == 0 {
                    return self.hear_no_topic(room);
                }
                self.hear_done(room, &told);
            }
            _ if scene.is_operator(self.id(), room) => self.hear_governed(room, asked),
            _ => {
                let has_any = scene.room(room).has_operator();
                self.hear_refused(&why::no_operator(ROOMS[room], has_any));
            }
        }
    }

    /// It left a room. Its last words are told only where it may talk.
    fn hear_parted(&mut self, room: usize, reason: Option<&str>) {
        let scene = &self.run.order.scenes[self.next];
        let reason = reason.filter(|_| scene.lets_talk(self.id(), room));
        self.hear_done(room, &done(self.name(), &Deed::Parted, reason));
        self.go_out_of(room);
    }

    /// It may not talk, so it may not say what the room is about, whatever the reason.
    fn hear_no_topic(&mut self, room: usize) {
        let (order, id) = (self.run.order, self.id());
        let point = self.expect_somewhere(&self.points(), |_, (index, _)| {
            let may_talk = order.scenes[index].lets_talk(id, room);
            vec![if may_talk { String::new() } else { refusal(&why::muted(ROOMS[room]), true) }]
        });
        self.move_on(point);
    }

    /// It may not talk. Since when, it need not have been told.
    fn hear_silenced(&mut self, room: usize) {
        let (order, id) = (self.run.order, self.id());
        let point = self.expect_somewhere(&self.points(), |_, (index, _)| {
            let why = order.scenes[index].silence(id, room);
            vec![why.map_or_else(String::new, |why| refusal(&why, true))]
        });
        self.move_on(point);
    }

    /// It did something that is told in a room, and is told of it, too.
    pub(super) fn hear_done(&mut self, room: usize, text: &str) {
        if !self.own_event().is_some_and(|own| own.room == Some(room) && own.text == text) {
            self.fail(&format!("the others were not told of it then: {text}"));
        }
        self.expect(&[self.shown(Some(room), text)]);
        self.pass_event();
    }

    fn hear_joined(&mut self, name: &str) {
        let room = match room(name) {
            Ok(room) => room,
            Err(why) => return self.hear_refused(&why),
        };
        let order = self.run.order;
        if order.scenes[self.index].is_in(self.id(), room) {
            self.go_to(room);
            return self.expect(&[talks_in(Some(room))]);
        }
        let banned = refusal(&why::banned(ROOMS[room]), true);
        if self.agreeing(std::slice::from_ref(&banned)) == 1 {
            let name = self.name();
            let point = self.expect_somewhere(&self.points(), |_, (index, _)| {
                let is_banned = order.scenes[index].room(room).bans(name);
                vec![if is_banned { banned.clone() } else { String::new() }]
            });
            return self.move_on(point);
        }
        let before = self.focus().map(|before| (ROOMS[before], self.places.len() - 1));
        let own = self.own_event().filter(|own| own.room == Some(room));
        match own.map(|own| &own.deed) {
            Some(Deed::Made) => self.expect(&[rooms::made(ROOMS[room], before)]),
            Some(Deed::Joined) => {
                // Whoever is in a room cannot have taken a name of which nobody was told.
                let members = order.here(room, (self.next, order.bounds[self.next].0));
                let here = names(&members, 10, self.run.names_bytes_max);
                let topic = order.scenes[self.next].room(room).topic.as_deref();
                let topic = topic.map(|topic| rooms::topic(Some(topic)));
                let (earlier, _) = self.earlier(room, self.next, usize::MAX);
                let earlier = if earlier.len() > 1 { earlier } else { Vec::new() };
                let entered = std::iter::once(rooms::entered(ROOMS[room], before, &here));
                self.expect(&entered.chain(topic).chain(earlier).collect::<Vec<_>>());
            }
            _ => self.fail("the others were not told that it came"),
        }
        self.go_to(room);
        self.pass_event();
        self.hear_ranks_back();
    }

    /// The largest room first.
    fn hear_rooms(&mut self) {
        let run = self.run;
        let point = self.expect_somewhere(&self.points(), |walk, point| {
            let members = |room: usize| run.order.here(room, point).len();
            let scene = &run.order.scenes[point.0];
            let mut all: Vec<usize> = (HOME..ROOMS.len()).filter(|&it| scene.has(it)).collect();
            all.sort_by_key(|&room| std::cmp::Reverse(members(room)));
            let mut bytes = 0;
            let mut shown: Vec<String> = all
                .iter()
                .map_while(|&room| {
                    let topic = scene.room(room).topic.as_deref();
                    bytes += ROOMS[room].len() + topic.map_or(0, str::len) + ROOM_MARKS_BYTES;
                    let is_in = walk.places.contains(&room);
                    let shown = || rooms::room_summary(ROOMS[room], members(room), is_in, topic);
                    (bytes <= run.names_bytes_max).then(shown)
                })
                .collect();
            let others = all.len() - shown.len();
            shown.extend((others > 0).then(|| rooms::and_more(others)));
            shown
        });
        self.move_on(point);
    }

    fn hear_away(&mut self, reason: Option<&str>) {
        let was_away = std::mem::replace(&mut self.is_away, reason.is_some());
        self.expect(&[if self.is_away { YOU_ARE_AWAY } else { YOU_ARE_BACK }.into()]);
        if was_away == self.is_away {
            return;
        }
        let text = done(self.name(), &Deed::Away(reason.map(String::from)), None);
        if self.own_event().is_some_and(|own| own.text == text) {
            return self.pass_event();
        }
        // Since when it may talk nowhere, it need not have been told.
        let (order, id) = (self.run.order, self.id());
        let mut points = self.points().into_iter();
        let Some(point) = points.find(|&(index, _)| !order.scenes[index].talks_anywhere(id)) else {
            self.fail(&format!("the others were not told of it then: {text}"));
        };
        self.move_on(point);
    }

    /// It has ranks again that waited for it, and is told so like all others there.
    pub(super) fn hear_ranks_back(&mut self) {
        while let Some(own) = self.own_event().filter(|own| matches!(own.deed, Deed::RankBack(_))) {
            self.expect(&[self.shown(own.room, &own.text)]);
            self.pass_event();
        }
    }
}
