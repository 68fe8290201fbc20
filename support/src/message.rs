//! What a talker says: one line of fixed length that carries who, which and when.
//!
//! The fixed length is what makes checking cheap. Every delivery to every client is parsed, so a
//! nanosecond here is a nanosecond for each of some hundred million lines a run.

use serde::{Deserialize, Serialize};

use crate::{sentences, websocket};

/// Bytes of a message with its line end; without it they are the 64 bytes of payload that the
/// figures speak of.
pub const LINE_BYTES: usize = TEXT_BYTES + 1;

const TEXT_BYTES: usize = 64;
/// In a template `0` stands for any digit, and everything else for itself.
const TEMPLATE: &[u8; TEXT_BYTES] =
    b"0000 00000000 0000000000000000000 the quick brown fox jumps over";
const SENDER: std::ops::Range<usize> = 0..4;
const SEQUENCE: std::ops::Range<usize> = 5..13;
const STAMP: std::ops::Range<usize> = 14..33;

/// Senders that four digits can tell apart, and so the largest crowd.
pub const SENDERS_MAX: usize = 10_000;

/// Who says something, and which of its lines that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// A number of the crowd.
    pub sender: usize,
    /// Counted from 0.
    pub sequence: u32,
}

impl Message {
    /// Appends its line. `stamp` is when it is sent, or at a fixed rate should be: nanoseconds since the generator
    /// started.
    pub fn write(self, stamp: u64, out: &mut Vec<u8>) {
        let mut text = *TEMPLATE;
        put_digits(&mut text[SENDER], self.sender as u64);
        put_digits(&mut text[SEQUENCE], u64::from(self.sequence));
        put_digits(&mut text[STAMP], stamp);
        out.extend_from_slice(&text);
        out.push(b'\n');
    }

    /// `None` when a byte is not as `write` puts it. Which digits they are is for the ledger to
    /// judge.
    fn parse(text: &[u8; TEXT_BYTES]) -> Option<Self> {
        is_like(text, TEMPLATE).then(|| Self {
            sender: usize::try_from(digits(&text[SENDER])).unwrap_or(usize::MAX),
            sequence: u32::try_from(digits(&text[SEQUENCE])).unwrap_or(u32::MAX),
        })
    }
}

/// Whether these bytes are those of a template of the same length.
fn is_like(bytes: &[u8], template: &[u8]) -> bool {
    // Without a branch per byte, so that many are compared at once.
    bytes.iter().zip(template).fold(true, |is_like, (byte, least)| {
        let slack = if *least == b'0' { 9 } else { 0 };
        is_like & (byte.wrapping_sub(*least) <= slack)
    })
}

/// The stamp of a relayed line, for those who want it.
pub fn stamp(line: &[u8]) -> u64 {
    let text = line.strip_suffix(b"\n").unwrap_or(line);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    text.last_chunk::<TEXT_BYTES>().map_or(0, |text| digits(&text[STAMP]))
}

/// How a server is joined, and what it adds to a line.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum Dialect {
    /// chatd as text: the first line is the nickname, and lines arrive as `u0042: text`.
    Named,
    /// chatd as IRC, with what irssi asks for: lines carry the time.
    Irssi,
    /// The same with all capabilities: lines also carry an id, and what one says comes back.
    Tagged,
    /// The same in the messages of a WebSocket.
    Web,
    /// The yardsticks: connected is joined, and lines arrive as they were sent, without the bytes
    /// of a name. So many bytes of filling stand before them, in place of what chatd adds.
    Plain(usize),
}

/// The byte of which all filling is.
pub const FILLING: u8 = b'.';
const FILLINGS: &[u8] = &[FILLING; 256];
/// What a line of IRC has behind the nickname of whoever says it.
const BEHIND_NICK: &str = "!~plain@localhost PRIVMSG #lobby :";
/// What stands before what a client of IRC says.
const TO_ROOM: &[u8] = b"PRIVMSG #lobby :";
/// What irssi asks for of what there is.
const IRSSI_ASKS: &str = "multi-prefix extended-join server-time setname away-notify";
/// All that there is, but for what leaves something out.
const ALL: &str = "account-tag away-notify batch cap-notify draft/chathistory \
    draft/message-redaction echo-message extended-join extended-monitor invite-notify \
    labeled-response message-tags multi-prefix server-time setname standard-replies \
    userhost-in-names";

impl Dialect {
    /// What both a text client and that of a yardstick are told once they are in the room.
    pub const WELCOME: &[u8] = sentences::WELCOME.as_bytes();
    /// The dialect of the yardsticks where they add nothing to a line.
    pub const PLAIN: Self = Self::Plain(0);

    /// That of a yardstick which relays lines of the same length.
    pub fn filled(self) -> Self {
        Self::Plain(self.stride() - LINE_BYTES)
    }

    /// The nickname of a client, where it has one.
    pub fn nick(id: usize) -> String {
        format!("u{id:04}")
    }

