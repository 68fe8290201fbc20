//! The listening sockets, and what to say when one cannot be had.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use mio::net::TcpListener;
use socket2::{Domain, Protocol, Socket, Type};

/// Connections that the kernel holds until they are accepted: ten thousand people may come at once.
/// The kernel caps it at its own limit (`net.core.somaxconn`).
const BACKLOG: i32 = 4096;

/// Where to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At this address. Port 0 lets the system pick one.
    At(SocketAddr),
    /// On this port of all addresses, IPv4 and IPv6.
    Everywhere(u16),
    /// On this port of the machine itself, IPv4 and IPv6.
    Localhost(u16),
}

impl Place {
    /// Its addresses. Of two, the second is for machines that have IPv6.
    pub fn addrs(self) -> impl Iterator<Item = SocketAddr> {
        let (first, second) = match self {
            Self::At(addr) => (addr, None),
            Self::Everywhere(port) => (
                SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)),
                Some(SocketAddr::from((Ipv6Addr::UNSPECIFIED, port))),
            ),
            Self::Localhost(port) => (
                SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
                Some(SocketAddr::from((Ipv6Addr::LOCALHOST, port))),
            ),
        };
        [Some(first), second].into_iter().flatten()
    }
}

/// An address cannot be listened on.
#[derive(Debug)]
pub struct BindError {
    /// Which.
    pub addr: SocketAddr,
    /// Why.
    pub source: io::Error,
}

/// Listens at these places. A port that the system picks is the same for IPv4 and IPv6.
///
/// # Errors
///
/// With the address, and what to try in its message. That a machine has no IPv6 is none.
pub fn listen(places: &[Place]) -> Result<Vec<TcpListener>, BindError> {
    let mut listeners = Vec::new();
    for place in places {
        let mut picked = None;
        for mut addr in place.addrs() {
            addr.set_port(picked.unwrap_or(addr.port()));
            match bind(addr) {
                Ok(listener) => {
                    picked = listener.local_addr().ok().map(|addr| addr.port());
                    listeners.push(listener);
                }
                Err(error) if picked.is_some() && is_without_ipv6(&error) => {
                    log::info!("not listening on {addr}, there is no IPv6 here: {error}");
                }
                Err(source) => return Err(BindError { addr, source }),
            }
        }
    }
    Ok(listeners)
}

/// Whether there are no IPv6 sockets, or no such address for them.
fn is_without_ipv6(error: &io::Error) -> bool {
    // `EAFNOSUPPORT`, for which std has no kind, on Linux, on BSD and macOS, and on Windows.
    error.kind() == ErrorKind::AddrNotAvailable
        || matches!(error.raw_os_error(), Some(97 | 47 | 10047))
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
