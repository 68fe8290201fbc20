//! What people say, made harmless once.

use unicode_width::UnicodeWidthChar;

/// What the key that erases sends: most terminals DEL, some backspace.
const BACKSPACE: char = '\u{8}';
const DELETE: char = '\u{7f}';

/// One line of text that no terminal can be hurt by: no line break, no control or escape code, no
/// bidirectional override.
///
/// It is checked once, by [`Text::parse`], and trusted everywhere after: whatever is made of a
/// `Text` stays on its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Text<'a>(&'a str);

impl<'a> Text<'a> {
    /// Makes a line of received bytes harmless.
    ///
    /// Backspace and DEL erase the character before them, as who typed them into a telnet in
    /// character mode saw it happen; of a letter with combining marks that is the last mark. Invalid
    /// UTF-8 becomes U+FFFD, one per maximal subpart ([Unicode 16, 3.9.6]). The other C0 controls but
    /// TAB become their pictures (U+2400 …); C1 controls, line and paragraph separators and
    /// bidirectional controls become U+FFFD. The result is at most three times as long as `line`.
    /// Harmless bytes are borrowed; `scratch` holds the others.
    ///
    /// [Unicode 16, 3.9.6]: https://www.unicode.org/versions/Unicode16.0.0/core-spec/chapter-3/#G66453
    #[must_use]
    pub fn parse(line: &'a [u8], scratch: &'a mut String) -> Self {
        if let Ok(valid) = str::from_utf8(line)
            && (is_plain_ascii(line) || !valid.chars().any(is_harmful))
        {
            return Self(valid);
        }
        rewrite(line, scratch);
        Self(scratch)
    }

    /// A name, which has nothing that could harm.
    pub(crate) fn of_name(name: &'a str) -> Self {
        Self(name)
    }

    /// The text, if it is harmless as it is.
    #[must_use]
    pub fn harmless(text: &'a str) -> Option<Self> {
        (!text.chars().any(is_harmful)).then_some(Self(text))
    }

    /// The text, without any line end.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// The text without white space around it.
    #[must_use]
    pub fn trim(self) -> Self {
        Self(self.0.trim())
    }

    /// As much of it as so many bytes hold, without half a character.
    #[must_use]
    pub fn start(self, bytes_max: usize) -> Self {
        if self.0.len() <= bytes_max {
            return self;
        }
        let end = (0..=bytes_max).rev().find(|&at| self.0.is_char_boundary(at));
        Self(&self.0[..end.unwrap_or_default()])
    }

    /// Whether there is nothing to see in it.
    #[must_use]
    pub fn is_blank(self) -> bool {
        !self.0.chars().any(is_seen)
    }

    /// The text after `prefix`, if it begins so.
    #[must_use]
    pub fn strip_prefix(self, prefix: char) -> Option<Self> {
        self.0.strip_prefix(prefix).map(Self)
    }

    /// The first word, and what follows the white space after it.
    #[must_use]
    pub fn split_word(self) -> (Self, Self) {
        let text = self.0.trim_start();
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        (Self(word), Self(rest.trim_start()))
    }
}

/// A line as its author styled it: what a [`Text`] may have, and control codes for colours and the like,
/// or around a question between programs. Only for programs that know them; others are shown its plain
/// text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Styled<'a>(&'a str);

/// Control codes that style text or stand around what is not for people:
/// [IRC formatting](https://modern.ircdocs.horse/formatting), and [CTCP](https://modern.ircdocs.horse/ctcp).
const STYLES: [char; 10] =
    ['\x01', '\x02', '\x03', '\x04', '\x0f', '\x11', '\x16', '\x1d', '\x1e', '\x1f'];

impl<'a> Styled<'a> {
    /// The line, if it is styled and has nothing else that may harm.
    #[must_use]
    pub fn parse(line: &'a str) -> Option<Self> {
        let is_harmless = |c: char| STYLES.contains(&c) || !is_harmful(c);
        (line.contains(STYLES) && line.chars().all(is_harmless)).then_some(Self(line))
    }

