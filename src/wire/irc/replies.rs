//! What clients are told that the chat need not know of.

use std::fmt::Display;

use super::caps::Caps;
use super::modes;
use super::own::{Bye, CapReply, Own};
use super::speaker::{Reply, Speaker, Terms};
use super::verbs::{VERBS, Verb};
use super::write::LINE_BYTES_MAX;
use super::{past, request, write};
use crate::chat::entering::AWAY_BYTES_MAX;
use crate::chat::name::{NICK_BYTES_MAX, NICK_COLUMNS_MAX, ROOM_BYTES_MAX};
use crate::chat::operating::TOPIC_BYTES_MAX;
use crate::chat::rules::{KEY_BYTES_MAX, LIST_MAX};
use crate::chat::watching::WATCHED_MAX;
use crate::chat::who::WHO_BYTES_MAX;

/// A line of `005` has so many tokens at the most
/// ([RPL_ISUPPORT](https://modern.ircdocs.horse/#rplisupport-005)).
const TOKENS_PER_LINE: usize = 13;

impl Speaker {
    /// Does what a line means to the protocol alone, and appends what is answered to `out`.
    pub(crate) fn own(&mut self, own: &Own<'_>, terms: Terms<'_>, out: &mut Vec<u8>) {
        match *own {
            Own::Begin { verb, name, label, line, is_mended, .. } => {
                self.begin(verb, name, label, line);
                if is_mended {
                    self.write(terms, out, |speaker, reply| {
                        let name = &speaker.asked.name;
                        reply.server(format_args!(
                            "WARN {name} INVALID_UTF8 :What was not UTF-8 is replaced"
                        ));
                    });
                }
            }
            Own::Finish => self.finish(terms, out),
            ref own => {
                if matches!(own, Own::Bye(_)) {
                    // The line is not followed to its end, where what is held would be written.
                    self.asked.label.clear();
                }
                self.write(terms, out, |speaker, reply| speaker.reply(own, reply));
            }
        }
    }

    fn reply(&mut self, own: &Own<'_>, reply: &mut Reply<'_>) {
        let name = &self.asked.name;
        match *own {
            Own::Begin { .. } | Own::Finish => {}
            Own::Cap(cap) => capabilities(cap, reply),
            Own::Numeric { code, about: "", text } => reply.numeric(code, format_args!(":{text}")),
            Own::Numeric { code, about, text } => {
                reply.numeric(code, format_args!("{about} :{text}"));
            }
            Own::NeedMoreParams => {
                reply.numeric("461", format_args!("{name} :Not enough parameters"));
            }
            Own::TooManyTargets => {
                let targets = self.param(0).unwrap_or("*");
                reply.numeric("407", format_args!("{targets} :Too many targets at once"));
            }
            Own::UnknownCommand(name) => {
                reply.numeric("421", format_args!("{name} :Unknown command"));
            }
            Own::UnknownMode(letter) => {
                reply.numeric("472", format_args!("{letter} :is unknown mode char to me"));
            }
            Own::BadMode { room, letter, value, why } => {
                let value = if value.is_empty() || value.contains(' ') { "*" } else { value };
                reply.numeric("696", format_args!("{room} {letter} {value} :{why}"));
            }
            Own::Fail { code, about, text } => {
                let name = if name.is_empty() { "*" } else { name };
                reply.fail_about(name, code, about.into_iter(), text);
            }
            Own::Pong(token) => {
                let server = &reply.identity.server;
                let text = format!("PONG {server} :{token}");
                reply.server(text);
            }
            Own::Tell(subject) => tell(self.asked.verb, subject, reply),
            Own::Bye(Bye::Quit(reason)) => {
                write::line(reply.out, format_args!("ERROR :Closing link: Quit: {reason}"));
            }
        }
    }
}

fn capabilities(cap: CapReply<'_>, reply: &mut Reply<'_>) {
    let nick = reply.nick;
    let joined = |names: Vec<&str>| names.join(" ");
    match cap {
        CapReply::Offered => {
            let all = joined(Caps::offered().collect());
            reply.server(format_args!("CAP {nick} LS :{all}"));
        }
        CapReply::Agreed(caps) => {
            let all = joined(caps.names().collect());
            reply.server(format_args!("CAP {nick} LIST :{all}"));
        }
        CapReply::Granted(asked) => reply.server(format_args!("CAP {nick} ACK :{asked}")),
        CapReply::Refused(asked) => reply.server(format_args!("CAP {nick} NAK :{asked}")),
        CapReply::Unknown(asked) => {
            reply.numeric("410", format_args!("{asked} :Invalid CAP subcommand"));
        }
    }
}

