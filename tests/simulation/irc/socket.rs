//! How a browser speaks IRC: in messages of a WebSocket, behind a request for one.

use chatd_support::websocket::{CLOSE, PING, PONG, TEXT, first};

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
        while let Some((opcode, payload, length)) = first(&received[self.read..]) {
            assert!(!self.is_closed, "nothing comes behind the goodbye");
            match opcode {
                TEXT => {
                    assert!(!payload.contains(&b'\n'), "a message is one line");
                    self.lines.extend(payload);
                    self.lines.extend(b"\r\n");
                }
                CLOSE => self.is_closed = true,
                // It is asked whether it is there, and some send what means the same.
                PING | PONG => {}
                _ => panic!("{opcode:x} is none of the server's"),
            }
            self.read += length;
        }
        &self.lines
    }
}
