//! The figures of all rounds, their medians, and the table.

use crate::Result;
use crate::figures::Figure;
use crate::process::Kind;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::path::Path;

#[derive(Default, Serialize)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    case: String,
    measure: &'static str,
    /// One value per round.
    values: BTreeMap<Kind, Vec<f64>>,
    /// Servers in whose runs the generator was the limit at least once.
    limited: Vec<Kind>,
}

impl Report {
    pub(crate) fn add(&mut self, kind: Kind, figures: Vec<Figure>) {
        for Figure { case, measure, value, limited } in figures {
            let known = self.rows.iter().position(|row| row.case == case && row.measure == measure);
            let index = known.unwrap_or_else(|| {
                self.rows.push(Row { case, measure, values: BTreeMap::new(), limited: Vec::new() });
                self.rows.len() - 1
            });
            let row = &mut self.rows[index];
            row.values.entry(kind).or_default().push(value);
            if limited && !row.limited.contains(&kind) {
                row.limited.push(kind);
            }
        }
    }

    /// The median over the rounds.
    pub(crate) fn median(&self, case: &str, measure: &str, kind: Kind) -> Option<f64> {
        self.rows.iter().find(|row| row.case == case && row.measure == measure)?.median(kind)
    }

    /// The table, header first. A case is named in its first row.
    fn cells(&self) -> Vec<[String; 6]> {
        let mut table = vec![
            ["case", "measure", "chatd", "floor", "threads", "chatd / floor"].map(str::to_owned),
        ];
        let mut case = "";
        for row in &self.rows {
            let name = if row.case == case { String::new() } else { row.case.clone() };
            case = &row.case;
            let [chatd, floor, threads] =
                [Kind::Chatd, Kind::Floor, Kind::Threads].map(|kind| row.cell(kind));
            let ratio =
                row.ratio().filter(|ratio| ratio.is_finite()).map(|ratio| format!("{ratio:.2}"));
            table.push([
                name,
                row.measure.to_owned(),
                chatd,
                floor,
                threads,
                ratio.unwrap_or_default(),
            ]);
        }
        table
    }

    pub(crate) fn save(&self, path: &Path) -> Result<()> {
        Ok(serde_json::to_writer_pretty(File::create(path)?, self)?)
    }
}

impl Row {
    fn median(&self, kind: Kind) -> Option<f64> {
        median(self.values.get(&kind)?.clone())
    }

    /// Paired by round, so that what changes on the machine from round to round does not count.
    fn ratio(&self) -> Option<f64> {
        let (chatd, floor) = (self.values.get(&Kind::Chatd)?, self.values.get(&Kind::Floor)?);
        median(chatd.iter().zip(floor).map(|(chatd, floor)| chatd / floor).collect())
    }

    fn cell(&self, kind: Kind) -> String {
        let mark = if self.limited.contains(&kind) { "*" } else { "" };
        self.median(kind).map_or_else(String::new, |value| short(value) + mark)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.cells();
        let widths: [usize; 6] = std::array::from_fn(|column| {
            table.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0)
        });
        for (index, [case, measure, figures @ ..]) in table.iter().enumerate() {
            write!(out, "| {case:0$} | {measure:1$} |", widths[0], widths[1])?;
            for (cell, width) in figures.iter().zip(&widths[2..]) {
                write!(out, " {cell:>width$} |")?;
            }
            writeln!(out)?;
            if index == 0 {
                write!(out, "| {:-<2$} | {:-<3$} |", "", "", widths[0], widths[1])?;
                widths[2..].iter().try_for_each(|width| write!(out, " {:->width$} |", ":"))?;
                writeln!(out)?;
            }
        }
        if self.rows.iter().any(|row| !row.limited.is_empty()) {
            writeln!(out, "\n* the generator was the limit in at least one round")?;
        }
        Ok(())
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let odd = values.len() % 2 == 1;
    if odd {
        values.get(middle).copied()
    } else {
        Some(f64::midpoint(*values.get(middle)?, values[middle - 1]))
    }
}

/// Up to three digits of a small number, and all of a large one in groups.
pub(crate) fn short(value: f64) -> String {
    let decimals = match value.abs() {
        _ if value.fract() == 0.0 => 0,
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    grouped(&format!("{value:.decimals$}"))
}

fn grouped(number: &str) -> String {
    let whole = number.find('.').unwrap_or(number.len());
    let mut text = String::new();
    for (index, digit) in number.chars().enumerate() {
        if index > 0 && index < whole && (whole - index).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
