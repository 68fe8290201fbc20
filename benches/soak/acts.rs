//! What each role does when its moment comes, and how long it waits for the next one.

use crate::client::Role;
use crate::client::{Connection, Reading};
use crate::crowd::{Crowd, DROPPED_BEHIND};
use crate::words::{garbage, words};
use chatd_support::Result;
use std::time::Duration;

/// A paste is so many lines, short ones: well under the burst that the server allows by default,
/// with some left for what the talker says besides.
const PASTE_LINES: usize = 40;
/// How long lines are at the most, in bytes; the longest is nearly as long as a line may be.
const LENGTHS: [usize; 8] = [30, 80, 80, 200, 200, 400, 1000, 3900];
/// While so many lines are on their way nobody starts to talk: how much is said must not depend on
/// how fast this machine is today.
const UNDERWAY_MAX: usize = 400;
/// So long a staller that must have been dropped may take to find the end.
const END_WITHIN: Duration = Duration::from_secs(60);

impl Crowd {
    /// Lets a seat do what it does.
    pub(crate) fn act(&mut self, index: usize) -> Result<()> {
        let pause = match self.seats[index].role {
            Role::Listener | Role::Lurker => return Ok(()),
            Role::Talker => self.talk(index),
            Role::Visitor => self.visit(index)?,
            Role::HalfCloser => self.half_close(index)?,
            Role::Pauser => self.pause(index)?,
            Role::Staller => self.stall(index)?,
            Role::Resetter => self.reset(index)?,
            Role::Babbler => self.babble(index)?,
        };
        let now = self.now();
        let seat = &mut self.seats[index];
        // Half of it to one and a half times.
        let wait = pause / 2 + seat.random.below(pause);
        seat.wake = Some(now + Duration::from_millis(wait as u64));
        Ok(())
    }

    /// The connection of a seat that is in the room and stays.
    fn member(&mut self, index: usize) -> Option<&mut Connection> {
        self.seats[index].connection.as_mut().filter(|connection| connection.is_member())
    }

    /// Says so many lines of up to `most` bytes each.
    pub(crate) fn say(&mut self, index: usize, lines: usize, most: usize) {
        let now = self.now();
        let seat = &mut self.seats[index];
        let Some(connection) = &mut seat.connection else { return };
        for _ in 0..lines {
            connection.say(&words(most, &mut seat.random), true, &mut self.room, now);
        }
    }

    fn talk(&mut self, index: usize) -> usize {
        if self.room.due > UNDERWAY_MAX {
            return 500;
        }
        let random = &mut self.seats[index].random;
        let (is_paste, lines) = (random.one_in(60), 1 + random.below(3));
        let most = LENGTHS[random.below(LENGTHS.len())];
        if self.member(index).is_some_and(|connection| connection.socket.unsent.is_empty()) {
            if is_paste {
                self.say(index, PASTE_LINES, 400);
            } else {
                self.say(index, lines, most);
            }
        }
        10_000
    }

    fn visit(&mut self, index: usize) -> Result<usize> {
        if self.seats[index].connection.is_none() {
            self.enter(index)?;
        } else if self.member(index).is_some() {
            let lines = self.seats[index].random.below(3);
            self.say(index, lines, 600);
            self.leave(index);
        } else {
            return Ok(200);
        }
        Ok(2500)
    }

    /// Leaves in one of the ways there are.
    fn leave(&mut self, index: usize) {
        match self.seats[index].random.below(4) {
            0 => self.quit(index, "/quit"),
            1 => self.quit(index, "/quit so long, and thanks"),
            2 => self.end(index),
            _ => self.cut(index, false),
        }
    }

    pub(crate) fn quit(&mut self, index: usize, line: &str) {
        if let Some(connection) = &mut self.seats[index].connection {
            connection.quit(line);
        }
    }

    /// Says a last line, perhaps without a line end, and sends the end of the stream.
    pub(crate) fn end(&mut self, index: usize) {
        let now = self.now();
        let seat = &mut self.seats[index];
        let Some(connection) = &mut seat.connection else { return };
        let words = words(100, &mut seat.random);
        connection.say(&words, seat.random.one_in(2), &mut self.room, now);
        connection.half_close();
    }

    /// Often all at once: `printf 'bot\nhi\n' | nc -N`.
    fn half_close(&mut self, index: usize) -> Result<usize> {
        let is_new = self.seats[index].connection.is_none();
        if is_new {
            self.enter(index)?;
        }
        if is_new || self.member(index).is_some() {
            let lines = self.seats[index].random.below(2);
            self.say(index, lines, 600);
            self.end(index);
        }
        Ok(8000)
    }

    fn pause(&mut self, index: usize) -> Result<usize> {
        let Some(connection) = &mut self.seats[index].connection else {
            self.enter(index)?;
            return Ok(4000);
        };
        if let Reading::Off(_) = connection.reading {
            connection.reading = Reading::On;
            self.receive(index)?;
        } else if connection.is_member() {
            connection.reading = Reading::Off(self.room.bytes);
        }
        Ok(4000)
    }

    fn stall(&mut self, index: usize) -> Result<usize> {
        let (bytes, now) = (self.room.bytes, self.now());
        let Some(connection) = &mut self.seats[index].connection else {
            self.enter(index)?;
            return Ok(1000);
        };
        match connection.reading {
            Reading::On if connection.is_member() => connection.reading = Reading::Off(bytes),
            Reading::Off(at) if bytes - at > DROPPED_BEHIND => {
                connection.reading = Reading::ToTheEnd(now + END_WITHIN);
                self.receive(index)?;
            }
            Reading::ToTheEnd(by) if now > by => {
                return Err(self.blame(index, "did not read, and was not dropped").into());
            }
            Reading::On | Reading::Off(_) | Reading::ToTheEnd(_) => {}
        }
        Ok(1000)
    }

    /// Resets a connection that is there; else makes one to be reset, in some state.
    fn reset(&mut self, index: usize) -> Result<usize> {
        if self.seats[index].connection.is_some() {
            self.cut(index, true);
            return Ok(2000);
        }
        self.connect(index)?;
        let seat = &mut self.seats[index];
        let (state, lines) = (seat.random.below(5), 1 + seat.random.below(4));
        let Some(connection) = &mut seat.connection else { return Ok(200) };
        // With everything unread, if it comes into the room.
        connection.reading = Reading::Off(0);
        let nick = connection.nick.clone();
        match state {
            0 => {}
            1 => connection.socket.send(nick.as_bytes()),
            2 => connection.socket.send(format!("{nick}\nhalf a li").as_bytes()),
            3 => {
                connection.send_line(&nick);
                connection.half_close();
            }
            // With lines that are on their way: each is said once, or not at all.
            _ => {
                connection.send_line(&nick);
                self.say(index, lines, 60);
                self.cut(index, true);
            }
        }
        Ok(600)
    }

    fn babble(&mut self, index: usize) -> Result<usize> {
        if self.seats[index].connection.is_none() {
            if self.seats[index].random.one_in(2) {
                self.enter(index)?;
            } else {
                self.connect(index)?;
            }
        }
        let seat = &mut self.seats[index];
        if seat.random.one_in(8) {
            self.cut(index, false);
        } else if let Some(connection) =
            seat.connection.as_mut().filter(|it| it.socket.unsent.is_empty())
        {
            connection.socket.send(&garbage(&mut seat.random));
        }
        Ok(8000)
    }
}
