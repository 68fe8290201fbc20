//! One attack beside one room: a quiet time, the attack, and what must hold after it.

use crate::Result;
use crate::generator::{Attack, Plan, Run};
use crate::process::{Kind, Server, generate};
use crate::room::{Room, Seen};
use crate::system::{Accounts, Place, forget_peak, pinned};
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// chatd's own default for what a client may fall behind.
const BACKLOG: usize = 1 << 20;
/// The server lets go of descriptors in less than this when their peers are gone. What they said
/// before is said first, however much that is.
const RELEASE: Duration = Duration::from_secs(30);

pub(crate) struct Trial {
    pub(crate) name: String,
    /// All others are chatd's own.
    pub(crate) options: &'static [&'static str],
    pub(crate) members: usize,
    /// How often somebody says a line.
    pub(crate) every: Duration,
    pub(crate) quiet: Duration,
    /// One after another.
    pub(crate) attacks: Vec<Attack>,
    /// By so many bytes the server's resident memory may grow.
    pub(crate) growth_max: u64,
}

/// One line of the table.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) options: String,
    pub(crate) quiet: Phase,
    pub(crate) attacked: Phase,
    pub(crate) run: Run,
    pub(crate) growth_max: u64,
    pub(crate) lost: u64,
    pub(crate) dropped: usize,
    pub(crate) descriptors_left: Option<i64>,
    /// How long it took until they were back.
    pub(crate) release: Duration,
    pub(crate) pinned: bool,
    pub(crate) failures: Vec<String>,
}

/// What the room noticed, and what the server spent.
pub(crate) struct Phase {
    pub(crate) seen: Seen,
    pub(crate) seconds: f64,
    /// In nanoseconds.
    pub(crate) server_cpu: Option<u64>,
    /// Bytes by which the resident memory rose at most.
    pub(crate) growth: Option<u64>,
    pub(crate) descriptors_most: Option<u64>,
}

impl Trial {
    pub(crate) fn run(&self) -> Result<Row> {
        let mut server = Server::start(Kind::Chatd, BACKLOG, self.options)?;
        let process = server.process();
        let room = Room::new(server.address, self.members, self.every)?;
        // Started before this thread is pinned: its children have a place of their own.
        let (begin, signal) = mpsc::channel();
        let is_over = Arc::new(AtomicBool::new(false));
        let attackers = {
            let (address, attacks, is_over) =
                (server.address, self.attacks.clone(), Arc::clone(&is_over));
            thread::spawn(move || {
                let run = signal.recv().map_err(|_| "the room failed".to_owned());
                let run = run.and_then(|()| attack(address, process, attacks));
                is_over.store(true, Ordering::Release);
                run
            })
        };
        let (played, is_pinned) =
            pinned(Place::Generator, || self.play(room, process, &begin, &is_over));
        let mut row = played?;
        let (run, apart) = attackers.join().map_err(|_| "the attackers panicked")??;
        row.pinned = is_pinned && apart && server.pinned;
        row.run = run;
        if let Some(status) = server.end() {
            row.failures.push(format!("the server ended: {status}"));
        }
        self.judge(&mut row);
        Ok(row)
    }

    fn play(
        &self,
        mut room: Room,
        process: u32,
        begin: &mpsc::Sender<()>,
        is_over: &AtomicBool,
    ) -> Result<Row> {
        room.talk_for(self.quiet / 4)?;
        let quiet = Phase::of(process, &mut room, |room, _| room.talk_for(self.quiet))?;
        let before = descriptors(process);
        forget_peak(process);
        begin.send(())?;
        let attacked = Phase::of(process, &mut room, |room, most| {
            room.talk(|| {
                *most = (*most).max(descriptors(process));
                is_over.load(Ordering::Acquire)
            })
        })?;
        let (left, release) = released(&mut room, process, before)?;
        let serves = room.is_open(RELEASE)?;
        let lost = room.fall_silent()?;
        let mut failures = Vec::new();
        if !serves {
            failures.push("nobody could come in after the attack".to_owned());
        }
        Ok(Row {
            name: self.name.clone(),
            options: self.options.join(" "),
            quiet,
            attacked,
            run: Run::default(),
            release,
            growth_max: self.growth_max,
            lost,
            dropped: room.dropped(),
            descriptors_left: left,
            pinned: true,
            failures,
        })
    }

    /// What must hold whatever peers do.
    fn judge(&self, row: &mut Row) {
        let mut fail = |words: String| row.failures.push(words);
        if row.lost > 0 {
            fail(format!("{} lines were lost", row.lost));
        }
        if row.dropped > 0 {
            fail(format!("{} well-behaved members were dropped", row.dropped));
        }
        if let Some(growth) = row.attacked.growth.filter(|&growth| growth > self.growth_max) {
            fail(format!("{growth} bytes more memory, over the bound of {}", self.growth_max));
        }
        // The visitor may be there at one time and not at the other.
        if let Some(left) = row.descriptors_left.filter(|&left| left > 1) {
            fail(format!("{left} descriptors did not come back"));
        }
        row.failures.append(&mut row.run.failures);
    }
}

fn attack(
    server: std::net::SocketAddr,
    process: u32,
    attacks: Vec<Attack>,
) -> Result<(Run, bool), String> {
    let (mut all, mut all_pinned) = (Run { cpu: Some(0), ..Run::default() }, true);
    for attack in attacks {
        let (run, is_pinned) = generate(&Plan { server, process, attack })
            .map_err(|error| format!("attackers: {error}"))?;
        all.add(run);
        all_pinned &= is_pinned;
    }
    Ok((all, all_pinned))
}

impl Phase {
    fn of(
        process: u32,
        room: &mut Room,
        talk: impl FnOnce(&mut Room, &mut Option<u64>) -> Result<Seen>,
    ) -> Result<Self> {
        let (before, began) = (Accounts::of(process), Instant::now());
        let mut descriptors_most = descriptors(process);
        let seen = talk(room, &mut descriptors_most)?;
        let (after, seconds) = (Accounts::of(process), began.elapsed().as_secs_f64());
        Ok(Self {
            seen,
            seconds,
            server_cpu: after.cpu.zip(before.cpu).map(|(after, before)| after - before),
            growth: after.peak.zip(before.peak).map(|(after, before)| after.saturating_sub(before)),
            descriptors_most,
        })
    }

    pub(crate) fn busy(&self) -> Option<f64> {
        Some(100.0 * self.server_cpu? as f64 / 1e9 / self.seconds)
    }
}

/// How many descriptors a process has open: the size of that directory, since Linux 6.2.
fn descriptors(process: u32) -> Option<u64> {
    fs::metadata(format!("/proc/{process}/fd")).ok().map(|directory| directory.len())
}

/// Talks on until the descriptors are back, but not for ever. Returns how many more there are.
fn released(room: &mut Room, process: u32, before: Option<u64>) -> Result<(Option<i64>, Duration)> {
    let since = Instant::now();
    loop {
        let now = descriptors(process);
        let left = now.zip(before).map(|(now, before)| now.cast_signed() - before.cast_signed());
        if left.is_none_or(|left| left <= 0) || since.elapsed() > RELEASE {
            return Ok((left, since.elapsed()));
        }
        room.talk_for(Duration::from_millis(20))?;
    }
}
