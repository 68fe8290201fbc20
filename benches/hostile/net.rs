//! Connections of attackers.

use chatd_support::socket::From;
use socket2::SockRef;
use std::io::{ErrorKind, Read, Result, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// Where attackers come from, unless it is from everywhere. The room is at 127.0.0.1.
pub(crate) const ATTACKERS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// What the attacker's kernel may hold of what it sends and receives: little, so that what counts
/// as sent was taken by the server, and whoever does not read fills the server and not this
/// machine.
const BUFFER_BYTES: usize = 16 << 10;

/// Connects from an address of this machine.
pub(crate) fn connect(from: Ipv4Addr, server: SocketAddr) -> Result<TcpStream> {
    connect_with(from, server, BUFFER_BYTES)
}

pub(crate) fn connect_with(
    from: Ipv4Addr,
    server: SocketAddr,
    receive_bytes: usize,
) -> Result<TcpStream> {
    let (receive_bytes, send_bytes) = (Some(receive_bytes), Some(BUFFER_BYTES));
    From { address: Some(from.into()), receive_bytes, send_bytes }.connect(server)
}

/// Another address of the same network.
pub(crate) fn next_to(first: Ipv4Addr, id: usize) -> Ipv4Addr {
    Ipv4Addr::from_bits(first.to_bits() + id as u32)
}

/// Connects with a nickname.
pub(crate) fn join(server: SocketAddr, name: &str) -> Result<TcpStream> {
    join_from(ATTACKERS, server, name)
}

pub(crate) fn join_from(from: Ipv4Addr, server: SocketAddr, name: &str) -> Result<TcpStream> {
    let mut stream = connect(from, server)?;
    stream.write_all(format!("{name}\n").as_bytes())?;
    Ok(stream)
}

/// Drops connections with a reset: nothing of them is left, neither here nor at the server.
pub(crate) fn reset(stream: &TcpStream) -> Result<()> {
    SockRef::from(stream).set_linger(Some(Duration::ZERO))
}

/// An attacker's connection that never waits, and says the same over and over.
pub(crate) struct Peer {
    pub(crate) stream: mio::net::TcpStream,
    /// Whole requests, and what of them is sent.
    requests: Vec<u8>,
    at: usize,
    /// Bytes, in all.
    pub(crate) sent: u64,
    pub(crate) heard: u64,
    /// Line ends heard.
    pub(crate) lines: u64,
    pub(crate) is_closed: bool,
}

impl Peer {
    pub(crate) fn new(stream: TcpStream, requests: Vec<u8>) -> Result<Self> {
        stream.set_nonblocking(true)?;
        let stream = mio::net::TcpStream::from_std(stream);
        Ok(Self { stream, requests, at: 0, sent: 0, heard: 0, lines: 0, is_closed: false })
    }

    /// Says up to so many bytes, with so many calls. Whether more would be taken.
    pub(crate) fn say(&mut self, mut most: u64, calls: usize) -> bool {
        for _ in 0..calls {
            let rest = &self.requests[self.at..];
            let part = rest.len().min(usize::try_from(most).unwrap_or(usize::MAX));
            if self.is_closed || part == 0 {
                return !self.is_closed;
            }
            match self.stream.write(&rest[..part]) {
                Ok(count) => {
                    self.sent += count as u64;
                    most -= count as u64;
                    self.at = (self.at + count) % self.requests.len();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Err(_) => self.is_closed = true,
            }
        }
        !self.is_closed
    }

    /// Reads up to so many bytes, with so many calls. Whether there may be more.
    pub(crate) fn hear(&mut self, mut most: u64, calls: usize) -> bool {
        let mut buffer = [0; 16 << 10];
        for _ in 0..calls {
            let part = buffer.len().min(usize::try_from(most).unwrap_or(usize::MAX));
            if self.is_closed || part == 0 {
                return !self.is_closed;
            }
            match self.stream.read(&mut buffer[..part]) {
                Ok(count) if count > 0 => {
                    self.heard += count as u64;
                    most -= count as u64;
                    let ends = buffer[..count].iter().filter(|&&byte| byte == b'\n');
                    self.lines += ends.count() as u64;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
                Ok(_) | Err(_) => self.is_closed = true,
            }
        }
        !self.is_closed
    }
}
