//! What a line of text asks for.

use std::time::Duration;

use crate::chat::answer::Refusal;
use crate::chat::command::{Ask, Command, Help};
use crate::chat::message::{Kind, Speech};
use crate::chat::rules::{Change, List, Rank};
use crate::chat::text::Text;
use crate::wire::Step;

const ROOM_USAGE: &str = "/room [invite-only|moderated|secret on|off, key WORD|off, limit N|off, slow SECONDS|off, topic operators|all]";
const MUTE_USAGE: &str = "/mute NICK|MASK [TIME], such as /mute ana 30m or 2h or 7d";
const BAN_USAGE: &str = "/ban NICK|MASK [TIME], such as /ban ana 30m or 2h or 7d";

/// What a line asks for, of somebody who has a nickname or has none. `//text` says `/text`.
pub(super) fn parse(line: Text<'_>, named: bool) -> Step<'_> {
    let Some(command) = line.strip_prefix('/') else {
        return match named {
            false => Step::Command(Command::Nick(line)),
            true if line.is_blank() => Step::Skip,
            true => say(line),
        };
    };
    if command.strip_prefix('/').is_some() {
        return say(command);
    }
    let (name, rest) = if command.as_str().starts_with(char::is_whitespace) {
        (Text::default(), command)
    } else {
        command.split_word()
    };
    let verb = name.as_str().to_ascii_lowercase();
    let rest = rest.trim();
    let step = talk(&verb, rest).or_else(|| go(&verb, rest)).or_else(|| operate(&verb, rest));
    step.unwrap_or(Step::Refused(Refusal::UnknownCommand(name)))
}

/// What people say, and to whom.
fn talk<'a>(verb: &str, rest: Text<'a>) -> Option<Step<'a>> {
    Some(match verb {
        "nick" if rest.is_blank() => usage("/nick NEW"),
        "nick" => Step::Command(Command::Nick(rest)),
        "me" if rest.is_blank() => usage("/me TEXT"),
        "me" => here(Ask::Say(Speech::plain(Kind::Act, rest))),
        "msg" | "w" => match rest.split_word() {
            (_, text) if text.is_blank() => usage("/msg NICK TEXT"),
            (to, text) if is_room(to) => there(to, Ask::Say(Speech::plain(Kind::Say, text))),
            (to, text) => {
                Step::Command(Command::Tell { to, speech: Speech::plain(Kind::Say, text) })
            }
        },
        "r" | "reply" if rest.is_blank() => usage("/r TEXT"),
        "r" | "reply" => Step::Command(Command::Reply(rest)),
        "history" if rest.is_blank() => here(Ask::History(None)),
        "history" => match rest.as_str().parse() {
            Ok(count) => here(Ask::History(Some(count))),
            Err(_) => usage("/history [NUMBER]"),
        },
        "away" => Step::Command(Command::Away(some(rest))),
        "help" if matches!(&*rest.as_str().to_ascii_lowercase(), "room" | "rooms") => {
            Step::Command(Command::Help(Help::Rooms))
        }
        "help" => Step::Command(Command::Help(Help::Basics)),
        "quit" | "exit" => Step::Quit(some(rest)),
        _ => return None,
    })
}

/// Who is where, and going there.
fn go<'a>(verb: &str, rest: Text<'a>) -> Option<Step<'a>> {
    let (first, more) = rest.split_word();
    Some(match verb {
        "join" if rest.is_blank() => usage("/join #ROOM [KEY]"),
        "join" => Step::Command(Command::Join { room: first, key: some(more) }),
        "part" if is_room(first) => there(first, Ask::Part(some(more))),
        "part" => here(Ask::Part(some(rest))),
        "rooms" => Step::Command(Command::Rooms),
        "who" | "names" if rest.is_blank() => here(Ask::Who),
        "who" | "names" if more.is_blank() => there(first, Ask::Who),
        "who" | "names" => usage("/who [#ROOM]"),
        "whois" if !is_one_word(rest) => usage("/whois NICK"),
        "whois" => Step::Command(Command::Whois(first)),
        "topic" if rest.as_str() == "-" => here(Ask::Topic(Some(Text::default()))),
        "topic" => here(Ask::Topic(some(rest))),
        "invite" => match (first, more) {
            (nick, room) if !nick.is_blank() && room.is_blank() => here(Ask::Invite(nick)),
            (nick, room) if is_one_word(room) => there(room, Ask::Invite(nick)),
            _ => usage("/invite NICK [#ROOM]"),
        },
        _ => return None,
    })
}

