//! This machine's addresses, the most useful first.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

/// How the names of interfaces begin that lead to the other end of a tunnel: their addresses are shown
/// last.
const TUNNELS: &str = "tailscale tap tun utun wg zt";

/// How the names of interfaces begin behind which are containers and virtual machines inside this
/// machine, as long as the way out is another: their addresses are shown last, too.
const BRIDGES: &str =
    "br- bridge cali cni docker flannel lxcbr lxdbr podman vEthernet vboxnet veth virbr vmnet";

/// An address of this machine that others may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) name: String,
    pub(super) ip: IpAddr,
    /// Its other end is one machine.
    pub(super) is_tunnel: bool,
}

/// This machine's addresses that others may reach, sorted by how likely others can use them.
pub(super) fn interfaces() -> Vec<Interface> {
    let (mut interfaces, default_route) = (usable(), default_route());
    interfaces.sort_by_key(|interface| rank(interface, &default_route));
    interfaces
}

fn usable() -> Vec<Interface> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
        .map(|&(name, ip)| Interface {
            name: name.to_owned(),
            ip: ip.parse().unwrap(),
            is_tunnel: false,
        })
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
}
