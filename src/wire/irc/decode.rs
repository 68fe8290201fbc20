//! Lines of a client into commands.

use std::borrow::Cow;

use super::Framing;
use super::caps::Caps;
use super::line::{LINE_BYTES_MAX, Line, TAGS_BYTES_MAX, split_tags};
use super::own::{Bye, CapReply, Own};
use super::request::{harmless, reason, request, requests};
use super::verbs::{self, Entry, Verb};
use crate::chat::command::{Command, Newcomer};
use crate::chat::message::Extras;
use crate::chat::name::Nick;
use crate::chat::text::{Text, TextBuf};
use crate::wire::text::{Line as Received, Lines};
use crate::wire::websocket::{self, Frames, Kind};
use crate::wire::{Ending, Format, Step};

/// Decodes lines into commands.
#[derive(Debug)]
pub struct IrcDecoder {
    source: Source,
    caps: Caps,
    /// What a newcomer has told of itself so far.
    newcomer: Option<Box<Told>>,
    /// The line that is followed now: it may ask for several things.
    current: Option<Box<Current>>,
    /// What was last asked for in negotiating is granted.
    is_granted: bool,
}

/// Where lines come from.
#[derive(Debug)]
enum Source {
    Lines(Lines),
    Messages(Box<Messages>),
}

/// The messages of a WebSocket, of which each is a line.
#[derive(Debug)]
struct Messages {
    kind: Kind,
    frames: Frames,
    /// What the protocol of the messages wants sent back, and whether it ends with that.
    reply: Vec<u8>,
    ending: Option<Ending>,
}

/// What a source has.
enum Found<'a> {
    Line(&'a [u8]),
    Step(Step<'static>),
    /// A source wants something sent back: see [`Messages::reply`].
    Reply,
}

impl Source {
    fn next<'a, 'i: 'a>(&'a mut self, input: &mut &'i [u8]) -> Found<'a> {
        let limit = "@".len() + TAGS_BYTES_MAX + " ".len() + LINE_BYTES_MAX;
        match self {
            Self::Lines(lines) => match lines.next(input, limit).0 {
                Received::Incomplete => Found::Step(Step::Incomplete),
                Received::Answer(bytes) => Found::Step(Step::Reply(bytes)),
                Received::TooLong => Found::Step(Step::Irc(Own::TOO_LONG)),
                Received::Complete(line) => Found::Line(line),
            },
            Self::Messages(messages) => messages.next(input, limit),
        }
    }

    fn reply(&self) -> Step<'_> {
        match self {
            Self::Lines(_) => Step::Skip,
            Self::Messages(messages) => {
                let reply = &messages.reply;
                messages.ending.map_or(Step::Reply(reply), |why| Step::End { reply, why })
            }
        }
    }
}

impl Messages {
    fn next(&mut self, input: &mut &[u8], limit: usize) -> Found<'_> {
        self.reply = Vec::new();
        if self.ending.is_some() {
            *input = &[];
            return Found::Step(Step::Incomplete);
        }
        match self.frames.next(input, limit) {
            websocket::Received::Incomplete => Found::Step(Step::Incomplete),
            websocket::Received::TooLong => Found::Step(Step::Irc(Own::TOO_LONG)),
            websocket::Received::Pong => Found::Step(Step::Alive),
            // Some end it as on a stream.
            websocket::Received::Message(_, message) => {
                let line = message.strip_suffix(b"\n").unwrap_or(message);
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                if line.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
                    return Found::Step(Step::Irc(Own::SEVERAL_LINES));
                }
                Found::Line(line)
            }
            websocket::Received::Ping(payload) => {
                websocket::pong(payload, &mut self.reply);
                Found::Reply
            }
            websocket::Received::Close(code) => {
                websocket::close(code, &mut self.reply);
                self.ending = Some(Ending::Closed);
                Found::Reply
            }
            websocket::Received::Violation(code) => {
                websocket::close(Some(code), &mut self.reply);
                self.ending = Some(Ending::Violation);
                Found::Reply
            }
        }
    }
}

/// What a newcomer has told of itself so far.
#[derive(Debug, Default)]
struct Told {
    nick: Option<TextBuf>,
    user: Option<TextBuf>,
    real_name: TextBuf,
    /// It negotiates capabilities, and is not to be let in before it says that it has done so.
    is_negotiating: bool,
}

impl Told {
    fn note(&mut self, verb: Verb, line: &Line<'_>) {
        let harmless = |text: &str| Text::parse(text.as_bytes(), &mut String::new()).into();
        match verb {
            // What is none is refused, and another one comes.
            Verb::Nick if Nick::parse(line.param(0)).is_ok() => {
                self.nick = Some(harmless(line.param(0)));
            }
            Verb::User if !line.param(3).is_empty() => {
                self.user = Some(harmless(line.param(0)));
                self.real_name = harmless(line.param(3));
            }
            _ => {}
        }
    }