/// What those in charge of a room may do.
fn operate<'a>(verb: &str, rest: Text<'a>) -> Option<Step<'a>> {
    let (first, more) = rest.split_word();
    let is_one = is_one_word(rest);
    let rank = |rank, is_given| here(Ask::Rank { nick: first, rank, is_given });
    Some(match verb {
        "kick" if first.is_blank() => usage("/kick NICK [REASON]"),
        "kick" => here(Ask::Kick { nick: first, reason: some(more) }),
        "ban" => keep_out(List::Bans, first, more).unwrap_or(usage(BAN_USAGE)),
        "unban" if is_one => here(Ask::Pardon { list: List::Bans, who: first }),
        "unban" => usage("/unban NICK|MASK"),
        "bans" => here(Ask::Lists),
        "mute" => keep_out(List::Mutes, first, more).unwrap_or(usage(MUTE_USAGE)),
        "unmute" if is_one => here(Ask::Pardon { list: List::Mutes, who: first }),
        "unmute" => usage("/unmute NICK|MASK"),
        "op" if is_one => rank(Rank::Operator, true),
        "op" => usage("/op NICK"),
        "deop" if is_one => rank(Rank::Operator, false),
        "deop" => usage("/deop NICK"),
        "voice" if is_one => rank(Rank::Voice, true),
        "voice" => usage("/voice NICK"),
        "unvoice" if is_one => rank(Rank::Voice, false),
        "unvoice" => usage("/unvoice NICK"),
        "room" if rest.is_blank() => here(Ask::Rules),
        "room" => match change(first.as_str(), more) {
            Some(change) => here(Ask::Change(change)),
            None => usage(ROOM_USAGE),
        },
        _ => return None,
    })
}

/// Somebody is to be put on a list, for that time if one is given.
fn keep_out<'a>(list: List, who: Text<'a>, time: Text<'a>) -> Option<Step<'a>> {
    let time = match some(time) {
        Some(time) => Some(duration(time.as_str())?),
        None => None,
    };
    (!who.is_blank()).then(|| here(Ask::KeepOut { list, who, time, throws_out: true }))
}

/// The change of a rule that `/room RULE VALUE` asks for.
fn change<'a>(rule: &str, value: Text<'a>) -> Option<Change<'a>> {
    let word = value.as_str().to_ascii_lowercase();
    let is_on = || match &*word {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    };
    Some(match &*rule.to_ascii_lowercase() {
        "invite-only" => Change::InviteOnly(is_on()?),
        "moderated" => Change::Moderated(is_on()?),
        "secret" => Change::Secret(is_on()?),
        "topic" if word == "all" => Change::OpenTopic(true),
        "topic" if word == "operators" => Change::OpenTopic(false),
        "key" if word == "off" => Change::Key(None),
        "key" if !word.is_empty() && !word.contains(char::is_whitespace) => {
            Change::Key(Some(value))
        }
        "limit" if word == "off" => Change::Limit(None),
        "limit" => Change::Limit(Some(word.parse().ok().filter(|&limit| limit > 0)?)),
        "slow" if word == "off" => Change::Slow(None),
        "slow" => {
            let seconds = word.parse().ok().filter(|&seconds| seconds > 0)?;
            Change::Slow(Some(Duration::from_secs(seconds)))
        }
        _ => return None,
    })
}

/// `30s`, `10m`, `2h`, `7d`; a number alone is minutes. At most a year.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "s" => 1,
        "" | "m" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => return None,
    };
    let seconds = digits.parse::<u64>().ok()?.checked_mul(unit)?;
    (1..=365 * 86400).contains(&seconds).then(|| Duration::from_secs(seconds))
}

