//! All that a run depends on, in a few numbers.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use super::world::World;

/// A set-up, and what happens one after the other. Each step takes its choices from its own number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) setup: u32,
    pub(crate) steps: Vec<u32>,
}

impl Script {
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
