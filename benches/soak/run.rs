//! The course of a run, and its verdicts.

use crate::client::Role;
use crate::crowd::{Crowd, DROPPED_BEHIND};
use crate::server::{self, Held, LOG, complaints, held};
use chatd_support::Result;
use chatd_support::markdown::Table;
use chatd_support::{Server, eventually};
use std::fmt::Display;
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
/// A machine on which nobody could fall far enough behind within the time gets this much more.
const EXTRA: Duration = Duration::from_secs(90);
/// So long the server may take to let go of what it holds after the last client: it waits for a
/// second for each to close its side.
const RELEASE: Duration = Duration::from_secs(30);
/// So many resident bytes more than after the first crowd may remain after the second. A first
/// crowd of ten seconds was seen to leave the heap up to 1.5 MiB short of where it stays from then
/// on. In one minute this is some 500 bytes per connection, and in twenty less than 20.
const GROWTH_MAX: u64 = 3 * 1024 * 1024;
/// How many are there when the server is stopped.
const LAST: usize = 50;
const PROGRESS: Duration = Duration::from_secs(10);

struct Run {
    server: Server,
    crowd: Crowd,
    started: Instant,
    /// What was seen and what it must be.
    table: Table,
    /// What does not hold.
    wrongs: Vec<String>,
}

/// Runs for about so long, prints what was seen, and fails if something was wrong.
pub(crate) fn run(minutes: u64, clients: usize, seed: u64) -> Result<()> {
    println!("cargo bench --bench soak -- --minutes {minutes} --clients {clients} --seed {seed}\n");
    let server = server::start()?;
    let mut run = Run {
        crowd: Crowd::new(server.addr(), clients, seed)?,
        server,
        started: Instant::now(),
        table: Table::new(["what", "seen", "must be"], 1),
        wrongs: Vec::new(),
    };
    if let Err(error) = run.play(Duration::from_secs(60 * minutes)) {
        run.wrongs.push(error.to_string());
        if let Err(end) = server::check_alive(&mut run.server) {
            run.wrongs.push(end.to_string());
        }
    }
    run.report();
    println!("{}", run.table);
    eprintln!("done in {:.0} s", run.started.elapsed().as_secs_f64());
    if run.wrongs.is_empty() {
        return Ok(());
    }
    let wrongs = run.wrongs.join("\n  ");
    Err(format!("this does not hold, with --seed {seed} (the log is {LOG}):\n  {wrongs}").into())
}

impl Run {
    fn play(&mut self, time: Duration) -> Result<()> {
        self.idle("nobody is there", IDLE)?;
        let fresh = held(&self.server)?;
        self.crowd.come()?;
        self.live("first crowd", time / WARM_UP_SHARE)?;
        self.crowd.settle()?;
        self.crowd.go()?;
        let warm = self.released(fresh)?;
        self.crowd.come()?;
        self.crowd.rest(CALM)?;
        self.idle("all are there and nobody does anything", 2 * IDLE)?;
        self.live("second crowd", time.saturating_sub(RESERVE))?;
        self.crowd.settle()?;
        self.crowd.go()?;
        let end = self.released(fresh)?;
        self.idle("all have gone", IDLE)?;
        self.judge([fresh, warm, end]);
        self.stop()
    }

    /// Notes what was seen, and whether it is what it must be.
    fn note(&mut self, what: &str, seen: impl Display, must_be: &str, is_right: bool) {
        self.table.lines.push(vec![what.to_owned(), seen.to_string(), must_be.to_owned()]);
        if !is_right {
            self.wrongs.push(format!("{what}: {seen}, and must be: {must_be}"));
        }
    }

    /// Lets the crowd do what it does until that time, and until somebody was too slow.
    fn live(&mut self, name: &str, until: Duration) -> Result<()> {
        let Self { server, crowd, started, .. } = self;
        let mut next = started.elapsed() + PROGRESS;
        let dropped = crowd.counts.dropped_stallers;
        crowd.live(|crowd| {
            let now = started.elapsed();
            server::check_alive(server)?;
            if now >= next {
                next += PROGRESS;
                let (connected, heard) = (crowd.connected(), crowd.room.deliveries);
                let (at, mib) = (now.as_secs(), held(server)?.resident >> 20);
                eprintln!("{at} s, {name}: {connected} connected, {heard} deliveries, {mib} MiB");
            }
            let is_enough = name == "first crowd" || crowd.counts.dropped_stallers > dropped;
            Ok(now < until || (!is_enough && now < until + EXTRA))
        })
    }

