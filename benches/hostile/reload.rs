//! The page, loaded over and over by many.

use crate::generator::Run;
use crate::net;
use chatd_support::Result;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Reload {
    /// The first address, and how many in a row they come from by turns.
    pub(crate) from: Ipv4Addr,
    pub(crate) addresses: usize,
    pub(crate) loads: usize,
    pub(crate) per_second: u32,
}

/// So many are loaded at a time at the most.
const LOADERS: usize = 4;
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const PATIENCE: Duration = Duration::from_secs(20);

impl Reload {
    pub(crate) fn run(&self, server: SocketAddr) -> Result<Run> {
        let began = Instant::now();
        let loaded: io::Result<Vec<Vec<u8>>> = thread::scope(|scope| {
            let load = |first| move || self.load(server, began, first);
            let loaders: Vec<_> = (0..LOADERS).map(|first| scope.spawn(load(first))).collect();
            loaders.into_iter().map(|loader| loader.join().expect("it does not panic")).collect()
        });
        let page = loaded?.swap_remove(0);
        let loads = self.loads as u64;
        let remarks = vec![format!("{} kB each", page.len() / 1000)];
        Ok(Run { opened: loads, closed: loads, requests: loads, remarks, ..Run::default() })
    }

    /// Loads the page in its turn. Returns what it is, which must be the same each time.
    fn load(&self, server: SocketAddr, began: Instant, first: usize) -> io::Result<Vec<u8>> {
        let mut page = Vec::new();
        for id in (first..self.loads).step_by(LOADERS) {
            let due = began + Duration::from_secs(1) / self.per_second * id as u32;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let mut stream = net::connect(net::next_to(self.from, id % self.addresses), server)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.write_all(REQUEST)?;
            let mut received = Vec::new();
            stream.read_to_end(&mut received)?;
            let is_page =
                received.starts_with(b"HTTP/1.1 200 ") && received.ends_with(b"</html>\n");
            if !is_page || (id != first && received != page) {
                return Err(io::Error::other("not the page, or not all of it"));
            }
            page = received;
        }
        Ok(page)
    }
}
