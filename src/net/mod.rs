//! Sockets, signals and the clock: everything that only the system can tell or do.

pub mod listener;
pub mod reactor;
pub mod sys;
mod tcp;
