//! What a client did behind the end of its transcript, and whether its lines explain that.

use super::client::Line;
use super::commands::{Action, action, said};
use super::language::{Deed, HOME, done, named_room, room};
use super::order::Order;
use super::rules::is_meant;
use super::walk::Walk;

/// What a client did, as the others know, or what was done to it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Effect<'a> {
    Named(&'a str),
    /// With this event.
    Did(usize),
    /// Made to leave this room.
    Kicked(usize),
    /// With this event, if anybody was told.
    Quit(Option<usize>),
}

/// How things are for a client after some of its lines.
#[derive(Debug, Clone)]
struct Actor<'a> {
    order: &'a Order,
    name: Option<&'a str>,
    /// Where it is, in the order it talked there last.
    places: Vec<usize>,
    id: usize,
    is_away: bool,
}

/// What a client did behind the end of its transcript.
pub(super) fn effects<'a>(walk: &Walk<'a>) -> Vec<Effect<'a>> {
    let (order, id) = (walk.run.order, walk.client.id);
    let is_own = |change: &usize| order.changes[*change].id == id;
    let mut changes = (walk.done..order.changes.len()).filter(is_own).peekable();
    let mut effects = Vec::new();
    let mut change_until = |end: usize, effects: &mut Vec<_>| {
        while let Some(change) = changes.next_if(|&change| change < end) {
            match &order.changes[change].to {
                Ok(name) => effects.push(Effect::Named(name)),
                Err(why) if why == "quit" => effects.push(Effect::Quit(order.event_of[change])),
                Err(_) => {}
            }
        }
    };
    for (index, event) in order.events.iter().enumerate().skip(walk.index) {
        let is_kick = matches!(event.deed, Deed::Kicked(..)) && event.whom == Some(id);
        // A rank comes back by itself.
        let is_done = event.change.is_none() && !matches!(event.deed, Deed::RankBack(_));
        if (event.by == Some(id) && is_done) || is_kick {
            // Who does something has a name.
            change_until(order.bounds[index + 1].0, &mut effects);
            let kicked = Effect::Kicked(event.room.unwrap_or(HOME));
            effects.push(if is_kick { kicked } else { Effect::Did(index) });
        }
    }
    change_until(usize::MAX, &mut effects);
    effects
}

/// Whether what a client still had to say has these effects, in their order, and no line is left out of
/// which the others would have heard.
pub(super) fn explains(walk: &Walk<'_>, effects: &[Effect<'_>], is_all: bool) -> bool {
    let order = walk.run.order;
    let name = if walk.is_named { Some(walk.name()) } else { None };
    let (id, places) = (walk.client.id, walk.places.clone());
    let actor = Actor { order, name, places, id, is_away: walk.is_away };
    explains_rest(walk.lines, &actor, effects, is_all)
}

/// Several lines may ask for the same name, and some of them in vain.
fn explains_rest(lines: &[Line], actor: &Actor<'_>, effects: &[Effect<'_>], is_all: bool) -> bool {
    if let Some((Effect::Kicked(room), later)) = effects.split_first()
        && explains_rest(lines, &actor.without(*room), later, is_all)
    {
        return true;
    }
    let Some((line, rest)) = lines.split_first() else { return effects.is_empty() };
    if effects.is_empty() && !is_all {
        return true;
    }
    let asked =
        if line.is_too_long { Action::Nothing } else { action(&line.text, actor.name.is_some()) };
    if let Some((effect, later)) = effects.split_first()
        && let Some(after) = actor.doing(&asked, *effect)
        && explains_rest(rest, &after, later, is_all)
    {
        return true;
    }
    !actor.is_heard(&asked) && explains_rest(rest, &actor.doing_nothing(&asked), effects, is_all)
}

/// Whether a line is talk where its client talks.
pub(super) fn is_said(line: &Line) -> bool {
    !line.is_too_long && matches!(action(&line.text, true), Action::Say(_) | Action::Act(_))
}

impl<'a> Actor<'a> {
    /// It had to leave a room, or did.
    fn without(&self, room: usize) -> Self {
        let mut after = self.clone();
        after.places.retain(|place| *place != room);
        after
    }

    /// It talks in that room.
    fn in_room(mut self, room: usize) -> Self {
        self.places.retain(|place| *place != room);
        self.places.push(room);
        self
    }

    /// The room that it names and is in, or where it talks.
    fn room(&self, named: Option<&str>) -> Option<usize> {
        match named {
            Some(name) => named_room(name, &self.places),
            None => self.places.last().copied(),
        }
    }

