//! Answers, as clients are told them.

use super::caps::Caps;
use super::modes::{self, Mode, Value};
use super::monitor;
use super::speaker::{Reply, Speaker, Terms, tags_of};
use super::split::split;
use super::verbs::Verb;
use super::write;
use super::{Identity, events, lists};
use crate::chat::answer::{Answer, Counts, Listing, Place};
use crate::chat::event::{Event, Happening, What};
use crate::chat::message::Message;
use crate::chat::name::RoomName;
use crate::chat::room::Topic;
use crate::chat::rules::{List, Ranks};
use crate::chat::text::{Text, TextBuf};
use crate::chat::who::Who;

impl Speaker {
    /// Appends an answer to `out`.
    pub(crate) fn answer(&mut self, answer: &Answer<'_>, terms: Terms<'_>, out: &mut Vec<u8>) {
        if let Answer::Registered(who) = *answer {
            self.me = Some(who.clone());
        }
        if let Answer::Told(ref message) = *answer {
            // It is no answer, also if somebody writes to itself.
            write::message(message, tags_of(terms.caps), out);
            return;
        }
        if let Answer::News(ref news) = *answer
            && !self.is_watching()
        {
            let nick = self.me.as_ref().map_or("*", Who::as_str);
            monitor::news(news, &mut Reply::new(terms, nick, out));
            return;
        }
        self.write(terms, out, |speaker, reply| speaker.tell(answer, reply));
    }

    #[expect(clippy::too_many_lines, reason = "a table: what stands for each answer")]
    fn tell(&mut self, answer: &Answer<'_>, reply: &mut Reply<'_>) {
        match *answer {
            Answer::Registered(who) => welcome(who, reply),
            Answer::Described(name) => {
                if reply.caps.has(Caps::SETNAME) {
                    let text = format!(":{} SETNAME :{}", self.full(), name.as_str());
                    reply.timed(reply.now, text);
                }
            }
            Answer::Motd(lines) => motd(lines, reply),
            Answer::Counts(counts) => count(counts, reply),
            Answer::Named(who) => {
                let before = self.full().to_owned();
                if before != who.full() {
                    reply.timed(reply.now, format_args!(":{before} NICK {who}"));
                    self.me = Some(who.clone());
                }
            }
            Answer::Entered { room, is_new, topic, others, real_name, .. } => {
                self.join(room, real_name, reply);
                self.enter(room, is_new, topic, others, reply);
            }
            Answer::Done { event, .. } => self.done(&event, reply),
            Answer::Hidden { is_hidden, is_changed } => {
                let sign = modes::sign(is_hidden);
                if is_changed {
                    let text = format!(":{} MODE {} {sign}i", self.full(), reply.nick);
                    reply.timed(reply.now, text);
                } else if self.param(1).is_none() {
                    reply.numeric("221", if is_hidden { "+i" } else { "+" });
                }
            }
            Answer::Delivered(ref message) => echo(message, reply),
            Answer::History { place, count, .. } => self.begin_past(place.room, count, reply),
            Answer::Earlier { ref message, .. } => self.write_past(message, reply),
            Answer::Present { place, people } => lists::names(place.room, people, None, reply),
            Answer::Topic { place: Place { room, .. }, topic: Some(topic) } => {
                tell_topic(room, topic, reply);
            }
            Answer::Topic { place: Place { room, .. }, topic: None } => {
                reply.numeric("331", format_args!("{room} :No topic is set"));
            }
            Answer::Rooms { rooms, others } => self.list_rooms(rooms, others, reply),
            Answer::Whois(ref profile) => lists::whois(profile, reply),
            Answer::Was(past) => {
                let asked = self.param(0).unwrap_or("*");
                lists::was(past, asked, self.param(1), reply);
            }
            Answer::People { people, others } => self.list_people(people, others, reply),
            Answer::Found(who, is_away) => self.found(who, is_away),
            Answer::Watching(watched) => self.show_watched(watched, reply),
            Answer::News(ref news) => {
                self.write_gathered(reply);
                monitor::news(news, reply);
            }
            Answer::Talked(rooms) => self.list_talked(rooms, reply),
            Answer::Invitations(rooms) => {
                for room in rooms {
                    reply.numeric("336", room);
                }
                reply.numeric("337", ":End of /INVITE list");
            }
            Answer::YouAreAway => reply.numeric("306", ":You have been marked as being away"),
            Answer::YouAreBack => reply.numeric("305", ":You are no longer marked as being away"),
            Answer::IsAway { nick, reason } => {
                if self.asked.verb == Verb::Privmsg {
                    reply.numeric("301", format_args!("{nick} :{}", reason.as_str()));
                }
            }
            Answer::Invited { by, room } => {
                let text = format!(":{} INVITE {} {room}", by.full(), reply.nick);
                reply.timed(reply.now, text);
            }
            Answer::Inviting { nick, room } => reply.numeric("341", format_args!("{nick} {room}")),
            Answer::KeptOut { room, list, mask, .. } => {
                self.listed(room, list, mask.as_str(), true, reply);
            }
            Answer::Pardoned { room, list, masks } => {
                for mask in masks {
                    self.listed(room, list, mask.as_str(), false, reply);
                }
            }
            Answer::List { room, list, entries } => lists::list_entries(room, list, entries, reply),
            Answer::Rules { room, rules, since, is_operator } => {
                let modes = modes::of_rules(rules, is_operator);
                reply.numeric("324", format_args!("{room} {modes}"));
                // The home room is as old as the server.
                let since = since.max(reply.identity.since).0 / 1_000_000;
                reply.numeric("329", format_args!("{room} {since}"));
            }
            Answer::Refused { refusal, .. } => self.refuse(refusal, reply),
            Answer::NamelessTooLong(_) => close("Registration timed out", reply),
            Answer::NicknamesRefused(_) => close("Too many nicknames refused", reply),
            Answer::Full => close("The server is full: try again later", reply),
            Answer::FullForAddress => close("Too many connections from your address", reply),
            Answer::Stopping => close("The server is stopping", reply),
            // For people, or asked for in no line of a client.
            Answer::Told(_)
            | Answer::Greeting { .. }
            | Answer::Welcomed { .. }
            | Answer::Focused(_)
            | Answer::Lists { .. }
            | Answer::Help(_) => {}
        }
    }

