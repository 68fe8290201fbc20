//! What is queued for one peer and not yet sent.

use std::array;
use std::cell::Ref;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Write};
use std::ops::Deref;
use std::ptr::NonNull;

use crate::buffer::block::Block;
use crate::buffer::spool::{Segment, Span};

/// How many pieces one system call sends at most. More than a few are rare: spans in a row are one
/// piece.
const PIECES_PER_WRITE: usize = 16;

/// What a piece costs beside its bytes: its place in the queue, and an allocation if its bytes are
/// its own.
const PIECE_COST: usize = 64;

/// A queue of bytes for one peer: spans of what many are sent, and bytes of its own.
///
/// Nothing is copied for a broadcast to more than a few, and an empty outbox holds no memory. Its
/// limit is the caller's: see [`Outbox::cost`].
///
/// ```
/// use chatd::buffer::{outbox::Outbox, spool::{Pool, Spool}};
///
/// let (mut spool, pool) = (Spool::default(), Pool::default());
/// let (mut ana, mut bruno) = (Outbox::default(), Outbox::default());
/// for line in ["one\n", "two\n"] {
///     let span = spool.append(&mut line.into(), &pool);
///     ana.push(&span);
///     bruno.push(&span);
/// }
/// let mut sent = Vec::new();
/// ana.flush(&mut sent)?;
/// assert_eq!(sent, b"one\ntwo\n");
/// assert_eq!(bruno.len(), 8);
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Default)]
pub struct Outbox {
    /// The piece sent next stands apart from the queue: mostly there is no other, and then nothing
    /// is allocated.
    first: Option<Piece>,
    rest: Option<Box<Rest>>,
    /// The bytes not yet sent.
    len: usize,
    /// What pieces cost beside their bytes.
    overhead: usize,
    /// What answers cost, bytes included.
    own_cost: usize,
}

/// What waits behind the first piece. Most outboxes have none, so it stands apart.
#[derive(Debug, Default)]
struct Rest {
    pieces: VecDeque<Piece>,
    /// Where in its segment the last piece ended, for each segment that pieces came from lately: a
    /// member of several rooms gets pieces of several in turn. Only ever compared: the segment may be
    /// gone.
    marks: Vec<(NonNull<Segment>, u32)>,
}

/// Of so many segments an outbox knows where it was.
const MARKS_MAX: usize = 64;

#[derive(Debug)]
enum Piece {
    Shared {
        span: Span,
        /// Bytes between this span and the one before, which are kept in memory because of both.
        gap: u32,
    },
    Own {
        bytes: Block,
        sent: usize,
        kind: Kind,
    },
}

/// What bytes of one peer alone are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What it alone was told.
    Answer,
    /// Its copy of what a few were told.
    Talk,
}

/// How [`Outbox::flush`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flush {
    /// All is sent.
    Done,
    /// The stream takes no more for now.
    Blocked,
}

impl Outbox {
    /// How many bytes are not yet sent.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether all is sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// What the outbox keeps in memory, in bytes: what is not yet sent, what lies between (a
    /// segment is freed as a whole), and the queue itself. So a peer that gets a word here and
    /// there keeps no more than one that gets all.
    #[must_use]
    pub fn cost(&self) -> usize {
        self.len + self.overhead
    }

    /// The part of [`Outbox::cost`] that this peer alone was told.
    #[must_use]
    pub fn own_cost(&self) -> usize {
        self.own_cost
    }

    /// The part of [`Outbox::cost`] that others were told too: how far behind them this peer is.
    #[must_use]
    pub fn talk_cost(&self) -> usize {
        self.cost() - self.own_cost
    }

    /// Queues shared bytes.
    pub fn push(&mut self, span: &Span) {
        self.len += span.len();
        let is_merged = match self.last() {
            Some(Piece::Shared { span: last, .. }) => last.extend(span),
            Some(Piece::Own { .. }) | None => false,
        };
        if is_merged {
            if let Some(rest) = &mut self.rest {
                rest.mark(span);
            }
        } else if let Some(first) = &self.first {
            let rest = self.rest.get_or_insert_with(|| Box::new(Rest::behind(first)));
            let tail = rest.tail().unwrap_or_else(|| first.tail().unwrap_or_default());
            // Of another segment the head is kept, and the tail of the one before.
            let gap = match rest.mark(span) {
                Some(end) => span.position().1.start.saturating_sub(end),
                None => span.position().1.start + tail,
            };
            self.queue(Piece::Shared { span: span.clone(), gap });
        } else {
            self.queue(Piece::Shared { span: span.clone(), gap: 0 });
        }
    }

