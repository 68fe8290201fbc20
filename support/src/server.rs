//! A running server, and the ways into it.

use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::process::Command;
use std::{thread, time::Duration};

use super::{Client, Process, eventually, proc, sentences};

/// A server that listens. It ends with its handle.
#[derive(Debug)]
pub struct Server {
    process: Process,
    addr: SocketAddr,
}

impl Server {
    /// How often [`Self::join_stalled`] asks: the answers are more than the kernel and the server
    /// will hold.
    pub const STALLED_ASKS: usize = 20_000;

    /// Starts what was prepared.
    pub fn launch(command: Command) -> Self {
        Self::launch_and_find(command, |process| listening(&process.stdout()).first().copied())
    }

    /// Starts it where stdout cannot tell the address, but the system can.
    pub fn launch_silent(command: Command) -> Self {
        Self::launch_and_find(command, |process| proc::listening(process.pid()))
    }

    fn launch_and_find(command: Command, find: impl Fn(&Process) -> Option<SocketAddr>) -> Self {
        let mut process = Process::spawn(command);
        let addr = eventually("an address", || {
            assert!(!process.has_ended(), "it does not start");
            find(&process)
        });
        Self { process, addr }
    }

    /// Where it listens; the first place of several.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where it listens, all of so many places.
    pub fn addrs(&self, count: usize) -> Vec<SocketAddr> {
        eventually("all addresses", || {
            let addrs = listening(&self.stdout());
            (addrs.len() == count).then_some(addrs)
        })
    }

    /// Somebody who has not said anything yet.
    pub fn connect(&self) -> Client {
        Client::connect(self.addr)
    }

    /// Somebody with a nickname. The welcome is read, the history is not.
    pub fn join(&self, nick: &str) -> Client {
        self.connect().named(nick)
    }

    /// Some people who have all seen each other come in.
    pub fn room<const N: usize>(&self, nicks: [&str; N]) -> [Client; N] {
        let mut people: Vec<Client> = Vec::new();
        for nick in nicks {
            let newcomer = self.join(nick);
            for other in &mut people {
                other.expect(sentences::joined(nick));
            }
            people.push(newcomer);
        }
        people.try_into().expect("as many as there are nicknames")
    }

    /// Somebody who asked for help that often and reads nothing, until the server can send no more
    /// and reads no more.
    pub fn join_stalled(&self, nick: &str) -> Client {
        let mut client = Client::connect_with_small_buffer(self.addr, 64 * 1024).named(nick);
        client.send("/help\n".repeat(Self::STALLED_ASKS));
        let queued = || proc::queued(self.addr, client.addr());
        eventually("a stop in both directions", || {
            let before = queued();
            thread::sleep(Duration::from_millis(50));
            (before.0 > 0 && before.1 > 0 && queued() == before).then_some(())
        });
        client
    }
}

impl Deref for Server {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

impl DerefMut for Server {
    fn deref_mut(&mut self) -> &mut Process {
        &mut self.process
    }
}

/// The addresses that whole lines of stdout tell.
fn listening(stdout: &str) -> Vec<SocketAddr> {
    let lines = stdout.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    lines
        .filter_map(|line| line.strip_prefix("listening on "))
        .map(|addr| addr.parse().expect("an address after `listening on`"))
        .collect()
}
