//! What a step can be.

use std::io::ErrorKind;
use std::time::Duration;

use super::choices::Choices;
use super::client::CONTESTED;
use super::world::{BROKEN, ENDED, READABLE, WRITABLE, World, texts};

/// What means something in the middle of what makes no sense.
const GARBAGE: [&[u8]; 16] = [
    b"\n",
    b"\r",
    b"\r\n",
    b"\0",
    b"\xff\xfd\x06",
    b"\xff\xfa",
    b"\xff\xf0",
    b"/nick ",
    b"/msg c0 ",
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
            15..18 => {
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
            21 if self.may_stop => return self.stop(),
            _ => {}
        }
        let index = choices.below(self.clients.len());
        if index == 0 || !self.clients[index].is_there() {
            return;
        }
        self.befall(index, kind, &mut choices);
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
