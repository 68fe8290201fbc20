//! What one client must hear: every line of the room in its order, from its coming to its end, but
//! not its own.

use crate::client::Role;
use crate::room::{Line, Room, Session, session_of, shown};
use chatd_support::sentences::{STOPPING, is_welcome};
use std::time::Duration;

pub(crate) struct Hearing {
    role: Role,
    pub(crate) session: Session,
    /// Up to here in the room it has heard everything.
    pub(crate) position: u64,
    /// What was said before it may not hear: unknown until it is welcome, then the time of its
    /// welcome. From the first line that it hears on, it hears all.
    pub(crate) since: Duration,
    /// It was told that the server stops.
    pub(crate) is_told: bool,
}

impl Hearing {
    /// Of somebody who comes now: what the listener has heard is over.
    pub(crate) fn new(role: Role, session: Session, room: &Room) -> Self {
        Self { role, session, position: room.end(), since: Duration::MAX, is_told: false }
    }

    pub(crate) fn is_member(&self) -> bool {
        self.since != Duration::MAX
    }

    pub(crate) fn must_hear(&self, line: &Line) -> bool {
        line.session != self.session && line.said_at >= self.since
    }

    pub(crate) fn is_caught_up(&self, room: &Room) -> bool {
        self.is_member() && !room.from(self.position).any(|(_, line)| self.must_hear(line))
    }

    /// Takes whole lines, as far as the listener has heard them, and returns how many bytes they are,
    /// and whether the next one is the listener's to hear first. The listener itself takes all, and so
    /// tells the order.
    pub(crate) fn take(
        &mut self,
        input: &[u8],
        room: &mut Room,
        now: Duration,
    ) -> Result<(usize, bool), String> {
        let mut bytes = 0;
        // An empty line is part of a line end of two bytes: nobody here says one.
        while let Some(length) = input[bytes..].iter().position(|&byte| is_end(byte)) {
            let line = &input[bytes..][..length];
            match session_of(line) {
                None => self.note(line, now),
                // Answers to what it says in telnet stand within lines.
                Some(_) if self.role == Role::Babbler => self.position = room.end(),
                Some(session) if self.role == Role::Listener => {
                    room.hear(session, line)?;
                    self.position = room.end();
                }
                Some(_) if self.hear(line, room)? => room.deliveries += 1,
                Some(_) => return Ok((bytes, true)),
            }
            bytes += length + 1;
        }
        Ok((bytes, false))
    }

    /// A line of the server, or of somebody who says anything.
    fn note(&mut self, line: &[u8], now: Duration) {
        if is_welcome(line) && !self.is_member() {
            self.since = now;
        }
        self.is_told |= line == STOPPING.as_bytes();
    }

    /// Whether this is the next line of the room; `false` if that is not known yet.
    fn hear(&mut self, line: &[u8], room: &Room) -> Result<bool, String> {
        for (index, next) in room.from(self.position) {
            if *next.text == *line {
                (self.position, self.since) = (index + 1, Duration::ZERO);
                return Ok(true);
            }
            if self.must_hear(next) {
                return Err(format!("hears {} when {} is due", shown(line), shown(&next.text)));
            }
        }
        Ok(false)
    }
}

fn is_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}
