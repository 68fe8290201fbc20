use proptest::{collection::vec, prelude::*, sample::select};
use unicode_segmentation::UnicodeSegmentation;

use super::line::LINE_BYTES_MAX;
use super::*;

const NONE: &[String] = &[];

/// An editor whose line is `shown`, with the cursor where the `|` stands.
fn editor(shown: &str) -> Editor {
    let (before, after) = shown.split_once('|').expect("a cursor");
    let mut editor = Editor::default();
    editor.line.insert(after);
    editor.line.go(Motion::Start);
    editor.line.insert(before);
    editor
}

/// The line with a `|` where the cursor stands.
fn shown(editor: &Editor) -> String {
    let (before, after) = editor.line.text().split_at(editor.line.cursor());
    format!("{before}|{after}")
}

fn press(editor: &mut Editor, keys: impl IntoIterator<Item = Key>) {
    for key in keys {
        editor.handle(key, NONE);
    }
}

/// What `keys` make of the line.
fn after(line: &str, keys: impl IntoIterator<Item = Key>) -> String {
    let mut editor = editor(line);
    press(&mut editor, keys);
    shown(&editor)
}

fn typed(text: &str) -> Vec<Key> {
    text.chars().map(Key::Char).collect()
}

fn paste(text: &str) -> Key {
    Key::Paste(Paste { text: text.to_owned(), truncated: false })
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn moves_and_deletes_by_what_a_reader_takes_for_a_character() {
    assert_eq!(after("olá|", typed("!")), "olá!|");
    assert_eq!(after("e\u{301}👩‍👩‍👧|x", [Key::Left]), "e\u{301}|👩‍👩‍👧x");
    assert_eq!(after("e\u{301}👩‍👩‍👧|x", [Key::Backspace]), "e\u{301}|x");
    assert_eq!(after("|e\u{301}x", [Key::Delete]), "|x");
    assert_eq!(after("|日本", [Key::Right]), "日|本");
    assert_eq!(after("a|b", [Key::Home]), "|ab");
    assert_eq!(after("a|b", [Key::Ctrl('e')]), "ab|");
}

#[test]
fn an_accent_typed_after_its_letter_joins_it() {
    assert_eq!(after("|x", typed("e\u{301}")), "e\u{301}|x");
}

#[test]
fn the_cursor_leaves_a_flag_that_forms_around_it() {
    // B and R side by side are one flag; a U before them takes the B away from the R.
    assert_eq!(after("|\u{1f1e7}\u{1f1f7}", typed("\u{1f1fa}")), "\u{1f1fa}\u{1f1e7}|\u{1f1f7}");
    assert_eq!(after("\u{1f1e7}x|\u{1f1f7}", [Key::Backspace]), "\u{1f1e7}\u{1f1f7}|");
}

#[test]
fn moves_by_words() {
    assert_eq!(after("bom dia, ana|", [Key::Alt('b'), Key::WordLeft]), "bom |dia, ana");
    assert_eq!(after("|bom dia", [Key::Alt('f'), Key::WordRight]), "bom dia|");
    assert_eq!(after("bo|m", [Key::WordLeft, Key::WordLeft]), "|bom");
}

#[test]
fn kills_and_yanks() {
    assert_eq!(after("one two|", [Key::Ctrl('w')]), "one |");
    assert_eq!(after("one two.three |x", [Key::Ctrl('w')]), "one |x");
    assert_eq!(after("one| two", [Key::Ctrl('k')]), "one|");
    assert_eq!(after("one| two", [Key::Ctrl('u')]), "| two");
    assert_eq!(after("a b c|", [Key::Ctrl('w'), Key::Ctrl('w'), Key::Ctrl('y')]), "a b c|");
    assert_eq!(after("ab|cd", [Key::Ctrl('u'), Key::Ctrl('k'), Key::Ctrl('y')]), "abcd|");
    assert_eq!(after("a b|", [Key::Ctrl('w'), Key::Left, Key::Ctrl('w'), Key::Ctrl('y')]), "a| ");
    assert_eq!(after("ab|", [Key::Ctrl('y')]), "ab|");
}

#[test]
fn transposes() {
    assert_eq!(after("ab|", [Key::Ctrl('t')]), "ba|");
    assert_eq!(after("a|bc", [Key::Ctrl('t')]), "ba|c");
    assert_eq!(after("日|e\u{301}", [Key::Ctrl('t')]), "e\u{301}日|");
    assert_eq!(after("|ab", [Key::Ctrl('t')]), "|ab");
    assert_eq!(after("a|", [Key::Ctrl('t')]), "a|");
}

#[test]
fn leaves_only_from_an_empty_line() {
    for letter in ['c', 'd'] {
        assert_eq!(editor("|").handle(Key::Ctrl(letter), NONE), Outcome::Leave);
    }
    assert_eq!(after("ab|", [Key::Ctrl('c')]), "|");
    assert_eq!(after("a|b", [Key::Ctrl('d')]), "a|");
    assert_eq!(editor("a|").handle(Key::Ctrl('d'), NONE), Outcome::Ignored);
}

#[test]
fn history_keeps_the_line_being_typed() {
    let mut editor = editor("half|");
    editor.remember("one");
    editor.remember("two");
    press(&mut editor, [Key::Up, Key::Ctrl('p')]);
    assert_eq!(shown(&editor), "one|");
    assert_eq!(editor.handle(Key::Up, NONE), Outcome::Ignored);
    press(&mut editor, [Key::Ctrl('n'), Key::Down]);
    assert_eq!(shown(&editor), "half|");
}

#[test]
fn tab_goes_through_the_nicknames_and_back() {
    let names = names(&["bruno", "Bia", "carla"]);
    let mut editor = editor("b|");
    let mut seen = Vec::new();
    for _ in 0..4 {
        assert_eq!(editor.handle(Key::Tab, &names), Outcome::Edited);
        seen.push(shown(&editor));
    }
    assert_eq!(seen, ["bruno: |", "Bia: |", "b|", "bruno: |"]);
    press(&mut editor, typed("c"));
    editor.handle(Key::Tab, &names);
    assert_eq!(shown(&editor), "bruno: carla |");
    assert_eq!(after("x|", [Key::Tab]), "x|");
}

#[test]
fn tab_completes_in_the_middle_and_commands_at_the_start() {
    let names = names(&["bruno"]);
    let mut middle = editor("oi b| !");
    middle.handle(Key::Tab, &names);
    assert_eq!(shown(&middle), "oi bruno | !");
    let mut command = editor("/w|");
    command.handle(Key::Tab, &names);
    assert_eq!(shown(&command), "/who |");
    let mut not_a_command = editor("oi /w|");
    assert_eq!(not_a_command.handle(Key::Tab, &names), Outcome::Ignored);
}

#[test]
fn a_pasted_line_is_typed_text() {
    assert_eq!(after("a|b", [paste("x\x1b[2Jy\u{85}\r\n")]), "ax[2Jy|b");
}

#[test]
fn blank_lines_of_a_paste_do_not_count() {
    assert_eq!(after("a|b", [paste(" \n \n")]), "a|b");
    assert_eq!(after("a|b", [paste(" \nxx\n")]), "axx|b");
    assert_eq!(after("a|b", [paste(" ")]), "a |b");
}

#[test]
fn pasted_lines_are_text_and_no_commands() {
    for (before, pasted, sent) in [
        ("", "/quit\n//x\n /y", ["//quit", "///x", " /y"]),
        ("/me ", "one\n/two\n3", ["/me one", "//two", "3"]),
        ("see ", "/a\n/b\nc", ["see /a", "//b", "c"]),
    ] {
        let mut editor = Editor::default();
        press(&mut editor, [typed(before), vec![paste(pasted)]].concat());
        assert_eq!(editor.handle(Key::Enter, NONE), Outcome::SubmitPaste(names(&sent)));
    }
    assert_eq!(after("|", [paste("/who\n")]), "/who|", "one line is as if typed");
}

#[test]
fn pasted_lines_are_sent_only_when_agreed_to() {
    let mut asked = editor("be|fore");
    assert_eq!(asked.handle(paste("one\r\rtwo\r\nthree\n"), NONE), Outcome::Edited);
    let expected = ["beone", "two", "threefore"];
    assert_eq!(
        asked.pending_paste().map(|paste| paste.lines.as_slice()),
        Some(&names(&expected)[..])
    );
    assert_eq!(asked.handle(Key::Char('x'), NONE), Outcome::Ignored);
    assert_eq!(asked.handle(Key::Enter, NONE), Outcome::SubmitPaste(names(&expected)));
    assert_eq!(shown(&asked), "|");

    let mut refused = editor("be|fore");
    press(&mut refused, [paste("one\ntwo"), Key::Escape]);
    assert!(refused.pending_paste().is_none());
    assert_eq!(shown(&refused), "be|fore");
}

#[test]
fn a_line_is_bounded() {
    let mut editor = editor("|");
    assert_eq!(editor.handle(paste(&"a".repeat(LINE_BYTES_MAX + 1)), NONE), Outcome::TooLong);
    editor.handle(paste(&"a".repeat(LINE_BYTES_MAX - 1)), NONE);
    assert_eq!(editor.handle(Key::Char('é'), NONE), Outcome::Ignored);
    assert_eq!(editor.handle(Key::Char('a'), NONE), Outcome::Edited);
    assert_eq!(editor.handle(Key::Char('a'), NONE), Outcome::Ignored);
}

fn key() -> impl Strategy<Value = Key> {
    let text = "ab é.e\u{301}日👩\u{200d}👧\u{1f1e7}\u{1f1f7}\u{1f1fa}\u{fe0f}";
    let letters: Vec<char> = "abcdefklnptuwyz".chars().collect();
    prop_oneof![
        4 => select(text.chars().collect::<Vec<_>>()).prop_map(Key::Char),
        3 => select(letters).prop_map(Key::Ctrl),
        3 => select(vec![
            Key::Left, Key::Right, Key::Home, Key::End, Key::Up, Key::Down, Key::WordLeft,
            Key::WordRight, Key::Backspace, Key::Delete, Key::Tab, Key::Enter, Key::Escape,
            Key::Alt('b'), Key::Alt('f'), Key::Alt('x'),
        ]),
        1 => any::<char>().prop_filter("keys print", |c| !c.is_control()).prop_map(Key::Char),
        1 => any::<String>().prop_map(|text| paste(&text)),
    ]
}

fn is_boundary(text: &str, at: usize) -> bool {
    at == text.len() || text.grapheme_indices(true).any(|(start, _)| start == at)
}

proptest! {
    #[test]
    fn the_cursor_is_never_inside_a_character(keys in vec(key(), 0..60)) {
        let names = names(&["ana", "\u{301}x", "日本", "👩"]);
        let mut editor = Editor::default();
        for key in keys {
            let outcome = editor.handle(key.clone(), &names);
            let (text, cursor) = (editor.line.text(), editor.line.cursor());
            prop_assert!(is_boundary(text, cursor), "{key:?} -> {text:?} at {cursor}");
            let lines = match outcome {
                Outcome::Submit(line) => vec![line],
                Outcome::SubmitPaste(lines) => lines,
                Outcome::Edited | Outcome::Ignored | Outcome::TooLong | Outcome::Leave
                | Outcome::Suspend | Outcome::Redraw => vec![],
            };
            for line in lines {
                prop_assert!(!line.contains(|c: char| c.is_control() && c != '\t'), "{line:?}");
                editor.remember(&line);
            }
        }
    }

    #[test]
    fn moving_changes_no_text_and_covers_the_line(text in "\\PC{0,12}") {
        let mut line = Line::from(text.clone());
        let mut steps = 0;
        while line.cursor() > 0 {
            line.go(Motion::Left);
            steps += 1;
        }
        prop_assert_eq!(steps, text.graphemes(true).count());
        for motion in [Motion::WordRight, Motion::WordLeft, Motion::Right, Motion::BlankLeft] {
            line.go(motion);
            prop_assert!(is_boundary(&text, line.cursor()));
        }
        prop_assert_eq!(line.text(), text);
    }

    #[test]
    fn what_is_killed_can_be_yanked_back(text in "\\PC{0,12}", left in 0..12_usize, letter in select(vec!['k', 'u', 'w'])) {
        let mut editor = Editor::default();
        editor.line.insert(&text);
        press(&mut editor, (0..left).map(|_| Key::Left));
        press(&mut editor, [Key::Ctrl(letter), Key::Ctrl('y')]);
        prop_assert_eq!(editor.line.text(), text);
    }
}
