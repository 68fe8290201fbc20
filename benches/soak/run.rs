//! The course of a run, and its verdicts.

use crate::order::Order;
use crate::server::{self, Held, LOG, complaints, held};
use crate::visitors::Visitors;
use chatd_support::crowd::Crowd;
use chatd_support::markdown::Table;
use chatd_support::message::Dialect;
use chatd_support::random::Random;
use chatd_support::{Result, Server};
use std::fmt::Display;
use std::thread;
use std::time::{Duration, Instant};

/// What the accounts are looked at for: a server that spins or ticks shows within.
const IDLE: Duration = Duration::from_secs(2);
/// More of a processor than this is not idle, in percent. A busy loop takes all that it gets; a
/// tick every ten milliseconds takes about half of this.
const IDLE_MAX: f64 = 0.5;
/// Of the whole time the first crowd gets so much …
const WARM_UP_SHARE: u32 = 6;
/// … and so much is kept for the end.
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

/// Of a hundred clients so many are members, and so many of those talk, or pause.
const MEMBERS: usize = 70;
const TALKERS: usize = 15;
const PAUSERS: usize = 4;
/// A talker says a line or a few, or pastes so many: well under the burst that the server allows.
const PASTE_LINES: usize = 40;
/// While so many lines are on their way nobody starts to talk: how much is said must not depend on
/// how fast this machine is today.
const UNDERWAY_MAX: u64 = 400;
/// Whatever is due within this time is done together, which leaves this process some rest.
const STEP: Duration = Duration::from_millis(15);
/// So often somebody talks, of all.
const TALK_PER_STEP: usize = 4;
/// So long some do not read, and then all do.
const PAUSE: Duration = Duration::from_secs(4);

struct Run {
    server: Server,
    clients: usize,
    seed: u64,
    started: Instant,
    /// What was seen and what it must be.
    table: Table,
    /// What does not hold.
    wrongs: Vec<String>,
}

/// Runs for about so long, prints what was seen, and fails if something was wrong.
pub(crate) fn run(minutes: u64, clients: usize, seed: u64) -> Result<()> {
    println!("cargo bench --bench soak -- --minutes {minutes} --clients {clients} --seed {seed}\n");
    let mut run = Run {
        server: server::start()?,
        clients,
        seed,
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
    run.wrongs.extend(complaints()?.into_iter().map(|line| format!("the log says {line}")));
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
        let nobody = |time| {
            thread::sleep(time);
            Ok(())
        };
        self.idle("nobody is there", nobody)?;
        let fresh = held(&self.server)?;
        self.crowd("first crowd", time / WARM_UP_SHARE, false)?;
        let warm = self.released(fresh)?;
        self.crowd("second crowd", time.saturating_sub(RESERVE), true)?;
        let end = self.released(fresh)?;
        self.idle("all have gone", nobody)?;
        self.judge([fresh, warm, end]);
        self.server.stop();
        Ok(())
    }

    /// Notes what was seen, and whether it is what it must be.
    fn note(&mut self, what: &str, seen: impl Display, must_be: &str, is_right: bool) {
        self.table.lines.push(vec![what.to_owned(), seen.to_string(), must_be.to_owned()]);
        if !is_right {
            self.wrongs.push(format!("{what}: {seen}, and must be: {must_be}"));
        }
    }

    /// A crowd comes, does what it does until that time and until somebody was too slow, hears all
    /// that was said, and goes.
    fn crowd(&mut self, name: &str, until: Duration, is_last: bool) -> Result<()> {
        let members = (self.clients * MEMBERS / 100).max(4);
        let count = self.clients.saturating_sub(members).max(1);
        let address = self.server.addr();
        let mut crowd = Crowd::new(address, &[Dialect::Named], members, members + count)?;
        let mut order = Order::new(members);
        let mut visitors = Visitors::new(address, members, count, self.seed);
        crowd.join(members, &mut order)?;
        if is_last {
            crowd.calm()?;
            self.idle("all are there and nobody does anything", |time| crowd.idle(time))?;
        }
        let mut random = Random::new(self.seed ^ u64::from(is_last));
        let is_enough =
            |now, dropped| now >= until && (!is_last || dropped > 0 || now >= until + EXTRA);
        while !is_enough(self.started.elapsed(), visitors.counts.stallers_dropped) {
            crowd.stop(members * PAUSERS / 100);
            let pause_end = Instant::now() + PAUSE;
            while Instant::now() < pause_end {
                talk(&mut crowd, members, &mut random);
                self.step(&mut crowd, &mut order, &mut visitors, false)?;
            }
            // Nobody says anything while those who paused hear what they have missed.
            crowd.settle(&mut order)?;
            crowd.resume()?;
            order.settle();
            check(&crowd, &order)?;
            let (at, heard) = (self.started.elapsed().as_secs(), crowd.ledger.delivered());
            let mib = held(&self.server)?.resident >> 20;
            eprintln!("{at} s, {name}: {heard} deliveries, {mib} MiB");
        }
        while !visitors.are_gone() {
            self.step(&mut crowd, &mut order, &mut visitors, true)?;
        }
        // One line more: what was heard once too often before it comes to light.
        crowd.settle(&mut order)?;
        crowd.say(1, 1, 0);
        crowd.settle(&mut order)?;
        order.settle();
        check(&crowd, &order)?;
        if is_last {
            let counts = visitors.counts;
            for (what, seen, must_be) in [
                ("visits", counts.connections, ""),
                ("reset by the client", counts.resets, ""),
                ("ended by the server", counts.ends, "in order"),
                ("lines in the room", crowd.ledger.sent(), "all that were said"),
                ("deliveries", crowd.ledger.delivered(), "once, in one order, to all members"),
            ] {
                self.note(what, seen, must_be, true);
            }
            let dropped = counts.stallers_dropped;
            self.note("stallers dropped", dropped, "some", dropped > 0);
        }
        Ok(())
    }

    fn step(
        &mut self,
        crowd: &mut Crowd,
        order: &mut Order,
        visitors: &mut Visitors,
        is_over: bool,
    ) -> Result<()> {
        let end = Instant::now() + STEP;
        while Instant::now() < end {
            crowd.pump(order, end.saturating_duration_since(Instant::now()))?;
        }
        visitors.act(crowd, order.heard.len(), is_over)?;
        server::check_alive(&mut self.server)?;
        check(crowd, order)
    }

    /// Measures what the server does while nobody asks for anything.
    fn idle(&mut self, when: &str, rest: impl FnOnce(Duration) -> Result<()>) -> Result<()> {
        let (before, from) = (held(&self.server)?.busy, Instant::now());
        rest(IDLE)?;
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
            thread::sleep(Duration::from_millis(100));
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
}

/// What must hold at any moment.
fn check(crowd: &Crowd, order: &Order) -> Result<()> {
    match &order.wrong {
        Some(wrong) => Err(wrong.clone().into()),
        None if crowd.gone() > 0 => Err("a member was dropped".into()),
        None => Ok(()),
    }
}

/// Some say something: the first members but the very first, who only listens.
fn talk(crowd: &mut Crowd, members: usize, random: &mut Random) {
    if crowd.ledger.due() > UNDERWAY_MAX * members as u64 {
        return;
    }
    for _ in 0..TALK_PER_STEP {
        let talker = 1 + random.below((members * TALKERS / 100).max(1));
        let lines = if random.one_in(20) { PASTE_LINES } else { 1 + random.below(3) };
        if crowd.has_said_all(talker) {
            let now = crowd.now();
            crowd.say(talker, lines, now);
        }
    }
}