    fn full(&self) -> &str {
        self.me.as_ref().map_or("*", Who::full)
    }

    fn join(&self, room: &RoomName, real_name: Text<'_>, reply: &mut Reply<'_>) {
        let full = self.full();
        if reply.caps.has(Caps::EXTENDED_JOIN) {
            let text = format_args!(":{full} JOIN {room} * :{}", real_name.as_str());
            reply.timed(reply.now, text);
        } else {
            reply.timed(reply.now, format_args!(":{full} JOIN {room}"));
        }
    }

    fn enter(
        &self,
        room: &RoomName,
        is_new: bool,
        topic: Option<&Topic>,
        others: Listing<'_>,
        reply: &mut Reply<'_>,
    ) {
        if let Some(topic) = topic {
            tell_topic(room, topic, reply);
        }
        if !reply.caps.has(Caps::NO_IMPLICIT_NAMES) {
            let ranks = Ranks { is_operator: is_new, has_voice: false };
            lists::names(room, others, self.me.as_ref().map(|me| (me, ranks)), reply);
            reply.numeric("366", format_args!("{room} :End of /NAMES list"));
        }
    }

    /// What the client itself did, or what was done to it.
    fn done(&mut self, event: &Event<'_>, reply: &mut Reply<'_>) {
        match event.what {
            What::Said(ref message) => echo(message, reply),
            What::In { room, what: Happening::Changed { change, .. } } => {
                if let Some(mode) = modes::of_change(change) {
                    self.gather_mode(room, &mode, reply);
                }
            }
            What::In { what: Happening::TakenBack { .. }, .. }
                if !reply.caps.has(Caps::REDACTION) => {}
            What::In { room, what: Happening::Ranked { nick, rank, is_given, .. } } => {
                let (letter, value) = (modes::rank_letter(rank), Value::Text(nick.as_str()));
                let mode = Mode { is_set: is_given, letter, value: Some(value) };
                self.gather_mode(room, &mode, reply);
            }
            What::In { .. }
            | What::Renamed { .. }
            | What::Away { .. }
            | What::Left { .. }
            | What::Described { .. } => {
                let is_extended = reply.caps.has(Caps::EXTENDED_JOIN);
                let (tags, identity) = (tags_of(reply.caps), reply.identity);
                events::event(event, tags, is_extended, identity, reply.out);
            }
        }
    }

