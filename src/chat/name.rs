//! Nicknames: what one may look like, and who has which.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::ops::Index;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_script::{Script, UnicodeScript};
use unicode_security::confusable_detection::skeleton;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::message::SessionId;

/// The widest nickname, in terminal columns: it leads every line its owner says.
pub const NICK_COLUMNS_MAX: usize = 24;

/// The longest nickname in bytes: room for [`NICK_COLUMNS_MAX`] of the longest letters, or for
/// fewer with accents.
pub const NICK_BYTES_MAX: usize = 4 * NICK_COLUMNS_MAX;

/// A longer text is no nickname, whatever normalization makes of it: not worth looking at.
const LOOKED_AT_BYTES_MAX: usize = 8 * NICK_BYTES_MAX;

/// The most combining marks in a row (UTS #39, 5.4): more pile up over the lines of other people.
const MARKS_MAX: usize = 4;

/// Letters to Unicode that nobody sees as one: blanks, and a stroke that only joins its neighbours.
const NO_LETTERS: [char; 3] = ['\u{13441}', '\u{13442}', '\u{640}'];

/// What a nickname may hold beside letters and digits.
const PUNCTUATION: &str = "-_.[]{}|^`";

/// A nickname: letters and digits of any script and some punctuation, in Unicode's normalization
/// form C, at most [`NICK_COLUMNS_MAX`] columns wide, without white space or anything invisible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nick(Box<str>);

/// Why a nickname is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NickError {
    /// Nothing there.
    Empty,
    /// Wider than [`NICK_COLUMNS_MAX`], or longer than [`NICK_BYTES_MAX`].
    TooLong,
    /// It has this character, which a nickname may not have.
    Character(char),
    /// It starts with this character, with which a nickname may not start.
    Start(char),
    /// More combining marks in a row than any language needs.
    Marks,
}

impl Nick {
    /// Checks a nickname.
    ///
    /// # Errors
    ///
    /// The first rule that the name breaks.
    pub fn parse(name: &str) -> Result<Self, NickError> {
        if name.len() > LOOKED_AT_BYTES_MAX {
            return Err(NickError::TooLong);
        }
        let nick: Box<str> = name.trim().nfc().collect::<String>().into();
        let first = nick.chars().next().ok_or(NickError::Empty)?;
        let (mut marks, mut base) = (0, first);
        for c in nick.chars() {
            if !is_allowed(c) || !is_mark_of(c, base) {
                return Err(NickError::Character(c));
            }
            marks = if c.width() == Some(0) { marks + 1 } else { 0 };
            if marks > MARKS_MAX {
                return Err(NickError::Marks);
            }
            if !is_combining_mark(c) {
                base = c;
            }
        }
        if first.is_numeric() || matches!(first, '-' | '.') || first.width() == Some(0) {
            return Err(NickError::Start(first));
        }
        if nick.width() > NICK_COLUMNS_MAX || nick.len() > NICK_BYTES_MAX {
            return Err(NickError::TooLong);
        }
        Ok(Self(nick))
    }

    /// The nickname as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Nick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Combining marks count as letters: without them most scripts of India could not be written.
fn is_allowed(c: char) -> bool {
    let is_letter = c.is_alphanumeric() && !NO_LETTERS.contains(&c) && !looks_like_a_sign(c);
    (is_letter || is_combining_mark(c) || PUNCTUATION.contains(c)) && !is_invisible(c)
}

/// Unicode's `Default_Ignorable_Code_Point`, such as U+3164, a blank that counts as a letter:
/// the skeleton leaves them out.
fn is_invisible(c: char) -> bool {
    skeleton(c.encode_utf8(&mut [0; 4])).next().is_none()
}

/// Whether a letter looks like a sign that stands around nicknames, as `ː` does like `:`.
fn looks_like_a_sign(c: char) -> bool {
    skeleton(c.encode_utf8(&mut [0; 4])).any(|c| matches!(c, '*' | ':' | '(' | ')' | '/' | ' '))
}

/// Whether a mark belongs to the script of its letter, as far as it belongs to one. On the letter
/// of another script it may show nothing at all. Whatever is no mark is right.
fn is_mark_of(c: char, base: char) -> bool {
    let script = c.script();
    !is_combining_mark(c)
        || matches!(script, Script::Inherited | Script::Common)
        || script == base.script()
}

/// Which session has which nickname. No two are equal after case folding, nor look the same (UTS
/// #39).
///
/// Of what may not be equal only a hash is kept. By chance two names meet once in 2^64 pairs, and
/// then one is refused; nobody can make them meet, as the hash has a secret seed.
#[derive(Debug, Default)]
pub struct Names {
    owners: HashMap<u64, SessionId>,
    seed: RandomState,
}

impl Names {
    /// Whose nickname this is, whatever its case.
    #[must_use]
    pub fn owner(&self, name: &str) -> Option<SessionId> {
        // Only what can be one: to look at any other text can take a thousand times as long.
        let nick = Nick::parse(name).ok()?;
        // Not by the other keys: `Ines` looks like `lnes`, but is meant for `ines`.
        let [folded, ..] = self.keys(nick.as_str());
        self.owners.get(&folded).copied()
    }

