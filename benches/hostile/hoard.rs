//! Members who read nothing, so that all that is said to them waits at the server.

use crate::generator::Run;
use crate::net::{self, Peer};
use crate::pump::{HEAVY_LINE, fill_history};
use chatd_support::Result;
use serde::{Deserialize, Serialize};
use std::io::Write;
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

impl Hoard {
    pub(crate) fn run(&self, server: SocketAddr) -> Result<Run> {
        let mut run = Run::default();
        fill_history(server)?;
        let mut all = Vec::new();
        for id in 0..self.connections {
            let from = Ipv4Addr::new(127, 0, 2, (1 + id % ADDRESSES) as u8);
            let joined = net::connect_with(from, server, RECEIVE_BYTES).and_then(|mut stream| {
                stream.write_all(format!("h{id}x\n").as_bytes())?;
                self.talker(stream, id)
            });
            match joined {
                Ok(talker) => all.push(talker),
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
            for talker in all.iter_mut().skip(self.filled) {
                talker.say(u64::MAX, usize::MAX);
            }
            thread::sleep(STEP);
        }
        run.sent = all.iter().map(|talker| talker.sent).sum();
        run.closed = all.iter().filter(|talker| talker.is_closed).count() as u64;
        Ok(run)
    }

    fn talker(&self, stream: TcpStream, id: usize) -> std::io::Result<Peer> {
        let command = format!("/msg h{}x ", id % self.filled);
        let line = [command.as_bytes(), &HEAVY_LINE[command.len()..], b"\n"].concat();
        Peer::new(stream, line)
    }
}
