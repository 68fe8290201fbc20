//! What was seen, as one table.

use crate::crowd::{Crowd, DROPPED_BEHIND};
use crate::markdown::Table;
use crate::seat::SHARES;
use crate::server::{Log, OPTIONS};
use crate::system::{Accounts, processor, told_by};
use std::fmt;
use std::thread::available_parallelism;

pub(crate) struct Summary {
    head: String,
    lines: Vec<Vec<String>>,
}

impl Summary {
    pub(crate) fn new(minutes: u64, clients: usize, seed: u64) -> Self {
        let known = [
            told_by("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
            told_by("git", &["describe", "--always", "--dirty"]),
            told_by("uname", &["-sr"]),
            processor(),
            Some(format!("{} processors", available_parallelism().map_or(1, usize::from))),
        ];
        let known: Vec<String> = known.into_iter().flatten().collect();
        let shares = SHARES.map(|(role, share)| format!("{share} % {role:?}s")).join(", ");
        let head = format!(
            "{}\ncargo bench --bench soak -- --minutes {minutes} --clients {clients} --seed {seed}\n\
             chatd {}, all else by default\n{shares}, the rest Lurkers",
            known.join("; "),
            OPTIONS.join(" "),
        );
        Self { head, lines: Vec::new() }
    }

    pub(crate) fn row(
        &mut self,
        what: impl Into<String>,
        seen: impl Into<String>,
        must_be: impl Into<String>,
    ) {
        self.lines.push(vec![what.into(), seen.into(), must_be.into()]);
    }

    pub(crate) fn crowd(&mut self, crowd: &Crowd) {
        let (room, counts, latency) = (&crowd.room, &crowd.counts, &crowd.tally.latency);
        let millis = |quantile| latency.value_at_quantile(quantile) as f64 / 1e6;
        let mut count =
            |what: &str, count: u64, must_be: &str| self.row(what, grouped(count), must_be);
        count("connections", counts.connections, "");
        count("reset by the client", counts.resets, "");
        count("closed by the client", counts.closes, "");
        count("ended in order", counts.polite_ends, "");
        count("nicknames that another had", counts.nicknames_lost, "");
        count("messages in the room", room.messages(), "all that were said, in each one's order");
        count("bytes of them", room.bytes(), "");
        count("said before a cut, and lost", room.lost_with_connections() as u64, "");
        count("deliveries checked", crowd.tally.deliveries, "once, in one order, to all");
        count("private messages", room.private_heard(), "once, in order, to one");
        count("answers", counts.answers, "as asked");
        count(
            "stallers dropped",
            counts.dropped_stallers,
            &format!("all {} KiB behind", DROPPED_BEHIND / 1024),
        );
        count("pausers dropped", counts.dropped_pausers, "none less than 512 KiB behind");
        self.row(
            "latency p50 / p99 / max, ms",
            format!("{:.1} / {:.1} / {:.1}", millis(0.5), millis(0.99), millis(1.0)),
            "",
        );
        if let Some(own) = Accounts::of_self().cpu {
            self.row("processor time of the crowd, s", format!("{:.1}", own as f64 / 1e9), "");
        }
    }

    pub(crate) fn log(&mut self, log: &Log) {
        self.row("lines of the log", grouped(log.lines), "");
        self.row("warnings in it", grouped(log.warnings), "");
        self.row("errors and panics in it", grouped(log.complaints.len() as u64), "none");
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = ["what", "seen", "must be"].map(str::to_owned).to_vec();
        let lines = [vec![header], self.lines.clone()].concat();
        write!(out, "{}\n\n{}", self.head, Table { lines, names: 1 })
    }
}

/// `1,234,567`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
