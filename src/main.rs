//! chatd.
fn main() {}
