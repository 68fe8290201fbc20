//! Bytes from the terminal become keys.
//!
//! A read may end anywhere: inside an escape sequence, a character or a paste. So the parser keeps
//! what it has until the rest comes, and any split of the same bytes gives the same keys. The one
//! thing bytes alone cannot tell is a lone Escape from the start of a sequence: whoever owns the
//! clock asks [`Parser::escape_pending`] and, when nothing follows for a moment, calls
//! [`Parser::resolve_escape`].

use std::mem;

/// Most bytes of one paste that are kept. Far above what anyone means to say in a chat, small
/// enough that a terminal which never ends its paste costs nothing.
pub(crate) const PASTE_BYTES_MAX: usize = 64 * 1024;

/// No sequence is longer. This bounds what one costs that never ends.
const CSI_BYTES_MAX: usize = 4096;

const ESC: u8 = 0x1b;
const PASTE_START: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";

/// What was pressed, or pasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// A printable character.
    Char(char),
    /// Ctrl with a lower-case letter.
    Ctrl(char),
    /// Alt with an ASCII character.
    Alt(char),
    Enter,
    Tab,
    Backspace,
    Delete,
    Escape,
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    PageUp,
    PageDown,
    AltUp,
    AltDown,
    /// Ctrl-Left or Alt-Left.
    WordLeft,
    /// Ctrl-Right or Alt-Right.
    WordRight,
    /// Text that came between the marks of a bracketed paste.
    Paste(Paste),
}

/// A paste, as the terminal sent it: line ends and control characters are still in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paste {
    pub(crate) text: String,
    /// Whether more than [`PASTE_BYTES_MAX`] came and the rest was dropped.
    pub(crate) truncated: bool,
}

/// Keeps the bytes that are no key yet. See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    /// The start of a sequence or of a character.
    pending: Vec<u8>,
    /// What has come of a paste.
    paste: Option<Vec<u8>>,
    paste_truncated: bool,
}

/// A key, unless the bytes mean nothing here, and how many bytes it is made of.
type Found = (Option<Key>, usize);

impl Parser {
    /// Takes the next bytes and gives the keys they complete.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Vec<Key> {
        let mut bytes = [mem::take(&mut self.pending).as_slice(), bytes].concat();
        let mut keys = Vec::new();
        let mut taken = 0;
        while let Some((key, length)) = self.next(&bytes[taken..]) {
            keys.extend(key);
            taken += length;
        }
        self.pending = bytes.split_off(taken);
        keys
    }

    /// Whether a paste has started and not ended.
    pub(crate) fn is_pasting(&self) -> bool {
        self.paste.is_some()
    }

    /// Whether the last byte was an ESC that may be a key of its own or the start of a sequence.
    pub(crate) fn escape_pending(&self) -> bool {
        self.paste.is_none() && self.pending == [ESC]
    }

    /// Nothing followed the ESC: it was the key.
    pub(crate) fn resolve_escape(&mut self) -> Option<Key> {
        if !self.escape_pending() {
            return None;
        }
        self.pending.clear();
        Some(Key::Escape)
    }

    fn next(&mut self, bytes: &[u8]) -> Option<Found> {
        if self.paste.is_some() {
            self.pasted(bytes)
        } else if bytes.starts_with(PASTE_START) {
            self.paste = Some(Vec::new());
            Some((None, PASTE_START.len()))
        } else {
            key(bytes)
        }
    }

    fn pasted(&mut self, bytes: &[u8]) -> Option<Found> {
        let end = bytes.windows(PASTE_END.len()).position(|window| window == PASTE_END);
        let length = end.unwrap_or_else(|| {
            // The last bytes may be the start of the end mark.
            let held = (0..PASTE_END.len()).rev().find(|&n| bytes.ends_with(&PASTE_END[..n]));
            bytes.len() - held.unwrap_or(0)
        });
        let paste = self.paste.get_or_insert_default();
        let room = PASTE_BYTES_MAX - paste.len();
        paste.extend_from_slice(&bytes[..length.min(room)]);
        self.paste_truncated |= length > room;
        if end.is_none() {
            return (length > 0).then_some((None, length));
        }
        let text = String::from_utf8_lossy(&self.paste.take()?).into_owned();
        let truncated = mem::take(&mut self.paste_truncated);
        Some((Some(Key::Paste(Paste { text, truncated })), length + PASTE_END.len()))
    }
}

