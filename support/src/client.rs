//! Somebody at the other end of a connection.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

use super::{PATIENCE, now, sentences};

/// A peer that sends bytes and compares what comes back, line by line and without gaps. Its own
/// lines end with LF.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Client {
    /// Connects, and says nothing yet.
    pub fn connect(addr: SocketAddr) -> Self {
        Self::new(TcpStream::connect(addr).expect("the server accepts connections"))
    }

    /// A peer whose system takes little that the program does not read.
    pub fn connect_with_small_buffer(addr: SocketAddr, bytes: usize) -> Self {
        Self::connect_with(addr, |socket| {
            socket.set_recv_buffer_size(bytes).expect("a buffer of that size");
        })
    }

    /// A peer with this address.
    pub fn connect_from(address: &str, server: SocketAddr) -> Self {
        let address = SocketAddr::new(address.parse().expect("an address"), 0);
        Self::connect_with(server, |socket| {
            socket.bind(&address.into()).expect("this machine has that address");
        })
    }

    fn connect_with(server: SocketAddr, prepare: impl FnOnce(&Socket)) -> Self {
        let socket =
            Socket::new(Domain::for_address(server), Type::STREAM, None).expect("a socket");
        prepare(&socket);
        socket.connect(&server.into()).expect("the server accepts connections");
        Self::new(socket.into())
    }

    fn new(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("what is sent goes out at once");
        stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
        stream.set_write_timeout(Some(PATIENCE)).expect("not zero");
        Self { stream, unread: Vec::new() }
    }

    /// It waits so long, where a test is about waiting.
    pub fn with_patience(self, patience: Duration) -> Self {
        self.stream.set_read_timeout(Some(patience)).expect("not zero");
        self.stream.set_write_timeout(Some(patience)).expect("not zero");
        self
    }

    /// Takes a nickname, and reads as far as the welcome.
    pub fn named(mut self, nick: &str) -> Self {
        self.say(nick);
        self.expect_start("*** Welcome to ");
        self.expect_start(sentences::you_are(nick));
        self
    }

    /// Says something, and reads the greeting and the welcome that a nickname has.
    #[track_caller]
    pub fn expect_welcome(&mut self, nick: &str) {
        self.expect(sentences::GREETING);
        self.expect_start(sentences::you_are(nick));
    }

    /// Quits, and waits until the server has closed the connection.
    #[track_caller]
    pub fn quit(mut self) {
        self.say("/quit");
        self.expect_end();
    }

    /// How the server sees it.
    pub fn addr(&self) -> SocketAddr {
        self.stream.local_addr().expect("it is connected")
    }

    /// Another hand on the connection, to send while this one reads.
    pub fn sender(&self) -> TcpStream {
        self.stream.try_clone().expect("a descriptor")
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).expect("the server reads");
    }

    /// Sends a line.
    pub fn say(&mut self, line: impl AsRef<str>) {
        self.send(format!("{}\n", line.as_ref()));
    }

    /// Sends a line and reads its answer.
    #[track_caller]
    pub fn ask(&mut self, line: impl AsRef<str>, answer: impl AsRef<str>) {
        self.say(line);
        self.expect(answer);
    }

    /// Sends no more, as `nc -N` does at the end of its input.
    pub fn close_sending(&self) {
        self.stream.shutdown(Shutdown::Write).expect("it is connected");
    }

    /// Breaks the connection off.
    pub fn reset(self) {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).expect("it is connected");
    }

    /// The next line without its end; `None` at the end of the stream.
    pub fn next_line(&mut self) -> Option<String> {
        let end = loop {
            match self.unread.iter().position(|&byte| byte == b'\n') {
                Some(end) => break end + 1,
                None if self.fill() => {}
                None if self.unread.is_empty() => return None,
                None => break self.unread.len(),
            }
        };
        let line: Vec<u8> = self.unread.drain(..end).collect();
        let line = String::from_utf8(line).expect("the server sends UTF-8");
        let line = line.strip_suffix('\n').unwrap_or(&line);
        Some(line.strip_suffix('\r').unwrap_or(line).to_owned())
    }

    /// The next line.
    #[track_caller]
    pub fn line(&mut self) -> String {
        self.next_line().expect("a line, not the end of the stream")
    }

    /// So many lines.
    pub fn lines(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.line()).collect()
    }

    /// The next line is this one.
    #[track_caller]
    pub fn expect(&mut self, line: impl AsRef<str>) {
        assert_eq!(self.line(), line.as_ref());
    }

    /// The next line begins so.
    #[track_caller]
    pub fn expect_start(&mut self, start: impl AsRef<str>) {
        let (line, start) = (self.line(), start.as_ref());
        assert!(line.starts_with(start), "{line:?} does not begin with {start:?}");
    }

    /// The next bytes are these, line ends and all.
    #[track_caller]
    pub fn expect_bytes(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        while self.unread.len() < bytes.len() && self.fill() {}
        let count = self.unread.len().min(bytes.len());
        let got: Vec<u8> = self.unread.drain(..count).collect();
        // Not `assert_eq`, which would show them as numbers.
        assert!(got == bytes, "{} is not {}", lossy(&got), lossy(bytes));
    }

    /// Reads up to this line, and returns what came before it.
    #[track_caller]
    pub fn until(&mut self, line: impl AsRef<str>) -> Vec<String> {
        let (start, line) = (now(), line.as_ref());
        let mut before = Vec::new();
        loop {
            match self.next_line() {
                Some(next) if next == line => return before,
                Some(next) => before.push(next),
                None => panic!("the stream ended before {line:?}: {before:?}"),
            }
            assert!(start.elapsed() < PATIENCE, "in vain for {PATIENCE:?}: {line:?}");
        }
    }

    /// All lines up to the end of the stream.
    pub fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.next_line()).collect()
    }

    /// There is nothing more: the server has closed the connection.
    #[track_caller]
    pub fn expect_end(&mut self) {
        assert_eq!(self.next_line(), None);
    }

    /// Receives some bytes; `false` at the end of the stream.
    fn fill(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(count) => {
                    self.unread.extend_from_slice(&buffer[..count]);
                    return count > 0;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    panic!("nothing comes any more ({error}) after {}", lossy(&self.unread))
                }
            }
        }
    }
}

/// Readable, and not endless.
fn lossy(bytes: &[u8]) -> String {
    format!("{:?} ({} bytes)", String::from_utf8_lossy(&bytes[..bytes.len().min(200)]), bytes.len())
}
