//! One peer's turn to be received from: from the next step of its decoder to what comes of it.
//! Nothing is sent here.

use std::ops::ControlFlow;

use super::disconnect::Disconnect;
use super::host::Host;
use super::inbound::Meter;
use super::schedule::{Allowance, cost};
use crate::chat::Outcome;
use crate::chat::answer::{Answer, Refusal};
use crate::chat::command::Command;
use crate::chat::outbound::Outbound;
use crate::chat::session::SessionId;
use crate::stream::Stream;
use crate::wire::irc::own::Own;
use crate::wire::{Decoder, Ending, Step};

/// How a turn ended.
#[derive(Debug)]
pub(super) enum TurnEnd {
    /// There is nothing more to read.
    Drained,
    /// It has had its share, and has more to say.
    Spent,
    /// Its lane has had its part of the tick.
    TickOver,
    /// The room where it talks has to catch up first.
    RoomSlow {
        /// It has said something in this turn, and waits behind those who have not.
        has_spoken: bool,
    },
    /// It is over its rate.
    OverRate,
    /// It has to read before it is read.
    Clogged,
    /// It is shown the past, and goes on when it has read that.
    Shown,
    /// The chat wants it to leave.
    Expelled,
    /// It is to leave.
    Ended(Disconnect),
}

/// A turn: who has it, what it acts on, and what it may do.
#[derive(Debug)]
pub(super) struct Turn<'a, S> {
    pub(super) id: SessionId,
    pub(super) meter: &'a mut Meter,
    pub(super) host: &'a mut Host<S>,
    pub(super) allowance: Allowance,
    /// How much work was ever done when the turn began.
    pub(super) work_before: u64,
    /// How many bytes were ever said when it began.
    pub(super) said_before: u64,
}

