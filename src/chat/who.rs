//! Somebody, as others may know it.

use std::fmt::{self, Write};
use std::rc::Rc;

use super::name::{NICK_BYTES_MAX, Nick};
use super::session::{CLOAK_BYTES_MAX, Cloak};
use super::text::Text;

/// What stands for the name of a user who has told none: see [`User`].
const PLAIN: &str = "plain";

/// The longest name of a user, in bytes.
const USER_BYTES_MAX: usize = 10;

/// The longest [`Who::full`], in bytes.
pub const WHO_BYTES_MAX: usize =
    NICK_BYTES_MAX + "!~".len() + USER_BYTES_MAX + "@".len() + CLOAK_BYTES_MAX;

/// Who somebody is, as others may know it: `ana!~plain@6fj3kq2w7xa2b.mz5d.ip`, a nickname, the name
/// of a user and a [cloak](Cloak). Mostly only the nickname is shown: so it is displayed. Copies share
/// their bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    full: Rc<str>,
    nick_bytes: u8,
}

/// What somebody's client calls its user. Nobody checks it, thus others see it with a tilde before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User(Box<str>);

impl Who {
    /// Somebody with this nickname, from there.
    #[must_use]
    pub fn new(nick: &Nick, user: &User, cloak: Cloak) -> Self {
        Self { full: format!("{nick}!~{}@{cloak}", user.0).into(), nick_bytes: bytes_of(nick) }
    }

    /// The same with another nickname.
    #[must_use]
    pub fn renamed(&self, nick: &Nick) -> Self {
        let mut full = String::from(nick.as_str());
        full.push_str(&self.full[usize::from(self.nick_bytes)..]);
        Self { full: full.into(), nick_bytes: bytes_of(nick) }
    }

    /// The nickname.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.full[..usize::from(self.nick_bytes)]
    }

    /// The nickname: it has nothing that could harm.
    #[must_use]
    pub fn as_text(&self) -> Text<'_> {
        Text::of_name(self.as_str())
    }

    /// All of it: `nick!~user@cloak`.
    #[must_use]
    pub fn full(&self) -> &str {
        &self.full
    }

    /// The user's name, with its tilde, and the cloak.
    #[must_use]
    pub fn user_and_host(&self) -> (&str, &str) {
        let rest = &self.full[usize::from(self.nick_bytes) + 1..];
        rest.split_once('@').unwrap_or((rest, ""))
    }
}

fn bytes_of(nick: &Nick) -> u8 {
    u8::try_from(nick.as_str().len()).expect("a nickname is shorter than 256 bytes")
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl User {
    /// The name as far as it may be: the first letters and digits of ASCII, and `.`, `_` and `-`. If
    /// there are none it is `u`: a user called `João` gets in too.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let mut user = String::new();
        let may_be = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        user.extend(name.chars().filter(may_be).take(USER_BYTES_MAX));
        if user.is_empty() {
            let _ = user.write_char('u');
        }
        Self(user.into())
    }
}

impl Default for User {
    fn default() -> Self {
        Self(PLAIN.into())
    }
}

/// Somebody with this nickname who came without telling more.
#[cfg(test)]
pub(crate) fn who(nick: &str) -> Who {
    Who::new(&Nick::parse(nick).unwrap(), &User::default(), Cloak::Local)
}
