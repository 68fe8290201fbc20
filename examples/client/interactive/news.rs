//! What an IRC server says.

use std::time::Instant;

use super::Interactive;
use super::link::{Leaving, Link, Reached, Retry, Speech};
use super::unconfirmed::Echo;
use crate::client::frontend::Actions;
use crate::client::irc::past::Part;
use crate::client::irc::{News, Said, is_same, send};
use crate::client::roster::{CROWD, Roster};

/// So many names are told to whoever comes into a room.
const NAMES_TOLD_MAX: usize = 20;

/// What to do in no room.
const NOWHERE: &str = "/rooms lists the rooms, /join goes to one.";

impl Interactive {
    pub(super) fn irc_line(&mut self, line: &str, now: Instant, actions: &mut Actions) {
        let Speech::Irc(session) = &mut self.speech else { return };
        let Some(news) = session.hear(line, &mut actions.send) else { return };
        if let News::Said(said) = news {
            return self.said(said);
        }
        self.finish_said();
        match news {
            News::Said(_) => {}
            News::Welcome { motd } => self.welcomed(motd, actions),
            News::NickRefused { why } => self.nick_refused(&why, now),
            News::Renamed { from, to } => self.renamed(&from, &to),
            News::Entered { room } => self.entered(&room, actions),
            News::Out { room, why, is_kick } => self.out(&room, &why, is_kick),
            News::Members { room, names } => self.members(&room, &names),
            News::Happened { room, line, at } => {
                if let Some(index) = self.windows.find(&room) {
                    self.happened(index, &line, at);
                }
            }
            News::Quit { nick, line, at } => {
                for index in self.windows.with(&nick) {
                    self.happened(index, &line, at);
                }
            }
            News::Topic { room, topic, line } => {
                let index = self.windows.find(&room).unwrap_or(self.windows.shown);
                self.windows.all[index].topic = topic;
                self.tell_in(index, &line);
            }
            News::Away { nick, reason } => {
                if let Some(index) = self.windows.find(&nick) {
                    let away = reason.map(|reason| format!("away: {reason}"));
                    self.windows.all[index].topic = away.unwrap_or_default();
                }
            }
            News::Undelivered { label, why } => match self.unconfirmed.refuse(label) {
                Some(pending) => {
                    let index = self.windows.find(&pending.from).unwrap_or(self.windows.shown);
                    self.tell_in(index, &format!("*** {why}"));
                    self.tell_in(index, &format!("*** Not said: {}", pending.text));
                }
                None => self.tell_in(self.windows.shown, &format!("*** {why}")),
            },
            News::Past { room, count } => self.past(&room, count, actions),
            News::NoPast { room, is_forgotten } => self.no_past(&room, is_forgotten, actions),
            // The goodbye of the server is no news to whoever leaves.
            News::Told { .. } if self.leaving == Leaving::Told => {}
            News::Told { about, text } => {
                let index = about.and_then(|about| self.windows.find(&about));
                self.tell_in(index.unwrap_or(self.windows.shown), &format!("*** {text}"));
                if self.link == Link::Named && !self.is_greeted {
                    // It was about the room where this client would go.
                    self.greet(NOWHERE);
                }
            }
        }
        self.offer();
    }

    fn welcomed(&mut self, motd: Vec<String>, actions: &mut Actions) {
        let Speech::Irc(session) = &self.speech else { return };
        self.nick = Some(session.nick().to_owned());
        (self.link, self.reached) = (Link::Named, Reached::Room);
        self.retry = Retry::default();
        self.is_greeted = false;
        let home = session.home().map(str::to_owned);
        self.motd = motd;
        self.nick_answered();
        let windows = self.windows.all.iter().filter(|window| window.is_member);
        let mut rooms: Vec<String> = windows.map(|window| window.name.clone()).collect();
        if rooms.is_empty() && self.reached_rooms == 0 {
            rooms.extend(home);
        }
        for room in &rooms {
            // With the key, if it took one.
            let join = self.joins.iter().find(|(name, _)| is_same(name, room));
            send(&mut actions.send, join.map_or(&format!("JOIN {room}"), |(_, line)| line));
        }
        if rooms.is_empty() {
            self.greet(NOWHERE);
        }
    }

    /// Tells who this client is, and what the server has to say.
    fn greet(&mut self, more: &str) {
        self.is_greeted = true;
        let nick = self.nick.clone().unwrap_or_default();
        let shown = self.windows.shown;
        self.tell_in(shown, &format!("*** You are {nick}. {more}"));
        for line in std::mem::take(&mut self.motd) {
            self.tell_in(shown, &format!("*** {line}"));
        }
    }

