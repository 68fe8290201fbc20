//! Bytes that wait for one peer, and what they are kept in.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};

use memmap2::MmapMut;

/// The system gives memory in pages of so many bytes, mostly.
const PAGE_BYTES: usize = 4096;

/// So many bytes have pages of their own (mmap(2)): pages go back to the system as soon as they are
/// not needed any more. The allocator keeps what thousands of slow peers have once held, if only a
/// few bytes that lie between are still in use.
pub const PAGES_FROM: usize = PAGE_BYTES / 2;

/// A process may have 65,530 maps on Linux (`vm.max_map_count`). At that limit pages could not even be
/// given back, so blocks take no more than a part of them.
const MAPS_MAX: usize = 32 * 1024;

/// How many there are.
static MAPS: AtomicUsize = AtomicUsize::new(0);

/// Bytes that do not change any more, but for a short block, to which more can be added.
#[derive(Debug)]
pub enum Block {
    /// Few.
    Short(Vec<u8>),
    /// [`PAGES_FROM`] or more.
    Pages(Pages),
}

/// Pages that are counted.
#[derive(Debug)]
pub struct Pages(MmapMut);

impl Pages {
    /// A copy of `bytes`. `None` if there are too many, or the system has no more.
    fn new(bytes: &[u8]) -> Option<Self> {
        if MAPS.load(Ordering::Relaxed) >= MAPS_MAX {
            return None;
        }
        let mut map = MmapMut::map_anon(bytes.len()).ok()?;
        map.copy_from_slice(bytes);
        MAPS.fetch_add(1, Ordering::Relaxed);
        Some(Self(map))
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        MAPS.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Block {
    /// A copy of `bytes`.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        let pages = if bytes.len() >= PAGES_FROM { Pages::new(bytes) } else { None };
        pages.map_or_else(|| Self::Short(bytes.to_vec()), Self::Pages)
    }

    /// What it takes beside its bytes.
    #[must_use]
    pub fn slack(&self) -> usize {
        match self {
            Self::Short(_) => 0,
            Self::Pages(Pages(map)) => map.len().next_multiple_of(PAGE_BYTES) - map.len(),
        }
    }

    /// Adds a copy of `bytes`. `false` if the block would be too long for that; then it is as before.
    #[must_use]
    pub fn append(&mut self, bytes: &[u8]) -> bool {
        match self {
            Self::Short(short) if short.len() + bytes.len() < PAGES_FROM => {
                short.extend_from_slice(bytes);
                true
            }
            Self::Short(_) | Self::Pages(_) => false,
        }
    }
}

impl Default for Block {
    fn default() -> Self {
        Self::Short(Vec::new())
    }
}

impl Deref for Block {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Short(bytes) => bytes,
            Self::Pages(Pages(map)) => map,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_kept_and_added_to_as_long_as_they_are_few() {
        let mut block = Block::default();
        assert!(block.is_empty());
        assert!(block.append(&[b'a'; PAGES_FROM - 1]));
        assert!(!block.append(b"b"));
        assert_eq!((&*block, block.slack()), ([b'a'; PAGES_FROM - 1].as_slice(), 0));
        let mut pages = Block::new(&[b'c'; PAGES_FROM]);
        assert!(matches!(pages, Block::Pages(_)));
        assert!(!pages.append(b"d"));
        assert_eq!((&*pages, pages.slack()), ([b'c'; PAGES_FROM].as_slice(), PAGE_BYTES / 2));
    }
}