    fn listed(
        &mut self,
        room: &RoomName,
        list: List,
        mask: &str,
        is_set: bool,
        reply: &mut Reply<'_>,
    ) {
        let (letter, lead) = modes::list_letter(list);
        let value = format!("{lead}{mask}");
        let mode = Mode { is_set, letter, value: Some(Value::Text(&value)) };
        self.gather_mode(room, &mode, reply);
    }

    fn found(&mut self, who: &Who, is_away: bool) {
        if self.asked.verb == Verb::Ison {
            self.gather_found(who.to_string());
        } else {
            let sign = if is_away { '-' } else { '+' };
            let (user, host) = who.user_and_host();
            self.gather_found(format!("{who}={sign}{user}@{host}"));
        }
    }
}

fn close(why: &str, reply: &mut Reply<'_>) {
    write::line(reply.out, format_args!("ERROR :Closing link: {why}"));
}

fn welcome(who: &Who, reply: &mut Reply<'_>) {
    let Identity { server, network, since, .. } = reply.identity;
    let version = env!("CARGO_PKG_VERSION");
    reply.numeric("001", format_args!(":Welcome to the {network} network, {}", who.full()));
    reply.numeric("002", format_args!(":Your host is {server}, running chatd {version}"));
    reply.numeric("003", format_args!(":This server was started at {}", write::Time(*since)));
    reply.numeric("004", format_args!("{server} chatd-{version} i CUbeiIklmnostv beIklov"));
    super::replies::support(reply);
}

fn count(counts: Counts, reply: &mut Reply<'_>) {
    let Counts { people, people_max, hidden, nameless, rooms } = counts;
    let shown = people - hidden;
    reply.numeric(
        "251",
        format_args!(":There are {shown} users and {hidden} invisible on 1 servers"),
    );
    reply.numeric("252", "0 :operators online");
    reply.numeric("253", format_args!("{nameless} :unknown connections"));
    reply.numeric("254", format_args!("{rooms} :channels formed"));
    reply.numeric("255", format_args!(":I have {people} clients and 0 servers"));
    for (code, what) in [("265", "local"), ("266", "global")] {
        reply.numeric(
            code,
            format_args!("{people} {people_max} :Current {what} users {people}, max {people_max}"),
        );
    }
}

fn motd(lines: &[TextBuf], reply: &mut Reply<'_>) {
    let Identity { server, home, .. } = reply.identity;
    reply.numeric("375", format_args!(":- {server} Message of the day -"));
    for text in lines {
        let mut rest = text.as_text().as_str();
        loop {
            let (now, later) = split(rest, MOTD_LINE_BYTES);
            reply.numeric("372", format_args!(":- {now}"));
            if later.is_empty() {
                break;
            }
            rest = later;
        }
    }
    reply.numeric("372", format_args!(":- /join {home} goes where everybody is."));
    reply.numeric("376", ":End of /MOTD command");
}

/// A longer line of the text for newcomers becomes several.
const MOTD_LINE_BYTES: usize = 300;

fn tell_topic(room: &RoomName, topic: &Topic, reply: &mut Reply<'_>) {
    reply.numeric("332", format_args!("{room} :{}", topic.text.as_text().as_str()));
    let at = topic.at.0 / 1_000_000;
    reply.numeric("333", format_args!("{room} {} {at}", topic.by.full()));
}

/// What the client said, if it wants to hear that.
fn echo(message: &Message<'_>, reply: &mut Reply<'_>) {
    if reply.caps.has(Caps::ECHO_MESSAGE) {
        write::message(message, tags_of(reply.caps), reply.out);
    }
}
