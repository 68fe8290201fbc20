//! Bytes from the terminal become keys.
//!
//! A read may end anywhere: inside an escape sequence, a character or a paste. So the parser is a
//! state machine that keeps what it has until the rest comes, and any split of the same bytes gives
//! the same keys. The one thing bytes alone cannot tell is a lone Escape from the start of a
//! sequence: whoever owns the clock asks [`Parser::escape_pending`] and, when nothing follows for a
//! moment, calls [`Parser::resolve_escape`].

use std::mem;

/// Most bytes of one paste that are kept. Far above what anyone means to say in a chat, small
/// enough that a terminal which never ends its paste costs nothing.
pub(crate) const PASTE_BYTES_MAX: usize = 64 * 1024;

/// Parameters longer than this belong to no sequence we know.
const CSI_BYTES_MAX: usize = 16;

const ESC: u8 = 0x1b;
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

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    /// After some, but not all, bytes of a character.
    Utf8,
    /// After ESC.
    Escape,
    /// After ESC O.
    Ss3,
    /// After ESC [.
    Csi,
    /// After ESC [ [, with which the Linux console starts F1 to F5.
    LinuxFunction,
    Paste,
}

/// The state machine. See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    state: State,
    /// The bytes of a sequence or a character so far.
    pending: Vec<u8>,
    paste: Vec<u8>,
    paste_truncated: bool,
    /// How many bytes of [`PASTE_END`] have just been seen.
    paste_end_matched: usize,
}

impl Parser {
    /// Takes the next bytes and gives the keys they complete.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Vec<Key> {
        let mut keys = Vec::new();
        for &byte in bytes {
            self.step(byte, &mut keys);
        }
        keys
    }

    /// Whether the last byte was an ESC that may be a key of its own or the start of a sequence.
    pub(crate) fn escape_pending(&self) -> bool {
        self.state == State::Escape
    }

    /// Nothing followed the ESC: it was the key.
    pub(crate) fn resolve_escape(&mut self) -> Option<Key> {
        if !self.escape_pending() {
            return None;
        }
        self.state = State::Ground;
        Some(Key::Escape)
    }

    fn step(&mut self, byte: u8, keys: &mut Vec<Key>) {
        match self.state {
            State::Ground => self.ground(byte, keys),
            State::Utf8 => self.utf8(byte, keys),
            State::Escape => self.escape(byte, keys),
            State::Ss3 => {
                self.state = State::Ground;
                match byte {
                    b' '..=b'~' => keys.extend(ss3_key(byte)),
                    _ => self.ground(byte, keys),
                }
            }
            State::Csi => self.csi(byte, keys),
            State::LinuxFunction => {
                self.state = State::Ground;
                if !(b'A'..=b'E').contains(&byte) {
                    self.ground(byte, keys);
                }
            }
            State::Paste => self.paste(byte, keys),
        }
    }

    fn ground(&mut self, byte: u8, keys: &mut Vec<Key>) {
        match byte {
            ESC => self.state = State::Escape,
            b'\r' | b'\n' => keys.push(Key::Enter),
            b'\t' => keys.push(Key::Tab),
            0x08 | 0x7f => keys.push(Key::Backspace),
            0x01..=0x1a => keys.push(Key::Ctrl(char::from(byte - 1 + b'a'))),
            0x00 | 0x1c..=0x1f => {}
            b' '..=b'~' => keys.push(Key::Char(char::from(byte))),
            0x80.. => {
                self.pending.clear();
                self.pending.push(byte);
                self.state = State::Utf8;
                self.complete_utf8(keys);
            }
        }
    }

    fn utf8(&mut self, byte: u8, keys: &mut Vec<Key>) {
        self.pending.push(byte);
        self.complete_utf8(keys);
    }

    /// Ends the character if its bytes are complete, or cannot become one.
    fn complete_utf8(&mut self, keys: &mut Vec<Key>) {
        match str::from_utf8(&self.pending) {
            Ok(text) => {
                // C1 controls are characters in UTF-8, but no key prints them.
                keys.extend(text.chars().filter(|c| !c.is_control()).map(Key::Char));
                self.state = State::Ground;
            }
            Err(error) => {
                let Some(invalid) = error.error_len() else { return };
                keys.push(Key::Char(char::REPLACEMENT_CHARACTER));
                self.state = State::Ground;
                for byte in mem::take(&mut self.pending).split_off(invalid) {
                    self.step(byte, keys);
                }
            }
        }
    }

    fn escape(&mut self, byte: u8, keys: &mut Vec<Key>) {
        self.state = State::Ground;
        match byte {
            b'[' => {
                self.pending.clear();
                self.state = State::Csi;
            }
            b'O' => self.state = State::Ss3,
            b' '..=b'~' => keys.push(Key::Alt(char::from(byte))),
            // ESC was a key, and this byte is the next one: another ESC, a control, a character.
            _ => {
                keys.push(Key::Escape);
                self.ground(byte, keys);
            }
        }
    }

    fn csi(&mut self, byte: u8, keys: &mut Vec<Key>) {
        match byte {
            b'[' if self.pending.is_empty() => self.state = State::LinuxFunction,
            b' '..=b'?' => {
                if self.pending.len() < CSI_BYTES_MAX {
                    self.pending.push(byte);
                }
            }
            b'@'..=b'~' => {
                self.state = State::Ground;
                if self.pending == b"200" && byte == b'~' {
                    self.state = State::Paste;
                } else {
                    keys.extend(csi_key(&self.pending, byte));
                }
            }
            // Nothing inside a sequence looks like this: it was broken off.
            _ => {
                self.state = State::Ground;
                self.ground(byte, keys);
            }
        }
    }

    fn paste(&mut self, byte: u8, keys: &mut Vec<Key>) {
        if byte == PASTE_END[self.paste_end_matched] {
            self.paste_end_matched += 1;
            if self.paste_end_matched == PASTE_END.len() {
                self.paste_end_matched = 0;
                self.state = State::Ground;
                let text = String::from_utf8_lossy(&mem::take(&mut self.paste)).into_owned();
                let truncated = mem::take(&mut self.paste_truncated);
                keys.push(Key::Paste(Paste { text, truncated }));
            }
            return;
        }
        // ESC stands only at the start of the end mark, so a failed match can restart at this byte
        // only.
        let matched = mem::take(&mut self.paste_end_matched);
        self.keep_pasted(&PASTE_END[..matched]);
        if byte == ESC {
            self.paste_end_matched = 1;
        } else {
            self.keep_pasted(&[byte]);
        }
    }

    fn keep_pasted(&mut self, bytes: &[u8]) {
        self.paste_truncated |= self.paste.len() + bytes.len() > PASTE_BYTES_MAX;
        if !self.paste_truncated {
            self.paste.extend_from_slice(bytes);
        }
    }
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
    Some(match (last, first) {
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
