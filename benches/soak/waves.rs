//! How a crowd comes, does what it does, comes to rest, and goes.

use crate::client::Role;
use crate::client::{Connection, Reading};
use crate::crowd::{Crowd, LISTENER};
use chatd_support::Result;
use std::time::Duration;

/// Clients on their way in at once: well under any listener's backlog.
const JOINING_MAX: usize = 100;
/// Without any progress for so long, what is missing counts as lost. A busy machine makes progress,
/// and a debt of a neighbour is paid in ten seconds.
const PATIENCE: Duration = Duration::from_secs(40);
/// Whatever is due within this time is done together: many actions at one moment are what a server
/// sees, and leave this process some rest.
const STEP: Duration = Duration::from_millis(15);
/// In this time, in milliseconds, everybody has begun to do something.
const BEGIN: usize = 3000;

impl Crowd {
    /// Lets everybody come in, and the listener before all others.
    pub(crate) fn come(&mut self) -> Result<()> {
        self.enter(LISTENER)?;
        self.wait("the listener to be in the room", |crowd| crowd.members() == 1)?;
        for index in 1..self.seats.len() {
            self.enter(index)?;
            if index % JOINING_MAX == 0 {
                self.wait("newcomers to come in", |crowd| crowd.members() == index + 1)?;
            }
        }
        self.wait("newcomers to come in", |crowd| crowd.members() == crowd.seats.len())
    }

    /// Nobody does anything but read.
    pub(crate) fn rest(&mut self, time: Duration) -> Result<()> {
        let end = self.now() + time;
        while self.now() < end {
            self.pump(end.saturating_sub(self.now()))?;
        }
        Ok(())
    }

    /// Everybody does what it does, while `goes_on`, which is asked every second.
    pub(crate) fn live(&mut self, mut goes_on: impl FnMut(&Self) -> Result<bool>) -> Result<()> {
        for index in 0..self.seats.len() {
            let within = self.seats[index].random.below(BEGIN) as u64;
            self.seats[index].wake = Some(self.now() + Duration::from_millis(within));
        }
        let (mut step, mut second) = (self.now(), self.now());
        loop {
            self.pump(step.saturating_sub(self.now()))?;
            let now = self.now();
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
                second = now + Duration::from_secs(1);
                self.trim();
                if let Some(index) = self.room.unheard(now.saturating_sub(PATIENCE)) {
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
            let role = self.seats[index].role;
            if matches!(role, Role::Resetter | Role::Staller | Role::Babbler) {
                self.cut(index, role != Role::Babbler);
            } else if let Some(connection) = &mut self.seats[index].connection {
                connection.reading = Reading::On;
                self.receive(index)?;
            }
        }
        let visitors = self.with_role(|role| !role.stays());
        let are_in = |crowd: &Self| {
            let mut there = visitors.iter().filter_map(|&at| crowd.seats[at].connection.as_ref());
            there.all(|connection| connection.hearing.is_member() || connection.is_leaving)
        };
        self.wait("visitors to come in", are_in)?;
        for &index in &visitors {
            let connection = self.seats[index].connection.as_ref();
            if connection.is_some_and(Connection::is_member) {
                self.end(index);
            }
        }
        let staying = self.with_role(Role::stays).len();
        let is_settled = |crowd: &Self| {
            crowd.room.due == 0
                && crowd.connected() == staying
                && crowd.connections().all(|it| it.hearing.is_caught_up(&crowd.room))
        };
        self.wait("everybody to hear everything", is_settled)?;
        // One line more: what was heard once too often before it comes to light.
        let talkers = self.with_role(|role| role == Role::Talker);
        self.say(talkers[0], 1, 100);
        self.wait("everybody to hear the last line", is_settled)
    }

    /// Everybody leaves, in one way or the other, and the listener after all others.
    pub(crate) fn go(&mut self) -> Result<()> {
        for index in self.with_role(|role| role.stays() && role != Role::Listener) {
            if index.is_multiple_of(3) {
                self.quit(index, "/quit");
            } else {
                self.end(index);
            }
        }
        let is_alone = |crowd: &Self| crowd.connected() == 1 && crowd.room.due == 0;
        self.wait("everybody to be let go", is_alone)?;
        self.quit(LISTENER, "/quit");
        self.wait("the listener to be let go", |crowd| crowd.connected() == 0)
    }

    /// Waits until it is `done`, as long as there is progress.
    pub(crate) fn wait(&mut self, what: &str, done: impl Fn(&Self) -> bool) -> Result<()> {
        let measure = |crowd: &Self| {
            let positions: u64 = crowd.connections().map(|it| it.hearing.position).sum();
            (positions, crowd.members(), crowd.connected(), crowd.room.due)
        };
        let (mut progress, mut by) = (measure(self), self.now() + PATIENCE);
        while !done(self) {
            self.pump(Duration::from_millis(50))?;
            let now = measure(self);
            if now != progress {
                (progress, by) = (now, self.now() + PATIENCE);
            } else if self.now() > by {
                let who = self.first_behind();
                return Err(format!("waited in vain for {what}: {who}").into());
            }
        }
        Ok(())
    }

    fn first_behind(&self) -> String {
        let is_behind = |index: &usize| {
            let connection = self.seats[*index].connection.as_ref();
            connection.is_some_and(|it| it.is_leaving || !it.hearing.is_caught_up(&self.room))
        };
        if let Some(index) = self.room.unheard(Duration::MAX) {
            self.blame(index, "has said what nobody hears")
        } else if let Some(index) = (0..self.seats.len()).find(is_behind) {
            self.blame(index, "waits for the room, or for its end")
        } else {
            "nobody is behind".into()
        }
    }
}
