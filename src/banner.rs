//! What the operator sees first: where the server listens, and what to tell the others.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::thread;

/// The port that the client takes if it is told none.
pub const DEFAULT_PORT: u16 = 55555;

/// How many ways to join are shown: a machine can have many addresses.
const ADDRESSES_MAX: usize = 4;

/// Writes the banner to stdout, from a thread of its own: a stdout that nobody reads must not keep
/// the room closed.
pub fn print(bound: &[SocketAddr], quiet: bool) {
    let mut text = String::new();
    for addr in bound {
        let _ = writeln!(text, "listening on {addr}");
    }
    if !quiet {
        text.push_str(&how_to_join(bound, &interface_addresses()));
    }
    let write = |text: &str| {
        // Nobody may be there to read it: the room is open all the same.
        let mut stdout = io::stdout();
        let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    };
    let copy = text.clone();
    if thread::Builder::new().name("banner".into()).spawn(move || write(&copy)).is_err() {
        write(&text);
    }
}

/// This machine's addresses that others may reach.
fn interface_addresses() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let is_usable = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => !ip.is_link_local(),
        // A link-local address is of no use without the name of the other machine's interface.
        IpAddr::V6(ip) => !ip.is_unicast_link_local(),
    };
    let mut addresses: Vec<IpAddr> = interfaces
        .iter()
        .filter(|interface| !interface.is_loopback() && interface.is_oper_up())
        .map(if_addrs::Interface::ip)
        .filter(is_usable)
        .collect();
    addresses.sort_by_key(IpAddr::is_ipv6);
    addresses
}

fn how_to_join(bound: &[SocketAddr], interfaces: &[IpAddr]) -> String {
    let mut reachable: Vec<SocketAddr> = Vec::new();
    for addr in bound {
        if addr.ip().is_unspecified() {
            let same_family = interfaces.iter().filter(|ip| ip.is_ipv4() == addr.is_ipv4());
            reachable.extend(same_family.map(|ip| SocketAddr::new(*ip, addr.port())));
        } else {
            reachable.push(*addr);
        }
    }
    let is_local = reachable.iter().all(|addr| addr.ip().is_loopback());
    if reachable.is_empty() {
        reachable
            .extend(bound.iter().map(|addr| SocketAddr::new(loopback(addr.ip()), addr.port())));
    }
    let mut text = String::from("\nTo join, run one of:\n");
    for addr in reachable.iter().take(ADDRESSES_MAX) {
        let (ip, port) = (addr.ip(), addr.port());
        let client = match addr {
            SocketAddr::V4(_) if port == DEFAULT_PORT => format!("{ip}"),
            SocketAddr::V6(_) if port == DEFAULT_PORT => format!("[{ip}]"),
            SocketAddr::V4(_) | SocketAddr::V6(_) => format!("{addr}"),
        };
        let _ = writeln!(text, "    nc {ip} {port}");
        let _ = writeln!(text, "    cargo run --example client -- {client}");
    }
    let mut ports: Vec<u16> = reachable.iter().map(SocketAddr::port).collect();
    ports.sort_unstable();
    ports.dedup();
    let ports = ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    if is_local {
        text.push_str("Only this machine can: it has no other address here.\n");
    } else {
        let _ = writeln!(
            text,
            "If others cannot connect, let TCP {ports} inbound through this machine's firewall."
        );
    }
    text
}

fn loopback(ip: IpAddr) -> IpAddr {
    if ip.is_ipv4() {
        std::net::Ipv4Addr::LOCALHOST.into()
    } else {
        std::net::Ipv6Addr::LOCALHOST.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bound: &[&str], interfaces: &[&str]) -> String {
        let bound: Vec<SocketAddr> = bound.iter().map(|addr| addr.parse().unwrap()).collect();
        let interfaces: Vec<IpAddr> = interfaces.iter().map(|ip| ip.parse().unwrap()).collect();
        how_to_join(&bound, &interfaces)
    }

    #[test]
    fn the_addresses_that_others_can_reach() {
        let text = text(&["0.0.0.0:55555"], &["192.168.1.10", "10.0.0.7", "2001:db8::1"]);
        assert!(
            text.contains(
                "nc 192.168.1.10 55555\n    cargo run --example client -- 192.168.1.10\n"
            ),
            "{text}"
        );
        assert!(text.contains("nc 10.0.0.7 55555"), "{text}");
        assert!(!text.contains("2001"), "{text}");
        assert!(text.contains("TCP 55555 inbound"), "{text}");
    }

    #[test]
    fn other_ports_and_families() {
        let text = text(&["[::]:7000", "192.168.1.10:7001"], &["192.168.1.10", "2001:db8::1"]);
        assert!(
            text.contains(
                "nc 2001:db8::1 7000\n    cargo run --example client -- [2001:db8::1]:7000\n"
            ),
            "{text}"
        );
        assert!(
            text.contains(
                "nc 192.168.1.10 7001\n    cargo run --example client -- 192.168.1.10:7001\n"
            ),
            "{text}"
        );
        assert!(text.contains("TCP 7000, 7001 inbound"), "{text}");
    }

    #[test]
    fn without_a_network() {
        let text = text(&["0.0.0.0:7000"], &[]);
        assert!(text.contains("nc 127.0.0.1 7000\n"), "{text}");
        assert!(text.contains("Only this machine"), "{text}");
    }
}
