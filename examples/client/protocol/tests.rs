use std::time::Duration;

use chatd::chat::answer::{Answer, Listing, Place, Refusal};
use chatd::chat::command::{Ask, Command, Help};
use chatd::chat::event::{Event, Farewell, Happening, What};
use chatd::chat::message::{Kind, Message, MessageId, Speech, To};
use chatd::chat::name::{NameError, Nick, RoomName};
use chatd::chat::room::Topic;
use chatd::chat::rules::Ranks;
use chatd::chat::session::Cloak;
use chatd::chat::text::Text;
use chatd::chat::who::{User, Who};
use chatd::clock::Timestamp;
use chatd::wire::Step;
use chatd::wire::text::{self as written, LineEnd, TextDecoder};

use super::*;
use crate::client::commands::{COMMANDS, OWN, command, is_quit};
use ServerLine::{
    Acted, Counted, Earlier, Elsewhere, Greeting, Joined, Left, Notice, Private, PrivateSent,
    Refused, Renamed, Said, TalksIn, Unknown, Welcome,
};

fn topic(about: &str) -> Topic {
    Topic { text: text(about).into(), by: who("ana"), at: Timestamp(1) }
}

fn nick(name: &str) -> Nick {
    Nick::parse(name).expect("a nickname")
}

fn who(name: &str) -> Who {
    Who::new(&nick(name), &User::default(), Cloak::Local)
}

fn room() -> RoomName {
    RoomName::parse("lobby").expect("a name")
}

fn text(text: &str) -> Text<'_> {
    // Harmless text is borrowed, and needs no place to be changed in.
    Text::parse(text.as_bytes(), Box::leak(Box::default()))
}

fn here<'a>(names: &[&'a str], others: usize) -> Here<'a> {
    Here { names: names.to_vec(), others }
}

/// What the library writes for an answer means the same to this client, line by line.
#[track_caller]
fn check(answer: &Answer<'_>, expected: &[ServerLine<'_>]) {
    let mut bytes = Vec::new();
    written::answer(answer, LineEnd::Lf, &mut bytes);
    check_lines(bytes, expected);
}

/// The same for what happens.
#[track_caller]
fn check_event(what: What<'_>, expected: &[ServerLine<'_>]) {
    let mut bytes = Vec::new();
    written::event(&Event { at: Timestamp(1), what }, false, LineEnd::Lf, &mut bytes);
    check_lines(bytes, expected);
}

