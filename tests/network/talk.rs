//! People talk through a network that loses, delays, doubles and reorders.

use chatd_support::talk::all_hear_one_order;

use crate::wire::{HERE, Wire, join, with_wire};

const MESSAGES: usize = 20;

fn expect_impaired(wire: &mut Wire) {
    let counts = wire.tell("count");
    for what in ["passed", "lost", "twice", "overtaken"] {
        let count = counts.split(' ').find_map(|it| it.strip_prefix(what)?.strip_prefix('='));
        assert!(count.is_some_and(|count| count != "0"), "the network was too good: {counts}");
    }
    eprintln!("frames: {counts}");
}

#[test]
fn twenty_people_hear_everything_once_and_in_one_order() {
    with_wire(|wire| {
        let server = wire.serve("--rate 0 --history 0");
        wire.tell("loss 5");
        wire.tell("delay 50 20");
        wire.tell("duplicate 2");
        let mut silent = join(&server, HERE[0], "silent");
        let mut talkers: Vec<_> = (0..20)
            .map(|number| format!("nick{number}"))
            .map(|nick| (nick.clone(), join(&server, HERE[0], &nick)))
            .collect();
        // Some take several frames.
        let line = |number| {
            let filler = "x".repeat(if number % 10 == 0 { 4000 } else { 40 });
            (number < MESSAGES).then(|| format!("{number} {filler}"))
        };
        all_hear_one_order(&mut talkers, &mut silent, "end", line, || {});
        expect_impaired(wire);
        assert!(!server.log().contains(" left "), "{}", server.log());
    });
}
