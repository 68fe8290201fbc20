//! Join a chatd room from a terminal.
mod editor;
mod keys;
mod visible;
fn main() {}
