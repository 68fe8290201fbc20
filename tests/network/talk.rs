//! People talk through a network that loses, delays, doubles and reorders.

use std::io::Write;
use std::sync::Barrier;
use std::thread;

use chatd_support::Client;
use chatd_support::sentences::MARK;

use crate::wire::{HERE, Wire, join, with_wire};

const MESSAGES: usize = 20;

/// What was said, in the order in which it was heard, until all of it was.
fn hear(client: &mut Client, count: usize) -> Vec<String> {
    let mut said = Vec::new();
    while said.len() < count {
        let line = client.line();
        if !line.starts_with(MARK) {
            said.push(line);
        }
    }
    said
}

/// All talk at once. What each of them heard, without what they said themselves, is what `silent`
/// heard.
fn talk(nicks: &[String], talkers: &mut [Client], silent: &mut Client) {
    let all = MESSAGES * talkers.len();
    let begin = Barrier::new(talkers.len());
    let order = thread::scope(|scope| {
        for (nick, talker) in nicks.iter().zip(&mut *talkers) {
            let mut sender = talker.sender();
            let begin = &begin;
            scope.spawn(move || {
                begin.wait();
                for number in 0..MESSAGES {
                    // Some take several frames.
                    let filler = "x".repeat(if number % 10 == 0 { 4000 } else { 40 });
                    let line = format!("{nick} {number} {filler}\n");
                    sender.write_all(line.as_bytes()).expect("the server reads");
                }
            });
        }
        hear(silent, all)
    });
    let mut once = order.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), all, "each message is heard once");
    for (nick, talker) in nicks.iter().zip(talkers) {
        let own = format!("{nick}: ");
        let mine = order.iter().filter(|line| line.starts_with(&own));
        let numbers = mine.map(|line| line.split(' ').nth(2).expect("a number"));
        assert!(numbers.eq((0..MESSAGES).map(|number| number.to_string())), "{nick} in order");
        let others: Vec<&String> = order.iter().filter(|line| !line.starts_with(&own)).collect();
        let heard = hear(talker, all - MESSAGES);
        assert!(heard.iter().eq(others), "{nick} hears the same, in the same order");
    }
}

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
        let nicks: Vec<String> = (0..20).map(|number| format!("nick{number}")).collect();
        let mut talkers: Vec<Client> =
            nicks.iter().map(|nick| join(&server, HERE[0], nick)).collect();
        talk(&nicks, &mut talkers, &mut silent);
        expect_impaired(wire);
        assert!(!server.log().contains(" left "), "{}", server.log());
    });
}
