//! The receiving half of a peer: from its stream to its decoder.

use std::io::ErrorKind;

use super::disconnect::Disconnect;
use super::host::Host;
use super::schedule::{Allowance, Lane};
use super::turn::{Turn, TurnEnd};
use crate::buffer::inbox::Inbox;
use crate::chat::room::RoomId;
use crate::chat::session::SessionId;
use crate::pace::Pace;
use crate::stream::Stream;
use crate::wire::{Decoder, Protocols};

/// What a peer has sent, as far as it is not acted on, and what counts against it.
#[derive(Debug, Default)]
pub(super) struct Inbound {
    decoder: Decoder,
    inbox: Inbox,
    pub(super) meter: Meter,
}

/// How much a peer has said, as far as it has to wait for that.
#[derive(Debug, Default)]
pub(super) struct Meter {
    pub(super) pace: Pace,
    /// Bytes received since the last line.
    pub(super) line_bytes: u32,
    pub(super) lane: Lane,
    /// The room for which its next turn waits, if that cannot keep up: where it talked last, or
    /// where it talked in its last turn and was too much.
    pub(super) room: Option<RoomId>,
    /// It shares an allowance with others of its address whose streams have ended.
    pub(super) is_in_line: bool,
}

impl Meter {
    /// So many bytes more were received since the last line.
    pub(super) fn count(&mut self, bytes: usize) {
        // A read is shorter than that, and a line is.
        self.line_bytes = self.line_bytes.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
    }
}

/// Memory that every peer uses in its turn, and none keeps.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) received: Box<[u8]>,
    text: String,
}

impl Scratch {
    pub(super) fn new(bytes: usize) -> Self {
        Self { received: vec![0; bytes].into(), text: String::new() }
    }
}

impl Inbound {
    /// That of a newcomer, which may speak one of these protocols.
    pub(super) fn new(spoken: Protocols) -> Self {
        Self { decoder: Decoder::new(spoken), ..Self::default() }
    }

    /// Whether nothing waits that was received.
    #[cfg(debug_assertions)]
    pub(super) fn is_empty(&self) -> bool {
        self.inbox.is_empty()
    }

    /// Forgets all but what counts against the peer: it has left, or is gone.
    pub(super) fn close(&mut self) {
        (self.decoder, self.inbox) = (Decoder::Ended, Inbox::default());
    }

    /// Whether a line has begun.
    pub(super) fn is_within_line(&self) -> bool {
        self.decoder.is_within_line()
    }

    /// It was silent for so long that it is a person, waiting to be spoken to.
    pub(super) fn assume_text(&mut self) {
        self.decoder.assume_text();
    }

    /// Acts on what it sent, and reads more.
    pub(super) fn take_turn<S: Stream>(
        &mut self,
        id: SessionId,
        host: &mut Host<S>,
        scratch: &mut Scratch,
        allowance: Allowance,
    ) -> TurnEnd {
        let Self { decoder, inbox, meter } = self;
        let Scratch { received, text } = scratch;
        let (work_before, said_before) = (host.peers.work(), host.peers.said_bytes());
        let mut turn = Turn { id, meter, host, allowance, work_before, said_before };
        turn.show_more();
        if !inbox.is_empty() {
            // Decode before reading: what came first is said first, and the end of the stream comes
            // last.
            let mut input = inbox.bytes();
            let end = turn.decode(decoder, &mut input, text);
            let left = input.len();
            inbox.keep_last(left);
            if let Some(end) = end {
                return end;
            }
        }
        let mut vacancy = allowance.read_bytes.min(received.len());
        loop {
            if turn.is_shown_more() {
                return TurnEnd::Shown;
            }
            let count = match read(&mut turn, &mut received[..vacancy]) {
                Read::Bytes(count) => count,
                Read::End => return turn.finish(decoder, text),
                Read::Stopped(end) => return end,
            };
            vacancy -= count;
            let mut input = &received[..count];
            let end = turn.decode(decoder, &mut input, text);
            if let Some(end) = end {
                inbox.put(input);
                return end;
            }
        }
    }
}

/// What became of a try to read.
enum Read {
    Bytes(usize),
    End,
    Stopped(TurnEnd),
}

fn read<S: Stream>(turn: &mut Turn<'_, S>, into: &mut [u8]) -> Read {
    let Some(connection) = turn.host.peers.get(turn.id.key()) else {
        return Read::Stopped(TurnEnd::Drained);
    };
    while connection.ready.readable {
        if into.is_empty() {
            return Read::Stopped(TurnEnd::Spent);
        }
        match connection.stream.read(into) {
            Ok(0) => {
                // Half a line is not one that ended with the stream, if the stream was cut off.
                let failed = |why| Read::Stopped(TurnEnd::Ended(Disconnect::Failed(why)));
                return connection.failure.cut_off().map_or(Read::End, failed);
            }
            Ok(count) => {
                let is_drained = connection.stream.drains(count, into.len());
                connection.ready.readable = !is_drained || connection.ready.ended;
                return Read::Bytes(count);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                connection.ready.readable = false;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Read::Stopped(TurnEnd::Ended(error.into())),
        }
    }
    Read::Stopped(TurnEnd::Drained)
}
