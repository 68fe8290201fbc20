//! What a client is told of those whom it watches: [monitor](https://ircv3.net/specs/extensions/monitor) and
//! [extended-monitor](https://ircv3.net/specs/extensions/extended-monitor).

use std::fmt::Display;
use std::mem;

use super::caps::Caps;
use super::speaker::{Gathered, Reply, Speaker, tags_of};
use super::verbs::Verb;
use super::{events, needs, write};
use crate::chat::answer::{News, Watched};
use crate::chat::text::Text;
use crate::chat::watching::WATCHED_MAX;

/// Several people whom a client asked about, for as few lines as can be.
#[derive(Debug, Default)]
pub(super) struct Report {
    online: Vec<String>,
    offline: Vec<String>,
    /// Those who cannot be watched, as the list is full.
    refused: Vec<String>,
}

impl Report {
    fn add(&mut self, watched: &Watched<'_>) {
        match watched.who {
            Some(who) => self.online.push(who.full().to_owned()),
            None => self.offline.push(watched.name.as_str().to_owned()),
        }
    }

    pub(super) fn write(&self, reply: &mut Reply<'_>) {
        let full = format!("{WATCHED_MAX} ");
        for (code, lead, names, tail) in [
            ("730", ":", &self.online, ""),
            ("731", ":", &self.offline, ""),
            ("734", &full, &self.refused, " :Monitor list is full"),
        ] {
            let names = names.iter().map(|name| name as &dyn Display);
            list(code, lead, names, tail, reply);
        }
    }
}

fn list<'w>(
    code: &str,
    lead: &str,
    names: impl Iterator<Item = &'w dyn Display>,
    tail: &str,
    reply: &mut Reply<'_>,
) {
    let lead = format!(":{} {code} {} {lead}", reply.identity.server, reply.nick);
    write::list(reply.out, &lead, ',', tail, names);
}

