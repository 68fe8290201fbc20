//! Members who do not read, or just too little, while accomplices talk as much as they may.

use crate::generator::Run;
use crate::net::{self, Peer};
use crate::pump::Say;
use chatd_support::Result;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Teeter {
    /// Where the first talker comes from; each has an address of its own.
    pub(crate) from: Ipv4Addr,
    pub(crate) readers: usize,
    /// They read, and each says one of these, by turns.
    pub(crate) talkers: usize,
    pub(crate) say: Vec<Say>,
    pub(crate) reading: Reading,
    /// For the readers: the kernel may hold so much of what they have not read.
    pub(crate) receive_bytes: usize,
    /// Whether they read fast enough to stay.
    pub(crate) stay: bool,
    pub(crate) millis: u64,
}

/// How the readers read.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) enum Reading {
    Nothing,
    /// So many bytes a second, each.
    Trickle(usize),
    /// Nothing until they are so many bytes behind the others, then just as much as is said: as far
    /// behind as can be without being dropped.
    Behind(u64),
}

const STEP: Duration = Duration::from_millis(10);

impl Teeter {
    pub(crate) fn run(&self, server: SocketAddr) -> Result<Run> {
        let mut run = Run::default();
        // Hears all that is said, and so knows how far behind the others are.
        let mut mirror = reader(server, "mirror", 1 << 20)?;
        let mut readers = (0..self.readers)
            .map(|id| reader(server, &format!("t{id}"), self.receive_bytes))
            .collect::<std::io::Result<Vec<_>>>()?;
        let before = Instant::now();
        let mut talkers = Vec::new();
        for id in 0..self.talkers {
            let stream =
                net::join_from(net::next_to(self.from, id), server, &format!("talker{id}"))?;
            talkers.push(Peer::new(stream, self.say[id % self.say.len()].request(id))?);
        }
        run.opened = (1 + self.readers + self.talkers) as u64;
        let end = before + Duration::from_millis(self.millis);
        while Instant::now() < end {
            mirror.hear(u64::MAX, usize::MAX);
            for talker in &mut talkers {
                talker.say(u64::MAX, usize::MAX);
                talker.hear(u64::MAX, usize::MAX);
            }
            let allowed = match self.reading {
                Reading::Nothing => 0,
                Reading::Trickle(rate) => before.elapsed().as_millis() as u64 * rate as u64 / 1000,
                Reading::Behind(bytes) => mirror.heard.saturating_sub(bytes),
            };
            for reader in &mut readers {
                reader.hear(allowed.saturating_sub(reader.heard), usize::MAX);
            }
            thread::sleep(STEP);
        }
        run.remarks.push(format!("{} KiB were said to each", mirror.heard >> 10));
        run.requests = mirror.lines;
        run.sent = talkers.iter().map(|talker| talker.sent).sum();
        if mirror.is_closed {
            run.failures.push("one who reads was dropped".to_owned());
        }
        // Whoever was dropped sees the end behind what is still in the buffers.
        let end = Instant::now() + Duration::from_secs(1);
        while Instant::now() < end {
            for reader in &mut readers {
                reader.hear(u64::MAX, usize::MAX);
            }
            thread::sleep(STEP);
        }
        run.closed = readers.iter().filter(|reader| reader.is_closed).count() as u64;
        if self.stay && run.closed > 0 {
            let (closed, heard) = (run.closed, readers[0].heard >> 10);
            run.failures.push(format!(
                "{closed} who kept reading were dropped, the first after {heard} KiB"
            ));
        }
        run.heard = mirror.heard + readers.iter().map(|reader| reader.heard).sum::<u64>();
        Ok(run)
    }
}

fn reader(server: SocketAddr, name: &str, buffer_bytes: usize) -> std::io::Result<Peer> {
    let mut stream = net::connect_with(net::ATTACKERS, server, buffer_bytes)?;
    stream.write_all(format!("{name}\n").as_bytes())?;
    Peer::new(stream, Vec::new())
}
