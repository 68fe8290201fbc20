//! The whole server on simulated streams: no network, no clock. What happens is in a few numbers, and
//! those are made from a seed, so a failure can be run again, and is made as small as it can be:
//!
//! ```text
//! CHATD_SIM_SEED=17 cargo test --test simulation everybody
//! CHATD_SIM_SEEDS=100000 cargo test --release --test simulation everybody
//! CHATD_SIM_SCRIPT=3016632202,3107808303 cargo test --test simulation everybody
//! ```

mod cases;
mod departing;
mod dialogue;
mod fairness;
mod irc;
mod mixed;
mod rooms;
mod sim;
mod slow;
mod stopped;
mod table;
mod web;

use std::env;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use chatd_support::random::Random;
use sim::script::Script;

/// Seeds of an ordinary run.
const SEEDS: u64 = 3000;

fn number(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    Some(value.parse().expect("a number"))
}

/// Seeds, and what becomes of those that go wrong: a fuzzer has its own way with both.
impl Script {
    pub(crate) fn from_seed(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut number = || (random.next() >> 32) as u32;
        let setup = number();
        let steps = 50 + number() % 350;
        Self { setup, steps: (0..steps).map(|_| number()).collect() }
    }

    /// Leaves out steps as long as it goes on going wrong (delta debugging).
    pub(crate) fn minimise(mut self, run: Run) -> Self {
        let mut size = self.steps.len() / 2;
        while size > 0 {
            let mut start = 0;
            let before = self.steps.len();
            while start < self.steps.len() {
                let mut less = self.clone();
                less.steps.drain(start..(start + size).min(less.steps.len()));
                if fails(&less, run) {
                    self = less;
                } else {
                    start += size;
                }
            }
            if size > 1 || self.steps.len() == before {
                size /= 2;
            }
        }
        self
    }
}

/// Lets a script happen, perhaps telling what does, and panics if it goes wrong.
type Run = fn(&Script, bool);

fn fails(script: &Script, run: Run) -> bool {
    panic::catch_unwind(AssertUnwindSafe(|| run(script, false))).is_err()
}

/// Tells a run that goes wrong step by step, or as little of it as still does.
fn explain(script: Script, what: &str, (test, run): (&str, Run)) -> ! {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let least = script.minimise(run);
    panic::set_hook(hook);
    eprintln!("\n{what} goes wrong, and so does as little as this:");
    let _ = panic::catch_unwind(|| run(&least, true));
    panic!("{what}; replay: CHATD_SIM_SCRIPT={least} cargo test --test simulation {test}");
}

/// The first of these seeds that goes wrong. All cores look for it.
fn first_failing(first: u64, end: u64, run: Run) -> Option<u64> {
    let (next, failing) = (AtomicU64::new(first), AtomicU64::new(end));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= failing.load(Ordering::Relaxed) {
                        return;
                    }
                    if fails(&Script::from_seed(seed), run) {
                        failing.fetch_min(seed, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    Some(failing.into_inner()).filter(|&seed| seed < end)
}

/// Lets the script happen that the environment names, or those of the seeds that it names, or of so many.
pub(crate) fn run_seeds(test: &str, seeds: u64, run: Run) {
    if let Ok(script) = env::var("CHATD_SIM_SCRIPT") {
        run(&script.parse::<Script>().expect("numbers"), true);
        return;
    }
    let (first, end) = match number("CHATD_SIM_SEED") {
        Some(seed) => (seed, seed + 1),
        None => (0, number("CHATD_SIM_SEEDS").unwrap_or(seeds)),
    };
    if let Some(seed) = first_failing(first, end, run) {
        explain(Script::from_seed(seed), &format!("CHATD_SIM_SEED={seed}"), (test, run));
    }
}

const EVERYBODY: (&str, Run) = ("everybody", |script, is_loud| _ = script.run(is_loud));

#[test]
fn everybody_hears_everything_once_and_in_one_order() {
    run_seeds(EVERYBODY.0, SEEDS, EVERYBODY.1);
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    for seed in 0..5 {
        let script = Script::from_seed(seed);
        assert_eq!(script.run(false), script.run(false), "seed {seed}");
    }
}

#[test]
fn what_the_fuzzer_has_found() {
    run_corpus("server", EVERYBODY);
}

/// Lets all scripts happen that a fuzz target begins with.
pub(crate) fn run_corpus(target: &str, run: (&str, Run)) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    for file in fs::read_dir(corpus).expect("a corpus") {
        let path = file.expect("a file").path();
        let script = Script::from_bytes(&fs::read(&path).expect("its bytes"));
        if fails(&script, run.1) {
            explain(script, &path.display().to_string(), run);
        }
    }
}
