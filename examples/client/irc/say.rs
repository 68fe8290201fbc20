//! What the user says, as lines for the server. The commands are those of the text protocol.

use chatd::wire::irc::split::split;
use chatd::wire::irc::write::{ACTION, LINE_BYTES_MAX};

use super::{Kind, Session, is_room, send};

/// The longest name of this client with its host, as long as it is not known.
const FULL_BYTES_MAX: usize = 160;

/// What a line of the user asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Say {
        to: String,
        kind: Kind,
        text: String,
    },
    /// Lines for the server.
    Lines(Vec<String>),
    /// The window of a private talk.
    Open(String),
    /// The window of this line is to be closed.
    Close,
    History,
    Names,
    Help,
    Quit(String),
    Wrong(String),
}

/// A part of something said, and the label of its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) label: u32,
    pub(crate) text: String,
}

impl Session {
    /// Says something, in as many lines as it takes.
    pub(crate) fn say(&mut self, to: &str, kind: Kind, text: &str, out: &mut String) -> Vec<Piece> {
        let verb = if kind == Kind::Note { "NOTICE" } else { "PRIVMSG" };
        let (before, after) = if kind == Kind::Act { ACTION } else { ("", "") };
        let full = if self.full.is_empty() { FULL_BYTES_MAX } else { self.full.len() };
        let frame = format!(": {verb} {to} :{before}{after}\r\n");
        let vacancy = LINE_BYTES_MAX.saturating_sub(frame.len() + full).max(1);
        let (mut rest, mut pieces) = (text, Vec::new());
        loop {
            let (now, later) = split(rest, vacancy);
            self.labels += 1;
            let label = self.labels;
            let tag = if self.has("labeled-response") {
                format!("@label={label} ")
            } else {
                String::new()
            };
            send(out, &format!("{tag}{verb} {to} :{before}{now}{after}"));
            pieces.push(Piece { label, text: now.to_owned() });
            if later.is_empty() {
                return pieces;
            }
            rest = later;
        }
    }

    /// Whether what was said comes back.
    pub(crate) fn has_echo(&self) -> bool {
        self.has("echo-message")
    }
}

/// What a line asks for that was typed in the window of `here`: a room, somebody, or nothing.
pub(crate) fn understand(line: &str, here: &str, last_private: Option<&str>) -> Asked {
    let Some(command) = line.strip_prefix('/').filter(|rest| !rest.starts_with('/')) else {
        return to(here, Kind::Say, line.strip_prefix('/').unwrap_or(line));
    };
    let (verb, rest) = word(command);
    let (first, more) = word(rest);
    match verb.to_ascii_lowercase().as_str() {
        "me" if rest.is_empty() => usage("/me TEXT"),
        "me" => to(here, Kind::Act, rest),
        "msg" | "w" if more.is_empty() => usage("/msg NICK TEXT"),
        "msg" | "w" => to(first, Kind::Say, more),
        "r" | "reply" if rest.is_empty() => usage("/r TEXT"),
        "r" | "reply" => last_private.map_or_else(
            || Asked::Wrong("Nobody has written to you alone yet.".to_owned()),
            |nick| to(nick, Kind::Say, rest),
        ),
        "query" if first.is_empty() => usage("/query NICK"),
        "query" => Asked::Open(first.to_owned()),
        "close" => Asked::Close,
        "quote" if rest.is_empty() => usage("/quote LINE"),
        "quote" => lines([rest.to_owned()]),
        "help" => Asked::Help,
        "quit" | "exit" => Asked::Quit(rest.to_owned()),
        "nick" if rest.is_empty() => usage("/nick NEW"),
        "nick" => lines([format!("NICK :{rest}")]),
        "away" if rest.is_empty() => lines(["AWAY".to_owned()]),
        "away" => lines([format!("AWAY :{rest}")]),
        "whois" if first.is_empty() => usage("/whois NICK"),
        "whois" => lines([format!("WHOIS {first}")]),
        "rooms" => lines(["LIST".to_owned()]),
        "join" if first.is_empty() => usage("/join #ROOM [KEY]"),
        "join" => lines([format!("JOIN {} {more}", room_name(first)).trim_end().to_owned()]),
        "part" if !is_room(first) && !is_room(here) => Asked::Close,
        verb => in_room(verb, rest, here),
    }
}

