//! The whole server on simulated streams: no network, no clock, no threads. A seed decides
//! everything that happens, so a failure can be run again:
//!
//! ```text
//! CHATD_SIM_SEED=17 cargo test --test simulation
//! CHATD_SIM_SEEDS=100000 cargo test --release --test simulation
//! ```

mod check;
mod client;
mod fairness;
mod random;
mod stopped;
mod stream;
mod world;

use world::World;

/// Seeds of an ordinary run.
const SEEDS: u64 = 300;

fn number(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(value.parse().expect("a number"))
}

#[test]
fn everybody_hears_everything_once_and_in_one_order() {
    let seeds = match number("CHATD_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("CHATD_SIM_SEEDS").unwrap_or(SEEDS),
    };
    for seed in seeds {
        let run = std::panic::catch_unwind(|| World::new(seed).run());
        assert!(run.is_ok(), "replay with CHATD_SIM_SEED={seed} cargo test --test simulation");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for seed in 0..5 {
        assert_eq!(World::new(seed).run(), World::new(seed).run(), "seed {seed}");
    }
}
