//! What is true of clients of IRC among people who type: [`crate::irc`].

use crate::irc::world::World;
use crate::{run_corpus, run_seeds};

/// Seeds of an ordinary run.
const SEEDS: u64 = 200;

/// With any splits, floods, broken connections and readers that stop for a while.
#[test]
fn irc_clients_see_the_rooms_as_they_are() {
    run_seeds("irc_clients_see", SEEDS, World::rush);
}

#[test]
fn what_the_fuzzer_has_found_with_irc() {
    run_corpus("irc", ("irc_clients_see", World::rush));
}

#[test]
fn whoever_types_hears_irc_clients_as_it_hears_those_who_type() {
    run_seeds("whoever_types", SEEDS, |script, is_loud| {
        let [clients, people] =
            [true, false].map(|has_irc| World::one_by_one(script, has_irc, is_loud));
        for (clients, people) in clients.iter().zip(&people) {
            assert_eq!(clients, people);
        }
        assert_eq!(clients.len(), people.len());
    });
}
