//! A line of IRC: tags, a verb, parameters.

use super::past;
use crate::clock::Timestamp;

/// So many parameters a line has at the most ([RFC 2812, 2.3.1](https://www.rfc-editor.org/rfc/rfc2812#section-2.3.1)).
const PARAMS_MAX: usize = 15;

/// The longest tags that a client may send, without `@` and the space behind them
/// ([message tags](https://ircv3.net/specs/extensions/message-tags)).
pub(super) const TAGS_BYTES_MAX: usize = 4094;

/// The longest line without its tags and its end.
pub(super) const LINE_BYTES_MAX: usize = 510;

/// A line, in its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Line<'a> {
    /// Behind `@`, as they were sent.
    pub(super) tags: &'a str,
    /// Behind the colon at the beginning: who a server says that it comes from. What a client writes there
    /// counts for nothing, as it is who it is.
    pub source: &'a str,
    /// What it is about: a word, or a number of three digits.
    pub verb: &'a str,
    params: [&'a str; PARAMS_MAX],
    count: usize,
}

impl<'a> Line<'a> {
    /// Parses a line without its end. `None` if it has no verb.
    #[must_use]
    pub fn parse(line: &'a str) -> Option<Self> {
        let (tags, rest) = split_tags(line);
        let mut rest = rest.trim_start_matches(' ');
        let mut source = "";
        if let Some(sourced) = rest.strip_prefix(':') {
            (source, rest) = sourced.split_once(' ').unwrap_or_default();
        }
        let mut parsed = Self { tags, source, ..Self::default() };
        let mut is_verb = true;
        while let Some(part) = next_part(&mut rest, !is_verb && parsed.count == PARAMS_MAX - 1) {
            if is_verb {
                (parsed.verb, is_verb) = (part, false);
            } else {
                parsed.params[parsed.count] = part;
                parsed.count += 1;
                if parsed.count == PARAMS_MAX {
                    break;
                }
            }
        }
        (!parsed.verb.is_empty() && !parsed.verb.starts_with(':')).then_some(parsed)
    }

    /// What follows the verb.
    #[must_use]
    pub fn params(&self) -> &[&'a str] {
        &self.params[..self.count]
    }

    /// A parameter, or nothing if there are not so many.
    #[must_use]
    pub fn param(&self, index: usize) -> &'a str {
        self.params().get(index).copied().unwrap_or_default()
    }

    /// The value of a tag, as it was sent.
    #[must_use]
    pub fn tag(&self, name: &str) -> Option<&'a str> {
        // The last one counts.
        self.tags.split(';').rev().find_map(|tag| {
            let (key, value) = tag.split_once('=').unwrap_or((tag, ""));
            (key == name).then_some(value)
        })
    }

    /// When it happened, if it is said ([server-time](https://ircv3.net/specs/extensions/server-time)).
    #[must_use]
    pub fn at(&self) -> Option<Timestamp> {
        past::time(self.tag("time")?)
    }

    /// The tags that a client may attach for others, from the first to the last of them.
    pub(super) fn client_tags(&self) -> impl Iterator<Item = &'a str> {
        self.tags.split(';').filter(|tag| tag.starts_with('+') && tag.len() > 1)
    }
}

/// The tags behind `@`, and what follows them.
pub(super) fn split_tags(line: &str) -> (&str, &str) {
    match line.strip_prefix('@') {
        Some(tagged) => tagged.split_once(' ').unwrap_or((tagged, "")),
        None => ("", line),
    }
}

/// The next part: a word, or all that is left if it begins with a colon or is the last one that there
/// may be.
fn next_part<'a>(rest: &mut &'a str, is_last: bool) -> Option<&'a str> {
    let text = rest.trim_start_matches(' ');
    if text.is_empty() {
        return None;
    }
    if let Some(trailing) = text.strip_prefix(':') {
        *rest = "";
        return Some(trailing);
    }
    let (word, after) =
        if is_last { (text, "") } else { text.split_once(' ').unwrap_or((text, "")) };
    *rest = after;
    Some(word)
}

/// Whether the first line of a connection is one of IRC: a verb that a client begins with, in capitals and
/// with as many parameters as it takes. What people type into netcat is hardly ever so.
pub(crate) fn is_first(line: &[u8]) -> bool {
    let Some(line) = str::from_utf8(line).ok().and_then(Line::parse) else { return false };
    let count = line.params().len();
    match line.verb {
        "CAP" => count >= 1,
        "NICK" | "PASS" | "AUTHENTICATE" | "PING" => count == 1,
        "USER" | "WEBIRC" => count >= 4,
        "QUIT" => count <= 1,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &str) -> (String, Vec<String>) {
        let line = Line::parse(line).unwrap();
        (line.verb.to_owned(), line.params().iter().map(|&part| part.to_owned()).collect())
    }

    #[test]
    fn a_line_has_a_verb_and_parameters() {
        for (line, verb, params) in [
            ("PING", "PING", &[][..]),
            ("PRIVMSG #a :hi there", "PRIVMSG", &["#a", "hi there"]),
            ("  TOPIC   #a  :", "TOPIC", &["#a", ""]),
            (":me!u@h NICK you", "NICK", &["you"]),
            ("@label=1;+a=b  JOIN #a,#b", "JOIN", &["#a,#b"]),
            ("PRIVMSG #a ::)", "PRIVMSG", &["#a", ":)"]),
            ("M a ", "M", &["a"]),
        ] {
            let params: Vec<String> = params.iter().map(|&part| part.to_owned()).collect();
            assert_eq!(parts(line), (verb.to_owned(), params), "{line}");
        }
        let many = format!("X{}", " a".repeat(20));
        assert_eq!(parts(&many).1.len(), PARAMS_MAX);
        assert_eq!(parts(&many).1[PARAMS_MAX - 1], "a a a a a a");
        for nothing in ["", "  ", ":a", "@a", "@a :b", ": "] {
            assert_eq!(Line::parse(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn tags_are_told_by_name() {
        let line = Line::parse("@a=1;label=x;+b;+=c;a=2;d X").unwrap();
        assert_eq!(line.tag("a"), Some("2"));
        assert_eq!(line.tag("d"), Some(""));
        assert_eq!(line.tag("e"), None);
        assert_eq!((line.source, line.at()), ("", None));
        let from = Line::parse("@time=2026-11-24T09:30:00.001Z :ana!u@h PRIVMSG #a :hi").unwrap();
        assert_eq!(from.source, "ana!u@h");
        assert_eq!(from.at(), Some(Timestamp(1_795_512_600_001_000)));
        assert_eq!(line.client_tags().collect::<Vec<_>>(), ["+b", "+=c"]);
    }

    #[test]
    fn a_client_is_known_by_its_first_line() {
        for line in [
            "CAP LS 302",
            "CAP LS",
            "NICK ana",
            "USER a 0 * :Ana",
            "PASS x",
            "QUIT",
            "QUIT :bye",
            "PING :x",
            "@a=b NICK ana",
            "CAP REQ :sasl",
        ] {
            assert!(is_first(line.as_bytes()), "{line}");
        }
        for line in [
            "ana",
            "nick ana",
            "NICK",
            "NICK ana maria",
            "USER me",
            "CAP",
            "QUIT it now",
            "JOIN #a",
            "CAPITAL LS",
            "Nick ana",
        ] {
            assert!(!is_first(line.as_bytes()), "{line}");
        }
    }
}
