//! Bytes that wait for one peer, and what they are kept in.

use std::ops::Deref;

use memmap2::MmapMut;

/// The system gives memory in pages of so many bytes, mostly.
const PAGE_BYTES: usize = 4096;

/// So many bytes have pages of their own (mmap(2)): pages go back to the system as soon as they are
/// not needed any more. The allocator keeps what thousands of slow peers have once held, if only a
/// few bytes that lie between are still in use.
pub const PAGES_FROM: usize = PAGE_BYTES / 2;

/// Bytes that do not change any more, but for a short block, to which more can be added.
#[derive(Debug)]
pub enum Block {
    /// Few.
    Short(Vec<u8>),
    /// [`PAGES_FROM`] or more.
    Pages(MmapMut),
}

impl Block {
    /// A copy of `bytes`.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        // A system may be out of maps before it is out of memory.
        if bytes.len() >= PAGES_FROM
            && let Ok(mut pages) = MmapMut::map_anon(bytes.len())
        {
            pages.copy_from_slice(bytes);
            return Self::Pages(pages);
        }
        Self::Short(bytes.to_vec())
    }

    /// What it takes beside its bytes.
    #[must_use]
    pub fn slack(&self) -> usize {
        match self {
            Self::Short(_) => 0,
            Self::Pages(pages) => pages.len().next_multiple_of(PAGE_BYTES) - pages.len(),
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
            Self::Pages(pages) => pages,
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
