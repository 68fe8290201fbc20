//! What one client is told: its own view of what happened, and the answers to what it asks for, with the
//! labels and batches that belong to them.

use std::fmt::{Display, Write as _};
use std::mem;
use std::ops::{Deref, DerefMut};

use super::Identity;
use super::caps::Caps;
use super::modes::Mode;
use super::monitor;
use super::past::PastShown;
use super::verbs::Verb;
use super::write::{self, Redaction, Tags, line};
use crate::chat::command::{Ask, Command};
use crate::chat::message::Extras;
use crate::chat::name::{ROOM_BYTES_MAX, RoomName};
use crate::chat::who::{WHO_BYTES_MAX, Who};
use crate::clock::Timestamp;

/// What is to be known to speak with one client.
#[derive(Debug, Default)]
pub struct Speaker {
    /// Who it is, once it is registered.
    pub(super) me: Option<Who>,
    pub(super) asked: Answering,
    /// It was told that it cannot have the nickname that it asked for last.
    pub(super) is_nick_refused: bool,
    batches: u32,
    pub(super) past: PastShown,
}

/// The line that is answered, while one is: most clients are silent most of the time, and then it takes
/// no memory.
#[derive(Debug, Default)]
pub(super) struct Answering(Option<Box<Asked>>);

/// A line, and what is answered to it so far.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) verb: Verb,
    pub(super) name: String,
    /// Without its tags.
    pub(super) line: String,
    pub(super) label: String,
    /// What is answered, while that is to carry a label.
    held: Vec<u8>,
    /// The batch of what is answered with a label, if some of that was written before the rest was known.
    labelled: Option<u32>,
    pub(super) gathered: Gathered,
}

impl Asked {
    const NOTHING: &'static Self = &Self {
        verb: Verb::Unknown,
        name: String::new(),
        line: String::new(),
        label: String::new(),
        held: Vec::new(),
        labelled: None,
        gathered: Gathered::Nothing,
    };
}

impl Deref for Answering {
    type Target = Asked;

    fn deref(&self) -> &Asked {
        self.0.as_deref().unwrap_or(Asked::NOTHING)
    }
}

impl DerefMut for Answering {
    fn deref_mut(&mut self) -> &mut Asked {
        self.0.get_or_insert_default()
    }
}

/// Several answers that become one line.
#[derive(Debug, Default)]
pub(super) enum Gathered {
    #[default]
    Nothing,
    /// Changes of a room.
    Modes { room: RoomName, letters: String, values: String, is_set: Option<bool> },
    /// Those of whom it was asked whether they are here.
    Found(Vec<String>),
    /// Those whom the client watches from now on, and those whom it cannot.
    Watched(monitor::Report),
}

/// On what terms one client is spoken to, now.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// What the server is called.
    pub identity: &'a Identity,
    /// What was agreed on.
    pub caps: Caps,
    /// What time it is.
    pub now: Timestamp,
}

/// To whom an answer goes, and where it is written.
pub(super) struct Reply<'a> {
    pub(super) out: &'a mut Vec<u8>,
    pub(super) identity: &'a Identity,
    pub(super) nick: &'a str,
    pub(super) caps: Caps,
    pub(super) now: Timestamp,
}

impl<'a> Reply<'a> {
    pub(super) fn new(terms: Terms<'a>, nick: &'a str, out: &'a mut Vec<u8>) -> Self {
        let Terms { identity, caps, now } = terms;
        Self { out, identity, nick, caps, now }
    }

    /// A reply with a number.
    pub(super) fn numeric(&mut self, code: &str, text: impl Display) {
        let Self { identity, nick, .. } = self;
        line(self.out, format_args!(":{} {code} {nick} {text}", identity.server));
    }

    /// Replies with a number that hold as many words as fit in a line.
    pub(super) fn numeric_list(
        &mut self,
        code: &str,
        lead: impl Display,
        words: impl Iterator<Item = impl Display>,
    ) {
        let lead = format!(":{} {code} {} {lead}", self.identity.server, self.nick);
        write::list(self.out, &lead, ' ', "", words);
    }

    /// A line that the server says.
    pub(super) fn server(&mut self, text: impl Display) {
        line(self.out, format_args!(":{} {text}", self.identity.server));
    }

    /// A line that somebody caused, with the time when it happened.
    pub(super) fn timed(&mut self, at: Timestamp, text: impl Display) {
        write::tags(self.out, tags_of(self.caps), at, None, Extras::default());
        line(self.out, text);
    }

