//! What a step can be.

use std::io::ErrorKind;
use std::rc::Rc;
use std::time::Duration;

use chatd_support::sentences::read_joined;
use chatd_support::sentences::rooms::read_marked;

use super::choices::Choices;
use super::client::{CONTESTED, Client, Line};
use super::language::{HOME, ROOMS};
use super::rules::mask_of;
use super::world::{BROKEN, ENDED, READABLE, WRITABLE, World, texts};

/// What means something in the middle of what makes no sense.
const GARBAGE: [&[u8]; 17] = [
    b"\n",
    b"\r",
    b"\r\n",
    b"\0",
    b"\xff\xfd\x06",
    b"\xff\xfa",
    b"\xff\xf0",
    b"/nick ",
    b"/msg c0 ",
    b"/r ",
    b"/me ",
    b"/history\n",
    b"/who\n",
    b"/quit ",
    "\u{202e}".as_bytes(),
    "e\u{301}".as_bytes(),
    b"\xf0\x9f\x91",
];

impl World {
    /// One thing happens. Which one, and all about it, is in the number.
    pub(crate) fn happen(&mut self, step: u32) {
        let mut choices = Choices::new(step);
        let kind = choices.below(100);
        match kind {
            0..6 => return self.connect(&mut choices),
            6..15 => {
                self.tell(|| "the server works".into());
                return self.work();
            }
            15..18 if kind < 17 || !self.has_rooms => {
                let time = Duration::from_millis(choices.below(2000) as u64);
                self.tell(|| format!("{time:?} pass"));
                self.now += time;
                return;
            }
            18 => {
                let time = Duration::from_secs(choices.pick(&[2, 59, 61, 200, 10_000_000]));
                self.tell(|| format!("{time:?} pass"));
                self.now += time;
                return;
            }
            // An event that means nothing, perhaps of a connection long gone.
            19 | 20 => {
                let key = choices.below(60);
                self.tell(|| format!("a stale event of key {key}"));
                self.events.push((key, choices.pick(&[READABLE, WRITABLE, ENDED])));
                return;
            }
            // The first client is in charge of the rooms.
            17 if self.has_rooms => {
                return (0..2 + choices.below(6)).for_each(|_| self.govern(&mut choices));
            }
            21 if self.may_stop => return self.stop(),
            _ => {}
        }
        let index = choices.below(self.clients.len());
        if index == 0 || !self.clients[index].is_there() {
            return;
        }
        self.befall(index, kind, &mut choices);
    }

    /// The first client does something in the room where it talks, or goes to talk elsewhere.
    fn govern(&mut self, choices: &mut Choices) {
        let whom = match choices.below(8) {
            0 => choices.pick(&CONTESTED).into(),
            // The same ones again, so that what is decided about them meets.
            1 => format!("C{}", 1 + choices.below(3)),
            _ => self.approach(choices),
        };
        let number = self.clients[0].lines.len();
        // It does not lead the home room.
        let leads = self.clients[0].last_joined().is_none_or(|room| room != ROOMS[HOME]);
        let line = match choices.below(20) {
            0..3 => format!("/join {}", choices.pick(&ROOMS)),
            3 | 4 => format!("/kick {whom} k0.{number}"),
            5..10 => {
                format!("{} {whom}", choices.pick(&["/op", "/op", "/deop", "/voice", "/unvoice"]))
            }
            16.. if leads => {
                let verb = choices.pick(&["/mute", "/unmute", "/ban", "/unban"]);
                format!("{verb} {}", mask_of(&whom))
            }
            10 => format!("/topic t0.{number}"),
            11 => choices.pick(&["/room topic all", "/room topic operators"]).into(),
            12 | 13 => "/room moderated on".into(),
            _ => "/room moderated off".into(),
        };
        self.tell(|| format!("client 0 types {line:?}"));
        self.say(0, &[&line]);
    }

    /// The first client goes where somebody came lately, as it was told. Who that is.
    fn approach(&mut self, choices: &mut Choices) -> String {
        let wire = Rc::clone(&self.clients[0].wire);
        let wire = wire.borrow();
        let told = String::from_utf8_lossy(&wire.to_client);
        let came = |line| {
            let (room, line) = read_marked(line)?;
            Some((ROOMS[1..].iter().find(|name| **name == room)?, read_joined(&line)?.to_owned()))
        };
        let nth = choices.below(4);
        let mut latest = told.lines().rev().filter_map(came).take(nth + 1);
        let Some((room, name)) = latest.by_ref().last() else {
            return format!("C{}", 1 + choices.below(self.clients.len()));
        };
        drop(wire);
        self.say(0, &[&format!("/join {room}")]);
        name
    }

