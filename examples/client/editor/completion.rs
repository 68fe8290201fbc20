//! What Tab offers: commands at the start of a line, nicknames anywhere.

use super::line::Line;
use crate::client::commands::{COMMANDS, OWN};

/// The candidates for the word before the cursor, offered one after the other.
#[derive(Debug)]
pub(crate) struct Completion {
    candidates: Vec<String>,
    next: usize,
    /// Where the word starts, and where what was last offered for it ends.
    start: usize,
    end: usize,
}

impl Completion {
    /// `None` if nothing fits.
    pub(crate) fn new(line: &Line, names: &[String]) -> Option<Self> {
        let before = &line.text()[..line.cursor()];
        let start = before
            .char_indices()
            .rev()
            .find(|(_, c)| c.is_whitespace())
            .map_or(0, |(at, blank)| at + blank.len_utf8());
        let word = &before[start..];
        let mut candidates: Vec<String> = if start == 0 && word.starts_with('/') {
            let all = COMMANDS.iter().chain(&OWN);
            let matching = all.filter(|command| command.starts_with(word));
            matching.map(|command| format!("{command} ")).collect()
        } else {
            let prefix = word.to_lowercase();
            // "ana: " is how a line in a chat is addressed.
            let suffix = if start == 0 { ": " } else { " " };
            let matching = names.iter().filter(|name| name.to_lowercase().starts_with(&prefix));
            matching.map(|name| format!("{name}{suffix}")).collect()
        };
        if candidates.is_empty() {
            return None;
        }
        // After the last one comes what was typed, so that a Tab too many is no loss.
        candidates.push(word.to_owned());
        Some(Self { candidates, next: 0, start, end: line.cursor() })
    }

    /// Puts the next candidate into the place of the one before.
    pub(crate) fn apply_next(mut self, line: &mut Line) -> Self {
        let candidate = &self.candidates[self.next];
        self.next = (self.next + 1) % self.candidates.len();
        if line.replace(self.start..self.end, candidate) {
            self.end = self.start + candidate.len();
        }
        self
    }
}
