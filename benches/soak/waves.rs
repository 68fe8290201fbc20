//! How a crowd comes, does what it does, comes to rest, and goes.

use crate::Result;
use crate::crowd::{Crowd, DROPPED_BEHIND, LISTENER};
use crate::hearing::Hearing;
use crate::lines::shown;
use crate::seat::{Reading, Role};
use std::time::Duration;

/// Clients on their way in at once: well under any listener's backlog.
const JOINING_MAX: usize = 100;
/// Without any progress for so long, in milliseconds, what is missing counts as lost. A busy
/// machine makes progress.
const PATIENCE: u64 = 60_000;
/// Whatever is due within so many milliseconds is done together: many actions at one moment are
/// what a server sees, and leave this process some rest.
const STEP: u64 = 15;
/// In this time, in milliseconds, everybody has begun to do something.
const BEGIN: usize = 3000;

impl Crowd {
    /// Lets everybody come in, one nickname each, and the listener before all others.
    pub(crate) fn come(&mut self) -> Result<()> {
        self.enter(LISTENER)?;
        self.wait("the listener to be in the room", |_| {}, |crowd| crowd.members() == 1)?;
        for index in 1..self.seats.len() {
            self.enter(index)?;
            if index % JOINING_MAX == 0 {
                let done = |crowd: &Self| crowd.members() == index + 1;
                self.wait("newcomers to be in the room", |_| {}, done)?;
            }
        }
        let done = |crowd: &Self| crowd.members() == crowd.seats.len();
        self.wait("newcomers to be in the room", |_| {}, done)
    }

    /// Nobody does anything but read.
    pub(crate) fn rest(&mut self, time: Duration) -> Result<()> {
        let end = self.now() + time.as_nanos() as u64;
        while self.now() < end {
            self.pump(Duration::from_nanos(end.saturating_sub(self.now())))?;
        }
        Ok(())
    }

    /// Everybody does what it does, while `goes_on`, which is asked every second.
    pub(crate) fn live(
        &mut self,
        mut goes_on: impl FnMut(&mut Self) -> Result<bool>,
    ) -> Result<()> {
        for index in 0..self.seats.len() {
            let within = self.seats[index].random.below(BEGIN);
            self.seats[index].wake = Some(self.millis() + within as u64);
        }
        let mut step = self.millis();
        let mut second = step;
        loop {
            self.pump(Duration::from_millis(step.saturating_sub(self.millis())))?;
            let now = self.millis();
            if now < step {
                continue;
            }
            step = now + STEP;
            for index in 0..self.seats.len() {
                if self.seats[index].wake.is_some_and(|at| at <= now) {
                    self.seats[index].wake = None;
                    self.act(index)?;
                }
            }
            if now >= second {
                second = now + 1000;
                self.trim();
                let long_ago = self.now().saturating_sub(PATIENCE * 1_000_000);
                if let Some(index) = self.room.unheard(long_ago) {
                    return Err(self.blame(index, "has said what nobody hears").into());
                }
                if !goes_on(self)? {
                    return Ok(());
                }
            }
        }
    }

    /// Those who misbehave go, those who visit leave, and everybody else hears what was said up to
    /// the last line.
    pub(crate) fn settle(&mut self) -> Result<()> {
        for index in 0..self.seats.len() {
            self.seats[index].wake = None;
            self.stop(index)?;
        }
        let settled = |crowd: &Self| {
            crowd.room.due() == 0
                && crowd.seats.iter().all(|seat| match (&seat.connection, seat.role.stays()) {
                    (None, stays) => !stays,
                    (Some(connection), stays) => {
                        let hearing = connection.hearing.as_ref();
                        stays && hearing.is_some_and(|hearing| hearing.is_caught_up(&crowd.room))
                    }
                })
        };
        self.wait("everybody to hear everything", Self::dismiss, settled)?;
        // One line more, behind all that was said without being counted.
        let talkers = self.with_role(|role| role == Role::Talker);
        self.say(talkers[0], 1, Some(100));
        self.wait("everybody to hear the last line", |_| {}, settled)
    }

    /// Those who only visit, and are in by now, leave with a last line.
    fn dismiss(&mut self) {
        for index in self.with_role(|role| role.is_checked() && !role.stays()) {
            let connection = self.seats[index].connection.as_ref();
            if connection.is_some_and(|connection| connection.is_member() && !connection.is_leaving)
            {
                self.end(index);
            }
        }
    }