    /// A failure that is about parameters of the line, in the form that programs read: whoever uses such a
    /// verb knows it. What cannot be written in the middle of a line again becomes a star.
    pub(super) fn fail_about<'p>(
        &mut self,
        verb: &str,
        code: &str,
        about: impl Iterator<Item = &'p str>,
        text: impl Display,
    ) {
        let mut lead = format!("FAIL {verb} {code}");
        for param in about.filter(|param| !param.is_empty()) {
            let is_word = !param.starts_with(':') && !param.contains(' ');
            lead.push(' ');
            lead.push_str(if is_word { param } else { "*" });
        }
        self.server(format_args!("{lead} :{text}"));
    }

    /// A failure, in a form that programs read if this one does.
    pub(super) fn fail(&mut self, verb: &str, code: &str, text: impl Display) {
        if self.caps.has(Caps::STANDARD_REPLIES) {
            self.server(format_args!("FAIL {verb} {code} :{text}"));
        } else {
            let nick = self.nick;
            self.server(format_args!("NOTICE {nick} :{text}"));
        }
    }
}

/// Which tags a client wants.
pub(super) fn tags_of(caps: Caps) -> Tags {
    if caps.has(Caps::MESSAGE_TAGS) {
        Tags::All
    } else if caps.has(Caps::SERVER_TIME) {
        Tags::Time
    } else {
        Tags::None
    }
}

impl Speaker {
    /// Whether what its client asks to say fits in one line for others: what does not is refused, as no
    /// client expects that it is split.
    pub(crate) fn fits(&self, command: &Command<'_>) -> bool {
        let from = self.me.as_ref().map_or("*", Who::full);
        match command {
            Command::Tell { to, speech } => write::fits(from, to.as_str(), speech),
            Command::In { room: Some(room), ask: Ask::Say(speech) } => {
                write::fits(from, room.as_str(), speech)
            }
            Command::In { room: Some(room), ask: Ask::SayRanked { speech, .. } } => {
                write::fits(from, &format!("@{}", room.as_str()), speech)
            }
            Command::In { room: Some(room), ask: Ask::TakeBack { message, reason } } => {
                let (room, message, reason) = (room.as_str(), *message, *reason);
                self.me.as_ref().is_none_or(|by| Redaction { by, room, message, reason }.fits())
            }
            _ => true,
        }
    }

    /// Begins to answer a line.
    pub(super) fn begin(&mut self, verb: Verb, name: &str, label: &str, asked: &str) {
        if verb == Verb::Nick {
            self.is_nick_refused = false;
        }
        let (name, line, label) = (name.to_owned(), asked.to_owned(), label.to_owned());
        *self.asked = Asked { verb, name, line, label, ..Asked::default() };
    }