    fn newcomer(&self) -> Option<Newcomer<'_>> {
        let (nick, user) = (self.nick.as_ref()?.as_text(), self.user.as_ref()?.as_text());
        let real_name = self.real_name.as_text();
        (!self.is_negotiating).then_some(Newcomer { nick, user, real_name })
    }
}

/// A line, and how far it was followed.
#[derive(Debug)]
struct Current {
    line: String,
    /// It was not UTF-8, and is so now.
    is_mended: bool,
    /// The tags for others, as they are passed on.
    extras: String,
    /// How many things it asks for.
    requests: usize,
    /// How many steps came of it: the first says that it begins, and one follows for each request.
    steps: usize,
}

impl Current {
    /// A line that asks for something, or why it is none. Nothing if it is blank.
    fn new(bytes: &[u8]) -> Result<Option<Self>, Own<'static>> {
        let text = String::from_utf8_lossy(bytes);
        let is_mended = matches!(text, Cow::Owned(_));
        // No line of IRC has a NUL, and some are told again what they sent.
        let text = if text.contains('\0') { text.replace('\0', "").into() } else { text };
        let (tags, rest) = split_tags(&text);
        if tags.len() > TAGS_BYTES_MAX || rest.len() > LINE_BYTES_MAX {
            return Err(Own::TOO_LONG);
        }
        let Some(line) = Line::parse(&text) else { return Ok(None) };
        let entry = verbs::find(line.verb);
        let verb = entry.map(|entry| entry.verb).unwrap_or_default();
        if is_mended && !matches!(verb, Verb::Privmsg | Verb::Notice) {
            return Err(Own::NOT_UTF8);
        }
        let extras: Vec<&str> = line.client_tags().collect();
        Ok(Some(Self {
            extras: extras.join(";"),
            requests: if is_short(entry, &line) { 1 } else { requests(verb, &line) },
            is_mended,
            steps: 0,
            line: text.into_owned(),
        }))
    }
}

/// Whether a line has fewer parameters than its verb needs.
fn is_short(entry: Option<&Entry>, line: &Line<'_>) -> bool {
    entry.is_some_and(|entry| line.params().len() < entry.params_min)
}

impl IrcDecoder {
    /// A decoder that goes on with these lines.
    #[must_use]
    pub(crate) fn in_lines(lines: Lines) -> Self {
        Self::new(Source::Lines(lines))
    }

    /// A decoder of the messages of a WebSocket.
    #[must_use]
    pub(crate) fn in_messages(kind: Kind) -> Self {
        let (frames, reply, ending) = (Frames::default(), Vec::new(), None);
        Self::new(Source::Messages(Box::new(Messages { kind, frames, reply, ending })))
    }

    fn new(source: Source) -> Self {
        Self {
            source,
            caps: Caps::NONE,
            newcomer: Some(Box::default()),
            current: None,
            is_granted: false,
        }
    }

    /// How its client is written for.
    #[must_use]
    pub fn format(&self) -> Format {
        let framing = match &self.source {
            Source::Lines(_) => Framing::Line,
            Source::Messages(messages) => Framing::Message(messages.kind),
        };
        Format::Irc { caps: self.caps, framing }
    }

    /// Whether something is to be followed of what came: a line without an end is none here.
    #[must_use]
    pub fn is_within_line(&self) -> bool {
        self.current.is_some()
    }

