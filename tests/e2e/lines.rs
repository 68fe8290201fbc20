//! Lines and text: what ends a line, what telnet adds, and what nobody can do to another's
//! terminal.

use crate::support::{Client, Server};

const WELCOME: &str =
    "*** You are ana. Nobody else is here. /help lists the commands, /quit leaves.";

#[test]
fn everybody_is_answered_with_their_own_line_end() {
    for end in ["\n", "\r\n"] {
        let server = Server::start("");
        let mut ana = server.connect();
        ana.send(format!("ana{end}"));
        // CR LF until known.
        ana.expect_bytes(b"*** Welcome to chatd. Choose a nickname:\r\n");
        ana.expect_bytes(format!("{WELCOME}{end}").as_bytes());
        ana.send(format!("/who{end}"));
        ana.expect_bytes(format!("*** 1 here: ana{end}").as_bytes());
    }
}

#[test]
fn a_lone_carriage_return_ends_a_line_too() {
    let server = Server::start("");
    let mut ana = server.connect();
    ana.send("ana\r");
    ana.expect_bytes(b"*** Welcome to chatd. Choose a nickname:\r\n");
    // A line feed may still follow.
    ana.expect_bytes(format!("{WELCOME}\r\n").as_bytes());
    ana.send("/who\r/who\r");
    ana.expect_bytes(b"*** 1 here: ana\r*** 1 here: ana\r");
}

#[test]
fn a_message_reaches_each_with_the_end_they_use() {
    let server = Server::start("");
    let join = |nick, end| {
        let mut client = server.connect();
        client.send(format!("{nick}{end}"));
        client.expect_start("*** Welcome ");
        client.expect_start("*** You are ");
        client
    };
    let mut lf = join("lf", "\n");
    let mut cr = join("cr", "\r");
    // Only what follows the carriage return tells that it stands alone.
    cr.send("/nick\r");
    cr.expect_bytes(b"*** Usage: /nick NEW\r");
    let mut crlf = join("crlf", "\r\n");
    server.join("ana").say("hi");
    lf.expect_bytes(b"*** cr joined\n*** crlf joined\n*** ana joined\nana: hi\n");
    cr.expect_bytes(b"*** crlf joined\r*** ana joined\rana: hi\r");
    crlf.expect_bytes(b"*** ana joined\r\nana: hi\r\n");
}

#[test]
fn a_line_may_come_in_pieces() {
    let server = Server::start("");
    let [mut ana, mut bruno, mut carla] = server.room(["ana", "bruno", "carla"]);
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
    let server = Server::start("");
    let [mut ana, mut bruno] = server.room(["ana", "bruno"]);
    ana.send("\n\r\n \t \n  hi  \n");
    bruno.expect("ana:   hi  ");
}

#[test]
fn telnet_is_refused_what_it_negotiates() {
    let server = Server::start("");
    let [mut ana, mut bruno] = server.room(["ana", "bruno"]);
    ana.send(b"\xff\xfd\x06");
    ana.expect_bytes(b"\xff\xfc\x06");
    ana.send(b"\xff\xfb\x1f");
    ana.expect_bytes(b"\xff\xfe\x1f");
    // A refusal is not answered, or two servers would talk for ever; nor is what needs no answer.
    ana.send(b"\xff\xfc\x01\xff\xfe\x01\xff\xf1\xff\xfa\x18\x00x\ny\xff\xff\xff\xf0");
    ana.ask("/who", "*** 2 here: ana, bruno");
    ana.say("hi");
    bruno.expect("ana: hi");
}

#[test]
fn telnet_may_split_what_it_negotiates_over_packets() {
    let server = Server::start("");
    let [mut ana, mut bruno, mut carla] = server.room(["ana", "bruno", "carla"]);
    send_apart(&mut ana, &mut carla, &[b"o", b"\xff", b"\xfd", b"\x01", b"k \xff", b"\xff\n"]);
    ana.expect_bytes(b"\xff\xfc\x01");
    bruno.expect("ana: ok \u{fffd}");
}

#[test]
fn telnet_may_negotiate_before_anything_else() {
    let server = Server::start("");
    let mut ana = server.connect();
    ana.send(b"\xff\xfd\x03\xff\xfb\x18ana\r\0");
    ana.expect_bytes(b"*** Welcome to chatd. Choose a nickname:\r\n");
    ana.expect_bytes(b"\xff\xfc\x03\xff\xfe\x18");
    ana.expect_bytes(format!("{WELCOME}\r\n").as_bytes());
}

#[test]
fn any_language_passes_unchanged() {
    let server = Server::start("");
    let [mut ana, mut bruno] = server.room(["ana", "bruno"]);
    for text in ["olá! 👋", "👩‍👩‍👧", "日本語", "שלום", "a\tb", "e\u{301}"] {
        ana.say(text);
        bruno.expect(&format!("ana: {text}"));
    }
}

#[test]
fn what_could_act_on_a_terminal_becomes_visible() {
    let server = Server::start("");
    let [mut ana, mut bruno] = server.room(["ana", "bruno"]);
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
        bruno.expect(&format!("ana: {shown}"));
    }
}

#[test]
fn nowhere_can_a_control_character_slip_through() {
    let server = Server::start("");
    let [mut ana, mut bruno] = server.room(["ana", "bruno"]);
    ana.ask("/msg bruno \u{1b}c", "(private to bruno) ana: ␛c");
    bruno.expect("(private) ana: ␛c");
    ana.say("/me \u{1b}c");
    bruno.expect("* ana ␛c");
    ana.say("/\u{1b}c");
    ana.expect_start("*** There is no command /␛c. ");
    ana.ask("/msg \u{1b}c x", "*** Nobody here is called ␛c. /who lists who is here.");
    ana.say("/quit \u{1b}c");
    bruno.expect("*** ana left: ␛c");
    let mut carla = server.join("carla");
    carla.expect_start("*** 1 earlier message, ");
    carla.expect("* ana ␛c");
}

#[test]
fn nobody_can_forge_a_line_of_the_server_or_of_another() {
    let server = Server::start("");
    let [mut ana, mut bruno] = server.room(["ana", "bruno"]);
    for text in ["*** davi joined", "carla: hi", "* carla waves"] {
        ana.say(text);
        bruno.expect(&format!("ana: {text}"));
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
        other.until("*** Usage: /nick NEW");
    }
}
