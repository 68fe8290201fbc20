//! What the operator sees first: where the server listens, and what to tell the others.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::thread;

/// The port that the client takes if it is told none.
pub const DEFAULT_PORT: u16 = 55555;

/// How many ways to join are shown: a machine can have many addresses.
const ADDRESSES_MAX: usize = 4;

/// How the names of interfaces begin that lead to the other end of a tunnel: their addresses are shown
/// last.
const TUNNELS: &str = "tailscale tap tun utun wg zt";

/// How the names of interfaces begin behind which are containers and virtual machines inside this
/// machine, as long as the way out is another: their addresses are shown last, too.
const BRIDGES: &str =
    "br- bridge cali cni docker flannel lxcbr lxdbr podman vEthernet vboxnet veth virbr vmnet";

/// An address of this machine that others may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Interface {
    name: String,
    ip: IpAddr,
    /// Its other end is one machine.
    is_tunnel: bool,
}

/// Writes the banner to stdout, from a thread of its own: a stdout that nobody reads must not keep
/// the room closed.
pub fn print(bound: &[SocketAddr], quiet: bool) {
    let mut text = String::new();
    for addr in bound {
        let _ = writeln!(text, "listening on {addr}");
    }
    if !quiet {
        let (mut interfaces, default_route) = (interfaces(), default_route());
        interfaces.sort_by_key(|interface| rank(interface, &default_route));
        text.push_str(&how_to_join(bound, &interfaces));
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
fn interfaces() -> Vec<Interface> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let is_usable = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => !ip.is_link_local(),
        // A link-local address is of no use without the name of the other machine's interface.
        IpAddr::V6(ip) => !ip.is_unicast_link_local(),
    };
    interfaces
        .into_iter()
        .filter(|interface| !interface.is_loopback() && interface.is_oper_up())
        .filter(|interface| is_usable(&interface.ip()))
        .map(|interface| Interface {
            ip: interface.ip(),
            is_tunnel: interface.is_p2p(),
            name: interface.name,
        })
        .collect()
}

/// The addresses from which this machine speaks to the world, IPv4 and IPv6.
///
/// The system picks them when a UDP socket is connected, which sends nothing. Every system can do
/// that, while each shows its table of routes in another form. The other ends are addresses for
/// documentation (RFC 5737, RFC 3849), to which only the default route leads.
fn default_route() -> Vec<IpAddr> {
    let from = |own: IpAddr, other: IpAddr| {
        let socket = UdpSocket::bind((own, 0)).ok()?;
        socket.connect((other, 9)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    let ipv4 = from(Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into());
    let [a, b] = [0x2001, 0xdb8];
    let ipv6 = from(Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 1).into());
    ipv4.into_iter().chain(ipv6).collect()
}

/// The less, the more likely others can use an address: those of networks with neighbours first, and
/// among them that of the default route. That may lead through a tunnel, whose other end is far from
/// whoever sits in the same room, or through a bridge, which then has the real network on it. IPv4
/// before IPv6, as it is easier to type.
fn rank(interface: &Interface, default_route: &[IpAddr]) -> (bool, bool, bool) {
    let is_one_of = |starts: &str| starts.split(' ').any(|it| interface.name.starts_with(it));
    let is_tunnel = interface.is_tunnel || is_one_of(TUNNELS);
    let is_default = default_route.contains(&interface.ip);
    let is_inside = is_one_of(BRIDGES) && !is_default;
    (is_tunnel || is_inside, !is_default, interface.ip.is_ipv6())
}

/// Where others can connect, and the interface if it is known: the most useful first.
fn reachable<'a>(bound: &[SocketAddr], interfaces: &'a [Interface]) -> Vec<(SocketAddr, &'a str)> {
    let is_everywhere = |addr: &&SocketAddr, ip: IpAddr| {
        addr.ip().is_unspecified() && addr.is_ipv4() == ip.is_ipv4()
    };
    let mut reachable: Vec<(SocketAddr, &str)> = Vec::new();
    for Interface { name, ip, .. } in interfaces {
        let here = bound.iter().filter(|addr| addr.ip() == *ip || is_everywhere(addr, *ip));
        reachable.extend(here.map(|addr| (SocketAddr::new(*ip, addr.port()), name.as_str())));
    }
    // An address of no interface may be given to it later.
    let is_known = |addr: &SocketAddr| reachable.iter().any(|(known, _)| known == addr);
    let others = bound.iter().filter(|addr| !addr.ip().is_unspecified() && !is_known(addr));
    let others: Vec<_> = others.map(|addr| (*addr, "")).collect();
    reachable.extend(others);
    reachable
}

