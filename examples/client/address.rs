//! Where the server is, as the user says it, and what to tell the user when it cannot be reached.

use std::fmt;
use std::io;
use std::net::{Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use chatd::banner::DEFAULT_PORT;

/// A host, by name or by number, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// Without the brackets of an IPv6 address.
    host: String,
    /// As the user said it; else [`DEFAULT_PORT`].
    port: Option<u16>,
}

impl FromStr for Address {
    type Err = String;

    /// Reads `HOST[:PORT]`, where an IPv6 address stands in brackets if a port follows.
    fn from_str(text: &str) -> Result<Self, String> {
        let (host, port) = if let Some(bracketed) = text.strip_prefix('[') {
            let (host, rest) = bracketed.split_once(']').ok_or("the closing ] is missing")?;
            if !is_ipv6(host) {
                return Err(format!("[{host}] is not an IPv6 address"));
            }
            match rest.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if rest.is_empty() => (host, None),
                None => return Err(format!("expected :PORT after ], not {rest:?}")),
            }
        } else if is_ipv6(text) {
            (text, None)
        } else {
            match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            }
        };
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("the host is missing".to_owned());
        }
        if host.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("a number alone is no host: say HOST PORT".to_owned());
        }
        let port = match port {
            None => None,
            Some(port) => match port.parse() {
                Ok(port) if port > 0 => Some(port),
                _ => return Err(format!("{port:?} is not a port (1 to 65535)")),
            },
        };
        Ok(Self { host: host.to_owned(), port })
    }
}

/// Whether this is an IPv6 address, perhaps with the interface it is on, as in `fe80::1%eth0`.
fn is_ipv6(host: &str) -> bool {
    let (address, interface) = host.split_once('%').unwrap_or((host, "any"));
    address.parse::<Ipv6Addr>().is_ok() && !interface.is_empty()
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port())
        } else {
            write!(f, "{}:{}", self.host, self.port())
        }
    }
}

impl Address {
    fn port(&self) -> u16 {
        self.port.unwrap_or(DEFAULT_PORT)
    }

    /// The address with a port that is given apart from it, if it is.
    pub(crate) fn with_port(self, port: Option<u16>) -> Result<Self, String> {
        match (self.port, port) {
            (Some(_), Some(port)) => Err(format!("{self} and {port}: the port is said twice")),
            (before, port) => Ok(Self { host: self.host, port: before.or(port) }),
        }
    }

    /// Looks the name up. This may block for as long as the system's resolver does, so it happens
    /// once, before there is a reactor to hold up.
    pub(crate) fn resolve(&self) -> Result<Vec<SocketAddr>, String> {
        let unknown = |why: &dyn fmt::Display| {
            format!("cannot find the host \"{}\" ({why}); is the name spelled right?", self.host)
        };
        let addresses: Vec<_> = match (self.host.as_str(), self.port()).to_socket_addrs() {
            Ok(addresses) => addresses.collect(),
            Err(error) => return Err(unknown(&error)),
        };
        if addresses.is_empty() { Err(unknown(&"it has no address")) } else { Ok(addresses) }
    }

    /// Says why the server was not reached, and what to look at next.
    pub(crate) fn explain(&self, error: &io::Error) -> String {
        let kind = error.kind();
        if kind == io::ErrorKind::ConnectionRefused {
            return format!(
                "{self} refuses the connection; is chatd running there, and on that port?"
            );
        }
        if [
            io::ErrorKind::TimedOut,
            io::ErrorKind::HostUnreachable,
            io::ErrorKind::NetworkUnreachable,
        ]
        .contains(&kind)
        {
            return format!(
                "{self} does not answer; wrong address, another network, or a firewall that drops \
                 inbound TCP {}?",
                self.port()
            );
        }
        format!("cannot connect to {self}: {error}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_address() {
        for (text, shown) in [
            ("example.org", "example.org:55555"),
            ("example.org:4000", "example.org:4000"),
            ("192.168.1.10", "192.168.1.10:55555"),
            ("[::1]", "[::1]:55555"),
            ("[::1]:4000", "[::1]:4000"),
            ("fe80::1", "[fe80::1]:55555"),
            ("fe80::1%eth0", "[fe80::1%eth0]:55555"),
        ] {
            let address: Address = text.parse().expect(text);
            assert_eq!(address.to_string(), shown);
            let again: Address = shown.parse().expect(shown);
            assert_eq!(again.to_string(), shown);
        }
    }

    #[test]
    fn the_port_may_be_said_as_in_netcat_but_once() {
        for (host, shown) in [
            ("example.org", "example.org:4000"),
            ("::1", "[::1]:4000"),
            ("[::1]", "[::1]:4000"),
            ("192.168.1.10", "192.168.1.10:4000"),
        ] {
            let address: Address = host.parse().expect(host);
            assert_eq!(
                address.with_port(Some(4000)).map(|it| it.to_string()),
                Ok(shown.to_owned())
            );
        }
        let address: Address = "host:55555".parse().expect("an address");
        assert_eq!(address.clone().with_port(None), Ok(address.clone()));
        assert!(address.with_port(Some(55555)).is_err());
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            ":4000",
            "4000",
            "host:",
            "host:0",
            "host:65536",
            "host:x",
            "[::1",
            "[host]",
            "[::1]4000",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn errors_say_what_to_look_at() {
        let address: Address = "192.0.2.1:4000".parse().expect("an address");
        let refused = address.explain(&io::ErrorKind::ConnectionRefused.into());
        assert!(refused.contains("is chatd running there, and on that port?"), "{refused}");
        let silent = address.explain(&io::ErrorKind::TimedOut.into());
        assert!(silent.contains("firewall that drops inbound TCP 4000"), "{silent}");
    }
}
