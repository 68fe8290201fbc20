//! One attack beside one room: a quiet time, the attack, and what must hold after it.

use crate::PROGRAM;
use crate::generator::{Attack, Plan, Run};
use crate::must::Must;
use crate::room::{Room, Seen};
use chatd_support::Result;
use chatd_support::machine::{Place, pinned};
use chatd_support::proc::{Accounts, descriptors, forget_peak};
use chatd_support::role::{generate, myself, serve};
use std::env;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

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
    /// What goes on in the quiet time, if it is that with which the attack is compared.
    pub(crate) before: Option<Attack>,
    /// One after another.
    pub(crate) attacks: Vec<Attack>,
    pub(crate) must: Must,
    /// By so many bytes the server's resident memory may grow.
    pub(crate) growth_max: u64,
}

/// One line of the table.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) options: String,
    pub(crate) quiet: Phase,
    pub(crate) attacked: Phase,
    /// What those did who are compared, and the attackers.
    pub(crate) before: Run,
    pub(crate) run: Run,
    pub(crate) growth_max: u64,
    /// Resident memory before, and some time after all have left.
    pub(crate) resident: Option<(u64, u64)>,
    pub(crate) lost: u64,
    pub(crate) dropped: usize,
    pub(crate) descriptors_left: Option<isize>,
    /// How long it took until they were back.
    pub(crate) release: Duration,
    pub(crate) pinned: bool,
    pub(crate) failures: Vec<String>,
}

/// What attackers did, and whether they were pinned; or why it failed.
type Acted = Result<(Run, bool), String>;

/// The attackers, each time they are told to begin.
struct Attackers {
    begin: mpsc::Sender<Vec<Attack>>,
    ended: mpsc::Receiver<Acted>,
}

/// What the room noticed, and what the server spent.
pub(crate) struct Phase {
    pub(crate) seen: Seen,
    pub(crate) seconds: f64,
    /// In nanoseconds.
    pub(crate) server_cpu: Option<u64>,
    /// Bytes by which the resident memory rose at most.
    pub(crate) growth: Option<u64>,
}

impl Trial {
    pub(crate) fn run(&self) -> Result<Row> {
        let program = env::var("CHATD_BIN").map(|path| [PROGRAM, &path].concat());
        let mut command = myself("chatd")?;
        command.args(["--bind", "127.0.0.1:0"]).args(self.options).args(program);
        let (mut server, is_server_pinned) = serve(command);
        let (address, process) = (server.addr(), server.pid());
        let room = Room::new(address, self.members, self.every)?;
        // Started before this thread is pinned: its children have a place of their own.
        let attackers = Attackers::start(address);
        let (played, is_pinned) = pinned(Place::Generator, || self.play(room, process, &attackers));
        let mut row = played?;
        row.pinned &= is_pinned && is_server_pinned;
        if let Some(status) = server.end() {
            row.failures.push(format!("the server ended: {status}"));
        }
        self.judge(&mut row);
        self.must.judge(&mut row);
        Ok(row)
    }

    fn play(&self, mut room: Room, process: u32, attackers: &Attackers) -> Result<Row> {
        room.talk_for(self.quiet / 4)?;
        let resident = Accounts::of(process).resident;
        let mut failures = Vec::new();
        let (mut before, mut pinned) = (Run::default(), true);
        let quiet = Phase::of(process, &mut room, |room| match &self.before {
            None => room.talk_for(self.quiet),
            Some(attack) => {
                let (seen, run) = attackers.act(vec![attack.clone()], room)?;
                (before, pinned) = run?;
                Ok(seen)
            }
        })?;
        let open = descriptors(process);
        forget_peak(process);
        room.begin_attack();
        let mut run = Run::default();
        let mut attacked = Phase::of(process, &mut room, |room| {
            let (seen, done) = attackers.act(self.attacks.clone(), room)?;
            match done {
                Ok((done, apart)) => (run, pinned) = (done, pinned && apart),
                Err(error) => failures.push(error),
            }
            Ok(seen)
        })?;
        room.end_attack();
        let (left, release) = released(&mut room, process, open)?;
        if !room.is_open(RELEASE)? {
            failures.push("nobody could come in after the attack".to_owned());
        }
        if let Some(after) = self.must.forgets {
            room.talk_for(after)?;
        }
        let resident = resident.zip(Accounts::of(process).resident);
        let lost = room.fall_silent()?;
        attacked.seen.latency = room.of_attack();
        Ok(Row {
            name: self.name.clone(),
            options: self.options.join(" "),
            quiet,
            attacked,
            before,
            run,
            release,
            growth_max: self.growth_max,
            resident: resident.filter(|_| self.must.forgets.is_some()),
            lost,
            dropped: room.dropped(),
            descriptors_left: left,
            pinned,
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

impl Attackers {
    fn start(server: SocketAddr) -> Self {
        let (begin, signal) = mpsc::channel();
        let (done, ended) = mpsc::channel();
        thread::spawn(move || {
            for attacks in signal {
                // Nobody waits for it any more if the room failed.
                _ = done.send(attack(server, attacks));
            }
        });
        Self { begin, ended }
    }

    /// Lets them act while the room talks.
    fn act(&self, attacks: Vec<Attack>, room: &mut Room) -> Result<(Seen, Acted)> {
        self.begin.send(attacks)?;
        let mut run = None;
        let seen = room.talk(|| {
            run = self.ended.try_recv().ok();
            run.is_some()
        })?;
        Ok((seen, run.ok_or("the attackers panicked")?))
    }
}

fn attack(server: SocketAddr, attacks: Vec<Attack>) -> Acted {
    let (mut all, mut all_pinned) = (Run::default(), true);
    for attack in attacks {
        let (run, is_pinned) =
            generate(&Plan { server, attack }).map_err(|error| format!("attackers: {error}"))?;
        all.add(run);
        all_pinned &= is_pinned;
    }
    Ok((all, all_pinned))
}

impl Phase {
    fn of(
        process: u32,
        room: &mut Room,
        talk: impl FnOnce(&mut Room) -> Result<Seen>,
    ) -> Result<Self> {
        let (before, began) = (Accounts::of(process), Instant::now());
        let seen = talk(room)?;
        let (after, seconds) = (Accounts::of(process), began.elapsed().as_secs_f64());
        Ok(Self {
            seen,
            seconds,
            server_cpu: after.cpu.zip(before.cpu).map(|(after, before)| after - before),
            growth: after.peak.zip(before.peak).map(|(after, before)| after.saturating_sub(before)),
        })
    }

    pub(crate) fn busy(&self) -> Option<f64> {
        Some(100.0 * self.server_cpu? as f64 / 1e9 / self.seconds)
    }
}

/// Talks on until the descriptors are back, but not for ever. Returns how many more there are.
fn released(
    room: &mut Room,
    process: u32,
    before: Option<usize>,
) -> Result<(Option<isize>, Duration)> {
    let since = Instant::now();
    loop {
        let now = descriptors(process);
        let left = now.zip(before).map(|(now, before)| now.cast_signed() - before.cast_signed());
        let is_back = left.is_none_or(|left| left <= 0);
        if is_back || room.is_deserted() || since.elapsed() > RELEASE {
            return Ok((left, since.elapsed()));
        }
        room.talk_for(Duration::from_millis(20))?;
    }
}
