//! A whole server among simulated clients of IRC and people who type: what they do is up to the fuzzer, and
//! what clients must know of their rooms, too, they tell themselves.
//!
//! Four bytes are a step, as in the target `server`.
#![no_main]

use irc::world::World;
use libfuzzer_sys::fuzz_target;
use sim::script::Script;

#[path = "../../tests/simulation/irc/mod.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod irc;
#[path = "../../tests/simulation/sim/mod.rs"]
#[allow(dead_code, reason = "only what is beneath the model is used")]
mod sim;

fuzz_target!(|data: &[u8]| {
    World::rush(&Script::from_bytes(data), false);
});
