//! Any lines of a few people, to the chat: whatever they are told about it is whole harmless lines
//! in every format, and the client takes them for what they are, never for something else that
//! somebody wrote.
#![no_main]

use std::time::Duration;

use chatd::chat::answer::{Answer, Listing, Place};
use chatd::chat::command::Kind;
use chatd::chat::event::{Event, Farewell, Happening};
use chatd::chat::message::Message;
use chatd::chat::name::RoomName;
use chatd::chat::outbound::{Audience, Outbound};
use chatd::chat::session::{Cloak, SessionId};
use chatd::chat::text::Text;
use chatd::chat::{Chat, ChatConfig};
use chatd::clock::Now;
use chatd::wire::text::LineEnd;
use chatd::wire::{Decoder, Format, Step};
use chatd_fuzz::{assert_harmless, choice};
use libfuzzer_sys::fuzz_target;

#[path = "../../examples/client"]
#[allow(dead_code, reason = "the rest of the client uses it")]
mod client {
    pub(crate) mod protocol;
}
use client::protocol::{Here, ServerLine};

const SESSIONS: usize = 8;

fuzz_target!(|data: &[u8]| {
    let mut chat = Chat::new(ChatConfig {
        name: "fuzz".into(),
        motd: "be kind".into(),
        home: RoomName::parse("lobby").expect("a name"),
        rooms_max: 4,
        messages_shown: 3,
        messages_kept: 5,
        history_bytes_max: 1 << 16,
        names_bytes_max: 1 << 14,
        history_bytes_at_once: 1 << 14,
        nicknames_refused_max: u32::MAX,
    });
    let mut now = Now::read();
    let mut decoders: [Decoder; SESSIONS] = Default::default();
    // Each line: who says it, how long after the one before, what.
    for line in data.split_inclusive(|&byte| byte == b'\n') {
        let mut line = line;
        let who = choice(&mut line);
        let id = SessionId::new(usize::from(who) % SESSIONS, 0);
        now += Duration::from_secs(1) * 7_u32.pow(u32::from(who >> 5));
        if !receive(&mut chat, &mut decoders[id.key()], id, line, now) {
            decoders[id.key()] = Decoder::default();
        }
    }
});

/// Does what the bytes ask for. Whether the session stays.
fn receive(chat: &mut Chat, decoder: &mut Decoder, id: SessionId, bytes: &[u8], now: Now) -> bool {
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
            Step::Refused(refusal) => {
                Check.answer(&Answer::Refused { refusal: &refusal, named }, id);
            }
            Step::Quit(reason) => {
                chat.leave(id, Farewell::Quit(reason), now, &mut Check);
                return false;
            }
            Step::Command(command) => {
                chat.apply(id, command, now, &mut Check);
            }
        }
    }
}

/// Looks at what anybody is told.
struct Check;

impl Outbound for Check {
    fn deliver(&mut self, event: &Event<'_>, to: &Audience<'_>) {
        for is_focused in [true, false] {
            if to.hearers().any(|member| member.is_focused() == is_focused) {
                let lines = written(|format, out| format.variant(is_focused).event(event, out));
                let [line] = lines.as_slice() else { panic!("{lines:?}") };
                let parsed = ServerLine::parse(line);
                let meant = meaning(event, is_focused);
                assert_eq!(parsed, meant, "{event:?}");
            }
        }
    }

    fn answer(&mut self, answer: &Answer<'_>, _: SessionId) {
        let lines = written(|format, out| format.answer(answer, out));
        for line in &lines {
            let parsed = ServerLine::parse(line);
            assert!(is_meant_for_one(answer, &parsed), "{answer:?} is read as {parsed:?}");
        }
        let many = matches!(
            answer,
            Answer::Help(_) | Answer::Present { .. } | Answer::Rooms { .. } | Answer::Lists { .. }
        );
        assert!(lines.len() == 1 || many, "{lines:?}");
    }

