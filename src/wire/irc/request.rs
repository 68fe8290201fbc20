//! What a line of a client asks for, or each of the things that it asks for.

use super::line::Line;
use super::modes::{self, Asked};
use super::own::Own;
use super::past;
use super::verbs::Verb;
use crate::chat::command::{Ask, Command, Question, Watch};
use crate::chat::message::{Extras, Kind, Speech};
use crate::chat::rules::Rank;
use crate::chat::text::{Styled, Text};
use crate::chat::watching::WATCHED_MAX;
use crate::wire::Step;

/// So many people or rooms may be named at once where a message is for each: `TARGMAX` of `005`.
pub(super) const TARGETS_MAX: usize = 4;

/// So many rooms may be named at once to come in or go out.
pub(super) const ROOMS_MAX: usize = 10;

/// So many people may be asked about at once.
const FOUND_MAX: usize = 15;

/// So many changes one `MODE` may have: `MODES` of `005`.
pub(super) const MODES_MAX: usize = 20;

/// How many things a line asks for: mostly one, or one for each that it names.
pub(super) fn requests(verb: Verb, line: &Line<'_>) -> usize {
    let named = |index: usize| line.param(index).split(',').count();
    match verb {
        Verb::Privmsg | Verb::Notice | Verb::Tagmsg | Verb::Names if named(0) <= TARGETS_MAX => {
            named(0)
        }
        Verb::Join | Verb::Part if named(0) <= ROOMS_MAX => named(0),
        Verb::Monitor if named(1) <= WATCHED_MAX => named(1),
        Verb::Kick if named(0).max(named(1)) <= TARGETS_MAX => named(0).max(named(1)),
        Verb::Mode if line.param(0).starts_with('#') => {
            let letters = line.param(1).chars().filter(|letter| !matches!(letter, '+' | '-'));
            letters.count().clamp(1, MODES_MAX)
        }
        Verb::Ison | Verb::Userhost => {
            line.params().iter().flat_map(|it| it.split(' ')).take(FOUND_MAX).count()
        }
        // The server says goodbye first.
        Verb::Quit => 2,
        _ => 1,
    }
}

/// The `index`th of those that a parameter names.
fn nth(param: &str, index: usize) -> &str {
    param.split(',').nth(index).unwrap_or_default()
}

/// What the `index`th request of a line asks for.
pub(super) fn request<'a>(
    verb: Verb,
    line: &Line<'a>,
    index: usize,
    extras: Extras<'a>,
    scratch: &'a mut String,
) -> Step<'a> {
    let first = line.param(0);
    let too_many = || Step::Irc(Own::TooManyTargets);
    match verb {
        Verb::Privmsg | Verb::Notice | Verb::Tagmsg => {
            if first.split(',').count() > TARGETS_MAX {
                return too_many();
            }
            say(verb, nth(first, index), line, extras, scratch)
        }
        Verb::Join | Verb::Part if first.split(',').count() > ROOMS_MAX => too_many(),
        Verb::Join => {
            let key = text(nth(line.param(1), index)).filter(|key| !key.as_str().is_empty());
            match room(nth(first, index)) {
                Some(room) => Step::Command(Command::Join { room, key }),
                None => no_room(nth(first, index)),
            }
        }
        Verb::Part => there(nth(first, index), Ask::Part(reason(line.param(1), scratch))),
        Verb::Names if first.is_empty() => Step::Skip,
        Verb::Names if first.split(',').count() > TARGETS_MAX => too_many(),
        Verb::Names => match room(nth(first, index)) {
            Some(room) => Step::Command(Command::In { room: Some(room), ask: Ask::Who }),
            None => Step::Skip,
        },
        Verb::Topic if line.params().len() < 2 => there(first, Ask::Topic(None)),
        Verb::Topic => there(first, Ask::Topic(Some(plain(line.param(1), scratch)))),
        Verb::Kick => kick(line, index, scratch),
        Verb::Chathistory => past::asked(line).unwrap_or_else(Step::Irc),
        Verb::Redact => past::taken_back(line, scratch),
        Verb::Mode => mode(line, index),
        Verb::Monitor => monitor(line, index),
        Verb::Invite => match (line.param(0), line.param(1)) {
            ("", _) => Step::Command(Command::Ask(Question::Invitations)),
            (_, "") => Step::Irc(Own::NeedMoreParams),
            (nick, room) => there(room, Ask::Invite(harmless(nick))),
        },
        Verb::Who if first.is_empty() => Step::Irc(Own::NeedMoreParams),
        Verb::Ison | Verb::Userhost => {
            let mut named = line.params().iter().flat_map(|it| it.split(' '));
            match named.nth(index).filter(|nick| !nick.is_empty()) {
                Some(nick) => ask(Question::Find(harmless(nick))),
                None => Step::Skip,
            }
        }
        _ => question(verb, line, scratch),
    }
}

