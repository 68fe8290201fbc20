//! Join a chatd room from a terminal.
mod editor;
mod keys;
mod protocol;
mod roster;
mod screen;
mod style;
mod visible;
fn main() {}
