//! Text made fit to be shown: nothing in it moves the cursor, and its width is known.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What a tab is shown as. A real one would jump to a column that only the terminal knows.
const TAB: &str = "    ";

/// Whether a terminal could obey `c` instead of showing it, or be led to reorder what surrounds it.
fn is_hazard(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' // direction marks
            | '\u{2028}' | '\u{2029}' // line and paragraph separators
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // embeddings, overrides, isolates
            | '\u{fff9}'..='\u{fffb}' // annotations
        )
}

/// `text` with every control character, direction control and line separator spelled out: `^[` for
/// ESC, `<U+202E>` for an override. Whatever server this came from, the result is safe to print.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hazard) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\t' => shown.push_str(TAB),
            '\0'..='\x1f' | '\x7f' => {
                shown.push('^');
                shown.push(char::from_u32(u32::from(c) ^ 0x40).unwrap_or('?'));
            }
            _ if is_hazard(c) => {
                // Writing to a string cannot fail.
                let _ = write!(shown, "<U+{:04X}>", u32::from(c));
            }
            _ => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// The columns `grapheme` may take. Terminals disagree on clusters: some draw a family of emoji in
/// two columns, some one after the other. The larger count never overflows a row on either.
pub(crate) fn grapheme_width(grapheme: &str) -> usize {
    let by_char = grapheme.chars().filter_map(UnicodeWidthChar::width).sum::<usize>();
    by_char.max(grapheme.width())
}

/// The columns `text` may take; see [`grapheme_width`].
pub(crate) fn width(text: &str) -> usize {
    text.graphemes(true).map(grapheme_width).sum()
}

/// As much of the start of `text` as fits into `columns`.
pub(crate) fn truncated(text: &str, columns: usize) -> &str {
    let mut left = columns;
    for (at, grapheme) in text.grapheme_indices(true) {
        let Some(rest) = left.checked_sub(grapheme_width(grapheme)) else {
            return &text[..at];
        };
        left = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn harmless_text_is_untouched() {
        let text = "olá, 日本 👩‍👩‍👧 e\u{301} نص";
        assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn controls_are_shown() {
        assert_eq!(visible("\x1b[2J\x07\r\n\x7f\0"), "^[[2J^G^M^J^?^@");
        assert_eq!(visible("a\tb\u{9b}31m"), "a    b<U+009B>31m");
        assert_eq!(visible("\u{202e}abc\u{2069}\u{2028}"), "<U+202E>abc<U+2069><U+2028>");
    }

    #[test]
    fn widths() {
        assert_eq!(width("abc"), 3);
        assert_eq!(width("日本"), 4);
        assert_eq!(width("e\u{301}"), 1);
        assert_eq!(width("❤\u{fe0f}"), 2);
        assert_eq!(width("👩‍👩‍👧"), 6);
    }

    #[test]
    fn truncation_keeps_whole_graphemes() {
        assert_eq!(truncated("日本語", 5), "日本");
        assert_eq!(truncated("ae\u{301}b", 2), "ae\u{301}");
        assert_eq!(truncated("abc", 3), "abc");
        assert_eq!(truncated("abc", 0), "");
    }

    proptest! {
        #[test]
        fn nothing_shown_is_a_hazard(text in any::<String>()) {
            prop_assert!(!visible(&text).contains(is_hazard));
        }

        #[test]
        fn truncated_text_fits(text in any::<String>(), columns in 0..40_usize) {
            let shown = visible(&text);
            prop_assert!(width(truncated(&shown, columns)) <= columns);
        }
    }
}
