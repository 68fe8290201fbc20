//! How a browser speaks IRC: in messages of a WebSocket, behind a request for one.

/// What it sends first.
pub(super) const REQUEST: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Protocol: text.ircv3.net\r\n\r\n";

const MASK: [u8; 4] = [1, 2, 3, 4];

/// A message with a line.
pub(super) fn masked(line: &str) -> Vec<u8> {
    let length = u16::try_from(line.len()).expect("a line");
    let mut sent = vec![0x81];
    match u8::try_from(length) {
        Ok(short) if short < 126 => sent.push(0x80 | short),
        _ => {
            sent.push(0x80 | 0x7e);
            sent.extend(length.to_be_bytes());
        }
    }
    sent.extend(MASK);
    sent.extend(line.bytes().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    sent
}

/// What it has received.
#[derive(Debug, Default)]
pub(super) struct Socket {
    /// How much of that is read.
    read: usize,
    is_open: bool,
    is_closed: bool,
    lines: Vec<u8>,
}

impl Socket {
    /// All lines so far, with an end as lines have elsewhere.
    pub(super) fn lines(&mut self, received: &[u8]) -> &[u8] {
        if !self.is_open {
            let end = received.windows(4).position(|window| window == b"\r\n\r\n");
            let Some(end) = end else { return &[] };
            if !received.starts_with(b"HTTP/1.1 101 ") {
                // So slowly its request came that it was taken for a person, or given up.
                let is_late =
                    received.starts_with(b"HTTP/1.1 408 ") || received.starts_with(b"*** Welcome");
                assert!(is_late, "{}", received.escape_ascii());
                return &[];
            }
            (self.read, self.is_open) = (end + 4, true);
        }
        while let Some((opcode, length, header)) = header(&received[self.read..]) {
            let begin = self.read + header;
            let Some(payload) = received.get(begin..begin + length) else { break };
            assert!(!self.is_closed, "nothing comes behind the goodbye");
            match opcode {
                0x81 => {
                    assert!(!payload.contains(&b'\n'), "a message is one line");
                    self.lines.extend(payload);
                    self.lines.extend(b"\r\n");
                }
                0x88 => self.is_closed = true,
                // It is asked whether it is there, and some send what means the same.
                0x89 | 0x8a => {}
                _ => panic!("{opcode:x} is none of the server's"),
            }
            self.read = begin + length;
        }
        &self.lines
    }
}

/// What a frame is, how much it has, and where that begins.
fn header(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    match *bytes {
        [opcode, 126, high, low, ..] => Some((opcode, u16::from_be_bytes([high, low]).into(), 4)),
        [_, 126, ..] => None,
        [opcode, length, ..] => Some((opcode, length.into(), 2)),
        _ => None,
    }
}
