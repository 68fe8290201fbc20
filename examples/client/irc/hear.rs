//! Lines of the server, and what they tell.

use chatd::wire::irc::line::Line;

use super::{Batch, Kind, News, Said, Session, Stage, clean, is_room, is_same, send};

impl Session {
    /// Takes a line without its end; answers it in `out` if that is all there is to do about it.
    pub(crate) fn hear(&mut self, line: &str, out: &mut String) -> Option<News> {
        let line = Line::parse(line)?;
        let nick = clean(line.source.split('!').next().unwrap_or_default());
        let room = clean(line.param(0));
        let at = line.at();
        match line.verb {
            "CAP" => self.capabilities(&line, out),
            "PING" => send(out, &format!("PONG :{}", line.param(0))),
            "BATCH" => return self.batch(&line),
            "PRIVMSG" | "NOTICE" => return self.said(&line, nick),
            "JOIN" if self.is_me(&nick) => {
                line.source.clone_into(&mut self.full);
                return Some(News::Entered { room });
            }
            "JOIN" => return happened(room, format!("*** {nick} joined"), at),
            "PART" | "KICK" => return Some(self.out(&line, &nick, room)),
            "QUIT" => {
                let line = format!("*** {nick} left{}", farewell(&clean(line.param(0))));
                return Some(News::Quit { nick, line, at });
            }
            "NICK" => {
                if self.is_me(&nick) {
                    self.nick = Some(room.clone());
                    let host = line.source.split_once('!').map_or("", |(_, host)| host);
                    self.full = format!("{room}!{host}");
                }
                return Some(News::Renamed { from: nick, to: room });
            }
            "TOPIC" => return Some(topic(&nick, room, &clean(line.param(1)))),
            "MODE" if is_room(&room) => return happened(room, mode(&line, &nick), at),
            "AWAY" => {
                let reason = line.params().first().map(|reason| clean(reason));
                return Some(News::Away { nick, reason });
            }
            "INVITE" => {
                let (invited, room) = (room, clean(line.param(1)));
                let whom = if self.is_me(&invited) { "you" } else { &invited };
                let text = format!("{nick} invites {whom} to {room}: /join {room} goes there.");
                return Some(News::Told { about: None, text });
            }
            "FAIL" | "WARN" | "NOTE" => return Some(self.reply(&line)),
            "ERROR" => return Some(News::Told { about: None, text: room }),
            verb if verb.bytes().all(|byte| byte.is_ascii_digit()) => {
                return self.numeric(&line, verb);
            }
            _ => {}
        }
        None
    }

    fn said(&mut self, line: &Line<'_>, by: String) -> Option<News> {
        let (to, text) = (line.param(0).trim_start_matches(['@', '+']), line.param(1));
        if !line.source.contains('!') && !is_room(to) {
            // It is the server itself.
            return Some(News::Told { about: None, text: clean(text) });
        }
        let asked = text.strip_prefix('\x01').map(|text| text.strip_suffix('\x01').unwrap_or(text));
        let (kind, text) = match asked.map(|asked| asked.strip_prefix("ACTION ")) {
            Some(Some(action)) => (Kind::Act, action),
            // A question between programs.
            Some(None) => return None,
            None if line.verb == "NOTICE" => (Kind::Note, text),
            None => (Kind::Say, text),
        };
        let (label, is_past) = self.context(line);
        if is_past && let Some(batch) = line.tag("batch").and_then(|it| self.batches.get_mut(it)) {
            batch.past.iter_mut().for_each(|(_, count)| *count += 1);
        }
        let (at, id) = (line.at(), line.tag("msgid").map(str::to_owned));
        let is_mine = self.is_me(&by);
        let is_private = !is_room(to);
        if is_private && !is_mine {
            self.last_private = Some(by.clone());
        }
        let with = if is_private && !is_mine { by.clone() } else { clean(to) };
        // A server that has ids gives one to the first line alone.
        let last = (by.clone(), with.clone(), at);
        let continues = id.is_none() && at.is_some() && self.last == last;
        self.last = if id.is_some() || continues { last } else { Default::default() };
        let text = clean(text);
        Some(News::Said(Said {
            by,
            with,
            kind,
            text,
            is_mine,
            is_private,
            is_past,
            continues,
            at,
            id,
            label,
        }))
    }

