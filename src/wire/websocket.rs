//! Messages in frames, in both directions ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455)): what a
//! browser has instead of a stream of bytes.
//!
//! Nothing here knows what the messages say. Extensions are not spoken, so no message is compressed: then
//! all hearers can share one frame.

use std::mem;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// A frame of these carries a message, or a part of one ([RFC 6455, 5.6](https://www.rfc-editor.org/rfc/rfc6455#section-5.6)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// UTF-8.
    Text,
    /// Any bytes.
    Binary,
}

/// Why a connection is closed ([RFC 6455, 7.4.1](https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// All is said.
    pub const NORMAL: Self = Self(1000);
    /// The server stops.
    pub const GOING_AWAY: Self = Self(1001);
    /// Frames that may not be sent so.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// Text that is not UTF-8.
    pub const NOT_UTF8: Self = Self(1007);
    /// The server does not want to go on.
    pub const POLICY: Self = Self(1008);

    /// Whether a peer may send it.
    fn may_be_sent(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

/// What [`Frames::next`] finds.
#[derive(Debug, PartialEq, Eq)]
pub enum Received<'a> {
    /// All bytes are taken; more are needed.
    Incomplete,
    /// A whole message.
    Message(Kind, &'a [u8]),
    /// A message is longer than the limit; what is left of it will be left out.
    TooLong,
    /// It is to be sent back in a pong.
    Ping(&'a [u8]),
    /// The peer is there.
    Pong,
    /// The peer will send no more, and says why, if it says so.
    Close(Option<CloseCode>),
    /// No peer may send that. The connection is to be closed with this code, and nothing counts that follows.
    Violation(CloseCode),
}

/// The longest payload of a frame that is no part of a message
/// ([RFC 6455, 5.5](https://www.rfc-editor.org/rfc/rfc6455#section-5.5)).
const CONTROL_BYTES_MAX: usize = 125;

/// The longest header of a client: two bytes, a length of eight, a mask of four.
const HEADER_BYTES_MAX: usize = 14;

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
const OPCODE: u8 = 0x0f;
const MASKED: u8 = 0x80;
const LENGTH: u8 = 0x7f;
/// The length stands in the next two bytes …
const LENGTH_IN_2: u8 = 126;
/// … or in the next eight.
const LENGTH_IN_8: u8 = 127;

/// Puts together the messages of a client, which masks its frames.
///
/// Holds at most one message and one control frame, and memory only while one is incomplete.
#[derive(Debug, Default)]
pub struct Frames {
    header: Header,
    /// The frame whose payload comes now.
    frame: Option<Frame>,
    /// What kind of message has begun: its last frame has not come.
    begun: Option<Kind>,
    message: Vec<u8>,
    control: Vec<u8>,
    /// The message is too long, and left out up to its end.
    is_skipping: bool,
    /// `message` or `control` was returned, and is to be emptied.
    is_spent: bool,
}

/// The first bytes of a frame, as far as they have come.
#[derive(Debug, Default)]
struct Header {
    bytes: [u8; HEADER_BYTES_MAX],
    length: usize,
}

/// What a header says.
#[derive(Debug, Clone, Copy)]
struct Frame {
    is_final: bool,
    opcode: u8,
    mask: [u8; 4],
    /// How many bytes of its payload are still to come.
    left: u64,
}

impl Header {
    /// Takes bytes up to the end of the header. `None` if more are needed.
    fn take(&mut self, input: &mut &[u8]) -> Option<Result<Frame, CloseCode>> {
        loop {
            let length = self.whole_length();
            if self.length == length {
                break;
            }
            let (&byte, rest) = input.split_first()?;
            *input = rest;
            self.bytes[self.length] = byte;
            self.length += 1;
            if self.length == 2 && !self.is_allowed() {
                return Some(Err(CloseCode::PROTOCOL_ERROR));
            }
        }
        let Self { bytes, length } = mem::take(self);
        let extended = &bytes[2..length - 4];
        let number = extended.iter().fold(0, |number: u64, &byte| number << 8 | u64::from(byte));
        let left = if extended.is_empty() { u64::from(bytes[1] & LENGTH) } else { number };
        // A length takes as few bytes as it can, and has at most 63 bits.
        let is_minimal = match extended.len() {
            0 => true,
            2 => left >= u64::from(LENGTH_IN_2),
            _ => left > u64::from(u16::MAX) && left >> 63 == 0,
        };
        let mut mask = [0; 4];
        mask.copy_from_slice(&bytes[length - 4..length]);
        let frame =
            Frame { is_final: bytes[0] & FINAL != 0, opcode: bytes[0] & OPCODE, mask, left };
        Some(if is_minimal { Ok(frame) } else { Err(CloseCode::PROTOCOL_ERROR) })
    }

    /// How many bytes the header has, as far as is known.
    fn whole_length(&self) -> usize {
        match self.bytes[1] & LENGTH {
            _ if self.length < 2 => 2,
            LENGTH_IN_2 => 2 + 2 + 4,
            LENGTH_IN_8 => 2 + 8 + 4,
            _ => 2 + 4,
        }
    }

    /// Whether the first two bytes may stand there.
    fn is_allowed(&self) -> bool {
        let [first, second, ..] = self.bytes;
        let is_control = match first & OPCODE {
            CONTINUATION | TEXT | BINARY => false,
            CLOSE | PING | PONG => true,
            _ => return false,
        };
        let is_short = usize::from(second & LENGTH) <= CONTROL_BYTES_MAX;
        first & RESERVED == 0
            && second & MASKED != 0
            && (!is_control || (first & FINAL != 0 && is_short))
    }
}

impl Frame {
    fn is_control(&self) -> bool {
        self.opcode >= CLOSE
    }

    /// Appends what has come of the payload to `to`, without the mask; leaves it out if there is no `to`.
    fn take(&mut self, input: &mut &[u8], to: Option<&mut Vec<u8>>) {
        let count = usize::try_from(self.left).map_or(input.len(), |left| left.min(input.len()));
        let (payload, rest) = input.split_at(count);
        *input = rest;
        self.left -= count as u64;
        if let Some(to) = to {
            let masked = payload.iter().zip(self.mask.iter().cycle());
            to.extend(masked.map(|(byte, mask)| byte ^ mask));
        }
        self.mask.rotate_left(count % 4);
    }
}

impl Frames {
    /// Takes bytes from the front of `input` up to the end of the next message or control frame.
    ///
    /// However the same bytes are split over calls, the same is found.
    pub fn next<'a>(&'a mut self, input: &mut &[u8], message_bytes_max: usize) -> Received<'a> {
        if mem::take(&mut self.is_spent) {
            self.control = Vec::new();
            if self.begun.is_none() {
                self.message = Vec::new();
            }
        }
        loop {
            if self.frame.is_none() {
                match self.header.take(input) {
                    None => return Received::Incomplete,
                    Some(Err(code)) => return Received::Violation(code),
                    Some(Ok(frame)) => match self.begin(frame, message_bytes_max) {
                        Ok(true) => {}
                        Ok(false) => return Received::TooLong,
                        Err(code) => return Received::Violation(code),
                    },
                }
            }
            let Some(mut frame) = self.frame.take() else { continue };
            let to = if frame.is_control() { &mut self.control } else { &mut self.message };
            let is_kept = frame.is_control() || !self.is_skipping;
            frame.take(input, is_kept.then_some(to));
            if frame.left > 0 {
                self.frame = Some(frame);
                return Received::Incomplete;
            }
            if frame.is_control() {
                self.is_spent = true;
                return control(frame.opcode, &self.control);
            }
            if !frame.is_final {
                continue;
            }
            let Some(kind) = self.begun.take() else { continue };
            if mem::take(&mut self.is_skipping) {
                continue;
            }
            self.is_spent = true;
            let is_text = kind == Kind::Binary || str::from_utf8(&self.message).is_ok();
            return if is_text {
                Received::Message(kind, &self.message)
            } else {
                Received::Violation(CloseCode::NOT_UTF8)
            };
        }
    }

    /// A frame begins. `false` if with it the message becomes too long.
    fn begin(&mut self, frame: Frame, message_bytes_max: usize) -> Result<bool, CloseCode> {
        self.frame = Some(frame);
        match (frame.opcode, self.begun) {
            (TEXT, None) => self.begun = Some(Kind::Text),
            (BINARY, None) => self.begun = Some(Kind::Binary),
            (TEXT | BINARY, Some(_)) | (CONTINUATION, None) => {
                return Err(CloseCode::PROTOCOL_ERROR);
            }
            _ => {}
        }
        let vacancy = message_bytes_max.saturating_sub(self.message.len()) as u64;
        if frame.is_control() || self.is_skipping || frame.left <= vacancy {
            return Ok(true);
        }
        self.is_skipping = true;
        self.message = Vec::new();
        Ok(false)
    }
}

