//! Every sentence of the server that tests and benchmarks know, written and read.
//!
//! The server has its own in `src/wire/text`, and the example client its own reading of them in
//! `examples/client/protocol`, as it is a program that people copy.

pub mod rooms;

use std::fmt::Display;

/// With more members than this, comings and goings are told together.
pub const CROWD: usize = 100;
/// How a line of the server begins; nobody else can say such a line.
pub const MARK: &str = "*** ";
/// How somebody is asked who has not said anything.
pub const GREETING: &str = "*** Welcome to chatd. Choose a nickname:";
/// How the answer begins to whoever has a nickname now.
pub const WELCOME: &str = "*** You are ";
/// Whoever comes into a full room is told so.
pub const FULL: &str = "*** server full: try again later";
/// Whoever has too many neighbours is told so.
pub const FULL_FOR_ADDRESS: &str =
    "*** too many connections from your address: close one, or try again later";
/// Where everybody begins.
pub const HOME: &str = "#lobby";
/// The goodbye to all.
pub const STOPPING: &str = "*** server is stopping";
/// The goodbye to whoever chose no nickname in time.
pub const EXPIRED: &str = "*** No nickname within 60 seconds: closing. Come again!";
/// The answer to `/history` when nothing was said.
pub const NOTHING_EARLIER: &str = "*** No earlier messages.";
/// The first line of the answer to `/help`.
pub const HELP: &str =
    "*** Whatever you type goes to everybody in your room. Lines that start with / are commands:";
/// How the lines after [`HELP`] begin, without their [`MARK`].
pub const HELP_COMMANDS: [&str; 15] = [
    "/who [#ROOM]",
    "/nick NEW",
    "/me TEXT",
    "/msg NICK TEXT",
    "/history [N]",
    "/rooms",
    "/join #ROOM [KEY]",
    "/part [#ROOM]",
    "/topic [TEXT|-]",
    "/whois NICK",
    "/away [TEXT]",
    "/help room",
    "/help",
    "/quit [REASON]",
    "//TEXT",
];
/// How many lines the answer to `/help` has.
pub const HELP_LINES: usize = 1 + HELP_COMMANDS.len();

/// A line of the server with this text.
pub fn notice(text: impl Display) -> String {
    format!("{MARK}{text}")
}

/// The refusal of a nickname, for this reason, to whoever has none yet.
pub fn refused(why: impl Display) -> String {
    format!("{MARK}{why} Choose a nickname:")
}

/// The greeting of a server with this name.
pub fn greeting(server: &str) -> String {
    format!("*** Welcome to {server}. Choose a nickname:")
}

/// How the welcome of this one begins.
pub fn you_are(nick: &str) -> String {
    format!("{WELCOME}{nick}. ")
}

/// The welcome to a room where these are, separated by commas; nobody, if it is empty.
pub fn welcome(nick: &str, here: &str) -> String {
    format!("{WELCOME}{nick}. {} /help lists the commands, /quit leaves.", here_now(here))
}

/// Who is in a room, for whoever comes there.
fn here_now(here: &str) -> String {
    if here.is_empty() { "Nobody else is here.".into() } else { format!("Here now: {here}.") }
}

/// The answer to a new nickname.
pub fn you_are_now(nick: &str) -> String {
    format!("*** You are now {nick}.")
}

/// Somebody came.
pub fn joined(nick: &str) -> String {
    format!("*** {nick} joined")
}

/// Who came, if that is what is told.
pub fn read_joined(line: &str) -> Option<&str> {
    let nick = line.strip_prefix(MARK)?.strip_suffix(" joined")?;
    (!nick.contains(' ')).then_some(nick)
}

/// Somebody left, and the server knows why.
pub fn left(nick: &str, why: &str) -> String {
    format!("*** {nick} left ({why})")
}

/// Somebody ended its stream.
pub fn ended(nick: &str) -> String {
    format!("*** {nick} left")
}

/// Somebody broke off.
pub fn lost(nick: &str) -> String {
    left(nick, "connection lost")
}

/// Somebody left with `/quit`.
pub fn quit(nick: &str) -> String {
    left(nick, "quit")
}

/// Somebody left with these last words.
pub fn left_saying(nick: &str, words: &str) -> String {
    format!("*** {nick} left: {words}")
}

/// How the answer begins to whoever goes to a room, new or not.
pub fn you_talk_in(room: &str) -> String {
    format!("*** You talk in {room} now")
}

/// Somebody left a room in which it did not talk, as it is told itself.
pub fn you_left(room: &str, nick: &str) -> String {
    format!("*** ({room}) {nick} left the room")
}

/// Somebody has another nickname.
pub fn renamed(from: &str, to: &str) -> String {
    format!("*** {from} is now {to}")
}

/// What is told together of those who came and left, in a crowd.
pub fn traffic(joined: usize, left: usize, here: usize) -> String {
    match (joined, left) {
        (_, 0) => format!("*** {joined} joined; {here} here"),
        (0, _) => format!("*** {left} left; {here} here"),
        _ => format!("*** {joined} joined, {left} left; {here} here"),
    }
}

