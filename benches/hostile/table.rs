//! The figures as one table in Markdown, under what they were measured with.

use crate::room::SPEAKERS;
use crate::trial::{Phase, Row};
use chatd_support::machine::Machine;
use chatd_support::markdown::Table;
use std::fmt;
use std::time::Duration;

pub(crate) struct Report {
    is_quick: bool,
    pub(crate) rows: Vec<Row>,
}

const HEADER: [&str; 9] = [
    "attack",
    "options",
    "p99 ms: attacked (quiet)",
    "newcomers ms: p50 / max",
    "server CPU %",
    "memory + MiB (bound)",
    "attackers: came, closed",
    "requests/s, server µs each",
    "remarks",
];

/// What others notice beyond this is a finding: so many milliseconds …
const P99_MS_MAX: f64 = 100.0;
/// … or so many times as much as when it is quiet.
const P99_RATIO_MAX: f64 = 10.0;

impl Report {
    pub(crate) fn new(is_quick: bool) -> Self {
        Self { is_quick, rows: Vec::new() }
    }

    fn surroundings(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_pinned = self.rows.iter().all(|row| row.pinned);
        let apart = if is_pinned { "pinned apart" } else { "not pinned" };
        writeln!(out, "{}, server and attackers {apart}", Machine::look())?;
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let short = if self.is_quick { " (too short for figures)" } else { "" };
        let command = arguments.join(" ").replace("--bench", "");
        writeln!(out, "cargo bench --bench hostile -- {}{short}", command.trim())?;
        writeln!(
            out,
            "chatd with its own options but those shown; {SPEAKERS} talkers; memory is resident"
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.surroundings(out)?;
        writeln!(out)?;
        let mut table = Table::new(HEADER, HEADER.len());
        table.lines.extend(self.rows.iter().map(|row| row.cells().to_vec()));
        writeln!(out, "{table}")?;
        writeln!(
            out,
            "! p99 over {P99_MS_MAX} ms, or over {P99_RATIO_MAX} times that of the quiet time; \
             † the room itself was late to say its lines"
        )
    }
}

impl Row {
    fn cells(&self) -> [String; HEADER.len()] {
        let (quiet, attacked) = (&self.quiet, &self.attacked);
        let p99 = |phase: &Phase| phase.seen.latency.value_at_quantile(0.99) as f64 / 1e6;
        let ratio = p99(attacked) / p99(quiet);
        let is_finding = p99(attacked) > P99_MS_MAX || ratio > P99_RATIO_MAX;
        let late = attacked.seen.late.value_at_quantile(0.99) as f64 / 1e6;
        let is_late = late > 2.0 && late * 2.0 > p99(attacked);
        let marks = [if is_finding { "!" } else { "" }, if is_late { "†" } else { "" }].concat();
        let run = &self.run;
        let busy = |phase: &Phase| {
            phase.busy().map_or_else(|| "?".to_owned(), |busy| format!("{busy:.0}"))
        };
        let mut remarks = run.remarks.clone();
        if self.release > Duration::from_secs(1) {
            let seconds = self.release.as_secs_f64();
            remarks.push(format!("descriptors back after {seconds:.1} s"));
        }
        remarks.extend(self.failures.iter().map(|failure| format!("FAILED: {failure}")));
        [
            self.name.clone(),
            self.options.clone(),
            format!("{:.1} ({:.1}){marks}", p99(attacked), p99(quiet)),
            newcomers(attacked),
            format!("{} → {}", busy(quiet), busy(attacked)),
            growth(attacked.growth, self.growth_max),
            format!("{}, {}", run.opened, run.closed),
            self.requests(),
            remarks.join("; "),
        ]
    }

    /// How fast they came, and what each cost.
    fn requests(&self) -> String {
        if self.run.requests == 0 {
            return String::new();
        }
        let requests = self.run.requests as f64;
        format!("{:.0}, {}", requests / self.run.seconds, self.extra_per(requests))
    }

    /// Microseconds that the server spent for each, beyond what it spends when it is quiet.
    fn extra_per(&self, count: f64) -> String {
        let extra = || {
            let quiet = self.quiet.server_cpu? as f64 / self.quiet.seconds;
            Some(self.attacked.server_cpu? as f64 - quiet * self.attacked.seconds)
        };
        extra()
            .filter(|_| count >= 1.0)
            .map_or_else(String::new, |extra| format!("{:.2}", extra / 1000.0 / count))
    }
}

fn newcomers(phase: &Phase) -> String {
    let visits = &phase.seen.visits;
    let ms = |nanos: u64| nanos as f64 / 1e6;
    let mut words = Vec::new();
    if !visits.welcomed.is_empty() {
        let (p50, max) = (visits.welcomed.value_at_quantile(0.5), visits.welcomed.max());
        words.push(format!("{:.1} / {:.0}", ms(p50), ms(max)));
    }
    if visits.turned_away > 0 {
        words.push(format!("{} told it is full", visits.turned_away));
    }
    if visits.failed > 0 {
        words.push(format!("{} failed", visits.failed));
    }
    words.join(", ")
}

fn growth(bytes: Option<u64>, max: u64) -> String {
    let grown =
        bytes.map_or_else(|| "?".to_owned(), |bytes| format!("{:.1}", bytes as f64 / 1_048_576.0));
    format!("{grown} ({})", max >> 20)
}
