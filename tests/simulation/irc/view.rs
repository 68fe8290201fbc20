//! What one client knows from the lines that it was sent.

use std::collections::{BTreeMap, BTreeSet};

/// Nicknames, and whether they are operators.
pub(crate) type Members = BTreeMap<String, bool>;

/// What was said while a client was in a room, in order.
#[derive(Debug)]
pub(crate) struct Stay {
    pub(crate) room: String,
    pub(crate) tokens: Vec<String>,
    pub(crate) is_over: bool,
}

#[derive(Debug, Default)]
pub(crate) struct View {
    /// How much was read.
    read: usize,
    pub(crate) me: String,
    pub(crate) rooms: BTreeMap<String, Members>,
    /// Members as they were told in answer to a question at last.
    pub(crate) asked: BTreeMap<String, Members>,
    pub(crate) stays: Vec<Stay>,
    /// How often each label came.
    pub(crate) labels: BTreeMap<String, usize>,
    open_batches: BTreeSet<String>,
    past: BTreeSet<String>,
    last_id: u64,
    /// What is to be sent back.
    pub(crate) replies: Vec<String>,
    has_tags: bool,
    /// It is not told who is in a room unless it asks …
    has_to_ask: bool,
    /// … and is still to be told that of these.
    unknown: BTreeSet<String>,
    id: usize,
    /// Tells on stderr what is read.
    is_loud: bool,
}

impl View {
    pub(crate) fn new(id: usize, caps: &[&str], is_loud: bool) -> Self {
        let tags = ["message-tags", "server-time", "labeled-response", "batch"];
        let has_tags = caps.iter().any(|cap| tags.contains(cap));
        let has_to_ask = caps.contains(&"no-implicit-names");
        Self { has_tags, has_to_ask, id, is_loud, ..Self::default() }
    }

    /// Reads what has come of whole lines.
    pub(crate) fn read(&mut self, bytes: &[u8]) {
        let unread = &bytes[self.read..];
        let Some(end) = unread.iter().rposition(|&byte| byte == b'\n') else { return };
        self.read += end + 1;
        let text = str::from_utf8(&unread[..=end]).expect("UTF-8");
        for line in text.split_inclusive('\n') {
            let line = line.strip_suffix("\r\n").expect("a line ends with CR and LF");
            if self.is_loud {
                eprintln!("client {} reads {line:?}", self.id);
            }
            assert!(!line.contains(['\r', '\0']), "{line:?}");
            self.line(line);
        }
    }

    fn line(&mut self, line: &str) {
        let (tags, body) = match line.strip_prefix('@') {
            Some(tagged) => tagged.split_once(' ').expect("a line behind its tags"),
            None => ("", line),
        };
        assert!(body.len() <= 510, "{} bytes: {body}", body.len());
        assert!(tags.is_empty() || self.has_tags, "nobody asked for tags: {line}");
        let tag = |name: &str| {
            tags.split(';')
                .find_map(|tag| tag.strip_prefix(name)?.strip_prefix('='))
                .map(str::to_owned)
        };
        if let Some(label) = tag("label") {
            *self.labels.entry(label).or_default() += 1;
        }
        let batch = tag("batch");
        if let Some(batch) = &batch {
            assert!(self.open_batches.contains(batch), "no such batch is open: {line}");
        }
        let (words, text) =
            body.split_once(" :").map_or((body, None), |(words, text)| (words, Some(text)));
        let (from, words) = match words.strip_prefix(':') {
            Some(words) => words.split_once(' ').unwrap_or((words, "")),
            None => ("", words),
        };
        let mut words = words.split(' ');
        let verb = words.next().unwrap_or_default();
        let mut params: Vec<&str> = words.collect();
        params.extend(text);
        let nick = from.split('!').next().unwrap_or_default();
        let is_past = batch.is_some_and(|batch| self.past.contains(&batch));
        if let Some(id) = tag("msgid").filter(|_| !is_past) {
            let id: u64 = id.parse().expect("a number");
            // What somebody writes to itself comes twice: as said, and as heard.
            let is_new = id > self.last_id || (id == self.last_id && params[0] == self.me);
            assert!(is_new, "messages come in order: {line}");
            self.last_id = id;
        }
        self.happened(verb, nick, &params, is_past);
    }