fn how_to_join(bound: &[SocketAddr], interfaces: &[Interface]) -> String {
    let mut reachable = reachable(bound, interfaces);
    let is_local = reachable.iter().all(|(addr, _)| addr.ip().is_loopback());
    if reachable.is_empty() {
        let here = |addr: &SocketAddr| (SocketAddr::new(loopback(addr.ip()), addr.port()), "");
        reachable.extend(bound.iter().map(here));
    }
    let mut text = String::from("\nTo join, run one of:\n");
    push_commands(&reachable, &mut text);
    if let Some((addr, _)) = reachable.first() {
        let client = match addr {
            SocketAddr::V4(_) if addr.port() == DEFAULT_PORT => addr.ip().to_string(),
            SocketAddr::V6(_) if addr.port() == DEFAULT_PORT => format!("[{}]", addr.ip()),
            SocketAddr::V4(_) | SocketAddr::V6(_) => addr.to_string(),
        };
        let (ip, port) = (addr.ip(), addr.port());
        let _ = writeln!(text, "or, in any IRC client: server {ip}, port {port}, no TLS");
        let _ = writeln!(text, "or, in chatd's source: cargo run --example client -- {client}");
    }
    let mut ports: Vec<u16> = reachable.iter().map(|(addr, _)| addr.port()).collect();
    ports.sort_unstable();
    ports.dedup();
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    let is_everywhere = bound.iter().any(|addr| addr.ip().is_unspecified());
    let _ = if is_local && is_everywhere {
        writeln!(text, "Others cannot join: this machine has no address in a network.")
    } else if is_local {
        writeln!(text, "Others cannot join. To let them, pass --bind 0.0.0.0:{}", ports[0])
    } else {
        writeln!(
            text,
            "If others cannot connect, let TCP {} inbound through this machine's firewall.",
            ports.join(", ")
        )
    };
    text
}

/// A command for each address, and behind it the interface: to a shell that is a comment.
fn push_commands(reachable: &[(SocketAddr, &str)], text: &mut String) {
    let shown = &reachable[..reachable.len().min(ADDRESSES_MAX)];
    let command = |addr: &SocketAddr| format!("nc {} {}", addr.ip(), addr.port());
    let width = shown.iter().map(|(addr, _)| command(addr).len()).max().unwrap_or(0);
    for (addr, name) in shown {
        let command = command(addr);
        let _ = match *name {
            "" => writeln!(text, "    {command}"),
            name => writeln!(text, "    {command:width$}  # {name}"),
        };
    }
    if reachable.len() > ADDRESSES_MAX {
        let _ = writeln!(text, "    … and {} more", reachable.len() - ADDRESSES_MAX);
    }
}

