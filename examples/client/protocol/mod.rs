//! What the lines of a chatd server mean. The client works with lines it does not understand too:
//! it just shows them.

/// A line from the server, parsed. All parts are pieces of the line itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ServerLine<'a> {
    /// The server asks for a nickname.
    Greeting,
    /// The nickname was refused, and another is asked for.
    Refused {
        why: &'a str,
    },
    /// This client now has `nick`; `here` are others in the room, as far as the server lists them.
    Welcome {
        nick: &'a str,
        here: Vec<&'a str>,
    },
    Joined(&'a str),
    Left(&'a str),
    /// `from` is `None` if it is this client that has the new name.
    Renamed {
        from: Option<&'a str>,
        to: &'a str,
    },
    /// From now on this client talks in this room, or in none.
    TalksIn(Option<&'a str>),
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
        if let Some(action) = line.strip_prefix("* ") {
            return match action.split_once(' ') {
                Some((nick, text)) => Self::Acted { nick, text },
                None => Self::Unknown,
            };
        }
        match parse_said(line) {
            Some((nick, text)) => Self::Said { nick, text },
            None => Self::Unknown,
        }
    }
}

fn parse_notice(notice: &str) -> ServerLine<'_> {
    if let Some(before) = notice.strip_suffix("Choose a nickname:") {
        let is_greeting = before.starts_with("Welcome to ");
        let refused = ServerLine::Refused { why: before.trim_end() };
        return if is_greeting { ServerLine::Greeting } else { refused };
    }
    let you = |what| notice.strip_prefix(what);
    if let Some(nick) = you("You are now ").and_then(|nick| nick.strip_suffix('.')) {
        return ServerLine::Renamed { from: None, to: nick };
    }
    if let Some((room, _)) = you("You talk in ").and_then(|rest| rest.split_once(" now")) {
        return ServerLine::TalksIn(Some(room));
    }
    if you("You are in no room now.").is_some() {
        return ServerLine::TalksIn(None);
    }
    if let Some(welcome) = you("You are ").and_then(parse_welcome) {
        return welcome;
    }
    match notice.split_once(' ') {
        Some((count, what)) if what.starts_with("earlier message") => {
            count.parse().map_or(ServerLine::Notice, ServerLine::Earlier)
        }
        // It may be the rest of a long list of names, the last of which is `joined`, or a topic.
        Some((nick, _)) if nick.contains([',', ':', '#']) => ServerLine::Notice,
        Some((nick, "joined")) => ServerLine::Joined(nick),
        Some((nick, "left")) => ServerLine::Left(nick),
        Some((nick, what)) if what.starts_with("left (") || what.starts_with("left: ") => {
            ServerLine::Left(nick)
        }
        Some((nick, what)) => what
            .strip_prefix("is now ")
            .map_or(ServerLine::Notice, |to| ServerLine::Renamed { from: Some(nick), to }),
        None => ServerLine::Notice,
    }
}

/// `ana. Nobody else is here. /help …` or `ana. Here now: bruno, carla … and 41 others. /help …`
fn parse_welcome(welcome: &str) -> Option<ServerLine<'_>> {
    let (nick, rest) = welcome.split_once(". ")?;
    if rest.starts_with("Nobody else is here.") {
        return Some(ServerLine::Welcome { nick, here: Vec::new() });
    }
    let list = rest.strip_prefix("Here now: ")?;
    // The sentence ends after the names, or after the number of those that are left out.
    let (names, _) = list.split_once(" … ").or_else(|| list.split_once(". "))?;
    Some(ServerLine::Welcome { nick, here: names.split(", ").collect() })
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
