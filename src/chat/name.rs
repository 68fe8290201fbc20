//! What nicknames and names of rooms may look like. Who has which: see [`super::look_alikes`].

use std::fmt;
use std::rc::Rc;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_script::{Script, UnicodeScript};
use unicode_security::GeneralSecurityProfile;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::text::is_ignorable;

/// The widest nickname, in terminal columns: it leads every line its owner says.
pub const NICK_COLUMNS_MAX: usize = 24;

/// The longest nickname in bytes: room for [`NICK_COLUMNS_MAX`] of the longest letters, or for
/// fewer with accents.
pub const NICK_BYTES_MAX: usize = 4 * NICK_COLUMNS_MAX;

/// The most characters of a name when each mark, and each part of a syllable of Hangul, is one of
/// its own: room for [`NICK_COLUMNS_MAX`] of the largest syllables. The work that a name makes
/// grows with them.
const PARTS_MAX: usize = 3 * NICK_COLUMNS_MAX / 2;

/// A longer text is no nickname: normalization takes no more than two thirds of its bytes.
const LOOKED_AT_BYTES_MAX: usize = 3 * NICK_BYTES_MAX;

/// The most combining marks in a row (UTS #39, 5.4): more pile up over the lines of other people.
const MARKS_MAX: usize = 4;

/// The widest name of a room, in terminal columns, with its `#`.
pub const ROOM_COLUMNS_MAX: usize = 32;

/// The longest name of a room in bytes, with its `#`.
pub const ROOM_BYTES_MAX: usize = 64;

/// What a nickname may hold beside letters and digits.
pub const NICK_PUNCTUATION: &str = "-_.[]{}|^`";

/// What the name of a room may hold beside letters and digits, behind its `#`.
pub const ROOM_PUNCTUATION: &str = "-_.+&'~=[]{}|^`";

/// What a name may hold beside letters and digits, and how long it may be.
struct Rules {
    punctuation: &'static str,
    columns_max: usize,
    bytes_max: usize,
}

const OF_NICKNAMES: Rules =
    Rules { punctuation: "-_.[]{}|^`", columns_max: NICK_COLUMNS_MAX, bytes_max: NICK_BYTES_MAX };

/// Without the `#`.
const OF_ROOMS: Rules = Rules {
    punctuation: ROOM_PUNCTUATION,
    columns_max: ROOM_COLUMNS_MAX - 1,
    bytes_max: ROOM_BYTES_MAX - 1,
};

/// Letters to Unicode that nobody sees as one: blanks, and a stroke that only joins its neighbours.
const BLANK_LETTERS: [char; 3] = ['\u{13441}', '\u{13442}', '\u{640}'];

/// A nickname: letters and digits of any script and some punctuation, in Unicode's normalization
/// form C, at most [`NICK_COLUMNS_MAX`] columns wide, without white space or anything invisible. Copies share their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nick(Rc<str>);

/// The name of a room: `#`, and letters and digits of any script and some punctuation, in
/// normalization form C, at most [`ROOM_COLUMNS_MAX`] columns wide, without white space or anything
/// invisible. Copies share their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomName(Rc<str>);

