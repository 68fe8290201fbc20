//! Lines and text: what ends a line, what telnet adds, and what nobody can do to another's
//! terminal.

use chatd_support::Client;
use chatd_support::sentences::{
    GREETING, here, joined, left_saying, notice, private, private_sent, read_earlier, welcome, why,
};

use crate::CHATD;

#[test]
fn everybody_is_answered_with_their_own_line_end() {
    for end in ["\n", "\r\n"] {
        let server = CHATD.start("");
        let mut ana = server.connect();
        ana.send(format!("ana{end}"));
        // CR LF until known.
        ana.expect_bytes(format!("{GREETING}\r\n"));
        ana.expect_bytes(format!("{}{end}", welcome("ana", "")));
        ana.send(format!("/who{end}"));
        ana.expect_bytes(here(&[&format!("ana{end}")]).as_bytes());
    }
}

#[test]
fn a_lone_carriage_return_ends_a_line_too() {
    let server = CHATD.start("");
    let mut ana = server.connect();
    ana.send("ana\r");
    ana.expect_bytes(format!("{GREETING}\r\n"));
    // A line feed may still follow.
    ana.expect_bytes(format!("{}\r\n", welcome("ana", "")));
    ana.send("/who\r/who\r");
    ana.expect_bytes(format!("{}\r", here(&["ana"])).repeat(2));
}

#[test]
fn a_message_reaches_each_with_the_end_they_use() {
    let server = CHATD.start("");
    let join = |nick, end| {
        let mut client = server.connect();
        client.send(format!("{nick}{end}"));
        client.expect_welcome(nick);
        client
    };
    let mut lf = join("lf", "\n");
    let mut cr = join("cr", "\r");
    // Only what follows the carriage return tells that it stands alone.
    cr.send("/nick\r");
    cr.expect_bytes(notice(why::usage("/nick NEW")) + "\r");
    let mut crlf = join("crlf", "\r\n");
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
fn a_line_may_come_in_pieces() {
    let (_server, [mut ana, mut bruno, mut carla]) = CHATD.room("", ["ana", "bruno", "carla"]);
    send_apart(
        &mut ana,
        &mut carla,
        &[b"ol\xc3", b"\xa1, ", b"tudo bem?\r", b"\n", b"s", b"im\r\n"],
    );
    bruno.expect("ana: olá, tudo bem?");
    bruno.expect("ana: sim");
}

#[test]
fn blank_lines_are_ignored() {
    let (_server, [mut ana, mut bruno]) = CHATD.room("", ["ana", "bruno"]);
    ana.send("\n\r\n \t \n  hi  \n");
    bruno.expect("ana:   hi  ");
}

#[test]
fn telnet_is_refused_what_it_negotiates() {
    let (_server, [mut ana, mut bruno]) = CHATD.room("", ["ana", "bruno"]);
    ana.send(b"\xff\xfd\x06");
    ana.expect_bytes(b"\xff\xfc\x06");
    ana.send(b"\xff\xfb\x1f");
    ana.expect_bytes(b"\xff\xfe\x1f");
    // A refusal is not answered, or two servers would talk for ever; nor is what needs no answer.
    ana.send(b"\xff\xfc\x01\xff\xfe\x01\xff\xf1\xff\xfa\x18\x00x\ny\xff\xff\xff\xf0");
    ana.ask("/who", here(&["ana", "bruno"]));
    ana.say("hi");
    bruno.expect("ana: hi");
}

#[test]
fn telnet_may_split_what_it_negotiates_over_packets() {
    let (_server, [mut ana, mut bruno, mut carla]) = CHATD.room("", ["ana", "bruno", "carla"]);
    send_apart(&mut ana, &mut carla, &[b"o", b"\xff", b"\xfd", b"\x01", b"k \xff", b"\xff\n"]);
    ana.expect_bytes(b"\xff\xfc\x01");
    bruno.expect("ana: ok \u{fffd}");
}

#[test]
fn telnet_may_negotiate_before_anything_else() {
    let server = CHATD.start("");
    let mut ana = server.connect();
    ana.send(b"\xff\xfd\x03\xff\xfb\x18ana\r\0");
    ana.expect_bytes(format!("{GREETING}\r\n"));
    ana.expect_bytes(b"\xff\xfc\x03\xff\xfe\x18");
    ana.expect_bytes(format!("{}\r\n", welcome("ana", "")));
}

#[test]
fn any_language_passes_unchanged() {
    let (_server, [mut ana, mut bruno]) = CHATD.room("", ["ana", "bruno"]);
    for text in ["olá! 👋", "👩‍👩‍👧", "日本語", "שלום", "a\tb", "e\u{301}"] {
        ana.say(text);
        bruno.expect(format!("ana: {text}"));
    }
}

#[test]
fn what_could_act_on_a_terminal_becomes_visible() {
    let (_server, [mut ana, mut bruno]) = CHATD.room("", ["ana", "bruno"]);
    for (sent, shown) in [
        (&b"caf\xe9 ol\xc3"[..], "caf\u{fffd} ol\u{fffd}"),
        (b"\x1b]0;title\x07\x1b[2J", "␛]0;title␇␛[2J"),
        (b"a\0b\x08c\x0bd\x7fe", "a␀b␈c␋d␡e"),
        (b"c1 \xc2\x9b2J \x9b2J \xc2\x85", "c1 \u{fffd}2J \u{fffd}2J \u{fffd}"),
        (
            "bidi \u{202e}evil\u{202c} \u{2066}\u{200f}\u{61c}".as_bytes(),
            "bidi \u{fffd}evil\u{fffd} \u{fffd}\u{fffd}\u{fffd}",
        ),
        ("one\u{2028}two\u{2029}".as_bytes(), "one\u{fffd}two\u{fffd}"),
    ] {
        ana.send([sent, b"\n"].concat());
        bruno.expect(format!("ana: {shown}"));
    }
}

#[test]
fn nowhere_can_a_control_character_slip_through() {
    let (server, [mut ana, mut bruno]) = CHATD.room("", ["ana", "bruno"]);
    ana.ask("/msg bruno \u{1b}c", private_sent("bruno", "ana", "␛c"));
    bruno.expect(private("ana", "␛c"));
    ana.say("/me \u{1b}c");
    bruno.expect("* ana ␛c");
    ana.say("/\u{1b}c");
    ana.expect(notice(why::unknown("␛c")));
    ana.ask("/msg \u{1b}c x", notice(why::nobody("␛c")));
    ana.say("/quit \u{1b}c");
    bruno.expect(left_saying("ana", "␛c"));
    let mut carla = server.join("carla");
    assert_eq!(read_earlier(&carla.line()).map(|(count, _)| count), Some(1));
    carla.expect("* ana ␛c");
}

#[test]
fn nobody_can_forge_a_line_of_the_server_or_of_another() {
    let (_server, [mut ana, mut bruno]) = CHATD.room("", ["ana", "bruno"]);
    for text in [&joined("davi"), "carla: hi", "* carla waves"] {
        ana.say(text);
        bruno.expect(format!("ana: {text}"));
    }
    ana.say("/me *** davi joined");
    bruno.expect("* ana *** davi joined");
}

/// Sends pieces so that the server receives each of them alone: it has answered somebody else in
/// between.
fn send_apart(client: &mut Client, other: &mut Client, pieces: &[&[u8]]) {
    for piece in pieces {
        client.send(piece);
        other.say("/nick");
        other.until(notice(why::usage("/nick NEW")));
    }
}
