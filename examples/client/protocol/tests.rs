use std::time::Duration;

use chatd::chat::message::{Command, Event, Farewell, Refusal};
use chatd::chat::name::{Nick, NickError};
use chatd::chat::text::Text;
use chatd::wire::text::{LineEnd, TextDecoder};
use chatd::wire::{Format, Step};

use super::*;
use crate::commands::{COMMANDS, command, is_quit};
use ServerLine::{
    Acted, Earlier, Greeting, Joined, Left, Notice, Private, PrivateSent, Refused, Renamed, Said,
    Unknown, Welcome,
};

fn nick(name: &str) -> Nick {
    Nick::parse(name).expect("a nickname")
}

fn text(text: &str) -> Text<'_> {
    // Harmless text is borrowed, and needs no place to be changed in.
    Text::parse(text.as_bytes(), Box::leak(Box::default()))
}

/// What the library writes for `event` means the same to this client, line by line.
#[track_caller]
fn check(event: &Event<'_>, expected: &[ServerLine<'_>]) {
    let mut bytes = Vec::new();
    Format::Text(LineEnd::Lf).encode(event, &mut bytes);
    let written = String::from_utf8(bytes).expect("UTF-8");
    let parsed: Vec<_> = written.lines().map(ServerLine::parse).collect();
    assert_eq!(parsed, expected, "{written}");
}

#[test]
fn who_is_here_and_what_is_said() {
    let (ana, bia) = (&nick("ana"), &nick("b.ia."));
    let oi = text("(private) x: *** oi");
    check(&Event::Greeting { server: "chatd" }, &[Greeting]);
    let alone = Event::Welcomed { nick: ana, here: &[], others: 0 };
    check(&alone, &[Welcome { nick: "ana", here: vec![] }]);
    let two = Event::Welcomed { nick: bia, here: &[ana, bia], others: 0 };
    check(&two, &[Welcome { nick: "b.ia.", here: vec!["ana", "b.ia."] }]);
    let crowd = Event::Welcomed { nick: ana, here: &[bia], others: 41 };
    check(&crowd, &[Welcome { nick: "ana", here: vec!["b.ia."] }]);
    check(&Event::Joined(ana), &[Joined("ana")]);
    check(&Event::Renamed { from: ana, to: bia }, &[Renamed { from: Some("ana"), to: "b.ia." }]);
    check(&Event::Named(bia), &[Renamed { from: None, to: "b.ia." }]);
    for reason in [
        Farewell::Quit(None),
        Farewell::Quit(Some(oi)),
        Farewell::Lost,
        Farewell::TooSlow,
        Farewell::TimedOut,
    ] {
        check(&Event::Left { nick: bia, reason }, &[Left("b.ia.")]);
    }
    let said = oi.as_str();
    check(&Event::Said { from: "ana", text: said }, &[Said { nick: "ana", text: said }]);
    check(&Event::Acted { from: "ana", text: said }, &[Acted { nick: "ana", text: said }]);
    check(&Event::Told { from: bia, text: oi }, &[Private { nick: "b.ia.", text: said }]);
    let delivered = Event::Delivered { from: ana, to: bia, text: oi };
    check(&delivered, &[PrivateSent { nick: "ana", to: "b.ia.", text: said }]);
}

#[test]
fn refusals_ask_for_another_nickname_only_of_one_who_has_none() {
    for refusal in [
        Refusal::BadNick(NickError::Empty),
        Refusal::BadNick(NickError::TooLong),
        Refusal::BadNick(NickError::Character(' ')),
        Refusal::BadNick(NickError::Character('*')),
        Refusal::BadNick(NickError::Start('-')),
        Refusal::BadNick(NickError::Marks),
        Refusal::NickTaken("ana"),
        Refusal::Nameless,
        Refusal::UnknownNick(text("joined")),
        Refusal::UnknownCommand(text("dance")),
        Refusal::Usage("/nick NEW"),
        Refusal::LineTooLong(4096),
    ] {
        check(&Event::Refused { refusal, named: true }, &[Notice]);
        let mut bytes = Vec::new();
        Format::default().encode(&Event::Refused { refusal, named: false }, &mut bytes);
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
        check(&Event::History { count, last: Duration::from_secs(90) }, &[Earlier(count)]);
    }
}

#[test]
fn commands_are_what_the_server_takes_for_commands() {
    let lines =
        ["/quit", "/QUIT bye", "/quit\tbye", " /quit", "//quit", "/ quit", "/", "oi", "/quita"];
    for line in lines {
        let bytes = format!("{line}\n");
        let mut scratch = String::new();
        let mut decoder = TextDecoder::default();
        let (step, _) = decoder.step(&mut bytes.as_bytes(), true, 100, &mut scratch);
        let is_said = matches!(step, Step::Command(Command::Say(_)));
        assert_eq!(command(line).is_none(), is_said, "{line:?}");
        assert_eq!(is_quit(line), matches!(step, Step::Command(Command::Quit(_))), "{line:?}");
    }
}

#[test]
fn the_rest_is_for_the_user_to_read() {
    let ana = &nick("ana");
    for event in [
        Event::Notice(text("You are welcome. Be nice.")),
        Event::Notice(text("You are now in room 4")),
        Event::History { count: 0, last: Duration::ZERO },
        Event::Traffic { joined: 12, left: 3, here: 2041 },
        Event::Traffic { joined: 12, left: 0, here: 2041 },
        Event::Traffic { joined: 0, left: 3, here: 2041 },
        Event::Present { names: &[ana, ana], others: 3 },
        Event::NamelessTooLong(Duration::from_secs(60)),
        Event::NicknamesRefused(20),
        Event::Full,
        Event::Stopping,
    ] {
        check(&event, &[Notice]);
    }
}

#[test]
fn no_name_makes_a_list_of_names_mean_more() {
    let (long, ana, joined) = (&nick("abcdefghijklmnopqrst"), &nick("ana"), &nick("joined"));
    // These fill the first line, so that the others have one of their own.
    let names = [[long; 20].as_slice(), &[ana, joined]].concat();
    check(&Event::Present { names: &names, others: 0 }, &[Notice, Notice]);
}

#[test]
fn every_command_that_the_server_explains_can_be_completed() {
    let mut help = Vec::new();
    Format::default().encode(&Event::Help, &mut help);
    let help = String::from_utf8(help).expect("UTF-8");
    assert!(help.lines().all(|line| ServerLine::parse(line) == Notice));
    let words = help.lines().filter_map(|line| line.split_whitespace().nth(1));
    let mut explained: Vec<_> = words.filter(|word| word.starts_with('/')).collect();
    explained.retain(|word| !word.starts_with("//"));
    explained.sort_unstable();
    assert_eq!(explained, COMMANDS);
}

#[test]
fn what_is_no_line_of_the_protocol_is_just_shown() {
    for line in ["no name here: text", "(private", "(private to ana) x", "", ": text", "*"] {
        assert_eq!(ServerLine::parse(line), Unknown, "{line}");
    }
}

#[test]
fn no_user_can_fake_a_line_of_the_server() {
    let said = ServerLine::parse("ana: *** bruno left (quit)");
    assert_eq!(said, Said { nick: "ana", text: "*** bruno left (quit)" });
}
