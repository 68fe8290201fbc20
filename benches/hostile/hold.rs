//! Connections that come and stay, with a nickname or without.

use crate::generator::Run;
use crate::net::{self, Peer};
use chatd_support::Result;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Hold {
    pub(crate) connections: usize,
    pub(crate) named: bool,
    pub(crate) millis: u64,
    /// How many the server lets in.
    pub(crate) admitted: Option<usize>,
}

impl Hold {
    pub(crate) fn run(&self, server: SocketAddr) -> Result<Run> {
        let mut run = Run::default();
        let mut held = Vec::new();
        for id in 0..self.connections {
            let stream = if self.named {
                let name = format!("h{id}");
                run.sent += name.len() as u64 + 1;
                net::join(server, &name)
            } else {
                net::connect(net::ATTACKERS, server)
            };
            // Whoever is turned away may see a reset before all is sent.
            let Ok(stream) = stream else { continue };
            held.push(Peer::new(stream, Vec::new())?);
        }
        run.opened = self.connections as u64;
        run.requests = run.opened;
        thread::sleep(Duration::from_millis(self.millis));
        for peer in &mut held {
            peer.hear(u64::MAX, usize::MAX);
        }
        run.heard = held.iter().map(|peer| peer.heard).sum();
        let open = held.iter().filter(|peer| !peer.is_closed).count();
        run.closed = run.opened - open as u64;
        run.remarks.push(format!("{open} held"));
        if let Some(admitted) = self.admitted.filter(|&admitted| admitted != open) {
            run.failures.push(format!("{open} connections are open, not {admitted}"));
        }
        Ok(run)
    }
}