    /// Queues an answer: bytes for this peer alone.
    pub fn push_own(&mut self, answer: &[u8]) {
        self.queue_own(answer, Kind::Answer);
    }

    /// Queues a copy of what this peer and a few others are told.
    pub fn push_copy(&mut self, talk: &[u8]) {
        self.queue_own(talk, Kind::Talk);
    }

    /// Bytes that are not shared: a few of them in a segment would keep all of it for a peer that
    /// does not read.
    fn queue_own(&mut self, own: &[u8], own_kind: Kind) {
        if own.is_empty() {
            return;
        }
        self.len += own.len();
        let last = self.last();
        // Not behind what is being sent: a piece gives its memory back as a whole.
        let is_appended = match last {
            Some(Piece::Own { bytes, sent: 0, kind }) if *kind == own_kind => bytes.append(own),
            Some(_) | None => false,
        };
        let mut cost = own.len();
        if !is_appended {
            let piece = Piece::Own { bytes: Block::new(own), sent: 0, kind: own_kind };
            cost += piece.overhead();
            self.queue(piece);
        }
        if own_kind == Kind::Answer {
            self.own_cost += cost;
        }
    }

    /// Writes as much as the stream takes, in as few calls as can be.
    ///
    /// # Errors
    ///
    /// The stream's, but [`ErrorKind::WouldBlock`] and [`ErrorKind::Interrupted`], which are no
    /// errors here; and [`ErrorKind::WriteZero`] if the stream takes nothing and does not say
    /// why.
    pub fn flush(&mut self, stream: &mut impl Write) -> io::Result<Flush> {
        while let Some(first) = &self.first {
            let written = if let Some(rest) = &self.rest {
                let pieces: [Option<Bytes<'_>>; PIECES_PER_WRITE] = array::from_fn(|index| {
                    if index == 0 {
                        Some(first.bytes())
                    } else {
                        rest.pieces.get(index - 1).map(Piece::bytes)
                    }
                });
                let slices: [IoSlice<'_>; PIECES_PER_WRITE] = array::from_fn(|index| {
                    IoSlice::new(pieces[index].as_deref().unwrap_or_default())
                });
                stream.write_vectored(&slices[..(1 + rest.pieces.len()).min(PIECES_PER_WRITE)])
            } else {
                stream.write(&first.bytes())
            };
            match written {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => self.consume(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Flush::Blocked),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Flush::Done)
    }

    /// Forgets all that is not sent.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn last(&mut self) -> Option<&mut Piece> {
        match &mut self.rest {
            Some(rest) => rest.pieces.back_mut(),
            None => self.first.as_mut(),
        }
    }

    fn queue(&mut self, piece: Piece) {
        self.overhead += piece.overhead();
        if let Some(first) = &self.first {
            let rest = self.rest.get_or_insert_with(|| Box::new(Rest::behind(first)));
            rest.pieces.push_back(piece);
        } else {
            self.first = Some(piece);
        }
    }

    fn consume(&mut self, mut count: usize) {
        self.len -= count;
        while let Some(first) = &mut self.first {
            let left = first.len();
            let is_answer = matches!(first, Piece::Own { kind: Kind::Answer, .. });
            if is_answer {
                self.own_cost -= count.min(left);
            }
            if count < left {
                return first.advance(count);
            }
            count -= left;
            if is_answer {
                self.own_cost -= first.overhead();
            }
            self.overhead -= first.overhead();
            self.first = self.rest.as_mut().and_then(|rest| rest.pieces.pop_front());
            self.rest.take_if(|rest| rest.pieces.is_empty());
        }
        debug_assert_eq!((self.len, self.overhead, self.own_cost), (0, 0, 0), "all is sent");
    }
}

