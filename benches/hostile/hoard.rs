//! Members who read nothing, so that all that is said to them waits at the server.

use crate::generator::Run;
use crate::net;
use crate::pump::{HEAVY_LINE, fill_history};
use chatd_support::Result;
use serde::{Deserialize, Serialize};
use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Hoard {
    pub(crate) connections: usize,
    /// The others say to these, by `/msg`, as much as they may.
    pub(crate) filled: usize,
    pub(crate) millis: u64,
}

/// They come from so many addresses.
const ADDRESSES: usize = 100;
/// A talker gives up on a line that is not taken, and lets the next one go on.
const STEP: Duration = Duration::from_millis(1);
/// Little, so that the server holds what they do not read.
const RECEIVE_BYTES: usize = 2 << 10;

struct Talker {
    stream: TcpStream,
    line: Vec<u8>,
    at: usize,
    is_closed: bool,
}

impl Hoard {
    pub(crate) fn run(&self, server: SocketAddr) -> Result<Run> {
        let mut run = Run::default();
        fill_history(server)?;
        let mut all = Vec::new();
        for id in 0..self.connections {
            let from = Ipv4Addr::new(127, 0, 2, (1 + id % ADDRESSES) as u8);
            let joined = net::connect_with(from, server, RECEIVE_BYTES).and_then(|mut stream| {
                stream.write_all(format!("h{id}x\n").as_bytes())?;
                stream.set_nonblocking(true)?;
                Ok(stream)
            });
            match joined {
                Ok(stream) => all.push(self.talker(stream, id)),
                // The server is gone, which the trial finds.
                Err(error) => {
                    run.failures.push(format!("only {id} came in: {error}"));
                    return Ok(run);
                }
            }
            run.opened += 1;
        }
        let end = Instant::now() + Duration::from_millis(self.millis);
        while Instant::now() < end {
            let talkers = all.iter_mut().skip(self.filled);
            talkers.for_each(|talker| talker.talk(&mut run));
            thread::sleep(STEP);
        }
        run.closed = all.iter().filter(|talker| talker.is_closed).count() as u64;
        Ok(run)
    }

    fn talker(&self, stream: TcpStream, id: usize) -> Talker {
        let command = format!("/msg h{}x ", id % self.filled);
        let line = [command.as_bytes(), &HEAVY_LINE[command.len()..], b"\n"].concat();
        Talker { stream, line, at: 0, is_closed: false }
    }
}

impl Talker {
    fn talk(&mut self, run: &mut Run) {
        while !self.is_closed {
            match self.stream.write(&self.line[self.at..]) {
                Ok(count) => {
                    run.sent += count as u64;
                    self.at = (self.at + count) % self.line.len();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.is_closed = true,
            }
        }
    }
}
