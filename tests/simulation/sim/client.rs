//! A simulated client: what it has to say, and how much of it is on its way.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::choices::Choices;
use super::rules;
use super::stream::Wire;
use chatd::clock::Now;

/// Nicknames that several clients want. Within a row each is too much like another one.
pub(crate) const CONTESTED: [&str; 9] =
    ["race", "RACE", "r\u{430}ce", "\u{24e1}ace", "rácé", "ines", "Ines", "INES", "lnes"];

/// The longest line that the server takes.
pub(crate) const LINE_BYTES_MAX: usize = 64;

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each may be true by itself")]
pub(crate) struct Client {
    pub(crate) id: usize,
    pub(crate) key: usize,
    pub(crate) wire: Rc<RefCell<Wire>>,
    pub(crate) accepted_at: Now,
    /// When it left, and why.
    pub(crate) left: Option<(Now, String)>,
    /// It was seen that the server dropped it.
    pub(crate) is_let_go: bool,
    /// All that it ever has to say, in order.
    pub(crate) lines: Vec<Line>,
    /// Bytes that are not yet on the wire.
    outgoing: VecDeque<u8>,
    /// How many bytes are on the wire, or were.
    pub(crate) sent: usize,
    pub(crate) line_end: &'static [u8],
    /// It sends bytes that mean nothing: nobody can tell what comes of them.
    pub(crate) is_garbled: bool,
    /// It knows of other rooms than the home room.
    pub(crate) has_rooms: bool,
    /// Never reads again.
    pub(crate) is_stalled: bool,
    /// Ends its stream when all is sent.
    pub(crate) is_ending: bool,
    /// Its window was limited at some time.
    pub(crate) was_narrow: bool,
}

/// One line, as it is shown.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) text: String,
    /// How many telnet options it asks for. Each is refused at once.
    pub(crate) options: usize,
    pub(crate) is_too_long: bool,
    /// When so many bytes are received, it is whole. Without an end of its own, the end of the
    /// stream is needed too.
    pub(crate) whole_at: usize,
    pub(crate) is_unended: bool,
}

impl Line {
    pub(crate) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

impl Client {
    pub(crate) fn new(
        (id, key): (usize, usize),
        wire: Rc<RefCell<Wire>>,
        accepted_at: Now,
        choices: &mut Choices,
    ) -> Self {
        Self {
            id,
            key,
            wire,
            accepted_at,
            left: None,
            is_let_go: false,
            lines: Vec::new(),
            outgoing: VecDeque::new(),
            sent: 0,
            line_end: choices.pick::<&[u8]>(&[b"\n", b"\r\n", b"\r", b"\r\0"]),
            is_garbled: false,
            has_rooms: false,
            is_stalled: false,
            is_ending: false,
            was_narrow: false,
        }
    }

    /// Has another line to say.
    pub(crate) fn put(&mut self, text: &str) {
        let name = |text: &str| text.strip_prefix("/nick ").unwrap_or(text).to_owned();
        let is_name = text.starts_with("/nick ");
        if self.has_rooms && is_name && self.lines.iter().any(|old| name(&old.text) == name(text)) {
            // Of whoever is in no room nobody hears which name it has. So it has each one once.
            return self.put(&format!("/nick n{}.{}", self.id, self.lines.len()));
        }
        self.put_raw(text.as_bytes(), text, 0);
    }

    fn put_raw(&mut self, bytes: &[u8], text: &str, options: usize) {
        let start = self.sent + self.outgoing.len();
        self.outgoing.extend(bytes);
        self.outgoing.extend(self.line_end);
        let is_too_long = bytes.len() > LINE_BYTES_MAX;
        let whole_at = start + if is_too_long { LINE_BYTES_MAX } else { bytes.len() } + 1;
        let text = text.into();
        self.lines.push(Line { text, options, is_too_long, whole_at, is_unended: false });
    }

    /// Takes the server for another one, or is told to by a web page.
    pub(crate) fn put_foreign(&mut self, choices: &mut Choices) {
        if choices.one_in(4) {
            self.put("");
        }
        let long = format!("POST /{} HTTP/1.1", "x".repeat(LINE_BYTES_MAX));
        let (bytes, text) = choices.pick(&[
            ("GET / HTTP/1.1", "GET / HTTP/1.1"),
            (&long, &long),
            ("SSH-2.0-OpenSSH_9.6", "SSH-2.0-OpenSSH_9.6"),
            ("PROXY UNKNOWN", "PROXY UNKNOWN"),
            ("EHLO example.org", "EHLO example.org"),
            ("INVITE sip:c0@example.org SIP/2.0", "INVITE sip:c0@example.org SIP/2.0"),
            ("\x16\x03\x01", "\u{2416}\u{2403}\u{2401}"),
            ("abc\0d", "abc\u{2400}d"),
        ]);
        self.put_raw(bytes.as_bytes(), text, 0);
        self.put(&format!("c{}", self.id));
    }

    /// Which protocol that is not spoken here its first line is of.
    pub(crate) fn foreign(&self) -> Option<&'static str> {
        rules::foreign(&self.lines.iter().find(|line| !line.is_blank())?.text)
    }

    /// Has bytes to send that are no lines, or nothing that makes sense.
    pub(crate) fn put_garbage(&mut self, bytes: &[u8]) {
        self.is_garbled = true;
        self.outgoing.extend(bytes);
    }

