//! The figures as two tables in Markdown: fan-out with a line per case, and the rest.

use crate::figures::Doubt;
use crate::process::Kind;
use crate::report::{EXCEEDED, Report, Row};
use crate::scenario::{
    BUSY, COST, DELIVERIES, FAN_OUT_MEMBERS, IN_FLIGHT, PER_READ, fan_out_label,
};
use chatd_support::markdown::Table;
use std::fmt;

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fan_out = fan_out(self);
        if !fan_out.is_empty() {
            writeln!(
                out,
                "Fan-out: server ns/delivery, and what chatd did meanwhile.\n\n{fan_out}"
            )?;
        }
        let rest = rest(self);
        if !rest.is_empty() {
            writeln!(out, "{rest}")?;
        }
        let footnotes = [
            (Doubt::Idle, "the server was idle part of the time: the rate is one of round trips"),
            (Doubt::Late, "the generator was late to send: the server may be faster"),
        ];
        for (doubt, words) in footnotes {
            if self.rows().iter().any(|row| row.doubts(doubt)) {
                writeln!(out, "{} {words}", doubt.mark())?;
            }
        }
        if self.rows().iter().any(Row::is_exceeded) {
            writeln!(out, "{EXCEEDED} more than it may be")?;
        }
        writeln!(out, "Of times and memory less is better, of rates more.")
    }
}

fn fan_out(report: &Report) -> Table {
    let header = [
        "members",
        "in flight",
        "chatd",
        "floor",
        "threads",
        "chatd / floor",
        DELIVERIES,
        "busy, %",
        "deliveries/read (floor)",
    ];
    let mut table = Table::new(header, 0);
    for members in FAN_OUT_MEMBERS {
        for in_flight in IN_FLIGHT {
            let label = fan_out_label(members, in_flight);
            let Some(cost) = report.row(&label, COST) else { continue };
            let cell = |measure, kind| {
                report.row(&label, measure).map_or_else(String::new, |row| row.cell(kind))
            };
            let per_read = |kind| cell(PER_READ, kind);
            table.lines.push(vec![
                members.to_string(),
                in_flight.to_string(),
                cost.cell(Kind::Chatd),
                cost.cell(Kind::Floor),
                cost.cell(Kind::Threads),
                ratio(cost),
                cell(DELIVERIES, Kind::Chatd),
                cell(BUSY, Kind::Chatd),
                format!("{} ({})", per_read(Kind::Chatd), per_read(Kind::Floor)),
            ]);
        }
    }
    table
}

fn ratio(row: &Row) -> String {
    row.ratio().map_or_else(String::new, |ratio| format!("{ratio:.2}"))
}

/// A case is named in its first line.
fn rest(report: &Report) -> Table {
    let header = ["case", "measure", "chatd", "floor", "chatd / floor"];
    let mut table = Table::new(header, 2);
    let mut case = "";
    for row in report.rows().iter().filter(|row| !row.case.starts_with("fan-out")) {
        let name = if row.case == case { String::new() } else { row.case.clone() };
        case = &row.case;
        table.lines.push(vec![
            name,
            row.measure(),
            row.cell(Kind::Chatd),
            row.cell(Kind::Floor),
            ratio(row),
        ]);
    }
    table
}
