//! The rules of the chat, told a second time and as simply as can be: which nicknames there can be,
//! what is kept of what was said, and what the answers look like. Only for what the clients here say.

use std::ops::Range;

use chatd_support::sentences::{left_saying, notice, quit, refused, why};

/// Which protocol that is not spoken here a first line is of.
pub(crate) fn foreign(line: &str) -> Option<&'static str> {
    let last = line.trim_end().rsplit_once(' ').map_or("", |(_, last)| last);
    let is_of =
        |name| last.strip_prefix(name).is_some_and(|version| version.parse::<f32>().is_ok());
    let all = [
        ("a binary protocol", line.contains('\u{2400}')),
        ("TLS", line.starts_with("\u{2416}\u{2403}")),
        ("SSH", line.starts_with("SSH-")),
        ("the PROXY protocol", line.starts_with("PROXY ")),
        ("SMTP", line.starts_with("EHLO ")),
        ("HTTP", is_of("HTTP/")),
        ("SIP", is_of("SIP/")),
    ];
    all.into_iter().find_map(|(protocol, is_it)| is_it.then_some(protocol))
}

/// How HTTP is answered.
pub(crate) const HTTP_ANSWER: [&str; 7] = [
    "HTTP/1.1 400 Bad Request",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Length: 89",
    "X-Content-Type-Options: nosniff",
    "Connection: close",
    "",
    "This is chatd, a chat room, and not a web server. Join it from a terminal: nc HOST PORT",
];

/// So many nicknames may be refused before one is taken.
pub(crate) const REFUSALS_MAX: usize = 20;

/// Why that is no nickname, if it is none.
pub(crate) fn bad_nick(name: &str) -> Option<String> {
    let is_allowed = |c: char| c.is_alphanumeric() || "-_.[]{}|^`".contains(c);
    let Some(first) = name.chars().next() else {
        return Some(why::EMPTY.into());
    };
    if let Some(bad) = name.chars().find(|&c| !is_allowed(c)) {
        return Some(match bad {
            ' ' => why::TWO_WORDS.into(),
            _ => why::cannot_have(&format!("“{bad}”")),
        });
    }
    if first.is_numeric() || "-.".contains(first) {
        return Some(why::cannot_start(&format!("“{first}”")));
    }
    if name == "S\u{435}rver" {
        return Some(why::reserved(name));
    }
    (name.chars().count() > 24).then(|| why::LONG.into())
}

/// What a nickname is called, whatever its case and its marks.
pub(crate) fn called(name: &str) -> String {
    let plain = |c| match c {
        '\u{24e1}' => 'r',
        'á' => 'a',
        'é' => 'e',
        c => c,
    };
    name.to_lowercase().chars().map(plain).collect()
}

/// How a nickname looks, case apart: as it is meant, and as it is written.
fn looks(name: &str) -> [String; 2] {
    [name, &name.replace('I', "l")].map(|name| called(name).replace('\u{430}', "a"))
}

/// Whether two nicknames may not both be used.
pub(crate) fn conflict(one: &str, other: &str) -> bool {
    let other = looks(other);
    looks(one).iter().any(|look| other.contains(look))
}

/// Whether somebody called `name` is meant by `to`.
pub(crate) fn is_meant(name: &str, to: &str) -> bool {
    called(name) == called(to)
}

/// What it takes to keep a message, beyond what it takes to show it: also where its author comes from is
/// kept.
const KEPT_BYTES: usize = 272 - 8 + "!~plain@6fj3kq2w7xa2b.mz5d.ip".len();

/// Which messages are kept of what was said: no more than the limits allow. Each is a line and how
/// many bytes it takes to show it.
pub(crate) fn history(said: &[(String, usize)], limits: (usize, usize)) -> Range<usize> {
    let (count_max, mut bytes_left) = limits;
    let kept = said.iter().rev().take(count_max).take_while(|(_, bytes)| {
        let bytes = bytes + KEPT_BYTES;
        let fits = bytes <= bytes_left;
        bytes_left = bytes_left.saturating_sub(bytes);
        fits
    });
    said.len() - kept.count()..said.len()
}

/// How many of these messages are shown at once.
pub(crate) fn at_once(messages: &[(String, usize)], bytes_max: usize) -> usize {
    let mut bytes = 0;
    let fits = messages.iter().take_while(|message| {
        bytes += message.1;
        bytes <= bytes_max
    });
    fits.count().max(1).min(messages.len())
}

/// `ana, @bruno … and 3 others`, as far as the two limits allow. Each has the sign of its rank.
pub(crate) fn names(members: &[(&str, &str)], count_max: usize, bytes_max: usize) -> String {
    let (all, mut bytes) = (members.len(), 0);
    let shown: Vec<String> = members
        .iter()
        .take(count_max)
        .take_while(|(_, name)| {
            let fits = bytes + name.len() <= bytes_max;
            bytes += name.len() + 2;
            fits
        })
        .map(|(sign, name)| format!("{sign}{name}"))
        .collect();
    let others = match all - shown.len() {
        0 => String::new(),
        1 => " … and 1 other".into(),
        others => format!(" … and {others} others"),
    };
    shown.join(", ") + &others
}

/// What all are told if somebody quits.
pub(crate) fn left(name: &str, reason: Option<&str>) -> String {
    reason.map_or_else(|| quit(name), |reason| left_saying(name, reason))
}

/// Why something is not done, as its user is told.
pub(crate) fn refusal(why: &str, named: bool) -> String {
    if named { notice(why) } else { refused(why) }
}

/// The mask of whoever is called so.
pub(crate) fn mask_of(name: &str) -> String {
    format!("{}!*@*", called(name))
}
