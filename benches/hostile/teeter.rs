//! Members who do not read, or just too little, while accomplices talk as much as they may.

use crate::generator::Run;
use crate::net;
use crate::pump::Say;
use chatd_support::Result;
use serde::{Deserialize, Serialize};
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
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

struct Reader {
    stream: TcpStream,
    heard: u64,
    lines: u64,
    is_closed: bool,
}

struct Talker {
    stream: TcpStream,
    line: Vec<u8>,
    /// What of the line is sent.
    at: usize,
}

impl Teeter {
    pub(crate) fn run(&self, server: SocketAddr) -> Result<Run> {
        let mut run = Run::default();
        // Hears all that is said, and so knows how far behind the others are.
        let mut mirror = Reader::join(server, "mirror".to_owned(), 1 << 20)?;
        let mut readers = (0..self.readers)
            .map(|id| Reader::join(server, format!("t{id}"), self.receive_bytes))
            .collect::<std::io::Result<Vec<_>>>()?;
        let before = Instant::now();
        let mut talkers = Vec::new();
        for id in 0..self.talkers {
            let stream =
                net::join_from(net::next_to(self.from, id), server, &format!("talker{id}"))?;
            stream.set_nonblocking(true)?;
            let line = self.say[id % self.say.len()].request(id);
            talkers.push(Talker { stream, line, at: 0 });
        }
        run.opened = (1 + self.readers + self.talkers) as u64;
        let end = before + Duration::from_millis(self.millis);
        while Instant::now() < end {
            mirror.read(u64::MAX);
            for talker in &mut talkers {
                talker.talk(&mut run);
            }
            let allowed = match self.reading {
                Reading::Nothing => 0,
                Reading::Trickle(rate) => before.elapsed().as_millis() as u64 * rate as u64 / 1000,
                Reading::Behind(bytes) => mirror.heard.saturating_sub(bytes),
            };
            for reader in &mut readers {
                reader.read(allowed.saturating_sub(reader.heard));
            }
            thread::sleep(STEP);
        }
        run.remarks.push(format!("{} KiB were said to each", mirror.heard >> 10));
        run.requests = mirror.lines;
        if mirror.is_closed {
            run.failures.push("one who reads was dropped".to_owned());
        }
        // Whoever was dropped sees the end behind what is still in the buffers.
        let end = Instant::now() + Duration::from_secs(1);
        while Instant::now() < end {
            for reader in &mut readers {
                reader.read(u64::MAX);
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

impl Reader {
    fn join(server: SocketAddr, name: String, buffer_bytes: usize) -> std::io::Result<Self> {
        let mut stream = net::connect_with(net::ATTACKERS, server, buffer_bytes)?;
        stream.write_all((name + "\n").as_bytes())?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream, heard: 0, lines: 0, is_closed: false })
    }

    /// Reads at most so many bytes.
    fn read(&mut self, mut allowed: u64) {
        let mut buffer = [0; 16 << 10];
        while allowed > 0 && !self.is_closed {
            let part = buffer.len().min(usize::try_from(allowed).unwrap_or(usize::MAX));
            match self.stream.read(&mut buffer[..part]) {
                Ok(count) if count > 0 => {
                    self.heard += count as u64;
                    let parts = buffer[..count].split(|&byte| byte == b'\n').count();
                    self.lines += parts as u64 - 1;
                    allowed -= count as u64;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Ok(_) | Err(_) => self.is_closed = true,
            }
        }
    }
}

impl Talker {
    fn talk(&mut self, run: &mut Run) {
        while let Ok(count) = self.stream.write(&self.line[self.at..]) {
            run.sent += count as u64;
            self.at = (self.at + count) % self.line.len();
        }
        while matches!(self.stream.read(&mut [0; 16 << 10]), Ok(count) if count > 0) {}
    }
}