    /// Has something to say, mostly to all, in a room of so many.
    pub(crate) fn speak(&mut self, choices: &mut Choices, clients: usize) {
        let (id, number) = (self.id, self.lines.len());
        if self.has_rooms && choices.one_in(3) {
            return self.speak_of_rooms(choices, clients);
        }
        let message = format!("m{id}.{number} hi");
        let whom = match choices.below(4) {
            0 => "c0".into(),
            1 => choices.pick(&CONTESTED).into(),
            _ => format!("C{}", choices.below(clients)),
        };
        match choices.below(32) {
            0 => self.put("/who"),
            1 => self.put("/help"),
            2 => self.put(choices.pick(&["", "\u{2800}\u{200b} "])),
            3 => self.put_raw(b"/nonsense \x1b[2J", "/nonsense \u{241b}[2J", 0),
            4 => self.put(&"x".repeat(LINE_BYTES_MAX + 1 + choices.below(400))),
            5 => self.put(&format!("/r p{id}.{number} psst")),
            6..8 => self.put(&format!("/msg {whom} p{id}.{number} psst")),
            8 => self.put(&format!("/history {}", choices.below(5))),
            9 => self.put("/history"),
            10 => self.put(&format!("/me {message}")),
            11 => {
                let (raw, shown) = ("\u{202e}olá\u{9b} ", "\u{fffd}olá\u{fffd} ");
                self.put_raw(
                    (raw.to_owned() + &message).as_bytes(),
                    &(shown.to_owned() + &message),
                    0,
                );
            }
            12 => {
                let raw = [
                    b"/\x7f\xff\xf1\xff\xfb\x01caf\xe9 \xc3\xa1x\x08\x7f\xff\xff",
                    message.as_bytes(),
                ];
                let raw = raw.concat();
                self.put_raw(&raw, &format!("caf\u{fffd} \u{fffd}{message}"), 1);
            }
            13..15 => self.put(&format!("/nick {}", choices.pick(&CONTESTED))),
            15 => self.put(&format!("/nick n{id}.{number}")),
            16 => self.put(&format!("/nick c{id}")),
            17 => self.put(&format!("//{message}")),
            // Talk, unless it is the first that it says.
            19 => self.put(&format!("{message} HTTP/1.0")),
            18 => self.put(choices.pick(&[
                "/nick a:b",
                "/nick",
                "/nick 1st",
                "/nick S\u{435}rver",
                "/history x",
                "/me \u{3164}",
            ])),
            _ => self.put(&message),
        }
    }

    /// Goes from room to room, or has something to ask or to do there.
    fn speak_of_rooms(&mut self, choices: &mut Choices, clients: usize) {
        let (id, number) = (self.id, self.lines.len());
        let room = choices.pick(&["#dev", "#ops", "#dev", "#lobby", "#DEV"]);
        // Not the first client, which is to stay everywhere.
        let whom = match choices.below(4) {
            0 => choices.pick(&CONTESTED).into(),
            _ => format!("C{}", 1 + choices.below(clients)),
        };
        let line = match choices.below(32) {
            0..9 => format!("/join {room}"),
            9 => format!("/join {}", choices.pick(&["dev", "Ops word", "a,b", "", "Lobby"])),
            10 | 11 => "/part".into(),
            12 => format!("/part b{id}.{number} bye"),
            13 => format!("/part {}", choices.pick(&[room, &room[1..]])),
            14 => format!("/part {room} b{id}.{number} bye"),
            15..20 => format!("/msg {room} m{id}.{number} psst"),
            20 | 21 => format!("/who {}", choices.pick(&[room, &room[1..]])),
            22 => choices
                .pick(&["/who #none", "/who none", "/who dev ops", "/msg #none hi", "/part #none"])
                .into(),
            23 => "/rooms".into(),
            24 => "/topic".into(),
            25 => format!("/topic t{id}.{number}"),
            26 => format!("/away a{id}.{number}"),
            27 => "/away".into(),
            28 => format!("/kick {whom}"),
            29 => format!("/kick {whom} k{id}.{number}"),
            30 => format!("{} {whom}", choices.pick(&["/op", "/deop", "/voice", "/unvoice"])),
            _ => choices
                .pick(&[
                    "/room moderated on",
                    "/room moderated off",
                    "/room topic all",
                    "/op c1 c2",
                ])
                .into(),
        };
        self.put(&line);
    }

    /// The room that it went to last, if it got there.
    pub(crate) fn last_joined(&self) -> Option<&str> {
        self.lines.iter().rev().find_map(|line| line.text.strip_prefix("/join "))
    }

    /// Has something to say without a line end, and ends its stream.
    pub(crate) fn end(&mut self, choices: &mut Choices, clients: usize) {
        if choices.one_in(2) {
            self.speak(choices, clients);
            if let Some(line) = self.lines.last_mut().filter(|line| !line.text.is_empty()) {
                self.outgoing.truncate(self.outgoing.len() - self.line_end.len());
                line.whole_at -= usize::from(!line.is_too_long);
                line.is_unended = !line.is_too_long;
            }
        }
        self.is_ending = true;
    }

    /// Puts at most `count` bytes on the wire. `false` if that changes nothing.
    pub(crate) fn send(&mut self, count: usize) -> bool {
        let mut wire = self.wire.borrow_mut();
        if wire.is_ended || wire.broken.is_some() {
            return false;
        }
        let count = count.min(self.outgoing.len());
        wire.to_server.extend(self.outgoing.drain(..count));
        self.sent += count;
        wire.is_ended = self.is_ending && self.outgoing.is_empty();
        count > 0 || wire.is_ended
    }

    /// The lines that the server can know of.
    pub(crate) fn lines_sent(&self) -> &[Line] {
        let is_ended = self.wire.borrow().is_ended;
        let is_sent = |line: &Line| line.whole_at <= self.sent && (is_ended || !line.is_unended);
        let count = self.lines.iter().take_while(|line| is_sent(line)).count();
        &self.lines[..count]
    }

    pub(crate) fn is_there(&self) -> bool {
        !self.wire.borrow().is_dropped
    }
}