    /// The line with its styles.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// The words alone; `scratch` holds them. A colour is a code and up to two numbers of two digits, or
    /// of six if it is told in hexadecimals.
    #[must_use]
    pub fn plain(self, scratch: &mut String) -> Text<'_> {
        scratch.clear();
        let mut rest = self.0;
        while let Some(at) = rest.find(STYLES) {
            scratch.push_str(&rest[..at]);
            let (code, after) = rest[at..].split_at(1);
            rest = match code {
                "\x03" => skip_colour(after, 2, |c| c.is_ascii_digit()),
                "\x04" => skip_colour(after, 6, |c| c.is_ascii_hexdigit()),
                _ => after,
            };
        }
        scratch.push_str(rest);
        Text(scratch)
    }
}

/// What follows a colour and, behind a comma, another one.
fn skip_colour(text: &str, digits_max: usize, is_digit: impl Fn(char) -> bool) -> &str {
    let skip = |text: &str| text.chars().take(digits_max).take_while(|&c| is_digit(c)).count();
    let rest = &text[skip(text)..];
    match rest.strip_prefix(',') {
        Some(other) if rest.len() < text.len() && skip(other) > 0 => &other[skip(other)..],
        Some(_) | None => rest,
    }
}

/// A [`Text`] that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextBuf(String);

impl TextBuf {
    /// The text.
    #[must_use]
    pub fn as_text(&self) -> Text<'_> {
        Text(&self.0)
    }

    /// How many bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bytes of memory it has.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// Keeps this text instead, in the same memory if that is no more than `spare` bytes too large.
    pub fn set(&mut self, text: Text<'_>, spare: usize) {
        text.0.clone_into(&mut self.0);
        self.0.shrink_to(text.0.len() + spare);
    }
}

impl From<Text<'_>> for TextBuf {
    fn from(text: Text<'_>) -> Self {
        Self(text.0.to_owned())
    }
}

/// A [`Styled`] that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StyledBuf(Box<str>);

impl StyledBuf {
    /// The line with its styles.
    #[must_use]
    pub fn as_styled(&self) -> Styled<'_> {
        Styled(&self.0)
    }

    /// How many bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Styled<'_>> for StyledBuf {
    fn from(styled: Styled<'_>) -> Self {
        Self(styled.0.into())
    }
}

