//! What the lines of a chatd server mean. The client works with lines it does not understand too:
//! it just shows them.

/// Who is in a room besides this client, as far as the server tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Here<'a> {
    pub(crate) names: Vec<&'a str>,
    /// So many more, whose names it leaves out.
    pub(crate) others: usize,
}

/// A line from the server, parsed. All parts are pieces of the line itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ServerLine<'a> {
    /// The server asks for a nickname.
    Greeting,
    /// The nickname was refused, and another is asked for.
    Refused {
        why: &'a str,
    },
    /// This client now has `nick`, and is in the room where everybody begins.
    Welcome {
        nick: &'a str,
        here: Here<'a>,
    },
    Joined(&'a str),
    /// Somebody is not in this room any more, or not at the server.
    Left(&'a str),
    /// So many are in this room, this client included; `None`: fewer than before, and nobody says
    /// who left.
    Counted(Option<usize>),
    /// `from` is `None` if it is this client that has the new name.
    Renamed {
        from: Option<&'a str>,
        to: &'a str,
    },
    /// From now on this client talks in this room, or in none. Of a room where it was before the
    /// server does not tell who is there.
    TalksIn {
        room: Option<&'a str>,
        here: Option<Here<'a>>,
    },
    /// So many lines follow that were said before.
    Earlier(usize),
    /// Anything else that the server itself says.
    Notice,
    Said {
        nick: &'a str,
        text: &'a str,
    },
    Acted {
        nick: &'a str,
        text: &'a str,
    },
    /// Said or done in another room than the one where this client talks.
    Elsewhere {
        room: &'a str,
        is_action: bool,
        nick: &'a str,
        text: &'a str,
    },
    /// Said to this client alone.
    Private {
        nick: &'a str,
        text: &'a str,
    },
    /// Confirms what this client, called `nick`, said to `to` alone.
    PrivateSent {
        nick: &'a str,
        to: &'a str,
        text: &'a str,
    },
    Unknown,
}

impl<'a> ServerLine<'a> {
    pub(crate) fn parse(line: &'a str) -> Self {
        if let Some(notice) = line.strip_prefix("*** ") {
            return parse_notice(notice);
        }
        if let Some(private) = line.strip_prefix("(private") {
            return parse_private(private).unwrap_or(Self::Unknown);
        }
        if let Some((room, said)) = parse_room(line) {
            return match parse_talk(said) {
                Some((is_action, nick, text)) => Self::Elsewhere { room, is_action, nick, text },
                None => Self::Unknown,
            };
        }
        match parse_talk(line) {
            Some((true, nick, text)) => Self::Acted { nick, text },
            Some((false, nick, text)) => Self::Said { nick, text },
            None => Self::Unknown,
        }
    }

    /// Who says it, if it is somebody else than the server and this client.
    pub(crate) fn speaker(&self) -> Option<&'a str> {
        let (Self::Said { nick, .. }
        | Self::Acted { nick, .. }
        | Self::Elsewhere { nick, .. }
        | Self::Private { nick, .. }) = self
        else {
            return None;
        };
        Some(nick)
    }
}

fn parse_notice(notice: &str) -> ServerLine<'_> {
    // What somebody says in leaving, or of the room, may look like anything.
    let quotes = ["changed the topic: ", "took back a message"];
    let is_quoted = notice.split_once(' ').is_some_and(|(_, what)| {
        is_leaving(what) || quotes.iter().any(|start| what.starts_with(start))
    });
    if let Some(before) = notice.strip_suffix("Choose a nickname:")
        && !is_quoted
    {
        let is_greeting = before.starts_with("Welcome to ");
        let refused = ServerLine::Refused { why: before.trim_end() };
        return if is_greeting { ServerLine::Greeting } else { refused };
    }
    let you = |what| notice.strip_prefix(what);
    if let Some(nick) = you("You are now ").and_then(|nick| nick.strip_suffix('.')) {
        return ServerLine::Renamed { from: None, to: nick };
    }
    if let Some((room, rest)) = you("You talk in ").and_then(|rest| rest.split_once(" now")) {
        let is_new = rest.contains(". It is new,");
        // The name of a room may end with a dot.
        let here =
            rest.match_indices(". ").find_map(|(at, dot)| parse_here(&rest[at + dot.len()..]));
        let here = here.or(is_new.then(Here::default));
        return ServerLine::TalksIn { room: Some(room), here };
    }
    if you("You are in no room now.").is_some() {
        return ServerLine::TalksIn { room: None, here: None };
    }
    if let Some(welcome) = you("You are ").and_then(parse_welcome) {
        return welcome;
    }
    if let Some(count) = parse_count(notice) {
        return ServerLine::Counted(Some(count));
    }
    match notice.split_once(' ') {
        Some((count, what)) if what.starts_with("earlier message") => {
            count.parse().map_or(ServerLine::Notice, ServerLine::Earlier)
        }
        // It may be the rest of a long list of names, the last of which is `joined`, or a topic.
        Some((nick, _)) if nick.contains([',', ':', '#']) => ServerLine::Notice,
        Some((nick, "joined")) => ServerLine::Joined(nick),
        Some((nick, what)) if is_leaving(what) => ServerLine::Left(nick),
        Some((_, what)) if what.starts_with("kicked ") && what.ends_with(" people out") => {
            ServerLine::Counted(None)
        }
        Some((nick, what)) => what
            .strip_prefix("is now ")
            .map_or(ServerLine::Notice, |to| ServerLine::Renamed { from: Some(nick), to }),
        None => ServerLine::Notice,
    }
}

