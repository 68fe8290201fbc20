//! A whole server among simulated clients: what happens to them is up to the fuzzer, and what they
//! hear up to the model of the simulation.
//!
//! Four bytes are a step; `tests/simulation` runs the corpus, too, and can tell it step by step.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sim::script::Script;

#[path = "../../tests/simulation/sim/mod.rs"]
mod sim;

fuzz_target!(|data: &[u8]| {
    Script::from_bytes(data).run(false);
});