    fn stop(&mut self, index: usize) -> Result<()> {
        match self.seats[index].role {
            Role::Resetter => self.cut(index, true),
            Role::Babbler => self.cut(index, false),
            Role::Staller => {
                let (bytes, millis) = (self.room.bytes(), self.millis());
                let Some(connection) = &mut self.seats[index].connection else { return Ok(()) };
                match connection.reading {
                    Reading::Off(at) if bytes - at > DROPPED_BEHIND => {
                        connection.reading = Reading::ToTheEnd(millis);
                        self.receive(index, true)?;
                    }
                    Reading::ToTheEnd(_) => {}
                    Reading::On | Reading::Off(_) => self.cut(index, true),
                }
            }
            Role::Pauser => {
                if let Some(connection) = &mut self.seats[index].connection {
                    connection.reading = Reading::On;
                    self.receive(index, true)?;
                }
            }
            Role::Listener
            | Role::Lurker
            | Role::Talker
            | Role::Renamer
            | Role::Asker
            | Role::Visitor
            | Role::Racer
            | Role::HalfCloser => {}
        }
        Ok(())
    }

    /// Everybody leaves, in one way or the other, and the listener after all others.
    pub(crate) fn go(&mut self) -> Result<()> {
        for index in self.with_role(|role| role.stays() && role != Role::Listener) {
            if index % 2 == 0 {
                self.quit(index, "/quit");
            } else {
                self.end(index);
            }
        }
        let alone = |crowd: &Self| crowd.connected() == 1 && crowd.room.due() == 0;
        self.wait("everybody to be let go", |_| {}, alone)?;
        self.quit(LISTENER, "/quit");
        self.wait("the listener to be let go", |_| {}, |crowd| crowd.connected() == 0)
    }

    fn members(&self) -> usize {
        let connections = self.seats.iter().filter_map(|seat| seat.connection.as_ref());
        connections.filter(|connection| connection.is_member()).count()
    }

    /// Waits until it is `done`, doing something meanwhile, as long as there is progress.
    pub(crate) fn wait(
        &mut self,
        what: &str,
        meanwhile: fn(&mut Self),
        done: impl Fn(&Self) -> bool,
    ) -> Result<()> {
        let measure = |crowd: &Self| {
            let positions: u64 = crowd.hearings().map(|(_, hearing)| hearing.position).sum();
            (positions, crowd.members(), crowd.connected(), crowd.room.due())
        };
        let (mut progress, mut since) = (measure(self), self.millis());
        while !done(self) {
            self.pump(Duration::from_millis(50))?;
            meanwhile(self);
            let now = measure(self);
            if now != progress {
                (progress, since) = (now, self.millis());
            } else if self.millis() - since > PATIENCE {
                let (due, who) = (self.room.due(), self.first_behind());
                return Err(format!("waited in vain for {what}: {due} lines due; {who}").into());
            }
        }
        Ok(())
    }

    pub(crate) fn hearings(&self) -> impl Iterator<Item = (usize, &Hearing)> {
        let seats = self.seats.iter().enumerate();
        seats.filter_map(|(index, seat)| Some((index, seat.connection.as_ref()?.hearing.as_ref()?)))
    }

    fn first_behind(&self) -> String {
        let mut seats = self.seats.iter().map(|seat| seat.connection.as_ref());
        let to_the_end = seats.position(|connection| {
            connection.is_some_and(|there| matches!(there.reading, Reading::ToTheEnd(_)))
        });
        if let Some(index) = to_the_end {
            return self.blame(index, "has not read, and was not dropped");
        }
        if let Some(index) = self.room.unheard(u64::MAX) {
            return self.blame(index, "has said what nobody hears");
        }
        if let Some(index) = self.room.private_missing() {
            return self.blame(index, "has not got what was said to it in private");
        }
        let behind = self.hearings().find(|(_, hearing)| !hearing.is_caught_up(&self.room));
        behind.map_or("nobody is behind".into(), |(index, hearing)| {
            let due = self.room.get(hearing.position);
            let due = due.map_or("an answer".into(), |line| shown(&line.text));
            self.blame(index, &format!("({:?}) waits for {due}", hearing.stage))
        })
    }
}
