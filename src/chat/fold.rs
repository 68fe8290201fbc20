//! What is the same to somebody who types it, though it is written differently.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_script::{Script, UnicodeScript};

/// Text without what people leave out when they type it in a hurry: case (`ß` is `ss`, `ς` is `σ`),
/// the marks of Latin letters (`joão` is `joao`), and the other shapes that Unicode has for a letter
/// (`ａ`, `ⓐ`, `ﬁ`). Two texts are the same to a person who looks for one of them if they fold to the
/// same.
///
/// The marks of all other scripts stay: in many of them they are the vowels. The result is in
/// normalization form C, and folding it again changes nothing. It takes time in proportion to the
/// text, and one character becomes at most eighteen.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    folded_parts(text).nfc().collect()
}

/// The same, with each mark as a character of its own.
pub(super) fn folded_parts(text: &str) -> String {
    let mut parts = String::with_capacity(2 * text.len());
    let mut is_latin = false;
    for c in text.nfkd() {
        if is_eastern(c) {
            is_latin = false;
            parts.push(c);
        } else if !is_combining_mark(c) {
            is_latin = c.is_ascii_alphabetic() || (!c.is_ascii() && c.script() == Script::Latin);
            push_folded(c, &mut parts);
        } else if !(is_latin && matches!(c.script(), Script::Inherited | Script::Latin)) {
            parts.push(c);
        }
    }
    parts
}

/// Upper and then lower case is full case folding, but for the capital of `ß`, whose upper case is
/// itself.
fn push_folded(c: char, parts: &mut String) {
    match c {
        _ if c.is_ascii() => parts.push(c.to_ascii_lowercase()),
        'ẞ' => parts.push_str("ss"),
        _ => parts.extend(c.to_uppercase().flat_map(char::to_lowercase)),
    }
}

/// Whether a character is in a range where there is neither case nor a Latin letter: half of all that
/// is said, and faster to see than to look up.
fn is_eastern(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{109f}' | '\u{1100}'..='\u{139f}' | '\u{3000}'..='\u{a63f}' | '\u{ac00}'..='\u{faff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::every_character;
    use proptest::prelude::*;

    #[test]
    fn what_is_the_same_to_who_types_it() {
        for (text, folded) in [
            ("Ana", "ana"),
            ("JOÃO", "joao"),
            ("joa\u{303}o", "joao"),
            ("Nguyễn", "nguyen"),
            ("İstanbul ısı", "istanbul isi"),
            ("straße STRAẞE", "strasse strasse"),
            ("ΣΊΣΥΦΟΣ σίσυφος", "σίσυφοσ σίσυφοσ"),
            ("ⓐna ａna ªna ﬁ", "ana ana ana fi"),
            ("q\u{303}\u{323}", "q"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    #[test]
    fn the_marks_of_other_scripts_stay() {
        for text in ["हिन्दी", "ไทยนี้", "مُحَمَّد", "שָׁלוֹם", "йод", "ё", "がぎ", "한국어", "ά"]
        {
            let folded: String = text.nfc().collect();
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn folding_twice_changes_nothing_and_one_becomes_few() {
        for c in every_character() {
            let once = fold(c.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&once), once, "{c} U+{:04X}", u32::from(c));
            assert!(once.chars().count() <= 18, "{c}");
        }
    }

    #[test]
    fn in_the_east_there_is_no_case_and_no_latin() {
        for c in every_character().filter(|&c| is_eastern(c)) {
            assert!(c.to_uppercase().eq([c]) && c.to_lowercase().eq([c]), "{c}");
            assert!(c.script() != Script::Latin, "{c}");
        }
    }

    proptest! {
        #[test]
        fn folding_text_twice_changes_nothing(text in "\\PC{0,30}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