    fn entered(&mut self, room: &str, actions: &mut Actions) {
        let index = self.windows.open(room);
        if self.windows.find("").is_none() {
            // What was typed before there was a room is said in this one.
            self.outgoing.rename_window("", room);
        }
        self.reached_rooms += 1;
        let window = &mut self.windows.all[index];
        (window.is_joined, window.is_member, window.is_new) = (true, true, true);
        window.topic.clear();
        if self.wanted.take_if(|wanted| is_same(wanted, room)).is_some() {
            self.show_window(index);
        }
        let last = self.scrollback(index).last_id();
        let part = last.map_or(Part::Last, |id| Part::After(id.to_owned()));
        self.fetch(index, part, actions);
    }

    fn out(&mut self, room: &str, why: &str, is_kick: bool) {
        let Some(index) = self.windows.find(room) else { return };
        if !is_kick {
            self.close_window(index);
            return self.tell_in(self.windows.shown, &format!("*** {why}"));
        }
        let window = &mut self.windows.all[index];
        (window.is_joined, window.is_member) = (false, false);
        window.roster = Roster::default();
        self.tell_in(index, &format!("*** {why}"));
    }

    fn members(&mut self, room: &str, names: &[String]) {
        let Speech::Irc(session) = &self.speech else { return };
        let others: Vec<&str> =
            names.iter().map(String::as_str).filter(|name| !session.is_me(name)).collect();
        let Some(index) = self.windows.find(room).filter(|&it| self.windows.all[it].is_joined)
        else {
            return self.tell_in(
                self.windows.shown,
                &format!("*** {} in {room}: {}", names.len(), names.join(", ")),
            );
        };
        let window = &mut self.windows.all[index];
        window.roster.set(&others);
        if !std::mem::take(&mut window.is_new) {
            let line = format!("*** {} here: {}", names.len(), names.join(", "));
            return self.tell_in(index, &line);
        }
        let told = &others[..others.len().min(NAMES_TOLD_MAX)];
        let here = match (told.len(), others.len() - told.len()) {
            (0, _) => "Nobody else is here.".to_owned(),
            (_, 0) => format!("Here now: {}.", told.join(", ")),
            (_, more) => format!("Here now: {} … and {more} others.", told.join(", ")),
        };
        if self.is_greeted {
            return self.tell_in(index, &format!("*** You talk in {room} now. {here}"));
        }
        self.greet(&format!("{here} /help lists the commands, /quit leaves."));
    }

    fn renamed(&mut self, from: &str, to: &str) {
        let line = if self.nick.as_deref().is_some_and(|nick| is_same(nick, from)) {
            self.nick = Some(to.to_owned());
            let line = format!("*** You are now {to}.");
            return self.tell_in(self.windows.shown, &line);
        } else {
            format!("*** {from} is now {to}")
        };
        for index in self.windows.with(from) {
            self.happened(index, &line, None);
            if is_same(&self.windows.all[index].name, from) && self.windows.find(to).is_none() {
                to.clone_into(&mut self.windows.all[index].name);
                self.outgoing.rename_window(from, to);
            }
        }
    }

    fn said(&mut self, mut said: Said) {
        if said.is_past {
            self.finish_said();
            let window = self.windows.find(&said.with).map(|it| &mut self.windows.all[it]);
            if let Some(fetch) = window.and_then(|window| window.fetch.as_mut()) {
                match fetch.came.last_mut().filter(|_| said.continues) {
                    Some(before) => before.text.push_str(&said.text),
                    None => fetch.came.push(said),
                }
            }
            return;
        }
        if said.is_mine {
            match self.unconfirmed.confirm(said.label, &said.with, &said.text) {
                Echo::Part => return,
                Echo::Whole(pending) => {
                    if !is_same(&pending.from, &pending.to) {
                        let me = self.nick.clone().unwrap_or_default();
                        let index = self.windows.find(&pending.from).unwrap_or(self.windows.shown);
                        self.tell_in(index, &pending.line(&me));
                    }
                    said.text = pending.text;
                }
                // The one that went out to oneself and came back.
                Echo::Unknown => {}
            }
        }
        if let Some(before) = self.last_said.as_mut().filter(|_| said.continues) {
            before.text.push_str(&said.text);
        } else {
            self.finish_said();
            self.last_said = Some(said);
        }
    }

    /// Nothing goes on with what was said last: it can be shown.
    pub(super) fn finish_said(&mut self) {
        let Some(said) = self.last_said.take().filter(|said| !self.is_ignored(said)) else {
            return;
        };
        let index = if said.is_private {
            self.windows.open(&said.with)
        } else {
            self.windows.find(&said.with).unwrap_or(self.windows.shown)
        };
        if self.windows.all[index].fetch.is_some() {
            self.windows.all[index].held.push(said);
        } else {
            self.show_said(index, &said);
        }
    }

    /// In a crowd, comings and goings are not told.
    fn happened(&mut self, index: usize, line: &str, at: Option<chatd::clock::Timestamp>) {
        let is_crowd = self.windows.all[index].roster.people().is_some_and(|it| it > CROWD);
        let is_traffic = self.note(index, line);
        if !(is_crowd && is_traffic) {
            self.tell_at(index, line, at);
        }
    }
}
