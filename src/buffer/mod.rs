//! Bytes that wait: received and not decoded, or queued and not sent.

pub mod block;
pub mod inbox;
pub mod outbox;
pub mod spool;
