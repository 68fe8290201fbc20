//! What the terminal is told to show: lines that scroll up like any program's output, and below
//! them the *live area*, redrawn in place: rows of status, if any, and the row of the line being
//! typed.
//!
//! The one thing that must never be wrong is how many rows the cursor stands below the top of the
//! live area, since everything from there on is erased at each redraw. So the typed line keeps to
//! one row, scrolled sideways when it is longer, and the row is drawn with automatic wrapping off:
//! a terminal that counts a character wider than we do then cuts the row instead of breaking it,
//! and the cursor is placed by saving and restoring it, not by counting columns.
//!
//! A new window size leaves the rows where nobody knows: some terminals wrap them anew, some cut
//! them. Then the screen is cleared and painted again from the last lines, which are kept for that.

mod viewport;
mod wrap;

use std::collections::VecDeque;

use viewport::viewport;
pub(crate) use wrap::wrap;

use crate::client::editor::Line;
use crate::client::style;
use crate::client::visible::{truncated, visible, width, without_tabs};

/// The lines kept to paint the screen again: more than fit into a window.
const LINES_KEPT_MAX: usize = 500;
/// The bytes in them, whatever a server sends.
const LINES_KEPT_BYTES_MAX: usize = 1 << 20;

/// Not ESC [ J at the top left: tmux would keep what that clears in its scrollback, half-typed
/// lines and all.
const CLEAR_SCREEN: &str = "\x1b[2;1H\x1b[J\x1b[H\x1b[2K";
const CLEAR_ROW: &str = "\r\x1b[2K";
const CLEAR_ROW_ABOVE: &str = "\x1b[A\x1b[2K";
const WRAP_OFF: &str = "\x1b[?7l";
const WRAP_ON: &str = "\x1b[?7h";
const SAVE_CURSOR: &str = "\x1b7";
const RESTORE_CURSOR: &str = "\x1b8";
const BELL: &str = "\x07";
/// Output processing is off in raw mode, so a line feed alone would keep the column.
const NEW_LINE: &str = "\r\n";

/// The window, in character cells; at least one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

impl Default for Size {
    /// For a terminal that does not know its size.
    fn default() -> Self {
        Self { columns: 80, rows: 24 }
    }
}

/// What the live area is to show.
#[derive(Debug)]
pub(crate) struct View<'a> {
    /// Plain text, one row each, above the line being typed.
    pub(crate) status: &'a [String],
    pub(crate) prompt: &'a str,
    pub(crate) line: &'a Line,
}

/// A line that was shown, and how far its second row is indented.
#[derive(Debug)]
struct Kept {
    text: String,
    indent: usize,
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Screen {
    size: Size,
    /// The last lines shown, oldest first.
    kept: VecDeque<Kept>,
    kept_bytes: usize,
    /// How many of the last lines in `kept` are still to be shown.
    unshown: usize,
    /// How many rows of the live area are above the cursor; `None` while there is no live area.
    rows_above_cursor: Option<usize>,
    /// Whether what the terminal shows is unknown.
    lost: bool,
    bell: bool,
}

impl Screen {
    pub(crate) fn new(size: Size) -> Self {
        Self {
            size,
            kept: VecDeque::new(),
            kept_bytes: 0,
            unshown: 0,
            rows_above_cursor: None,
            lost: false,
            bell: false,
        }
    }

    /// Adds a line above the live area; if it takes several rows, `indent` blanks stand before each
    /// but the first. It must be free of control characters other than tabs and the attributes of
    /// [`style`].
    pub(crate) fn print(&mut self, line: &str, indent: usize) {
        let text = without_tabs(line);
        self.kept_bytes += text.len();
        self.kept.push_back(Kept { text, indent });
        self.unshown += 1;
        while self.kept.len() > LINES_KEPT_MAX.max(self.unshown)
            || (self.kept_bytes > LINES_KEPT_BYTES_MAX && self.kept.len() > self.unshown)
        {
            self.kept_bytes -= self.kept.pop_front().map_or(0, |line| line.text.len());
        }
    }

    /// Rings the terminal's bell with the next redraw.
    pub(crate) fn ring(&mut self) {
        self.bell = true;
    }

    /// Takes note of the window's size.
    pub(crate) fn resize(&mut self, size: Size) {
        if size != self.size {
            self.size = size;
            self.disturbed();
        }
    }

    /// The live area, if there is one, is not where it was.
    pub(crate) fn disturbed(&mut self) {
        self.lost |= self.rows_above_cursor.is_some();
    }

    /// Paints everything anew next time, whatever was written over it.
    pub(crate) fn repaint(&mut self) {
        self.lost = true;
    }

    /// The bytes that remove the live area, so that another program can go on from there. The next
    /// redraw is wherever the cursor then is.
    pub(crate) fn leave(&mut self) -> String {
        let rows_above = self.rows_above_cursor.take().unwrap_or(0);
        [CLEAR_ROW, &CLEAR_ROW_ABOVE.repeat(rows_above)].concat()
    }

    /// The bytes, for a single write, that bring the terminal up to date.
    pub(crate) fn render(&mut self, view: &View<'_>) -> String {
        let mut out = String::new();
        if self.bell {
            out.push_str(BELL);
        }
        let status = &view.status[..view.status.len().min(self.size.rows - 1)];
        let lines = if self.lost {
            out.push_str(CLEAR_SCREEN);
            self.lines_that_fit(self.size.rows - 1 - status.len()).max(self.unshown)
        } else {
            out.push_str(&self.leave());
            self.unshown
        };
        for line in self.kept.range(self.kept.len() - lines..) {
            for row in wrap(&line.text, self.size.columns, line.indent) {
                out.push_str(&row);
                out.push_str(NEW_LINE);
            }
        }
        out.push_str(WRAP_OFF);
        for row in status {
            out.push_str(&style::status(truncated(&visible(row), self.size.columns)));
            out.push_str(NEW_LINE);
        }
        self.render_line(view, &mut out);
        out.push_str(WRAP_ON);
        self.rows_above_cursor = Some(status.len());
        self.unshown = 0;
        self.lost = false;
        self.bell = false;
        out
    }

    /// The columns of the window.
    pub(crate) fn columns(&self) -> usize {
        self.size.columns
    }

    /// In a narrow window the room is for what is being typed.
    pub(crate) fn has_room_for(&self, prompt: &str) -> bool {
        width(&visible(prompt)) * 2 <= self.size.columns
    }

    fn render_line(&self, view: &View<'_>, out: &mut String) {
        let mut prompt = visible(view.prompt);
        if !self.has_room_for(&prompt) {
            prompt.clear();
        }
        out.push_str(&prompt);
        let (before, after) = viewport(view.line, self.size.columns - width(&prompt));
        out.push_str(&before);
        if !after.is_empty() {
            out.push_str(SAVE_CURSOR);
            out.push_str(&after);
            out.push_str(RESTORE_CURSOR);
        }
    }

    /// How many of the last lines fill `rows` rows without scrolling; one at least, if there is
    /// one.
    fn lines_that_fit(&self, rows: usize) -> usize {
        let mut used = 0;
        let fitting = self.kept.iter().rev().take_while(|line| {
            used += wrap(&line.text, self.size.columns, line.indent).len();
            used <= rows
        });
        fitting.count().max(usize::from(!self.kept.is_empty()))
    }
}

#[cfg(test)]
mod tests;
