//! Browsers at the limits and at the end of the real program. What they say and hear is in the simulation.

use std::io::Read;

use chatd_support::Client;
use chatd_support::websocket::{self, REQUEST};

use crate::CHATD;

#[test]
fn where_browsers_come_from_they_are_told_that_it_is_full_before_they_ask() {
    for limit in ["--max-clients 1", "--max-per-ip 1"] {
        let server = CHATD.start(limit);
        let mut browser = server.connect();
        browser.send(REQUEST);
        browser.expect("HTTP/1.1 101 Switching Protocols");
        let mut late = server.connect();
        late.expect("HTTP/1.1 503 Service Unavailable");
        assert!(late.rest().contains(&"Retry-After: 10".to_owned()));
    }
}

#[cfg(unix)]
#[test]
fn when_the_server_stops_each_websocket_is_closed_as_its_protocol_has_it() {
    let mut server = CHATD.start("");
    let open = || {
        let mut browser = server.connect();
        browser.send(REQUEST);
        browser.expect("HTTP/1.1 101 Switching Protocols");
        browser
    };
    let (nameless, mut member, mut within) = (open(), open(), open());
    let mut frames = Vec::new();
    websocket::say(b"NICK ana", &mut frames);
    websocket::say(b"USER ana 0 * :Ana", &mut frames);
    member.send(&frames);
    // The first frame of a message that never ends.
    within.send([0x01, 0x81, 0, 0, 0, 0, b'x']);
    server.expect_log("is ana");
    server.stop();
    for browser in [nameless, member, within] {
        let heard = all_of(&browser);
        let goodbye = b"\x88\x02\x03\xe9";
        assert!(heard.ends_with(goodbye), "{}", heard.escape_ascii());
        let told = b"ERROR :Closing link: The server is stopping";
        assert!(heard[..heard.len() - goodbye.len()].ends_with(told), "{}", heard.escape_ascii());
    }
}

/// What has not been read, up to the end of the connection.
#[cfg(unix)]
fn all_of(client: &Client) -> Vec<u8> {
    let mut heard = Vec::new();
    client.sender().read_to_end(&mut heard).expect("the server closes it");
    heard
}

#[test]
fn who_may_open_one_is_said_at_the_start() {
    let server =
        CHATD.start("--web-host chat.example.org. --web-origin https://gamja.example.org:443");
    let opened = "HTTP/1.1 101 Switching Protocols";
    for (host, origin, expected) in [
        ("localhost", "", opened),
        ("localhost", "http://localhost", opened),
        ("Chat.Example.Org", "https://chat.example.org", opened),
        ("chat.example.org", "https://gamja.example.org", opened),
        ("chat.example.org", "https://evil.example.org", "HTTP/1.1 403 Forbidden"),
        ("evil.example.org", "https://evil.example.org", "HTTP/1.1 421 Misdirected Request"),
    ] {
        let origin =
            if origin.is_empty() { String::new() } else { format!("Origin: {origin}\r\n") };
        let mut browser = server.connect();
        let fields = format!("Host: {host}\r\n{origin}");
        browser.send(REQUEST.replace("Host: localhost\r\n", &fields));
        browser.expect(expected);
    }
}

#[test]
fn a_server_may_speak_with_browsers_alone() {
    let server = CHATD.start("--only web");
    let mut page = server.connect();
    page.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    page.expect("HTTP/1.1 200 OK");
    let mut person = server.connect();
    person.send("ana\n");
    person.expect("This port is for other programs. Whoever runs it knows which. Goodbye.");
}
