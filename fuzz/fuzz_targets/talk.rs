//! Any lines of a few people, to the chat: whatever they are told about it is whole harmless lines
//! in every format, and the client takes them for what they are, never for something else that
//! somebody wrote.
#![no_main]

use std::time::Duration;

use chatd::chat::answer::{Answer, Listing, Place};
use chatd::chat::event::{Event, Farewell, Happening, What};
use chatd::chat::message::{Kind, Message, To};
use chatd::chat::name::RoomName;
use chatd::chat::outbound::{Audience, Outbound};
use chatd::chat::session::{Cloak, SessionId};
use chatd::chat::text::Text;
use chatd::chat::{Chat, ChatConfig};
use chatd::clock::Now;
use chatd::wire::text::{self, LineEnd};
use chatd::wire::{Decoder, Step};
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
        exact_names_bytes_max: 1 << 14,
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
            // Who speaks IRC is told as a person here: what it asks for concerns others alike.
            Step::Reply(_) | Step::Skip | Step::Alive | Step::Requested | Step::Irc(_) => {}
            Step::Page { .. } | Step::End { .. } => {
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
                let lines = written(|end, out| text::event(event, !is_focused, end, out));
                let parsed: Vec<_> = lines.iter().map(|line| ServerLine::parse(line)).collect();
                let meant = Vec::from_iter(meaning(event, is_focused));
                assert_eq!(parsed, meant, "{event:?}");
            }
        }
    }

    fn answer(&mut self, answer: &Answer<'_>, _: SessionId) {
        let lines = written(|end, out| text::answer(answer, end, out));
        for line in &lines {
            let parsed = ServerLine::parse(line);
            assert!(is_meant_for_one(answer, &parsed), "{answer:?} is read as {parsed:?}");
        }
        let is_long = matches!(
            answer,
            Answer::Help(_) | Answer::Present { .. } | Answer::Rooms { .. } | Answer::Lists { .. }
        );
        let count = if let Answer::Motd(shown) = answer {
            shown.len()
        } else if is_for_programs(answer) {
            0
        } else {
            1 + usize::from(matches!(answer, Answer::Entered { topic: Some(_), .. }))
        };
        assert!(lines.len() == count || (is_long && !lines.is_empty()), "{answer:?}: {lines:?}");
    }

    fn expel(&mut self, _: SessionId, _: Farewell<'_>) {}

    fn contest(&mut self, _holder: SessionId, _who: SessionId) {}

    fn toil(&mut self, _: u64) {}

    fn nameless(&self) -> usize {
        0
    }

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

/// The lines that are written, the same with each end.
fn written(write: impl Fn(LineEnd, &mut Vec<u8>)) -> Vec<String> {
    let [lines, other, another] = [LineEnd::Lf, LineEnd::CrLf, LineEnd::Cr].map(|end| {
        let mut bytes = Vec::new();
        write(end, &mut bytes);
        let text = String::from_utf8(bytes).expect("UTF-8");
        let end = std::str::from_utf8(end.as_bytes()).expect("ASCII");
        assert!(text.is_empty() || text.ends_with(end), "no line end: {text:?}");
        text.split_terminator(end).map(str::to_owned).collect::<Vec<_>>()
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

/// Whether people are shown nothing of an answer.
fn is_for_programs(answer: &Answer<'_>) -> bool {
    if let Answer::Earlier { message, .. } | Answer::Told(message) | Answer::Delivered(message) =
        answer
    {
        return !message.speech.kind.is_for_people();
    }
    if let Answer::Done { event, is_focused } = answer {
        return meaning(event, *is_focused).is_none();
    }
    matches!(
        answer,
        Answer::Registered(..)
            | Answer::Counts(_)
            | Answer::Found(..)
            | Answer::People { .. }
            | Answer::Was(_)
            | Answer::Invitations(_)
            | Answer::Described(_)
            | Answer::Talked(_)
            | Answer::Hidden { .. }
            | Answer::Watching(_)
            | Answer::News(_)
            | Answer::List { .. }
    )
}

/// Nothing, if people are not shown it.
fn said<'a>(message: &Message<'a>, is_focused: bool) -> Option<ServerLine<'a>> {
    let (nick, text) = (message.from.as_str(), message.speech.text.as_str());
    Some(match (message.to, message.speech.kind) {
        (_, Kind::Probe | Kind::Reply | Kind::Mark) => return None,
        (_, Kind::Note) => ServerLine::Unknown,
        (To::Room(room) | To::Ranked(_, room), kind) if !is_focused => {
            let (room, is_action) = (room.as_str(), kind == Kind::Act);
            ServerLine::Elsewhere { room, is_action, nick, text }
        }
        (_, Kind::Say) => ServerLine::Said { nick, text },
        (_, Kind::Act) => ServerLine::Acted { nick, text },
    })
}

/// Nothing, if people are not told of it or are told in another way.
fn meaning<'a>(event: &Event<'a>, is_focused: bool) -> Option<ServerLine<'a>> {
    Some(match event.what {
        What::Said(ref message) => return said(message, is_focused),
        What::In {
            what:
                Happening::Joined { is_counted: true, .. }
                | Happening::Parted { is_counted: true, .. }
                | Happening::Kicked { is_counted: true, .. }
                | Happening::Listed { .. }
                | Happening::Invited { .. },
            ..
        }
        | What::Left { is_counted: true, .. }
        | What::Away { is_news: false, .. }
        | What::Described { .. } => return None,
        What::In { what: Happening::Joined { who, .. }, .. } if is_focused => {
            ServerLine::Joined(who.as_str())
        }
        What::In {
            what: Happening::Parted { nick, .. } | Happening::Kicked { nick, .. }, ..
        } if is_focused => ServerLine::Left(nick.as_str()),
        What::In { what: Happening::Traffic { here, .. }, .. } if is_focused => {
            ServerLine::Counted(Some(here))
        }
        What::In { what: Happening::ManyKicked { .. }, .. } if is_focused => {
            ServerLine::Counted(None)
        }
        What::Renamed { from, to } => {
            ServerLine::Renamed { from: Some(from.as_str()), to: to.as_str() }
        }
        What::Left { nick, .. } => ServerLine::Left(nick.as_str()),
        What::In { .. } | What::Away { .. } => ServerLine::Notice,
    })
}