fn is_leaving(what: &str) -> bool {
    matches!(what, "left" | "left the room")
        || ["left (", "left: ", "left the room: ", "was kicked out by ", "was banned by "]
            .iter()
            .any(|start| what.starts_with(start))
}

/// `3 here: ana, bruno, carla`, `12 joined; 2041 here` or `12 joined, 3 left; 2041 here`
fn parse_count(notice: &str) -> Option<usize> {
    let count = match notice.split_once(" here: ") {
        Some((count, _)) => count,
        // A topic may end like this, too, but no nickname begins with a digit.
        None if notice.starts_with(|c: char| c.is_ascii_digit()) => {
            notice.strip_suffix(" here")?.split_once("; ")?.1
        }
        None => return None,
    };
    count.parse().ok()
}

/// `ana. Nobody else is here. /help …` or `ana. Here now: bruno, carla … and 41 others. /help …`
fn parse_welcome(welcome: &str) -> Option<ServerLine<'_>> {
    let (nick, rest) = welcome.split_once(". ")?;
    Some(ServerLine::Welcome { nick, here: parse_here(rest)? })
}

/// `Nobody else is here.` or `Here now: @bruno, carla … and 41 others.`
fn parse_here(text: &str) -> Option<Here<'_>> {
    if text.starts_with("Nobody else is here.") {
        return Some(Here::default());
    }
    let list = text.strip_prefix("Here now: ")?;
    // The sentence ends after the names, or after the number of those that are left out.
    let (names, others) = match list.split_once(" … and ") {
        Some((names, rest)) => (names, rest.split(' ').next()?.parse().ok()?),
        None => (
            list.split_once(". ")
                .map_or_else(|| list.strip_suffix('.'), |(names, _)| Some(names))?,
            0,
        ),
    };
    let names = names.split(", ").map(|name| name.trim_start_matches(['@', '+'])).collect();
    Some(Here { names, others })
}

/// `(#dev) ana: text` or `(#dev) * ana text`: the room, and the rest.
fn parse_room(line: &str) -> Option<(&str, &str)> {
    let (room, rest) = line.strip_prefix('(')?.split_once(") ")?;
    (room.starts_with('#') && is_name(room)).then_some((room, rest))
}

/// `ana: text` or `* ana text`: whether it is the latter, who, and what.
fn parse_talk(line: &str) -> Option<(bool, &str, &str)> {
    match line.strip_prefix("* ") {
        Some(action) => action.split_once(' ').map(|(nick, text)| (true, nick, text)),
        None => parse_said(line).map(|(nick, text)| (false, nick, text)),
    }
}

/// `) ana: text` or ` to bruno) ana: text`
fn parse_private(rest: &str) -> Option<ServerLine<'_>> {
    if let Some(rest) = rest.strip_prefix(") ") {
        return parse_said(rest).map(|(nick, text)| ServerLine::Private { nick, text });
    }
    let (to, rest) = rest.strip_prefix(" to ")?.split_once(") ")?;
    parse_said(rest).map(|(nick, text)| ServerLine::PrivateSent { nick, to, text })
}

fn parse_said(line: &str) -> Option<(&str, &str)> {
    line.split_once(": ").filter(|(nick, _)| is_name(nick))
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && !word.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests;
