//! The first line: what programs say that take the port for another one, above all what a web page can
//! make a browser say from inside the firewall.

use chatd_support::Client;
use chatd_support::sentences::{GREETING, NOTHING_EARLIER, here, nicknames_refused, refused, why};

use crate::CHATD;

/// What any web page can have sent to any port: `curl -H 'Content-Type: text/plain' --data-binary
/// $'mallory\nhello\n/msg watcher psst\n'`.
const HEADERS: &str = "Host: 192.0.2.1:55555\r\nUser-Agent: curl/8.14.1\r\nAccept: */*\r\n\
    Content-Type: text/plain\r\nContent-Length: 34\r\n\r\n";
const BODY: &str = "mallory\nhello\n/msg watcher psst\n";

/// The answer to HTTP up to the end of the stream.
#[track_caller]
fn expect_refused(client: &mut Client, status: &str) {
    client.expect(format!("HTTP/1.1 {status}"));
    let rest = client.rest();
    let body = rest.iter().position(String::is_empty).expect("an end of the head") + 1;
    assert!(rest.contains(&"Connection: close".into()), "{rest:?}");
    assert_eq!(rest[body..].len(), 1, "{rest:?}");
}

#[test]
fn a_web_page_cannot_speak_in_the_room() {
    let (server, [mut watcher]) = CHATD.room("", ["watcher"]);
    let long = format!("POST /{} HTTP/1.1\r\n", "x".repeat(10_000));
    let (malformed, too_large) = ("400 Bad Request", "431 Request Header Fields Too Large");
    for (request, status) in [
        ("POST / HTTP/1.1\r\n", malformed),
        ("OPTIONS /ana HTTP/1.1\r\n", malformed),
        ("NICK ana HTTP/1.1\r\n", malformed),
        (&long, too_large),
    ] {
        let post = format!("{request}{HEADERS}{BODY}");
        let mut at_once = server.connect();
        at_once.send(&post);
        expect_refused(&mut at_once, status);
        let mut body_later = server.connect();
        body_later.send(format!("{request}{HEADERS}"));
        body_later.expect(format!("HTTP/1.1 {status}"));
        body_later.send(BODY);
        body_later.rest();
        for page in [at_once, body_later] {
            let code = &status[..3];
            server.expect_log(&format!("{} left (no nickname): HTTP {code}\n", page.addr()));
        }
    }
    watcher.ask("/who", here(&["watcher"]));
    watcher.ask("/history", NOTHING_EARLIER);
}

#[test]
fn whoever_was_greeted_as_a_person_is_not_answered_as_a_browser() {
    let server = CHATD.start("");
    let mut page = server.connect();
    page.expect(GREETING);
    page.send(format!("POST / HTTP/1.1\r\n{HEADERS}{BODY}"));
    page.expect_end();
    let left = format!("{} left (no nickname): speaks HTTP, not chat\n", page.addr());
    server.expect_log(&left);
}

#[test]
fn without_the_page_a_browser_is_told_what_this_is() {
    let server = CHATD.start("--only text,irc");
    let mut page = server.connect();
    page.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect_refused(&mut page, "400 Bad Request");
    let left = format!("{} left (no nickname): speaks HTTP, not chat\n", page.addr());
    server.expect_log(&left);
}

#[test]
fn an_upload_is_read_to_its_end_so_that_the_answer_arrives() {
    let server = CHATD.start("");
    let mut page = server.connect();
    page.send("PUT /file HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4194304\r\n\r\n");
    page.send(vec![b'\n'; 4 << 20]);
    expect_refused(&mut page, "400 Bad Request");
}

#[test]
fn other_protocols_are_closed_without_a_word() {
    let (server, [mut watcher]) = CHATD.room("", ["watcher"]);
    for (protocol, bytes) in [
        ("SSH", &b"SSH-2.0-OpenSSH_9.6\r\n"[..]),
        ("SMTP", b"EHLO example.org\r\n"),
        ("SMTP", b"HELO example.org\r\n"),
        ("RTSP", b"OPTIONS rtsp://example.org/ RTSP/1.0\r\n"),
        ("SIP", b"REGISTER sip:example.org SIP/2.0\r\n"),
        ("the PROXY protocol", b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 55555\r\n"),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
        ("a binary protocol", b"\x00\x00\x00\x08\x04\xd2\x16\x2f"),
    ] {
        let mut other = server.connect();
        other.send(bytes);
        other.send("\nana\nhello\n");
        other.expect_end();
        server.expect_log(&format!(
            "{} left (no nickname): speaks {protocol}, not chat\n",
            other.addr()
        ));
    }
    watcher.ask("/who", here(&["watcher"]));
}

#[test]
fn after_twenty_refused_nicknames_it_is_over() {
    let server = CHATD.start("");
    let mut other = server.connect();
    let no = refused(why::cannot_have("“:”"));
    other.send("Host: x\n".repeat(10));
    other.send("/nick a:b\n".repeat(10));
    other.send("mallory\nhello\n");
    other.expect(GREETING);
    assert_eq!(other.lines(20), vec![no; 20]);
    other.expect(nicknames_refused(20));
    other.expect_end();
    server.expect_log(&format!("{} left (no nickname): 20 nicknames refused\n", other.addr()));
}
