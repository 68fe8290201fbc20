//! What one client must hear: every line of the room in its order, from its coming to its end, but
//! not its own; and the answers to what it asked, in between.

use crate::lines::{
    STOPPING, block, history_count, is_break, is_notice, line_breaks, shown, whole_line,
};
use crate::transcript::{Line, Session, Transcript};
use hdrhistogram::Histogram;
use std::collections::VecDeque;

/// Who listens, and how far it has come.
pub(crate) struct Hearing {
    pub(crate) seat: usize,
    pub(crate) session: Session,
    /// The nickname that it has asked for, or has.
    pub(crate) nick: String,
    pub(crate) stage: Stage,
    /// The next line of the room.
    pub(crate) position: u64,
    /// Whether it always reads, so that it counts how long a line takes.
    is_prompt: bool,
    /// Whether it has heard a message, and thus what is next is known to the line. Before that,
    /// notices may have been sent before or after it came.
    pub(crate) is_synced: bool,
    /// Notices about itself, which the others hear.
    own_notices: Vec<Vec<u8>>,
    /// What it has asked for, in this order.
    pub(crate) asked: VecDeque<Asked>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// To be greeted.
    New,
    /// To be told that it is in, or that somebody has its nickname.
    Naming,
    /// To be shown what was said before.
    Welcomed,
    Member,
    /// The server has said that it stops.
    Stopped,
}

/// What a client has asked for.
pub(crate) enum Asked {
    Who,
    History(usize),
    /// That a private line with this hash is confirmed.
    Private(u64),
    /// To be called so.
    Name(String),
}

/// Why no more lines can be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// The next line has not come in full.
    Incomplete,
    /// It is not known yet whether the next line is right: the listener must hear it first.
    Ahead,
    /// Somebody has the nickname.
    Taken,
}

/// What all clients together have heard.
pub(crate) struct Tally {
    pub(crate) deliveries: u64,
    pub(crate) latency: Histogram<u64>,
}

/// What became of a line that is not the room's next.
pub(crate) enum Answer {
    /// It was an answer of so many bytes.
    Bytes(usize),
    Rest(Rest),
    No,
}

impl Hearing {
    pub(crate) fn new(seat: usize, session: Session, nick: String, is_prompt: bool) -> Self {
        Self {
            seat,
            session,
            nick,
            stage: Stage::New,
            position: 0,
            is_prompt,
            is_synced: false,
            own_notices: Vec::new(),
            asked: VecDeque::new(),
        }
    }

    pub(crate) fn is_member(&self) -> bool {
        matches!(self.stage, Stage::Welcomed | Stage::Member)
    }

    /// Whether its welcome is over.
    pub(crate) fn is_welcomed(&self) -> bool {
        self.stage == Stage::Member
    }

    /// How many answers are still to come.
    pub(crate) fn asked(&self) -> usize {
        self.asked.len()
    }

    pub(crate) fn ask(&mut self, what: Asked) {
        self.asked.push_back(what);
    }

    /// It asks for another nickname.
    pub(crate) fn rename(&mut self, nick: String) {
        self.own_notices.push(format!("*** {} is now {nick}", self.nick).into_bytes());
        self.asked.push_back(Asked::Name(nick.clone()));
        self.nick = nick;
    }

    /// Whether it has heard everything and was told all that it asked for.
    pub(crate) fn is_caught_up(&self, room: &Transcript) -> bool {
        let mut rest = (self.position..room.end()).filter_map(|index| room.get(index));
        self.is_member()
            && self.asked.is_empty()
            && rest.all(|line| self.is_own(line) || (!self.is_synced && line.is_notice()))
    }

    /// Checks whole lines. Returns how many bytes they are, and why there are no more.
    pub(crate) fn take(
        &mut self,
        bytes: &[u8],
        room: &mut Transcript,
        tally: &mut Tally,
        now: u64,
    ) -> Result<(usize, Rest), String> {
        let mut used = 0;
        loop {
            used += line_breaks(&bytes[used..]);
            let rest = &bytes[used..];
            if let Some(line) = self.next_in(room) {
                let length = line.text.len();
                if rest.starts_with(&line.text) && is_break(rest.get(length)) {
                    tally.delivered(line, now, self.is_prompt);
                    self.position += 1;
                    used += length;
                    continue;
                }
            }
            let Some(line) = whole_line(rest) else { return Ok((used, Rest::Incomplete)) };
            used += match self.stage {
                Stage::New => self.greeted(line)?,
                Stage::Naming if self.is_taken(line) => {
                    return Ok((used + line.len(), Rest::Taken));
                }
                Stage::Naming => self.welcomed(line)?,
                Stage::Welcomed => match self.shown_history(rest, room)? {
                    Answer::Bytes(count) => count,
                    Answer::Rest(rest) => return Ok((used, rest)),
                    Answer::No => 0,
                },
                Stage::Member | Stage::Stopped => match self.answered(line, rest, room)? {
                    Answer::Bytes(count) => count,
                    Answer::Rest(rest) => return Ok((used, rest)),
                    Answer::No if !self.is_synced => match self.first_message(line, room)? {
                        Some(at) => {
                            room.get(at)
                                .into_iter()
                                .for_each(|line| tally.delivered(line, now, self.is_prompt));
                            line.len()
                        }
                        None if is_notice(line) => line.len(),
                        None => return Ok((used, Rest::Ahead)),
                    },
                    Answer::No if self.position >= room.end() => return Ok((used, Rest::Ahead)),
                    Answer::No => return Err(self.unexpected(line, room)),
                },
            };
        }
    }

