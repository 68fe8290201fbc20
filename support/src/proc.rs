//! What Linux tells of processes and connections in `/proc`. Elsewhere nothing is told: figures are
//! left out, and the tests that need them are for Linux.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a process has used.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct Accounts {
    /// Processor time of all its threads, in nanoseconds.
    pub cpu: Option<u64>,
    /// For how long they waited for a processor that others had, in nanoseconds.
    pub waited: Option<u64>,
    /// Resident bytes now.
    pub resident: Option<u64>,
    /// The most resident bytes since [`forget_peak`].
    pub peak: Option<u64>,
}

impl Accounts {
    /// Those of this process.
    pub fn of(pid: u32) -> Self {
        // Counted page by page: the sum in `status` lags behind by some hundred kilobytes.
        let resident = field(&format!("/proc/{pid}/smaps_rollup"), "Rss:");
        let peak = field(&format!("/proc/{pid}/status"), "VmHWM:");
        let scheduled = scheduled(pid);
        let cpu = scheduled.map(|it| it.ran);
        let waited = scheduled.map(|it| it.waited);
        Self { cpu, waited, resident, peak }
    }

    /// Those of whoever asks.
    pub fn of_self() -> Self {
        Self::of(std::process::id())
    }
}

/// Lets the peak of a process start again from what is resident now.
pub fn forget_peak(pid: u32) {
    _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
}

/// The most memory it ever had, in bytes.
pub fn memory_peak(pid: u32) -> usize {
    let peak = Accounts::of(pid).peak.expect("the process lives");
    usize::try_from(peak).expect("less than a usize")
}

/// How often its threads were given a processor, and for how long altogether.
pub fn work(pid: u32) -> (u64, Duration) {
    let scheduled = scheduled(pid).expect("the process lives");
    (scheduled.runs, Duration::from_nanos(scheduled.ran))
}

/// What the scheduler counts, of all threads together. Times are in nanoseconds; those in `stat` come
/// in ticks of ten milliseconds.
#[derive(Clone, Copy, Default)]
struct Scheduled {
    ran: u64,
    waited: u64,
    runs: u64,
}

fn scheduled(pid: u32) -> Option<Scheduled> {
    let mut total = Scheduled::default();
    for task in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        // A thread may end in between.
        let Ok(text) = fs::read_to_string(task.ok()?.path().join("schedstat")) else { continue };
        let fields: Vec<u64> = text.split_whitespace().map_while(|it| it.parse().ok()).collect();
        let [ran, waited, runs] = fields[..] else { return None };
        total.ran += ran;
        total.waited += waited;
        total.runs += runs;
    }
    Some(total)
}

/// How many descriptors a process has open.
pub fn descriptors(pid: u32) -> Option<usize> {
    let path = format!("/proc/{pid}/fd");
    // The size of that directory, since Linux 6.2.
    match usize::try_from(fs::metadata(&path).ok()?.len()).ok()? {
        0 => Some(fs::read_dir(&path).ok()?.count()),
        count => Some(count),
    }
}

/// How many threads a process has.
pub fn threads(pid: u32) -> Option<usize> {
    Some(fs::read_dir(format!("/proc/{pid}/task")).ok()?.count())
}

/// The bytes in a line `name: 123 kB`.
fn field(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// Where a process listens on the loopback interface.
pub fn listening(pid: u32) -> Option<SocketAddr> {
    let links = fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let links: Vec<_> = links.filter_map(|fd| fs::read_link(fd.ok()?.path()).ok()).collect();
    let is_its_own = |row: &Row| {
        links.iter().any(|link| link.to_str() == Some(&format!("socket:[{}]", row.inode)))
    };
    let row = connections().into_iter().find(|row| row.state == LISTEN && is_its_own(row))?;
    Some((Ipv4Addr::LOCALHOST, row.local_port).into())
}

/// When the server's end of this connection will probe its peer, if nothing else is due on it.
pub fn keepalive_in(server: SocketAddr, client: SocketAddr) -> Option<Duration> {
    let row = server_end(server, client)?;
    (row.timer == KEEPALIVE).then_some(row.due)
}

/// Bytes at the server's end of a connection: sent and not taken by the peer, come and not read by
/// the server.
pub fn queued(server: SocketAddr, client: SocketAddr) -> (usize, usize) {
    server_end(server, client).map_or((0, 0), |row| row.queued)
}

/// The states of all connections to a server, also those that no process has any more.
pub fn states(server: SocketAddr) -> BTreeSet<String> {
    let rows = connections().into_iter().filter(|row| row.local_port == server.port());
    rows.map(|row| row.state).collect()
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
    connections().into_iter().find(is_it)
}

fn connections() -> Vec<Row> {
    let table = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
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
