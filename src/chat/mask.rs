//! Patterns for people.

use std::fmt;

use super::fold::fold;
use super::name::Nick;
use super::session::Cloak;
use super::text::Text;
use super::who::Who;

/// The longest pattern, in bytes: room for the longest nickname and the longest cloak.
pub const MASK_BYTES_MAX: usize = 160;

/// More stars and question marks have no use, and take long to match.
const WILDCARDS_MAX: usize = 8;

/// A pattern for the identity of people, `nick!user@cloak`: `*` stands for any characters, `?` for
/// one. Case and the marks of Latin letters do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask(Box<str>);

impl Mask {
    /// A pattern as somebody wrote it: `ana` is `ana!*@*`, and `*@6fj3kq2w7xa2b.mz5d.ip` is
    /// `*!*@6fj3kq2w7xa2b.mz5d.ip`. `None` if it is empty or too long.
    #[must_use]
    pub fn parse(text: Text<'_>) -> Option<Self> {
        let is_short = |text: &str| !text.is_empty() && text.len() <= MASK_BYTES_MAX;
        let text = fold(Some(text.as_str().trim()).filter(|text| is_short(text))?);
        // One character may become many, also blanks. Nothing of a person has a `#`.
        if !is_short(&text) || text.contains(|c: char| c.is_whitespace() || c == '#') {
            return None;
        }
        if text.bytes().filter(|byte| matches!(byte, b'*' | b'?')).count() > WILDCARDS_MAX {
            return None;
        }
        Some(Self(
            match (text.contains('!'), text.contains('@')) {
                (true, true) => text,
                (false, true) => format!("*!{text}"),
                (true, false) => format!("{text}@*"),
                (false, false) => format!("{text}!*@*"),
            }
            .into(),
        ))
    }

    /// The pattern as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Everybody from there.
    #[must_use]
    pub fn of_cloak(cloak: Cloak) -> Self {
        Self(format!("*!*@{cloak}").into())
    }

    /// Whoever has this nickname.
    #[must_use]
    pub fn of_nick(nick: &Nick) -> Self {
        Self(format!("{}!*@*", fold(nick.as_str())).into())
    }

    /// Whether it matches.
    #[must_use]
    pub fn matches(&self, identity: &Identity) -> bool {
        is_match(self.0.as_bytes(), identity.0.as_bytes())
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who somebody is, for a [`Mask`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity(String);

impl Identity {
    /// Of somebody.
    #[must_use]
    pub fn of(who: &Who) -> Self {
        Self(fold(who.full()))
    }
}

/// Matches without a stack: after a mismatch, the last `*` takes one byte more. So it takes at most
/// the product of both lengths.
pub(crate) fn is_match(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from, mut star) = (0, 0, None);
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            // One character, which may be several bytes.
            Some(b'?') => {
                at += 1;
                from += 1;
                while text.get(from).is_some_and(|byte| byte & 0xc0 == 0x80) {
                    from += 1;
                }
            }
            Some(byte) if *byte == text[from] => (at, from) = (at + 1, from + 1),
            Some(_) | None => {
                let Some((star_at, taken)) = star else { return false };
                star = Some((star_at, taken + 1));
                (at, from) = (star_at + 1, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::who::User;
    use proptest::prelude::*;

    fn mask(text: &str) -> Mask {
        Mask::parse(Text::parse(text.as_bytes(), &mut String::new())).unwrap()
    }

    #[test]
    fn whom_a_mask_matches() {
        let cloak = Cloak::Hashed { address: 7, network: 1 };
        let of =
            |nick| Identity::of(&Who::new(&Nick::parse(nick).unwrap(), &User::default(), cloak));
        let identity = of("João");
        for (text, is_matched) in [
            ("joao", true),
            ("JOÃO", true),
            ("jo?o", true),
            ("jo??o", false),
            ("j*", true),
            ("*!*@*", true),
            ("*!~plain@*", true),
            ("*!other@*", false),
            ("joaozinho", false),
            ("*@*.baaa.ip", true),
            ("*@*.caaa.ip", false),
            ("*a*o*!*p*n*@*", true),
        ] {
            assert_eq!(mask(text).matches(&identity), is_matched, "{text}");
        }
        assert!(Mask::of_cloak(cloak).matches(&identity));
        assert!(!Mask::of_cloak(Cloak::Local).matches(&identity));
        assert!(Mask::of_nick(&Nick::parse("joao").unwrap()).matches(&identity));
        let wide = of("李雷");
        assert!(mask("??!*@*").matches(&wide) && !mask("???!*@*").matches(&wide));
    }

    #[test]
    fn what_is_no_mask() {
        let long = "x".repeat(MASK_BYTES_MAX + 1);
        let unfolded = "\u{fdfa}".repeat(20);
        for text in ["", "  ", "a b", "#dev", &long, &unfolded, "*a*a*a*a*a*a*a*a*a"] {
            assert_eq!(Mask::parse(Text::parse(text.as_bytes(), &mut String::new())), None);
        }
    }

    proptest! {
        #[test]
        fn a_pattern_matches_as_defined(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            fn defined(pattern: &[u8], text: &[u8]) -> bool {
                match (pattern.split_first(), text.split_first()) {
                    (None, None) => true,
                    (Some((b'*', rest)), None) => defined(rest, text),
                    (Some((b'*', rest)), Some((_, tail))) => {
                        defined(rest, text) || defined(pattern, tail)
                    }
                    (Some((p, rest)), Some((t, tail))) => {
                        (*p == b'?' || p == t) && defined(rest, tail)
                    }
                    (Some(_), None) | (None, Some(_)) => false,
                }
            }
            let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
            prop_assert_eq!(is_match(pattern, text), defined(pattern, text));
        }
    }
}
