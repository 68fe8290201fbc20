//! What the lines ask for that the clients here type.

use chatd_support::sentences::{self, why};

use super::client::Line;
use super::language::{List, Rank};

/// What a line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action<'a> {
    Nothing,
    Say(&'a str),
    SayIn(&'a str, &'a str),
    Act(&'a str),
    Nick(&'a str),
    Tell(&'a str, &'a str),
    Reply(&'a str),
    /// Who is in a room, or in the one where one talks.
    Who(Option<&'a str>),
    History(usize),
    Help,
    Quit(Option<&'a str>),
    Join(&'a str),
    /// Which room, and why.
    Part(Option<&'a str>, Option<&'a str>),
    Rooms,
    Topic(Option<&'a str>),
    Away(Option<&'a str>),
    Kick(&'a str, Option<&'a str>),
    /// Whom, which rank, and whether it is given.
    Rank(&'a str, Rank, bool),
    Moderate(bool),
    OpenTopic(bool),
    /// On which list, and which mask.
    KeepOut(List, &'a str),
    Pardon(List, &'a str),
    /// Nothing that can be done, and why.
    Refused(String),
}

/// What a line asks for if it comes from somebody with or without a nickname.
pub(crate) fn action(line: &str, named: bool) -> Action<'_> {
    let Some(command) = line.strip_prefix('/') else {
        return match named {
            false => Action::Nick(line.trim()),
            true if is_blank(line) => Action::Nothing,
            true => Action::Say(line),
        };
    };
    let (word, rest) = command.split_once(' ').unwrap_or((command, ""));
    let rest = rest.trim();
    match word {
        "nick" if is_blank(rest) => return usage("/nick NEW"),
        "nick" => return Action::Nick(rest),
        "help" => return Action::Help,
        "quit" => return Action::Quit(some(rest)),
        "me" if is_blank(rest) => return usage("/me TEXT"),
        "msg" if !rest.contains(' ') => return usage("/msg NICK TEXT"),
        "r" if is_blank(rest) => return usage("/r TEXT"),
        "history" if !rest.is_empty() && rest.parse::<usize>().is_err() => {
            return usage("/history [NUMBER]");
        }
        "join" if rest.is_empty() => return usage("/join #ROOM [KEY]"),
        "kick" if rest.is_empty() => return usage("/kick NICK [REASON]"),
        "who" if rest.contains(' ') => return usage("/who [#ROOM]"),
        "op" if rest.contains(' ') => return usage("/op NICK"),
        _ => {}
    }
    let asked = match word {
        _ if command.starts_with('/') => Action::Say(command),
        "me" => Action::Act(rest),
        "msg" => match rest.split_once(' ').expect("two words") {
            (to, text) if to.starts_with('#') => Action::SayIn(to, text.trim_start()),
            (to, text) => Action::Tell(to, text.trim_start()),
        },
        "r" => Action::Reply(rest),
        "history" => Action::History(rest.parse().unwrap_or(usize::MAX)),
        _ => match room_action(word, rest) {
            Some(action) => action,
            None => {
                return Action::Refused(why::unknown(word));
            }
        },
    };
    if named { asked } else { Action::Refused(why::NAMELESS.into()) }
}

fn room_action<'a>(word: &str, rest: &'a str) -> Option<Action<'a>> {
    let (first, more) = rest.split_once(' ').unwrap_or((rest, ""));
    Some(match (word, more) {
        ("who", _) => Action::Who(some(rest)),
        ("join", _) => Action::Join(first),
        ("part", _) if first.starts_with('#') => Action::Part(Some(first), some(more)),
        ("part", _) => Action::Part(None, some(rest)),
        ("rooms", _) => Action::Rooms,
        ("topic", _) => Action::Topic(some(rest)),
        ("away", _) => Action::Away(some(rest)),
        ("kick", _) => Action::Kick(first, some(more)),
        ("op", _) => Action::Rank(first, Rank::Operator, true),
        ("deop", _) => Action::Rank(first, Rank::Operator, false),
        ("voice", _) => Action::Rank(first, Rank::Voice, true),
        ("unvoice", _) => Action::Rank(first, Rank::Voice, false),
        ("mute", _) => Action::KeepOut(List::Mutes, first),
        ("ban", _) => Action::KeepOut(List::Bans, first),
        ("unmute", _) => Action::Pardon(List::Mutes, first),
        ("unban", _) => Action::Pardon(List::Bans, first),
        ("room", "on") if first == "moderated" => Action::Moderate(true),
        ("room", "off") if first == "moderated" => Action::Moderate(false),
        ("room", "all") if first == "topic" => Action::OpenTopic(true),
        ("room", "operators") if first == "topic" => Action::OpenTopic(false),
        _ => return None,
    })
}

fn usage(usage: &str) -> Action<'_> {
    Action::Refused(why::usage(usage))
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// Whether there is nothing to see. Of what cannot be seen the clients here know little.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| matches!(c, ' ' | '\u{200b}' | '\u{2800}' | '\u{3164}'))
}

/// What all are told if `name` does that.
pub(crate) fn said(name: &str, action: &Action<'_>) -> Option<String> {
    if let Action::Act(text) = action {
        return Some(sentences::acted(name, text));
    }
    let (Action::Say(text) | Action::SayIn(_, text)) = action else { return None };
    Some(sentences::said(name, text))
}

/// Whether somebody away may be so for this reason: it typed that, and if it is known what it first said,
/// not before that, nor after it was back.
pub(crate) fn has_typed(lines: &[Line], first: Option<&str>, reason: &str) -> bool {
    let away = |line: &Line| match action(&line.text, true) {
        Action::Away(reason) if !line.is_too_long => Some(reason.map(String::from)),
        _ => None,
    };
    let mut said = lines
        .iter()
        .filter_map(away)
        .skip_while(|said| first.is_some() && said.as_deref() != first);
    match first {
        Some(_) => said.map_while(|said| said).any(|said| said == reason),
        None => said.any(|said| said.as_deref() == Some(reason)),
    }
}
