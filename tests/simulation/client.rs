//! A simulated client: what it sends, what it got, and how it behaves.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::random::Random;
use crate::stream::Wire;

/// The nickname that several clients want.
pub(crate) const CONTESTED: &str = "race";

/// What happens to a client. Until then, and for ever if healthy, it reads and sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Healthy,
    /// Never reads again.
    Stalled,
    /// Sends what it has to, ends its stream, and goes on reading.
    HalfClosed,
    Reset,
    /// Sends `/quit` and goes on reading.
    Quit,
}

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: usize,
    pub(crate) key: usize,
    pub(crate) wire: Rc<RefCell<Wire>>,
    pub(crate) fate: Fate,
    /// Bytes that are not yet on the wire.
    outgoing: VecDeque<u8>,
    /// How many messages were ever put into `outgoing`.
    pub(crate) said: usize,
    line_end: &'static [u8],
}

/// What a client was sent, line by line, as far as the simulation checks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// `*** You are NAME.`
    Named(String),
    /// So many messages follow that were said before.
    History(usize),
    /// Message number so many of client so many.
    Message(usize, usize),
    /// The other nickname of client so many, which it said after it had won the contest.
    Name(usize),
    /// Something private. Only the first client is told such things.
    Private,
    /// `*** NAME joined`
    Joined(String),
    /// `*** NAME left (WHY)`
    Left(String, String),
}

impl Client {
    pub(crate) fn new(id: usize, key: usize, wire: Rc<RefCell<Wire>>, random: &mut Random) -> Self {
        let line_end = *random.pick(&[b"\n".as_slice(), b"\r\n", b"\r", b"\r\0"]);
        let mut client = Self {
            id,
            key,
            wire,
            fate: Fate::Healthy,
            outgoing: VecDeque::new(),
            said: 0,
            line_end,
        };
        if id > 0 && random.one_in(4) {
            client.put(CONTESTED.as_bytes());
        }
        // For who has won the contest this is a message that means nothing.
        client.put(format!("c{id}").as_bytes());
        client
    }

    fn put(&mut self, line: &[u8]) {
        self.outgoing.extend(line);
        self.outgoing.extend(self.line_end);
    }

    /// Types another line.
    pub(crate) fn speak(&mut self, random: &mut Random) {
        let message = format!("m{}.{}", self.id, self.said);
        match random.below(20) {
            0 => return self.put(b"/who"),
            1 => return self.put(b"/help"),
            2 => return self.put(b""),
            3 => return self.put(b"/nonsense \x1b[2J"),
            4 => return self.put(&vec![b'x'; 65 + random.below(400)]),
            5 => return self.put(b"/msg c0 psst"),
            6 => return self.put(b"/history 3"),
            7 => self.put(format!("/me {message}").as_bytes()),
            8 => self.put(format!("\u{202e}olá\u{9b} {message}").as_bytes()),
            9 => self.put(&[b"\xff\xf1\xff\xfb\x01caf\xe9 \xff\xff", message.as_bytes()].concat()),
            _ => self.put(message.as_bytes()),
        }
        self.said += 1;
    }

    /// Says its last line, without a line end.
    pub(crate) fn say_unended(&mut self) {
        self.outgoing.extend(format!("m{}.{}", self.id, self.said).as_bytes());
        self.said += 1;
    }

    pub(crate) fn quit(&mut self) {
        self.put(b"/quit");
    }

    /// Puts at most `count` bytes on the wire.
    pub(crate) fn send(&mut self, count: usize) -> bool {
        let count = count.min(self.outgoing.len());
        self.wire.borrow_mut().to_server.extend(self.outgoing.drain(..count));
        count > 0
    }

    pub(crate) fn has_unsent(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// All whole lines that it got.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        let wire = self.wire.borrow();
        let whole =
            wire.to_client.iter().rposition(|byte| b"\r\n".contains(byte)).map_or(0, |end| end + 1);
        // Refusals of telnet options stand between the lines.
        let text =
            String::from_utf8_lossy(&wire.to_client[..whole]).replace("\u{fffd}\u{fffd}\u{1}", "");
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "harmful text: {text:?}");
        text.split(['\r', '\n']).filter_map(parse).collect()
    }
}

fn parse(line: &str) -> Option<Heard> {
    if line.starts_with("(private) ") {
        return Some(Heard::Private);
    }
    let Some(notice) = line.strip_prefix("*** ") else {
        let word = line.rsplit_once(' ')?.1;
        if let Some(client) = word.strip_prefix('c') {
            return Some(Heard::Name(client.parse().ok()?));
        }
        let (client, number) = word.rsplit_once('m')?.1.split_once('.')?;
        let (client, number) = (client.parse().ok()?, number.parse().ok()?);
        let by = line.strip_prefix("* ").unwrap_or(line).split([':', ' ']).next()?;
        assert!(
            by == CONTESTED || by == format!("c{client}"),
            "{by} said what client {client} said"
        );
        return Some(Heard::Message(client, number));
    };
    if let Some(rest) = notice.strip_prefix("You are ") {
        Some(Heard::Named(rest.split_once('.')?.0.into()))
    } else if let Some(name) = notice.strip_suffix(" joined") {
        Some(Heard::Joined(name.into()))
    } else if let Some((name, why)) =
        notice.strip_suffix(')').and_then(|notice| notice.split_once(" left ("))
    {
        Some(Heard::Left(name.into(), why.into()))
    } else if notice.contains(" earlier message") {
        Some(Heard::History(notice.split_once(' ')?.0.parse().ok()?))
    } else {
        None
    }
}