    /// Writes with `write`: at once, or held until the line is answered.
    pub(super) fn write(
        &mut self,
        terms: Terms<'_>,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Self, &mut Reply<'_>),
    ) {
        let me = self.me.clone();
        let nick = me.as_ref().map_or("*", Who::as_str);
        if self.asked.label.is_empty() {
            write(self, &mut Reply::new(terms, nick, out));
        } else {
            let mut held = mem::take(&mut self.asked.held);
            write(self, &mut Reply::new(terms, nick, &mut held));
            self.asked.held = held;
        }
    }

    /// Something else happens before the line that is answered is followed to its end: what is known of the
    /// answer is written, so that the client is told of all in the order in which it happened.
    pub(crate) fn pause(&mut self, terms: Terms<'_>, out: &mut Vec<u8>) {
        if matches!(self.asked.gathered, Gathered::Modes { .. }) {
            self.write(terms, out, Self::write_gathered);
        }
        if !self.asked.held.is_empty() {
            self.write_batch(terms.identity, out);
        }
    }

    /// Writes what is held to the batch of the label, which begins with it if it has not yet.
    fn write_batch(&mut self, identity: &Identity, out: &mut Vec<u8>) {
        let batch = self.asked.labelled.unwrap_or_else(|| {
            let batch = self.next_batch();
            let (label, server) = (&self.asked.label, &identity.server);
            out.extend_from_slice(format!("@label={label} ").as_bytes());
            line(out, format_args!(":{server} BATCH +{batch} labeled-response"));
            batch
        });
        self.asked.labelled = Some(batch);
        tag_lines(&mem::take(&mut self.asked.held), &format!("batch={batch}"), out);
    }

    /// All that was asked for is answered: what was gathered and held is written.
    pub(super) fn finish(&mut self, terms: Terms<'_>, out: &mut Vec<u8>) {
        self.write(terms, out, |speaker, reply| {
            speaker.write_gathered(reply);
            if speaker.asked.verb == Verb::Names {
                let rooms = speaker.param(0).unwrap_or("*").to_owned();
                reply.numeric("366", format_args!("{rooms} :End of /NAMES list"));
            }
        });
        if !self.asked.label.is_empty() {
            self.write_labelled(terms.identity, out);
        }
        self.asked = Answering::default();
    }

    /// A parameter of the line, as it was sent.
    pub(super) fn param(&self, index: usize) -> Option<&str> {
        let line = super::line::Line::parse(&self.asked.line)?;
        line.params().get(index).copied().filter(|param| !param.is_empty())
    }

    /// See [labeled responses](https://ircv3.net/specs/extensions/labeled-response).
    fn write_labelled(&mut self, identity: &Identity, out: &mut Vec<u8>) {
        let (label, server) = (&self.asked.label, &identity.server);
        let lines = self.asked.held.split_inclusive(|&byte| byte == b'\n').count();
        match (self.asked.labelled, lines) {
            (None, 0) => {
                out.extend_from_slice(format!("@label={label} ").as_bytes());
                line(out, format_args!(":{server} ACK"));
            }
            (None, 1) => tag_lines(&self.asked.held, &format!("label={label}"), out),
            _ => self.write_batch(identity, out),
        }
        if let Some(batch) = self.asked.labelled {
            line(out, format_args!(":{server} BATCH -{batch}"));
        }
    }

    pub(super) fn next_batch(&mut self) -> u32 {
        self.batches += 1;
        self.batches
    }

    /// A change of a room by the client itself: several become one line.
    pub(super) fn gather_mode(
        &mut self,
        changed: &RoomName,
        mode: &Mode<'_>,
        reply: &mut Reply<'_>,
    ) {
        let is_there_room = |before: &str| {
            let added = " ".len() + mode.to_string().len();
            let lead = ":".len() + WHO_BYTES_MAX + " MODE ".len() + ROOM_BYTES_MAX;
            lead + before.len() + added <= write::LINE_BYTES_MAX - "\r\n".len()
        };
        let goes_on = match &self.asked.gathered {
            Gathered::Modes { room, letters, values, .. } => {
                room == changed && is_there_room(&format!("{letters}{values}"))
            }
            _ => false,
        };
        if !goes_on {
            self.write_gathered(reply);
            self.asked.gathered = Gathered::Modes {
                room: changed.clone(),
                letters: String::new(),
                values: String::new(),
                is_set: None,
            };
        }
        if let Gathered::Modes { letters, values, is_set, .. } = &mut self.asked.gathered {
            if is_set.replace(mode.is_set) != Some(mode.is_set) {
                letters.push(super::modes::sign(mode.is_set));
            }
            letters.push(mode.letter);
            if let Some(value) = &mode.value {
                let _ = write!(values, " {value}");
            }
        }
        if self.asked.verb != Verb::Mode {
            self.write_gathered(reply);
        }
    }

    /// Somebody was looked for and is here.
    pub(super) fn gather_found(&mut self, found: String) {
        match &mut self.asked.gathered {
            Gathered::Found(all) => all.push(found),
            other => *other = Gathered::Found(vec![found]),
        }
    }

    pub(super) fn write_gathered(&mut self, reply: &mut Reply<'_>) {
        let gathered = match self.asked.gathered {
            // To look takes no memory for those who ask for nothing.
            Gathered::Nothing => Gathered::Nothing,
            _ => mem::take(&mut self.asked.gathered),
        };
        match gathered {
            Gathered::Nothing => {
                let code = self.code_of_found();
                if let Some(code) = code {
                    reply.numeric(code, ":");
                }
            }
            Gathered::Modes { room, letters, values, .. } => {
                let me = self.me.as_ref().map_or("*", Who::full);
                let text = format!(":{me} MODE {room} {letters}{values}");
                reply.timed(reply.now, text);
            }
            Gathered::Watched(report) => report.write(reply),
            Gathered::Found(found) => {
                reply.numeric_list(self.code_of_found().unwrap_or("302"), ":", found.iter());
            }
        }
    }

    fn code_of_found(&self) -> Option<&'static str> {
        match self.asked.verb {
            Verb::Userhost => Some("302"),
            Verb::Ison => Some("303"),
            _ => None,
        }
    }
}

/// Appends lines with one more tag, unless they are of a batch already.
pub(super) fn tag_lines(lines: &[u8], tag: &str, out: &mut Vec<u8>) {
    for line in lines.split_inclusive(|&byte| byte == b'\n') {
        out.push(b'@');
        match line.strip_prefix(b"@") {
            Some(tagged) if tagged.starts_with(b"batch=") => out.extend_from_slice(tagged),
            Some(tagged) => {
                out.extend_from_slice(tag.as_bytes());
                out.push(b';');
                out.extend_from_slice(tagged);
            }
            None => {
                out.extend_from_slice(tag.as_bytes());
                out.push(b' ');
                out.extend_from_slice(line);
            }
        }
    }
}