/// What this server can and allows: `005`.
pub(super) fn support(reply: &mut Reply<'_>) {
    let Longest { topic, kick, away } = Longest::told_by(&reply.identity.server);
    let tokens = [
        format!("AWAYLEN={away}"),
        "CASEMAPPING=ascii".to_owned(),
        format!("CHATHISTORY={}", past::MESSAGES_MAX),
        "CHANLIMIT=#:50".to_owned(),
        format!("CHANMODES={}", modes::KINDS),
        format!("CHANNELLEN={ROOM_BYTES_MAX}"),
        "CHANTYPES=#".to_owned(),
        format!("CHATD_HOME={}", reply.identity.home),
        "ELIST=CMNTU".to_owned(),
        "EXCEPTS".to_owned(),
        "EXTBAN=,m".to_owned(),
        "INVEX".to_owned(),
        format!("KEYLEN={KEY_BYTES_MAX}"),
        format!("KICKLEN={kick}"),
        format!("MAXLIST=beI:{LIST_MAX}"),
        format!("MODES={}", request::MODES_MAX),
        format!("MONITOR={WATCHED_MAX}"),
        "MSGREFTYPES=msgid,timestamp".to_owned(),
        format!("NETWORK={}", reply.identity.network),
        format!("NICKLEN={NICK_COLUMNS_MAX}"),
        "PREFIX=(ov)@+".to_owned(),
        "SAFELIST".to_owned(),
        "STATUSMSG=@+".to_owned(),
        {
            let (targets, rooms) = (request::TARGETS_MAX, request::ROOMS_MAX);
            format!(
                "TARGMAX=NAMES:{targets},LIST:1,KICK:{targets},WHOIS:1,PRIVMSG:{targets},NOTICE:{targets},TAGMSG:{targets},JOIN:{rooms},PART:{rooms},MONITOR:{WATCHED_MAX}"
            )
        },
        format!("TOPICLEN={topic}"),
        "UTF8ONLY".to_owned(),
        "WHOX".to_owned(),
    ];
    let lead = format!(":{} 005 {} ", reply.identity.server, reply.nick);
    for tokens in tokens.chunks(TOKENS_PER_LINE) {
        let words = tokens.iter().map(|token| token as &dyn Display);
        write::list(reply.out, &lead, ' ', " :are supported by this server", words);
    }
}

/// The longest texts, in bytes, that are never cut: whoever says them, whoever reads them, and however
/// long all names are that the same line has.
struct Longest {
    topic: usize,
    kick: usize,
    away: usize,
}

impl Longest {
    fn told_by(server: &str) -> Self {
        let event = ":".len() + WHO_BYTES_MAX;
        let numeric = ":".len() + server.len() + " 000 ".len() + NICK_BYTES_MAX;
        // How much of a line is left beside so many bytes and as many blanks and colons.
        let left = |taken: usize| LINE_BYTES_MAX - "\r\n".len() - taken;
        let topic_changed = left(event + " TOPIC  :".len() + ROOM_BYTES_MAX);
        let topic_listed = left(numeric + "  1000000 :".len() + ROOM_BYTES_MAX);
        Self {
            topic: topic_changed.min(topic_listed).min(TOPIC_BYTES_MAX),
            kick: left(event + " KICK   :".len() + ROOM_BYTES_MAX + NICK_BYTES_MAX),
            away: left(event + " AWAY :".len())
                .min(left(numeric + "  :".len() + NICK_BYTES_MAX))
                .min(AWAY_BYTES_MAX),
        }
    }
}

fn tell(verb: Verb, subject: &str, reply: &mut Reply<'_>) {
    let server = reply.identity.server.clone();
    let version = env!("CARGO_PKG_VERSION");
    match verb {
        Verb::Version => {
            reply.numeric("351", format_args!("chatd-{version} {server} :any client, same rooms"));
            support(reply);
        }
        Verb::Time => {
            let now = write::Time(reply.now);
            reply.numeric("391", format_args!("{server} :{now}"));
        }
        Verb::Info => {
            for text in [
                &format!("chatd {version}: chat rooms on one port, for any client."),
                "Whoever connects with netcat, telnet or an IRC client is in the same rooms.",
            ] {
                reply.numeric("371", format_args!(":{text}"));
            }
            reply.numeric("374", ":End of INFO list");
        }
        _ => help(subject, reply),
    }
}

fn help(subject: &str, reply: &mut Reply<'_>) {
    let known = VERBS.iter().find(|entry| entry.name.eq_ignore_ascii_case(subject));
    let Some(text) = (match (subject, known) {
        ("" | "index", _) => {
            Some(VERBS.iter().map(|entry| entry.name).collect::<Vec<_>>().join(" "))
        }
        (_, Some(entry)) => Some(format!("{}: see https://modern.ircdocs.horse/", entry.name)),
        (_, None) => None,
    }) else {
        reply.numeric("524", format_args!("{subject} :No help available on this topic"));
        return;
    };
    let subject = if subject.is_empty() { "index" } else { subject };
    reply.numeric("704", format_args!("{subject} :The commands of this server"));
    reply.numeric("705", format_args!("{subject} :{text}"));
    reply.numeric("706", format_args!("{subject} :End of /HELP"));
}