#[expect(clippy::too_many_lines, reason = "a table: what is read of each answer")]
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
        Answer::Earlier { ref message, is_focused } => {
            return said(message, is_focused).as_ref() == Some(read);
        }
        Answer::Done { ref event, is_focused } => {
            return meaning(event, is_focused).as_ref() == Some(read);
        }
        // Its topic follows.
        Answer::Entered { topic: Some(_), .. } if *read == ServerLine::Notice => return true,
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
            people: Listing { people, others, .. },
        } => {
            let count = Some(people.len() + others);
            return [ServerLine::Counted(count), ServerLine::Notice].contains(read);
        }
        Answer::Named(nick) => ServerLine::Renamed { from: None, to: nick.as_str() },
        Answer::Told(Message { from, speech, .. }) if speech.kind == Kind::Say => {
            ServerLine::Private { nick: from.as_str(), text: speech.text.as_str() }
        }
        Answer::Delivered(Message { from, to: To::Person(to), speech, .. })
            if speech.kind == Kind::Say =>
        {
            let (nick, to) = (from.as_str(), to.as_str());
            ServerLine::PrivateSent { nick, to, text: speech.text.as_str() }
        }
        Answer::Told(_) | Answer::Delivered(_) => ServerLine::Unknown,
        Answer::Registered(..)
        | Answer::Counts(_)
        | Answer::Found(..)
        | Answer::People { .. }
        | Answer::Was(_)
        | Answer::Invitations(_)
        | Answer::Described(_)
        | Answer::Talked(_)
        | Answer::Hidden { .. }
        | Answer::Watching(_)
        | Answer::News(_)
        | Answer::List { .. } => return false,
        Answer::Refused { named: false, .. } => return matches!(read, ServerLine::Refused { .. }),
        Answer::History { .. }
        | Answer::Motd(_)
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
