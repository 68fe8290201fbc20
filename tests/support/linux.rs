//! What Linux tells of a process in `/proc`.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Where a process listens on the loopback interface.
pub(crate) fn listening(pid: u32) -> Option<SocketAddr> {
    let links = fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let links: Vec<_> = links.filter_map(|fd| fs::read_link(fd.ok()?.path()).ok()).collect();
    let is_its_own = |row: &Row| {
        links.iter().any(|link| link.to_str() == Some(&format!("socket:[{}]", row.inode)))
    };
    let row = sockets().into_iter().find(|row| row.state == LISTEN && is_its_own(row))?;
    Some((Ipv4Addr::LOCALHOST, row.local_port).into())
}

/// When the server's end of this connection will probe its peer, if nothing else is due on it.
pub(crate) fn keepalive_in(server: SocketAddr, client: SocketAddr) -> Option<Duration> {
    let row = server_end(server, client)?;
    (row.timer == KEEPALIVE).then_some(row.due)
}

/// Bytes at the server's end of a connection: sent and not taken by the peer, come and not read by
/// the server.
pub(crate) fn queued(server: SocketAddr, client: SocketAddr) -> (usize, usize) {
    server_end(server, client).map_or((0, 0), |row| row.queued)
}

/// The states of all connections to a server, also those that no process has any more.
pub(crate) fn states(server: SocketAddr) -> BTreeSet<String> {
    let rows = sockets().into_iter().filter(|row| row.local_port == server.port());
    rows.map(|row| row.state).collect()
}

/// How often its threads were given a processor, and for how long altogether.
pub(crate) fn work(pid: u32) -> (u64, Duration) {
    let mut total = (0, Duration::ZERO);
    for task in fs::read_dir(format!("/proc/{pid}/task")).expect("the process lives") {
        let path = task.expect("the process lives").path().join("schedstat");
        // A thread may end in between.
        let Ok(text) = fs::read_to_string(path) else { continue };
        let fields: Vec<u64> = text.split_whitespace().map_while(|it| it.parse().ok()).collect();
        total.0 += fields[2];
        total.1 += Duration::from_nanos(fields[0]);
    }
    total
}

/// The most memory it ever had, in bytes.
pub(crate) fn memory_peak(pid: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process lives");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let kib = line.trim().strip_suffix(" kB").expect("KiB");
    kib.parse::<usize>().expect("a number") * 1024
}

const LISTEN: &str = "0A";
const KEEPALIVE: &str = "02";
/// Ticks a second in what `/proc` tells, on all machines that Linux runs on today.
const USER_HZ: u64 = 100;

/// A line of `/proc/net/tcp`.
struct Row {
    local_port: u16,
    peer_port: u16,
    state: String,
    timer: String,
    due: Duration,
    queued: (usize, usize),
    inode: String,
}

fn server_end(server: SocketAddr, client: SocketAddr) -> Option<Row> {
    let is_it = |row: &Row| row.local_port == server.port() && row.peer_port == client.port();
    sockets().into_iter().find(is_it)
}

fn sockets() -> Vec<Row> {
    let table = fs::read_to_string("/proc/net/tcp").expect("a table of connections");
    table.lines().skip(1).filter_map(row).collect()
}

fn row(line: &str) -> Option<Row> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let port = |field: &str| u16::from_str_radix(field.split_once(':')?.1, 16).ok();
    let (sent, come) = fields.get(4)?.split_once(':')?;
    let bytes = |field| usize::from_str_radix(field, 16).ok();
    let (timer, due) = fields.get(5)?.split_once(':')?;
    let ticks = u64::from_str_radix(due, 16).ok()?;
    Some(Row {
        local_port: port(fields[1])?,
        peer_port: port(fields[2])?,
        state: fields[3].to_owned(),
        timer: timer.to_owned(),
        due: Duration::from_millis(ticks * 1000 / USER_HZ),
        queued: (bytes(sent)?, bytes(come)?),
        inode: (*fields.get(9)?).to_owned(),
    })
}
