//! Long lines become rows: broken at blanks, and below what is said instead of below who says it.

use unicode_segmentation::UnicodeSegmentation;

use crate::client::style::pieces;
use crate::client::visible::grapheme_width;

/// The indent takes at most this part of the row.
const INDENT_PART: usize = 3;

/// A grapheme, or an attribute, which takes no column.
struct Unit<'a> {
    text: &'a str,
    width: usize,
}

/// The rows that `line` takes at `columns`, with `indent` blanks before each but the first. A word
/// that is longer than a row begins where it stands, and is broken where the row ends.
pub(crate) fn wrap(line: &str, columns: usize, indent: usize) -> Vec<String> {
    let indent = indent.min(columns / INDENT_PART);
    let units: Vec<Unit<'_>> = pieces(line).flat_map(units).collect();
    let (mut rows, mut rest) = (Vec::new(), units.as_slice());
    loop {
        let lead = if rows.is_empty() { 0 } else { indent };
        let end = end_of_row(rest, columns - lead, columns - indent);
        let (row, after) = rest.split_at(end);
        // The blanks at the break are nobody's, and what is painted next may begin already.
        let gap = after.iter().take_while(|unit| unit.is_blank() || unit.width == 0);
        let (gap, after) = after.split_at(gap.count());
        let last = row.iter().rposition(|unit| !unit.is_blank()).map_or(0, |last| last + 1);
        let row = if after.is_empty() { row } else { &row[..last] };
        let attributes = gap.iter().filter(|unit| !unit.is_blank());
        let text = row.iter().chain(attributes).map(|unit| unit.text);
        rows.push(text.fold(" ".repeat(lead), |row, text| row + text));
        if after.is_empty() {
            return rows;
        }
        rest = after;
    }
}

impl Unit<'_> {
    fn is_blank(&self) -> bool {
        self.text == " "
    }
}

fn units(piece: &str) -> impl Iterator<Item = Unit<'_>> {
    let is_attribute = piece.starts_with('\x1b');
    let attribute = is_attribute.then_some(Unit { text: piece, width: 0 });
    let text = if is_attribute { "" } else { piece };
    let graphemes = text.graphemes(true);
    attribute.into_iter().chain(graphemes.map(|text| Unit { text, width: grapheme_width(text) }))
}

/// How many of these units stand in a row of `columns`, if the next row has room for `next`.
fn end_of_row(units: &[Unit<'_>], columns: usize, next: usize) -> usize {
    let end = fitting(units, columns);
    let Some(over) = units.get(end) else { return end };
    let at_blank = units[..end].iter().rposition(Unit::is_blank);
    let Some(blank) = at_blank.filter(|_| !over.is_blank()) else { return end };
    let has_word_before = units[..blank].iter().any(|unit| !unit.is_blank() && unit.width > 0);
    let word = &units[blank + 1..];
    let length = word.iter().position(Unit::is_blank).unwrap_or(word.len());
    let is_short = fitting(&word[..length], next) == length;
    if has_word_before && is_short { blank } else { end }
}

/// How many of these units fit into `columns`; one at least, that nothing is left out.
fn fitting(units: &[Unit<'_>], columns: usize) -> usize {
    let mut used = 0;
    let fitting = units.iter().take_while(|unit| {
        used += unit.width;
        used <= columns
    });
    fitting.count().max(units.len().min(1))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;
    use crate::client::style::plain;
    use crate::client::visible::width;

    #[test]
    fn lines_are_broken_at_blanks_and_hang_below_what_is_said() {
        for (line, columns, indent, rows) in [
            ("", 9, 5, &[""][..]),
            ("bia: oi", 9, 5, &["bia: oi"]),
            ("bia: one two", 9, 5, &["bia: one", "   two"]),
            ("bia: one  two  3", 9, 2, &["bia: one", "  two  3"]),
            ("bia: 12345", 9, 5, &["bia:", "   12345"]),
            ("bia: 1234567890", 9, 5, &["bia: 1234", "   567890"]),
            ("日本 日本 日本", 9, 0, &["日本 日本", "日本"]),
            ("\x1b[1mab cd\x1b[0m", 2, 0, &["\x1b[1mab", "cd\x1b[0m"]),
            ("\x1b[1m12345\x1b[0m", 5, 0, &["\x1b[1m12345\x1b[0m"]),
            ("      x", 4, 0, &["", "x"]),
            ("日本", 1, 0, &["日", "本"]),
        ] {
            assert_eq!(wrap(line, columns, indent), rows, "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_overflows(
            words in vec(select(vec![" ", "a", "bc", "e\u{301}", "日", "👋", "\x1b[1m"]), 0..60),
            columns in 2..30_usize,
            indent in 0..40_usize,
        ) {
            let line = words.concat();
            let rows = wrap(&line, columns, indent);
            let without_blanks = |text: &str| text.replace(' ', "");
            prop_assert_eq!(without_blanks(&rows.concat()), without_blanks(&line));
            prop_assert!(rows.iter().all(|row| width(&plain(row)) <= columns), "{:?}", rows);
        }
    }
}
