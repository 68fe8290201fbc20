//! Connections that join, say as much as they can and end, over and over or all at once: what they
//! said must not be more for that, nor what they were stay behind.

use crate::generator::Run;
use crate::net;
use chatd_support::sentences::{read_here, you_are_now};
use chatd_support::{Client, Result};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Churn {
    /// The first address, and how many in a row they come from by turns.
    pub(crate) from: Ipv4Addr,
    pub(crate) addresses: usize,
    /// So many are open at a time: if it is as many as there are, all join before the first ends.
    pub(crate) sockets: usize,
    pub(crate) connections: usize,
    /// Nobody comes later than this.
    pub(crate) millis: u64,
    pub(crate) lines: usize,
    pub(crate) line_bytes: usize,
    pub(crate) end: End,
    /// Whether somebody looks who is left, and how many may be.
    pub(crate) present_max: Option<usize>,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) enum End {
    /// What is unread makes it a reset.
    Close,
    HalfClose,
    Quit,
    Reset,
    /// Closed before and after taking a nickname, and reset before.
    ByTurns,
}

/// An attacker waits no longer for the server to take a line, or to say goodbye.
const PATIENCE: Duration = Duration::from_millis(2);
/// All ports of an address may be in use for a moment.
const PORT_WITHIN: Duration = Duration::from_secs(10);
/// A connection that is broken is forgotten in less than this …
const FORGOTTEN_WITHIN: Duration = Duration::from_secs(1);
/// … and nobody looks for longer.
const LOOK_FOR: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Talk goes on for at least so long after the last has ended.
const AFTER: Duration = Duration::from_secs(1);

impl Churn {
    pub(crate) fn run(&self, server: SocketAddr) -> Result<Run> {
        let mut run = Run::default();
        let line = [&vec![b'x'; self.line_bytes - 1][..], b"\n"].concat();
        let mut said = line.repeat(self.lines);
        if let End::Quit = self.end {
            said.extend_from_slice(b"/quit\n");
        }
        let (began, mut open) = (Instant::now(), VecDeque::new());
        let is_time = || began.elapsed() < Duration::from_millis(self.millis);
        for id in (0..self.connections).take_while(|_| is_time()) {
            if open.len() == self.sockets
                && let Some(oldest) = open.pop_front()
            {
                self.end(oldest);
            }
            open.push_back((id, self.begin(server, id, &said, &mut run)?));
        }
        let joined = began.elapsed().as_secs_f64();
        for connection in open {
            self.end(connection);
        }
        run.requests = run.opened;
        run.remarks.push(format!("{} came in {joined:.1} s", run.opened));
        if let Some(present_max) = self.present_max {
            let ended = Instant::now();
            look(server, &name(self.connections / 2), present_max, &mut run);
            thread::sleep(AFTER.saturating_sub(ended.elapsed()));
        }
        Ok(run)
    }

    fn begin(
        &self,
        server: SocketAddr,
        id: usize,
        said: &[u8],
        run: &mut Run,
    ) -> Result<TcpStream> {
        let from = net::next_to(self.from, id % self.addresses);
        let since = Instant::now();
        let mut stream = loop {
            match net::connect(from, server) {
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::AddrInUse | ErrorKind::AddrNotAvailable
                    ) && since.elapsed() < PORT_WITHIN =>
                {
                    thread::sleep(PATIENCE);
                }
                stream => break stream?,
            }
        };
        run.opened += 1;
        if self.end != End::ByTurns || id % 3 == 1 {
            // Whoever is turned away, or breaks, comes again as another one.
            _ = stream.write_all(format!("{}\n", name(id)).as_bytes());
        }
        stream.set_nonblocking(true)?;
        let (mut at, since) = (0, Instant::now());
        while at < said.len() && since.elapsed() < PATIENCE {
            match stream.write(&said[at..]) {
                Ok(count) => at += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::yield_now(),
                Err(_) => break,
            }
        }
        Ok(stream)
    }

    /// Whatever comes of it: it is over.
    fn end(&self, (id, mut stream): (usize, TcpStream)) {
        match self.end {
            End::ByTurns if id % 3 == 2 => {
                _ = net::reset(&stream);
                return;
            }
            End::Close | End::ByTurns => return,
            End::Reset => {
                _ = net::reset(&stream);
                return;
            }
            End::HalfClose => _ = stream.shutdown(Shutdown::Write),
            End::Quit => {}
        }
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            match stream.read(&mut [0; 4096]) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::yield_now(),
                Ok(count) if count > 0 => {}
                Ok(_) | Err(_) => return,
            }
        }
    }
}

fn name(id: usize) -> String {
    format!("c{id}x")
}

/// Comes in, and asks until `nick` is free and there are no more than so many.
fn look(server: SocketAddr, nick: &str, present_max: usize, run: &mut Run) {
    let (since, mut heard) = (Instant::now(), 0);
    let mut witness = Client::connect_from("127.0.0.2", server).with_patience(LOOK_FOR);
    witness.say("witness");
    let (mut is_free, mut present) = (false, usize::MAX);
    while since.elapsed() < LOOK_FOR && !(is_free && present <= present_max) {
        if present < usize::MAX {
            thread::sleep(LOOK_EVERY);
        }
        witness.send(format!("/nick {nick}\n/who\n"));
        present = loop {
            let Some(line) = witness.next_line() else {
                run.failures.push("the one who looks who is left was dropped".to_owned());
                return;
            };
            heard += line.len() + 1;
            is_free |= line == you_are_now(nick);
            if let Some(count) = read_here(&line) {
                break count;
            }
        };
    }
    let (took, state) = (since.elapsed(), if is_free { "free" } else { "not free" });
    let words = format!(
        "{:.2} s after the last {present} were there, {nick} was {state}, and {} kB were heard",
        took.as_secs_f64(),
        heard / 1000
    );
    if took > FORGOTTEN_WITHIN { &mut run.failures } else { &mut run.remarks }.push(words);
}
