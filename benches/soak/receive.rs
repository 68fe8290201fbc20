//! What the clients get: lines, which are checked, and the ends of their connections.

use crate::Result;
use crate::crowd::{Crowd, KEPT_BEHIND, LISTENER};
use crate::hearing::{Rest, Stage};
use crate::seat::{Reading, Received, Role};
use std::io::ErrorKind;
use std::mem;

impl Crowd {
    /// Reads what there is; with `all` up to the end of the stream, if it has come.
    pub(crate) fn receive(&mut self, index: usize, all: bool) -> Result<()> {
        loop {
            let Some(connection) = &mut self.seats[index].connection else { return Ok(()) };
            if connection.is_ahead || matches!(connection.reading, Reading::Off(_)) {
                return Ok(());
            }
            match connection.read(&mut self.scratch) {
                Received::Bytes(count) => {
                    self.check(index, count)?;
                    // A short read has drained the socket: epoll(7).
                    if count < self.scratch.len() && !all {
                        return Ok(());
                    }
                }
                Received::Nothing => return Ok(()),
                Received::End => self.ended(index, None)?,
                Received::Broken(kind) => self.ended(index, Some(kind))?,
            }
        }
    }

    /// Understands what was kept and the first `count` bytes of the scratch buffer.
    pub(crate) fn check(&mut self, index: usize, count: usize) -> Result<()> {
        let now = self.now();
        let Some(connection) = &mut self.seats[index].connection else { return Ok(()) };
        let Some(hearing) = &mut connection.hearing else {
            connection.is_welcome |= has_welcome(&self.scratch[..count]);
            return Ok(());
        };
        let mut kept = mem::take(&mut connection.kept);
        let bytes = if kept.is_empty() {
            &self.scratch[..count]
        } else {
            kept.extend_from_slice(&self.scratch[..count]);
            &kept[..]
        };
        let before = hearing.stage;
        let answers = hearing.asked();
        let taken = if index == LISTENER {
            hearing.listen(bytes, &mut self.room)
        } else {
            hearing.take(bytes, &mut self.room, &mut self.tally, now)
        };
        let (used, rest) = match taken {
            Ok(taken) => taken,
            Err(wrong) => return Err(self.blame(index, &wrong).into()),
        };
        connection.kept = bytes[used..].to_vec();
        self.counts.answers += (answers - hearing.asked()) as u64;
        match rest {
            Rest::Incomplete => {}
            Rest::Ahead => {
                connection.is_ahead = true;
                self.ahead.push(index);
            }
            Rest::Taken => {
                self.nickname_is_taken(index)?;
                return self.check(index, 0);
            }
        }
        if matches!(before, Stage::New | Stage::Naming) {
            self.note_nickname(index)?;
        }
        Ok(())
    }

    /// One nickname, one holder.
    fn note_nickname(&mut self, index: usize) -> Result<()> {
        let Some(connection) = &self.seats[index].connection else { return Ok(()) };
        // Whoever has said that it leaves has no claim to it any more.
        if let Some(hearing) = &connection.hearing
            && hearing.is_member()
            && !connection.is_leaving
            && let Some(other) = self.holders.insert(hearing.nick.clone(), index)
        {
            let wrong = format!("has the nickname of client {other}, {}", hearing.nick);
            return Err(self.blame(index, &wrong).into());
        }
        Ok(())
    }

    fn nickname_is_taken(&mut self, index: usize) -> Result<()> {
        let seat = &mut self.seats[index];
        if seat.role != Role::Racer && seat.is_free {
            return Err(self.blame(index, "is refused a nickname that is free").into());
        }
        self.counts.nicknames_lost += 1;
        seat.names += 1;
        let nick = format!("{}{index}-{}-{}", seat.role.letter(), seat.lives, seat.names);
        if let Some(connection) = &mut seat.connection
            && let Some(hearing) = &mut connection.hearing
        {
            hearing.nick.clone_from(&nick);
            connection.send_line(&nick);
        }
        Ok(())
    }

    /// The server has ended a connection: in order, or with an error.
    fn ended(&mut self, index: usize, error: Option<ErrorKind>) -> Result<()> {
        self.release(index);
        let how = error.map_or("end of the stream".into(), |kind| kind.to_string());
        let seat = &mut self.seats[index];
        let (Some(connection), role) = (seat.connection.take(), seat.role) else { return Ok(()) };
        let Some(hearing) = connection.hearing else {
            if role == Role::Staller {
                if !matches!(connection.reading, Reading::ToTheEnd(_)) {
                    return Err(self.blame(index, &format!("was dropped too soon: {how}")).into());
                }
                self.counts.dropped_stallers += 1;
            }
            return Ok(());
        };
        let missed = self.room.bytes() - self.room.bytes_before(hearing.position);
        let who = format!("({}, {missed} bytes behind)", hearing.nick);
        if connection.is_leaving {
            if error.is_some() || !connection.kept.is_empty() {
                let wrong = format!("has left, but not to the end {who}: {how}");
                return Err(self.blame(index, &wrong).into());
            }
            self.counts.polite_ends += 1;
            self.counts.told_of_the_end += u64::from(hearing.stage == Stage::Stopped);
            seat.is_free = true;
            let closed = self.room.close(hearing.session, hearing.position);
            closed.map_err(|wrong| self.blame(index, &wrong))?;
        } else if role == Role::Pauser && missed > KEPT_BEHIND {
            self.counts.dropped_pausers += 1;
            seat.is_free = false;
            self.room.cut(hearing.session);
        } else {
            return Err(self.blame(index, &format!("was dropped {who}: {how}")).into());
        }
        Ok(())
    }
}

fn has_welcome(bytes: &[u8]) -> bool {
    const WELCOME: &[u8] = b"*** You are ";
    bytes.windows(WELCOME.len()).any(|part| part == WELCOME)
}