    /// Somebody is not in a room any more.
    fn out(&self, line: &Line<'_>, by: &str, room: String) -> News {
        let because = |reason: &str| {
            if reason.is_empty() { String::new() } else { format!(": {reason}") }
        };
        if line.verb == "PART" {
            if self.is_me(by) {
                return News::Out { why: format!("You left {room}."), room, is_kick: false };
            }
            let why = because(&clean(line.param(1)));
            let line_shown = format!("*** {by} left the room{why}");
            return News::Happened { room, line: line_shown, at: line.at() };
        }
        let (nick, reason) = (clean(line.param(1)), clean(line.param(2)));
        let why = because(if is_same(&reason, by) { "" } else { &reason });
        if self.is_me(&nick) {
            let why = format!("You were kicked out of {room} by {by}{why}");
            return News::Out { why, room, is_kick: true };
        }
        let shown = format!("*** {nick} was kicked out by {by}{why}");
        News::Happened { room, line: shown, at: line.at() }
    }

    fn batch(&mut self, line: &Line<'_>) -> Option<News> {
        let (sign, name) = line.param(0).split_at_checked(1)?;
        if sign == "+" {
            let (label, _) = self.context(line);
            let past = (line.param(1) == "chathistory").then(|| (clean(line.param(2)), 0));
            self.batches.insert(name.to_owned(), Batch { label, past });
            return None;
        }
        let (room, count) = self.batches.remove(name)?.past?;
        Some(News::Past { room, count })
    }

    /// A reply in the form that programs read
    /// ([standard replies](https://ircv3.net/specs/extensions/standard-replies)).
    fn reply(&mut self, line: &Line<'_>) -> News {
        let text = clean(line.params().last().copied().unwrap_or_default());
        if line.verb == "FAIL" && line.param(0) == "CHATHISTORY" {
            let is_forgotten = line.param(1) == "UNKNOWN_MSGID";
            return News::NoPast { room: clean(line.param(3)), is_forgotten };
        }
        match self.context(line) {
            (Some(label), _) if line.verb == "FAIL" => News::Undelivered { label, why: text },
            _ => News::Told { about: None, text },
        }
    }

    pub(super) fn is_registered(&self) -> bool {
        self.stage == Stage::Registered
    }
}

#[expect(clippy::unnecessary_wraps, reason = "so that a line of the table is one line")]
fn happened(room: String, line: String, at: Option<chatd::clock::Timestamp>) -> Option<News> {
    Some(News::Happened { room, line, at })
}

fn topic(by: &str, room: String, topic: &str) -> News {
    let line = match topic {
        "" => format!("*** {by} removed the topic"),
        topic => format!("*** {by} changed the topic: {topic}"),
    };
    News::Topic { room, topic: topic.to_owned(), line }
}

/// Why somebody left, as the text protocol has it.
fn farewell(reason: &str) -> String {
    match reason {
        "" | "Connection closed" => String::new(),
        "Quit" => " (quit)".to_owned(),
        "Connection lost" => " (connection lost)".to_owned(),
        "Ping timeout" => " (timed out)".to_owned(),
        reason => format!(": {reason}"),
    }
}

/// What an operator did: in words, if it is about one person's rank.
fn mode(line: &Line<'_>, by: &str) -> String {
    let nick = clean(line.param(2));
    match line.param(1) {
        "+o" => format!("*** {by} made {nick} an operator"),
        "-o" => format!("*** {by} took the rank of operator from {nick}"),
        "+v" => format!("*** {by} gave {nick} a voice"),
        "-v" => format!("*** {by} took the voice from {nick}"),
        _ => format!("*** {by} set mode {}", clean(&line.params()[1..].join(" "))),
    }
}
