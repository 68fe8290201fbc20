//! Pages of other sites, and other names of this one, get nothing.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use chatd_support::eventually;

use crate::{CHATD, Page};

/// A site that has one empty page.
fn site() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    // The thread ends with the test.
    thread::spawn(move || {
        for client in listener.incoming() {
            // Each connection waits for itself: the browser opens some that it does not use.
            thread::spawn(move || {
                let mut client = client?;
                if client.read(&mut [0; 8192])? > 0 {
                    client.write_all(
                        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\
                          Connection: close\r\n\r\n<!doctype html>",
                    )?;
                }
                io::Result::Ok(())
            });
        }
    });
    addr
}

/// Opens a WebSocket from the page that is shown.
fn knock(page: &Page, server: SocketAddr) -> String {
    page.text(&format!(
        "new Promise((done) => {{
            const socket = new WebSocket('ws://{server}/', ['text.ircv3.net']);
            socket.onopen = () => {{ socket.close(); done('open'); }};
            socket.onerror = () => done('closed');
        }})"
    ))
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn pages_of_other_sites_cannot_talk_here() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let page = Page::open(server.addr());
    assert_eq!(knock(&page, server.addr()), "open");
    assert_eq!(page.complaints(), Vec::<String>::new());

    page.open(&format!("http://{}/", site()));
    assert_eq!(knock(&page, server.addr()), "closed");
    let refused =
        eventually("the refusal", || Some(page.complaints()).filter(|all| !all.is_empty()));
    assert!(refused.iter().all(|it| it.contains("Unexpected response code: 403")), "{refused:#?}");

    // Nor by what a form sends, and what a request may have for a method.
    let lines = "NICK eve\\r\\nUSER eve 0 * :eve\\r\\nJOIN #lobby\\r\\nPRIVMSG #lobby :oi\\r\\n";
    for how in [
        format!("method: 'POST', mode: 'no-cors', body: '{lines}'"),
        "method: 'POST', mode: 'no-cors', body: 'eve\\nit is me\\n'".to_owned(),
        "method: 'NICK'".to_owned(),
    ] {
        page.run(&format!(
            "return fetch('http://{}/', {{ {how} }}).then(() => 0, () => 0)",
            server.addr()
        ));
    }
    bruno.ask("/who", "*** 1 here: bruno");
    drop(page.forgive(&["Failed to load resource", "CORS policy"]));
}

#[test]
#[ignore = "needs Chromium and ChromeDriver: see CONTRIBUTING"]
fn names_that_others_can_have_are_not_answered() {
    let server = CHATD.start("--web-host chat.example.org");
    let rules = ["--host-resolver-rules=MAP * 127.0.0.1"];
    let page = Page::open_with("en", server.addr(), &rules).forgive(&["421"]);
    let status = "performance.getEntriesByType('navigation')[0].responseStatus";
    for (name, code) in
        [("rebound.example.org", 421), ("chat.example.org", 200), ("board.local", 200)]
    {
        page.open(&format!("http://{name}:{}/", server.addr().port()));
        assert_eq!(page.eval(status), code, "{name}");
        assert_eq!(page.count("#join"), u64::from(code == 200), "{name}");
    }
    page.enter("ana");
}