/// Why a name is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameError {
    /// Nothing there.
    Empty,
    /// Wider, or longer, than it may be.
    TooLong,
    /// It has this character, which it may not have.
    Character(char),
    /// It starts with this character, with which it may not start.
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
    pub fn parse(name: &str) -> Result<Self, NameError> {
        let nick = OF_NICKNAMES.check(name)?;
        let first = nick.chars().next().ok_or(NameError::Empty)?;
        if first.is_numeric() || matches!(first, '-' | '.') {
            return Err(NameError::Start(first));
        }
        Ok(Self(nick.into()))
    }

    /// The nickname as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl RoomName {
    /// Checks the name of a room, from which `#` may be left out.
    ///
    /// # Errors
    ///
    /// The first rule that the name breaks.
    pub fn parse(name: &str) -> Result<Self, NameError> {
        let name = name.trim();
        let name = OF_ROOMS.check(name.strip_prefix('#').unwrap_or(name))?;
        Ok(Self(format!("#{name}").into()))
    }

    /// The name as it is shown, with its `#`.
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

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Rules {
    /// The name in its normalization form, if it keeps to them.
    fn check(&self, name: &str) -> Result<String, NameError> {
        if name.len() > LOOKED_AT_BYTES_MAX {
            return Err(NameError::TooLong);
        }
        let name = self.composed(name.trim())?;
        let first = name.chars().next().ok_or(NameError::Empty)?;
        let (mut marks, mut base, mut before) = (0, first, None);
        for c in name.chars() {
            let is_mark = is_combining_mark(c);
            let is_allowed = if is_mark { is_mark_of(c, base) } else { self.allow(c) };
            if is_ignorable(c) || !is_allowed {
                return Err(NameError::Character(c));
            }
            marks = if c.width() == Some(0) { marks + 1 } else { 0 };
            // The same mark twice looks like once (UTS #39, 5.4).
            if marks > MARKS_MAX || (marks > 1 && before == Some(c)) {
                return Err(NameError::Marks);
            }
            if !is_mark {
                base = c;
            }
            before = Some(c);
        }
        if is_combining_mark(first) {
            return Err(NameError::Start(first));
        }
        Ok(name)
    }

    /// Normalization form C of what is short enough. It stops at the first byte too much: all that is
    /// done with a name later is bounded by this.
    fn composed(&self, name: &str) -> Result<String, NameError> {
        let mut composed = String::with_capacity(self.bytes_max);
        for c in name.nfc() {
            if composed.len() + c.len_utf8() > self.bytes_max {
                return Err(NameError::TooLong);
            }
            composed.push(c);
        }
        let has_more_parts = || composed.nfkd().nth(PARTS_MAX).is_some();
        if composed.width() > self.columns_max || (!composed.is_ascii() && has_more_parts()) {
            return Err(NameError::TooLong);
        }
        Ok(composed)
    }

    /// Whether a name may have this character, which is no mark: a letter, digit or sign that takes a
    /// column of its own. The letters without one that Unicode has are those of ancient scripts, and
    /// the parts of Hangul that did not become a syllable.
    fn allow(&self, c: char) -> bool {
        self.punctuation.contains(c)
            || (c.is_alphanumeric()
                && c.width() != Some(0)
                && !BLANK_LETTERS.contains(&c)
                && !looks_like_a_sign(c))
    }
}

/// Whether a mark is of the script of its letter, without which most scripts of India could not be
/// written. On the letter of another script it may show nothing at all. Of those that go with any
/// script, only what names of today need (UTS #39, 3.1) is sure to be drawn.
fn is_mark_of(c: char, base: char) -> bool {
    let script = c.script();
    if matches!(script, Script::Inherited | Script::Common) {
        return c.identifier_allowed();
    }
    script == base.script()
}