/// What a whole frame says that is no part of a message.
fn control(opcode: u8, payload: &[u8]) -> Received<'_> {
    match (opcode, payload) {
        (PING, _) => Received::Ping(payload),
        (CLOSE, []) => Received::Close(None),
        (CLOSE, [high, low, reason @ ..]) => {
            let code = CloseCode(u16::from_be_bytes([*high, *low]));
            if !code.may_be_sent() {
                Received::Violation(CloseCode::PROTOCOL_ERROR)
            } else if str::from_utf8(reason).is_err() {
                Received::Violation(CloseCode::NOT_UTF8)
            } else {
                Received::Close(Some(code))
            }
        }
        (CLOSE, _) => Received::Violation(CloseCode::PROTOCOL_ERROR),
        _ => Received::Pong,
    }
}

/// Appends a whole message in one frame. A server does not mask its frames.
pub fn message(kind: Kind, payload: &[u8], out: &mut Vec<u8>) {
    let opcode = match kind {
        Kind::Text => TEXT,
        Kind::Binary => BINARY,
    };
    frame(opcode, payload, out);
}

/// Appends a message for each of these lines, which end with CR LF.
pub fn messages(kind: Kind, lines: &[u8], out: &mut Vec<u8>) {
    for line in lines.split_inclusive(|&byte| byte == b'\n') {
        message(kind, line.strip_suffix(b"\r\n").unwrap_or(line), out);
    }
}