fn loopback(ip: IpAddr) -> IpAddr {
    if ip.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface((name, ip): &(&str, &str)) -> Interface {
        Interface { name: (*name).to_owned(), ip: ip.parse().unwrap(), is_tunnel: false }
    }

    fn text(bound: &[&str], interfaces: &[(&str, &str)]) -> String {
        let bound: Vec<SocketAddr> = bound.iter().map(|addr| addr.parse().unwrap()).collect();
        how_to_join(&bound, &interfaces.iter().map(interface).collect::<Vec<_>>())
    }

    #[test]
    fn the_most_useful_address_comes_first() {
        let mut interfaces: Vec<Interface> = [
            ("docker0", "172.17.0.1"),
            ("br-5f3a", "172.18.0.1"),
            ("virbr0", "192.168.122.1"),
            ("tailscale0", "100.64.0.1"),
            ("tun0", "10.8.0.2"),
            ("mullvad", "10.64.0.2"),
            ("eth0", "2001:db8::7"),
            ("eth1", "10.1.0.7"),
            ("br0", "192.168.1.10"),
            ("wlan0", "2001:db8::8"),
        ]
        .iter()
        .map(interface)
        .collect();
        interfaces[5].is_tunnel = true;
        let sorted = |default_route: &[&str]| {
            let route: Vec<IpAddr> = default_route.iter().map(|ip| ip.parse().unwrap()).collect();
            let mut sorted = interfaces.clone();
            sorted.sort_by_key(|interface| rank(interface, &route));
            sorted.into_iter().map(|interface| interface.name).collect::<Vec<_>>()
        };
        // This machine shares its network with the virtual machines inside it.
        assert_eq!(sorted(&["172.18.0.1"])[..3], ["br-5f3a", "eth1", "br0"]);
        let last = ["docker0", "br-5f3a", "virbr0", "tailscale0", "tun0", "mullvad"];
        let names = sorted(&["192.168.1.10", "2001:db8::8"]);
        assert_eq!(names[..4], ["br0", "wlan0", "eth1", "eth0"]);
        assert_eq!(names[4..], last);
        // All traffic goes through a tunnel.
        let names = sorted(&["10.8.0.2"]);
        assert_eq!(names[..6], ["eth1", "br0", "eth0", "wlan0", "tun0", "docker0"]);
    }

    #[test]
    fn the_addresses_that_others_can_reach() {
        let interfaces = [("eth0", "192.168.1.10"), ("wlan0", "10.0.0.7"), ("eth0", "2001:db8::1")];
        assert_eq!(
            text(&["0.0.0.0:55555"], &interfaces),
            "\nTo join, run one of:\n    \
             nc 192.168.1.10 55555  # eth0\n    \
             nc 10.0.0.7 55555      # wlan0\n\
             or, in any IRC client: server 192.168.1.10, port 55555, no TLS\n\
             or, in chatd's source: cargo run --example client -- 192.168.1.10\n\
             If others cannot connect, let TCP 55555 inbound through this machine's firewall.\n"
        );
    }

    #[test]
    fn other_ports_and_families() {
        let interfaces = [("eth0", "2001:db8::1"), ("eth0", "192.168.1.10"), ("tun0", "10.0.0.7")];
        let bound = ["[::]:7000", "192.168.1.10:7001", "203.0.113.7:7001"];
        assert_eq!(
            text(&bound, &interfaces),
            "\nTo join, run one of:\n    \
             nc 2001:db8::1 7000   # eth0\n    \
             nc 192.168.1.10 7001  # eth0\n    \
             nc 203.0.113.7 7001\n\
             or, in any IRC client: server 2001:db8::1, port 7000, no TLS\n\
             or, in chatd's source: cargo run --example client -- [2001:db8::1]:7000\n\
             If others cannot connect, let TCP 7000, 7001 inbound through this machine's firewall.\n"
        );
    }

    #[test]
    fn four_lines_and_how_many_more_there_are() {
        let ips: Vec<String> = (1..=6).map(|number| format!("10.0.0.{number}")).collect();
        let interfaces: Vec<(&str, &str)> = ips.iter().map(|ip| ("eth0", ip.as_str())).collect();
        let shown = |count: usize| text(&["0.0.0.0:7000"], &interfaces[..count]);
        assert!(shown(4).contains("nc 10.0.0.4 7000  # eth0\nor,"), "{}", shown(4));
        assert!(
            shown(6).contains("nc 10.0.0.4 7000  # eth0\n    … and 2 more\nor,"),
            "{}",
            shown(6)
        );
    }

    #[test]
    fn where_only_this_machine_can_join_it_says_so() {
        let without_network = text(&["0.0.0.0:7000"], &[]);
        assert!(without_network.contains("    nc 127.0.0.1 7000\n"), "{without_network}");
        assert!(without_network.contains("cannot join: this machine has no"), "{without_network}");
        let local = text(&["[::1]:7000"], &[("eth0", "192.168.1.10")]);
        assert!(local.contains("    nc ::1 7000\n"), "{local}");
        let end = "Others cannot join. To let them, pass --bind 0.0.0.0:7000\n";
        assert!(local.ends_with(end), "{local}");
    }
}
