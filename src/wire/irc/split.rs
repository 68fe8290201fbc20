//! How a text that is too long for a line becomes several.

use unicode_width::UnicodeWidthChar;

/// The part of a text that fits in so many bytes, and what follows: behind a blank, if there is one in the
/// second half of the part, else between what readers take for characters. Together they are the text.
#[must_use]
pub fn split(text: &str, bytes_max: usize) -> (&str, &str) {
    if text.len() <= bytes_max {
        return (text, "");
    }
    let is_between_chars = |&at: &usize| text.is_char_boundary(at);
    let end = (0..=bytes_max).rev().find(is_between_chars).unwrap_or_default().max(1);
    if let Some(blank) = text[..end].rfind(' ').filter(|&blank| blank > end / 2) {
        return text.split_at(blank + 1);
    }
    let whole = (end.saturating_sub(CLUSTER_BYTES_MAX).max(1)..=end).rev().find(|&at| {
        text.is_char_boundary(at) && !is_joined(text[..at].chars().next_back(), &text[at..])
    });
    text.split_at(whole.unwrap_or(end))
}

/// A longer cluster of marks and joined emoji is no character.
const CLUSTER_BYTES_MAX: usize = 64;

/// Whether a text belongs to the character before it: its first is a mark, a joiner or a skin tone, or
/// follows a joiner.
fn is_joined(before: Option<char>, text: &str) -> bool {
    let is_part =
        |c: char| c.width() == Some(0) || matches!(c, '\u{200d}' | '\u{1f3fb}'..='\u{1f3ff}');
    before == Some('\u{200d}') || text.chars().next().is_some_and(is_part)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_reader_takes_for_one_character_is_not_split() {
        for (text, parts) in [
            ("aaae\u{301}b", ("aaa", "e\u{301}b")),
            ("a\u{1f469}\u{200d}\u{1f467}", ("a", "\u{1f469}\u{200d}\u{1f467}")),
            // It fits nowhere as a whole.
            ("\u{1f469}\u{200d}\u{1f467}", ("\u{1f469}\u{200d}", "\u{1f467}")),
        ] {
            let bytes_max = if text.starts_with("aaa") { 5 } else { 7 };
            assert_eq!(split(text, bytes_max), parts, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_split_fits_and_loses_nothing(text in "[a-zé日 ]{0,80}", bytes_max in 4..40usize) {
            let (mut rest, mut parts) = (text.as_str(), Vec::new());
            loop {
                let (now, later) = split(rest, bytes_max);
                prop_assert!(now.len() <= bytes_max);
                parts.push(now);
                if later.is_empty() {
                    break;
                }
                prop_assert!(later.len() < rest.len());
                rest = later;
            }
            prop_assert_eq!(parts.concat(), text);
        }
    }
}
