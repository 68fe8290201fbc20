//! What the operator sees first: where the server listens, and what to tell the others.

mod interfaces;
mod web;

use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::thread;

use crate::wire::Protocols;
use interfaces::{Interface, interfaces};
use web::Screen;

/// The port that the client takes if it is told none.
pub const DEFAULT_PORT: u16 = 55555;

/// How many ways to join are shown: a machine can have many addresses.
const ADDRESSES_MAX: usize = 4;

/// Writes the banner to stdout, from a thread of its own: a stdout that nobody reads must not keep
/// the room closed.
pub fn print(bound: &[SocketAddr], spoken: &Protocols, quiet: bool) {
    let mut text = String::new();
    for addr in bound {
        let _ = writeln!(text, "listening on {addr}");
    }
    if !quiet {
        let screen = Screen::of_stdout();
        text.push_str(&how_to_join(bound, &interfaces(), spoken, screen));
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

fn how_to_join(
    bound: &[SocketAddr],
    interfaces: &[Interface],
    spoken: &Protocols,
    screen: Option<Screen>,
) -> String {
    let mut reachable = reachable(bound, interfaces);
    let is_local = reachable.iter().all(|(addr, _)| addr.ip().is_loopback());
    if reachable.is_empty() {
        let here = |addr: &SocketAddr| (SocketAddr::new(loopback(addr.ip()), addr.port()), "");
        reachable.extend(bound.iter().map(here));
    }
    let programs = programs(&reachable, spoken);
    let advice = advice(bound, &reachable, is_local);
    let mut text = String::from("\n");
    // What stands before the programs.
    let mut lead = "To join, ";
    if spoken.web.is_some() {
        if let Some(url) = reachable.iter().find_map(|&(addr, _)| web::url(addr)) {
            // Whose phone could follow, if nobody else can join?
            let phone = if is_local { "" } else { ", on a phone too" };
            let _ = writeln!(text, "To join, open {url} in a browser{phone}");
            let lines_below = programs.lines().count() + advice.lines().count() + 1;
            let screen = screen.filter(|_| !is_local);
            if let Some(code) = screen.and_then(|screen| web::code(&url, screen, lines_below)) {
                text.push_str(&code);
            }
            lead = "or ";
        } else if let Some((addr, _)) = reachable.first() {
            let _ = writeln!(text, "{}", web::blocked(addr.port()));
        }
    }
    if !programs.is_empty() {
        text = text + lead + &programs;
    }
    text + &advice
}

/// What to do if others cannot join.
fn advice(bound: &[SocketAddr], reachable: &[(SocketAddr, &str)], is_local: bool) -> String {
    let mut ports: Vec<u16> = reachable.iter().map(|(addr, _)| addr.port()).collect();
    ports.sort_unstable();
    ports.dedup();
    let is_everywhere = bound.iter().any(|addr| addr.ip().is_unspecified());
    if is_local && is_everywhere {
        "Others cannot join: this machine has no address in a network.\n".to_owned()
    } else if is_local {
        format!("Others cannot join. To let them, pass --bind 0.0.0.0:{}\n", ports[0])
    } else {
        let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
        let ports = ports.join(", ");
        format!(
            "If others cannot connect, let TCP {ports} inbound through this machine's firewall.\n"
        )
    }
}

/// What to run to join.
fn programs(reachable: &[(SocketAddr, &str)], spoken: &Protocols) -> String {
    let (mut text, mut or) = (String::new(), "");
    if spoken.text {
        text.push_str("run one of:\n");
        push_commands(reachable, &mut text);
        or = "or ";
    }
    let Some((addr, _)) = reachable.first() else { return text };
    let client = match addr {
        SocketAddr::V4(_) if addr.port() == DEFAULT_PORT => addr.ip().to_string(),
        SocketAddr::V6(_) if addr.port() == DEFAULT_PORT => format!("[{}]", addr.ip()),
        SocketAddr::V4(_) | SocketAddr::V6(_) => addr.to_string(),
    };
    let (ip, port) = (addr.ip(), addr.port());
    if spoken.irc {
        let _ = writeln!(text, "{or}take any IRC client: server {ip}, port {port}, no TLS");
        or = "or ";
    }
    if spoken.irc || spoken.text {
        let _ =
            writeln!(text, "{or}run, in chatd's source: cargo run --example client -- {client}");
    }
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
    use std::sync::Arc;

    use super::*;

    fn interface((name, ip): &(&str, &str)) -> Interface {
        Interface { name: (*name).to_owned(), ip: ip.parse().unwrap(), is_tunnel: false }
    }

    fn text(bound: &[&str], interfaces: &[(&str, &str)]) -> String {
        let bound: Vec<SocketAddr> = bound.iter().map(|addr| addr.parse().unwrap()).collect();
        let interfaces: Vec<Interface> = interfaces.iter().map(interface).collect();
        how_to_join(&bound, &interfaces, &Protocols::default(), None)
    }

    #[test]
    fn the_addresses_that_others_can_reach() {
        let interfaces = [("eth0", "192.168.1.10"), ("wlan0", "10.0.0.7"), ("eth0", "2001:db8::1")];
        assert_eq!(
            text(&["0.0.0.0:55555"], &interfaces),
            "\nTo join, open http://192.168.1.10:55555/ in a browser, on a phone too\n\
             or run one of:\n    \
             nc 192.168.1.10 55555  # eth0\n    \
             nc 10.0.0.7 55555      # wlan0\n\
             or take any IRC client: server 192.168.1.10, port 55555, no TLS\n\
             or run, in chatd's source: cargo run --example client -- 192.168.1.10\n\
             If others cannot connect, let TCP 55555 inbound through this machine's firewall.\n"
        );
    }

    #[test]
    fn other_ports_and_families() {
        let interfaces = [("eth0", "2001:db8::1"), ("eth0", "192.168.1.10"), ("tun0", "10.0.0.7")];
        let bound = ["[::]:7000", "192.168.1.10:7001", "203.0.113.7:7001"];
        assert_eq!(
            text(&bound, &interfaces),
            "\nTo join, open http://[2001:db8::1]:7000/ in a browser, on a phone too\n\
             or run one of:\n    \
             nc 2001:db8::1 7000   # eth0\n    \
             nc 192.168.1.10 7001  # eth0\n    \
             nc 203.0.113.7 7001\n\
             or take any IRC client: server 2001:db8::1, port 7000, no TLS\n\
             or run, in chatd's source: cargo run --example client -- [2001:db8::1]:7000\n\
             If others cannot connect, let TCP 7000, 7001 inbound through this machine's firewall.\n"
        );
    }

    #[test]
    fn four_lines_and_how_many_more_there_are() {
        let ips: Vec<String> = (1..=6).map(|number| format!("10.0.0.{number}")).collect();
        let interfaces: Vec<(&str, &str)> = ips.iter().map(|ip| ("eth0", ip.as_str())).collect();
        let shown = |count: usize| text(&["0.0.0.0:7000"], &interfaces[..count]);
        assert!(shown(4).contains("nc 10.0.0.4 7000  # eth0\nor take"), "{}", shown(4));
        assert!(
            shown(6).contains("nc 10.0.0.4 7000  # eth0\n    … and 2 more\nor take"),
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

    #[test]
    fn only_what_is_spoken_is_told() {
        let bound: Vec<SocketAddr> = vec!["192.168.1.10:6667".parse().unwrap()];
        let told = |text, irc, is_web: bool| {
            let web = is_web.then(Arc::default);
            how_to_join(&bound, &[], &Protocols { text, irc, web }, None)
        };
        let blocked = told(true, true, true);
        assert!(blocked.starts_with("\nNo browser opens port 6667, "), "{blocked}");
        assert!(
            blocked.contains("--bind 0.0.0.0:55555\nTo join, run one of:\n    nc "),
            "{blocked}"
        );
        let irc = told(false, true, false);
        assert!(irc.starts_with("\nTo join, take any IRC client: "), "{irc}");
        assert!(!told(true, false, false).contains("IRC"));
        let page = text(&["192.168.1.10:55555"], &[]);
        let bound: Vec<SocketAddr> = vec!["192.168.1.10:55555".parse().unwrap()];
        let spoken = Protocols { text: false, irc: false, ..Protocols::default() };
        let alone = how_to_join(&bound, &[], &spoken, None);
        assert_eq!(alone.lines().nth(1), page.lines().nth(1));
        assert_eq!(alone.lines().nth(2), page.lines().last());
    }
}