/// What is asked for once.
fn question<'a>(verb: Verb, line: &Line<'a>, scratch: &'a mut String) -> Step<'a> {
    let (first, params) = (line.param(0), line.params());
    Step::Command(match verb {
        Verb::Away => Command::Away(reason(first, scratch)),
        Verb::Setname => Command::Describe(plain(first, scratch)),
        Verb::List => Command::Rooms,
        Verb::Who => Command::Ask(Question::People(harmless(first))),
        // What is between may be the name of a server.
        Verb::Whois => match params.last() {
            Some(nick) if !nick.is_empty() => Command::Whois(harmless(nth(nick, 0))),
            Some(_) | None => return Step::Irc(Own::numeric("431", "", "No nickname given")),
        },
        Verb::Whowas if first.is_empty() => {
            return Step::Irc(Own::numeric("431", "", "No nickname given"));
        }
        Verb::Whowas => Command::Ask(Question::Was(harmless(first))),
        Verb::Motd => Command::Ask(Question::Motd),
        Verb::Lusers => Command::Ask(Question::Counts),
        Verb::Version | Verb::Time | Verb::Info | Verb::Help => {
            return Step::Irc(Own::Tell(first));
        }
        Verb::Oper => {
            return Step::Irc(Own::numeric("491", "", "Nobody is in charge of this server"));
        }
        _ => return Step::Skip,
    })
}

fn say<'a>(
    verb: Verb,
    target: &'a str,
    line: &Line<'a>,
    extras: Extras<'a>,
    scratch: &'a mut String,
) -> Step<'a> {
    let words = line.param(1);
    let is_silent = verb == Verb::Notice;
    if target.is_empty() {
        return if is_silent {
            Step::Skip
        } else {
            Step::Irc(Own::numeric("411", "", "No recipient given"))
        };
    }
    if words.is_empty() && verb != Verb::Tagmsg {
        return if is_silent {
            Step::Skip
        } else {
            Step::Irc(Own::numeric("412", "", "No text to send"))
        };
    }
    let speech = speech(verb, words, extras, scratch);
    let rank = match target.as_bytes() {
        [b'@', b'#', ..] => Some(Rank::Operator),
        [b'+', b'#', ..] => Some(Rank::Voice),
        _ => None,
    };
    match rank {
        Some(rank) => there(&target[1..], Ask::SayRanked { rank, speech }),
        None if target.starts_with('#') => there(target, Ask::Say(speech)),
        None => Step::Command(Command::Tell { to: harmless(target), speech }),
    }
}

fn speech<'a>(
    verb: Verb,
    words: &'a str,
    extras: Extras<'a>,
    scratch: &'a mut String,
) -> Speech<'a> {
    let probe = words.strip_prefix('\x01').map(|probe| probe.strip_suffix('\x01').unwrap_or(probe));
    let act =
        probe.and_then(|probe| probe.strip_prefix("ACTION ")).filter(|_| verb == Verb::Privmsg);
    let (kind, shown) = match (verb, act, probe) {
        (Verb::Tagmsg, ..) => {
            return Speech { kind: Kind::Mark, text: Text::default(), styled: None, extras };
        }
        (_, Some(act), _) => (Kind::Act, act),
        (Verb::Notice, _, Some(_)) => (Kind::Reply, words),
        (Verb::Notice, _, None) => (Kind::Note, words),
        (_, _, Some(_)) => (Kind::Probe, words),
        (_, _, None) => (Kind::Say, words),
    };
    Speech { kind, text: plain(shown, scratch), styled: Styled::parse(shown), extras }
}

/// Words for everybody to read, without styles.
pub(super) fn plain<'a>(words: &'a str, scratch: &'a mut String) -> Text<'a> {
    match Styled::parse(words) {
        Some(styled) => styled.plain(scratch),
        None => Text::parse(words.as_bytes(), scratch),
    }
}

/// Why somebody does something; nothing, if there is nothing to see in it.
pub(super) fn reason<'a>(words: &'a str, scratch: &'a mut String) -> Option<Text<'a>> {
    Some(plain(words, scratch)).filter(|words| !words.is_blank())
}