    fn happened(&mut self, verb: &str, nick: &str, params: &[&str], is_past: bool) {
        let first = *params.first().unwrap_or(&"");
        match verb {
            "PING" => self.replies.push(format!("PONG :{first}")),
            "BATCH" => self.batch(params),
            "001" => first.clone_into(&mut self.me),
            "JOIN" if nick == self.me => {
                assert!(!self.rooms.contains_key(first), "it is in {first}");
                self.rooms.insert(first.into(), BTreeMap::from([(nick.into(), false)]));
                if self.has_to_ask {
                    self.unknown.insert(first.into());
                    self.replies.push(format!("NAMES {first}"));
                }
                self.stays.push(Stay { room: first.into(), tokens: Vec::new(), is_over: false });
            }
            "JOIN" => {
                let before = self.room(first).insert(nick.into(), false);
                assert_eq!(before, None, "{nick} was in {first}");
            }
            "PART" => self.out(first, nick),
            "KICK" => self.out(first, params[1]),
            "QUIT" => {
                let mut knew = !self.unknown.is_empty();
                for members in self.rooms.values_mut() {
                    knew |= members.remove(nick).is_some();
                }
                assert!(knew, "{nick} was in none of its rooms");
            }
            "NICK" => {
                let mut knew = nick == self.me || !self.unknown.is_empty();
                for members in self.rooms.values_mut() {
                    if let Some(is_operator) = members.remove(nick) {
                        members.insert(first.into(), is_operator);
                        knew = true;
                    }
                }
                assert!(knew, "{nick} was in none of its rooms");
                if nick == self.me {
                    first.clone_into(&mut self.me);
                }
            }
            "MODE" if first.starts_with('#') => self.mode(params),
            "353" => self.names(params[2], params[3]),
            "366" => params[1].split(',').for_each(|room| _ = self.unknown.remove(room)),
            "PRIVMSG" if first.starts_with('#') && !is_past => self.said(first, params[1]),
            _ => {}
        }
    }

    fn room(&mut self, room: &str) -> &mut Members {
        self.rooms.get_mut(room).unwrap_or_else(|| panic!("it is not in {room}"))
    }

    fn out(&mut self, room: &str, nick: &str) {
        let knew = self.room(room).remove(nick).is_some() || self.unknown.contains(room);
        assert!(knew, "{nick} was not in {room}");
        if nick == self.me {
            self.unknown.remove(room);
            self.rooms.remove(room);
            let stay = self.stays.iter_mut().rev().find(|stay| stay.room == room);
            stay.expect("it came").is_over = true;
        }
    }

    fn batch(&mut self, params: &[&str]) {
        let (sign, id) = params[0].split_at(1);
        if sign == "+" {
            assert!(self.open_batches.insert(id.into()), "one batch at a time has this name");
            if params[1] == "chathistory" {
                self.past.insert(id.into());
            }
        } else {
            assert!(self.open_batches.remove(id), "it was open");
            self.past.remove(id);
        }
    }

    fn mode(&mut self, params: &[&str]) {
        let mut values = params[2..].iter();
        let mut is_set = true;
        for letter in params[1].chars() {
            match letter {
                '+' | '-' => is_set = letter == '+',
                'o' => {
                    let nick = values.next().expect("whom");
                    let is_known = !self.unknown.contains(params[0]);
                    match self.room(params[0]).get_mut(*nick) {
                        Some(is_operator) => *is_operator = is_set,
                        None => assert!(!is_known, "{nick} is not there"),
                    }
                }
                'v' => assert!(values.next().is_some(), "whom"),
                _ => {}
            }
        }
    }

    fn names(&mut self, room: &str, names: &str) {
        for name in names.split(' ') {
            let nick = name.trim_start_matches(['@', '+']);
            let nick = nick.split('!').next().unwrap_or_default();
            let is_operator = name.starts_with('@');
            // As a client does: whoever is named is there.
            if let Some(members) = self.rooms.get_mut(room) {
                members.insert(nick.into(), is_operator);
            }
            self.asked.entry(room.into()).or_default().insert(nick.into(), is_operator);
        }
    }

    fn said(&mut self, room: &str, text: &str) {
        let text = text.trim_matches('\x01').trim_start_matches("ACTION ");
        let Some(token) = token(text) else { return };
        let stay = self.stays.iter_mut().rev().find(|stay| stay.room == room && !stay.is_over);
        stay.unwrap_or_else(|| panic!("it is not in {room}")).tokens.push(token.into());
    }

    /// Whether nothing is left open.
    pub(crate) fn check_closed(&self) {
        assert!(self.open_batches.is_empty(), "each batch ends: {:?}", self.open_batches);
    }
}

/// What tells a message from all others, with which it begins: `m7.12`.
pub(crate) fn token(text: &str) -> Option<&str> {
    let word = text.split(' ').next()?;
    word.strip_prefix('m')?.starts_with(|c: char| c.is_ascii_digit()).then_some(word)
}
