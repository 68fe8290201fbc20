//! Bytes to and from the server: what is not sent yet, and lines that are not complete yet.

use std::io::{self, Write};

/// A longer line is cut here; what follows, up to its end, is dropped.
pub(crate) const LINE_BYTES_MAX: usize = 64 * 1024;

/// Bytes queued and not yet sent.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    bytes: Vec<u8>,
}

impl Outbox {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Writes as much as `writer` takes without blocking.
    pub(crate) fn flush(&mut self, writer: &mut impl Write) -> io::Result<()> {
        let mut sent = 0;
        let result = loop {
            if sent == self.bytes.len() {
                break Ok(());
            }
            match writer.write(&self.bytes[sent..]) {
                Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => sent += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.bytes.drain(..sent);
        result
    }
}

/// Cuts received bytes into lines that end in LF or CR LF; bytes that are no UTF-8 become U+FFFD.
#[derive(Debug, Default)]
pub(crate) struct LineDecoder {
    partial: Vec<u8>,
    /// Whether the rest of a line that was too long is being dropped.
    discarding: bool,
}

impl LineDecoder {
    /// The lines that `bytes` complete.
    pub(crate) fn decode(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            let (text, ended) = match piece.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (piece, false),
            };
            if !self.discarding {
                let room = LINE_BYTES_MAX - self.partial.len();
                self.partial.extend_from_slice(&text[..text.len().min(room)]);
                if text.len() > room {
                    self.discarding = true;
                    lines.extend(self.finish());
                }
            }
            if ended {
                if !self.discarding {
                    lines.push(self.take());
                }
                self.discarding = false;
            }
        }
        lines
    }

    /// The stream has ended: a last line without an end counts.
    pub(crate) fn finish(&mut self) -> Option<String> {
        (!self.partial.is_empty()).then(|| self.take())
    }

    fn take(&mut self) -> String {
        let line = self.partial.strip_suffix(b"\r").unwrap_or(&self.partial);
        let line = String::from_utf8_lossy(line).into_owned();
        self.partial.clear();
        line
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn lines_end_in_lf_or_crlf() {
        let mut decoder = LineDecoder::default();
        assert_eq!(decoder.decode(b"one\r\ntwo\n\nth"), ["one", "two", ""]);
        assert_eq!(decoder.decode(b"ree\xff\r"), Vec::<String>::new());
        assert_eq!(decoder.decode(b"\nrest"), ["three\u{fffd}"]);
        assert_eq!(decoder.finish().as_deref(), Some("rest"));
        assert_eq!(decoder.finish(), None);
    }

    #[test]
    fn a_line_is_bounded() {
        for (length, kept) in [
            (LINE_BYTES_MAX - 1, LINE_BYTES_MAX - 1),
            (LINE_BYTES_MAX, LINE_BYTES_MAX),
            (LINE_BYTES_MAX + 1, LINE_BYTES_MAX),
        ] {
            let mut decoder = LineDecoder::default();
            let lines = decoder.decode(format!("{}\nnext\n", "x".repeat(length)).as_bytes());
            assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [kept, 4]);
        }
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_lines(text in "[a\r\n\u{e7}]{0,40}", cut in any::<prop::sample::Index>()) {
            let cut = cut.index(text.len() + 1);
            let mut decoder = LineDecoder::default();
            let mut split = decoder.decode(&text.as_bytes()[..cut]);
            split.extend(decoder.decode(&text.as_bytes()[cut..]));
            prop_assert_eq!(split, LineDecoder::default().decode(text.as_bytes()));
        }

        #[test]
        fn what_is_pushed_is_what_is_sent(pushed in vec(vec(any::<u8>(), 0..20), 0..10), limit in 1..7_usize) {
            struct Trickle(Vec<u8>, usize);
            impl Write for Trickle {
                fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                    let taken = bytes.len().min(self.1);
                    self.0.extend_from_slice(&bytes[..taken]);
                    if taken == bytes.len() { Ok(taken) } else { self.1 += 1; Ok(taken) }
                }
                fn flush(&mut self) -> io::Result<()> {
                    Ok(())
                }
            }
            let mut outbox = Outbox::default();
            let mut wire = Trickle(Vec::new(), limit);
            for bytes in &pushed {
                outbox.push(bytes);
                prop_assert!(outbox.flush(&mut wire).is_ok());
                prop_assert!(outbox.is_empty());
            }
            prop_assert_eq!(wire.0, pushed.concat());
        }
    }
}
