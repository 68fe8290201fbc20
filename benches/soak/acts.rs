//! What each role does when its moment comes, and when the next one is.

use crate::Result;
use crate::crowd::{Crowd, DROPPED_BEHIND};
use crate::hearing::Asked;
use crate::seat::{Connection, Reading, Role};
use crate::words::{garbage, harmless, harmless_up_to};

/// A paste is so many lines: well under the burst that the server allows by default, with some left
/// for what the talker says besides.
const PASTE_LINES: usize = 40;
/// While so many lines are on their way nobody starts to talk: how much is said must not depend on
/// how fast this machine is today.
const UNDERWAY_MAX: usize = 400;
/// So long a staller that must have been dropped may take to find the end, in milliseconds.
const END_WITHIN: u64 = 60_000;

impl Crowd {
    /// Lets a seat do what it does.
    pub(crate) fn act(&mut self, index: usize) -> Result<()> {
        let pause = match self.seats[index].role {
            Role::Listener | Role::Lurker => return Ok(()),
            Role::Talker => self.talk(index),
            Role::Renamer => self.talk_and_rename(index),
            Role::Asker => self.ask(index),
            Role::Visitor => self.visit(index, 2500)?,
            Role::Racer => self.visit(index, 1000)?,
            Role::HalfCloser => self.half_close(index)?,
            Role::Pauser => self.pause(index)?,
            Role::Staller => self.stall(index)?,
            Role::Resetter => self.reset(index)?,
            Role::Babbler => self.babble(index)?,
        };
        self.wake_after(index, pause);
        Ok(())
    }

    /// Lets a seat act in about so many milliseconds: half of it to one and a half times.
    pub(crate) fn wake_after(&mut self, index: usize, millis: usize) {
        let now = self.millis();
        let seat = &mut self.seats[index];
        let wait = millis / 2 + seat.random.below(millis.max(1));
        let at = now + wait as u64;
        // Those who want one nickname come together, on the full second.
        seat.wake = Some(if seat.role == Role::Racer { at.next_multiple_of(1000) } else { at });
    }

    fn below(&mut self, index: usize, end: usize) -> usize {
        self.seats[index].random.below(end)
    }

    /// A nickname of its own for this connection, the same every time if that one is free.
    fn nick(&self, index: usize) -> String {
        let seat = &self.seats[index];
        let letter = seat.role.letter();
        if seat.is_free {
            format!("{letter}{index}")
        } else {
            format!("{letter}{index}-{}", seat.lives)
        }
    }

    pub(crate) fn enter(&mut self, index: usize) -> Result<()> {
        let is_racer = self.seats[index].role == Role::Racer;
        let nick = if is_racer { format!("c-{}", index / 4) } else { self.nick(index) };
        self.join(index, nick)
    }

    /// The connection of a seat that is in the room and reads.
    fn member(&mut self, index: usize) -> Option<&mut Connection> {
        let connection = self.seats[index].connection.as_mut()?;
        (connection.is_member() && !connection.is_leaving).then_some(connection)
    }

    /// Says so many lines, of any length up to `most` bytes if that is given.
    pub(crate) fn say(&mut self, index: usize, lines: usize, most: Option<usize>) {
        let now = self.now();
        for _ in 0..lines {
            let random = &mut self.seats[index].random;
            let words = match most {
                Some(most) => harmless_up_to(most, random),
                None => harmless(random),
            };
            let is_action = random.one_in(10);
            if let Some(connection) = &mut self.seats[index].connection {
                connection.say(&words, is_action, false, &mut self.room, now);
            }
        }
    }

    fn talk(&mut self, index: usize) -> usize {
        if self.room.due() > UNDERWAY_MAX {
            return 500;
        }
        let is_paste = self.seats[index].random.one_in(60);
        let lines = 1 + self.below(index, 3);
        if self.member(index).is_some_and(|connection| connection.is_sent()) {
            if is_paste {
                self.say(index, PASTE_LINES, Some(2400));
            } else {
                self.say(index, lines, None);
            }
        }
        15_000
    }

    fn talk_and_rename(&mut self, index: usize) -> usize {
        if self.member(index).is_some() {
            self.say(index, 1, None);
            self.seats[index].names += 1;
            let nick = format!("n{index}-{}", self.seats[index].names);
            self.rename(index, &nick);
            self.say(index, 1, Some(200));
        }
        10_000
    }

    fn ask(&mut self, index: usize) -> usize {
        let (kind, count) = (self.below(index, 4), 1 + self.below(index, 8));
        let others = self.with_role(|role| matches!(role, Role::Talker | Role::Lurker));
        let other = *self.seats[index].random.pick(&others);
        let words = harmless_up_to(300, &mut self.seats[index].random);
        let to = format!("{}{other}", self.seats[other].role.letter());
        self.say(index, 1, Some(200));
        // As long as it may still be shown what was said before it came, an answer could be taken
        // for that.
        let connection = self.seats[index].connection.as_mut();
        let Some(connection) = connection.filter(|connection| connection.is_welcomed()) else {
            return 10_000;
        };
        match kind {
            0 => connection.ask("/who", Asked::Who),
            1 => connection.ask(&format!("/history {count}"), Asked::History(count)),
            _ => connection.tell(&to, other, &words, &mut self.room),
        }
        10_000
    }

