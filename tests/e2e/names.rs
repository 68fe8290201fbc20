//! The way into the room: who speaks first, and what a nickname may be.

use std::time::Duration;

use chatd_support::sentences::{
    GREETING, here, joined, left, notice, refused, why, you_are, you_are_now,
};
use chatd_support::{Client, eventually, now};

use crate::CHATD;

const SILENCE: Duration = Duration::from_millis(250);

#[test]
fn who_is_silent_is_greeted_after_a_moment() {
    let server = CHATD.start("");
    let start = now();
    let mut ana = server.connect();
    ana.expect(GREETING);
    assert!(start.elapsed() >= SILENCE, "greeted after {:?}", start.elapsed());
}

#[test]
fn who_speaks_first_is_answered_at_once() {
    let server = CHATD.start("");
    // A busy machine may be slow once, but not always.
    eventually("an answer before the moment is over", || {
        let start = now();
        let mut ana = server.join("ana");
        let is_at_once = start.elapsed() < SILENCE;
        ana.say("/quit");
        ana.expect_end();
        is_at_once.then_some(())
    });
}

#[test]
fn the_first_line_is_the_nickname() {
    let server = CHATD.start("");
    for (line, nick) in [("ana", "ana"), ("/nick bruno", "bruno"), ("  carla  ", "carla")] {
        let mut client = server.connect();
        client.ask(line, GREETING);
        client.expect_start(you_are(nick));
        client.ask("/who", here(&[nick]));
        client.say("/quit");
        client.expect_end();
    }
}

#[test]
fn what_is_no_nickname_is_refused_with_the_reason() {
    let server = CHATD.start("");
    let mut ana = server.connect();
    ana.expect(GREETING);
    let (no, start) = (why::cannot_have, why::cannot_start);
    for (nick, reason) in [
        ("", why::EMPTY.to_owned()),
        (" \t ", why::EMPTY.to_owned()),
        ("/nick", why::usage("/nick NEW")),
        ("ana maria", why::TWO_WORDS.to_owned()),
        (&"a".repeat(25), why::LONG.to_owned()),
        (&"李".repeat(13), why::LONG.to_owned()),
        ("a:b", no("“:”")),
        ("*", no("“*”")),
        ("👋", no("“👋”")),
        ("a\u{1b}[2J", no("“␛”")),
        ("a\u{7}", no("“␇”")),
        ("a\u{200b}b", no("the invisible character U+200B")),
        ("a\u{3164}", no("the invisible character U+3164")),
        ("a\u{202e}b", no("“\u{fffd}”")),
        ("1ana", start("“1”")),
        ("-ana", start("“-”")),
        (".ana", start("“.”")),
    ] {
        ana.ask(nick, refused(reason));
    }
    ana.say("a".repeat(24));
    ana.expect_start(you_are(&"a".repeat(24)));
}

#[test]
fn nicknames_of_any_script_are_welcome() {
    let server = CHATD.start("");
    let nicks = ["Zoë", "Ñandú", "李雷", "हिन्दी", "عمر", "ana-maria_2.0", "[x]{y}|^`"];
    for mut client in server.room(nicks) {
        client.say("/quit");
    }
}

#[test]
fn nobody_can_pose_as_another() {
    let (server, [_ana, mut bruno]) = CHATD.room("", ["ana", "bruno"]);
    let mut other = server.connect();
    other.expect(GREETING);
    for nick in ["ana", "ANA", "\u{430}n\u{430}", "\u{410}NA", "anã"] {
        other.ask(nick, refused(why::taken(nick)));
        bruno.ask(format!("/nick {nick}"), notice(why::taken(nick)));
    }
    bruno.ask("/nick BRUNO", you_are_now("BRUNO"));
    bruno.ask("/nick chatd", notice(why::reserved("chatd")));
}

#[test]
fn without_a_nickname_nobody_is_heard_seen_or_told_anything() {
    let (server, [mut ana]) = CHATD.room("", ["ana"]);
    let mut nameless = server.connect();
    nameless.expect(GREETING);
    ana.say("just us");
    for line in ["//hi", "/me waves", "/msg ana psst", "/who", "/history"] {
        nameless.ask(line, refused(why::NAMELESS));
    }
    ana.ask("/who", here(&["ana"]));
    nameless.say("/quit and tell them");
    nameless.expect_end();
    let _bruno = server.join("bruno");
    ana.expect(joined("bruno"));
}

#[test]
fn the_nickname_is_free_as_soon_as_its_owner_is_gone_or_renamed() {
    let (server, [mut witness]) = CHATD.room("", ["witness"]);
    let quit = |mut ana: Client| ana.say("/quit");
    let half_close = |ana: Client| ana.close_sending();
    let leave: [(&dyn Fn(Client), &str); 4] = [
        (&quit, "quit"),
        (&half_close, "connection lost"),
        (&drop, "connection lost"),
        (&Client::reset, "connection lost"),
    ];
    for (leave, why) in leave {
        leave(server.join("ana"));
        witness.expect(joined("ana"));
        witness.expect(left("ana", why));
    }
    let mut ana = server.join("ana");
    ana.ask("/nick bia", you_are_now("bia"));
    let _new = server.join("ana");
    ana.expect(joined("ana"));
}