impl Rest {
    /// Nothing yet, behind this piece.
    fn behind(first: &Piece) -> Self {
        let mut rest = Self::default();
        if let Piece::Shared { span, .. } = first {
            rest.mark(span);
        }
        rest
    }

    /// How much is behind the last piece that is shared, if there is one among the last few.
    fn tail(&self) -> Option<u32> {
        self.pieces.iter().rev().take(PIECES_PER_WRITE).find_map(Piece::tail)
    }

    /// Notes that a piece of this span's segment ends there, and returns where the last one ended.
    fn mark(&mut self, span: &Span) -> Option<u32> {
        let (segment, range) = span.position();
        // Mostly it is one of the last.
        let known = self.marks.iter_mut().rev().find(|(known, _)| *known == segment);
        if let Some((_, end)) = known {
            return Some(std::mem::replace(end, range.end));
        }
        if self.marks.len() == MARKS_MAX {
            self.marks.remove(0);
        }
        self.marks.push((segment, range.end));
        None
    }
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Shared { span, .. } => span.len(),
            Self::Own { bytes, sent, .. } => bytes.len() - sent,
        }
    }

    fn overhead(&self) -> usize {
        match self {
            Self::Shared { gap, .. } => PIECE_COST + *gap as usize,
            Self::Own { bytes, .. } => PIECE_COST + bytes.slack(),
        }
    }

    /// How many bytes of its segment are behind it, if it is shared.
    fn tail(&self) -> Option<u32> {
        match self {
            Self::Shared { span, .. } => Some(span.tail()),
            Self::Own { .. } => None,
        }
    }

    fn advance(&mut self, count: usize) {
        match self {
            Self::Shared { span, .. } => span.advance(count),
            Self::Own { sent, .. } => *sent += count,
        }
    }

    fn bytes(&self) -> Bytes<'_> {
        match self {
            Self::Shared { span, .. } => Bytes::Shared(span.bytes()),
            Self::Own { bytes, sent, .. } => Bytes::Own(&bytes[*sent..]),
        }
    }
}