/// How many came, left and are here, if that is what is told.
pub fn read_traffic(line: &str) -> Option<(usize, usize, usize)> {
    let (changes, here) = line.strip_prefix(MARK)?.strip_suffix(" here")?.split_once("; ")?;
    let (mut joined, mut left) = (0, 0);
    for change in changes.split(", ") {
        match change.split_once(' ')? {
            (count, "joined") => joined = count.parse().ok()?,
            (count, "left") => left = count.parse().ok()?,
            _ => return None,
        }
    }
    Some((joined, left, here.parse().ok()?))
}

/// The answer to `/who`, if it fits into one line.
pub fn here(nicks: &[&str]) -> String {
    here_are(nicks.len(), &nicks.join(", "))
}

/// The same, where so many are here, and these names are told, separated by commas.
pub fn here_are(count: usize, names: &str) -> String {
    format!("*** {count} here: {names}")
}

/// How many are here, in the first line of the answer to `/who`.
pub fn read_here(line: &str) -> Option<usize> {
    line.strip_prefix(MARK)?.split_once(" here: ")?.0.parse().ok()
}

/// The line before messages of the past, the last of which is so old.
pub fn earlier(count: usize, ago: &str) -> String {
    match count {
        0 => NOTHING_EARLIER.to_owned(),
        1 => format!("*** 1 earlier message, {ago} ago:"),
        count => format!("*** {count} earlier messages, the last one {ago} ago:"),
    }
}

/// How many messages of the past follow, and how old the last one is.
pub fn read_earlier(line: &str) -> Option<(usize, &str)> {
    let (count, what) = line.strip_prefix(MARK)?.split_once(" earlier message")?;
    let ago = what.strip_prefix("s, the last one ").or_else(|| what.strip_prefix(", "))?;
    let told = (count.parse().ok()?, ago.strip_suffix(" ago:")?);
    (line == earlier(told.0, told.1)).then_some(told)
}

/// The goodbye to whoever had so many nicknames refused.
pub fn nicknames_refused(count: usize) -> String {
    format!("*** {count} nicknames refused: closing. Come again!")
}

/// What somebody said.
pub fn said(nick: &str, text: &str) -> String {
    format!("{nick}: {text}")
}

/// What somebody did, as it says itself.
pub fn acted(nick: &str, text: &str) -> String {
    format!("* {nick} {text}")
}

/// What one hears that another said to it alone.
pub fn private(from: &str, text: &str) -> String {
    format!("(private) {from}: {text}")
}

/// The confirmation of what one said to another alone.
pub fn private_sent(to: &str, from: &str, text: &str) -> String {
    format!("(private to {to}) {from}: {text}")
}

/// Whether a line is the welcome.
pub fn is_welcome(line: &[u8]) -> bool {
    line.starts_with(WELCOME.as_bytes())
}

/// Why something is refused: to be put into [`notice`] or [`refused`].
pub mod why {
    /// There is nothing to see.
    pub const EMPTY: &str = "A nickname cannot be empty.";
    /// There is a space in it.
    pub const TWO_WORDS: &str = "A nickname is one word, without spaces.";
    /// It is too wide.
    pub const LONG: &str = "That nickname is too long: at most 24 columns.";
    /// What only members may do.
    pub const NAMELESS: &str = "First you need a nickname.";

    /// This is in it, shown in some way.
    pub fn cannot_have(shown: &str) -> String {
        format!("A nickname cannot have {shown}: only letters, digits and -_.[]{{}}|^`.")
    }

    /// This comes first, shown in some way.
    pub fn cannot_start(shown: &str) -> String {
        format!("A nickname cannot start with {shown}.")
    }

    /// Somebody has it, or one like it.
    pub fn taken(nick: &str) -> String {
        format!("{nick} is taken, or looks too much like a nickname that is.")
    }

    /// The server has it.
    pub fn reserved(nick: &str) -> String {
        format!("{nick} is the server itself, or looks too much like it.")
    }

    /// The command has too little behind it, or something else.
    pub fn usage(command: &str) -> String {
        format!("Usage: {command}")
    }

    /// There is no such command.
    pub fn unknown(word: &str) -> String {
        format!(
            "There is no command /{word}. /help lists the commands; to say /{word}, type //{word}."
        )
    }

    /// Nobody has this nickname.
    pub fn nobody(nick: &str) -> String {
        format!("Nobody here is called {nick}. /who lists who is here.")
    }

    /// Nobody who is here has written to it alone.
    pub const NOBODY_TO_ANSWER: &str =
        "Nobody here has written to you alone: /msg NICK TEXT does that.";

    /// Whoever is told something has not read what it was told.
    pub fn behind(nick: &str) -> String {
        format!("{nick} has not read what it was sent before: try again later.")
    }

    /// The line has more bytes than this.
    pub fn too_long(bytes: usize) -> String {
        format!("That line was not sent: it has more than {bytes} bytes.")
    }
}
