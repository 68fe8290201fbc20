//! What the fuzz targets share: how the fuzzer's bytes are taken apart, and what must be true of
//! whatever comes out.

pub mod terminal;

use peak_alloc::PeakAlloc;

/// Counts, so that a target can see what something keeps.
#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// The bytes of memory in use.
#[must_use]
pub fn allocated() -> usize {
    ALLOCATED.current_usage()
}

/// Takes a byte from the front of `data`, by which the fuzzer chooses something; 0 at its end.
pub fn choice(data: &mut &[u8]) -> u8 {
    let Some((&byte, rest)) = data.split_first() else { return 0 };
    *data = rest;
    byte
}

/// Takes a count from the front of `data`, then so many lengths, and cuts what remains into pieces
/// of these lengths, with the rest as the last one.
pub fn pieces<'a>(data: &mut &'a [u8]) -> Vec<&'a [u8]> {
    let count = choice(data) % 32;
    let lengths: Vec<u8> = (0..count).map(|_| choice(data)).collect();
    let mut rest = *data;
    let mut pieces = Vec::new();
    for length in lengths {
        let (piece, later) = rest.split_at(usize::from(length).min(rest.len()));
        pieces.push(piece);
        rest = later;
    }
    pieces.push(rest);
    pieces
}

/// One line, and nothing in it that a terminal would obey instead of showing it.
pub fn assert_harmless(text: &str) {
    for c in text.chars() {
        let is_bidi_control = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c);
        let is_separator = matches!(c, '\u{2028}' | '\u{2029}');
        let is_control = c.is_control() && c != '\t';
        assert!(!is_control && !is_separator && !is_bidi_control, "{c:?} in {text:?}");
    }
}
