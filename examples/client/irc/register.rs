//! How this client makes itself known, and what it agrees on with the server
//! ([capability negotiation](https://ircv3.net/specs/extensions/capability-negotiation)).

use chatd::wire::irc::line::Line;

use super::{Session, Stage, send};

/// What is asked for, where it is offered.
const WANTED: [&str; 10] = [
    "message-tags",
    "server-time",
    "batch",
    "echo-message",
    "labeled-response",
    "draft/chathistory",
    "multi-prefix",
    "away-notify",
    "setname",
    "standard-replies",
];

impl Session {
    /// Asks for a nickname, once the server can be asked.
    pub(crate) fn choose_nick(&mut self, nick: &str, out: &mut String) {
        let is_first = self.nick.replace(nick.to_owned()).is_none();
        match self.stage {
            Stage::Offers | Stage::Agrees => {}
            Stage::Nameless if is_first => self.register(out),
            Stage::Nameless | Stage::Registered => send(out, &format!("NICK :{nick}")),
        }
    }

    fn register(&mut self, out: &mut String) {
        self.stage = Stage::Nameless;
        if let Some(nick) = &self.nick {
            send(out, &format!("NICK :{nick}"));
            send(out, &format!("USER chatd 0 * :{nick}"));
        }
    }

    /// What the server offers, and what it agrees to.
    pub(super) fn capabilities(&mut self, line: &Line<'_>, out: &mut String) {
        let list = line.params().last().copied().unwrap_or_default();
        match line.param(1) {
            "LS" => {
                let names = list.split(' ').map(|offer| offer.split('=').next().unwrap_or(offer));
                self.offered.extend(names.map(str::to_owned));
                // A star says that there are more.
                if self.stage == Stage::Offers && line.param(2) != "*" {
                    self.stage = Stage::Agrees;
                    let wanted =
                        WANTED.iter().filter(|&name| self.offered.iter().any(|it| it == name));
                    let wanted: Vec<&str> = wanted.copied().collect();
                    if wanted.is_empty() {
                        self.agree(out);
                    } else {
                        send(out, &format!("CAP REQ :{}", wanted.join(" ")));
                    }
                }
            }
            "ACK" => {
                self.agreed.extend(list.split_whitespace().map(str::to_owned));
                self.agree(out);
            }
            "NAK" => self.agree(out),
            "DEL" => self.agreed.retain(|name| !list.split(' ').any(|gone| gone == name)),
            _ => {}
        }
    }

    fn agree(&mut self, out: &mut String) {
        if self.stage == Stage::Agrees {
            self.register(out);
            send(out, "CAP END");
        }
    }
}
