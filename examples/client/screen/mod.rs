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

mod scrollback;
mod viewport;
mod wrap;

pub(crate) use scrollback::{Kept, Scrollback};
use viewport::viewport;
pub(crate) use wrap::wrap;

use crate::client::editor::Line;
use crate::client::style;
use crate::client::visible::{truncated, visible, width, without_tabs};

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
/// Keep the title that the window had, and give it back.
const SAVE_TITLE: &str = "\x1b[22;2t";
const RESTORE_TITLE: &str = "\x1b[23;2t";
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
    /// What the user said and the server has not confirmed: plain text, one row each, topmost.
    pub(crate) pending: &'a [String],
    /// Plain text, one row each, above the line being typed.
    pub(crate) status: &'a [String],
    pub(crate) prompt: &'a str,
    pub(crate) line: &'a Line,
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Screen {
    size: Size,
    /// The last lines of what is shown.
    scrollback: Scrollback,
    /// How many of its last lines are still to be shown.
    unshown: usize,
    /// How many rows are below those that are looked at.
    below: usize,
    /// The rows for lines, when they were drawn last.
    page: usize,
    /// The title that the window is to have, and whether it has it.
    title: Option<(String, bool)>,
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
            scrollback: Scrollback::default(),
            unshown: 0,
            below: 0,
            page: 1,
            title: None,
            rows_above_cursor: None,
            lost: false,
            bell: false,
        }
    }

    /// Adds a line above the live area.
    pub(crate) fn print(&mut self, line: Kept) {
        let line = Kept { text: without_tabs(&line.text), ..line };
        if self.below > 0 {
            self.below += wrap(&line.text, self.size.columns, line.indent).len();
        }
        self.unshown += 1;
        self.scrollback.push(line, self.unshown);
    }

    /// Adds lines above all that is kept.
    pub(crate) fn prepend(&mut self, lines: Vec<Kept>) {
        self.scrollback.prepend(lines);
    }

    /// The lines that are shown.
    pub(crate) fn scrollback(&self) -> &Scrollback {
        &self.scrollback
    }

    /// Shows other lines from now on, and gives those that were shown for them.
    pub(crate) fn exchange(&mut self, scrollback: &mut Scrollback) {
        std::mem::swap(&mut self.scrollback, scrollback);
        (self.unshown, self.below) = (0, 0);
        self.repaint();
    }

    /// Looks further back. `false` if there is nothing more.
    pub(crate) fn page_up(&mut self) -> bool {
        let lines = self.scrollback.kept.len();
        let rows = self.scrollback.rows(lines, self.size.columns).count();
        let before = self.below;
        self.below = (before + self.page.saturating_sub(1)).min(rows.saturating_sub(self.page));
        self.repaint();
        self.below > before
    }

    /// Looks less far back. `false` if the last line is shown already.
    pub(crate) fn page_down(&mut self) -> bool {
        let before = self.below;
        self.below = before.saturating_sub(self.page.saturating_sub(1).max(1));
        self.lost |= before > 0;
        before > 0
    }

    /// Shows the last line again.
    pub(crate) fn go_to_bottom(&mut self) {
        self.lost |= self.below > 0;
        self.below = 0;
    }

    /// How many rows are below those that are looked at.
    pub(crate) fn rows_below(&self) -> usize {
        self.below
    }

    /// What the terminal shows as the title of its window.
    pub(crate) fn set_title(&mut self, title: String) {
        if self.title.as_ref().is_none_or(|(before, _)| *before != title) {
            self.title = Some((title, false));
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
        let title = self.title.take().map_or("", |_| RESTORE_TITLE);
        self.clear_live_area() + title
    }

    fn clear_live_area(&mut self) -> String {
        let rows_above = self.rows_above_cursor.take().unwrap_or(0);
        [CLEAR_ROW, &CLEAR_ROW_ABOVE.repeat(rows_above)].concat()
    }

    /// The bytes, for a single write, that bring the terminal up to date.
    pub(crate) fn render(&mut self, view: &View<'_>) -> String {
        let mut out = String::new();
        if self.bell {
            out.push_str(BELL);
        }
        self.render_title(&mut out);
        let status = &view.status[..view.status.len().min(self.size.rows - 1)];
        // The lines that are confirmed have half of the window, at least.
        let pending = view.pending.len().min((self.size.rows - 1 - status.len()) / 2);
        let pending = &view.pending[view.pending.len() - pending..];
        self.page = (self.size.rows - 1 - status.len() - pending.len()).max(1);
        if self.below > 0 {
            out.push_str(CLEAR_SCREEN);
            self.rows_looked_at().into_iter().for_each(|row| out.push_str(&(row + NEW_LINE)));
        } else {
            let lines = if self.lost {
                out.push_str(CLEAR_SCREEN);
                let page = self.size.rows - 1 - status.len() - pending.len();
                self.scrollback.lines_that_fit(page, self.size.columns).max(self.unshown)
            } else {
                out.push_str(&self.clear_live_area());
                self.unshown
            };
            let rows = self.scrollback.rows(lines, self.size.columns);
            rows.for_each(|row| out.push_str(&(row + NEW_LINE)));
            self.unshown = 0;
        }
        out.push_str(WRAP_OFF);
        let pending = pending.iter().map(|row| (style::dim as fn(&str) -> String, row));
        let status = status.iter().map(|row| (style::status as fn(&str) -> String, row));
        let rows: Vec<_> = pending.chain(status).collect();
        for (paint, row) in &rows {
            out.push_str(&paint(truncated(&visible(row), self.size.columns)));
            out.push_str(NEW_LINE);
        }
        self.render_line(view, &mut out);
        out.push_str(WRAP_ON);
        self.rows_above_cursor = Some(rows.len());
        self.lost = false;
        self.bell = false;
        out
    }

    fn render_title(&mut self, out: &mut String) {
        if let Some((title, is_shown @ false)) = &mut self.title {
            // A second time it would be the one we set that is kept.
            if self.rows_above_cursor.is_none() {
                out.push_str(SAVE_TITLE);
            }
            out.extend(["\x1b]2;", &visible(title), "\x07"]);
            *is_shown = true;
        }
    }

    fn rows_looked_at(&mut self) -> Vec<String> {
        let lines = self.scrollback.kept.len();
        let mut rows: Vec<String> = self.scrollback.rows(lines, self.size.columns).collect();
        self.below = self.below.min(rows.len().saturating_sub(self.page));
        rows.truncate(rows.len() - self.below);
        rows.split_off(rows.len().saturating_sub(self.page))
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
}

#[cfg(test)]
mod tests;
