//! Lines of a client into commands.

use std::borrow::Cow;

use super::caps::Caps;
use super::line::{LINE_BYTES_MAX, Line, TAGS_BYTES_MAX, split_tags};
use super::modes::{self, Asked};
use super::own::{Bye, CapReply, Own};
use super::past;
use super::verbs::{self, Entry, Verb};
use crate::chat::command::{Ask, Command, Newcomer, Question, Watch};
use crate::chat::message::{Extras, Kind, Speech};
use crate::chat::name::Nick;
use crate::chat::rules::Rank;
use crate::chat::text::{Styled, Text, TextBuf};
use crate::chat::watching::WATCHED_MAX;
use crate::wire::Step;
use crate::wire::text::{Line as Received, Lines};

/// So many people or rooms may be named at once where a message is for each: `TARGMAX` of `005`.
pub(super) const TARGETS_MAX: usize = 4;

/// So many rooms may be named at once to come in or go out.
pub(super) const ROOMS_MAX: usize = 10;

/// So many people may be asked about at once.
const FOUND_MAX: usize = 15;

/// So many changes one `MODE` may have: `MODES` of `005`.
pub(super) const MODES_MAX: usize = 20;

/// Decodes lines into commands.
#[derive(Debug)]
pub struct IrcDecoder {
    lines: Lines,
    caps: Caps,
    /// What a newcomer has told of itself so far.
    newcomer: Option<Box<Told>>,
    /// The line that is followed now: it may ask for several things.
    current: Option<Box<Current>>,
    /// What was last asked for in negotiating is granted.
    is_granted: bool,
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

/// How many things a line asks for: mostly one, or one for each that it names.
fn requests(verb: Verb, line: &Line<'_>) -> usize {
    let named = |index: usize| line.param(index).split(',').count();
    match verb {
        Verb::Privmsg | Verb::Notice | Verb::Tagmsg | Verb::Names if named(0) <= TARGETS_MAX => {
            named(0)
        }
        Verb::Join | Verb::Part if named(0) <= ROOMS_MAX => named(0),
        Verb::Monitor if named(1) <= WATCHED_MAX => named(1),
        Verb::Kick if named(0).max(named(1)) <= TARGETS_MAX => named(0).max(named(1)),
        Verb::Mode if line.param(0).starts_with('#') => {
            let letters = line.param(1).chars().filter(|letter| !matches!(letter, '+' | '-'));
            letters.count().clamp(1, MODES_MAX)
        }
        Verb::Ison | Verb::Userhost => {
            line.params().iter().flat_map(|it| it.split(' ')).take(FOUND_MAX).count()
        }
        // The server says goodbye first.
        Verb::Quit => 2,
        _ => 1,
    }
}

/// The `index`th of those that a parameter names.
fn nth(param: &str, index: usize) -> &str {
    param.split(',').nth(index).unwrap_or_default()
}

impl IrcDecoder {
    /// A decoder that goes on with these lines.
    #[must_use]
    pub(crate) fn new(lines: Lines) -> Self {
        Self {
            lines,
            caps: Caps::NONE,
            newcomer: Some(Box::default()),
            current: None,
            is_granted: false,
        }
    }