/// The bytes of a piece, while they are being sent.
enum Bytes<'a> {
    Shared(Ref<'a, [u8]>),
    Own(&'a [u8]),
}

impl Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Shared(bytes) => bytes,
            Self::Own(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buffer::spool::{Pool, SEGMENT_BYTES, Spool};
    use proptest::prelude::*;

    impl Outbox {
        fn pieces(&self) -> impl Iterator<Item = &Piece> {
            self.first.iter().chain(self.rest.iter().flat_map(|rest| rest.pieces.iter()))
        }
    }

    /// A stream that takes so many bytes with each call, and blocks where that is 0.
    struct Sink {
        takes: Vec<usize>,
        got: Vec<u8>,
    }

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.takes.pop() {
                Some(0) => Err(ErrorKind::WouldBlock.into()),
                takes => {
                    let count = takes.unwrap_or(usize::MAX).min(bytes.len());
                    self.got.extend(&bytes[..count]);
                    Ok(count)
                }
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_message_for_all_is_one_piece_however_many_there_are() {
        let (mut spool, pool) = (Spool::default(), Pool::default());
        let mut outbox = Outbox::default();
        for _ in 0..100 {
            outbox.push(&spool.append(&mut b"12345678".to_vec(), &pool));
        }
        assert_eq!((outbox.len(), outbox.cost()), (800, 800 + PIECE_COST));
        assert!(outbox.rest.is_none());
    }

    #[test]
    fn gaps_count_for_the_memory_they_keep() {
        let (mut spool, pool) = (Spool::default(), Pool::default());
        let mut outbox = Outbox::default();
        for _ in 0..50 {
            outbox.push(&spool.append(&mut b"to all".to_vec(), &pool));
            spool.append(&mut vec![b'x'; SEGMENT_BYTES as usize - 6], &pool);
            outbox.push_own(b"to one");
        }
        assert_eq!(outbox.len(), 50 * 12);
        assert!(
            outbox.cost() >= 49 * SEGMENT_BYTES as usize,
            "50 segments are kept, {} bytes counted",
            outbox.cost()
        );
        assert_eq!(outbox.flush(&mut Sink { takes: vec![], got: vec![] }).unwrap(), Flush::Done);
        assert_eq!((outbox.len(), outbox.cost(), outbox.rest.is_none()), (0, 0, true));
    }

    #[test]
    fn a_segment_that_ended_early_keeps_nothing_behind_its_end() {
        let (mut spool, pool) = (Spool::default(), Pool::default());
        let mut outbox = Outbox::default();
        outbox.push(&spool.append(&mut b"a word".to_vec(), &pool));
        let mut long = vec![b'x'; SEGMENT_BYTES as usize];
        outbox.push(&spool.append(&mut long, &pool));
        assert_eq!(outbox.cost(), 6 + SEGMENT_BYTES as usize + 2 * PIECE_COST);
    }

    #[test]
    fn who_hears_two_rooms_in_turn_is_charged_for_what_it_is_sent() {
        let (mut one, mut other, pool) = (Spool::default(), Spool::default(), Pool::default());
        let mut outbox = Outbox::default();
        for _ in 0..100 {
            outbox.push(&one.append(&mut b"a line\n".to_vec(), &pool));
            outbox.push(&other.append(&mut b"a line\n".to_vec(), &pool));
        }
        assert_eq!(outbox.cost(), 200 * (7 + PIECE_COST));
        // What it said itself in between is kept because of it.
        one.append(&mut vec![b'x'; 1000], &pool);
        outbox.push(&one.append(&mut b"a line\n".to_vec(), &pool));
        assert_eq!(outbox.cost(), 201 * (7 + PIECE_COST) + 1000);
    }

    #[test]
    fn what_is_sent_is_given_back_even_if_the_outbox_is_never_empty() {
        let mut outbox = Outbox::default();
        outbox.push_own(&[b'x'; 1000]);
        for _ in 0..100 {
            outbox.push_own(&[b'x'; 1000]);
            outbox.flush(&mut Sink { takes: vec![0, 1000], got: vec![] }).unwrap();
            let pieces = outbox.pieces();
            let held: usize = pieces
                .map(|piece| if let Piece::Own { bytes, .. } = piece { bytes.len() } else { 0 })
                .sum();
            assert!(held <= 4 * outbox.cost(), "{held} bytes are held, {} counted", outbox.cost());
        }
        assert_eq!(outbox.len(), 1000);
    }

    #[test]
    fn a_stream_that_takes_nothing_is_an_error() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Ok(0)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut outbox = Outbox::default();
        outbox.push_own(b"x");
        assert_eq!(outbox.flush(&mut Full).unwrap_err().kind(), ErrorKind::WriteZero);
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out_whatever_the_stream_takes(
            pushes in prop::collection::vec((0..4, 1..40usize), 0..60),
            takes in prop::collection::vec(0..50usize, 0..60),
        ) {
            let (mut spool, pool) = (Spool::default(), Pool::default());
            let mut outbox = Outbox::default();
            let mut sink = Sink { takes, got: Vec::new() };
            let mut expected = Vec::new();
            for (byte, (kind, count)) in (0..).zip(pushes) {
                let bytes = vec![byte; count];
                match kind {
                    0 => outbox.push(&spool.append(&mut bytes.clone(), &pool)),
                    1 => outbox.push_own(&bytes),
                    2 => outbox.push_copy(&bytes),
                    _ => {
                        spool.append(&mut bytes.clone(), &pool);
                        outbox.flush(&mut sink).unwrap();
                        continue;
                    }
                }
                expected.extend(bytes);
                prop_assert_eq!(outbox.len(), expected.len() - sink.got.len());
                prop_assert!(outbox.cost() >= outbox.len());
                let answers = outbox.pieces().filter(|piece| matches!(piece, Piece::Own { kind: Kind::Answer, .. }));
                let answers: usize = answers.map(|piece| piece.len() + piece.overhead()).sum();
                prop_assert_eq!((outbox.own_cost(), outbox.talk_cost()), (answers, outbox.cost() - answers));
            }
            while outbox.flush(&mut sink).unwrap() == Flush::Blocked {}
            prop_assert_eq!(&sink.got, &expected);
            prop_assert_eq!((outbox.len(), outbox.cost()), (0, 0));
        }
    }
}
