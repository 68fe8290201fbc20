//! chatd.
pub mod banner;
pub mod chat;
pub mod config;
mod connection;
pub mod inbox;
pub mod limits;
pub mod listener;
pub mod logging;
pub mod outbox;
pub mod pace;
pub mod reactor;
pub mod server;
pub mod spool;
pub mod stream;
pub mod sys;
pub mod wire;