    /// What was agreed on.
    #[must_use]
    pub fn caps(&self) -> Caps {
        self.caps
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
            let limit = "@".len() + TAGS_BYTES_MAX + " ".len() + LINE_BYTES_MAX;
            match self.lines.next(input, limit).0 {
                Received::Incomplete => return Some(Step::Incomplete),
                Received::Answer(bytes) => return Some(Step::Reply(bytes)),
                Received::TooLong => return Some(Step::Irc(Own::TOO_LONG)),
                Received::Complete(line) => match Current::new(line) {
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
        let Some(current) = &self.current else { return Step::Skip };
        let line = Line::parse(&current.line).unwrap_or_default();
        let entry = verbs::find(line.verb);
        let verb = entry.map(|entry| entry.verb).unwrap_or_default();
        let Some(index) = current.steps.checked_sub(2) else {
            let label = line.tag("label").filter(|_| self.caps.has(Caps::LABELED_RESPONSE));
            return Step::Irc(Own::Begin {
                verb,
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
            Some(entry) if entry.is_early => self.early(verb, &line, index, named),
            Some(_) => {
                let has_tags = self.caps.has(Caps::MESSAGE_TAGS);
                let extras = if has_tags { &*current.extras } else { "" };
                request(verb, &line, index, Extras(extras), scratch)
            }
        }
    }

    /// What may be asked for before the registration is complete.
    fn early<'a>(&'a self, verb: Verb, line: &Line<'a>, index: usize, named: bool) -> Step<'a> {
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
            Verb::Quit => Step::Quit(text(first).filter(|reason| !reason.is_blank())),
            Verb::Nick if first.is_empty() => {
                Step::Irc(Own::numeric("431", "", "No nickname given"))
            }
            Verb::Nick if named => Step::Command(Command::Nick(harmless(first))),
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

/// What the `index`th request of a line asks for.
fn request<'a>(
    verb: Verb,
    line: &Line<'a>,
    index: usize,
    extras: Extras<'a>,
    scratch: &'a mut String,
) -> Step<'a> {
    let first = line.param(0);
    let too_many = || Step::Irc(Own::TooManyTargets);
    match verb {
        Verb::Privmsg | Verb::Notice | Verb::Tagmsg => {
            if first.split(',').count() > TARGETS_MAX {
                return too_many();
            }
            say(verb, nth(first, index), line, extras, scratch)
        }
        Verb::Join | Verb::Part if first.split(',').count() > ROOMS_MAX => too_many(),
        Verb::Join => {
            let key = text(nth(line.param(1), index)).filter(|key| !key.as_str().is_empty());
            match room(nth(first, index)) {
                Some(room) => Step::Command(Command::Join { room, key }),
                None => no_room(nth(first, index)),
            }
        }
        Verb::Part => {
            there(nth(first, index), Ask::Part(text(line.param(1)).filter(|it| !it.is_blank())))
        }
        Verb::Names if first.is_empty() => Step::Skip,
        Verb::Names if first.split(',').count() > TARGETS_MAX => too_many(),
        Verb::Names => match room(nth(first, index)) {
            Some(room) => Step::Command(Command::In { room: Some(room), ask: Ask::Who }),
            None => Step::Skip,
        },
        Verb::Topic if line.params().len() < 2 => there(first, Ask::Topic(None)),
        Verb::Topic => {
            let topic = Text::parse(line.param(1).as_bytes(), scratch);
            there(first, Ask::Topic(Some(topic)))
        }
        Verb::Kick => kick(line, index),
        Verb::Chathistory => past::asked(line).unwrap_or_else(Step::Irc),
        Verb::Redact => past::taken_back(line),
        Verb::Mode => mode(line, index),
        Verb::Monitor => monitor(line, index),
        Verb::Invite => match (line.param(0), line.param(1)) {
            ("", _) => Step::Command(Command::Ask(Question::Invitations)),
            (_, "") => Step::Irc(Own::NeedMoreParams),
            (nick, room) => there(room, Ask::Invite(harmless(nick))),
        },
        Verb::Who if first.is_empty() => Step::Irc(Own::NeedMoreParams),
        Verb::Ison | Verb::Userhost => {
            let mut named = line.params().iter().flat_map(|it| it.split(' '));
            match named.nth(index).filter(|nick| !nick.is_empty()) {
                Some(nick) => ask(Question::Find(harmless(nick))),
                None => Step::Skip,
            }
        }
        _ => question(verb, line, scratch),
    }
}

/// What is asked for once.
fn question<'a>(verb: Verb, line: &Line<'a>, scratch: &'a mut String) -> Step<'a> {
    let (first, params) = (line.param(0), line.params());
    Step::Command(match verb {
        Verb::Away => {
            let reason = Text::parse(first.as_bytes(), scratch);
            Command::Away(Some(reason).filter(|reason| !reason.is_blank()))
        }
        Verb::Setname => Command::Describe(Text::parse(first.as_bytes(), scratch)),
        Verb::List => Command::Rooms,
        Verb::Who => Command::Ask(Question::People(harmless(first))),
        // What is between may be the name of a server.
        Verb::Whois => match params.last() {
            Some(nick) if !nick.is_empty() => Command::Whois(harmless(nth(nick, 0))),
            Some(_) | None => return Step::Irc(Own::numeric("431", "", "No nickname given")),
        },
        Verb::Whowas if first.is_empty() => {
            return Step::Irc(Own::numeric("431", "", "No nickname given"));
        }
        Verb::Whowas => Command::Ask(Question::Was(harmless(first))),
        Verb::Motd => Command::Ask(Question::Motd),
        Verb::Lusers => Command::Ask(Question::Counts),
        Verb::Version | Verb::Time | Verb::Info | Verb::Help => {
            return Step::Irc(Own::Tell(first));
        }
        Verb::Oper => {
            return Step::Irc(Own::numeric("491", "", "Nobody is in charge of this server"));
        }
        _ => return Step::Skip,
    })
}

fn say<'a>(
    verb: Verb,
    target: &'a str,
    line: &Line<'a>,
    extras: Extras<'a>,
    scratch: &'a mut String,
) -> Step<'a> {
    let words = line.param(1);
    let is_silent = verb == Verb::Notice;
    if target.is_empty() {
        return if is_silent {
            Step::Skip
        } else {
            Step::Irc(Own::numeric("411", "", "No recipient given"))
        };
    }
    if words.is_empty() && verb != Verb::Tagmsg {
        return if is_silent {
            Step::Skip
        } else {
            Step::Irc(Own::numeric("412", "", "No text to send"))
        };
    }
    let speech = speech(verb, words, extras, scratch);
    let rank = match target.as_bytes() {
        [b'@', b'#', ..] => Some(Rank::Operator),
        [b'+', b'#', ..] => Some(Rank::Voice),
        _ => None,
    };
    match rank {
        Some(rank) => there(&target[1..], Ask::SayRanked { rank, speech }),
        None if target.starts_with('#') => there(target, Ask::Say(speech)),
        None => Step::Command(Command::Tell { to: harmless(target), speech }),
    }
}

fn speech<'a>(
    verb: Verb,
    words: &'a str,
    extras: Extras<'a>,
    scratch: &'a mut String,
) -> Speech<'a> {
    let probe = words.strip_prefix('\x01').map(|probe| probe.strip_suffix('\x01').unwrap_or(probe));
    let act =
        probe.and_then(|probe| probe.strip_prefix("ACTION ")).filter(|_| verb == Verb::Privmsg);
    let (kind, shown) = match (verb, act, probe) {
        (Verb::Tagmsg, ..) => {
            return Speech { kind: Kind::Mark, text: Text::default(), styled: None, extras };
        }
        (_, Some(act), _) => (Kind::Act, act),
        (Verb::Notice, _, Some(_)) => (Kind::Reply, words),
        (Verb::Notice, _, None) => (Kind::Note, words),
        (_, _, Some(_)) => (Kind::Probe, words),
        (_, _, None) => (Kind::Say, words),
    };
    let styled = Styled::parse(shown);
    let text = match styled {
        Some(styled) => styled.plain(scratch),
        None => Text::parse(shown.as_bytes(), scratch),
    };
    Speech { kind, text, styled, extras }
}

fn kick<'a>(line: &Line<'a>, index: usize) -> Step<'a> {
    let (rooms, nicks) = (line.param(0), line.param(1));
    let (room_count, nick_count) = (rooms.split(',').count(), nicks.split(',').count());
    if room_count.max(nick_count) > TARGETS_MAX {
        return Step::Irc(Own::TooManyTargets);
    }
    let room = nth(rooms, if room_count == 1 { 0 } else { index });
    let nick = harmless(nth(nicks, if nick_count == 1 { 0 } else { index }));
    let reason = text(line.param(2)).filter(|reason| !reason.is_blank());
    there(room, Ask::Kick { nick, reason })
}

