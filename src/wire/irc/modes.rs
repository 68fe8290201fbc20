//! Letters for the rules, lists and ranks of a room.

use std::fmt::{self, Display, Write as _};

use crate::chat::rules::{Change, List, Rank, Rules};
use crate::chat::text::Text;

/// What stands before the mask of a mute in the list of bans: `EXTBAN=,m` in `005`.
pub(super) const MUTE: &str = "m:";

/// `CHANMODES` of `005`: lists, what always has a parameter, what has one when it is set, and the rest.
pub(super) const KINDS: &str = "beI,k,l,CUimnst";

/// The change of a rule, as a client reads it.
pub(super) struct Mode<'a> {
    pub(super) is_set: bool,
    pub(super) letter: char,
    pub(super) value: Option<Value<'a>>,
}

/// The parameter of a mode.
pub(super) enum Value<'a> {
    Text(&'a str),
    Number(u32),
}

impl Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

impl Display for Mode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", sign(self.is_set), self.letter)?;
        self.value.as_ref().map_or(Ok(()), |value| write!(f, " {value}"))
    }
}

pub(super) fn sign(is_set: bool) -> char {
    if is_set { '+' } else { '-' }
}

pub(super) fn rank_letter(rank: Rank) -> char {
    match rank {
        Rank::Operator => 'o',
        Rank::Voice => 'v',
    }
}

/// The letter of a list, and what stands before its masks.
pub(super) fn list_letter(list: List) -> (char, &'static str) {
    match list {
        List::Bans => ('b', ""),
        List::Mutes => ('b', MUTE),
        List::Exceptions => ('e', ""),
        List::Invitations => ('I', ""),
    }
}

/// The mode that a change is. `None` if no letter stands for it.
pub(super) fn of_change(change: Change<'_>) -> Option<Mode<'_>> {
    let flag = |letter, is_set| Mode { is_set, letter, value: None };
    Some(match change {
        Change::InviteOnly(is_on) => flag('i', is_on),
        Change::Moderated(is_on) => flag('m', is_on),
        Change::Secret(is_on) => flag('s', is_on),
        Change::OpenTopic(is_on) => flag('t', !is_on),
        Change::Strangers(is_on) => flag('n', !is_on),
        Change::NoProbes(is_on) => flag('C', is_on),
        Change::OperatorsHearAll(is_on) => flag('U', is_on),
        Change::Key(key) => {
            // Whoever takes a key away need not know it.
            let value = Value::Text(key.map_or("*", |key| key.as_str()));
            Mode { is_set: key.is_some(), letter: 'k', value: Some(value) }
        }
        Change::Limit(limit) => {
            Mode { is_set: limit.is_some(), letter: 'l', value: limit.map(Value::Number) }
        }
        Change::Slow(_) => return None,
    })
}

/// All modes that hold in a room, as `324` tells them: `+ntk word`. Only operators may know the key.
pub(super) fn of_rules(rules: &Rules, is_operator: bool) -> String {
    let flags = [
        (rules.no_probes, 'C'),
        (rules.operators_hear_all, 'U'),
        (rules.invite_only, 'i'),
        (rules.moderated, 'm'),
        (!rules.strangers, 'n'),
        (rules.secret, 's'),
        (!rules.open_topic, 't'),
        (rules.key.is_some(), 'k'),
        (rules.limit.is_some(), 'l'),
    ];
    let mut modes = String::from("+");
    modes.extend(flags.iter().filter(|&&(is_set, _)| is_set).map(|&(_, letter)| letter));
    if let Some(key) = &rules.key {
        modes.push(' ');
        modes.push_str(if is_operator { key } else { "*" });
    }
    if let Some(limit) = rules.limit {
        let _ = write!(modes, " {limit}");
    }
    modes
}

/// One change that a `MODE` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked<'a> {
    Change(Change<'a>),
    Rank {
        rank: Rank,
        nick: &'a str,
        is_given: bool,
    },
    List {
        list: List,
        mask: &'a str,
        is_added: bool,
    },
    /// Who is on a list.
    Show(List),
    /// No such letter.
    Unknown(char),
    /// A parameter is missing, or cannot be that.
    Bad {
        letter: char,
        value: &'a str,
        why: &'static str,
    },
}

/// What the `index`th letter of a `MODE` asks for, and how many parameters those before it took.
pub(super) fn asked<'a>(letters: &'a str, params: &[&'a str], index: usize) -> Option<Asked<'a>> {
    let (mut is_set, mut seen, mut used) = (true, 0, 0);
    for letter in letters.chars() {
        match letter {
            '+' | '-' => is_set = letter == '+',
            _ if seen < index => {
                seen += 1;
                used += usize::from(takes_param(letter, is_set));
            }
            _ => return Some(one(letter, is_set, params.get(used).copied())),
        }
    }
    None
}

fn takes_param(letter: char, is_set: bool) -> bool {
    matches!(letter, 'o' | 'v' | 'b' | 'e' | 'I' | 'k') || (letter == 'l' && is_set)
}

fn one(letter: char, is_set: bool, param: Option<&str>) -> Asked<'_> {
    let bad = |why| Asked::Bad { letter, value: param.unwrap_or("*"), why };
    let ranked = |rank| match param {
        Some(nick) => Asked::Rank { rank, nick, is_given: is_set },
        None => bad("You must name somebody"),
    };
    let listed = |list| match param {
        Some(mask) => Asked::List { list, mask, is_added: is_set },
        None => Asked::Show(list),
    };
    Asked::Change(match letter {
        'o' => return ranked(Rank::Operator),
        'v' => return ranked(Rank::Voice),
        'b' => {
            let mute = param.and_then(|mask| mask.strip_prefix(MUTE));
            return match mute {
                Some(mask) => Asked::List { list: List::Mutes, mask, is_added: is_set },
                None => listed(List::Bans),
            };
        }
        // Whoever is excepted is so from mutes as well.
        'e' => match param.and_then(|mask| mask.strip_prefix(MUTE)) {
            Some(mask) => {
                return Asked::List { list: List::Exceptions, mask, is_added: is_set };
            }
            None => return listed(List::Exceptions),
        },
        'I' => return listed(List::Invitations),
        'k' if !is_set => Change::Key(None),
        'k' => match param.and_then(Text::harmless).filter(|key| is_key(key.as_str())) {
            Some(key) => Change::Key(Some(key)),
            None => return Asked::Bad { letter, value: "*", why: "Invalid key" },
        },
        'l' if !is_set => Change::Limit(None),
        'l' => match param.and_then(|limit| limit.parse().ok()).filter(|&limit| limit > 0) {
            Some(limit) => Change::Limit(Some(limit)),
            None => return bad("Invalid limit"),
        },
        'i' => Change::InviteOnly(is_set),
        'm' => Change::Moderated(is_set),
        's' => Change::Secret(is_set),
        't' => Change::OpenTopic(!is_set),
        'n' => Change::Strangers(!is_set),
        'C' => Change::NoProbes(is_set),
        'U' => Change::OperatorsHearAll(is_set),
        _ => return Asked::Unknown(letter),
    })
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && !key.contains([' ', ',']) && !key.starts_with(':')
}