    /// Measures what the server does while nobody asks for anything.
    fn idle(&mut self, when: &str, time: Duration) -> Result<()> {
        let (before, from) = (held(&self.server)?.busy, Instant::now());
        self.crowd.rest(time)?;
        let busy = held(&self.server)?.busy.saturating_sub(before);
        let percent = 100.0 * busy.as_secs_f64() / from.elapsed().as_secs_f64();
        let what = format!("processor while {when}");
        let most = format!("at most {IDLE_MAX} %");
        self.note(&what, format!("{percent:.2} %"), &most, percent <= IDLE_MAX);
        Ok(())
    }

    /// What the server holds when it holds no more than at first, or after long enough.
    fn released(&mut self, fresh: Held) -> Result<Held> {
        let by = Instant::now() + RELEASE;
        loop {
            let held = held(&self.server)?;
            let is_released =
                (held.descriptors, held.threads) == (fresh.descriptors, fresh.threads);
            if is_released || Instant::now() >= by {
                return Ok(held);
            }
            self.crowd.rest(Duration::from_millis(100))?;
        }
    }

    /// What the server held before, between and after the crowds.
    fn judge(&mut self, moments: [Held; 3]) {
        let counts = [
            ("descriptors", moments.map(|held| held.descriptors)),
            ("threads", moments.map(|held| held.threads)),
        ];
        for (what, [fresh, warm, end]) in counts {
            let what = format!("{what} before / between / after the crowds");
            let are_equal = fresh == warm && fresh == end;
            self.note(&what, format!("{fresh} / {warm} / {end}"), "equal", are_equal);
        }
        let [fresh, warm, end] = moments.map(|it| it.resident / 1024);
        let most = warm + GROWTH_MAX / 1024;
        let what = "resident KiB before / between / after the crowds";
        let must_be = format!("at most {most} after");
        self.note(what, format!("{fresh} / {warm} / {end}"), &must_be, end <= most);
        self.note("resident KiB at the peak", moments[2].peak / 1024, "", true);
    }

    /// The server is told to stop while some are there.
    fn stop(&mut self) -> Result<()> {
        let mut last = self.crowd.with_role(|role| matches!(role, Role::Listener | Role::Lurker));
        last.truncate(LAST);
        for &index in &last {
            self.crowd.enter(index)?;
        }
        let count = last.len();
        self.crowd.wait("the last to be in", |crowd| crowd.members() == count)?;
        self.crowd.rest(CALM)?;
        for index in last {
            if let Some(connection) = &mut self.crowd.seats[index].connection {
                connection.is_leaving = true;
            }
        }
        self.server.signal("TERM");
        self.crowd.wait("the server to stop", |crowd| crowd.connected() == 0)?;
        let status = eventually("the end of the server", || self.server.end());
        self.note("exit after SIGTERM", status, "exit status: 0", status.success());
        let told = self.crowd.counts.told_of_the_end;
        self.note("told that the server stops", told, &count.to_string(), told == count);
        Ok(())
    }

    /// What the crowd has counted, and whether anything went wrong by the server's own account.
    fn report(&mut self) {
        let Crowd { counts, room, .. } = &self.crowd;
        let behind = format!("some, each {} KiB behind", DROPPED_BEHIND / 1024);
        let rows = [
            ("connections", counts.connections, ""),
            ("reset by the client", counts.resets, ""),
            ("ended in order", counts.polite_ends, "with all that was said before"),
            ("lines in the room", room.end(), "all that were said, in each one's order"),
            ("deliveries of them", room.deliveries, "once, in one order, to all who were there"),
        ];
        let dropped = counts.dropped_stallers;
        for (what, seen, must_be) in rows {
            self.note(what, seen, must_be, true);
        }
        let is_right = dropped > 0 || !self.wrongs.is_empty();
        self.note("stallers dropped", dropped, &behind, is_right);
        match complaints() {
            Ok(lines) => {
                self.note("errors and panics in the log", lines.len(), "0", lines.is_empty());
                self.wrongs.extend(lines.into_iter().map(|line| format!("the log says {line}")));
            }
            Err(error) => self.wrongs.push(error.to_string()),
        }
    }
}