/// The key that `bytes` start with; `None` if there are too few of them to say.
fn key(bytes: &[u8]) -> Option<Found> {
    let found = match *bytes {
        [] | [ESC] | [ESC, b'O'] | [ESC, b'[', b'['] => return None,
        // F1 to F5 of the Linux console.
        [ESC, b'[', b'[', b'A'..=b'E', ..] => (None, 4),
        [ESC, b'[', ref sequence @ ..] => return csi(sequence),
        [ESC, b'O', last @ b' '..=b'~', ..] => (ss3_key(last), 3),
        [ESC, b'O', ..] => (None, 2),
        [ESC, c @ b' '..=b'~', ..] => (Some(Key::Alt(char::from(c))), 2),
        [ESC, ..] => (Some(Key::Escape), 1),
        [b'\r' | b'\n', ..] => (Some(Key::Enter), 1),
        [b'\t', ..] => (Some(Key::Tab), 1),
        [0x08 | 0x7f, ..] => (Some(Key::Backspace), 1),
        [byte @ 0x01..=0x1a, ..] => (Some(Key::Ctrl(char::from(byte - 1 + b'a'))), 1),
        [0x00..=0x1f, ..] => (None, 1),
        _ => return character(bytes),
    };
    Some(found)
}

fn character(bytes: &[u8]) -> Option<Found> {
    let head = &bytes[..bytes.len().min(4)];
    let chunk = head.utf8_chunks().next()?;
    if let Some(c) = chunk.valid().chars().next() {
        // C1 controls are characters in UTF-8, but no key prints them.
        return Some(((!c.is_control()).then_some(Key::Char(c)), c.len_utf8()));
    }
    let is_incomplete = str::from_utf8(head).is_err_and(|error| error.error_len().is_none());
    let invalid = (Some(Key::Char(char::REPLACEMENT_CHARACTER)), chunk.invalid().len());
    (!is_incomplete).then_some(invalid)
}

/// The rest of a sequence that started with ESC [.
fn csi(sequence: &[u8]) -> Option<Found> {
    let head = &sequence[..sequence.len().min(CSI_BYTES_MAX)];
    let Some(length) = head.iter().position(|byte| !(b' '..=b'?').contains(byte)) else {
        return (head.len() == CSI_BYTES_MAX).then_some((None, 2 + CSI_BYTES_MAX));
    };
    Some(match sequence[length] {
        last @ b'@'..=b'~' => (csi_key(&sequence[..length], last), 2 + length + 1),
        // Nothing inside a sequence looks like this: it was broken off.
        _ => (None, 2 + length),
    })
}

fn ss3_key(last: u8) -> Option<Key> {
    match last {
        b'M' => Some(Key::Enter),
        b'c' => Some(Key::WordRight),
        b'd' => Some(Key::WordLeft),
        _ => csi_key(b"", last),
    }
}

/// The key of `ESC [ parameters last`, in the forms of xterm, rxvt and the Linux console.
fn csi_key(parameters: &[u8], last: u8) -> Option<Key> {
    let mut numbers = parameters.split(|&b| b == b';').map(number);
    let first = numbers.next().flatten();
    // The second parameter is 1 + Shift (1) + Alt (2) + Ctrl (4).
    let modifiers = numbers.next().flatten().map_or(0, |n| n.saturating_sub(1));
    let by_word = modifiers & 0b110 != 0;
    let with_alt = modifiers & 0b010 != 0;
    Some(match (last, first) {
        (b'A', _) if with_alt => Key::AltUp,
        (b'B', _) if with_alt => Key::AltDown,
        (b'~', Some(5)) => Key::PageUp,
        (b'~', Some(6)) => Key::PageDown,
        (b'A', _) => Key::Up,
        (b'B', _) => Key::Down,
        (b'C', _) if by_word => Key::WordRight,
        (b'C', _) => Key::Right,
        (b'D', _) if by_word => Key::WordLeft,
        (b'D', _) => Key::Left,
        (b'H', _) | (b'~', Some(1 | 7)) => Key::Home,
        (b'F', _) | (b'~', Some(4 | 8)) => Key::End,
        (b'~', Some(3)) => Key::Delete,
        _ => return None,
    })
}

fn number(digits: &[u8]) -> Option<u32> {
    str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
