//! What clients may ask for.

/// Which command a line is. Some that others know are answered as if they were unknown: there are no other
/// servers, no accounts, and nobody is in charge of this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verb {
    /// Before the first line, and when a line means nothing.
    #[default]
    Unknown,
    /// `AWAY`
    Away,
    /// `CAP`
    Cap,
    /// `CHATHISTORY`
    Chathistory,
    /// `HELP`, `HELPOP`
    Help,
    /// `INFO`
    Info,
    /// `INVITE`
    Invite,
    /// `ISON`
    Ison,
    /// `JOIN`
    Join,
    /// `KICK`
    Kick,
    /// `LIST`
    List,
    /// `LUSERS`
    Lusers,
    /// `MODE`
    Mode,
    /// `MONITOR`
    Monitor,
    /// `MOTD`
    Motd,
    /// `NAMES`
    Names,
    /// `NICK`
    Nick,
    /// `NOTICE`
    Notice,
    /// `OPER`
    Oper,
    /// `PART`
    Part,
    /// `PASS`
    Pass,
    /// `PING`
    Ping,
    /// `PONG`
    Pong,
    /// `PRIVMSG`
    Privmsg,
    /// `QUIT`
    Quit,
    /// `REDACT`
    Redact,
    /// `SETNAME`
    Setname,
    /// `TAGMSG`
    Tagmsg,
    /// `TIME`
    Time,
    /// `TOPIC`
    Topic,
    /// `USER`
    User,
    /// `USERHOST`
    Userhost,
    /// `VERSION`
    Version,
    /// `WHO`
    Who,
    /// `WHOIS`
    Whois,
    /// `WHOWAS`
    Whowas,
}

/// What is to be known of a verb before a line is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) verb: Verb,
    /// The least parameters.
    pub(super) params_min: usize,
    /// It may come before the registration is complete.
    pub(super) is_early: bool,
    /// For so many lines it counts beside one, for each that it names: it makes a line for everybody in a
    /// room, or for somebody who did not ask for it.
    pub(super) price: usize,
}

impl Entry {
    /// The same, which may come before the registration is complete.
    const fn early(mut self) -> Self {
        self.is_early = true;
        self
    }

    /// The same for what programs must not do often: with what they may send at once, ten in a row.
    const fn costly(mut self) -> Self {
        self.price = 9;
        self
    }
}

const fn entry(name: &'static str, verb: Verb, params_min: usize) -> Entry {
    Entry { name, verb, params_min, is_early: false, price: 0 }
}

/// All verbs, by name.
pub(super) const VERBS: [Entry; 36] = [
    entry("AWAY", Verb::Away, 0),
    entry("CAP", Verb::Cap, 1).early(),
    entry("CHATHISTORY", Verb::Chathistory, 0),
    entry("HELP", Verb::Help, 0),
    entry("HELPOP", Verb::Help, 0),
    entry("INFO", Verb::Info, 0),
    entry("INVITE", Verb::Invite, 0).costly(),
    entry("ISON", Verb::Ison, 1),
    entry("JOIN", Verb::Join, 1).costly(),
    entry("KICK", Verb::Kick, 2),
    entry("LIST", Verb::List, 0),
    entry("LUSERS", Verb::Lusers, 0),
    entry("MODE", Verb::Mode, 1),
    entry("MONITOR", Verb::Monitor, 1),
    entry("MOTD", Verb::Motd, 0),
    entry("NAMES", Verb::Names, 0),
    entry("NICK", Verb::Nick, 0).early().costly(),
    entry("NOTICE", Verb::Notice, 0),
    entry("OPER", Verb::Oper, 2),
    entry("PART", Verb::Part, 1).costly(),
    entry("PASS", Verb::Pass, 1).early(),
    entry("PING", Verb::Ping, 0).early(),
    entry("PONG", Verb::Pong, 0).early(),
    entry("PRIVMSG", Verb::Privmsg, 0),
    entry("QUIT", Verb::Quit, 0).early(),
    entry("REDACT", Verb::Redact, 2),
    entry("SETNAME", Verb::Setname, 1),
    entry("TAGMSG", Verb::Tagmsg, 1),
    entry("TIME", Verb::Time, 0),
    entry("TOPIC", Verb::Topic, 1),
    entry("USER", Verb::User, 4).early(),
    entry("USERHOST", Verb::Userhost, 1),
    entry("VERSION", Verb::Version, 0),
    entry("WHO", Verb::Who, 0),
    entry("WHOIS", Verb::Whois, 0),
    entry("WHOWAS", Verb::Whowas, 0),
];

/// The entry of a verb, in capitals or not.
pub(super) fn find(name: &str) -> Option<&'static Entry> {
    VERBS.iter().find(|entry| entry.name.eq_ignore_ascii_case(name))
}