/// Apart from the check that nearly every line passes: there it would cost a tenth of that.
#[cold]
fn rewrite(line: &[u8], text: &mut String) {
    text.clear();
    for chunk in line.utf8_chunks() {
        for c in chunk.valid().chars() {
            if matches!(c, BACKSPACE | DELETE) {
                text.pop();
            } else {
                text.push(visible(c));
            }
        }
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// A check that the compiler turns into vector instructions: nearly every line passes here.
fn is_plain_ascii(line: &[u8]) -> bool {
    line.iter().fold(true, |plain, &byte| plain & matches!(byte, b'\t' | b' '..=b'~'))
}

/// Whether a character can act on a terminal instead of being shown by it.
fn is_harmful(c: char) -> bool {
    (c.is_control() && c != '\t') || is_separator(c) || is_bidi_control(c)
}

fn is_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// The Unicode property `Bidi_Control` (UAX #9): marks, embeddings, overrides and isolates.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character leaves anything on the screen.
fn is_seen(c: char) -> bool {
    // First what nearly every line begins with.
    c.is_ascii_graphic()
        || !(c.is_whitespace() || c.width() == Some(0) || is_blank_sign(c) || is_ignorable(c))
}

/// Signs whose picture is empty: Braille without dots, a note without head, and two Egyptian blanks.
fn is_blank_sign(c: char) -> bool {
    matches!(c, '\u{2800}' | '\u{1d159}' | '\u{13441}' | '\u{13442}')
}

/// The Unicode property `Default_Ignorable_Code_Point`: what is to show nothing even where it is not
/// known, such as U+3164, which counts as a letter.
pub(super) fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// The character itself, or what is shown in its place.
fn visible(c: char) -> char {
    match c {
        '\0'..='\u{1f}' if c != '\t' => {
            char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        c if is_harmful(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::every_character;
    use proptest::prelude::*;

    fn parse(line: &[u8]) -> String {
        Text::parse(line, &mut String::new()).as_str().to_owned()
    }

    #[test]
    fn harmless_text_is_kept() {
        for text in ["olá!", "\ttab", "👩‍👩‍👧", "日本語", "שלום", ""] {
            assert_eq!(parse(text.as_bytes()), text);
        }
    }

    #[test]
    fn harmful_characters_are_shown() {
        assert_eq!(parse(b"\x1b[2J\x07\0"), "␛[2J␇␀");
        assert_eq!(
            parse("a\u{9b}b\u{2028}c\u{202e}d\u{2066}e\u{200f}".as_bytes()),
            "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}"
        );
        assert_eq!(parse(b"a\rb"), "a␍b");
    }

    #[test]
    fn backspace_and_delete_erase_the_character_before() {
        for (typed, left) in [
            (&b"hallo\x08\x08\x08\x08ello"[..], "hello"),
            (b"hello\x7f", "hell"),
            ("olá\u{7f}a 日本\u{8}".as_bytes(), "ola 日"),
            ("👩\u{200d}👧\u{8}\u{8}".as_bytes(), "👩"),
            ("jose\u{301}\u{7f}".as_bytes(), "jose"),
            (b"caf\xe9\x7fe", "cafe"),
            (b"\xf0\x9f\x91\x08.", "."),
            (b"\x08\x7f\x08a", "a"),
            (b"a\x08", ""),
            (b"a\x1b\x7fb", "ab"),
        ] {
            assert_eq!(parse(typed), left, "{}", typed.escape_ascii());
        }
    }

    #[test]
    fn invalid_utf8_is_replaced() {
        assert_eq!(parse(b"caf\xe9 ol\xc3"), "caf\u{fffd} ol\u{fffd}");
        assert_eq!(parse(b"\xf0\x9f\x91"), "\u{fffd}");
    }

    #[test]
    fn words() {
        let mut scratch = String::new();
        let text = Text::parse(b"  bruno   hello  there ", &mut scratch);
        let (word, rest) = text.split_word();
        assert_eq!((word.as_str(), rest.as_str()), ("bruno", "hello  there "));
        assert_eq!(rest.trim().as_str(), "hello  there");
    }

    #[test]
    fn a_line_of_what_cannot_be_seen_is_blank() {
        let is_blank = |text: &str| Text(text).is_blank();
        for blank in [
            "",
            " \t",
            "\u{200b}",
            "\u{3164}\u{115f} \u{ffa0}",
            "\u{2800}",
            "\u{200d}\u{fe0f}",
            "\u{ad}",
            "\u{feff}",
            "\u{e0061}",
            "\u{3000}\u{a0}",
            "\u{301}",
            "\u{1161}",
        ] {
            assert!(is_blank(blank), "{blank:?}");
        }
        for seen in [
            "a",
            " .",
            "👋",
            "❤\u{fe0f}",
            "👩\u{200d}👩",
            "ที่",
            "हि",
            "\u{200f}שלום",
            "한",
            "\u{fffd}",
            "\u{200b}a",
            "ـ",
            "１",
            "␀",
            "ᅡ\u{200b}x",
        ] {
            assert!(!is_blank(seen), "{seen:?}");
        }
    }

    #[test]
    fn what_unicode_ignores_is_known() {
        for c in every_character() {
            let is_left_out =
                unicode_security::skeleton(c.encode_utf8(&mut [0; 4])).next().is_none();
            assert_eq!(is_ignorable(c), is_left_out, "U+{:04X}", u32::from(c));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_become_one_harmless_bounded_line(line: Vec<u8>) {
            let text = parse(&line);
            prop_assert!(!text.chars().any(|c| is_harmful(c) || c == '\n' || c == '\r'));
            prop_assert!(text.len() <= 3 * line.len());
        }

        #[test]
        fn parsing_twice_changes_nothing(line: Vec<u8>) {
            let once = parse(&line);
            prop_assert_eq!(parse(once.as_bytes()), once);
        }
    }
}
