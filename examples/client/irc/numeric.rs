//! Replies that have a number ([list](https://modern.ircdocs.horse/#numerics)), in words.

use chatd::wire::irc::line::Line;

use super::{News, Session, Stage, clean, is_room, is_same};

impl Session {
    pub(super) fn numeric(&mut self, line: &Line<'_>, code: &str) -> Option<News> {
        let params: Vec<String> = line.params().iter().skip(1).map(|param| clean(param)).collect();
        let param = |index: usize| params.get(index).map(String::as_str).unwrap_or_default();
        let text = params.last().map(String::as_str).unwrap_or_default();
        match code {
            "001" => self.nick = Some(clean(line.param(0))),
            "005" => self.support(line),
            "372" => self.motd.push(text.strip_prefix("- ").unwrap_or(text).to_owned()),
            "376" | "422" => return Some(self.welcome()),
            "432" | "433" | "436" | "437" if !self.is_registered() => {
                return Some(News::NickRefused { why: text.to_owned() });
            }
            "332" => {
                let (room, topic) = (param(0).to_owned(), text.to_owned());
                return Some(News::Topic { line: format!("*** Topic: {topic}"), room, topic });
            }
            "353" => {
                let names = text.split(' ').map(|name| name.trim_start_matches(['@', '+']));
                let names = names.filter(|name| !name.is_empty()).map(str::to_owned);
                self.names.entry(param(1).to_ascii_lowercase()).or_default().extend(names);
            }
            "366" => {
                let names = self.names.remove(&param(0).to_ascii_lowercase())?;
                return Some(News::Members { room: param(0).to_owned(), names });
            }
            _ => return self.words(line, code, &params),
        }
        None
    }

    /// What the server can: who says which room is the home of all.
    fn support(&mut self, line: &Line<'_>) {
        let home = line.params().iter().find_map(|token| token.strip_prefix("CHATD_HOME="));
        self.home = home.map(clean).or(self.home.take());
    }

    fn welcome(&mut self) -> News {
        let mut motd = std::mem::take(&mut self.motd);
        if self.is_registered() {
            return News::Told { about: None, text: motd.join(" / ") };
        }
        self.stage = Stage::Registered;
        // This client goes there by itself.
        let advice = self.home.as_ref().map(|home| format!("/join {home} "));
        motd.retain(|line| advice.as_ref().is_none_or(|advice| !line.starts_with(advice)));
        News::Welcome { motd }
    }

    fn words(&mut self, line: &Line<'_>, code: &str, params: &[String]) -> Option<News> {
        let param = |index: usize| params.get(index).map(String::as_str).unwrap_or_default();
        let text = params.last().map(String::as_str).unwrap_or_default();
        let (label, _) = self.context(line);
        let is_refusal = ("400".."600").contains(&code);
        // A sentence of chatd says itself what it is about.
        let refusal = || match param(0) {
            "" | "*" => text.to_owned(),
            about if text.contains(about) || is_same(about, text) => text.to_owned(),
            about => format!("{about}: {text}"),
        };
        if let (true, Some(label)) = (is_refusal, label) {
            return Some(News::Undelivered { label, why: refusal() });
        }
        let text = match code {
            "002" | "003" | "004" | "250" | "251" | "252" | "253" | "254" | "255" | "265"
            | "266" | "312" | "315" | "318" | "321" | "323" | "329" | "333" | "347" | "349"
            | "368" | "369" | "374" | "375" => return None,
            "301" => format!("{} is away: {text}", param(0)),
            "305" => "You are back.".to_owned(),
            "306" => "You are away. /away says that you are back.".to_owned(),
            "311" => format!("{} is {}@{} ({text})", param(0), param(1), param(2)),
            "317" => format!("{} said nothing for {} s", param(0), param(1)),
            "319" => format!("{} is in {text}", param(0)),
            "322" => match (param(1), text) {
                (people, "") => format!("{}: {people} here", param(0)),
                (people, topic) => format!("{}: {people} here, topic: {topic}", param(0)),
            },
            "324" => format!("{} has the modes {}", param(0), params[1..].join(" ")),
            "331" => "No topic.".to_owned(),
            "341" => format!("{} is invited to {}.", param(0), param(1)),
            "346" => format!("{}: {} needs no invitation", param(0), param(1)),
            "348" => format!("{}: {} is never banned", param(0), param(1)),
            "367" => format!("{}: {} is banned by {}", param(0), param(1), param(2)),
            "352" => format!("{} is {}@{} in {}", param(4), param(1), param(2), param(0)),
            _ if is_refusal => refusal(),
            _ => params.join(" "),
        };
        let about = params.iter().take(2).find(|param| is_room(param)).cloned();
        Some(News::Told { about, text })
    }
}