/// Appends the question whether the peer is there. Browsers answer it without asking the page.
pub fn ping(out: &mut Vec<u8>) {
    frame(PING, &[], out);
}

/// Appends the answer to a [`Received::Ping`].
pub fn pong(payload: &[u8], out: &mut Vec<u8>) {
    frame(PONG, payload, out);
}

/// Appends the last frame: who gets it is to answer with one of its own.
pub fn close(code: Option<CloseCode>, out: &mut Vec<u8>) {
    match code {
        Some(CloseCode(code)) => frame(CLOSE, &code.to_be_bytes(), out),
        None => frame(CLOSE, &[], out),
    }
}

fn frame(opcode: u8, payload: &[u8], out: &mut Vec<u8>) {
    out.push(FINAL | opcode);
    let length = payload.len();
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < LENGTH_IN_2 => out.push(short),
        (_, Ok(long)) => {
            out.push(LENGTH_IN_2);
            out.extend_from_slice(&long.to_be_bytes());
        }
        _ => {
            out.push(LENGTH_IN_8);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(payload);
}

/// Whether a key is one: 16 bytes in base64 ([RFC 6455, 4.1](https://www.rfc-editor.org/rfc/rfc6455#section-4.1)).
pub(super) fn is_key(key: &[u8]) -> bool {
    BASE64.decode(key).is_ok_and(|bytes| bytes.len() == 16)
}

/// What shows a client that its request for a WebSocket was understood
/// ([RFC 6455, 4.2.2](https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2)).
pub(super) fn accept(key: &[u8]) -> String {
    let mut sha1 = sha1_smol::Sha1::from(key);
    sha1.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    BASE64.encode(sha1.digest().bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::pieces;
    use proptest::prelude::*;
    use std::io::Cursor;
    use tungstenite::protocol::{Role, WebSocketConfig};
    use tungstenite::{Message, WebSocket};

    const MAX: usize = 300;

    /// A frame as a client sends it.
    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mask = [0x12, 0x34, 0x56, 0x78];
        let mut sent = Vec::new();
        frame(0, payload, &mut sent);
        let header = sent.len() - payload.len();
        (sent[0], sent[1]) = (first, sent[1] | MASKED);
        sent.splice(header.., mask);
        sent.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        sent
    }

    /// What is found in these reads, up to the end of the connection.
    fn found(reads: &[&[u8]]) -> Vec<String> {
        let mut frames = Frames::default();
        let mut found = Vec::new();
        for mut input in reads.iter().copied() {
            loop {
                let received = frames.next(&mut input, MAX);
                if received == Received::Incomplete {
                    break;
                }
                found.push(format!("{received:?}"));
                if matches!(received, Received::Close(_) | Received::Violation(_)) {
                    return found;
                }
            }
            assert!(input.is_empty());
        }
        found
    }

    fn one(bytes: &[u8]) -> String {
        found(&[bytes]).join(" ")
    }

    #[test]
    fn what_no_client_may_send() {
        let error = "Violation(CloseCode(1002))";
        for (why, bytes) in [
            ("not masked", b"\x81\x01a".to_vec()),
            ("a reserved bit", masked(0xc1, b"a")),
            ("a reserved opcode", masked(0x83, b"a")),
            ("a reserved control opcode", masked(0x8b, b"a")),
            ("a control frame in parts", masked(0x09, b"a")),
            ("a long control frame", masked(0x89, &[0; 126])),
            ("a part of nothing", masked(0x80, b"a")),
            ("a message within a message", [masked(0x01, b"a"), masked(0x81, b"b")].concat()),
            ("a length in too many bytes", vec![0x82, 0xfe, 0, 125, 0, 0, 0, 0]),
            ("a length of 64 bits", vec![0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("half a close code", masked(0x88, b"\x03")),
            ("a close code that is only told", masked(0x88, &1005_u16.to_be_bytes())),
        ] {
            assert_eq!(one(&bytes), error, "{why}");
        }
        assert_eq!(one(&masked(0x81, b"\xff")), "Violation(CloseCode(1007))");
        assert_eq!(one(&masked(0x88, b"\x03\xe8\xff")), "Violation(CloseCode(1007))");
        assert_eq!(one(&masked(0x88, b"\x03\xe8bye")), "Close(Some(CloseCode(1000)))");
        assert_eq!(one(&masked(0x88, b"")), "Close(None)");
        assert_eq!(one(&masked(0x82, b"\xff")), "Message(Binary, [255])");
    }

    #[test]
    fn a_message_over_the_limit_is_left_out_and_the_next_one_is_not() {
        for long in [
            masked(0x81, &[b'x'; MAX + 1]),
            [masked(0x01, &[b'x'; MAX]), masked(0x89, b""), masked(0x80, b"y")].concat(),
        ] {
            let bytes = [long, masked(0x81, b"ok")].concat();
            let found = one(&bytes).replace("Ping([]) ", "");
            assert_eq!(found, "TooLong Message(Text, [111, 107])");
        }
        let most = masked(0x82, &[0; MAX]);
        assert_eq!(one(&most), format!("Message(Binary, {:?})", [0; MAX]));
    }

    #[test]
    fn the_key_of_the_specification_is_answered_as_there() {
        assert!(
            is_key(b"dGhlIHNhbXBsZSBub25jZQ==") && !is_key(b"dGhlIHNhbXBsZQ==") && !is_key(b"?")
        );
        assert_eq!(accept(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    /// Frames, right and wrong, and how they may come.
    fn frames() -> impl Strategy<Value = Vec<u8>> {
        const FIRST: [u8; 11] = [0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8a, 0x88, 0x91, 0x83];
        let payload = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..8),
            "\\PC{0,40}".prop_map(String::into_bytes),
            (120..310_usize).prop_map(|length| vec![b'x'; length]),
        ];
        let frame = (prop::sample::select(&FIRST[..]), payload);
        let frame = frame.prop_map(|(first, payload)| masked(first, &payload));
        prop::collection::vec(frame, 0..6).prop_map(|frames| frames.concat())
    }

    /// The same, as another implementation understands it.
    fn found_by_tungstenite(bytes: &[u8]) -> Vec<String> {
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let stream = Both(Cursor::new(bytes));
        let mut socket = WebSocket::from_raw_socket(stream, Role::Server, Some(config));
        let mut found = Vec::new();
        loop {
            let debug = |kind, payload: &[u8]| format!("{:?}", Received::Message(kind, payload));
            found.push(match socket.read() {
                Ok(Message::Text(text)) => debug(Kind::Text, text.as_bytes()),
                Ok(Message::Binary(bytes)) => debug(Kind::Binary, &bytes),
                Ok(Message::Ping(payload)) => format!("{:?}", Received::Ping(&payload)),
                Ok(Message::Pong(_)) => "Pong".to_owned(),
                Ok(Message::Frame(_)) => unreachable!(),
                Err(tungstenite::Error::Io(_) | tungstenite::Error::ConnectionClosed) => {
                    return found;
                }
                Err(tungstenite::Error::Protocol(
                    tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
                )) => return found,
                // It looks at a text before that is whole.
                Err(tungstenite::Error::Utf8(_)) => {
                    found.push("Not UTF-8".to_owned());
                    return found;
                }
                // It answers a wrong code as it does a right one.
                Ok(Message::Close(_)) | Err(_) => {
                    found.push("End".to_owned());
                    return found;
                }
            });
        }
    }

    /// A stream that is read from, and takes whatever is written.
    struct Both<'a>(Cursor<&'a [u8]>);

    impl std::io::Read for Both<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(into)
        }
    }

    impl std::io::Write for Both<'_> {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same(bytes in frames(), cuts in prop::collection::vec(0..900usize, 0..6)) {
            let whole = found(&[&bytes]);
            prop_assert_eq!(found(&pieces(&bytes, cuts)), &*whole);
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            prop_assert_eq!(found(&single), &*whole);
        }

        #[test]
        fn another_implementation_understands_the_same(bytes in frames()) {
            // It knows no limit that leaves a message out and goes on.
            let ours = found(&[&bytes]);
            prop_assume!(!ours.iter().any(|it| it == "TooLong"));
            let is_end = |it: &String| it.starts_with("Close") || it.starts_with("Violation");
            let ours: Vec<String> =
                ours.into_iter().map(|it| if is_end(&it) { "End".to_owned() } else { it }).collect();
            let mut theirs = found_by_tungstenite(&bytes);
            if theirs.last().is_some_and(|last| last == "Not UTF-8") {
                theirs.pop();
                prop_assert_eq!(&ours[..theirs.len()], &*theirs);
            } else {
                prop_assert_eq!(ours, theirs);
            }
        }

        #[test]
        fn another_implementation_reads_what_is_written(lines in prop::collection::vec("[^\r\n]{0,90}", 0..5)) {
            let mut sent = Vec::new();
            let text: Vec<&str> = lines.iter().flat_map(|line| [line, "\r\n"]).collect();
            messages(Kind::Text, text.concat().as_bytes(), &mut sent);
            let mut socket =
                WebSocket::from_raw_socket(Both(Cursor::new(&sent)), Role::Client, None);
            for line in &lines {
                let read = socket.read().unwrap().into_text().unwrap();
                prop_assert_eq!(read.as_str(), line);
            }
            prop_assert!(socket.read().is_err());
        }
    }
}