    /// Gives `nick` to `id`, and takes `old`, which it had. Fails, changing nothing, if somebody
    /// else has it.
    pub fn claim(&mut self, nick: &Nick, id: SessionId, old: Option<&Nick>) -> bool {
        let keys = self.keys(nick.as_str());
        if keys.iter().filter_map(|key| self.owners.get(key)).any(|&owner| owner != id) {
            return false;
        }
        if let Some(old) = old {
            self.release(old);
        }
        self.owners.extend(keys.map(|key| (key, id)));
        true
    }

    /// Frees a nickname.
    pub fn release(&mut self, nick: &Nick) {
        for key in self.keys(nick.as_str()) {
            self.owners.remove(&key);
        }
    }

    /// What two names that may not both be used have in common: how they look with case folded
    /// (`IANA` like `iana`), how they look as written (`Iana` like `lana`), and what they look like
    /// with case folded (Cyrillic `ВОВ` like `BOB`, which is `bob`).
    fn keys(&self, name: &str) -> [u64; 3] {
        // Compatibility forms, such as ⓐ and ª, look like the letters that they are made of.
        let name: String = name.nfkc().collect();
        let folded: String = skeleton(&fold(&name)).collect();
        let written: String = skeleton(&name).collect();
        let both: String = skeleton(&fold(&written)).collect();
        [folded, written, both].map(|look| self.seed.hash_one(look))
    }
}

/// Upper and then lower case is full case folding for all that matters here: `ß` is `ss`, `ς` is
/// `σ`.
fn fold(name: &str) -> String {
    name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Which nickname a session has.
///
/// Indexed by session: ids are keys of a slab, thus small, and this takes half the memory of a hash
/// table.
#[derive(Debug, Default)]
pub struct Nicks(Vec<Option<Nick>>);

impl Nicks {
    /// The nickname of a session that has one.
    #[must_use]
    pub fn get(&self, SessionId(id): SessionId) -> Option<&Nick> {
        self.0.get(id)?.as_ref()
    }

    /// Gives a session a nickname, and returns the one that it had.
    pub fn insert(&mut self, SessionId(id): SessionId, nick: Nick) -> Option<Nick> {
        if self.0.len() <= id {
            self.0.resize_with(id + 1, Option::default);
        }
        self.0[id].replace(nick)
    }

    /// Takes the nickname of a session.
    pub fn remove(&mut self, SessionId(id): SessionId) -> Option<Nick> {
        self.0.get_mut(id)?.take()
    }
}

impl Index<SessionId> for Nicks {
    type Output = Nick;

    /// The nickname of a member. All members have one; who has none is a bug.
    fn index(&self, id: SessionId) -> &Nick {
        self.get(id).expect("a member has a nickname")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nicknames_of_any_script() {
        for name in [
            "ana",
            "Zoë",
            "Ñandú",
            "李雷",
            "हिन्दी",
            "عمر",
            "ana-maria_2.0",
            "[x]{y}|^`",
            "_",
            "ᏣᎳᎩ",
            "ไทย",
        ] {
            assert!(Nick::parse(name).is_ok(), "{name}: {:?}", Nick::parse(name));
        }
        assert_eq!(Nick::parse("  ana ").unwrap().as_str(), "ana");
        assert_eq!(Nick::parse("jose\u{301}").unwrap().as_str(), "jos\u{e9}");
    }

    #[test]
    fn every_refusal() {
        for (name, error) in [
            ("", NickError::Empty),
            (" \t ", NickError::Empty),
            ("a b", NickError::Character(' ')),
            ("a:b", NickError::Character(':')),
            ("*", NickError::Character('*')),
            ("a/b", NickError::Character('/')),
            ("a\u{1b}b", NickError::Character('\u{1b}')),
            ("a\u{200b}b", NickError::Character('\u{200b}')),
            ("a\u{202e}b", NickError::Character('\u{202e}')),
            ("\u{3164}", NickError::Character('\u{3164}')),
            ("a\u{115f}", NickError::Character('\u{115f}')),
            ("👋", NickError::Character('👋')),
            ("a\u{fffd}", NickError::Character('\u{fffd}')),
            ("ana\u{17d2}", NickError::Character('\u{17d2}')),
            ("ana\u{903}", NickError::Character('\u{903}')),
            ("ana\u{2d0}", NickError::Character('\u{2d0}')),
            ("ana\u{640}", NickError::Character('\u{640}')),
            ("\u{13441}", NickError::Character('\u{13441}')),
            ("\u{1031f}", NickError::Character('\u{1031f}')),
            ("1ana", NickError::Start('1')),
            ("٣ana", NickError::Start('٣')),
            ("-ana", NickError::Start('-')),
            (".ana", NickError::Start('.')),
            ("\u{303}ana", NickError::Start('\u{303}')),
            ("q\u{303}\u{304}\u{303}\u{304}\u{303}", NickError::Marks),
        ] {
            assert_eq!(Nick::parse(name), Err(error), "{name:?}");
        }
    }

    #[test]
    fn columns_at_the_limit() {
        assert!(Nick::parse(&"a".repeat(24)).is_ok());
        assert_eq!(Nick::parse(&"a".repeat(25)), Err(NickError::TooLong));
        assert!(Nick::parse(&"李".repeat(12)).is_ok());
        assert_eq!(Nick::parse(&"李".repeat(13)), Err(NickError::TooLong));
        let heavy = "\u{1e800}\u{1e8d0}\u{1e8d0}\u{1e8d0}";
        assert_eq!(Nick::parse(&heavy.repeat(6)).unwrap().as_str().len(), NICK_BYTES_MAX);
        assert_eq!(Nick::parse(&heavy.repeat(7)), Err(NickError::TooLong));
        assert_eq!(Nick::parse(&"e\u{301}".repeat(100_000)), Err(NickError::TooLong));
    }

    #[test]
    fn look_alikes_are_taken() {
        let nick = |name| Nick::parse(name).unwrap();
        for (one, other) in [
            ("ana", "ANA"),
            ("Ana", "\u{410}na"),
            ("ana", "\u{430}n\u{430}"),
            ("ANA", "\u{391}\u{39d}\u{391}"),
            ("lana", "Iana"),
            ("straße", "STRASSE"),
            ("σίσυφος", "ΣΊΣΥΦΟΣ"),
            ("bOb", "b0b"),
            ("bob", "\u{412}\u{41e}\u{412}"),
            ("bob", "\u{412}ob"),
            ("ana", "A\u{39d}A"),
            ("ana", "\u{24d0}na"),
            ("ana", "\u{aa}na"),
            ("jos\u{e9}", "JOSE\u{301}"),
        ] {
            let mut names = Names::default();
            assert!(names.claim(&nick(one), SessionId(1), None));
            assert!(!names.claim(&nick(other), SessionId(2), None), "{one} {other}");
            names.release(&nick(one));
            assert!(names.claim(&nick(other), SessionId(2), None), "{one} {other}");
        }
    }

    #[test]
    fn who_is_meant_is_who_is_called_so_and_not_who_looks_so() {
        let mut names = Names::default();
        for (id, name) in ["ines", "lnes", "ana"].into_iter().enumerate() {
            assert!(names.claim(&Nick::parse(name).unwrap(), SessionId(id), None));
        }
        for (name, id) in
            [("ines", 0), ("Ines", 0), ("INES", 0), ("lnes", 1), ("LNES", 1), ("Ana", 2)]
        {
            assert_eq!(names.owner(name), Some(SessionId(id)), "{name}");
        }
        assert_eq!(names.owner("bob"), None);
    }

    #[test]
    fn renaming_frees_the_old_name_and_may_keep_its_look() {
        let nick = |name| Nick::parse(name).unwrap();
        let mut names = Names::default();
        assert!(names.claim(&nick("ana"), SessionId(1), None));
        assert!(names.claim(&nick("Ana"), SessionId(1), Some(&nick("ana"))));
        assert!(names.claim(&nick("bia"), SessionId(1), Some(&nick("Ana"))));
        assert!(names.claim(&nick("ana"), SessionId(2), None));
        assert!(!names.claim(&nick("BIA"), SessionId(2), Some(&nick("ana"))));
        assert_eq!(names.owner("ana"), Some(SessionId(2)));
    }

    proptest! {
        #[test]
        fn a_nickname_parses_to_itself_and_is_bounded(name in "\\PC{0,30}") {
            if let Ok(nick) = Nick::parse(&name) {
                prop_assert_eq!(Nick::parse(nick.as_str()), Ok(nick.clone()));
                prop_assert!(nick.as_str().len() <= NICK_BYTES_MAX);
                prop_assert!(!nick.as_str().contains([' ', ':', '*', '(', '/']));
            }
        }
    }
}