    /// Takes bytes from the front of `input`, as far as it needs more for the next step, and notes what that
    /// changes for the protocol. [`IrcDecoder::step`] tells it, unless it is one that is known already.
    pub fn advance(&mut self, input: &mut &[u8], named: bool) -> Option<Step<'static>> {
        self.current.take_if(|current| current.steps > current.requests + 1);
        if self.current.is_none() {
            match self.source.next(input) {
                Found::Step(step) => return Some(step),
                Found::Reply => return None,
                Found::Line(line) => match Current::new(line) {
                    Ok(Some(current)) => self.current = Some(Box::new(current)),
                    Ok(None) => return Some(Step::Skip),
                    Err(own) => return Some(Step::Irc(own)),
                },
            }
        }
        let current = self.current.as_mut()?;
        current.steps += 1;
        if named {
            self.newcomer = None;
        }
        if current.steps == 2 {
            let line = Line::parse(&current.line).unwrap_or_default();
            match (verbs::find(line.verb).map(|entry| entry.verb), &mut self.newcomer) {
                (Some(Verb::Cap), newcomer) => {
                    self.is_granted = negotiate(&line, &mut self.caps, newcomer.as_deref_mut());
                }
                (Some(verb), Some(newcomer)) => newcomer.note(verb, &line),
                _ => {}
            }
        }
        None
    }

    /// The step to which it has [advanced](IrcDecoder::advance).
    pub fn step<'a>(&'a self, named: bool, scratch: &'a mut String) -> Step<'a> {
        let Some(current) = &self.current else { return self.source.reply() };
        let line = Line::parse(&current.line).unwrap_or_default();
        let entry = verbs::find(line.verb);
        let verb = entry.map(|entry| entry.verb).unwrap_or_default();
        let Some(index) = current.steps.checked_sub(2) else {
            let label = line.tag("label").filter(|_| self.caps.has(Caps::LABELED_RESPONSE));
            let is_followed =
                (named || entry.is_some_and(|it| it.is_early)) && !is_short(entry, &line);
            return Step::Irc(Own::Begin {
                // What is refused as a whole has no list that ends.
                verb: if is_followed { verb } else { Verb::Unknown },
                name: entry.map_or(line.verb, |entry| entry.name),
                label: label.unwrap_or_default(),
                line: split_tags(&current.line).1,
                // Whoever comes in has to name itself.
                price: entry.filter(|_| named).map_or(0, |it| it.price * current.requests),
                is_mended: current.is_mended,
            });
        };
        if index == current.requests {
            return Step::Irc(Own::Finish);
        }
        match entry {
            None => Step::Irc(Own::UnknownCommand(line.verb)),
            Some(entry) if !named && !entry.is_early => Step::Irc(Own::NOT_REGISTERED),
            Some(_) if is_short(entry, &line) => Step::Irc(Own::NeedMoreParams),
            Some(entry) if entry.is_early => self.early(verb, &line, index, named, scratch),
            Some(_) => {
                let has_tags = self.caps.has(Caps::MESSAGE_TAGS);
                let extras = if has_tags { &*current.extras } else { "" };
                request(verb, &line, index, Extras(extras), scratch)
            }
        }
    }

    /// What may be asked for before the registration is complete.
    fn early<'a>(
        &'a self,
        verb: Verb,
        line: &Line<'a>,
        index: usize,
        named: bool,
        scratch: &'a mut String,
    ) -> Step<'a> {
        let first = line.param(0);
        match verb {
            Verb::Cap => match first.to_ascii_uppercase().as_str() {
                "LS" => Step::Irc(Own::Cap(CapReply::Offered)),
                "LIST" => Step::Irc(Own::Cap(CapReply::Agreed(self.caps))),
                "REQ" if self.is_granted => Step::Irc(Own::Cap(CapReply::Granted(line.param(1)))),
                "REQ" => Step::Irc(Own::Cap(CapReply::Refused(line.param(1)))),
                "END" => self.enter(),
                _ => Step::Irc(Own::Cap(CapReply::Unknown(first))),
            },
            Verb::Ping if line.params().is_empty() => Step::Irc(Own::NeedMoreParams),
            Verb::Ping if first.is_empty() => {
                Step::Irc(Own::numeric("409", "", "No origin specified"))
            }
            Verb::Ping => Step::Irc(Own::Pong(first)),
            Verb::Quit if index == 0 => Step::Irc(Own::Bye(Bye::Quit(first))),
            Verb::Quit => Step::Quit(reason(first, scratch)),
            Verb::Nick if first.is_empty() => {
                Step::Irc(Own::numeric("431", "", "No nickname given"))
            }
            Verb::Nick if named => Step::Command(Command::Nick(harmless(first))),
            Verb::Nick if Nick::parse(first).is_err() => {
                Step::Command(Command::TryNick(harmless(first)))
            }
            Verb::User | Verb::Pass if named => {
                Step::Irc(Own::numeric("462", "", "You may not reregister"))
            }
            Verb::User if line.param(3).is_empty() => Step::Irc(Own::NeedMoreParams),
            Verb::Nick => match self.enter() {
                Step::Skip => Step::Command(Command::TryNick(harmless(first))),
                step => step,
            },
            Verb::User => self.enter(),
            _ => Step::Skip,
        }
    }

    /// Lets a newcomer in that has told all that is needed.
    fn enter(&self) -> Step<'_> {
        match self.newcomer.as_deref().and_then(Told::newcomer) {
            Some(newcomer) => Step::Command(Command::Enter(newcomer)),
            None => Step::Skip,
        }
    }
}

/// Agrees on capabilities, as a line asks for. Returns whether it may have what it wants.
fn negotiate(line: &Line<'_>, caps: &mut Caps, newcomer: Option<&mut Told>) -> bool {
    let wanted = line.param(1);
    let is_begun = match line.param(0).to_ascii_uppercase().as_str() {
        "LS" => {
            if wanted.parse().is_ok_and(|version: u32| version >= 302) {
                // Whoever asks so is told when there are others. (There never are.)
                *caps = *caps | Caps::CAP_NOTIFY;
            }
            true
        }
        "REQ" => true,
        "END" => false,
        _ => return false,
    };
    if let Some(newcomer) = newcomer {
        newcomer.is_negotiating = is_begun;
    }
    if !line.param(0).eq_ignore_ascii_case("REQ") {
        return false;
    }
    let after = caps.after(wanted);
    *caps = after.unwrap_or(*caps);
    after.is_some()
}
