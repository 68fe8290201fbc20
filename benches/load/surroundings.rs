//! Under what circumstances the figures came about: they mean nothing without.

use crate::process::CHATD_OPTIONS;
use crate::scenario::BACKLOG;
use crate::system::{processor, told_by};
use serde::Serialize;
use std::fmt;

#[derive(Serialize)]
pub(crate) struct Surroundings {
    date: Option<String>,
    commit: Option<String>,
    kernel: Option<String>,
    processor: Option<String>,
    processors: usize,
    /// Clients that the descriptor limit allows.
    seats: usize,
    /// Where no case says otherwise.
    chatd: String,
    rounds: u32,
    quick: bool,
    /// Whether server and generator were pinned to processors of their own in all runs.
    pub(crate) pinned: bool,
    units: &'static str,
}

impl Surroundings {
    pub(crate) fn new(rounds: u32, quick: bool, seats: usize) -> Self {
        Self {
            date: told_by("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
            commit: told_by("git", &["describe", "--always", "--dirty"]),
            kernel: told_by("uname", &["-sr"]),
            processor: processor(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            seats,
            chatd: format!("{} --rate 0 --max-backlog {BACKLOG}", CHATD_OPTIONS.join(" ")),
            rounds,
            quick,
            pinned: true,
            units: "as each measure says; server time is processor time of its process",
        }
    }
}

impl fmt::Display for Surroundings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = [&self.date, &self.commit, &self.kernel, &self.processor];
        for text in known.into_iter().flatten() {
            write!(out, "{text}; ")?;
        }
        let apart = if self.pinned { "pinned apart" } else { "not pinned" };
        writeln!(out, "{} processors, server and generator {apart}", self.processors)?;
        let short = if self.quick { ", too short for figures" } else { "" };
        let Self { rounds, seats, chatd, .. } = self;
        writeln!(out, "median of {rounds} rounds{short}; descriptors for {seats} clients")?;
        writeln!(out, "chatd {chatd}, unless a case says otherwise")
    }
}