    fn expel(&mut self, _: SessionId, _: Farewell<'_>) {}

    fn toil(&mut self, _: u64) {}

    fn cloak(&self, who: SessionId) -> Cloak {
        // Two to an address, and some from the machine itself.
        match who.key() {
            0..6 => Cloak::Hashed { address: who.key() as u64 / 2, network: 0 },
            _ => Cloak::Local,
        }
    }

    fn is_behind(&self, _: SessionId) -> bool {
        false
    }
}

/// The lines that are written, the same in each format.
fn written(write: impl Fn(Format, &mut Vec<u8>)) -> Vec<String> {
    let [lines, other, another] = [LineEnd::Lf, LineEnd::CrLf, LineEnd::Cr].map(|end| {
        let mut bytes = Vec::new();
        write(Format::Text(end), &mut bytes);
        let text = String::from_utf8(bytes).expect("UTF-8");
        let end = std::str::from_utf8(end.as_bytes()).expect("ASCII");
        let text = text.strip_suffix(end).expect("a line end");
        text.split(end).map(str::to_owned).collect::<Vec<_>>()
    });
    assert_eq!(other, lines);
    assert_eq!(another, lines);
    for line in &lines {
        assert_harmless(line);
        let mut scratch = String::new();
        let text = Text::parse(line.as_bytes(), &mut scratch);
        assert_eq!(text.as_str(), line, "the client sees another line");
    }
    lines
}

fn said<'a>(message: &Message<'a>, is_focused: bool) -> ServerLine<'a> {
    let (nick, text) = (message.from.as_str(), message.text.as_str());
    match message.kind {
        kind if !is_focused => {
            let (room, is_action) = (message.room.as_str(), kind == Kind::Act);
            ServerLine::Elsewhere { room, is_action, nick, text }
        }
        Kind::Say => ServerLine::Said { nick, text },
        Kind::Act => ServerLine::Acted { nick, text },
    }
}

fn meaning<'a>(event: &Event<'a>, is_focused: bool) -> ServerLine<'a> {
    match *event {
        Event::Message(ref message) => said(message, is_focused),
        Event::In { what: Happening::Joined(nick), .. } if is_focused => {
            ServerLine::Joined(nick.as_str())
        }
        Event::Renamed { from, to } => {
            ServerLine::Renamed { from: Some(from.as_str()), to: to.as_str() }
        }
        Event::In {
            what: Happening::Parted { nick, .. } | Happening::Kicked { nick, .. }, ..
        } if is_focused => ServerLine::Left(nick.as_str()),
        Event::In { what: Happening::Traffic { here, .. }, .. } if is_focused => {
            ServerLine::Counted(Some(here))
        }
        Event::In { what: Happening::ManyKicked { .. }, .. } if is_focused => {
            ServerLine::Counted(None)
        }
        Event::Left { nick, .. } => ServerLine::Left(nick.as_str()),
        Event::In { .. } | Event::Away { .. } => ServerLine::Notice,
    }
}

fn is_meant_for_one(answer: &Answer<'_>, read: &ServerLine<'_>) -> bool {
    let is_here = |here: &Here<'_>, listing: Listing<'_>| {
        here.names.iter().copied().eq(listing.people.iter().map(|(nick, _)| nick.as_str()))
            && here.others == listing.others
    };
    let meant = match *answer {
        Answer::Greeting { .. } => ServerLine::Greeting,
        Answer::Welcomed { nick, others } => {
            return matches!(read, ServerLine::Welcome { nick: name, here }
                if *name == nick.as_str() && is_here(here, others));
        }
        Answer::History { place: Place { is_focused: true, .. }, count: count @ 1.., .. } => {
            ServerLine::Earlier(count)
        }
        Answer::Earlier { ref message, is_focused } => said(message, is_focused),
        Answer::Done { ref event, is_focused } => meaning(event, is_focused),
        Answer::Entered { room, others, .. } => {
            return matches!(read, ServerLine::TalksIn { room: Some(name), here: Some(here) }
                if *name == room.as_str() && is_here(here, others));
        }
        Answer::Focused(room) => {
            ServerLine::TalksIn { room: room.map(RoomName::as_str), here: None }
        }
        // In as many lines as it takes, of which the first tells how many there are.
        Answer::Present {
            place: Place { is_focused: true, .. },
            people: Listing { people, others },
        } => {
            let count = Some(people.len() + others);
            return [ServerLine::Counted(count), ServerLine::Notice].contains(read);
        }
        Answer::Named(nick) => ServerLine::Renamed { from: None, to: nick.as_str() },
        Answer::Told { from, text } => {
            ServerLine::Private { nick: from.as_str(), text: text.as_str() }
        }
        Answer::Delivered { from, to, text } => {
            ServerLine::PrivateSent { nick: from.as_str(), to: to.as_str(), text: text.as_str() }
        }
        Answer::Refused { named: false, .. } => return matches!(read, ServerLine::Refused { .. }),
        Answer::History { .. }
        | Answer::Notice(_)
        | Answer::Present { .. }
        | Answer::Topic { .. }
        | Answer::Rooms { .. }
        | Answer::Whois(_)
        | Answer::YouAreAway
        | Answer::YouAreBack
        | Answer::IsAway { .. }
        | Answer::Invited { .. }
        | Answer::Inviting { .. }
        | Answer::KeptOut { .. }
        | Answer::Pardoned { .. }
        | Answer::Lists { .. }
        | Answer::Rules { .. }
        | Answer::Help(_)
        | Answer::Refused { named: true, .. }
        | Answer::NamelessTooLong(_)
        | Answer::NicknamesRefused(_)
        | Answer::Full
        | Answer::FullForAddress
        | Answer::Stopping => ServerLine::Notice,
    };
    *read == meant
}
