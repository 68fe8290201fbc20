//! What of the room needs the real program: its clock, its bytes, its answers to a paste that ends with
//! `/quit`. What people are told is in `golden.txt`, and in the simulation in any order.

use std::time::Duration;

use chatd_support::sentences::{
    GREETING, HELP, HELP_COMMANDS, here, joined, notice, welcome, why, you_are,
};
use chatd_support::{eventually, now};

use crate::CHATD;

const SILENCE: Duration = Duration::from_millis(250);

#[test]
fn who_is_silent_or_may_be_another_protocol_is_greeted_after_a_moment() {
    let server = CHATD.start("");
    for (start, rest) in [("", "ana"), ("B", "runo")] {
        let began = now();
        let mut client = server.connect().with_patience(Duration::from_secs(10));
        client.send(start);
        client.expect(GREETING);
        assert!(began.elapsed() >= SILENCE, "greeted after {:?}", began.elapsed());
        client.say(rest);
        client.expect_start(you_are(&format!("{start}{rest}")));
    }
}

#[test]
fn who_speaks_first_is_answered_at_once() {
    let server = CHATD.start("");
    // A busy machine may be slow once, but not always.
    eventually("an answer before the moment is over", || {
        let start = now();
        let ana = server.join("ana");
        let is_at_once = start.elapsed() < SILENCE;
        ana.quit();
        is_at_once.then_some(())
    });
}

#[test]
fn a_message_reaches_each_with_the_end_they_use() {
    let server = CHATD.start("");
    let join = |nick, others, end| {
        let mut client = server.connect();
        client.send(format!("{nick}{end}"));
        client.expect_bytes(format!("{GREETING}\r\n"));
        // CR LF until known: behind a carriage return a line feed may still follow.
        let end = if end == "\n" { "\n" } else { "\r\n" };
        client.expect_bytes(welcome(nick, others) + end);
        client
    };
    let mut lf = join("lf", "", "\n");
    let mut cr = join("cr", "lf", "\r");
    // Only what follows the carriage return tells that it stands alone.
    cr.send("/nick\r");
    cr.expect_bytes(notice(why::usage("/nick NEW")) + "\r");
    let mut crlf = join("crlf", "lf, cr", "\r\n");
    server.join("ana").say("hi");
    let heard = [joined("cr"), joined("crlf"), joined("ana"), "ana: hi".to_owned()];
    for (client, seen, end) in [
        (&mut lf, &heard[..], "\n"),
        (&mut cr, &heard[1..], "\r"),
        (&mut crlf, &heard[2..], "\r\n"),
    ] {
        client.expect_bytes(seen.join(end) + end);
    }
}

#[test]
fn what_could_act_on_a_terminal_becomes_visible() {
    let (_server, [mut ana, mut bruno]) = CHATD.room("", ["ana", "bruno"]);
    for (sent, shown) in [
        (&b"caf\xe9 ol\xc3"[..], "caf\u{fffd} ol\u{fffd}"),
        (b"\x1b]0;title\x07\x1b[2J", "␛]0;title␇␛[2J"),
        (b"a\0b\x07c\x0bde", "a␀b␇c␋de"),
        ("ol\u{e1}\x7fa h\x08oi".as_bytes(), "ola oi"),
        (b"c1 \xc2\x9b2J \x9b2J \xc2\x85", "c1 \u{fffd}2J \u{fffd}2J \u{fffd}"),
        (
            "bidi \u{202e}evil\u{202c} \u{2066}\u{200f}\u{61c}".as_bytes(),
            "bidi \u{fffd}evil\u{fffd} \u{fffd}\u{fffd}\u{fffd}",
        ),
        ("one\u{2028}two\u{2029}".as_bytes(), "one\u{fffd}two\u{fffd}"),
        // The examples of the Unicode Standard 16.0, tables 3-8 to 3-11: U+FFFD for each maximal
        // subpart. 0xFF is doubled, as telnet wants it.
        (b"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82A", "��������A"),
        (b"\xed\xa0\x80\xed\xbf\xbf\xed\xafA", "��������A"),
        (b"\xf4\x91\x92\x93\xff\xffA\x80\xbfB", "�����A��B"),
        (b"\xe1\x80\xe2\xf0\x91\x92\xf1\xbfA", "����A"),
    ] {
        ana.send([sent, b"\n"].concat());
        bruno.expect(format!("ana: {shown}"));
    }
}

#[test]
fn what_is_queued_comes_before_the_connection_closes() {
    let (_server, [mut ana]) = CHATD.room("", ["ana"]);
    ana.send("/who\n/help\n/who\n/quit\n");
    ana.expect(here(&["ana"]));
    ana.expect(HELP);
    for command in HELP_COMMANDS {
        ana.expect_start(notice(format!("{command} ")));
    }
    ana.expect(here(&["ana"]));
    ana.expect_end();
}
