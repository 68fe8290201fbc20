//! Connections of attackers.

use crate::Result;
use socket2::{Domain, Protocol, Socket, Type};
use std::fs;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// Where attackers come from, unless it is from everywhere. The room is at 127.0.0.1.
pub(crate) const ATTACKERS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// What the attacker's kernel may hold of what it sends and receives: little, so that what counts
/// as sent was taken by the server, and whoever does not read fills the server and not this
/// machine.
const BUFFER_BYTES: usize = 16 << 10;

/// Connects from an address of this machine. Waits if there is a queue at the door.
pub(crate) fn connect(from: Ipv4Addr, server: SocketAddr) -> std::io::Result<TcpStream> {
    connect_with(from, server, BUFFER_BYTES)
}

pub(crate) fn connect_with(
    from: Ipv4Addr,
    server: SocketAddr,
    receive_bytes: usize,
) -> std::io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_send_buffer_size(BUFFER_BYTES)?;
    socket.set_recv_buffer_size(receive_bytes)?;
    socket.set_tcp_nodelay(true)?;
    socket.bind(&SocketAddr::new(IpAddr::V4(from), 0).into())?;
    socket.connect(&server.into())?;
    Ok(socket.into())
}

/// Another address of the same network.
pub(crate) fn next_to(first: Ipv4Addr, id: usize) -> Ipv4Addr {
    Ipv4Addr::from_bits(first.to_bits() + id as u32)
}

/// Connects with a nickname.
pub(crate) fn join(server: SocketAddr, name: &str) -> std::io::Result<TcpStream> {
    join_from(ATTACKERS, server, name)
}

pub(crate) fn join_from(
    from: Ipv4Addr,
    server: SocketAddr,
    name: &str,
) -> std::io::Result<TcpStream> {
    let mut stream = connect(from, server)?;
    stream.write_all(format!("{name}\n").as_bytes())?;
    Ok(stream)
}

/// Drops connections with a reset: nothing of them is left, neither here nor at the server.
pub(crate) fn reset(stream: &TcpStream) -> std::io::Result<()> {
    socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO))
}

/// Bytes sent to `server` that it has not read, of all connections of this machine. Zero where the
/// system does not tell.
pub(crate) fn waiting(server: SocketAddr) -> u64 {
    let Ok(table) = fs::read_to_string("/proc/net/tcp") else { return 0 };
    table.lines().skip(1).filter_map(|line| waiting_in(line, server.port()).ok()).sum()
}

/// Whether a process has something to do. Where the system does not tell, it gets some time.
pub(crate) fn is_running(process: u32) -> bool {
    let Ok(account) = fs::read_to_string(format!("/proc/{process}/stat")) else {
        std::thread::sleep(Duration::from_millis(2));
        return false;
    };
    !account.rsplit_once(") ").is_some_and(|(_, account)| account.starts_with('S'))
}

/// Of one connection: what its sender still has, or its receiver has not read.
fn waiting_in(line: &str, server: u16) -> Result<u64> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    let mut port = || -> Result<u16> {
        let (_, port) = fields.next().and_then(|end| end.split_once(':')).ok_or("an address")?;
        Ok(u16::from_str_radix(port, 16)?)
    };
    let (local, remote) = (port()?, port()?);
    let is_listening = fields.next() == Some("0A");
    let queues = fields.next().and_then(|queues| queues.split_once(':')).ok_or("queues")?;
    let queue = match (local == server, remote == server) {
        (true, false) if !is_listening => queues.1,
        (false, true) => queues.0,
        _ => return Ok(0),
    };
    Ok(u64::from_str_radix(queue, 16)?)
}
