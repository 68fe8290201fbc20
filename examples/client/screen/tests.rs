use std::num::NonZeroU16;

use proptest::{collection::vec, prelude::*, sample::select};
use unicode_segmentation::UnicodeSegmentation;

use super::scrollback::{LINES_KEPT_BYTES_MAX, LINES_KEPT_MAX};
use super::*;
use crate::client::editor::Motion;
use crate::client::style::{Style, plain};

/// A terminal, and what was sent to it.
struct Rig {
    screen: Screen,
    terminal: vt100::Parser,
    line: Line,
    status: Vec<String>,
    printed: Vec<String>,
}

const PROMPT: &str = "ana> ";
/// The columns before what is said by `bia`.
const INDENT: usize = 5;

impl Rig {
    fn new(columns: usize, rows: usize) -> Self {
        let size = Size { columns, rows };
        let (terminal_rows, terminal_columns) = cells(size);
        let mut rig = Self {
            screen: Screen::new(size),
            terminal: vt100::Parser::new(terminal_rows, terminal_columns, 0),
            line: Line::default(),
            status: vec![],
            printed: vec![],
        };
        rig.render();
        rig
    }

    fn render(&mut self) {
        let view = View { pending: &[], status: &self.status, prompt: PROMPT, line: &self.line };
        let drawn = self.screen.render(&view);
        // tmux would keep what was half typed.
        assert!(!drawn.starts_with("\r\x1b[J") && !drawn.contains("\x1b[H\x1b[J"), "{drawn:?}");
        self.terminal.process(drawn.as_bytes());
    }

    fn print(&mut self, lines: &[String]) {
        for line in lines {
            self.screen.print(Kept { text: line.clone(), indent: INDENT, id: None });
            self.printed.push(line.clone());
        }
        self.render();
    }

    fn type_text(&mut self, text: &str) {
        self.line.insert(text);
        self.render();
    }

    fn resize(&mut self, columns: usize, rows: usize) {
        let size = Size { columns, rows };
        let (terminal_rows, terminal_columns) = cells(size);
        self.terminal.screen_mut().set_size(terminal_rows, terminal_columns);
        self.screen.resize(size);
        self.render();
    }

    /// The rows of the window, without trailing blanks.
    fn rows(&self) -> Vec<String> {
        let columns = self.terminal.screen().size().1;
        self.terminal.screen().rows(0, columns.get()).map(|row| row.trim_end().to_owned()).collect()
    }
}

fn cells(size: Size) -> (NonZeroU16, NonZeroU16) {
    let cell = |n: usize| NonZeroU16::new(u16::try_from(n).unwrap()).unwrap();
    (cell(size.rows), cell(size.columns))
}

#[test]
fn incoming_lines_print_above_a_half_typed_one() {
    let mut rig = Rig::new(20, 4);
    rig.type_text("half");
    rig.print(&["bia: 1".into(), "bia: 2".into()]);
    assert_eq!(rig.rows(), ["bia: 1", "bia: 2", "ana> half", ""]);
    rig.print(&["bia: 3".into(), "bia: 4".into()]);
    assert_eq!(rig.rows(), ["bia: 2", "bia: 3", "bia: 4", "ana> half"]);
    assert_eq!(rig.terminal.screen().cursor_position(), (3, 9));
}

#[test]
fn status_rows_come_and_go() {
    let mut rig = Rig::new(20, 4);
    rig.print(&["bia: 1".into()]);
    rig.status = vec!["offline, next try in 4 s, Enter: now".into()];
    rig.type_text("half");
    assert_eq!(rig.rows(), ["bia: 1", "offline, next try in", "ana> half", ""]);
    rig.status.clear();
    rig.print(&["bia: 2".into()]);
    assert_eq!(rig.rows(), ["bia: 1", "bia: 2", "ana> half", ""]);
}

#[test]
fn leaving_removes_the_live_area() {
    let mut rig = Rig::new(20, 4);
    rig.status = vec!["one".into(), "two".into()];
    rig.print(&["bia: 1".into()]);
    let left = rig.screen.leave();
    rig.terminal.process(left.as_bytes());
    assert_eq!(rig.rows(), ["bia: 1", "", "", ""]);
    assert_eq!(rig.terminal.screen().cursor_position(), (1, 0));
    rig.render();
    assert_eq!(rig.rows(), ["bia: 1", "one", "two", "ana>"]);
}

#[test]
fn a_new_size_shows_the_last_lines_again() {
    let mut rig = Rig::new(20, 5);
    rig.type_text("日本");
    rig.print(&["bia: 0123456789".into(), "bia: 1".into(), "bia: 2".into()]);
    rig.resize(12, 4);
    assert_eq!(rig.rows(), ["bia: 1", "bia: 2", "ana> 日本", ""]);
    rig.resize(12, 5);
    assert_eq!(rig.rows(), ["bia: 0123456", "    789", "bia: 1", "bia: 2", "ana> 日本"]);
}

#[test]
fn a_long_line_scrolls_sideways_around_the_cursor() {
    let text = "0123456789abcdef";
    let shown = |cursor, columns| viewport(&line_with_cursor(text, cursor), columns);
    assert_eq!(shown(16, 12), ("<789abcdef".into(), String::new()));
    assert_eq!(shown(8, 12), ("<234567".into(), "89ab>".into()));
    assert_eq!(shown(0, 12), (String::new(), "0123456789>".into()));
    assert_eq!(shown(8, 17), ("01234567".into(), "89abcdef".into()));
    assert_eq!(shown(8, 2), ("7".into(), "8".into()));
    assert_eq!(shown(8, 0), (String::new(), String::new()));
}

