//! Connections that end as soon as they are there: closed, closed after taking a nickname, reset.

use crate::generator::Run;
use crate::net;
use chatd_support::Result;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Short {
    pub(crate) connections: usize,
    /// How many came before: each has a place of its own among addresses and names.
    pub(crate) first: usize,
}

/// Far fewer than there are ports for one address, as a closed one is not free for a minute.
const PER_ADDRESS: usize = 10_000;

impl Short {
    pub(crate) fn run(&self, server: SocketAddr) -> Result<Run> {
        let mut run = Run::default();
        for id in self.first..self.first + self.connections {
            let place = id / PER_ADDRESS;
            let from = Ipv4Addr::new(127, 1, (place / 250) as u8, (place % 250 + 1) as u8);
            let mut stream = net::connect(from, server)?;
            run.opened += 1;
            match id % 3 {
                0 => {}
                1 => {
                    let name = format!("s{id}\n");
                    run.sent += name.len() as u64;
                    stream.write_all(name.as_bytes())?;
                }
                _ => net::reset(&stream)?,
            }
        }
        run.requests = run.opened;
        Ok(run)
    }
}
