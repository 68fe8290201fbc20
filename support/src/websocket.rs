//! What a browser sends and reads that speaks IRC in the messages of a WebSocket.

/// What it sends first.
pub const REQUEST: &str = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Protocol: text.ircv3.net\r\n\r\n";

/// The first byte of a whole message of text …
pub const TEXT: u8 = 0x81;
/// … of the last frame …
pub const CLOSE: u8 = 0x88;
/// … of the question whether somebody is there, and of the answer.
pub const PING: u8 = 0x89;
/// See [`PING`].
pub const PONG: u8 = 0x8a;

const MASK: [u8; 4] = [1, 2, 3, 4];

/// Appends a message with a line.
pub fn say(line: &[u8], out: &mut impl Extend<u8>) {
    send(TEXT, line, out);
}

/// Appends a frame with this first byte.
pub fn send(first: u8, payload: &[u8], out: &mut impl Extend<u8>) {
    let length = u16::try_from(payload.len()).expect("no frame is longer");
    out.extend([first]);
    match u8::try_from(length) {
        Ok(short) if short < 126 => out.extend([0x80 | short]),
        _ => {
            out.extend([0x80 | 0x7e]);
            out.extend(length.to_be_bytes());
        }
    }
    out.extend(MASK);
    out.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

/// The first frame that the server sent, if it is whole: its first byte, its payload, and how long it is.
pub fn first(received: &[u8]) -> Option<(u8, &[u8], usize)> {
    let (first, length, header): (u8, usize, usize) = match *received {
        [first, 126, high, low, ..] => (first, u16::from_be_bytes([high, low]).into(), 4),
        [_, 126, ..] => return None,
        [first, length, ..] => (first, length.into(), 2),
        _ => return None,
    };
    let end = header + length;
    Some((first, received.get(header..end)?, end))
}
