//! The part of a long line that fits into the row it is typed in.

use unicode_segmentation::UnicodeSegmentation;

use crate::client::editor::Line;
use crate::client::visible::{visible, width};

/// With fewer columns than this, marks of what is out of sight would leave too little in sight.
const COLUMNS_FOR_MARKS_MIN: usize = 6;

/// A grapheme as it is shown.
struct Cell {
    shown: String,
    width: usize,
}

/// The part of `line` to show in `columns` columns, as it is to be printed before and after the
/// cursor; `<` and `>` stand for what is beyond. The cursor has a column of its own at the end.
pub(crate) fn viewport(line: &Line, columns: usize) -> (String, String) {
    let (before, after) = line.text().split_at(line.cursor());
    let (before, after) = (cells(before), cells(after));
    let tail = total_width(&after);
    if total_width(&before) + tail < columns {
        return (concat(&before), concat(&after));
    }
    let marks = usize::from(columns >= COLUMNS_FOR_MARKS_MIN);
    let inner = columns - 2 * marks;
    // Some of what follows stays in sight while the cursor moves, but no column is left empty when
    // the end of the line is near.
    let before_max = (inner * 2 / 3).max(inner.saturating_sub(tail.max(1)));
    let hidden = before.len() - count_fitting(before.iter().rev(), before_max);
    let before_shown = &before[hidden..];
    let after_shown = &after[..count_fitting(after.iter(), inner - total_width(before_shown))];
    let mut left = concat(before_shown);
    let mut right = concat(after_shown);
    if hidden > 0 && marks > 0 {
        left.insert(0, '<');
    }
    if after_shown.len() < after.len() && marks > 0 {
        right.push('>');
    }
    (left, right)
}

fn cells(text: &str) -> Vec<Cell> {
    let shown = text.graphemes(true).map(visible);
    shown.map(|shown| Cell { width: width(&shown), shown }).collect()
}

fn concat(cells: &[Cell]) -> String {
    cells.iter().map(|cell| cell.shown.as_str()).collect()
}

fn total_width(cells: &[Cell]) -> usize {
    cells.iter().map(|cell| cell.width).sum()
}

/// How many of the first `cells` fit into `columns`.
fn count_fitting<'a>(cells: impl Iterator<Item = &'a Cell>, columns: usize) -> usize {
    let mut used = 0;
    cells
        .take_while(|cell| {
            used += cell.width;
            used <= columns
        })
        .count()
}