impl Speaker {
    /// Tells whom the client watches, or of those whom it watches from now on whether they are here.
    pub(super) fn show_watched(&mut self, watched: &[Watched<'_>], reply: &mut Reply<'_>) {
        match self.param(0) {
            Some("L" | "l") => {
                let names: Vec<&str> = watched.iter().map(|it| it.name.as_str()).collect();
                let names = names.iter().map(|name| name as &dyn Display);
                list("732", ":", names, "", reply);
                reply.numeric("733", ":End of MONITOR list");
            }
            _ => self.gather(|report| watched.iter().for_each(|watched| report.add(watched))),
        }
    }

    /// Somebody cannot be watched.
    pub(super) fn gather_unwatched(&mut self, name: Text<'_>) {
        self.gather(|report| report.refused.push(name.as_str().to_owned()));
    }

    fn gather(&mut self, add: impl FnOnce(&mut Report)) {
        let mut report = match mem::take(&mut self.asked.gathered) {
            Gathered::Watched(report) => report,
            Gathered::Nothing | Gathered::Modes { .. } | Gathered::Found(_) => Report::default(),
        };
        add(&mut report);
        self.asked.gathered = Gathered::Watched(report);
    }

    /// Whether it is in the midst of an answer about those whom the client watches. What they do meanwhile
    /// is told behind what is gathered, lest the client believe the older of the two.
    pub(super) fn is_watching(&self) -> bool {
        self.asked.verb == Verb::Monitor
    }
}

/// Tells what somebody did whom the client watches.
pub(super) fn news(news: &News<'_>, reply: &mut Reply<'_>) {
    match news {
        News::Came(who) => reply.numeric("730", format_args!(":{}", who.full())),
        News::Went(who) => reply.numeric("731", format_args!(":{who}")),
        News::Did(event) => {
            if reply.caps.has(Caps::EXTENDED_MONITOR) && reply.caps.has(needs(event)) {
                let is_extended = reply.caps.has(Caps::EXTENDED_JOIN);
                let (tags, identity) = (tags_of(reply.caps), reply.identity);
                events::event(event, tags, is_extended, identity, reply.out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Identity;
    use super::super::own::Own;
    use super::super::speaker::Terms;
    use super::*;
    use crate::chat::answer::{Answer, Refusal};
    use crate::chat::name::Nick;
    use crate::chat::session::Cloak;
    use crate::chat::who::{User, Who};
    use crate::clock::Timestamp;

    fn who(nick: &str) -> Who {
        Who::new(&Nick::parse(nick).unwrap(), &User::default(), Cloak::Local)
    }

    /// What a client reads whose `MONITOR +` is answered so, and then is answered whole.
    fn read(label: &str, answers: &[Answer<'_>]) -> Vec<String> {
        let identity = Identity::new("test", "lobby");
        let (mut speaker, mut out) = (Speaker::default(), Vec::new());
        let (verb, name, line) = (Verb::Monitor, "MONITOR", "MONITOR + a");
        let begin = Own::Begin { verb, name, label, line, price: 0, is_mended: false };
        let terms = Terms { identity: &identity, caps: Caps::NONE, now: Timestamp::default() };
        speaker.own(&begin, terms, &mut out);
        for answer in answers {
            speaker.answer(answer, terms, &mut out);
        }
        speaker.own(&Own::Finish, terms, &mut out);
        let text = String::from_utf8(out).unwrap();
        text.split_inclusive("\r\n").map(|line| line.replace(":test.chat ", "")).collect()
    }

    fn absent(name: &str) -> Watched<'_> {
        Watched { name: Text::harmless(name).unwrap(), who: None }
    }

    #[test]
    fn those_of_one_line_are_told_in_few_lines() {
        let (ana, bia) = (who("ana"), who("bia"));
        let refusal = |name| Refusal::WatchesTooMany(WATCHED_MAX, Text::harmless(name).unwrap());
        let (one, other) = (refusal("x"), refusal("y"));
        let here = [&ana, &bia].map(|who| [Watched { name: who.as_text(), who: Some(who) }]);
        let told = read(
            "",
            &[
                Answer::Watching(&here[0]),
                Answer::Watching(&[absent("carla")]),
                Answer::Refused { refusal: &one, named: true },
                Answer::Watching(&here[1]),
                Answer::Refused { refusal: &other, named: true },
                Answer::Watching(&[absent("dora")]),
            ],
        );
        let lines = [
            "730 * :ana!~plain@localhost,bia!~plain@localhost\r\n",
            "731 * :carla,dora\r\n",
            "734 * 100 x,y :Monitor list is full\r\n",
        ];
        assert_eq!(told, lines);
    }

    #[test]
    fn a_long_list_is_split_and_what_fits_nowhere_is_left_out() {
        let names: Vec<String> = (0..WATCHED_MAX).map(|number| format!("name{number}")).collect();
        let mut list: Vec<Watched<'_>> = names.iter().map(|name| absent(name)).collect();
        let long = "x".repeat(write::LINE_BYTES_MAX);
        list.insert(1, absent(&long));
        let told = read("", &[Answer::Watching(&list)]);
        assert!(told.iter().all(|line| line.len() + ":test.chat ".len() <= write::LINE_BYTES_MAX));
        let text = told.iter().map(|line| line.trim_end().trim_start_matches("731 * :"));
        assert_eq!(text.collect::<Vec<_>>().join(","), names.join(","));
    }

    /// Else the client would believe that somebody is away who came just now.
    #[test]
    fn what_happens_in_the_midst_of_an_answer_is_told_behind_it() {
        let bia = who("bia");
        for label in ["", "7"] {
            let told =
                read(label, &[Answer::Watching(&[absent("bia")]), Answer::News(News::Came(&bia))]);
            let told = told.concat();
            let places = ["731 * :bia", "730 * :bia!"].map(|line| told.find(line).unwrap());
            assert!(places.is_sorted(), "{told}");
        }
    }
}
