//! A line of text with a cursor that always stands between two graphemes: between what a reader
//! takes for characters, whatever number of code points they are made of.

use std::ops::Range;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

/// The longest line that can be typed. A server refuses far shorter ones; this bounds memory.
pub(crate) const LINE_BYTES_MAX: usize = 16 * 1024;

/// Where the cursor can go, and up to where text can be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Motion {
    Left,
    Right,
    /// To the start of the word of letters and digits.
    WordLeft,
    /// To the end of the word of letters and digits.
    WordRight,
    /// To the start of the word between blanks.
    BlankLeft,
    Start,
    End,
}

/// See the module's documentation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    text: String,
    cursor: usize,
}

impl From<String> for Line {
    /// The line with the cursor at its end.
    fn from(text: String) -> Self {
        Self { cursor: text.len(), text }
    }
}

impl Line {
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// The cursor's offset in bytes.
    pub(crate) fn cursor(&self) -> usize {
        self.cursor
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Inserts at the cursor; `false` if `text` is empty or would make the line too long.
    pub(crate) fn insert(&mut self, text: &str) -> bool {
        !text.is_empty() && self.replace(self.cursor..self.cursor, text)
    }

    /// Puts `text` in the place of `range` and the cursor behind it; `false` if that would make the
    /// line too long.
    pub(crate) fn replace(&mut self, range: Range<usize>, text: &str) -> bool {
        if self.text.len() - range.len() + text.len() > LINE_BYTES_MAX {
            return false;
        }
        self.cursor = range.start + text.len();
        self.text.replace_range(range, text);
        self.settle();
        true
    }

    pub(crate) fn go(&mut self, motion: Motion) {
        self.cursor = self.target(motion);
    }

    /// Removes and returns what lies between the cursor and where `motion` leads.
    pub(crate) fn cut(&mut self, motion: Motion) -> String {
        let target = self.target(motion);
        let range = self.cursor.min(target)..self.cursor.max(target);
        self.cursor = range.start;
        let removed = self.text.drain(range).collect();
        self.settle();
        removed
    }

    /// Swaps the graphemes around the cursor, or the last two at the end of the line.
    pub(crate) fn transpose(&mut self) -> bool {
        let mut line = self.clone();
        if line.cursor == line.text.len() {
            line.go(Motion::Left);
        }
        let right = line.cut(Motion::Right);
        let left = line.cut(Motion::Left);
        if left.is_empty() || right.is_empty() {
            return false;
        }
        line.insert(&(right + &left));
        *self = line;
        true
    }

    fn target(&self, motion: Motion) -> usize {
        let (before, after) = self.text.split_at(self.cursor);
        match motion {
            Motion::Start => 0,
            Motion::End => self.text.len(),
            Motion::Left => before.graphemes(true).next_back().map_or(0, |g| self.cursor - g.len()),
            Motion::Right => self.cursor + after.graphemes(true).next().map_or(0, str::len),
            Motion::WordLeft => {
                self.cursor - run_length(before.graphemes(true).rev(), |g| !is_word(g), is_word)
            }
            Motion::WordRight => {
                self.cursor + run_length(after.graphemes(true), |g| !is_word(g), is_word)
            }
            Motion::BlankLeft => {
                self.cursor - run_length(before.graphemes(true).rev(), is_blank, |g| !is_blank(g))
            }
        }
    }

    /// Text that comes together can become one grapheme: a letter and an accent, the two halves of
    /// a flag. Then the cursor moves behind it.
    fn settle(&mut self) {
        let mut cursor = GraphemeCursor::new(self.cursor, self.text.len(), true);
        if cursor.is_boundary(&self.text, 0) != Ok(true) {
            self.cursor =
                cursor.next_boundary(&self.text, 0).ok().flatten().unwrap_or(self.text.len());
        }
    }
}

/// The bytes in the graphemes that first are `skipped`, then `taken`.
fn run_length<'a>(
    graphemes: impl Iterator<Item = &'a str>,
    skipped: impl Fn(&str) -> bool,
    taken: impl Fn(&str) -> bool,
) -> usize {
    let mut inside = false;
    graphemes
        .take_while(|g| {
            inside |= !skipped(g);
            !inside || taken(g)
        })
        .map(str::len)
        .sum()
}

fn is_word(grapheme: &str) -> bool {
    grapheme.chars().next().is_some_and(char::is_alphanumeric)
}

fn is_blank(grapheme: &str) -> bool {
    grapheme.chars().all(char::is_whitespace)
}