/// What is asked for in a room.
fn in_room(verb: &str, rest: &str, here: &str) -> Asked {
    let (first, more) = word(rest);
    if !is_room(here) && !is_room(first) && KNOWN.contains(&verb) {
        return Asked::Wrong("This is no room: /join #ROOM goes to one.".to_owned());
    }
    let change = |change: &str| lines([format!("MODE {here} {change}").trim_end().to_owned()]);
    let of_one = |letters: &str| match first {
        "" => usage(&format!("/{verb} NICK")),
        nick => change(&format!("{letters} {nick}")),
    };
    match verb {
        "part" if is_room(first) => lines([format!("PART {first} :{more}")]),
        "part" => lines([format!("PART {here} :{rest}")]),
        "who" | "names" if first.is_empty() => Asked::Names,
        "who" | "names" => lines([format!("NAMES {first}")]),
        "history" => Asked::History,
        "topic" if rest.is_empty() => lines([format!("TOPIC {here}")]),
        "topic" if rest == "-" => lines([format!("TOPIC {here} :")]),
        "topic" => lines([format!("TOPIC {here} :{rest}")]),
        "invite" if first.is_empty() => usage("/invite NICK [#ROOM]"),
        "invite" if is_room(more) => lines([format!("INVITE {first} {more}")]),
        "invite" => lines([format!("INVITE {first} {here}")]),
        "kick" if first.is_empty() => usage("/kick NICK [REASON]"),
        "kick" if more.is_empty() => lines([format!("KICK {here} {first}")]),
        "kick" => lines([format!("KICK {here} {first} :{more}")]),
        "op" => of_one("+o"),
        "deop" => of_one("-o"),
        "voice" => of_one("+v"),
        "unvoice" => of_one("-v"),
        "ban" | "mute" if !more.is_empty() => {
            Asked::Wrong(format!("Over IRC /{verb} takes no time: /{verb} {first}"))
        }
        "ban" if first.is_empty() => usage("/ban NICK"),
        "ban" => lines([format!("MODE {here} +b {first}"), format!("KICK {here} {first}")]),
        "unban" => of_one("-b"),
        "mute" if first.is_empty() => usage("/mute NICK"),
        "mute" => change(&format!("+b m:{first}")),
        "unmute" if first.is_empty() => usage("/unmute NICK"),
        "unmute" => change(&format!("-b m:{first}")),
        "bans" => change("b"),
        "room" if rest.is_empty() => change(""),
        "room" => rule(first, more).map_or_else(
            || usage("/room [invite-only|moderated|secret on|off, key WORD|off, limit N|off, topic operators|all]"),
            |letters| change(&letters),
        ),
        unknown => Asked::Wrong(format!(
            "/{unknown} is unknown; /help lists the commands, /quote LINE sends a line as it is."
        )),
    }
}

/// The commands of [`in_room`] that take a room that is not named.
const KNOWN: [&str; 17] = [
    "who", "names", "history", "topic", "invite", "kick", "op", "deop", "voice", "unvoice", "ban",
    "unban", "mute", "unmute", "bans", "room", "part",
];

/// The change of a mode that `/room RULE VALUE` asks for.
fn rule(rule: &str, value: &str) -> Option<String> {
    let sign = match value {
        "" => return None,
        "off" => '-',
        _ => '+',
    };
    Some(match rule.to_ascii_lowercase().as_str() {
        "invite-only" => format!("{sign}i"),
        "moderated" => format!("{sign}m"),
        "secret" => format!("{sign}s"),
        "key" if sign == '-' => "-k *".to_owned(),
        "key" => format!("+k {value}"),
        "limit" if sign == '-' => "-l".to_owned(),
        "limit" => format!("+l {value}"),
        "topic" if value == "all" => "-t".to_owned(),
        "topic" if value == "operators" => "+t".to_owned(),
        _ => return None,
    })
}

fn to(whom: &str, kind: Kind, text: &str) -> Asked {
    if whom.is_empty() {
        return Asked::Wrong(
            "You are in no room. /rooms lists them, /join goes to one.".to_owned(),
        );
    }
    Asked::Say { to: whom.to_owned(), kind, text: text.to_owned() }
}

fn room_name(name: &str) -> String {
    if is_room(name) { name.to_owned() } else { format!("#{name}") }
}

fn lines<const N: usize>(lines: [String; N]) -> Asked {
    Asked::Lines(lines.into())
}

fn usage(usage: &str) -> Asked {
    Asked::Wrong(format!("Usage: {usage}"))
}

/// The first word, and what follows it.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim())
}
