//! A table in Markdown that also reads well as it is.

use std::fmt;

/// The lines of cells, and how many of the first columns are text.
#[derive(Debug)]
pub struct Table {
    /// The lines, header first.
    pub lines: Vec<Vec<String>>,
    /// The first columns, which are text; the others are numbers.
    pub names: usize,
}

impl Table {
    /// A table with no line yet but the header.
    pub fn new<const N: usize>(header: [&str; N], names: usize) -> Self {
        Self { lines: vec![header.map(str::to_owned).to_vec()], names }
    }

    /// Whether there is nothing below the header.
    pub fn is_empty(&self) -> bool {
        self.lines.len() < 2
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.lines.first().map_or(0, Vec::len);
        let width = |column: usize| {
            self.lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (index, cells) in self.lines.iter().enumerate() {
            for (column, (cell, width)) in cells.iter().zip(&widths).enumerate() {
                if column < self.names {
                    write!(out, "| {cell:width$} ")?;
                } else {
                    write!(out, "| {cell:>width$} ")?;
                }
            }
            writeln!(out, "|")?;
            if index == 0 {
                for (column, width) in widths.iter().enumerate() {
                    let end = if column < self.names { "-" } else { ":" };
                    write!(out, "| {end:->width$} ")?;
                }
                writeln!(out, "|")?;
            }
        }
        Ok(())
    }
}