    /// A client does as the last one did that went to some room, came from where this one does, and left.
    pub(super) fn come_back(&self, client: &mut Client) {
        let is_gone = |gone: &&Client| gone.id % 2 == client.id % 2 && gone.left.is_some();
        // Once: else nobody could tell which of two that is, where one was renamed and nobody heard.
        let is_back = |id: usize| {
            let is_its_name = |line: &Line| line.text == format!("c{id}");
            self.clients.iter().any(|other| other.id != id && other.lines.iter().any(is_its_name))
        };
        let mut gone = self.clients.iter().rev().filter(is_gone).filter(|gone| !is_back(gone.id));
        let gone = gone.find_map(|gone| Some((gone.id, gone.last_joined()?)));
        client.put(&format!("c{}", gone.map_or(client.id, |(id, _)| id)));
        if let Some((_, room)) = gone {
            client.put(&format!("/join {room}"));
        }
    }

    /// One thing happens to a client.
    fn befall(&mut self, index: usize, kind: usize, choices: &mut Choices) {
        let clients = self.clients.len();
        let client = &mut self.clients[index];
        let deed = match kind {
            21..50 if !client.is_ending => {
                let before = client.lines.len();
                let lines = if choices.one_in(40) { 200 } else { 1 + choices.below(12) };
                (0..lines).for_each(|_| client.speak(choices, clients));
                format!("types {:?}", texts(&client.lines[before..]))
            }
            50..74 => {
                let count = choices.pick(&[usize::MAX, usize::MAX, 1, 60]);
                self.send(index, count);
                format!("sends at most {count} bytes")
            }
            74..80 => {
                let window = choices.below(300);
                self.narrow(index, window);
                format!("has room for {window} bytes")
            }
            80..89 => {
                self.open(index);
                "reads all".into()
            }
            89 | 90 => {
                client.is_stalled = true;
                let window = choices.below(2000);
                self.narrow(index, window);
                format!("reads {window} bytes and never again")
            }
            91 | 92 if !client.is_ending => {
                let before = client.lines.len();
                client.end(choices, clients);
                format!("ends its stream behind {:?}", texts(&client.lines[before..]))
            }
            93 | 94 if client.wire.borrow().broken.is_none() => self.break_off(index, choices),
            95 if !client.is_ending => {
                client.put(choices.pick(&["/quit", "/quit see you", "/quit timed out"]));
                "types /quit".into()
            }
            96 if !client.is_ending => {
                let name = choices.pick(&CONTESTED);
                client.put(&format!("/nick {name}"));
                format!("wants to be {name}")
            }
            97..100 if self.has_garbage && !client.is_ending => {
                let word = match choices.below(4) {
                    0 => choices.pick(&GARBAGE).to_vec(),
                    _ => [choices.below(256), choices.below(256)].map(low_byte).to_vec(),
                };
                client.put_garbage(&word);
                format!("types \"{}\"", word.escape_ascii())
            }
            _ => return,
        };
        self.tell(|| format!("client {index} {deed}"));
    }

    /// A connection breaks, at once or between two calls of the server: with what the client sends last
    /// just received, and the server about to write.
    fn break_off(&mut self, index: usize, choices: &mut Choices) -> String {
        use ErrorKind::{ConnectionReset, TimedOut};
        let clients = self.clients.len();
        let client = &mut self.clients[index];
        let kind = choices.pick(&[ConnectionReset, ConnectionReset, TimedOut]);
        if client.is_ending || choices.one_in(2) {
            client.wire.borrow_mut().break_off(kind);
            self.event(index, BROKEN);
            return format!("breaks off: {kind}");
        }
        if choices.one_in(2) {
            client.end(choices, clients);
        }
        client.send(choices.pick(&[usize::MAX, 30]));
        let mut wire = client.wire.borrow_mut();
        (wire.fuse, wire.is_more_coming) = (Some(kind), true);
        format!("sends something and breaks off when written to: {kind}")
    }
}

fn low_byte(number: usize) -> u8 {
    number.to_le_bytes()[0]
}
