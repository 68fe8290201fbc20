//! Many who claim the same nickname at the same time: exactly one may get it.

use crate::generator::Run;
use chatd_support::Client;
use chatd_support::sentences::{notice, refused, why, you_are, you_are_now};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Race {
    pub(crate) claimants: usize,
    pub(crate) rounds: usize,
}

/// Whoever has no nickname is closed when the 20th was refused.
const ROUNDS_OF_A_CONNECTION: usize = 19;

/// Spellings of a name that nobody can tell apart: as it is, in capitals, and with a Cyrillic а.
fn spelling(round: usize, id: usize) -> String {
    let stem = ["race", "RACE", "r\u{430}ce"][id % 3];
    format!("{stem}-{round}-end")
}

impl Race {
    /// Whoever had the name of the last round gives it up for that of this one, or keeps it.
    pub(crate) fn run(&self, server: SocketAddr) -> Run {
        let mut run = Run::default();
        let mut claimants = Vec::new();
        for round in 0..self.rounds {
            if round % ROUNDS_OF_A_CONNECTION == 0 {
                claimants.clear();
                for _ in 0..self.claimants {
                    claimants.push(Client::connect_from("127.0.0.2", server));
                }
                run.opened += self.claimants as u64;
            }
            for (id, claimant) in claimants.iter_mut().enumerate() {
                let claim = format!("/nick {}\n", spelling(round, id));
                claimant.send(&claim);
                run.sent += claim.len() as u64;
                run.requests += 1;
            }
            let mut winners = 0;
            for (id, claimant) in claimants.iter_mut().enumerate() {
                winners += usize::from(has_won(claimant, &spelling(round, id), &mut run));
            }
            if winners != 1 {
                run.failures.push(format!("round {round}: {winners} got the name"));
            }
        }
        run.remarks.push(format!("{} rounds, one winner each", self.rounds));
        run
    }
}

/// Waits for the answer.
fn has_won(claimant: &mut Client, name: &str, run: &mut Run) -> bool {
    let won = [you_are(name), you_are_now(name)];
    let lost = [refused(why::taken(name)), notice(why::taken(name))];
    loop {
        let line = claimant.line();
        run.heard += line.len() as u64 + 1;
        if won.iter().any(|won| line.starts_with(won)) {
            return true;
        } else if lost.contains(&line) {
            return false;
        }
    }
}
