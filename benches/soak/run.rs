//! The course of a run, and its verdicts.

use crate::Result;
use crate::crowd::{Crowd, DROPPED_BEHIND};
use crate::seat::Role;
use crate::server::{Held, Log, Server};
use crate::summary::Summary;
use crate::system::Accounts;
use std::time::{Duration, Instant};

/// What the accounts are looked at for: a server that spins or ticks shows within.
const IDLE: Duration = Duration::from_secs(2);
/// More of a processor than this is not idle, in percent. A busy loop takes all that it gets; a
/// tick every ten milliseconds takes about half of this.
const IDLE_MAX: f64 = 0.5;
/// Longer than the second in which the server gathers the comings of a crowd into one line.
const CALM: Duration = Duration::from_millis(1500);
/// Of the whole time the first crowd gets so much …
const WARM_UP_SHARE: u32 = 6;
/// … and so much is kept for the second one to go, and for the end.
const RESERVE: Duration = Duration::from_secs(8);
/// A machine on which this much more time is needed to say what has to be said gets it.
const EXTRA: Duration = Duration::from_secs(90);
/// So long the server may take to let go of what it holds after the last client: it waits for a
/// second for each to close its side.
const RELEASE: Duration = Duration::from_secs(30);
/// So many resident bytes more than after the first crowd may remain after the second. A first
/// crowd of ten seconds was seen to leave the heap up to 1.2 MiB short of where it stays from then
/// on. In one minute this is some 350 bytes per connection, and in twenty less than 20.
const GROWTH_MAX: u64 = 3 * 1024 * 1024;
/// How many are there when the server is stopped.
const LAST: usize = 50;
const PROGRESS: Duration = Duration::from_secs(10);

pub(crate) struct Run {
    pub(crate) server: Server,
    pub(crate) crowd: Crowd,
    pub(crate) started: Instant,
    pub(crate) summary: Summary,
    /// What does not hold.
    pub(crate) wrongs: Vec<String>,
}

/// Runs for about so long, prints what was seen, and fails if something was wrong.
pub(crate) fn run(minutes: u64, clients: usize, seed: u64) -> Result<()> {
    eprintln!("soak: {minutes} minutes, {clients} clients, --seed {seed}");
    let server = Server::start()?;
    let mut run = Run {
        crowd: Crowd::new(server.address, clients, seed)?,
        server,
        started: Instant::now(),
        summary: Summary::new(minutes, clients, seed),
        wrongs: Vec::new(),
    };
    if let Err(error) = run.play(Duration::from_secs(60 * minutes)) {
        run.wrongs.push(error.to_string());
        if let Some(status) = run.server.has_ended() {
            run.wrongs.push(format!("the server has ended: {status}"));
        }
    }
    let Run { server, crowd, mut summary, mut wrongs, started } = run;
    summary.crowd(&crowd);
    let log = server.log();
    judge_log(&log, &crowd, &mut wrongs);
    summary.log(&log);
    println!("{summary}");
    eprintln!("done in {:.0} s", started.elapsed().as_secs_f64());
    if wrongs.is_empty() {
        return Ok(());
    }
    Err(format!("this does not hold, with --seed {seed}:\n  {}", wrongs.join("\n  ")).into())
}

impl Run {
    fn play(&mut self, time: Duration) -> Result<()> {
        self.idle("nobody is there", IDLE)?;
        let fresh = self.server.held();
        let start = self.server.accounts();
        self.crowd.come()?;
        self.live("first crowd", self.started.elapsed() + time / WARM_UP_SHARE, 0)?;
        self.crowd.settle()?;
        self.crowd.go()?;
        self.wait_for_release(fresh)?;
        let warm = (self.server.held(), self.server.accounts());
        self.crowd.come()?;
        self.crowd.rest(CALM)?;
        self.idle("all are there and nobody does anything", 2 * IDLE)?;
        let bytes = self.crowd.room.bytes();
        self.live("second crowd", time.saturating_sub(RESERVE), bytes + 2 * DROPPED_BEHIND)?;
        self.crowd.settle()?;
        self.crowd.go()?;
        self.wait_for_release(fresh)?;
        self.idle("all have gone", IDLE)?;
        let end = (self.server.held(), self.server.accounts());
        self.judge([(fresh, start), warm, end]);
        self.stop()
    }

    /// Lets the crowd do what it does until that time, and until so many bytes were said.
    fn live(&mut self, name: &str, until: Duration, bytes: u64) -> Result<()> {
        let Self { server, crowd, started, .. } = self;
        let mut next = started.elapsed() + PROGRESS;
        let mut before = (crowd.tally.deliveries, server.accounts(), started.elapsed());
        crowd.live(|crowd| {
            let now = started.elapsed();
            if now >= next {
                let accounts = server.accounts();
                print_progress(name, crowd, now, &before, accounts);
                before = (crowd.tally.deliveries, accounts, now);
                next += PROGRESS;
            }
            if let Some(status) = server.has_ended() {
                return Err(format!("the server has ended: {status}").into());
            }
            Ok(now < until || (crowd.room.bytes() < bytes && now < until + EXTRA))
        })
    }

