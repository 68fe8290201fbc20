//! The shared bytes of broadcasts: written once for a room and a variant, sent from the same memory
//! to all who hear them.

use std::cell::{Ref, RefCell};
use std::mem;
use std::ops::Range;
use std::ptr::NonNull;
use std::rc::{Rc, Weak};

/// A segment takes bytes as long as it has no more than this. One span that nobody reads keeps no
/// more memory than this, or than what was appended with it.
///
/// Larger segments make fewer seams, and one seam costs a span per hearer. At 32 KiB that is a span
/// for hundreds of messages.
pub const SEGMENT_BYTES: u32 = 32 * 1024;

/// So much memory of segments that are sent is kept for the next ones, all rooms together.
const POOL_BYTES_MAX: usize = 256 * 1024;

/// An append-only log of encoded events in segments.
///
/// A spool only knows the segment that it writes to; the spans keep it. When the last outbox has
/// sent its spans, the segment goes back to the [`Pool`]. So a spool of a quiet room has no memory.
#[derive(Debug, Default)]
pub struct Spool {
    current: Weak<Segment>,
}

/// Memory of segments that all is sent of, for the next ones of any spool: it is still in the
/// processor's cache.
#[derive(Debug, Default, Clone)]
pub struct Pool(Rc<RefCell<Vec<Vec<u8>>>>);

/// A piece of a spool. Only the spool appends to it, and what is there never changes while a span
/// refers to it.
#[derive(Debug)]
pub struct Segment {
    bytes: RefCell<Vec<u8>>,
    pool: Pool,
}

/// A range of bytes in a segment.
#[derive(Debug, Clone)]
pub struct Span {
    segment: Rc<Segment>,
    // A segment has less than 4 GiB: `SEGMENT_BYTES`, or what was appended at once.
    start: u32,
    end: u32,
}

impl Spool {
    /// Appends bytes, and returns where they stand. Nothing is left in `bytes`: they are copied
    /// behind others, or become a segment themselves.
    pub fn append(&mut self, bytes: &mut Vec<u8>, pool: &Pool) -> Span {
        if let Some(segment) = self.current.upgrade()
            && segment.has_vacancy(bytes.len())
        {
            let mut written = segment.bytes.borrow_mut();
            let start = offset(written.len());
            written.append(bytes);
            let end = offset(written.len());
            drop(written);
            return Span { segment, start, end };
        }
        let end = offset(bytes.len());
        let bytes = RefCell::new(mem::replace(bytes, pool.take()));
        let segment = Rc::new(Segment { bytes, pool: pool.clone() });
        self.current = Rc::downgrade(&segment);
        Span { segment, start: 0, end }
    }

    /// Whether it holds no memory: all is sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.current.strong_count() == 0
    }
}

impl Pool {
    fn take(&self) -> Vec<u8> {
        self.0.borrow_mut().pop().unwrap_or_default()
    }

    fn give_back(&self, mut bytes: Vec<u8>) {
        let mut kept = self.0.borrow_mut();
        let kept_bytes: usize = kept.iter().map(Vec::capacity).sum();
        // A long one would be kept whole by a word in a quiet room.
        let is_usual = bytes.capacity() <= 2 * SEGMENT_BYTES as usize;
        if is_usual && kept_bytes + bytes.capacity() <= POOL_BYTES_MAX {
            bytes.clear();
            kept.push(bytes);
        }
    }
}

impl Segment {
    fn has_vacancy(&self, bytes: usize) -> bool {
        self.bytes.borrow().len() + bytes <= SEGMENT_BYTES as usize
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        self.pool.give_back(self.bytes.take());
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
        let is_adjacent = self.end == next.start && Rc::ptr_eq(&self.segment, &next.segment);
        if is_adjacent {
            self.end = next.end;
        }
        is_adjacent
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

    /// How many bytes of its segment are behind it.
    #[must_use]
    pub fn tail(&self) -> u32 {
        offset(self.segment.bytes.borrow().len()) - self.end
    }

    /// Which bytes of which segment, to tell what lies between two spans.
    #[must_use]
    pub fn position(&self) -> (NonNull<Segment>, Range<u32>) {
        (NonNull::from(&*self.segment), self.start..self.end)
    }
}

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("a segment has less than 4 GiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(pool: &Pool) -> usize {
        pool.0.borrow().iter().map(Vec::capacity).sum()
    }

    #[test]
    fn spans_in_a_row_become_one() {
        let (mut spool, pool) = (Spool::default(), Pool::default());
        let mut first = spool.append(&mut b"ab".to_vec(), &pool);
        let second = spool.append(&mut b"cd".to_vec(), &pool);
        let third = spool.append(&mut b"ef".to_vec(), &pool);
        assert!(!first.clone().extend(&third));
        assert!(first.extend(&second));
        assert!(first.extend(&third));
        first.advance(1);
        assert_eq!(&*first.bytes(), b"bcdef");
    }

    #[test]
    fn memory_serves_again_once_all_is_sent_and_a_quiet_spool_has_none() {
        let (mut spool, pool) = (Spool::default(), Pool::default());
        let first = spool.append(&mut b"ab".to_vec(), &pool);
        let memory = first.bytes().as_ptr();
        assert!(!spool.is_empty());
        drop(first);
        assert!(spool.is_empty());
        let (mut another, mut written) = (Spool::default(), b"cd".to_vec());
        let second = another.append(&mut written, &pool);
        assert_eq!(&*second.bytes(), b"cd");
        assert_eq!((written.len(), written.as_ptr(), kept(&pool)), (0, memory, 0));
    }

    #[test]
    fn no_more_memory_is_kept_than_one_busy_room_needs() {
        let (mut spool, pool) = (Spool::default(), Pool::default());
        let spans: Vec<Span> =
            (0..100).map(|_| spool.append(&mut vec![b'x'; 20_000], &pool)).collect();
        drop(spans);
        let large = spool.append(&mut vec![b'x'; 2 * POOL_BYTES_MAX], &pool);
        drop(large);
        assert!((1..=POOL_BYTES_MAX).contains(&kept(&pool)), "{}", kept(&pool));
    }

    #[test]
    fn a_span_keeps_one_segment_only() {
        let (mut spool, pool) = (Spool::default(), Pool::default());
        let kept = spool.append(&mut b"first".to_vec(), &pool);
        let mut ends = Vec::new();
        for _ in 0..SEGMENT_BYTES / 1024 * 3 {
            let span = spool.append(&mut [b'x'; 1024].to_vec(), &pool);
            ends.push(Rc::downgrade(&span.segment));
        }
        assert_eq!(&*kept.bytes(), b"first");
        ends.dedup_by(|a, b| a.ptr_eq(b));
        ends.retain(|segment| segment.upgrade().is_some());
        assert_eq!(ends.len(), 1, "the kept one");
        let large = spool.append(&mut vec![b'x'; 3 * SEGMENT_BYTES as usize], &pool);
        assert_eq!(large.position().1.start, 0, "what is larger has a segment of its own");
    }
}
