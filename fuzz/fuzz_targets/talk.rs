//! Any lines of a few people, to the chat: whatever they are told about it is whole harmless lines
//! in every format, and the client takes them for what they are, never for something else that
//! somebody wrote.
#![no_main]

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use chatd::chat::message::{Event, Farewell, Outbound};
use chatd::chat::name::Nick;
use chatd::chat::session::SessionId;
use chatd::chat::text::Text;
use chatd::chat::{Chat, ChatConfig};
use chatd::wire::text::LineEnd;
use chatd::wire::{Decoder, Format, Step};
use chatd_fuzz::{assert_harmless, choice};
use libfuzzer_sys::fuzz_target;

#[path = "../../examples/client"]
mod client {
    pub(crate) mod protocol;
}
use client::protocol::ServerLine;

const SESSIONS: usize = 8;

fuzz_target!(|data: &[u8]| {
    let mut chat = Chat::new(ChatConfig {
        name: "fuzz".into(),
        motd: "be kind".into(),
        history_max: 3,
        answer_bytes_max: 1 << 16,
        names_bytes_max: 1 << 14,
        history_bytes_at_once: 1 << 14,
    });
    let mut now = chatd_support::now();
    let mut decoders: [Decoder; SESSIONS] = Default::default();
    // Each line: who says it, how long after the one before, what.
    for line in data.split_inclusive(|&byte| byte == b'\n') {
        let mut line = line;
        let who = choice(&mut line);
        let id = SessionId(usize::from(who) % SESSIONS);
        now += Duration::from_secs(1) * 7_u32.pow(u32::from(who >> 5));
        if !receive(&mut chat, &mut decoders[id.0], id, line, now) {
            decoders[id.0] = Decoder::default();
        }
    }
});

/// Does what the bytes ask for. Whether the session stays.
fn receive(
    chat: &mut Chat,
    decoder: &mut Decoder,
    id: SessionId,
    bytes: &[u8],
    now: Instant,
) -> bool {
    let mut input = bytes;
    loop {
        let (named, mut scratch) = (chat.nick(id).is_some(), String::new());
        match decoder.step(&mut input, named, 1000, &mut scratch).0 {
            Step::Incomplete => return true,
            Step::Detected => chat.greet(id, &mut Check),
            Step::Reply(_) | Step::Skip => {}
            Step::End { .. } => {
                chat.leave(id, Farewell::Lost, now, &mut Check);
                return false;
            }
            Step::Refused(refusal) => Check.reply(&Event::Refused { refusal, named }, id),
            Step::Command(command) => {
                if let ControlFlow::Break(why) = chat.apply(id, command, now, &mut Check) {
                    chat.leave(id, why, now, &mut Check);
                    return false;
                }
            }
        }
    }
}

/// Looks at what anybody is told.
struct Check;

impl Outbound for Check {
    fn deliver(&mut self, event: &Event<'_>, to: impl Iterator<Item = SessionId>) {
        if to.count() > 0 {
            check(event);
        }
    }

    fn reply(&mut self, event: &Event<'_>, _: SessionId) {
        check(event);
    }

    fn is_behind(&self, _: SessionId) -> bool {
        false
    }
}

fn check(event: &Event<'_>) {
    let lines = written(event, Format::Text(LineEnd::Lf), "\n");
    assert_eq!(written(event, Format::Text(LineEnd::CrLf), "\r\n"), lines);
    assert_eq!(written(event, Format::Text(LineEnd::Cr), "\r"), lines);
    for line in &lines {
        assert_harmless(line);
        let mut scratch = String::new();
        let text = Text::parse(line.as_bytes(), &mut scratch);
        assert_eq!(text.as_str(), line, "the client sees another line");
        let parsed = ServerLine::parse(line);
        assert!(is_meant(event, &parsed), "{event:?} is read as {parsed:?}");
    }
    let many = matches!(event, Event::Help | Event::Present { .. });
    assert!(lines.len() == 1 || many, "{lines:?}");
}

fn written(event: &Event<'_>, format: Format, end: &str) -> Vec<String> {
    let mut bytes = Vec::new();
    format.encode(event, &mut bytes);
    let text = String::from_utf8(bytes).expect("UTF-8");
    let text = text.strip_suffix(end).expect("a line end");
    text.split(end).map(str::to_owned).collect()
}

fn is_meant(event: &Event<'_>, read: &ServerLine<'_>) -> bool {
    let names =
        |nicks: &[&Nick]| nicks.iter().map(|nick| nick.as_str().to_owned()).collect::<Vec<_>>();
    let meant = match *event {
        Event::Greeting { .. } => ServerLine::Greeting,
        Event::Welcomed { nick, here, .. } => {
            return matches!(read, ServerLine::Welcome { nick: name, here: others }
                if *name == nick.as_str() && *others == names(here));
        }
        Event::History { count: count @ 1.., .. } => ServerLine::Earlier(count),
        Event::Joined(nick) => ServerLine::Joined(nick.as_str()),
        Event::Renamed { from, to } => {
            ServerLine::Renamed { from: Some(from.as_str()), to: to.as_str() }
        }
        Event::Named(nick) => ServerLine::Renamed { from: None, to: nick.as_str() },
        Event::Said { from, text } => ServerLine::Said { nick: from, text },
        Event::Acted { from, text } => ServerLine::Acted { nick: from, text },
        Event::Told { from, text } => {
            ServerLine::Private { nick: from.as_str(), text: text.as_str() }
        }
        Event::Delivered { from, to, text } => {
            ServerLine::PrivateSent { nick: from.as_str(), to: to.as_str(), text: text.as_str() }
        }
        Event::Left { nick, reason } => {
            assert!(matches!(reason, Farewell::Quit(_)));
            ServerLine::Left(nick.as_str())
        }
        Event::Refused { named: false, .. } => return matches!(read, ServerLine::Refused { .. }),
        Event::History { count: 0, .. }
        | Event::Refused { named: true, .. }
        | Event::Notice(_)
        | Event::Traffic { .. }
        | Event::Present { .. }
        | Event::Help
        | Event::NamelessTooLong(_)
        | Event::NicknamesRefused(_)
        | Event::Full
        | Event::FullForAddress
        | Event::Stopping => ServerLine::Notice,
    };
    *read == meant
}
