//! All that a run depends on, in a few numbers.

use std::fmt::{self, Display, Formatter};
use std::panic::{self, AssertUnwindSafe};
use std::str::FromStr;

use super::random::Random;
use super::world::World;

/// A set-up, and what happens one after the other. Each step takes its choices from its own number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Script {
    setup: u32,
    steps: Vec<u32>,
}

impl Script {
    pub(crate) fn from_seed(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut number = || (random.next() >> 32) as u32;
        let setup = number();
        let steps = 50 + number() % 350;
        Self { setup, steps: (0..steps).map(|_| number()).collect() }
    }

    /// Four bytes are one number.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let mut numbers = bytes.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes));
        Self { setup: numbers.next().unwrap_or_default(), steps: numbers.collect() }
    }

    /// Lets it happen, and checks what came of it. Returns all bytes that anybody got.
    ///
    /// # Panics
    ///
    /// If something is not as it should be.
    pub(crate) fn run(&self, is_loud: bool) -> Vec<Vec<u8>> {
        let mut world = World::new(self.setup, is_loud);
        self.steps.iter().for_each(|&step| world.happen(step));
        world.end()
    }

    /// Whether it goes wrong.
    pub(crate) fn fails(&self) -> bool {
        panic::catch_unwind(AssertUnwindSafe(|| self.run(false))).is_err()
    }

    /// Leaves out steps as long as it goes on going wrong (delta debugging).
    pub(crate) fn minimise(mut self) -> Self {
        let mut size = self.steps.len() / 2;
        while size > 0 {
            let mut start = 0;
            let before = self.steps.len();
            while start < self.steps.len() {
                let mut less = self.clone();
                less.steps.drain(start..(start + size).min(less.steps.len()));
                if less.fails() {
                    self = less;
                } else {
                    start += size;
                }
            }
            if size > 1 || self.steps.len() == before {
                size /= 2;
            }
        }
        self
    }
}

impl Display for Script {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.setup)?;
        self.steps.iter().try_for_each(|step| write!(f, ",{step}"))
    }
}

impl FromStr for Script {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut numbers = text.split(',').map(str::parse);
        let setup = numbers.next().unwrap_or(Ok(0))?;
        Ok(Self { setup, steps: numbers.collect::<Result<_, _>>()? })
    }
}
