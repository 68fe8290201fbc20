//! Connections of attackers.

use chatd_support::socket::From;
use socket2::SockRef;
use std::io::Result;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// Where attackers come from, unless it is from everywhere. The room is at 127.0.0.1.
pub(crate) const ATTACKERS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// What the attacker's kernel may hold of what it sends and receives: little, so that what counts
/// as sent was taken by the server, and whoever does not read fills the server and not this
/// machine.
pub(crate) const BUFFER_BYTES: usize = 16 << 10;

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

/// Drops a connection with a reset: nothing of it is left, neither here nor at the server.
pub(crate) fn reset(stream: &TcpStream) -> Result<()> {
    SockRef::from(stream).set_linger(Some(Duration::ZERO))
}
