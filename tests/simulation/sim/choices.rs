//! Choices made of numbers.

use chatd_support::random::Random;

/// The choices of one step. All of them come from its number alone, so leaving out one step does
/// not change what the others do. The first ones are the number's digits: a fuzzer that changes the
/// number a little changes the step a little.
#[derive(Debug)]
pub(crate) struct Choices {
    digits: u64,
    /// How many different values `digits` may still have.
    range: u64,
    more: Random,
}

impl Choices {
    pub(crate) fn new(number: u32) -> Self {
        let digits = u64::from(number);
        Self { digits, range: u64::from(u32::MAX), more: Random::new(digits) }
    }

    /// A number from 0 to below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = end as u64;
        if self.range < end {
            (self.digits, self.range) = (self.more.next(), u64::MAX);
        }
        let choice = self.digits % end;
        (self.digits, self.range) = (self.digits / end, self.range / end);
        usize::try_from(choice).expect("less than a usize")
    }

    /// True in one of `of` cases.
    pub(crate) fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == of - 1
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}