    /// Where something happens that it asks for, if it is told in a room.
    fn place_of(&self, asked: &Action<'_>) -> Option<usize> {
        match *asked {
            Action::Join(name) => room(name).ok().filter(|room| !self.places.contains(room)),
            Action::SayIn(room, _) => self.room(Some(room)),
            Action::Part(None, Some(word)) => self.room(Some(word)).or(self.room(None)),
            Action::Part(room, _) => self.room(room),
            _ => self.room(None),
        }
    }

    /// How things are after that, if it has this effect.
    fn doing(&self, asked: &Action<'_>, effect: Effect<'a>) -> Option<Self> {
        match (effect, asked) {
            (Effect::Named(to), Action::Nick(asked)) if to == *asked => {
                let mut after = Self { name: Some(to), ..self.clone() };
                if self.name.is_none() {
                    after.places = vec![HOME];
                }
                Some(after)
            }
            (Effect::Quit(told), Action::Quit(reason)) => {
                let is_right = |index| self.order.is_quit_with(index, self.id, self.name, *reason);
                told.is_none_or(is_right).then(|| self.clone())
            }
            (Effect::Did(index), _) => self.doing_deed(asked, index),
            (Effect::Named(_) | Effect::Kicked(_) | Effect::Quit(_), _) => None,
        }
    }

    fn doing_deed(&self, asked: &Action<'_>, index: usize) -> Option<Self> {
        let name = self.name?;
        let (event, scene) = (&self.order.events[index], &self.order.scenes[index]);
        let place = if let Action::Away(_) = asked { None } else { Some(self.place_of(asked)?) };
        let because = |deed: &Deed, reason| Some(done(name, deed, reason));
        let text = match *asked {
            Action::Join(_) => because(&Deed::Joined, None),
            Action::Part(None, Some(word)) if self.room(Some(word)).is_some() => {
                because(&Deed::Parted, None)
            }
            Action::Part(_, reason) => {
                let is_said = |room| scene.lets_talk(self.id, room);
                because(&Deed::Parted, reason.filter(|_| place.is_some_and(is_said)))
            }
            Action::Away(reason) if self.is_away == reason.is_some() => None,
            Action::Away(reason) => because(&Deed::Away(reason.map(String::from)), None),
            Action::Topic(Some(topic)) => because(&Deed::Topic(topic.into()), None),
            Action::Moderate(is_on) => because(&Deed::Moderated(is_on), None),
            Action::OpenTopic(is_on) => because(&Deed::OpenTopic(is_on), None),
            Action::Kick(to, reason) => match &event.deed {
                Deed::Kicked(whom, _) if is_meant(whom, to) => because(&event.deed, reason),
                _ => None,
            },
            Action::Rank(to, rank, is_given) => match &event.deed {
                Deed::Ranked(whom, ..) if is_meant(whom, to) => {
                    because(&Deed::Ranked(whom.clone(), rank, is_given), None)
                }
                _ => None,
            },
            _ => said(name, asked),
        };
        if text.as_deref() != Some(&*event.text) || place != event.room {
            return None;
        }
        let after = self.doing_nothing(asked);
        Some(match (asked, place) {
            (Action::Join(_), Some(room)) => after.in_room(room),
            (Action::Part(..), Some(room)) => after.without(room),
            _ => after,
        })
    }

    /// How things are after that if nobody hears of it.
    fn doing_nothing(&self, asked: &Action<'_>) -> Self {
        let after = self.clone();
        match *asked {
            Action::Join(name) => match self.room(Some(name)) {
                Some(room) => after.in_room(room),
                None => after,
            },
            Action::Away(reason) => Self { is_away: reason.is_some(), ..after },
            _ => after,
        }
    }

    /// Whether the others hear of it, whatever they do.
    fn is_heard(&self, asked: &Action<'_>) -> bool {
        if self.name.is_none() {
            return false;
        }
        let place = self.place_of(asked);
        match asked {
            Action::Say(_) | Action::SayIn(..) | Action::Act(_) => {
                place.is_some_and(|room| !self.order.has_rules(room))
            }
            Action::Join(_) => place.is_some_and(|room| !self.order.has_rules(room)),
            Action::Part(..) => place.is_some(),
            Action::Away(reason) => {
                let may_talk = self.places.iter().any(|room| !self.order.has_rules(*room));
                may_talk && self.is_away != reason.is_some()
            }
            _ => false,
        }
    }
}
