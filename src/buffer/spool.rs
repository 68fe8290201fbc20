//! The shared bytes of broadcasts: written once per format, sent from the same memory to everybody.

use std::cell::{Ref, RefCell};
use std::ops::Range;
use std::rc::Rc;

/// When a segment has so many bytes, the next event goes to a new one. One span that nobody reads
/// keeps no more memory than this.
///
/// Larger segments make fewer seams, and one seam costs a span per member. At 32 KiB that is a span
/// for hundreds of messages.
pub const SEGMENT_BYTES: u32 = 32 * 1024;

/// What is allocated for a segment, so that its last event rarely makes it move.
const SEGMENT_CAPACITY: usize = SEGMENT_BYTES as usize + 4 * 1024;

/// An append-only log of encoded events in segments. A segment is freed when the last outbox has
/// sent its spans of it.
#[derive(Debug, Default)]
pub struct Spool {
    current: Rc<Segment>,
    appended: u64,
}

/// A piece of a spool. Only the spool appends to it, and what is there never changes while a span
/// refers to it.
#[derive(Debug, Default)]
pub struct Segment {
    bytes: RefCell<Vec<u8>>,
}

/// A range of bytes in a segment.
#[derive(Debug, Clone)]
pub struct Span {
    segment: Rc<Segment>,
    // A segment has less than 4 GiB: `SEGMENT_BYTES` and one event.
    start: u32,
    end: u32,
}

impl Spool {
    /// Appends what `encode` writes, and returns where it stands.
    pub fn append(&mut self, encode: impl FnOnce(&mut Vec<u8>)) -> Span {
        if Rc::strong_count(&self.current) == 1 {
            // Everybody has everything: begin again in the same memory, which is still in the
            // cache.
            self.current.recycle();
        } else if self.is_full() {
            self.current = Rc::default();
        }
        let mut bytes = self.current.bytes.borrow_mut();
        if bytes.capacity() == 0 {
            bytes.reserve_exact(SEGMENT_CAPACITY);
        }
        let start = bytes.len();
        encode(&mut bytes);
        let end = bytes.len();
        drop(bytes);
        self.appended += (end - start) as u64;
        Span { segment: Rc::clone(&self.current), start: offset(start), end: offset(end) }
    }

    /// Whether the next event goes to a new segment, or to the beginning of this one.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.current.len() >= SEGMENT_BYTES as usize
    }

    /// How many bytes were ever appended.
    #[must_use]
    pub fn appended(&self) -> u64 {
        self.appended
    }
}

impl Segment {
    fn len(&self) -> usize {
        self.bytes.borrow().len()
    }

    fn recycle(&self) {
        let mut bytes = self.bytes.borrow_mut();
        bytes.clear();
        bytes.shrink_to(SEGMENT_CAPACITY);
    }
}

impl Span {
    /// How many bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> Ref<'_, [u8]> {
        Ref::map(self.segment.bytes.borrow(), |bytes| {
            &bytes[self.start as usize..self.end as usize]
        })
    }

    /// Takes `next` in, if it stands right behind.
    pub fn extend(&mut self, next: &Self) -> bool {
        let is_adjacent = self.is_followed_by(next);
        if is_adjacent {
            self.end = next.end;
        }
        is_adjacent
    }

    /// Whether `next` stands right behind.
    #[must_use]
    pub fn is_followed_by(&self, next: &Self) -> bool {
        self.end == next.start && Rc::ptr_eq(&self.segment, &next.segment)
    }

    /// Takes in what `longer` has more than `part`, if this span ends where `part` ends. Returns
    /// how many bytes that is.
    pub fn lengthen(&mut self, part: &Self, longer: &Self) -> usize {
        if self.end != part.end || !Rc::ptr_eq(&self.segment, &longer.segment) {
            return 0;
        }
        self.end = longer.end;
        (longer.end - part.end) as usize
    }

    /// Gives up the first `count` bytes.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    pub fn advance(&mut self, count: usize) {
        assert!(count <= self.len(), "{count} bytes of a span of {}", self.len());
        self.start += offset(count);
    }

    /// Which bytes of which segment, to tell what lies between two spans.
    #[must_use]
    pub fn position(&self) -> (*const Segment, Range<u32>) {
        (Rc::as_ptr(&self.segment), self.start..self.end)
    }
}

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("a segment has less than 4 GiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_in_a_row_become_one() {
        let mut spool = Spool::default();
        let mut first = spool.append(|out| out.extend(b"ab"));
        let second = spool.append(|out| out.extend(b"cd"));
        let third = spool.append(|out| out.extend(b"ef"));
        assert!(!first.clone().extend(&third));
        assert!(first.extend(&second));
        assert!(first.extend(&third));
        first.advance(1);
        assert_eq!(&*first.bytes(), b"bcdef");
        assert_eq!(spool.appended(), 6);
    }

    #[test]
    fn memory_serves_again_once_all_is_sent() {
        let mut spool = Spool::default();
        let first = spool.append(|out| out.extend(b"ab"));
        let segment = Rc::as_ptr(&first.segment);
        drop(first);
        let second = spool.append(|out| out.extend(vec![b'x'; SEGMENT_CAPACITY * 3]));
        assert_eq!(second.position(), (segment, 0..offset(SEGMENT_CAPACITY * 3)));
        drop(second);
        let third = spool.append(|out| out.extend(b"cd"));
        assert_eq!(third.position(), (segment, 0..2));
        assert!(spool.current.bytes.borrow().capacity() <= SEGMENT_CAPACITY);
    }

    #[test]
    fn a_span_keeps_one_segment_only() {
        let mut spool = Spool::default();
        let kept = spool.append(|out| out.extend(b"first"));
        let mut ends = Vec::new();
        for _ in 0..SEGMENT_BYTES / 1024 * 3 {
            let span = spool.append(|out| out.extend([b'x'; 1024]));
            ends.push(Rc::downgrade(&span.segment));
        }
        assert_eq!(&*kept.bytes(), b"first");
        ends.dedup_by(|a, b| a.ptr_eq(b));
        ends.retain(|segment| segment.upgrade().is_some());
        assert_eq!(ends.len(), 2, "the kept one and the current one");
    }
}
