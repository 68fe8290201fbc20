//! Any bytes, to the client's keyboard: however they are split, the keys are the same, and what is
//! kept of them is bounded. The editor takes whatever keys come.
#![no_main]

use chatd_fuzz::{allocated, pieces};
use libfuzzer_sys::fuzz_target;
use unicode_segmentation::GraphemeCursor;

#[path = "../../examples/client"]
#[allow(dead_code, reason = "the rest of the client uses it")]
mod client {
    pub(crate) mod commands;
    pub(crate) mod editor;
    pub(crate) mod keys;
}
use client::editor::{Editor, Outcome};
use client::keys::{Key, PASTE_BYTES_MAX, Parser, Paste};

/// The longest line that can be typed.
const LINE_BYTES_MAX: usize = 16 * 1024;
/// The longest sequence that is waited for, and what stands before it.
const SEQUENCE_BYTES_MAX: usize = 4096 + 2;

const NAMES: [&str; 4] = ["ana", "andré", "日本", "e\u{301}va"];

fuzz_target!(|data: &[u8]| {
    let mut data = data;
    let cut = pieces(&mut data);
    let bytes = cut.concat();
    let whole = parse(&[&bytes]);
    assert_eq!(parse(&cut), whole);
    assert_eq!(parse(&bytes.chunks(1).collect::<Vec<_>>()), whole);
    check_kept(&cut);
    let (keys, ..) = whole;
    // One time in so many, by their sum, so much of them that the bounds are reached.
    if bytes.iter().copied().fold(0, u8::wrapping_add) == 1 {
        let (more, last) = (bytes.repeat(4096 / bytes.len()), [bytes[bytes.len() - 1]; 4096]);
        let mut reads = vec![more.as_slice(); 3 * PASTE_BYTES_MAX / 4096];
        reads.extend([last.as_slice(); 3]);
        check_kept(&reads);
        let text = "x".repeat(LINE_BYTES_MAX - 8);
        edit([vec![Key::Paste(Paste { text, truncated: false })], keys].concat());
    } else {
        edit(keys);
    }
});

/// The keys, and what the parser says it waits for.
fn parse(reads: &[&[u8]]) -> (Vec<Key>, [bool; 2], Option<Key>) {
    let mut parser = Parser::default();
    let keys = reads.iter().flat_map(|bytes| parser.feed(bytes)).collect();
    let waits = [parser.is_pasting(), parser.escape_pending()];
    let escape = parser.resolve_escape();
    assert_eq!(escape.is_some(), waits[1]);
    (keys, waits, escape)
}

fn check_kept(reads: &[&[u8]]) {
    let before = allocated();
    let mut parser = Parser::default();
    for bytes in reads {
        drop(parser.feed(bytes));
        // A vector that grows may take twice what it holds.
        let paste = if parser.is_pasting() { 2 * PASTE_BYTES_MAX } else { 0 };
        assert!(allocated() - before <= SEQUENCE_BYTES_MAX + paste, "more than a key kept");
    }
}

fn edit(keys: Vec<Key>) {
    let names = NAMES.map(str::to_owned);
    let mut editor = Editor::default();
    for key in keys {
        match editor.handle(key, &names) {
            Outcome::Submit(line) => {
                check_line(&line);
                assert!(editor.line().is_empty());
                editor.remember(&line);
            }
            Outcome::SubmitPaste(lines) => {
                for line in &lines {
                    check_line(line);
                }
                assert!(editor.line().is_empty() && editor.pending_paste().is_none());
            }
            Outcome::Edited
            | Outcome::Ignored
            | Outcome::TooLong
            | Outcome::Leave
            | Outcome::Suspend
            | Outcome::Redraw => {}
        }
        let line = editor.line();
        check_line(line.text());
        assert!(line.text().len() <= LINE_BYTES_MAX);
        let mut cursor = GraphemeCursor::new(line.cursor(), line.text().len(), true);
        assert_eq!(cursor.is_boundary(line.text(), 0), Ok(true), "{line:?}");
    }
}

/// What is sent as one line is one line.
fn check_line(line: &str) {
    assert!(!line.contains(|c: char| c.is_control() && c != '\t'), "{line:?}");
}
