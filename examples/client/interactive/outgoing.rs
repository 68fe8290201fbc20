//! Lines that the user said and that are not sent yet, since no server takes any number at once.

use std::collections::VecDeque;
use std::time::Instant;

use chatd::pace::{Pace, Rate};

use crate::client::irc::is_same;

/// What a chatd takes from one client, unless it is told otherwise. What came faster would wait at
/// the server, where nobody sees it, and nobody can take it back.
const LINES_PER_S: u32 = 10;
const BURST: u32 = 100;
/// A long line counts as one more for so many bytes.
const BYTES_PER_LINE: usize = 512;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Outgoing {
    /// In which window, and what.
    waiting: VecDeque<(String, String)>,
    pace: Pace,
    rate: Option<Rate>,
}

impl Default for Outgoing {
    fn default() -> Self {
        let rate = Rate::new(LINES_PER_S, BURST);
        Self { waiting: VecDeque::new(), pace: Pace::default(), rate }
    }
}

impl Outgoing {
    pub(super) fn push(&mut self, window: String, line: String) {
        self.waiting.push_back((window, line));
    }

    /// A window is called something else from now on.
    pub(super) fn rename_window(&mut self, from: &str, to: &str) {
        for (window, _) in self.waiting.iter_mut().filter(|(window, _)| is_same(window, from)) {
            to.clone_into(window);
        }
    }

    /// The next line, if it may be sent now.
    pub(super) fn next(&mut self, now: Instant) -> Option<(String, String)> {
        if self.pace.wait_until(self.rate, now).is_some() {
            return None;
        }
        let (window, line) = self.waiting.pop_front()?;
        let lines = u32::try_from(1 + line.len() / BYTES_PER_LINE).unwrap_or(u32::MAX);
        self.pace.spend(self.rate, lines, now);
        Some((window, line))
    }

    /// When the next line may be sent, if one waits.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.waiting.front().and(self.pace.ready_at(self.rate))
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Gives up the lines that wait, and tells how many.
    pub(super) fn clear(&mut self) -> usize {
        self.take().len()
    }

    /// Gives up the lines that wait.
    pub(super) fn take(&mut self) -> Vec<(String, String)> {
        self.waiting.drain(..).collect()
    }
}
