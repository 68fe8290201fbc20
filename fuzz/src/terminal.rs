//! The terminal that the client speaks to, with a strict eye on what it is told.

use std::num::NonZeroU16;

use vt100::{Callbacks, Color, MouseProtocolMode, Parser, Screen};

use crate::assert_harmless;

/// All that the client ever tells a terminal, but for colours.
const OWN_SEQUENCES: [&str; 18] = [
    // The title of the window is kept, and put back.
    "\x1b[22;2t",
    "\x1b[23;2t",
    "\r",
    "\n",
    "\x07",
    "\x1b7",
    "\x1b8",
    "\x1b[A",
    "\x1b[J",
    "\x1b[H",
    "\x1b[2;1H",
    "\x1b[2K",
    "\x1b[?7l",
    "\x1b[?7h",
    "\x1b[0m",
    "\x1b[1m",
    "\x1b[2m",
    "\x1b[7m",
];

/// See the module's documentation.
pub struct Terminal {
    parser: Parser<Strict>,
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Terminal").field(&self.contents()).finish()
    }
}

impl Terminal {
    /// An empty window.
    #[must_use]
    pub fn new(columns: usize, rows: usize) -> Self {
        Self { parser: Parser::new_with_callbacks(cells(rows), cells(columns), 0, Strict) }
    }

    /// Takes what the client wrote, which must be the client's own sequences and harmless text, and
    /// leave the terminal's modes alone. Returns the text and line ends in it.
    pub fn write(&mut self, output: &str) -> String {
        let text = without_own_sequences(output);
        self.parser.process(output.as_bytes());
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
        assert!(!screen.application_keypad() && !screen.application_cursor());
        assert_eq!(screen.mouse_protocol_mode(), MouseProtocolMode::None);
        assert_eq!((screen.fgcolor(), screen.bgcolor()), (Color::Default, Color::Default));
        assert!(!screen.bold() && !screen.dim() && !screen.inverse(), "an attribute was left on");
        text
    }

    /// Another size of the window.
    pub fn resize(&mut self, columns: usize, rows: usize) {
        self.parser.screen_mut().set_size(cells(rows), cells(columns));
    }

    /// What stands in the rows above the cursor's.
    #[must_use]
    pub fn above_cursor(&self) -> String {
        let (row, _) = self.parser.screen().cursor_position();
        self.parser.screen().contents_between(0, 0, row, 0)
    }

    /// What stands in the cursor's row before the cursor.
    #[must_use]
    pub fn before_cursor(&self) -> String {
        let (row, column) = self.parser.screen().cursor_position();
        self.parser.screen().contents_between(row, 0, row, column)
    }

    /// What stands after the cursor, in its row and below; no blanks at the end.
    #[must_use]
    pub fn after_cursor(&self) -> String {
        let (row, column) = self.parser.screen().cursor_position();
        let (rows, columns) = self.parser.screen().size();
        let contents =
            self.parser.screen().contents_between(row, column, rows.get() - 1, columns.get());
        contents.trim_end().to_owned()
    }

    /// All that stands in the window.
    #[must_use]
    pub fn contents(&self) -> String {
        self.parser.screen().contents()
    }
}

fn cells(count: usize) -> NonZeroU16 {
    u16::try_from(count).ok().and_then(NonZeroU16::new).expect("a size of a window")
}

fn without_own_sequences(output: &str) -> String {
    let mut text = String::new();
    let mut rest = output;
    while let Some(at) = rest.find(char::is_control) {
        let (before, sequence) = rest.split_at(at);
        assert_harmless(before);
        text.push_str(before);
        let own = OWN_SEQUENCES.into_iter().find(|own| sequence.starts_with(own));
        let length =
            own.map(str::len).or_else(|| color_length(sequence)).or_else(|| title_length(sequence));
        let length = length.unwrap_or_else(|| panic!("not the client's: {sequence:?}"));
        if !sequence.starts_with('\x1b') {
            text.push_str(&sequence[..length]);
        }
        rest = &sequence[length..];
    }
    assert_harmless(rest);
    text + rest
}

fn color_length(sequence: &str) -> Option<usize> {
    let (color, _) = sequence.strip_prefix("\x1b[38;5;")?.split_once('m')?;
    color.parse::<u8>().ok()?;
    Some("\x1b[38;5;m".len() + color.len())
}

/// What must never happen.
struct Strict;

impl Callbacks for Strict {
    fn resize(&mut self, _: &mut Screen, _: (u16, u16)) {
        panic!("the window was resized");
    }

    fn set_window_icon_name(&mut self, _: &mut Screen, _: &[u8]) {
        panic!("the icon was named");
    }

    fn set_window_title(&mut self, _: &mut Screen, title: &[u8]) {
        assert_harmless(str::from_utf8(title).expect("a title is UTF-8"));
    }

    fn copy_to_clipboard(&mut self, _: &mut Screen, _: &[u8], _: &[u8]) {
        panic!("the clipboard was set");
    }

    fn paste_from_clipboard(&mut self, _: &mut Screen, _: &[u8]) {
        panic!("the clipboard was read");
    }
}

fn title_length(sequence: &str) -> Option<usize> {
    let (title, _) = sequence.strip_prefix("\x1b]2;")?.split_once('\x07')?;
    assert_harmless(title);
    Some("\x1b]2;\x07".len() + title.len())
}
