//! chatd.