    /// Comes, and the next time says something and goes. Returns after how long it acts again.
    fn visit(&mut self, index: usize, pause: usize) -> Result<usize> {
        if self.seats[index].connection.is_none() {
            self.enter(index)?;
        } else if self.member(index).is_some() {
            let lines = self.below(index, 3);
            self.say(index, lines, Some(600));
            self.leave(index);
        } else {
            return Ok(200);
        }
        Ok(pause)
    }

    /// Leaves in one of the ways there are.
    fn leave(&mut self, index: usize) {
        match self.below(index, 4) {
            0 => self.quit(index, "/quit"),
            1 => self.quit(index, "/quit so long, and thanks"),
            2 => self.end(index),
            _ => self.cut(index, false),
        }
    }

    pub(crate) fn quit(&mut self, index: usize, line: &str) {
        self.release(index);
        if let Some(connection) = &mut self.seats[index].connection {
            connection.quit(line);
        }
    }

    /// Says a last line, perhaps without a line end, and sends the end of the stream.
    pub(crate) fn end(&mut self, index: usize) {
        self.release(index);
        let now = self.now();
        let is_cut_off = self.seats[index].random.one_in(2);
        let words = harmless_up_to(100, &mut self.seats[index].random);
        if let Some(connection) = &mut self.seats[index].connection {
            connection.say(&words, false, is_cut_off, &mut self.room, now);
            connection.half_close();
        }
    }

    /// All at once: `printf 'bot\nhi\n' | nc -N`.
    fn half_close(&mut self, index: usize) -> Result<usize> {
        let is_new = self.seats[index].connection.is_none();
        if is_new {
            self.enter(index)?;
        }
        if is_new || self.member(index).is_some() {
            let lines = self.below(index, 2);
            self.say(index, lines, Some(600));
            self.end(index);
        }
        Ok(8000)
    }

    fn pause(&mut self, index: usize) -> Result<usize> {
        if self.seats[index].connection.is_none() {
            self.enter(index)?;
        } else if let Some(connection) = &mut self.seats[index].connection {
            if let Reading::Off(_) = connection.reading {
                connection.reading = Reading::On;
                self.receive(index, true)?;
            } else if connection.is_member() {
                connection.reading = Reading::Off(self.room.bytes());
            }
        }
        Ok(4000)
    }

    fn stall(&mut self, index: usize) -> Result<usize> {
        let (bytes, millis) = (self.room.bytes(), self.millis());
        let Some(connection) = &mut self.seats[index].connection else {
            self.enter(index)?;
            return Ok(1000);
        };
        match connection.reading {
            Reading::On if connection.is_welcome => connection.reading = Reading::Off(bytes),
            Reading::Off(at) if bytes - at > DROPPED_BEHIND => {
                connection.reading = Reading::ToTheEnd(millis);
                self.receive(index, true)?;
            }
            Reading::ToTheEnd(since) if millis - since > END_WITHIN => {
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
        let state = self.below(index, 6);
        let nick = format!("x{index}-{}", self.seats[index].lives);
        let Some(connection) = &mut self.seats[index].connection else { return Ok(200) };
        match state {
            // Before a word, and in the middle of the first one.
            0 => {}
            1 => connection.send(nick.as_bytes()),
            // In the room, and with everything unread.
            2 => {
                connection.reading = Reading::Off(0);
                connection.send_line(&nick);
            }
            3 => connection.send(format!("{nick}\nhalf a li").as_bytes()),
            4 => {
                connection.send(format!("{nick}\nhello, and good\n/who\n").as_bytes());
                self.cut(index, true);
            }
            _ => {
                connection.send(format!("{nick}\n").as_bytes());
                connection.half_close();
            }
        }
        Ok(600)
    }

    fn babble(&mut self, index: usize) -> Result<usize> {
        let bytes = garbage(&mut self.seats[index].random);
        if self.seats[index].connection.is_none() {
            self.connect(index)?;
            if self.seats[index].random.one_in(2) {
                let nick = format!("g{index}-{}", self.seats[index].lives);
                if let Some(connection) = &mut self.seats[index].connection {
                    connection.send_line(&nick);
                }
            }
        }
        if self.seats[index].random.one_in(8) {
            self.cut(index, false);
        } else if let Some(connection) = &mut self.seats[index].connection
            && connection.is_sent()
        {
            connection.send(&bytes);
        }
        Ok(8000)
    }
}