    /// Measures what the server does while nobody asks for anything.
    fn idle(&mut self, when: &'static str, time: Duration) -> Result<()> {
        let (cpu, from) = (self.server.accounts().cpu, self.started.elapsed());
        self.crowd.rest(time)?;
        let passed = self.started.elapsed().saturating_sub(from).as_secs_f64();
        if let Some((before, after)) = cpu.zip(self.server.accounts().cpu) {
            let busy = 100.0 * (after - before) as f64 / 1e9 / passed;
            self.summary.row(
                format!("processor while {when}"),
                format!("{busy:.2} %"),
                format!("at most {IDLE_MAX} %"),
            );
            if busy > IDLE_MAX {
                self.wrongs
                    .push(format!("the server takes {busy:.2} % of a processor while {when}"));
            }
        }
        Ok(())
    }

    /// Waits until the server holds what it held at first, or for long enough.
    fn wait_for_release(&mut self, fresh: Option<Held>) -> Result<()> {
        let by = Instant::now() + RELEASE;
        while self.server.held() != fresh && Instant::now() < by {
            self.crowd.rest(Duration::from_millis(100))?;
        }
        Ok(())
    }

    /// What the server held before, between and after the crowds.
    fn judge(&mut self, moments: [(Option<Held>, Accounts); 3]) {
        let [fresh, warm, end] = moments;
        let held = moments.map(|(held, _)| held);
        if let [Some(a), Some(b), Some(c)] = held {
            let row = |what: fn(Held) -> usize| format!("{} / {} / {}", what(a), what(b), what(c));
            let names = "before / between / after the crowds";
            self.summary.row(format!("descriptors {names}"), row(|h| h.descriptors), "equal");
            self.summary.row(format!("threads {names}"), row(|h| h.threads), "equal");
            if a != b || a != c {
                self.wrongs.push(format!("the server keeps what it held: {a:?}, {b:?}, {c:?}"));
            }
        }
        let resident = [fresh.1.resident, warm.1.resident, end.1.resident];
        if let ([Some(fresh), Some(warm), Some(end)], Some(peak)) = (resident, end.1.peak) {
            let growth = end.saturating_sub(warm);
            let kib = |bytes: u64| bytes / 1024;
            self.summary.row(
                "resident KiB before / between / after the crowds",
                format!("{} / {} / {}", kib(fresh), kib(warm), kib(end)),
                format!("between + {}", kib(GROWTH_MAX)),
            );
            self.summary.row("resident KiB at the peak", kib(peak).to_string(), "");
            if growth > GROWTH_MAX {
                let wrong = format!("{} KiB more resident than after the first crowd", kib(growth));
                self.wrongs.push(wrong);
            }
        }
    }

    /// The server is told to stop while some are there.
    fn stop(&mut self) -> Result<()> {
        let lurkers = self.crowd.with_role(|role| matches!(role, Role::Listener | Role::Lurker));
        let last: Vec<usize> = lurkers.into_iter().take(LAST).collect();
        for &index in &last {
            self.crowd.enter(index)?;
        }
        let are_in = |crowd: &Crowd| crowd.hearings().filter(|(_, h)| h.is_member()).count();
        let count = last.len();
        self.crowd.wait("the last to be in", |_| {}, |crowd| are_in(crowd) == count)?;
        self.crowd.rest(CALM)?;
        self.crowd.expect_end();
        self.server.terminate()?;
        self.crowd.wait("the server to stop", |_| {}, |crowd| crowd.connected() == 0)?;
        let status = self.server.wait()?;
        self.summary.row("exit after SIGTERM", status.to_string(), "0");
        let told = self.crowd.counts.told_of_the_end;
        self.summary.row("told that the server stops", told.to_string(), count.to_string());
        if told != count as u64 {
            self.wrongs.push(format!("{told} of {count} were told that the server stops"));
        }
        if !status.success() {
            self.wrongs.push(format!("the server ends with {status}"));
        }
        Ok(())
    }
}

fn print_progress(
    name: &str,
    crowd: &Crowd,
    now: Duration,
    before: &(u64, Accounts, Duration),
    accounts: Accounts,
) {
    let seconds = now.saturating_sub(before.2).as_secs_f64();
    let busy = accounts.cpu.zip(before.1.cpu).map(|(now, before)| (now - before) as f64 / 1e7);
    let resident = accounts.resident.unwrap_or(0) >> 20;
    eprintln!(
        "{:4.0} s, {name}: {} connected, {} messages, {:.0} deliveries/s, server {:.0} % busy, \
         {resident} MiB; p99 {:.1} ms",
        now.as_secs_f64(),
        crowd.connected(),
        crowd.room.messages(),
        (crowd.tally.deliveries - before.0) as f64 / seconds,
        busy.unwrap_or(0.0) / seconds,
        crowd.tally.latency.value_at_quantile(0.99) as f64 / 1e6,
    );
}

/// Nothing went wrong by its own account. That nobody was dropped who read, the clients know best.
fn judge_log(log: &Log, crowd: &Crowd, wrongs: &mut Vec<String>) {
    wrongs.extend(log.complaints.iter().map(|line| format!("the log says {line}")));
    let (known, seen) = (log.slow_stallers, crowd.counts.dropped_stallers);
    if !log.has_gaps && known < seen {
        wrongs.push(format!("{seen} stallers were dropped, but as too slow only {known}"));
    }
    if !wrongs.is_empty() {
        wrongs.extend(log.timed_out.iter().map(|line| format!("(the log says {line})")));
    }
}
