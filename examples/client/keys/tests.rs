use std::slice;

use proptest::{collection::vec, prelude::*, sample::select};

use super::*;

fn keys(bytes: &[u8]) -> Vec<Key> {
    Parser::default().feed(bytes)
}

fn typed(text: &str) -> Vec<Key> {
    text.chars().map(Key::Char).collect()
}

fn paste(text: &str) -> Key {
    Key::Paste(Paste { text: text.to_owned(), truncated: false })
}

#[test]
fn characters_of_one_to_four_bytes() {
    assert_eq!(keys("aç日👋".as_bytes()), typed("aç日👋"));
}

#[test]
fn control_keys() {
    assert_eq!(keys(b"\x01\x1a"), [Key::Ctrl('a'), Key::Ctrl('z')]);
    assert_eq!(
        keys(b"\r\n\t\x7f\x08"),
        [Key::Enter, Key::Enter, Key::Tab, Key::Backspace, Key::Backspace]
    );
}

#[test]
fn every_spelling_of_a_key_is_known() {
    let spellings: [(Key, &[&str]); 13] = [
        (Key::AltUp, &["\x1b[1;3A"]),
        (Key::AltDown, &["\x1b[1;3B", "\x1b[1;4B"]),
        (Key::PageUp, &["\x1b[5~"]),
        (Key::PageDown, &["\x1b[6~"]),
        (Key::Up, &["\x1b[A", "\x1bOA"]),
        (Key::Down, &["\x1b[B", "\x1bOB"]),
        (Key::Right, &["\x1b[C", "\x1bOC", "\x1b[1;2C"]),
        (Key::Left, &["\x1b[D", "\x1bOD"]),
        (Key::Home, &["\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~"]),
        (Key::End, &["\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~"]),
        (Key::Delete, &["\x1b[3~"]),
        (Key::WordRight, &["\x1b[1;5C", "\x1b[1;3C", "\x1bOc"]),
        (Key::WordLeft, &["\x1b[1;5D", "\x1b[1;3D", "\x1bOd"]),
    ];
    for (key, forms) in spellings {
        for form in forms {
            assert_eq!(keys(form.as_bytes()), slice::from_ref(&key), "{form:?}");
        }
    }
    assert_eq!(keys(b"\x1bb\x1bf"), [Key::Alt('b'), Key::Alt('f')]);
}

#[test]
fn unknown_sequences_leave_nothing_behind() {
    for unknown in ["\x1b[15~", "\x1b[[A", "\x1b[?1;2c", "\x1bOP", "\x1b[1;2Z", "\x1b[<0;1;1M"] {
        assert_eq!(keys(format!("{unknown}x").as_bytes()), typed("x"), "{unknown:?}");
    }
    let endless = format!("\x1b[{}mx", "1;".repeat(1000));
    assert_eq!(keys(endless.as_bytes()), typed("x"));
    let mut parser = Parser::default();
    assert_eq!(parser.feed(format!("\x1b[{}", "1".repeat(CSI_BYTES_MAX)).as_bytes()), []);
    assert_eq!(parser.feed(b"x"), typed("x"), "it is waited for no longer");
}

#[test]
fn a_lone_escape_waits_to_be_resolved() {
    let mut parser = Parser::default();
    assert_eq!(parser.feed(b"\x1b"), []);
    assert!(parser.escape_pending());
    assert_eq!(parser.resolve_escape(), Some(Key::Escape));
    assert_eq!(parser.resolve_escape(), None);
    assert_eq!(parser.feed(b"[A"), typed("[A"));
    assert_eq!(keys(b"\x1b\x1b[A"), [Key::Escape, Key::Up]);
    assert_eq!(keys("\x1bç".as_bytes()), [Key::Escape, Key::Char('ç')]);
}

#[test]
fn a_paste_is_one_key() {
    assert_eq!(
        keys(b"\x1b[200~a\r\x1b[20\x1b[3~b\x1b[201~c"),
        [paste("a\r\x1b[20\x1b[3~b"), Key::Char('c')]
    );
}

#[test]
fn a_paste_is_bounded() {
    for (length, truncated) in
        [(PASTE_BYTES_MAX - 1, false), (PASTE_BYTES_MAX, false), (PASTE_BYTES_MAX + 1, true)]
    {
        let all = keys(format!("\x1b[200~{}\x1b[201~x", "a".repeat(length)).as_bytes());
        let [Key::Paste(paste), Key::Char('x')] = all.as_slice() else { panic!("{length}") };
        assert_eq!(paste.truncated, truncated);
        assert_eq!(paste.text.len(), length.min(PASTE_BYTES_MAX));
    }
}

#[test]
fn a_sequence_that_is_broken_off_does_not_eat_the_next_key() {
    assert_eq!(keys(b"\x1b[1;\rx"), [Key::Enter, Key::Char('x')]);
    assert_eq!(keys(b"\x1b[1\x1b[A"), [Key::Up]);
    assert_eq!(keys(b"\xe6\x97a"), typed("\u{fffd}a"));
    assert_eq!(keys(b"\xff\xc2\x9bz"), typed("\u{fffd}z"));
}

/// Bytes as a terminal sends them, mixed with arbitrary ones.
fn input() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        select(vec![
            "\x1b[1;5C",
            "\x1b[A",
            "\x1bOH",
            "\x1bb",
            "\x1b",
            "\x1b[3~",
            "\x1b[200~",
            "\x1b[201~",
            "\x1b[20",
            "ç",
            "日",
            "👋",
            "e\u{301}",
            "\r",
            "a",
            "\x1b[[A",
        ])
        .prop_map(|s| s.as_bytes().to_vec()),
        vec(any::<u8>(), 0..6),
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_split_gives_the_same_keys(bytes in input(), cuts in vec(any::<prop::sample::Index>(), 0..8)) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        let mut parser = Parser::default();
        let mut split = Vec::new();
        let mut from = 0;
        for cut in cuts.into_iter().chain([bytes.len()]) {
            split.extend(parser.feed(&bytes[from..cut]));
            from = cut;
        }
        prop_assert_eq!(split, keys(&bytes));
    }

    #[test]
    fn no_key_carries_a_control_character(bytes in input()) {
        for key in keys(&bytes) {
            if let Key::Char(c) | Key::Alt(c) = key {
                prop_assert!(!c.is_control(), "{c:?}");
            }
        }
    }

    #[test]
    fn after_any_bytes_typing_works_again(bytes in vec(any::<u8>(), 0..64)) {
        let mut parser = Parser::default();
        parser.feed(&bytes);
        // Whatever was open, this ends it: a paste, a sequence, a character.
        parser.feed(b"\x1b[201~\x1b[201~");
        prop_assert_eq!(parser.feed(b"ok"), typed("ok"));
    }
}
