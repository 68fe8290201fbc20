//! The listening sockets, and what to say when one cannot be had.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use mio::net::TcpListener;
use socket2::{Domain, Protocol, Socket, Type};

/// Connections that the kernel holds until they are accepted: ten thousand people may come at once.
/// The kernel caps it at its own limit (`net.core.somaxconn`).
const BACKLOG: i32 = 4096;

/// An address cannot be listened on.
#[derive(Debug)]
pub struct BindError {
    /// Which.
    pub addr: SocketAddr,
    /// Why.
    pub source: io::Error,
}

/// Listens on an address. Port 0 lets the system pick one.
///
/// # Errors
///
/// With the address, and what to try in its message.
pub fn listen(addr: SocketAddr) -> Result<TcpListener, BindError> {
    bind(addr).map_err(|source| BindError { addr, source })
}

fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    // On Unix, lets a server that was just stopped start again; on Windows it would let two servers
    // share the port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    if addr.is_ipv6() {
        // Otherwise the system decides whether `[::]` takes IPv4 too, and whether 0.0.0.0 can be
        // bound beside it.
        socket.set_only_v6(true)?;
    }
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(TcpListener::from_std(socket.into()))
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { addr, source } = self;
        write!(f, "cannot listen on {addr}: ")?;
        let kind = source.kind();
        if kind == ErrorKind::AddrInUse {
            let mut other = *addr;
            other.set_port(addr.port().checked_add(1).unwrap_or(55555));
            write!(
                f,
                "address in use; another chatd may be running there, or an outgoing connection holds that port; \
                 try --bind {other}"
            )
        } else if kind == ErrorKind::PermissionDenied {
            let mut other = *addr;
            other.set_port(55555);
            write!(f, "permission denied; ports below 1024 need privileges: try --bind {other}")
        } else if kind == ErrorKind::AddrNotAvailable {
            let all = if addr.is_ipv6() { "[::]" } else { "0.0.0.0" };
            write!(
                f,
                "this machine has no such address; try --bind {all}:{} for all that it has",
                addr.port()
            )
        } else {
            write!(f, "{source}; try another --bind ADDR:PORT")
        }
    }
}

impl std::error::Error for BindError {}
