//! The last lines of a window, to paint it again and to look back.

use std::collections::VecDeque;

use super::wrap;

/// The lines kept: more than fit into a window.
pub(super) const LINES_KEPT_MAX: usize = 2000;
/// The bytes in them, whatever a server sends.
pub(super) const LINES_KEPT_BYTES_MAX: usize = 1 << 20;

/// A line that was shown.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// Free of control characters other than the attributes of [`crate::client::style`].
    pub(crate) text: String,
    /// How far its second row is indented.
    pub(crate) indent: usize,
    /// What the server calls the message, if it is one.
    pub(crate) id: Option<String>,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub(crate) struct Scrollback {
    /// Oldest first.
    pub(super) kept: VecDeque<Kept>,
    pub(super) bytes: usize,
    /// Before which line, counted from the last one, the unread ones begin.
    mark: Option<(usize, String)>,
}

impl Scrollback {
    /// Adds a line below all others. So many of the last ones are not to be forgotten.
    pub(crate) fn push(&mut self, line: Kept, needed: usize) {
        self.bytes += line.text.len();
        self.kept.push_back(line);
        let needed = needed.max(1);
        while self.kept.len() > LINES_KEPT_MAX.max(needed)
            || (self.bytes > LINES_KEPT_BYTES_MAX && self.kept.len() > needed)
        {
            self.bytes -= self.kept.pop_front().map_or(0, |line| line.text.len());
        }
        if let Some((lines, _)) = &mut self.mark {
            *lines += 1;
        }
    }

    /// Adds lines above all others.
    pub(crate) fn prepend(&mut self, lines: Vec<Kept>) {
        for line in lines.into_iter().rev() {
            self.bytes += line.text.len();
            self.kept.push_front(line);
        }
    }

    /// The lines that come from here on are unread, which this text says.
    pub(crate) fn set_mark(&mut self, text: String) {
        self.mark = Some((0, text));
    }

    /// The oldest message that is kept.
    pub(crate) fn first_id(&self) -> Option<&str> {
        self.kept.iter().find_map(|line| line.id.as_deref())
    }

    /// The newest message that is kept.
    pub(crate) fn last_id(&self) -> Option<&str> {
        self.kept.iter().rev().find_map(|line| line.id.as_deref())
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.kept.iter().rev().any(|line| line.id.as_deref() == Some(id))
    }

    /// The rows of so many of the last lines.
    pub(super) fn rows(&self, lines: usize, columns: usize) -> impl Iterator<Item = String> {
        let marked = self.mark.as_ref().map(|(lines, text)| (*lines, text.clone()));
        let first = self.kept.len() - lines;
        self.kept.range(first..).enumerate().flat_map(move |(number, line)| {
            let mark = marked.as_ref().filter(|(unread, _)| *unread == lines - number);
            let mark = mark.map(|(_, text)| text.clone());
            mark.into_iter().chain(wrap(&line.text, columns, line.indent))
        })
    }

    /// How many of the last lines fill `rows` rows without scrolling; one at least, if there is one.
    pub(super) fn lines_that_fit(&self, rows: usize, columns: usize) -> usize {
        let mut used = 0;
        let mut lines = 0;
        for line in self.kept.iter().rev() {
            lines += 1;
            used += wrap(&line.text, columns, line.indent).len();
            used += usize::from(self.mark.as_ref().is_some_and(|(unread, _)| *unread == lines));
            if used > rows {
                return (lines - 1).max(1);
            }
        }
        lines
    }
}