#[track_caller]
fn check_lines(bytes: Vec<u8>, expected: &[ServerLine<'_>]) {
    let written = String::from_utf8(bytes).expect("UTF-8");
    let parsed: Vec<_> = written.lines().map(ServerLine::parse).collect();
    assert_eq!(parsed, expected, "{written}");
}

#[test]
fn a_room_whose_name_ends_with_a_dot_hides_nobody() {
    let line = "*** You talk in #dev now, and still hear #a. and 1 other. Here now: ana, bia.";
    let ServerLine::TalksIn { room: Some("#dev"), here: Some(here) } = ServerLine::parse(line)
    else {
        panic!("{line}");
    };
    assert_eq!(here.names, ["ana", "bia"]);
}

#[test]
fn what_somebody_says_in_leaving_refuses_nobody_a_nickname() {
    for (line, meant) in [
        ("*** bia left: Choose a nickname:", ServerLine::Left("bia")),
        ("*** bia left: No. Choose a nickname:", ServerLine::Left("bia")),
        ("*** bia changed the topic: Choose a nickname:", ServerLine::Notice),
    ] {
        assert_eq!(ServerLine::parse(line), meant);
    }
}

#[test]
fn who_is_here_and_what_is_said() {
    let (ana, bia, none) = (&who("ana"), &who("b.ia."), Ranks::default());
    let oi = text("(private) x: *** oi");
    check(&Answer::Greeting { server: "chatd" }, &[Greeting]);
    let listing = |people| Listing { people, others: 0, is_secret: false };
    let alone = Answer::Welcomed { nick: ana, others: listing(&[]) };
    check(&alone, &[Welcome { nick: "ana", here: Here::default() }]);
    let both = [(ana, none), (bia, none)];
    let two = Answer::Welcomed { nick: bia, others: listing(&both) };
    check(&two, &[Welcome { nick: "b.ia.", here: here(&["ana", "b.ia."], 0) }]);
    let crowd = Answer::Welcomed {
        nick: ana,
        others: Listing { people: &[(bia, none)], others: 41, is_secret: false },
    };
    check(&crowd, &[Welcome { nick: "ana", here: here(&["b.ia."], 41) }]);
    let room = &room();
    let joined = Happening::Joined { who: ana, real_name: oi, is_counted: false };
    check_event(What::In { room, what: joined }, &[Joined("ana")]);
    let renamed = What::Renamed { from: ana, to: &nick("b.ia.") };
    check_event(renamed, &[Renamed { from: Some("ana"), to: "b.ia." }]);
    check(&Answer::Named(bia), &[Renamed { from: None, to: "b.ia." }]);
    for reason in [
        Farewell::Quit(None),
        Farewell::Quit(Some(oi)),
        Farewell::Ended,
        Farewell::Lost,
        Farewell::TooSlow,
        Farewell::TimedOut,
    ] {
        check_event(What::Left { nick: bia, reason, is_counted: false }, &[Left("b.ia.")]);
    }
    let said = oi.as_str();
    let (id, at) = (MessageId(1), Timestamp(1));
    let message = |to, kind| Message { id, at, from: ana, to, speech: Speech::plain(kind, oi) };
    let heard = |kind| What::Said(message(To::Room(room), kind));
    check_event(heard(Kind::Say), &[Said { nick: "ana", text: said }]);
    check_event(heard(Kind::Act), &[Acted { nick: "ana", text: said }]);
    let private = message(To::Person(bia), Kind::Say);
    let told = Answer::Told(Message { from: bia, ..private });
    check(&told, &[Private { nick: "b.ia.", text: said }]);
    let delivered = Answer::Delivered(private);
    check(&delivered, &[PrivateSent { nick: "ana", to: "b.ia.", text: said }]);
}

#[test]
fn refusals_ask_for_another_nickname_only_of_one_who_has_none() {
    for refusal in &[
        Refusal::BadNick(NameError::Empty),
        Refusal::BadNick(NameError::TooLong),
        Refusal::BadNick(NameError::Character(' ')),
        Refusal::BadNick(NameError::Character('*')),
        Refusal::BadNick(NameError::Start('-')),
        Refusal::BadNick(NameError::Marks),
        Refusal::NickTaken(nick("ana")),
        Refusal::Nameless,
        Refusal::UnknownNick(text("joined")),
        Refusal::UnknownCommand(text("dance")),
        Refusal::NobodyToAnswer,
        Refusal::Usage("/nick NEW"),
        Refusal::LineTooLong(4096),
    ] {
        check(&Answer::Refused { refusal, named: true }, &[Notice]);
        let mut bytes = Vec::new();
        written::answer(&Answer::Refused { refusal, named: false }, LineEnd::Lf, &mut bytes);
        let line = String::from_utf8(bytes).expect("UTF-8");
        let Refused { why } = ServerLine::parse(line.trim_end()) else {
            panic!("{line:?} does not ask for another nickname");
        };
        assert!(line.starts_with(&format!("*** {why} ")), "{line}");
    }
}

#[test]
fn earlier_messages_are_counted() {
    for count in [1, 2] {
        let room = &room();
        let (place, last) = (Place { room, is_focused: true }, Duration::from_secs(90));
        check(&Answer::History { place, count, last }, &[Earlier(count)]);
    }
}

#[test]
fn commands_are_what_the_server_takes_for_commands() {
    let lines = [
        "/quit",
        "/QUIT bye",
        "/quit\tbye",
        " /quit",
        "//quit",
        "/ quit",
        "/",
        "oi",
        "/quita",
        "/Exit now",
    ];
    for line in lines {
        let bytes = format!("{line}\n");
        let mut scratch = String::new();
        let mut decoder = TextDecoder::default();
        let (step, _) = decoder.step(&mut bytes.as_bytes(), true, 100, &mut scratch);
        let is_said = matches!(step, Step::Command(Command::In { ask: Ask::Say { .. }, .. }));
        assert_eq!(command(line).is_none(), is_said, "{line:?}");
        assert_eq!(is_quit(line), matches!(step, Step::Quit(_)), "{line:?}");
    }
}

#[test]
fn the_rest_is_for_the_user_to_read() {
    let room = &room();
    let place = Place { room, is_focused: true };
    for shown in ["You are welcome. Be nice.", "You are now in room 4"] {
        check(&Answer::Motd(&[text(shown).into()]), &[Notice]);
    }
    for answer in [
        Answer::History { place, count: 0, last: Duration::ZERO },
        Answer::Topic { place, topic: Some(&topic("a; 7 here")) },
        Answer::NamelessTooLong(Duration::from_secs(60)),
        Answer::NicknamesRefused(20),
        Answer::Full,
        Answer::Stopping,
    ] {
        check(&answer, &[Notice]);
    }
}

#[test]
fn where_one_talks_is_known_and_with_whom() {
    let (room, eva, bia) = (&room(), &who("eva"), &who("b.ia."));
    let talks_in = |here| [TalksIn { room: Some("#lobby"), here }];
    let people = [
        (eva, Ranks { is_operator: true, has_voice: false }),
        (bia, Ranks { is_operator: false, has_voice: true }),
    ];
    let nobody = Listing { people: &[], others: 0, is_secret: false };
    for still in [None, Some((room, 0)), Some((room, 1)), Some((room, 2))] {
        let real_name = text("ana");
        let entered = |is_new, others| Answer::Entered {
            room,
            is_new,
            others,
            still,
            topic: None,
            real_name,
        };
        check(&entered(true, nobody), &talks_in(Some(Here::default())));
        check(&entered(false, nobody), &talks_in(Some(Here::default())));
        for others in [0, 1, 7] {
            let listing = Listing { people: &people, others, is_secret: false };
            check(&entered(false, listing), &talks_in(Some(here(&["eva", "b.ia."], others))));
        }
    }
    check(&Answer::Focused(Some(room)), &talks_in(None));
    check(&Answer::Focused(None), &[TalksIn { room: None, here: None }]);
}

#[test]
fn who_comes_and_goes_is_counted() {
    let (room, ana, bia) = (&room(), &who("ana"), &who("bia"));
    let happens = |what, expected| check_event(What::In { room, what }, &[expected]);
    for (joined, left) in [(12, 3), (12, 0), (0, 3)] {
        happens(Happening::Traffic { joined, left, here: 2041 }, Counted(Some(2041)));
    }
    for reason in [None, Some(text("joined; 7 here"))] {
        happens(Happening::Parted { nick: bia, reason, is_counted: false }, Left("bia"));
        for is_banned in [false, true] {
            happens(
                Happening::Kicked { by: ana, nick: bia, reason, is_banned, is_counted: false },
                Left("bia"),
            );
        }
        happens(Happening::Topic { by: bia, topic: reason }, Notice);
    }
    happens(Happening::ManyKicked { by: ana, count: 3 }, Counted(None));
    let place = Place { room, is_focused: true };
    let people = Listing { people: &[(ana, Ranks::default()); 2], others: 3, is_secret: false };
    check(&Answer::Present { place, people }, &[Counted(Some(5))]);
}

#[test]
fn what_is_told_of_other_rooms_changes_nothing_here() {
    let (ana, bia, room) = (&who("ana"), &who("bia"), &room());
    let here = Place { room, is_focused: true };
    for text in ["joined", "left", "left (quit)", "is now bia"] {
        check(&Answer::Topic { place: here, topic: Some(&topic(text)) }, &[Notice]);
    }
    let there = |what| {
        let mut bytes = Vec::new();
        let event = Event { at: Timestamp(1), what: What::In { room, what } };
        written::event(&event, true, LineEnd::Lf, &mut bytes);
        check_lines(bytes, &[Notice]);
    };
    let (real_name, is_counted) = (text("joined"), false);
    there(Happening::Joined { who: ana, real_name, is_counted });
    there(Happening::Parted { nick: ana, reason: None, is_counted });
    there(Happening::Kicked {
        by: bia,
        nick: ana,
        reason: Some(text("left (quit)")),
        is_banned: false,
        is_counted,
    });
    let (id, at, said) = (MessageId(1), Timestamp(1), text("* bia: hi"));
    for (kind, is_action) in [(Kind::Say, false), (Kind::Act, true)] {
        let speech = Speech::plain(kind, said);
        let what = What::Said(Message { id, at, from: ana, to: To::Room(room), speech });
        let mut bytes = Vec::new();
        written::event(&Event { at, what }, true, LineEnd::Lf, &mut bytes);
        let (room, nick, text) = ("#lobby", "ana", said.as_str());
        check_lines(bytes, &[Elsewhere { room, is_action, nick, text }]);
    }
}

#[test]
fn no_name_makes_a_list_of_names_mean_more() {
    let (long, ana, joined) = (&who("abcdefghijklmnopqrst"), &who("ana"), &who("joined"));
    let none = Ranks::default();
    // These fill the first line, so that the others have one of their own.
    let names = [[(long, none); 20].as_slice(), &[(ana, none), (joined, none)]].concat();
    let room = &room();
    let place = Place { room, is_focused: true };
    let people = Listing { people: &names, others: 0, is_secret: false };
    check(&Answer::Present { place, people }, &[Counted(Some(22)), Notice]);
}

#[test]
fn every_command_that_the_server_explains_can_be_completed() {
    let mut help = Vec::new();
    written::answer(&Answer::Help(Help::Basics), LineEnd::Lf, &mut help);
    written::answer(&Answer::Help(Help::Rooms), LineEnd::Lf, &mut help);
    let help = String::from_utf8(help).expect("UTF-8");
    assert!(help.lines().all(|line| ServerLine::parse(line) == Notice));
    let words = help.lines().filter_map(|line| line.split_whitespace().nth(1));
    let mut explained: Vec<_> = words.filter(|word| word.starts_with('/')).collect();
    explained.retain(|word| !word.starts_with("//"));
    explained.sort_unstable();
    explained.dedup();
    assert_eq!(explained, COMMANDS);
    assert!(OWN.iter().all(|own| !COMMANDS.contains(own)), "the server would never be asked");
}

#[test]
fn what_is_no_line_of_the_protocol_is_just_shown() {
    for line in [
        "no name here: text",
        "(private",
        "(private to ana) x",
        "",
        ": text",
        "*",
        "(dev) ana: hi",
        "(#dev) hi",
    ] {
        assert_eq!(ServerLine::parse(line), Unknown, "{line}");
    }
}

#[test]
fn no_user_can_fake_a_line_of_the_server() {
    let said = ServerLine::parse("ana: *** bruno left (quit)");
    assert_eq!(said, Said { nick: "ana", text: "*** bruno left (quit)" });
}