    /// What a client says first. Over IRC it goes to this room; text leads to the one where everybody
    /// begins.
    pub fn introduction(self, id: usize, room: &str) -> Vec<u8> {
        let nick = Self::nick(id);
        let irc = |asks: &str| {
            format!(
                "CAP LS 302\r\nNICK {nick}\r\nUSER plain 0 * :Somebody\r\n\
                 CAP REQ :{asks}\r\nCAP END\r\nJOIN {room}\r\n"
            )
        };
        match self {
            Self::Named => (nick + "\n").into_bytes(),
            Self::Irssi => irc(IRSSI_ASKS).into_bytes(),
            Self::Tagged => irc(ALL).into_bytes(),
            Self::Web => {
                let mut sent = websocket::REQUEST.as_bytes().to_vec();
                irc(ALL).lines().for_each(|line| websocket::say(line.as_bytes(), &mut sent));
                sent
            }
            Self::Plain(_) => Vec::new(),
        }
    }

    /// Whether a client is told that it is in the room.
    pub fn is_welcome(self, line: &[u8]) -> bool {
        match self {
            Self::Named | Self::Plain(_) => line.starts_with(Self::WELCOME),
            Self::Irssi | Self::Tagged => line.ends_with(b":End of /NAMES list\r\n"),
            Self::Web => line.ends_with(b":End of /NAMES list"),
        }
    }

    /// Whether what a client says comes back to it.
    pub fn echoes(self) -> bool {
        matches!(self, Self::Tagged | Self::Web)
    }

    /// Appends what a client says, to all.
    pub fn say(self, message: Message, stamp: u64, out: &mut Vec<u8>) {
        match self {
            Self::Named | Self::Plain(_) => message.write(stamp, out),
            Self::Irssi | Self::Tagged => {
                out.extend_from_slice(TO_ROOM);
                message.write(stamp, out);
                out.pop();
                out.extend_from_slice(b"\r\n");
            }
            Self::Web => {
                let mut line = TO_ROOM.to_vec();
                message.write(stamp, &mut line);
                line.pop();
                websocket::say(&line, out);
            }
        }
    }

    /// The next that a client is told, if that is whole, and how many bytes it takes: a line, or a message.
    /// What comes before all messages says nothing, nor does a ping.
    pub fn first(self, received: &[u8]) -> Option<(&[u8], usize)> {
        if self != Self::Web {
            let end = received.iter().position(|&byte| byte == b'\n')? + 1;
            return Some((&received[..end], end));
        }
        if received.starts_with(b"H") {
            let end = received.windows(4).position(|it| it == b"\r\n\r\n")? + 4;
            return Some((&[], end));
        }
        websocket::first(received).map(|(_, payload, length)| (payload, length))
    }

    /// The length of every relayed line.
    pub fn stride(self) -> usize {
        self.lead().len() + TEXT_BYTES + self.end().len()
    }

    /// The message in a relayed line of `stride` bytes, if its nickname is its sender's.
    pub fn parse(self, line: &[u8]) -> Option<Message> {
        let (lead, text) = self.without_end(line)?.split_last_chunk()?;
        let named_before = match self {
            Self::Named => Some(": ".len()),
            Self::Irssi | Self::Tagged | Self::Web => Some(BEHIND_NICK.len()),
            Self::Plain(_) => None,
        };
        let is_attributed = named_before.is_none_or(|before| {
            let digits = lead.len().checked_sub(before).and_then(|end| lead[..end].last_chunk());
            digits.is_some_and(|digits: &[u8; 4]| *digits == text[SENDER])
        });
        let is_lead = lead.len() == self.lead().len() && is_like(lead, self.lead());
        if is_lead && is_attributed { Message::parse(text) } else { None }
    }

    /// What stands before the text of a relayed line: a template.
    fn lead(self) -> &'static [u8] {
        match self {
            Self::Named => b"u0000: ",
            Self::Irssi => {
                b"@time=0000-00-00T00:00:00.000Z :u0000!~plain@localhost PRIVMSG #lobby :"
            }
            Self::Tagged => {
                b"@time=0000-00-00T00:00:00.000Z;msgid=0000000000000000 \
                  :u0000!~plain@localhost PRIVMSG #lobby :"
            }
            Self::Web => {
                b"\x81\x7e\x00\x9e@time=0000-00-00T00:00:00.000Z;msgid=0000000000000000 \
                  :u0000!~plain@localhost PRIVMSG #lobby :"
            }
            Self::Plain(filling) => &FILLINGS[..filling],
        }
    }

    fn end(self) -> &'static [u8] {
        match self {
            Self::Named | Self::Plain(_) => b"\n",
            Self::Irssi | Self::Tagged => b"\r\n",
            Self::Web => b"",
        }
    }

    /// Each end by itself, so that none is compared by a call, which takes longest for an empty one.
    fn without_end(self, line: &[u8]) -> Option<&[u8]> {
        match self {
            Self::Named | Self::Plain(_) => line.strip_suffix(b"\n"),
            Self::Irssi | Self::Tagged => line.strip_suffix(b"\r\n"),
            Self::Web => Some(line),
        }
    }

    /// The last byte of every relayed line.
    pub fn last_byte(self) -> u8 {
        if self == Self::Web { TEMPLATE[TEXT_BYTES - 1] } else { b'\n' }
    }
}

fn put_digits(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b"0123456789"[usize::try_from(number % 10).unwrap_or(0)];
        number /= 10;
    }
}

fn digits(text: &[u8]) -> u64 {
    text.iter().fold(0, |number, digit| {
        number.wrapping_mul(10).wrapping_add(u64::from(digit.wrapping_sub(b'0')))
    })
}
