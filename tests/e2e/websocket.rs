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
