//! What is told at the start on a machine with many addresses.

use std::process::Command;

use chatd_support::{Server, eventually};

use crate::CHATD;
use crate::wire::{in_namespace, run};

/// In the order of their making, which is that in which the system lists them.
const INTERFACES: [(&str, &str); 6] = [
    ("docker0", "172.17.0.1"),
    ("br-1f2e3d", "172.18.0.1"),
    ("tun0", "10.8.0.2"),
    ("tailscale0", "100.64.0.1"),
    ("wlan0", "10.1.0.7"),
    ("eth0", "192.168.1.10"),
];

#[test]
fn the_address_of_the_default_route_comes_first_and_bridges_and_tunnels_last() {
    in_namespace(|| {
        run("ip link set lo up");
        for (number, (name, address)) in INTERFACES.iter().enumerate() {
            let cable = format!("cable{number}");
            let is_bridge = name.starts_with("docker") || name.starts_with("br-");
            if is_bridge {
                run(&format!("ip link add {name} type bridge"));
                run(&format!("ip link add {cable} type veth peer name end{number}"));
                run(&format!("ip link set end{number} master {name} up"));
            } else {
                // A tunnel by its name. A real one has no carrier without somebody behind it.
                run(&format!("ip link add {cable} type veth peer name {name}"));
            }
            run(&format!("ip link set {cable} up"));
            run(&format!("ip addr add {address}/24 dev {name}"));
            run(&format!("ip link set {name} up"));
        }
        run("ip route add default via 192.168.1.1 dev eth0");
        eventually("all carriers", || {
            let links = Command::new("ip").args(["-o", "link"]).output().expect("ip runs").stdout;
            let links = String::from_utf8(links).expect("ASCII");
            let is_up = |(name, _): &(&str, &str)| {
                let is_it = |link: &&str| {
                    [":", "@"].iter().any(|end| link.contains(&format!(": {name}{end}")))
                };
                links.lines().find(is_it).is_some_and(|link| link.contains(" state UP "))
            };
            INTERFACES.iter().all(is_up).then_some(())
        });
        let server = Server::launch(CHATD.command("--bind 0.0.0.0:55555"));
        server.expect_stdout("firewall.\n");
        assert_eq!(
            server.stdout(),
            "listening on 0.0.0.0:55555\n\n\
             To join, open http://192.168.1.10:55555/ in a browser, on a phone too\n\
             or run one of:\n    \
             nc 192.168.1.10 55555  # eth0\n    \
             nc 10.1.0.7 55555      # wlan0\n    \
             nc 172.17.0.1 55555    # docker0\n    \
             nc 172.18.0.1 55555    # br-1f2e3d\n    \
             … and 2 more\n\
             or take any IRC client: server 192.168.1.10, port 55555, no TLS\n\
             or run, in chatd's source: cargo run --example client -- 192.168.1.10\n\
             If others cannot connect, let TCP 55555 inbound through this machine's firewall.\n"
        );
    });
}

#[test]
fn where_there_is_no_network_it_says_that_others_cannot_join() {
    in_namespace(|| {
        run("ip link set lo up");
        let server = Server::launch(CHATD.command("--bind 0.0.0.0:55555"));
        server.expect_stdout("    nc 127.0.0.1 55555\n");
        server.expect_stdout("Others cannot join: this machine has no address in a network.\n");
    });
}