fn kick<'a>(line: &Line<'a>, index: usize, scratch: &'a mut String) -> Step<'a> {
    let (rooms, nicks) = (line.param(0), line.param(1));
    let (room_count, nick_count) = (rooms.split(',').count(), nicks.split(',').count());
    if room_count.max(nick_count) > TARGETS_MAX {
        return Step::Irc(Own::TooManyTargets);
    }
    let room = nth(rooms, if room_count == 1 { 0 } else { index });
    let nick = harmless(nth(nicks, if nick_count == 1 { 0 } else { index }));
    there(room, Ask::Kick { nick, reason: reason(line.param(2), scratch) })
}

fn monitor<'a>(line: &Line<'a>, index: usize) -> Step<'a> {
    let names = line.param(1);
    match (line.param(0), names) {
        ("+" | "-", "") => Step::Irc(Own::NeedMoreParams),
        ("+" | "-", _) if names.split(',').count() > WATCHED_MAX => Step::Irc(Own::TooManyTargets),
        (sign @ ("+" | "-"), _) => match text(nth(names, index)).filter(|name| !name.is_blank()) {
            Some(name) if sign == "+" => Step::Command(Command::Watch(Watch::Add(name))),
            Some(name) => Step::Command(Command::Watch(Watch::Remove(name))),
            None => Step::Skip,
        },
        // Whatever else is named in the line.
        _ if index > 0 => Step::Skip,
        ("C" | "c", _) => Step::Command(Command::Watch(Watch::Clear)),
        ("L" | "l" | "S" | "s", _) => ask(Question::Watched),
        _ => Step::Irc(Own::Fail {
            code: "INVALID_PARAMS",
            about: ["", ""],
            text: "Not one of + - C L S",
        }),
    }
}

fn mode<'a>(line: &Line<'a>, index: usize) -> Step<'a> {
    let (target, letters) = (line.param(0), line.param(1));
    if !target.starts_with('#') {
        return user_mode(target, letters);
    }
    let params = line.params().get(2..).unwrap_or_default();
    match modes::asked(letters, params, index) {
        None => there(target, Ask::Rules),
        Some(Asked::Change(change)) => there(target, Ask::Change(change)),
        Some(Asked::Rank { rank, nick, is_given }) => {
            there(target, Ask::Rank { nick: harmless(nick), rank, is_given })
        }
        Some(Asked::List { list, mask, is_added: true }) => {
            let (who, time) = (harmless(mask), None);
            there(target, Ask::KeepOut { list, who, time, throws_out: false })
        }
        Some(Asked::List { list, mask, is_added: false }) => {
            there(target, Ask::Pardon { list, who: harmless(mask) })
        }
        Some(Asked::Show(list)) => there(target, Ask::List(list)),
        Some(Asked::Unknown(letter)) => Step::Irc(Own::UnknownMode(letter)),
        Some(Asked::Bad { letter, value, why }) => {
            Step::Irc(Own::BadMode { room: target, letter, value, why })
        }
    }
}

/// A person's modes: there is only one.
fn user_mode<'a>(nick: &'a str, letters: &str) -> Step<'a> {
    let mut is_set = true;
    let mut is_hidden = None;
    for letter in letters.chars() {
        match letter {
            '+' | '-' => is_set = letter == '+',
            'i' => is_hidden = Some(is_set),
            // What clients set unasked, and what has no meaning here.
            'w' | 's' | 'x' => {}
            _ => return Step::Irc(Own::numeric("501", "", "Unknown MODE flag")),
        }
    }
    Step::Command(Command::Hide { nick: harmless(nick), is_hidden })
}

fn ask(question: Question<'_>) -> Step<'_> {
    Step::Command(Command::Ask(question))
}

fn there<'a>(name: &'a str, ask: Ask<'a>) -> Step<'a> {
    match room(name) {
        Some(room) => Step::Command(Command::In { room: Some(room), ask }),
        None => no_room(name),
    }
}

/// The name of a room: it begins with `#`.
pub(super) fn room(name: &str) -> Option<Text<'_>> {
    text(name).filter(|name| name.strip_prefix('#').is_some())
}

fn no_room(name: &str) -> Step<'_> {
    Step::Irc(Own::numeric("403", name, "No such channel"))
}

/// What has nothing that could harm; else nothing.
fn text(text: &str) -> Option<Text<'_>> {
    Text::harmless(text)
}

/// A name; what could harm is nobody's, as is an empty one.
pub(super) fn harmless(name: &str) -> Text<'_> {
    Text::harmless(name).unwrap_or_default()
}