impl<S: Stream> Turn<'_, S> {
    /// Decodes and does what is asked for, until the input is used up, or something ends the turn.
    pub(super) fn decode(
        &mut self,
        decoder: &mut Decoder,
        input: &mut &[u8],
        text: &mut String,
    ) -> Option<TurnEnd> {
        loop {
            if !input.is_empty()
                && let Some(end) = self.must_stop()
            {
                return Some(end);
            }
            let before = input.len();
            let named = self.is_named();
            let (step, format) = decoder.step(input, named, self.host.limits.line_bytes_max, text);
            if step == Step::Incomplete {
                self.pay_part(before);
                return None;
            }
            self.host.peers.set_format(self.id.key(), format, self.allowance.now);
            self.meter.count(before - input.len());
            if let ControlFlow::Break(end) = self.follow(step, named) {
                return Some(end);
            }
        }
    }

    /// The peer will send no more. A last line without an end counts, and waits as others do.
    pub(super) fn finish(&mut self, decoder: &mut Decoder, text: &mut String) -> TurnEnd {
        while decoder.is_within_line() {
            if let Some(end) = self.must_stop() {
                return end;
            }
            let named = self.is_named();
            let step = decoder.finish(named, text);
            if step == Step::Incomplete {
                break;
            }
            if let ControlFlow::Break(end) = self.follow(step, named) {
                return end;
            }
        }
        if self.is_shown_more() { TurnEnd::Shown } else { TurnEnd::Ended(Disconnect::EndOfStream) }
    }

    /// Why the next line has to wait, if it has.
    fn must_stop(&mut self) -> Option<TurnEnd> {
        let Allowance { now, turn_work, tick_work, said_bytes, .. } = self.allowance;
        let Host { limits, peers, .. } = &mut *self.host;
        let connection = peers.get(self.id.key())?;
        let is_clogged = !connection.failure.is_noticed() && connection.is_clogged(limits);
        if self.meter.pace.wait_until(limits.rate, now.at).is_some() {
            return Some(TurnEnd::OverRate);
        }
        if is_clogged {
            return Some(TurnEnd::Clogged);
        }
        if self.is_shown_more() {
            return Some(TurnEnd::Shown);
        }
        let peers = &self.host.peers;
        let work = peers.work() - self.work_before;
        let said = peers.said_bytes() - self.said_before;
        // Whether a room can keep up is found out with the first line that is said there.
        if said_bytes.map_or(peers.is_too_much(), |bytes| said >= bytes) {
            Some(TurnEnd::RoomSlow { has_spoken: true })
        } else if work >= tick_work {
            Some(TurnEnd::TickOver)
        } else {
            (work >= turn_work).then_some(TurnEnd::Spent)
        }
    }

    /// Counts bytes that are no line yet.
    fn pay_part(&mut self, bytes: usize) {
        let Host { limits, peers, .. } = &mut *self.host;
        let (lines, left) = cost::lines_of_part(self.meter.line_bytes as usize + bytes, limits);
        self.meter.line_bytes = left;
        self.meter.pace.spend(limits.rate, lines, self.allowance.now.at);
        peers.toil(cost::effort_of_part(bytes));
    }

    /// Does what a step asks for, and counts it. `named`: whether it comes from somebody who has a
    /// nickname.
    fn follow(&mut self, step: Step<'_>, named: bool) -> ControlFlow<TurnEnd> {
        let now = self.allowance.now.at;
        let Host { chat, peers, limits, .. } = &mut *self.host;
        let Some(connection) = peers.get(self.id.key()) else { return ControlFlow::Continue(()) };
        let queued = connection.outbox.len();
        let is_asked = matches!(&step, Step::Command(command) if command.only_asks());
        // Thousands may have been asked for by somebody who is not there any more.
        let is_void = is_asked && connection.failure.is_noticed();
        let step = if is_void { Step::Skip } else { step };
        peers.toil(cost::effort(&step));
        let line_bytes = std::mem::take(&mut self.meter.line_bytes) as usize;
        if limits.rate.is_some() {
            let nick_bytes = chat.nick(self.id).map_or(0, |nick| nick.as_str().len());
            let lines = cost::lines(&step, line_bytes, nick_bytes, limits);
            if lines > 0 {
                self.meter.pace.spend(limits.rate, lines, now);
            }
        }
        let effort = peers.effort();
        self.act(step, named)?;
        // The welcome is not asked for, and costs no more than any line.
        if named && let Some(connection) = self.host.peers.get(self.id.key()) {
            let answer = connection.outbox.len().saturating_sub(queued);
            let toil = self.host.peers.effort() - effort;
            let limits = &self.host.limits;
            let lines = cost::lines_of_answer(answer);
            let lines = lines.saturating_add(cost::lines_of_toil(toil, limits));
            self.meter.pace.spend(self.host.limits.rate, lines, now);
        }
        ControlFlow::Continue(())
    }

    fn act(&mut self, step: Step<'_>, named: bool) -> ControlFlow<TurnEnd> {
        let id = self.id;
        let Host { peers, .. } = &mut *self.host;
        match step {
            Step::Incomplete | Step::Skip => {}
            Step::Alive => peers.hear(id.key(), self.allowance.now),
            Step::Requested => self.host.await_request(id, self.allowance.now),
            Step::Detected => self.host.greet(id, self.allowance.now),
            Step::Irc(ref own) => peers.own(id.key(), own, self.allowance.now),
            Step::Reply(bytes) => peers.push_own(id.key(), bytes),
            Step::Refused(refusal) => {
                if matches!(refusal, Refusal::LineTooLong(_))
                    && let Some(connection) = peers.get(id.key())
                {
                    connection.log_limit("line too long, left out");
                }
                peers.answer(&Answer::Refused { refusal: &refusal, named }, id);
            }
            Step::Command(command) => return self.apply(command),
            Step::Quit(reason) => {
                let why = Disconnect::Quit(reason.map(Into::into));
                return ControlFlow::Break(TurnEnd::Ended(why));
            }
            Step::Page { head, has_body } => {
                peers.push_own(id.key(), head);
                if has_body {
                    peers.push_page(id.key());
                }
                return ControlFlow::Break(TurnEnd::Ended(Disconnect::Protocol(Ending::Answered(
                    200,
                ))));
            }
            Step::End { reply, why } => {
                peers.push_own(id.key(), reply);
                return ControlFlow::Break(TurnEnd::Ended(Disconnect::Protocol(why)));
            }
        }
        ControlFlow::Continue(())
    }

    fn apply(&mut self, command: Command<'_>) -> ControlFlow<TurnEnd> {
        let (id, now) = (self.id, self.allowance.now);
        let Host { chat, peers, .. } = &mut *self.host;
        if !peers.fits(id.key(), &command) {
            peers.own(id.key(), &Own::TOO_LONG, now);
            return ControlFlow::Continue(());
        }
        let outcome = chat.apply(id, command, now, peers);
        match outcome {
            Outcome::Entered | Outcome::Renamed => self.host.note_name(id, outcome, now),
            Outcome::MadeRoom => {
                self.meter.pace.spend(self.host.limits.rate, cost::LINES_PER_ROOM - 1, now.at);
            }
            Outcome::TookBack(message, room) => self.host.note_taken_back(id, message, room),
            Outcome::Same => {}
        }
        if self.host.peers.is_expelled(id) {
            return ControlFlow::Break(TurnEnd::Expelled);
        }
        ControlFlow::Continue(())
    }

    fn is_named(&mut self) -> bool {
        self.host.peers.get(self.id.key()).is_some_and(|peer| peer.is_named())
    }

    /// Whether it is still to be shown what it asked for of the past: what it says next waits for
    /// that.
    pub(super) fn is_shown_more(&mut self) -> bool {
        self.host.chat.awaits_more(self.id)
            && self.host.peers.get(self.id.key()).is_some_and(|peer| !peer.failure.is_noticed())
    }

    /// Goes on with what it is shown of the past, if it has read all that it was sent.
    pub(super) fn show_more(&mut self) {
        let Host { chat, peers, limits, .. } = &mut *self.host;
        let (key, now) = (self.id.key(), self.allowance.now);
        if chat.has_more(self.id)
            && peers.get(key).is_some_and(|peer| !peer.has_unsent())
            && chat.go_on(self.id, now, peers)
            && let Some(connection) = peers.get(key)
        {
            let lines = cost::lines_of_answer(connection.outbox.len());
            self.meter.pace.spend(limits.rate, lines, now.at);
        }
    }
}
