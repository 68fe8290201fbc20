//! The first part of a tick: read, decode, apply. Nothing is sent here.

use std::io::ErrorKind;
use std::mem;
use std::ops::ControlFlow;

use log::{Level, log};

use super::connection::{Connection, Disconnect, Pause, Phase};
use super::turn::{Moment, Scratch, Turn};
use super::{Server, Visit, note_limit};
use crate::buffer::inbox::Inbox;
use crate::chat::Outcome;
use crate::chat::answer::{Answer, Refusal};
use crate::chat::command::Command;
use crate::chat::outbound::Outbound;
use crate::clock::Now;
use crate::stream::Stream;
use crate::wire::{Decoder, Step};

/// A request counts as one line, and as one more for so many bytes that it is answered with:
/// a short line must not buy much work at the price of a little.
const ANSWER_BYTES_PER_LINE: usize = 1024;

/// What stands around a nickname and what it says, in a line.
const LINE_MARKS_BYTES: usize = 4;

/// What a step takes that queues little or nothing, in bytes of talk that take as long: an empty
/// line, a refusal, and a command, of which a new nickname takes longest (`cargo bench --bench
/// hostile -- nick flood`).
const EFFORT_OF_NOTHING: u64 = 8;
const EFFORT_OF_REFUSAL: u64 = 64;
const EFFORT_OF_COMMAND: u64 = 512;

