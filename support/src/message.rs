//! What a talker says: one line of fixed length that carries who, which and when.
//!
//! The fixed length is what makes checking cheap. Every delivery to every client is parsed, so a
//! nanosecond here is a nanosecond for each of some hundred million lines a run.

use serde::{Deserialize, Serialize};

use crate::sentences;

/// Bytes of a message with its line end; without it they are the 64 bytes of payload that the
/// figures speak of.
pub const LINE_BYTES: usize = 65;

const TEMPLATE: &[u8; LINE_BYTES] =
    b"0000 00000000 0000000000000000000 the quick brown fox jumps over\n";
const SENDER: std::ops::Range<usize> = 0..4;
const SEQUENCE: std::ops::Range<usize> = 5..13;
const STAMP: std::ops::Range<usize> = 14..33;
/// How far each byte of a line may lie above the template's: digits anywhere up to 9.
const SLACK: [u8; LINE_BYTES] = {
    let mut slack = [0; LINE_BYTES];
    let mut at = 0;
    while at < STAMP.end {
        slack[at] = if TEMPLATE[at] == b'0' { 9 } else { 0 };
        at += 1;
    }
    slack
};

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
        let mut line = *TEMPLATE;
        put_digits(&mut line[SENDER], self.sender as u64);
        put_digits(&mut line[SEQUENCE], u64::from(self.sequence));
        put_digits(&mut line[STAMP], stamp);
        out.extend_from_slice(&line);
    }

    /// `None` when a byte is not as `write` puts it. Which digits they are is for the ledger to
    /// judge.
    fn parse(line: &[u8; LINE_BYTES]) -> Option<Self> {
        // Without a branch per byte, so that many are compared at once.
        let bytes = line.iter().zip(TEMPLATE).zip(SLACK);
        let intact = bytes.fold(true, |intact, ((byte, least), slack)| {
            intact & (byte.wrapping_sub(*least) <= slack)
        });
        intact.then(|| Self {
            sender: usize::try_from(digits(&line[SENDER])).unwrap_or(usize::MAX),
            sequence: u32::try_from(digits(&line[SEQUENCE])).unwrap_or(u32::MAX),
        })
    }
}

/// The stamp of a relayed line, for those who want it.
pub fn stamp(line: &[u8]) -> u64 {
    line.last_chunk::<LINE_BYTES>().map_or(0, |text| digits(&text[STAMP]))
}

/// How a server is joined, and what it adds to a line.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub enum Dialect {
    /// chatd: the first line is the nickname, and lines arrive as `u0042: text`.
    Named,
    /// The yardsticks: connected is joined, and lines arrive as they were sent, without the bytes
    /// of a name.
    Plain,
}

impl Dialect {
    /// What both dialects answer once a client is in the room.
    pub const WELCOME: &[u8] = sentences::WELCOME.as_bytes();

    /// The nickname of a client, where it has one.
    pub fn nick(id: usize) -> String {
        format!("u{id:04}")
    }

    /// What a client says first.
    pub fn introduction(self, id: usize) -> Vec<u8> {
        match self {
            Self::Named => (Self::nick(id) + "\n").into_bytes(),
            Self::Plain => Vec::new(),
        }
    }

    /// The length of every relayed line.
    pub fn stride(self) -> usize {
        self.prefix() + LINE_BYTES
    }

    /// The message in a relayed line of `stride` bytes, if its nickname is its sender's.
    pub fn parse(self, line: &[u8]) -> Option<Message> {
        let (prefix, text) = line.split_last_chunk()?;
        let attributed = match (self, prefix) {
            (Self::Named, &[b'u', a, b, c, d, b':', b' ']) => [a, b, c, d] == text[SENDER],
            (Self::Plain, []) => true,
            _ => false,
        };
        if attributed { Message::parse(text) } else { None }
    }

    fn prefix(self) -> usize {
        match self {
            Self::Named => "u0042: ".len(),
            Self::Plain => 0,
        }
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
