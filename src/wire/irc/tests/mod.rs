//! What holds for every line, however long all that it tells is.

mod words;

use std::time::Duration;

use proptest::prelude::*;
use words::{longest, words};

use crate::chat::answer::*;
use crate::chat::command::Command;
use crate::chat::event::{Event, Happening, What};
use crate::chat::name::{NICK_BYTES_MAX, ROOM_BYTES_MAX};
use crate::chat::room::Topic;
use crate::chat::session::Cloak;
use crate::chat::text::{Text, TextBuf};
use crate::chat::who::WHO_BYTES_MAX;
use crate::clock::Timestamp;
use crate::wire::irc::caps::Caps;
use crate::wire::irc::speaker::{Speaker, Terms};
use crate::wire::irc::verbs::VERBS;
use crate::wire::irc::{Framing, Identity, IrcVariant};
use crate::wire::{Decoder, Step, pieces, websocket};

/// The longest line without its tags and its end, and the longest tags with their `@` and their blank.
const LINE_BYTES_MAX: usize = 510;
const TAGS_BYTES_MAX: usize = 8191;

/// Fails unless these are whole lines that any client can read.
fn check(bytes: &[u8]) {
    let text = str::from_utf8(bytes).expect("no character is cut");
    let mut rest = text;
    while !rest.is_empty() {
        let (line, later) = rest.split_once("\r\n").expect("a line ends");
        rest = later;
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
        let body = match line.strip_prefix('@') {
            Some(tagged) => tagged.split_once(' ').expect("a line behind its tags").1,
            None => line,
        };
        assert!(line.len() - body.len() <= TAGS_BYTES_MAX, "{} bytes", line.len() - body.len());
        assert!(body.len() <= LINE_BYTES_MAX, "{} bytes: {body}", body.len());
        assert!(body.starts_with(':') || body.starts_with("ERROR :"), "{body}");
    }
}

/// The steps of these reads up to the end of the stream, and how each is answered. Whoever enters has a
/// nickname from then on.
fn steps(reads: &[&[u8]]) -> Vec<String> {
    let (mut decoder, mut named, mut steps) = (Decoder::default(), false, Vec::new());
    for mut input in reads.iter().copied() {
        loop {
            let mut scratch = String::new();
            let (step, format) = decoder.step(&mut input, named, LINE_BYTES_MAX, &mut scratch);
            if step == Step::Incomplete {
                assert!(input.is_empty(), "{reads:?}");
                break;
            }
            let is_entered = matches!(step, Step::Command(Command::Enter(_)));
            steps.push(format!("{step:?} {format:?}"));
            named |= is_entered;
        }
    }
    for _ in 0..4 {
        steps.push(format!("{:?}", decoder.finish(named, &mut String::new())));
    }
    steps
}

/// What matters somewhere in what a client sends.
fn sent() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&[u8]; 24] = [
        b"\n",
        b"\r\n",
        b"\r\n",
        b"\r",
        b"\r\0",
        b" ",
        b"CAP LS 302\r\n",
        b"CAP REQ :labeled-response message-tags\r\n",
        b"CAP END\r\n",
        b"NICK ana\r\nUSER a 0 * :Ana\r\n",
        b"@label=7;+a=b ",
        b"JOIN #a,#b,#c key\r\n",
        b"PRIVMSG #a,ana :\x01ACTION waves\x01\r\n",
        b"MODE #a +ov-b+k ana ana x!*@*\r\n",
        b"KICK #a,#b ana,bia :why\r\n",
        b"QUIT :bye",
        b"\xff\xfd\x06",
        b"\xff\xfa\x18",
        b"\xff\xf0",
        b"\xe9",
        b"\0",
        "日".as_bytes(),
        &[b'X'; LINE_BYTES_MAX],
        &[b'@'; 4094],
    ];
    let piece = prop::sample::select(PIECES.as_slice());
    let first: [&[u8]; 4] = [b"NICK ana\r\n", b"CAP LS 302\n", b"\r\nUSER a 0 * :Ana\r", b""];
    let first = prop::sample::select(first.to_vec());
    (first, prop::collection::vec(piece, 0..12))
        .prop_map(|(first, pieces)| [first, &pieces.concat()].concat())
}

