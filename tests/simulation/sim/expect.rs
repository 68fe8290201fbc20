//! Compares what comes next in a transcript with what the rules say.

use super::transcript::Item;
use super::walk::Walk;

/// What stands for a time in a line that is expected.
pub(super) const SOME_TIME: char = '\0';

impl Walk<'_> {
    /// Takes these lines from the transcript, as far as it goes.
    pub(super) fn expect(&mut self, expected: &[String]) {
        let count = self.agreeing(expected);
        if count < expected.len().min(self.items.len()) {
            self.items = &self.items[count..];
            self.fail(&format!("expected: {:?}", expected[count]));
        }
        self.items = &self.items[count..];
        self.is_torn |= count < expected.len();
    }

    /// How many of these lines come next in the transcript.
    pub(super) fn agreeing(&self, expected: &[String]) -> usize {
        let agrees = |((item, _), expected): &(&(Item, usize), &String)| match item {
            Item::Telnet(_) => false,
            Item::Line(text) => match expected.split_once(SOME_TIME) {
                None => text == *expected,
                Some((start, end)) => text.starts_with(start) && text.ends_with(end),
            },
        };
        self.items.iter().zip(expected).take_while(agrees).count()
    }

    /// The first of these points at which the most of the next lines is what the rules say there.
    /// Only the transcript may end within it.
    pub(super) fn expect_somewhere<P: Copy>(
        &mut self,
        points: &[P],
        rules: impl Fn(&Self, P) -> Vec<String>,
    ) -> P {
        let agreeing = points.iter().rev().filter_map(|&point| {
            let expected = rules(self, point);
            let count = self.agreeing(&expected);
            let is_whole = count == expected.len();
            (is_whole || count == self.items.len()).then_some((count, is_whole, point, expected))
        });
        match agreeing.max_by_key(|&(count, is_whole, ..)| (count, is_whole)) {
            Some((_, _, point, expected)) => {
                self.expect(&expected);
                point
            }
            None => self.fail(&format!("expected something like {:?}", rules(self, points[0]))),
        }
    }
}