fn is_room(word: Text<'_>) -> bool {
    word.strip_prefix('#').is_some()
}

fn is_one_word(text: Text<'_>) -> bool {
    !text.is_blank() && !text.as_str().contains(char::is_whitespace)
}

/// The text, if there is any.
fn some(text: Text<'_>) -> Option<Text<'_>> {
    (!text.is_blank()).then_some(text)
}

fn here(ask: Ask<'_>) -> Step<'_> {
    Step::Command(Command::In { room: None, ask })
}

fn there<'a>(room: Text<'a>, ask: Ask<'a>) -> Step<'a> {
    Step::Command(Command::In { room: Some(room), ask })
}

fn say(text: Text<'_>) -> Step<'_> {
    here(Ask::Say(Speech::plain(Kind::Say, text)))
}

fn usage(usage: &'static str) -> Step<'static> {
    Step::Refused(Refusal::Usage(usage))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Text<'_> {
        // Only harmless text is given, so nothing needs to be held.
        Text::parse(text.as_bytes(), Box::leak(Box::default()))
    }

    fn say(kind: Kind, said: &str) -> Step<'_> {
        here(Ask::Say(Speech::plain(kind, text(said))))
    }

    #[test]
    fn talk_and_commands() {
        for (line, step) in [
            ("hi", say(Kind::Say, "hi")),
            ("  hi ", say(Kind::Say, "  hi ")),
            (" \t", Step::Skip),
            ("\u{3164}\u{200b}", Step::Skip),
            ("/me \u{2800}", usage("/me TEXT")),
            ("/msg bia \u{fe0f}", usage("/msg NICK TEXT")),
            ("//who", say(Kind::Say, "/who")),
            ("/WHO", here(Ask::Who)),
            ("/who #dev", there(text("#dev"), Ask::Who)),
            ("/nick  bia ", Step::Command(Command::Nick(text("bia")))),
            ("/nick ", usage("/nick NEW")),
            ("/me  waves ", say(Kind::Act, "waves")),
            ("/me", usage("/me TEXT")),
            (
                "/msg bia  a  b",
                Step::Command(Command::Tell {
                    to: text("bia"),
                    speech: Speech::plain(Kind::Say, text("a  b")),
                }),
            ),
            ("/msg #dev hi", there(text("#dev"), Ask::Say(Speech::plain(Kind::Say, text("hi"))))),
            ("/msg bia", usage("/msg NICK TEXT")),
            ("/w bia", usage("/msg NICK TEXT")),
            (
                "/w bia hi",
                Step::Command(Command::Tell {
                    to: text("bia"),
                    speech: Speech::plain(Kind::Say, text("hi")),
                }),
            ),
            ("/r  a b ", Step::Command(Command::Reply(text("a b")))),
            ("/reply a", Step::Command(Command::Reply(text("a")))),
            ("/r \u{200b}", usage("/r TEXT")),
            ("/names", here(Ask::Who)),
            ("/names #dev", there(text("#dev"), Ask::Who)),
            ("/exit", Step::Quit(None)),
            ("/Exit bye", Step::Quit(Some(text("bye")))),
            ("/history", here(Ask::History(None))),
            ("/history 3", here(Ask::History(Some(3)))),
            ("/history x", usage("/history [NUMBER]")),
            ("/help me", Step::Command(Command::Help(Help::Basics))),
            ("/help room", Step::Command(Command::Help(Help::Rooms))),
            ("/quit", Step::Quit(None)),
            ("/quit bye ", Step::Quit(Some(text("bye")))),
            ("/away", Step::Command(Command::Away(None))),
            ("/away at lunch", Step::Command(Command::Away(Some(text("at lunch"))))),
            ("/etc/passwd", Step::Refused(Refusal::UnknownCommand(text("etc/passwd")))),
            ("/ me", Step::Refused(Refusal::UnknownCommand(text("")))),
            ("/", Step::Refused(Refusal::UnknownCommand(text("")))),
        ] {
            assert_eq!(parse(text(line), true), step, "{line}");
        }
        assert_eq!(parse(text("ana"), false), Step::Command(Command::Nick(text("ana"))));
        assert_eq!(parse(text(""), false), Step::Command(Command::Nick(text(""))));
        assert_eq!(parse(text("/nick ana"), false), Step::Command(Command::Nick(text("ana"))));
    }

    #[test]
    fn rooms_and_those_in_charge() {
        let keep_out =
            |list, time| here(Ask::KeepOut { list, who: text("ana"), time, throws_out: true });
        let ban = |time| keep_out(List::Bans, time);
        for (line, step) in [
            ("/join", usage("/join #ROOM [KEY]")),
            ("/join dev", Step::Command(Command::Join { room: text("dev"), key: None })),
            (
                "/join #dev secret",
                Step::Command(Command::Join { room: text("#dev"), key: Some(text("secret")) }),
            ),
            ("/part", here(Ask::Part(None))),
            ("/part so long", here(Ask::Part(Some(text("so long"))))),
            ("/part #dev bye", there(text("#dev"), Ask::Part(Some(text("bye"))))),
            ("/rooms", Step::Command(Command::Rooms)),
            ("/whois ana", Step::Command(Command::Whois(text("ana")))),
            ("/topic", here(Ask::Topic(None))),
            ("/topic all of it", here(Ask::Topic(Some(text("all of it"))))),
            ("/invite ana", here(Ask::Invite(text("ana")))),
            ("/invite ana dev", there(text("dev"), Ask::Invite(text("ana")))),
            ("/kick ana", here(Ask::Kick { nick: text("ana"), reason: None })),
            (
                "/kick ana no ads",
                here(Ask::Kick { nick: text("ana"), reason: Some(text("no ads")) }),
            ),
            ("/ban ana", ban(None)),
            ("/ban ana 90s", ban(Some(Duration::from_secs(90)))),
            ("/ban ana 10", ban(Some(Duration::from_secs(600)))),
            ("/ban ana 2H", ban(Some(Duration::from_secs(7200)))),
            ("/ban ana 365d", ban(Some(Duration::from_secs(365 * 86400)))),
            ("/ban ana 366d", usage(BAN_USAGE)),
            ("/ban ana 0", usage(BAN_USAGE)),
            ("/ban ana é", usage(BAN_USAGE)),
            ("/ban ana 99999999999999999999d", usage(BAN_USAGE)),
            ("/bans", here(Ask::Lists)),
            ("/unban *!*@x", here(Ask::Pardon { list: List::Bans, who: text("*!*@x") })),
            ("/mute ana", keep_out(List::Mutes, None)),
            (
                "/op ana",
                here(Ask::Rank { nick: text("ana"), rank: Rank::Operator, is_given: true }),
            ),
            (
                "/unvoice ana",
                here(Ask::Rank { nick: text("ana"), rank: Rank::Voice, is_given: false }),
            ),
            ("/room", here(Ask::Rules)),
            ("/room moderated on", here(Ask::Change(Change::Moderated(true)))),
            ("/room MODERATED OFF", here(Ask::Change(Change::Moderated(false)))),
            ("/room topic all", here(Ask::Change(Change::OpenTopic(true)))),
            ("/room key Word", here(Ask::Change(Change::Key(Some(text("Word")))))),
            ("/room key off", here(Ask::Change(Change::Key(None)))),
            ("/room key two words", usage(ROOM_USAGE)),
            ("/room limit 0", usage(ROOM_USAGE)),
            ("/room limit 5", here(Ask::Change(Change::Limit(Some(5))))),
            ("/room slow 10", here(Ask::Change(Change::Slow(Some(Duration::from_secs(10)))))),
            ("/room slow ten", usage(ROOM_USAGE)),
            ("/room moderated", usage(ROOM_USAGE)),
            ("/room other on", usage(ROOM_USAGE)),
        ] {
            assert_eq!(parse(text(line), true), step, "{line}");
        }
    }
}