/// Whether a letter, or what it stands for, looks like a sign that stands around nicknames, as `ː`
/// does like `:`, or like a blank. (But for `ノ`, which looks like `/`, and without which there is no
/// Japanese.)
fn looks_like_a_sign(c: char) -> bool {
    // To compute it takes as long as all else that is checked.
    matches!(c,
        '\u{bc}'..='\u{be}'
            | '\u{2d0}'
            | '\u{37a}'
            | '\u{156f}'
            | '\u{2150}'..='\u{215f}'
            | '\u{2189}'
            | '\u{2474}'..='\u{2487}'
            | '\u{2cc6}'..='\u{2cc7}'
            | '\u{3033}'
            | '\u{3220}'..='\u{3229}'
            | '\u{4e3f}'
            | '\u{a4fd}'
            | '\u{fc5e}'..='\u{fc63}'
            | '\u{fdfa}'..='\u{fdfb}'
            | '\u{fe70}'
            | '\u{fe72}'
            | '\u{fe74}'
            | '\u{fe76}'
            | '\u{fe78}'
            | '\u{fe7a}'
            | '\u{fe7c}'
            | '\u{fe7e}'
            | '\u{ff89}'
            | '\u{10140}'..='\u{10141}'
            | '\u{1015b}'
            | '\u{1031f}'
            | '\u{10781}'
            | '\u{11dd9}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::tests::every_character;
    use proptest::prelude::*;
    use unicode_security::skeleton;

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
            "ที่รัก",
            "Nguyễn",
            "한국어",
            "\u{1112}\u{1161}\u{11ab}",
            "ミノル",
            "が_ぎ",
            "か\u{3099}",
            "бабушка",
            "Йод",
            "Νίκος",
            "ᾠδή",
            "מִרְיָם",
            "مُحَمَّد",
            "دُوحَة",
            "ক্ষিতি",
            "ਪੰਜਾਬੀ",
            "ગુજરાતી",
            "ଓଡ଼ିଆ",
            "தமிழ்",
            "తెలుగు",
            "ಕನ್ನಡ",
            "മലയാളം",
            "සිංහල",
            "ລາວ",
            "བོད",
            "မြန်မာ",
            "ქართული",
            "አማርኛ",
            "ខ្មែរ",
            "ᠮᠣᠩᠭᠣᠯ",
            "Հայ",
            "ދިވެހި",
            "ߒߞߏ",
            "दुःख",
        ] {
            assert!(Nick::parse(name).is_ok(), "{name}: {:?}", Nick::parse(name));
        }
        assert_eq!(Nick::parse("  ana ").unwrap().as_str(), "ana");
        assert_eq!(Nick::parse("jose\u{301}").unwrap().as_str(), "jos\u{e9}");
    }

    #[test]
    fn every_refusal() {
        for (name, error) in [
            ("", NameError::Empty),
            (" \t ", NameError::Empty),
            ("a b", NameError::Character(' ')),
            ("a:b", NameError::Character(':')),
            ("*", NameError::Character('*')),
            ("a/b", NameError::Character('/')),
            ("a\u{1b}b", NameError::Character('\u{1b}')),
            ("a\u{200b}b", NameError::Character('\u{200b}')),
            ("a\u{202e}b", NameError::Character('\u{202e}')),
            ("\u{3164}", NameError::Character('\u{3164}')),
            ("a\u{115f}", NameError::Character('\u{115f}')),
            ("👋", NameError::Character('👋')),
            ("a\u{fffd}", NameError::Character('\u{fffd}')),
            ("ana\u{17d2}", NameError::Character('\u{17d2}')),
            ("ana\u{903}", NameError::Character('\u{903}')),
            ("ana\u{2d0}", NameError::Character('\u{2d0}')),
            ("ana\u{346}", NameError::Character('\u{346}')),
            ("ana\u{485}", NameError::Character('\u{485}')),
            ("ana\u{1acf}", NameError::Character('\u{1acf}')),
            ("ana\u{1161}", NameError::Character('\u{1161}')),
            ("ana\u{d4e}", NameError::Character('\u{d4e}')),
            ("한\u{1161}", NameError::Character('\u{1161}')),
            ("ana\u{fdfa}", NameError::Character('\u{fdfa}')),
            ("ana\u{640}", NameError::Character('\u{640}')),
            ("\u{13441}", NameError::Character('\u{13441}')),
            ("\u{1031f}", NameError::Character('\u{1031f}')),
            ("1ana", NameError::Start('1')),
            ("٣ana", NameError::Start('٣')),
            ("-ana", NameError::Start('-')),
            (".ana", NameError::Start('.')),
            ("\u{303}ana", NameError::Start('\u{303}')),
            ("\u{93e}", NameError::Start('\u{93e}')),
            ("q\u{303}\u{304}\u{303}\u{304}\u{303}", NameError::Marks),
            ("\u{5e9}\u{5b8}\u{5b8}\u{5e8}\u{5d4}", NameError::Marks),
        ] {
            assert_eq!(Nick::parse(name), Err(error), "{name:?}");
        }
    }

    #[test]
    fn names_of_rooms() {
        for (name, room) in [
            ("dev", "#dev"),
            ("#dev", "#dev"),
            (" #Praça ", "#Praça"),
            ("c++", "#c++"),
            ("2026-11-24", "#2026-11-24"),
            ("広場", "#広場"),
            ("rock'n'roll~=[]{}|^`&", "#rock'n'roll~=[]{}|^`&"),
        ] {
            assert_eq!(RoomName::parse(name).unwrap().as_str(), room);
        }
        for (name, error) in [
            ("", NameError::Empty),
            ("#", NameError::Empty),
            ("##dev", NameError::Character('#')),
            ("a,b", NameError::Character(',')),
            ("a b", NameError::Character(' ')),
            ("(dev)", NameError::Character('(')),
            ("dev\u{200b}", NameError::Character('\u{200b}')),
            ("\u{301}", NameError::Start('\u{301}')),
        ] {
            assert_eq!(RoomName::parse(name), Err(error), "{name:?}");
        }
        assert!(RoomName::parse(&"a".repeat(31)).is_ok());
        assert_eq!(RoomName::parse(&"a".repeat(32)), Err(NameError::TooLong));
        assert_eq!(RoomName::parse(&"ぁ".repeat(16)), Err(NameError::TooLong));
    }

    #[test]
    fn columns_at_the_limit() {
        assert!(Nick::parse(&"a".repeat(24)).is_ok());
        assert_eq!(Nick::parse(&"a".repeat(25)), Err(NameError::TooLong));
        assert!(Nick::parse(&"李".repeat(12)).is_ok());
        assert_eq!(Nick::parse(&"李".repeat(13)), Err(NameError::TooLong));
        let heavy = "\u{1e800}\u{1e8d0}\u{1e8d1}\u{1e8d2}";
        assert_eq!(Nick::parse(&heavy.repeat(6)).unwrap().as_str().len(), NICK_BYTES_MAX);
        assert_eq!(Nick::parse(&heavy.repeat(7)), Err(NameError::TooLong));
        assert_eq!(Nick::parse(&"e\u{301}".repeat(100_000)), Err(NameError::TooLong));
    }

    #[test]
    fn marks_count_as_what_they_are() {
        assert!(Nick::parse(&"ế".repeat(12)).is_ok());
        assert_eq!(Nick::parse(&"ế".repeat(13)), Err(NameError::TooLong));
        assert!(Nick::parse(&"e\u{302}\u{301}".repeat(12)).is_ok());
        assert!(Nick::parse(&"שָ".repeat(18)).is_ok());
        assert!(Nick::parse(&"한".repeat(12)).is_ok());
        // Nothing that is too long is looked at.
        for long in ["\u{390}".repeat(49), "a".repeat(25), "e\u{301}".repeat(90)] {
            assert_eq!(Nick::parse(&(long + "*")), Err(NameError::TooLong));
        }
    }

    /// Nothing can be put behind a nickname that a terminal may leave out.
    #[test]
    fn whatever_is_accepted_behind_a_name_can_be_seen() {
        for c in every_character() {
            let is_accepted =
                Nick::parse(&format!("ana{c}")).is_ok_and(|nick| nick.as_str().ends_with(c));
            if is_accepted && c.width().unwrap_or(0) == 0 {
                let is_in_use = is_combining_mark(c) && c.identifier_allowed();
                assert!(is_in_use, "ana\u{25cc}{c} U+{:04X}", u32::from(c));
            }
        }
    }

    #[test]
    fn letters_that_look_like_signs_are_known() {
        let is_sign =
            |text: &str| skeleton(text).any(|c| matches!(c, '*' | ':' | '(' | ')' | '/' | ' '));
        for c in every_character()
            .filter(|&c| !c.is_ascii() && c.is_alphanumeric() && !is_combining_mark(c))
        {
            let (text, plain) = (c.to_string(), c.nfkc().collect::<String>());
            let looks_so = (is_sign(&text) || is_sign(&plain)) && c != 'ノ';
            assert_eq!(looks_like_a_sign(c), looks_so, "{c} U+{:04X}", u32::from(c));
        }
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
