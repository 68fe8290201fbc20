//! Text made fit to be shown: nothing in it moves the cursor, and its width is known.

use chatd::chat::text::Text;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What a tab is shown as. A real one would jump to a column that only the terminal knows.
const TAB: &str = "    ";

/// Text that did not come from the server, made as harmless as what does.
pub(crate) fn visible(text: &str) -> String {
    without_tabs(Text::parse(text.as_bytes(), &mut String::new()).as_str())
}

pub(crate) fn without_tabs(text: &str) -> String {
    text.replace('\t', TAB)
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
    fn what_is_typed_is_shown_as_the_others_see_it() {
        assert_eq!(visible("olá, 日本 👩‍👩‍👧"), "olá, 日本 👩‍👩‍👧");
        assert_eq!(visible("a\tb\u{202e}\x1b"), "a    b\u{fffd}␛");
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
        fn truncated_text_fits(text in any::<String>(), columns in 0..40_usize) {
            let shown = visible(&text);
            prop_assert!(width(truncated(&shown, columns)) <= columns);
        }
    }
}