fn line_with_cursor(text: &str, cursor: usize) -> Line {
    let mut line = Line::from(text[cursor..].to_owned());
    line.go(Motion::Start);
    line.insert(&text[..cursor]);
    line
}

#[test]
fn what_is_kept_is_bounded() {
    let mut screen = Screen::new(Size { columns: 80, rows: 24 });
    let view = View { pending: &[], status: &[], prompt: PROMPT, line: &Line::default() };
    for length in [0, 10_000] {
        for _ in 0..2 * LINES_KEPT_MAX {
            screen.print(Kept { text: "x".repeat(length), indent: 0, id: None });
            screen.render(&view);
        }
    }
    let Scrollback { kept, bytes, .. } = &screen.scrollback;
    assert!(kept.len() <= LINES_KEPT_MAX);
    assert!(*bytes <= LINES_KEPT_BYTES_MAX + 10_000);
    assert_eq!(*bytes, kept.iter().map(|line| line.text.len()).sum::<usize>());
}

#[derive(Clone, Debug)]
enum Step {
    Type(String),
    Print(Vec<String>),
    Resize(usize, usize),
    Status(Vec<String>),
    Repaint,
}

/// Text of every width there is. No blanks: a row's trailing ones cannot be told from empty cells.
fn text(graphemes: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = String> {
    let grapheme = select(vec!["a", "b", "ç", "e\u{301}", "日", "本", "👋", "\x1b", "z"]);
    vec(grapheme, graphemes).prop_map(|graphemes| graphemes.concat())
}

fn step() -> impl Strategy<Value = Step> {
    let line =
        text(0..70).prop_map(|text| Style { color: true }.echo(&format!("/{text}"), "ana").text);
    prop_oneof![
        text(0..12).prop_map(Step::Type),
        vec(line, 0..4).prop_map(Step::Print),
        (2..60_usize, 1..12_usize).prop_map(|(columns, rows)| Step::Resize(columns, rows)),
        vec(text(0..50), 0..3).prop_map(Step::Status),
        Just(Step::Repaint),
    ]
}

/// The line being typed stands whole, or the part around the cursor, in the row of the cursor.
fn check_typed_row(rig: &Rig) -> Result<(), TestCaseError> {
    let (row, column) = rig.terminal.screen().cursor_position();
    let columns = rig.screen.size.columns;
    let prompt = if PROMPT.len() * 2 > columns { "" } else { PROMPT };
    let (before, after) = viewport(&rig.line, columns - prompt.len());
    let expected = format!("{prompt}{before}{after}");
    prop_assert_eq!(&rig.rows()[usize::from(row)], expected.trim_end());
    prop_assert_eq!(usize::from(column), width(prompt) + width(&before));
    prop_assert!(rig.rows()[usize::from(row) + 1..].iter().all(String::is_empty));
    Ok(())
}

/// Above it are the status and, whole and in order, the last lines that came; only the topmost may
/// have lost its beginning. Of the last `fresh` lines, all are there that the window has room for.
fn check_rows_above(rig: &Rig, fresh: usize) -> Result<(), TestCaseError> {
    let size = rig.screen.size;
    let (cursor_row, _) = rig.terminal.screen().cursor_position();
    let mut above = rig.rows();
    above.truncate(usize::from(cursor_row));
    let status = &rig.status[..rig.status.len().min(size.rows - 1)];
    prop_assert!(above.len() >= status.len());
    for (shown, row) in above.split_off(above.len() - status.len()).iter().zip(status) {
        let row = visible(row);
        prop_assert_eq!(shown, truncated(&row, size.columns));
    }
    let wrapped: Vec<Vec<String>> =
        rig.printed.iter().map(|line| wrap(&plain(line), size.columns, INDENT)).collect();
    let all = wrapped.concat();
    prop_assert!(all.ends_with(&above), "{above:?} are not the last of {all:?}");
    let room = size.rows - 1 - status.len();
    let mut expected = 0;
    for line in wrapped.iter().rev().take(fresh) {
        if expected + line.len() > room {
            break;
        }
        expected += line.len();
    }
    prop_assert!(above.len() >= expected, "{above:?} are not all of {all:?}");
    Ok(())
}

proptest! {
    #[test]
    fn nothing_is_torn_by_any_interleaving(steps in vec(step(), 0..30)) {
        let mut rig = Rig::new(40, 10);
        for step in steps {
            let mut fresh = 0;
            match step {
                Step::Type(text) => rig.type_text(&text),
                Step::Print(lines) => {
                    fresh = lines.len();
                    rig.print(&lines);
                }
                Step::Resize(columns, rows) => {
                    let same = rig.screen.size == (Size { columns, rows });
                    fresh = if same { 0 } else { LINES_KEPT_MAX };
                    rig.resize(columns, rows);
                }
                Step::Status(status) => rig.status = status,
                Step::Repaint => {
                    fresh = LINES_KEPT_MAX;
                    rig.screen.repaint();
                }
            }
            rig.render();
            check_typed_row(&rig)?;
            check_rows_above(&rig, fresh)?;
        }
    }

    #[test]
    fn the_typed_row_never_overflows(text in "\\PC{0,40}", left in 0..40_usize, columns in 0..60_usize) {
        let cursor = text.grapheme_indices(true).map(|(at, _)| at).nth(left).unwrap_or(text.len());
        let line = line_with_cursor(&text, cursor);
        let (before, after) = viewport(&line, columns);
        prop_assert!(width(&before) + width(&after) <= columns);
        prop_assert!(columns == 0 || width(&before) < columns, "no room for the cursor");
    }
}
