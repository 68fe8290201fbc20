//! What a line asks the server for, as far as the client must know.

/// The commands that the server explains, in the order of the alphabet.
pub(crate) const COMMANDS: [&str; 25] = [
    "/away", "/ban", "/bans", "/deop", "/help", "/history", "/invite", "/join", "/kick", "/me",
    "/msg", "/mute", "/nick", "/op", "/part", "/quit", "/room", "/rooms", "/topic", "/unban",
    "/unmute", "/unvoice", "/voice", "/who", "/whois",
];

/// Those that the client follows itself; the last ones where IRC is spoken.
pub(crate) const OWN: [&str; 5] = ["/ignore", "/unignore", "/query", "/close", "/quote"];

/// The command that `line` is for the server, without its slash: it may be unknown, or empty.
/// `None` if the line is said.
pub(crate) fn command(line: &str) -> Option<&str> {
    let command = line.strip_prefix('/').filter(|rest| !rest.starts_with('/'))?;
    command.split(char::is_whitespace).next()
}

/// Whether `line` says something to one alone, which the server confirms.
pub(crate) fn is_private(line: &str) -> bool {
    is_one_of(line, &["msg", "w"]) || is_reply(line)
}

/// Whether `line` is for whoever wrote to this client alone last.
pub(crate) fn is_reply(line: &str) -> bool {
    is_one_of(line, &["r", "reply"])
}

/// Whether `line` is the command that leaves.
pub(crate) fn is_quit(line: &str) -> bool {
    is_one_of(line, &["quit", "exit"])
}

fn is_one_of(line: &str, words: &[&str]) -> bool {
    command(line).is_some_and(|command| words.iter().any(|word| command.eq_ignore_ascii_case(word)))
}
