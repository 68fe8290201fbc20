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
    /// Confirms what this client said to `to` alone.
    PrivateSent {
        to: &'a str,
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
    if let Some(nick) = notice.strip_prefix("You are now ") {
        return ServerLine::Renamed { from: None, to: nick.strip_suffix('.').unwrap_or(nick) };
    }
    if let Some(welcome) = notice.strip_prefix("You are ") {
        return parse_welcome(welcome);
    }
    let Some((nick, what)) = notice.split_once(' ') else { return ServerLine::Notice };
    if what == "joined" {
        ServerLine::Joined(nick)
    } else if what == "left" || what.starts_with("left (") {
        ServerLine::Left(nick)
    } else if let Some(to) = what.strip_prefix("is now ") {
        ServerLine::Renamed { from: Some(nick), to }
    } else {
        ServerLine::Notice
    }
}

/// `ana. Here now: bruno, carla … and 41 others. /help lists …`
fn parse_welcome(welcome: &str) -> ServerLine<'_> {
    let (nick, rest) = match welcome.split_once(". ") {
        Some(parts) => parts,
        None => (welcome.strip_suffix('.').unwrap_or(welcome), ""),
    };
    let list = rest.strip_prefix("Here now: ").unwrap_or("");
    let list = list.split_once(". ").map_or(list, |(list, _)| list);
    let list = list.split_once(" … ").map_or(list, |(names, _others)| names);
    let here = list.split(", ").filter(|name| is_name(name)).collect();
    ServerLine::Welcome { nick, here }
}

/// `) ana: text` or ` to bruno) ana: text`
fn parse_private(rest: &str) -> Option<ServerLine<'_>> {
    if let Some(rest) = rest.strip_prefix(") ") {
        return parse_said(rest).map(|(nick, text)| ServerLine::Private { nick, text });
    }
    let (to, rest) = rest.strip_prefix(" to ")?.split_once(") ")?;
    parse_said(rest)?;
    Some(ServerLine::PrivateSent { to })
}

fn parse_said(line: &str) -> Option<(&str, &str)> {
    line.split_once(": ").filter(|(nick, _)| is_name(nick))
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && !word.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_protocol() {
        use ServerLine::*;
        let lines = [
            ("*** Welcome to chatd. Choose a nickname:", Greeting),
            (
                "*** ana is taken, or looks too much like a nickname that is. Choose a nickname:",
                Refused { why: "ana is taken, or looks too much like a nickname that is." },
            ),
            (
                "*** You are ana. Here now: bruno, carla. /help lists the commands, /quit leaves.",
                Welcome { nick: "ana", here: vec!["bruno", "carla"] },
            ),
            (
                "*** You are a.b. Here now: x., y … and 41 others. /help lists the commands.",
                Welcome { nick: "a.b", here: vec!["x.", "y"] },
            ),
            (
                "*** You are ana. Nobody else is here yet. /help lists the commands, /quit leaves.",
                Welcome { nick: "ana", here: vec![] },
            ),
            ("*** You are ana.", Welcome { nick: "ana", here: vec![] }),
            ("*** davi joined", Joined("davi")),
            ("*** 12 joined, 3 left; 2041 here", Notice),
            ("*** ana left (connection lost)", Left("ana")),
            ("*** ana is now bia", Renamed { from: Some("ana"), to: "bia" }),
            ("*** You are now bia.", Renamed { from: None, to: "bia" }),
            ("*** server is stopping", Notice),
            ("*** 2 earlier messages, the last one 3 minutes ago:", Notice),
            ("bruno: bom dia!", Said { nick: "bruno", text: "bom dia!" }),
            ("bruno: (private) x: y", Said { nick: "bruno", text: "(private) x: y" }),
            ("* ana waves", Acted { nick: "ana", text: "waves" }),
            ("(private) ana: oi", Private { nick: "ana", text: "oi" }),
            ("(private to bruno) ana: oi", PrivateSent { to: "bruno" }),
            ("no name here: text", Unknown),
            ("(private", Unknown),
            ("", Unknown),
            (": text", Unknown),
            ("*", Unknown),
        ];
        for (line, meaning) in lines {
            assert_eq!(ServerLine::parse(line), meaning, "{line}");
        }
    }

    #[test]
    fn no_user_can_fake_a_line_of_the_server() {
        let said = ServerLine::parse("ana: *** bruno left (quit)");
        assert_eq!(said, ServerLine::Said { nick: "ana", text: "*** bruno left (quit)" });
    }
}
