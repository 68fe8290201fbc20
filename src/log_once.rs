//! What the log says once, though it happens again and again.

use std::mem;

/// Something that is to be logged once, until it is over.
#[derive(Debug, Default)]
pub struct LogOnce {
    is_logged: bool,
}

impl LogOnce {
    /// Whether it is the first time.
    pub fn is_first(&mut self) -> bool {
        !mem::replace(&mut self.is_logged, true)
    }

    /// It is over: the next time is the first again.
    pub fn forget(&mut self) {
        self.is_logged = false;
    }
}
