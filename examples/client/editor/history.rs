//! What was sent before, to be found again.

use std::collections::VecDeque;

/// How many lines can be found again.
const LINES_MAX: usize = 500;

/// The lines sent, and which of them is being looked at.
#[derive(Debug, Default)]
pub(crate) struct History {
    lines: VecDeque<String>,
    /// How many lines back from the newest; 0 is the line being typed.
    back: usize,
    /// The line being typed, while another one is looked at.
    draft: String,
}

impl History {
    pub(crate) fn push(&mut self, line: &str) {
        self.rewind();
        if line.trim().is_empty() || self.lines.back().is_some_and(|last| last == line) {
            return;
        }
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(line.to_owned());
    }

    /// Looks at the newest again.
    pub(crate) fn rewind(&mut self) {
        self.back = 0;
        self.draft.clear();
    }

    /// The line before the one looked at; `current` is what stands in the editor.
    pub(crate) fn back(&mut self, current: &str) -> Option<String> {
        let line = self.lines.iter().nth_back(self.back)?.clone();
        if self.back == 0 {
            current.clone_into(&mut self.draft);
        }
        self.back += 1;
        Some(line)
    }

    /// The line after the one looked at, which in the end is the one that was being typed.
    pub(crate) fn forward(&mut self) -> Option<String> {
        self.back = self.back.checked_sub(1)?;
        match self.back {
            0 => Some(std::mem::take(&mut self.draft)),
            back => self.lines.iter().nth_back(back - 1).cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_bounded_and_skips_repetitions_and_blanks() {
        let mut history = History::default();
        for n in 0..LINES_MAX + 5 {
            history.push(&n.to_string());
            history.push(&n.to_string());
            history.push(" ");
        }
        assert_eq!(history.lines.len(), LINES_MAX);
        assert_eq!(history.lines.front().map(String::as_str), Some("5"));
    }

    #[test]
    fn gives_the_draft_back() {
        let mut history = History::default();
        assert_eq!(history.back("draft"), None);
        history.push("one");
        history.push("two");
        assert_eq!(history.back("draft").as_deref(), Some("two"));
        assert_eq!(history.back("two, changed").as_deref(), Some("one"));
        assert_eq!(history.back("one"), None);
        assert_eq!(history.forward().as_deref(), Some("two"));
        assert_eq!(history.forward().as_deref(), Some("draft"));
        assert_eq!(history.forward(), None);
    }
}