proptest! {
    #[test]
    fn any_split_gives_the_same_steps(bytes in sent(), cuts in prop::collection::vec(0..400_usize, 0..6)) {
        let chunks = pieces(&bytes, cuts);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        let whole = steps(&[&bytes]);
        prop_assert_eq!(steps(&chunks), &*whole);
        prop_assert_eq!(steps(&single), &*whole);
        // What is sent back of a line is what a line may have.
        prop_assert!(!whole.iter().any(|step| step.starts_with("Irc(") && step.contains("\\0")), "{:?}", whole);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_line_of_an_event_is_one_that_clients_can_read(words in words()) {
        let variant = IrcVariant::of(words.caps, Framing::Line);
        for event in words.events() {
            let mut out = Vec::new();
            variant.event(&event, &words.identity, &mut out);
            check(&out);
            let is_tagged = out.starts_with(b"@");
            prop_assert!(!is_tagged || words.caps.has_tags(), "{event:?}");
            // Whoever reads messages is told the same.
            let (mut messages, mut framed) = (Vec::new(), Vec::new());
            let framing = Framing::Message(websocket::Kind::Text);
            IrcVariant { framing, ..variant }.event(&event, &words.identity, &mut messages);
            websocket::messages(websocket::Kind::Text, &out, &mut framed);
            prop_assert_eq!(messages, framed);
        }
    }

    #[test]
    fn every_line_of_an_answer_is_one_that_clients_can_read(words in words(), verb in any::<prop::sample::Index>()) {
        let verb = verb.get(&VERBS);
        check(&words.told(verb.verb, verb.name));
    }
}

#[test]
fn the_longest_names_are_as_long_as_the_limits_say() {
    let (who, room) = longest();
    assert_eq!((who.as_str().len(), who.full().len()), (NICK_BYTES_MAX, WHO_BYTES_MAX));
    assert_eq!(room.as_str().len(), ROOM_BYTES_MAX);
}

#[test]
fn a_text_as_long_as_005_says_is_never_cut() {
    let (who, room) = &longest();
    let identity = &Identity::new(&"n".repeat(64), "#lobby");
    let mut speaker = Speaker::default();
    let mut told = |answer: &Answer<'_>| {
        let mut out = Vec::new();
        let terms = Terms { identity, caps: Caps::NONE, now: Timestamp(1) };
        speaker.answer(answer, terms, &mut out);
        String::from_utf8(out).expect("UTF-8")
    };
    let support = told(&Answer::Registered(who));
    let text = |token: &str| {
        let length = support.split(' ').find_map(|word| word.strip_prefix(token));
        let text = "x".repeat(length.expect("a token").parse().expect("a number"));
        TextBuf::from(Text::harmless(&text).expect("text"))
    };
    let [topic, kick, away] = ["TOPICLEN=", "KICKLEN=", "AWAYLEN="].map(text);
    let set = &Topic { text: topic.clone(), by: who.clone(), at: Timestamp(1) };
    let place = Place { room, is_focused: true };
    let (is_in, since) = (true, Timestamp(1));
    let summary = RoomSummary { name: room, members: 999_999, is_in, topic: Some(set), since };
    for answer in
        [Answer::Topic { place, topic: Some(set) }, Answer::Rooms { rooms: &[summary], others: 0 }]
    {
        let line = format!(":{}\r\n", topic.as_text().as_str());
        assert!(told(&answer).contains(&line), "{answer:?}");
    }
    let reason = Some(kick.as_text());
    for (what, text) in [
        (Happening::Topic { by: who, topic: Some(topic.as_text()) }, &topic),
        (
            Happening::Kicked { by: who, nick: who, reason, is_banned: false, is_counted: false },
            &kick,
        ),
    ] {
        let mut out = Vec::new();
        let event = Event { at: Timestamp(1), what: What::In { room, what } };
        IrcVariant::of(Caps::NONE, Framing::Line).event(&event, identity, &mut out);
        let line = String::from_utf8(out).expect("UTF-8");
        assert!(line.ends_with(&format!(":{}\r\n", text.as_text().as_str())), "{line}");
    }
    let reason = away.as_text();
    let mut out = Vec::new();
    let what = What::Away { nick: who, reason: Some(reason), is_news: true };
    IrcVariant::of(Caps::NONE, Framing::Line).event(
        &Event { at: Timestamp(1), what },
        identity,
        &mut out,
    );
    assert!(out.ends_with(format!(":{}\r\n", reason.as_str()).as_bytes()));
    let profile = Profile {
        who,
        cloak: Cloak::Local,
        real_name: Text::default(),
        since,
        idle: Duration::ZERO,
        rooms: &[],
        away: Some(reason),
    };
    assert!(told(&Answer::Whois(profile)).contains(&format!(":{}\r\n", reason.as_str())));
}
