//! Many who claim the same nickname at the same time: exactly one may get it.

use crate::generator::Run;
use crate::net;
use chatd_support::Result;
use chatd_support::sentences::{notice, refused, why, you_are, you_are_now};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Race {
    pub(crate) claimants: usize,
    pub(crate) rounds: usize,
}

/// An answer takes no longer than this.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whoever has no nickname is closed when the 20th was refused.
const ROUNDS_OF_A_CONNECTION: usize = 19;

/// Spellings of a name that nobody can tell apart: as it is, in capitals, and with a Cyrillic а.
fn spelling(round: usize, id: usize) -> String {
    let stem = ["race", "RACE", "r\u{430}ce"][id % 3];
    format!("{stem}-{round}-end")
}

struct Claimant {
    stream: TcpStream,
    /// Received, and not yet looked at.
    heard: Vec<u8>,
}

impl Race {
    /// Whoever had the name of the last round gives it up for that of this one, or keeps it.
    pub(crate) fn run(&self, server: SocketAddr) -> Result<Run> {
        let mut run = Run::default();
        let mut claimants = Vec::new();
        for round in 0..self.rounds {
            if round % ROUNDS_OF_A_CONNECTION == 0 {
                claimants.clear();
                for _ in 0..self.claimants {
                    claimants.push(Claimant::connect(server)?);
                }
                run.opened += self.claimants as u64;
            }
            for (id, claimant) in claimants.iter_mut().enumerate() {
                let claim = format!("/nick {}\n", spelling(round, id));
                claimant.stream.write_all(claim.as_bytes())?;
                run.sent += claim.len() as u64;
                run.requests += 1;
            }
            let mut winners = 0;
            for (id, claimant) in claimants.iter_mut().enumerate() {
                winners += usize::from(claimant.has_won(&spelling(round, id), &mut run)?);
            }
            if winners != 1 {
                run.failures.push(format!("round {round}: {winners} got the name"));
            }
        }
        run.remarks.push(format!("{} rounds, one winner each", self.rounds));
        Ok(run)
    }
}

impl Claimant {
    fn connect(server: SocketAddr) -> Result<Self> {
        let stream = net::connect(net::ATTACKERS, server)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, heard: Vec::new() })
    }

    /// Waits for the answer.
    fn has_won(&mut self, name: &str, run: &mut Run) -> Result<bool> {
        let won = [you_are(name), you_are_now(name)];
        let lost = [refused(why::taken(name)), notice(why::taken(name))];
        let mut buffer = [0; 4096];
        loop {
            while let Some(end) = self.heard.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.heard.drain(..=end).collect();
                if won.iter().any(|won| line.starts_with(won.as_bytes())) {
                    return Ok(true);
                } else if lost.iter().any(|lost| line.starts_with(lost.as_bytes())) {
                    return Ok(false);
                }
            }
            let count = self.stream.read(&mut buffer)?;
            if count == 0 {
                return Err("the server closed the connection of a claimant".into());
            }
            run.heard += count as u64;
            self.heard.extend_from_slice(&buffer[..count]);
        }
    }
}
