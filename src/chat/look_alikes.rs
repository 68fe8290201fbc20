//! Names that may not be in use together.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use unicode_security::skeleton;

use super::fold::folded_parts;

/// Whose a name is, of those that are in use. No two look the same (UTS #39), nor like a name that
/// is reserved.
///
/// Two tables, as two questions are asked. *Who is called so?* goes by the folded name alone: `Ines`
/// looks like `lnes`, but whoever writes to `lnes` does not mean her. *May one be called so?* goes by
/// looks, of which a name has up to two.
///
/// Of a name they keep only hashes. By chance two names meet once in 2^64 pairs, and then one is
/// refused; nobody can make them meet, as the hash has a secret seed.
#[derive(Debug)]
pub struct LookAlikes<T> {
    called: HashMap<u64, T>,
    looks: HashMap<u64, T>,
    reserved: HashSet<u64>,
    seed: RandomState,
}

/// Why somebody cannot have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clash<T> {
    /// This one has it, or one that looks like it.
    With(T),
    /// Nobody may have it.
    Reserved,
}

impl<T> Default for LookAlikes<T> {
    fn default() -> Self {
        Self {
            called: HashMap::new(),
            looks: HashMap::new(),
            reserved: HashSet::new(),
            seed: RandomState::new(),
        }
    }
}

impl<T: Copy + Eq> LookAlikes<T> {
    /// All but these, and what looks like them, may be had.
    #[must_use]
    pub fn reserving(reserved: &[&str]) -> Self {
        let mut all = Self::default();
        all.reserved =
            reserved.iter().flat_map(|name| all.looks(name, &folded_parts(name))).collect();
        all
    }

    /// Whose name this is, whatever its case, and with or without the marks of its Latin letters: no
    /// other has one that differs only by them. What cannot be a name is not to be asked for: to look
    /// at any text can take a hundred times as long.
    #[must_use]
    pub fn owner(&self, name: &str) -> Option<T> {
        self.called.get(&self.seed.hash_one(folded_parts(name))).copied()
    }

    /// Gives `name` to `owner`, in place of the name `old` that it has.
    ///
    /// # Errors
    ///
    /// Somebody else has it, or nobody may. Nothing has changed then.
    pub fn claim(&mut self, owner: T, name: &str, old: Option<&str>) -> Result<(), Clash<T>> {
        let called = folded_parts(name);
        let looks = self.looks(name, &called);
        if looks.iter().any(|look| self.reserved.contains(look)) {
            return Err(Clash::Reserved);
        }
        let mut owners = looks.iter().filter_map(|look| self.looks.get(look));
        if let Some(&other) = owners.find(|&&other| other != owner) {
            return Err(Clash::With(other));
        }
        if let Some(old) = old {
            self.release(old);
        }
        self.called.insert(self.seed.hash_one(called), owner);
        self.looks.extend(looks.map(|look| (look, owner)));
        Ok(())
    }

    /// Frees a name that somebody has.
    pub fn release(&mut self, name: &str) {
        let called = folded_parts(name);
        for look in self.looks(name, &called) {
            self.looks.remove(&look);
        }
        self.called.remove(&self.seed.hash_one(called));
    }