    /// The same for the one client whose stream is the order of the room.
    pub(crate) fn listen(
        &mut self,
        bytes: &[u8],
        room: &mut Transcript,
    ) -> Result<(usize, Rest), String> {
        let mut used = 0;
        loop {
            used += line_breaks(&bytes[used..]);
            let rest = &bytes[used..];
            let Some(line) = whole_line(rest) else { return Ok((used, Rest::Incomplete)) };
            used += match self.stage {
                Stage::New => self.greeted(line)?,
                Stage::Naming => self.welcomed(line)?,
                Stage::Welcomed => match self.shown_history(rest, room)? {
                    Answer::Bytes(count) => {
                        let missed = (self.position..room.end())
                            .filter_map(|index| room.get(index))
                            .any(|line| !line.is_notice());
                        if missed {
                            return Err("the history lacks the last message".into());
                        }
                        count
                    }
                    Answer::Rest(rest) => return Ok((used, rest)),
                    Answer::No => 0,
                },
                Stage::Member | Stage::Stopped if line == STOPPING => {
                    self.stage = Stage::Stopped;
                    line.len()
                }
                Stage::Member | Stage::Stopped => {
                    room.hear(line).map_err(|wrong| format!("{wrong}: {}", shown(line)))?;
                    self.position = room.end();
                    line.len()
                }
            };
        }
    }

    /// The next line of the room that is not its own, if it is known which that is.
    fn next_in<'a>(&mut self, room: &'a Transcript) -> Option<&'a Line> {
        if !self.is_synced {
            return None;
        }
        loop {
            let line = room.get(self.position)?;
            if !self.is_own(line) {
                return Some(line);
            }
            if line.is_notice() {
                self.own_notices.retain(|own| **own != *line.text);
            }
            self.position += 1;
        }
    }

    pub(crate) fn is_own(&self, line: &Line) -> bool {
        line.speaker == Some(self.session)
            || self.own_notices.iter().any(|notice| **notice == *line.text)
    }

    fn greeted(&mut self, line: &[u8]) -> Result<usize, String> {
        if line != b"*** Welcome to chatd. Choose a nickname:" {
            return Err(format!("it is greeted with {}", shown(line)));
        }
        self.stage = Stage::Naming;
        Ok(line.len())
    }

    fn is_taken(&self, line: &[u8]) -> bool {
        line.starts_with(format!("*** {} is taken, ", self.nick).as_bytes())
    }

    fn welcomed(&mut self, line: &[u8]) -> Result<usize, String> {
        if !line.starts_with(format!("*** You are {}. ", self.nick).as_bytes()) {
            return Err(format!("it is welcomed with {}", shown(line)));
        }
        self.stage = Stage::Welcomed;
        Ok(line.len())
    }

    /// Looks for what a newcomer is shown of what was said before, and finds out from it where in
    /// the room's order it came. `No` if this is not shown.
    fn shown_history(&mut self, bytes: &[u8], room: &Transcript) -> Result<Answer, String> {
        let Some(count) = whole_line(bytes).and_then(history_count) else {
            if room.first() > 0 {
                return Err("it is not shown what was said before".into());
            }
            self.stage = Stage::Member;
            return Ok(Answer::No);
        };
        let Some((lines, length)) = block(bytes, count) else {
            return Ok(Answer::Rest(Rest::Incomplete));
        };
        let Some(position) = room.find(&lines) else { return Ok(Answer::Rest(Rest::Ahead)) };
        (self.position, self.stage) = (position, Stage::Member);
        Ok(Answer::Bytes(length))
    }

    /// The first message after the history: from here on it is known what is next. `None` if the
    /// listener has not heard it yet.
    fn first_message(&mut self, line: &[u8], room: &Transcript) -> Result<Option<u64>, String> {
        if is_notice(line) {
            return Ok(None);
        }
        let first = (self.position..room.end()).find(|&index| {
            room.get(index).is_some_and(|line| !line.is_notice() && !self.is_own(line))
        });
        let Some(index) = first else { return Ok(None) };
        if room.get(index).is_some_and(|first| *first.text == *line) {
            (self.position, self.is_synced) = (index + 1, true);
            Ok(Some(index))
        } else {
            self.position = index;
            Err(self.unexpected(line, room))
        }
    }

    fn unexpected(&self, line: &[u8], room: &Transcript) -> String {
        let due = room.get(self.position).map_or("nothing".into(), |line| shown(&line.text));
        format!("hears {} when {due} is due", shown(line))
    }
}

impl Tally {
    fn delivered(&mut self, line: &Line, now: u64, is_prompt: bool) {
        self.deliveries += 1;
        if is_prompt && line.speaker.is_some() {
            self.latency.saturating_record(now.saturating_sub(line.said_at));
        }
    }
}