fn monitor<'a>(line: &Line<'a>, index: usize) -> Step<'a> {
    let names = line.param(1);
    match (line.param(0), names) {
        ("+" | "-", "") => Step::Irc(Own::NeedMoreParams),
        ("+" | "-", _) if names.split(',').count() > WATCHED_MAX => Step::Irc(Own::TooManyTargets),
        (sign @ ("+" | "-"), _) => match text(nth(names, index)).filter(|name| !name.is_blank()) {
            Some(name) if sign == "+" => Step::Command(Command::Watch(Watch::Add(name))),
            Some(name) => Step::Command(Command::Watch(Watch::Remove(name))),
            None => Step::Skip,
        },
        // Whatever else is named in the line.
        _ if index > 0 => Step::Skip,
        ("C" | "c", _) => Step::Command(Command::Watch(Watch::Clear)),
        ("L" | "l" | "S" | "s", _) => ask(Question::Watched),
        _ => Step::Irc(Own::Fail {
            code: "INVALID_PARAMS",
            about: ["", ""],
            text: "Not one of + - C L S",
        }),
    }
}

fn mode<'a>(line: &Line<'a>, index: usize) -> Step<'a> {
    let (target, letters) = (line.param(0), line.param(1));
    if !target.starts_with('#') {
        return user_mode(target, letters);
    }
    let params = line.params().get(2..).unwrap_or_default();
    match modes::asked(letters, params, index) {
        None => there(target, Ask::Rules),
        Some(Asked::Change(change)) => there(target, Ask::Change(change)),
        Some(Asked::Rank { rank, nick, is_given }) => {
            there(target, Ask::Rank { nick: harmless(nick), rank, is_given })
        }
        Some(Asked::List { list, mask, is_added: true }) => {
            let (who, time) = (harmless(mask), None);
            there(target, Ask::KeepOut { list, who, time, throws_out: false })
        }
        Some(Asked::List { list, mask, is_added: false }) => {
            there(target, Ask::Pardon { list, who: harmless(mask) })
        }
        Some(Asked::Show(list)) => there(target, Ask::List(list)),
        Some(Asked::Unknown(letter)) => Step::Irc(Own::UnknownMode(letter)),
        Some(Asked::Bad { letter, value, why }) => {
            Step::Irc(Own::BadMode { room: target, letter, value, why })
        }
    }
}