    /// What two names that may not both be used have in common: how they look once they are folded
    /// (`IANA` like `iana`, `ⓐna` like `ana`), and what they look like as they are, folded then
    /// (`Iana` like `lana`, `ϲarla`, whose first letter stands for `σ`, like `carla`, and Cyrillic
    /// `ВОВ` like `BOB`, which is `bob`).
    ///
    /// What looks like a Latin letter loses its marks as one: else a Cyrillic `а̃` could pass for `ã`.
    fn looks(&self, name: &str, folded: &str) -> [u64; 2] {
        let written: String = skeleton(name).collect();
        let seen = folded_parts(&written);
        [(folded, name), (&seen, &written)].map(|(text, known)| {
            // What is looked like looks like itself: both that are known look as written.
            if text == known {
                self.seed.hash_one(&written)
            } else {
                self.seed.hash_one(skeleton(text).collect::<String>())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::name::Nick;
    use crate::chat::tests::every_character;
    use proptest::prelude::*;

    fn nick(name: &str) -> Nick {
        Nick::parse(name).unwrap()
    }

    fn claim(names: &mut LookAlikes<usize>, id: usize, name: &str) -> Result<(), Clash<usize>> {
        names.claim(id, nick(name).as_str(), None)
    }

    /// Whether nobody can have one of them while somebody has the other.
    fn clash(one: &str, other: &str) -> bool {
        let is_taken = |one, other| {
            let mut names = LookAlikes::default();
            claim(&mut names, 1, one).unwrap();
            claim(&mut names, 2, other) == Err(Clash::With(1))
        };
        assert_eq!(is_taken(one, other), is_taken(other, one), "{one} {other}");
        is_taken(one, other)
    }

    #[test]
    fn look_alikes_are_taken() {
        for (one, other) in [
            ("ana", "ANA"),
            ("Ana", "\u{410}na"),
            ("ana", "\u{430}n\u{430}"),
            ("ANA", "\u{391}\u{39d}\u{391}"),
            ("lana", "Iana"),
            ("straße", "STRASSE"),
            ("straße", "STRAẞE"),
            ("σίσυφος", "ΣΊΣΥΦΟΣ"),
            ("bOb", "b0b"),
            ("bob", "\u{412}\u{41e}\u{412}"),
            ("bob", "\u{412}ob"),
            ("ana", "A\u{39d}A"),
            ("ana", "\u{24d0}na"),
            ("ana", "\u{aa}na"),
            ("jos\u{e9}", "JOSE\u{301}"),
            ("carla", "\u{3f2}arla"),
            ("carla", "\u{3f9}arla"),
            ("sara", "\u{17f}ara"),
            ("fara", "\u{17f}ara"),
            ("joao", "joão"),
            ("joâo", "JOÃO"),
            ("joao", "j\u{43e}ão"),
            ("joão", "jo\u{430}\u{303}o"),
            ("lukasz", "Łukasz"),
            ("lana", "Îana"),
            ("мой", "мои"),
        ] {
            assert!(clash(one, other), "{one} {other}");
        }
    }

    #[test]
    fn other_names_are_free() {
        for (one, other) in [
            ("ines", "lnes"),
            ("ana", "anna"),
            ("हिन्दी", "हिन्दि"),
            ("かき", "がき"),
            ("שִׁיר", "שיר"),
        ] {
            assert!(!clash(one, other), "{one} {other}");
        }
    }

    /// What the table of UTS #39 says of each character.
    #[test]
    fn none_of_the_pairs_of_the_table_may_be_here_together() {
        let (mut pairs, mut together) = (0, Vec::new());
        for c in every_character() {
            let prototype: String = skeleton(c.encode_utf8(&mut [0; 4])).collect();
            let [one, other] =
                [format!("o{c}"), format!("o{prototype}")].map(|name| Nick::parse(&name));
            let (Ok(one), Ok(other)) = (one, other) else { continue };
            if one != other {
                pairs += 1;
                if !clash(one.as_str(), other.as_str()) {
                    together.push(format!("{one} U+{:04X} {other}", u32::from(c)));
                }
            }
        }
        assert!(together.is_empty(), "{} of {pairs} pairs: {together:?}", together.len());
        assert!(pairs > 3000, "only {pairs} pairs: what became of the table?");
    }

    #[test]
    fn who_is_meant_is_who_is_called_so_and_not_who_looks_so() {
        let mut names = LookAlikes::default();
        for (id, name) in ["ines", "lnes", "Iana", "João"].into_iter().enumerate() {
            claim(&mut names, id, name).unwrap();
        }
        for (name, id) in [
            ("ines", Some(0)),
            ("Ines", Some(0)),
            ("INES", Some(0)),
            ("lnes", Some(1)),
            ("LNES", Some(1)),
            ("iana", Some(2)),
            ("lana", None),
            ("joao", Some(3)),
            ("JOÃO", Some(3)),
            ("j\u{43e}ao", None),
            ("bob", None),
        ] {
            assert_eq!(names.owner(name), id, "{name}");
        }
    }

    #[test]
    fn renaming_frees_the_old_name_and_may_keep_its_look() {
        let mut names = LookAlikes::default();
        assert_eq!(names.claim(1, "ana", None), Ok(()));
        assert_eq!(names.claim(1, "Ana", Some("ana")), Ok(()));
        assert_eq!(names.claim(1, "bia", Some("Ana")), Ok(()));
        assert_eq!(names.claim(2, "ana", None), Ok(()));
        assert_eq!(names.claim(2, "BIA", Some("ana")), Err(Clash::With(1)));
        assert_eq!((names.owner("ana"), names.owner("bia")), (Some(2), Some(1)));
    }

    #[test]
    fn what_is_reserved_nobody_can_have_nor_what_looks_like_it() {
        let mut names = LookAlikes::reserving(&["server", "Our chat é", "Praça"]);
        for name in ["server", "SERVER", "s\u{435}rver", "sérver", "praca", "PRAÇA"] {
            assert_eq!(claim(&mut names, 1, name), Err(Clash::Reserved), "{name}");
        }
        assert_eq!(names.owner("server"), None);
        assert_eq!(claim(&mut names, 1, "servers"), Ok(()));
    }

    proptest! {
        #[test]
        fn the_tables_hold_what_is_in_use_and_nothing_else(
            steps in prop::collection::vec((0..4usize, prop::option::of("[aAIlã\u{430}\u{24d0}oO0ϲc]{1,2}")), 0..40),
        ) {
            let mut names = LookAlikes::default();
            let mut here = [const { None::<String> }; 4];
            for (id, name) in steps {
                let old = here[id].clone();
                match name.and_then(|name| Nick::parse(&name).ok()) {
                    None => {
                        if let Some(old) = here[id].take() {
                            names.release(&old);
                        }
                    }
                    Some(nick) => {
                        if names.claim(id, nick.as_str(), old.as_deref()).is_ok() {
                            here[id] = Some(nick.as_str().to_owned());
                        }
                    }
                }
            }
            let mut looks = HashMap::new();
            for (id, name) in here.iter().enumerate() {
                let Some(name) = name else { continue };
                prop_assert_eq!(names.owner(name), Some(id));
                for look in names.looks(name, &folded_parts(name)) {
                    prop_assert!(looks.insert(look, id).is_none_or(|owner| owner == id));
                }
            }
            prop_assert_eq!(&names.looks, &looks);
            prop_assert_eq!(names.called.len(), here.iter().flatten().count());
        }
    }
}
