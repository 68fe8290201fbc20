//! A server that does what the real one never does.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use chatd_support::sentences::{refused, welcome};
use chatd_support::terminal::Terminal;
use chatd_support::{PATIENCE, eventually};

use crate::{start, wait_for_talk};

pub(crate) struct Peer {
    lines: BufReader<TcpStream>,
}

/// The client in a window, welcomed as `ana` by nobody but this test.
pub(crate) fn scripted(columns: u16, rows: u16) -> (TcpListener, Peer, Terminal) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut terminal = start(address, "--nick ana", columns, rows);
    let mut peer = Peer::accept(&listener);
    peer.expect_question();
    peer.expect("ana");
    peer.send_line(&welcome("ana", "bruno"));
    wait_for_talk(&mut terminal, &["ana>"]);
    (listener, peer, terminal)
}

impl Peer {
    pub(crate) fn accept(listener: &TcpListener) -> Self {
        listener.set_nonblocking(true).expect("a listener");
        let (stream, _) = eventually("the client", || listener.accept().ok());
        stream.set_nonblocking(false).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a deadline");
        stream.set_write_timeout(Some(PATIENCE)).expect("a deadline");
        Self { lines: BufReader::new(stream) }
    }

    /// The client asks whether IRC is spoken, which this server takes for a nickname.
    #[track_caller]
    pub(crate) fn expect_question(&mut self) {
        self.expect("CAP LS 302\r");
        self.send_line(&refused("A nickname is one word."));
    }

    #[track_caller]
    pub(crate) fn expect(&mut self, line: &str) {
        let mut received = String::new();
        self.lines.read_line(&mut received).expect("a line");
        assert_eq!(received, format!("{line}\n"));
    }

    /// The client sends no more.
    #[cfg(target_os = "linux")]
    #[track_caller]
    pub(crate) fn expect_end(&mut self) {
        assert_eq!(self.lines.read_until(0, &mut Vec::new()).expect("the end"), 0);
    }

    /// Sends until the client takes nothing for a while.
    pub(crate) fn flood(&mut self) {
        let stream = self.lines.get_mut();
        stream.set_write_timeout(Some(Duration::from_millis(300))).expect("a deadline");
        while stream.write_all(&b"bruno: and on and on\n".repeat(1000)).is_ok() {}
    }

    pub(crate) fn send_line(&mut self, line: &str) {
        self.send(format!("{line}\n").as_bytes());
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.lines.get_mut().write_all(bytes).expect("a client");
    }
}