/// A person's modes: there is only one.
fn user_mode<'a>(nick: &'a str, letters: &str) -> Step<'a> {
    let mut is_set = true;
    let mut is_hidden = None;
    for letter in letters.chars() {
        match letter {
            '+' | '-' => is_set = letter == '+',
            'i' => is_hidden = Some(is_set),
            // What clients set unasked, and what has no meaning here.
            'w' | 's' | 'x' => {}
            _ => return Step::Irc(Own::numeric("501", "", "Unknown MODE flag")),
        }
    }
    Step::Command(Command::Hide { nick: harmless(nick), is_hidden })
}

fn ask(question: Question<'_>) -> Step<'_> {
    Step::Command(Command::Ask(question))
}

fn there<'a>(name: &'a str, ask: Ask<'a>) -> Step<'a> {
    match room(name) {
        Some(room) => Step::Command(Command::In { room: Some(room), ask }),
        None => no_room(name),
    }
}

/// The name of a room: it begins with `#`.
pub(super) fn room(name: &str) -> Option<Text<'_>> {
    text(name).filter(|name| name.strip_prefix('#').is_some())
}

fn no_room(name: &str) -> Step<'_> {
    Step::Irc(Own::numeric("403", name, "No such channel"))
}

/// What has nothing that could harm; else nothing.
fn text(text: &str) -> Option<Text<'_>> {
    Text::harmless(text)
}

/// A name; what could harm is nobody's, as is an empty one.
fn harmless(name: &str) -> Text<'_> {
    Text::harmless(name).unwrap_or_default()
}
