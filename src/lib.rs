//! chatd.
pub mod chat;
pub mod wire;
