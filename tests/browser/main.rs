//! The web page in Chromium, on the real program. What the page must do whatever happens: each message once and in
//! order, or a gap is shown; nothing that somebody writes becomes more than text; all of it by keyboard.
//!
//! Each test ends with the question whether the browser has complained of anything: see [`Page`].

mod attacks;
mod measures;
mod page;
mod resume;
mod strangers;
mod talk;

use chatd_support::Program;

use page::Page;

const CHATD: Program<'_> = Program(env!("CARGO_BIN_EXE_chatd"));