impl<S: Stream> Server<S> {
    /// Decodes what it sent, and reads at most `share` bytes more.
    pub(super) fn take_turn(
        &mut self,
        key: usize,
        decoder: &mut Decoder,
        inbox: &mut Inbox,
        scratch: &mut Scratch,
        mut share: usize,
        moment: Moment,
    ) -> Turn {
        let Scratch { received, text } = scratch;
        self.show_more(key, moment.now);
        if !inbox.is_empty() {
            // Decode before reading: what came first is said first, and the end of the stream comes
            // last.
            let mut input = inbox.bytes();
            let stopped = self.decode(key, decoder, &mut input, text, moment);
            let left = input.len();
            inbox.keep_last(left);
            if let Some(turn) = stopped {
                return turn;
            }
        }
        loop {
            if self.is_shown_more(key) {
                return Turn::Shown;
            }
            let Some(connection) = self.peers.get(key) else { return Turn::Left };
            if !connection.is_readable {
                return Turn::Drained;
            }
            if share == 0 {
                return Turn::Share;
            }
            match connection.stream.read(&mut received[..share]) {
                Ok(0) => {
                    return match connection.cut_off {
                        // Half a line is not one that ended with the stream.
                        Some(why) => Turn::Ended(Disconnect::Failed(why)),
                        None => self.finish(key, decoder, text, moment),
                    };
                }
                Ok(count) => {
                    connection.is_readable =
                        !S::SHORT_READ_DRAINS || count == share || connection.is_ended;
                    share -= count;
                    let mut input = &received[..count];
                    if let Some(turn) = self.decode(key, decoder, &mut input, text, moment) {
                        inbox.put(input);
                        return turn;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    connection.is_readable = false;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Turn::Ended(error.into()),
            }
        }
    }

    /// Decodes and applies until the input is used up, or something stops it.
    fn decode(
        &mut self,
        key: usize,
        decoder: &mut Decoder,
        input: &mut &[u8],
        text: &mut String,
        moment: Moment,
    ) -> Option<Turn> {
        loop {
            if let Some(turn) = self.must_stop(key, moment).filter(|_| !input.is_empty()) {
                return Some(turn);
            }
            let Some(connection) = self.peers.get(key) else { return Some(Turn::Left) };
            let before = input.len();
            let (step, format) =
                decoder.step(input, connection.is_named(), self.limits.line_bytes_max, text);
            if step == Step::Incomplete {
                connection.unpaid_bytes += before;
                let lines = connection.unpaid_bytes / self.limits.line_bytes_max;
                connection.unpaid_bytes %= self.limits.line_bytes_max;
                connection.pace.spend(self.limits.rate, count(lines), moment.now.at);
                self.effort += before as u64 / EFFORT_OF_NOTHING;
                return None;
            }
            let line_bytes = mem::take(&mut connection.unpaid_bytes);
            self.peers.set_format(key, format);
            let bytes = line_bytes + before - input.len();
            if self.follow(key, step, bytes, moment.now).is_break() {
                return Some(Turn::Left);
            }
        }
    }

    /// Why a connection's next line has to wait, if it has.
    fn must_stop(&mut self, key: usize, moment: Moment) -> Option<Turn> {
        let work = self.work();
        let is_enough_said = self.peers.said_bytes() >= moment.said_end;
        let connection = self.peers.connections.get(key)?;
        if connection.pace.wait_until(self.limits.rate, moment.now.at).is_some() {
            Some(Turn::Wait)
        } else if connection.broken.is_none() && connection.is_clogged(&self.limits) {
            Some(Turn::Clogged)
        } else if self.is_shown_more(key) {
            Some(Turn::Shown)
        } else {
            let is_held = is_enough_said && connection.is_named();
            if is_held || work >= moment.work_end {
                Some(Turn::Held)
            } else {
                (work >= moment.turn_end).then_some(Turn::Share)
            }
        }
    }

    /// The peer will send no more. A last line without an end counts, and waits as others do.
    fn finish(
        &mut self,
        key: usize,
        decoder: &mut Decoder,
        text: &mut String,
        moment: Moment,
    ) -> Turn {
        while decoder.is_within_line() {
            if let Some(turn) = self.must_stop(key, moment) {
                return turn;
            }
            let Some(connection) = self.peers.get(key) else { return Turn::Left };
            let line_bytes = mem::take(&mut connection.unpaid_bytes);
            let is_named = connection.is_named();
            let step = decoder.finish(is_named, text);
            if step == Step::Incomplete {
                break;
            }
            if self.follow(key, step, line_bytes, moment.now).is_break() {
                return Turn::Left;
            }
        }
        if self.is_shown_more(key) {
            return Turn::Shown;
        }
        Turn::Ended(Disconnect::EndOfStream)
    }

    /// Does what a step asks for that is made of so many bytes, and counts it: as one line, as one
    /// more for every so many bytes that it has or that others hear of it, and as one more for every
    /// so many that it is answered with. `Break` when the session has left.
    fn follow(
        &mut self,
        key: usize,
        step: Step<'_>,
        line_bytes: usize,
        now: Now,
    ) -> ControlFlow<()> {
        let Some(connection) = self.peers.get(key) else { return ControlFlow::Break(()) };
        let id = connection.id;
        let named = connection.is_named();
        let queued = connection.outbox.len();
        let is_asked =
            matches!(step, Step::Command(Command::Who | Command::History(_) | Command::Help));
        // Thousands may have been asked for by somebody who is not there any more.
        let step = if is_asked && connection.broken.is_some() { Step::Skip } else { step };
        self.effort += effort(&step);
        if self.limits.rate.is_some() && step != Step::Detected {
            let said = heard_bytes(&step, self.chat.nick(id).map_or(0, |nick| nick.as_str().len()));
            let lines = self.limits.lines_of_talk(line_bytes.max(said));
            connection.pace.spend(self.limits.rate, count(lines), now.at);
        }
        match step {
            Step::Incomplete | Step::Skip => {}
            Step::Detected => {
                // Only known now, and nothing asked for yet.
                self.greet(key, now);
                return ControlFlow::Continue(());
            }
            Step::Reply(bytes) => {
                self.peers.push_own(key, &bytes);
            }
            Step::Refused(refusal) => {
                if let Refusal::LineTooLong(_) = refusal {
                    note_limit(connection, "line too long, left out");
                }
                self.peers.answer(&Answer::Refused { refusal, named }, id);
            }
            Step::Command(command) => self.apply(key, command, now)?,
            Step::Quit(reason) => {
                self.end(key, Disconnect::Quit(reason), now);
                return ControlFlow::Break(());
            }
            Step::End { reply, why } => {
                self.peers.push_own(key, reply);
                self.end(key, Disconnect::Foreign(why), now);
                return ControlFlow::Break(());
            }
        }
        if let Some(connection) = self.peers.get(key) {
            let answer = connection.outbox.len().saturating_sub(queued);
            // The welcome is not asked for, and costs no more than any line.
            let lines = if named { answer / ANSWER_BYTES_PER_LINE } else { 0 };
            connection.pace.spend(self.limits.rate, count(lines), now.at);
        }
        ControlFlow::Continue(())
    }

    /// Whether a peer is still to be shown what it asked for of the past: what it says next waits
    /// for that.
    fn is_shown_more(&self, key: usize) -> bool {
        let is_there = |connection: &Connection<S>| connection.broken.is_none();
        self.peers.id(key).is_some_and(|id| self.chat.awaits_more(id))
            && self.peers.connections.get(key).is_some_and(is_there)
    }

    /// Goes on with what a peer is shown of the past, if it has read all that it was sent.
    fn show_more(&mut self, key: usize, now: Now) {
        let Some(connection) = self.peers.get(key) else { return };
        let id = connection.id;
        if connection.outbox.is_empty() && self.chat.has_more(id) {
            let is_asked = self.chat.go_on(id, now, &mut self.peers);
            if let Some(connection) = self.peers.get(key).filter(|_| is_asked) {
                let lines = connection.outbox.len() / ANSWER_BYTES_PER_LINE;
                connection.pace.spend(self.limits.rate, count(lines), now.at);
            }
        }
    }

    fn apply(&mut self, key: usize, command: Command<'_>, now: Now) -> ControlFlow<()> {
        let Some(id) = self.peers.id(key) else { return ControlFlow::Break(()) };
        let outcome = self.chat.apply(id, command, now, &mut self.peers);
        if let (Outcome::Entered | Outcome::Renamed, Some(connection), Some(nick)) =
            (outcome, self.peers.connections.get_mut(key), self.chat.nick(id))
        {
            let is_told = connection.is_told
                && (outcome == Outcome::Entered
                    || self.visits.is_told(connection.peer.ip(), Visit::Rename, now.at));
            let level = if is_told { Level::Info } else { Level::Debug };
            log!(level, "{} is {nick}", connection.peer);
            connection.phase = Phase::Member;
        }
        for (who, refused) in mem::take(&mut self.peers.expelled) {
            self.end(who.key(), Disconnect::NicknamesRefused(refused), now);
            if who == id {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    /// Draws the conclusions from how a turn ended.
    pub(super) fn after_turn(&mut self, key: usize, turn: Turn, now: Now) {
        let Some(connection) = self.peers.get(key) else { return };
        match turn {
            Turn::Left | Turn::Drained => {}
            Turn::Share | Turn::Held => self.enqueue(key),
            Turn::Ended(why) => self.end(key, why, now),
            Turn::Wait => {
                note_limit(connection, "over its rate, read later");
                connection.pause = Some(Pause::Rate);
                if connection.is_ended {
                    self.line_up(key, now);
                }
            }
            Turn::Shown => connection.pause = Some(Pause::Clogged),
            Turn::Clogged => {
                note_limit(connection, "does not read what it asked for, read later");
                connection.pause = Some(Pause::Clogged);
                // Settle sends, and perhaps it may go on at once.
                self.peers.unsettle(key);
            }
        }
        self.rearm(key);
        if let Some(connection) = self.peers.get(key)
            && connection.is_in_line
            && !connection.is_queued
        {
            let ip = connection.peer.ip();
            self.call_next(ip);
        }
    }

    /// Reads and forgets what a peer sends that has left, until it closes.
    pub(super) fn discard(&mut self, key: usize) {
        let Some(connection) = self.peers.get(key) else { return };
        let Phase::Lingering { .. } = connection.phase else { return };
        match connection.stream.read(&mut self.scratch.received) {
            Ok(count) if count > 0 => self.enqueue(key),
            Err(error) if error.kind() == ErrorKind::Interrupted => self.enqueue(key),
            Err(error) if error.kind() == ErrorKind::WouldBlock => connection.is_readable = false,
            Ok(_) | Err(_) => {
                connection.phase = Phase::Gone;
                self.peers.unsettle(key);
            }
        }
    }
}

/// What others get to hear of a step, in bytes, if it comes from somebody with so long a nickname.
fn heard_bytes(step: &Step<'_>, nick_bytes: usize) -> usize {
    match step {
        Step::Command(Command::Say { text, .. } | Command::Tell { text, .. })
        | Step::Quit(Some(text)) => nick_bytes + LINE_MARKS_BYTES + text.as_str().len(),
        Step::Command(Command::Nick(_) | Command::Who | Command::History(_) | Command::Help)
        | Step::Quit(None)
        | Step::Incomplete
        | Step::Detected
        | Step::Refused(_)
        | Step::Reply(_)
        | Step::Skip
        | Step::End { .. } => 0,
    }
}

/// What a step takes beside the bytes that it queues.
fn effort(step: &Step<'_>) -> u64 {
    match step {
        Step::Incomplete | Step::Detected | Step::Command(Command::Say { .. }) => 0,
        Step::Skip | Step::Reply(_) => EFFORT_OF_NOTHING,
        Step::Refused(_) | Step::End { .. } => EFFORT_OF_REFUSAL,
        Step::Command(_) | Step::Quit(_) => EFFORT_OF_COMMAND,
    }
}

fn count(lines: usize) -> u32 {
    u32::try_from(lines).unwrap_or(u32::MAX)
}
