//! One client: its connection, what it has begun to read and what it has not yet sent.

use mio::net::TcpStream;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Reading,
    /// Does not read, on purpose.
    Stopped,
    /// The server has ended the connection.
    Gone,
}

pub(crate) struct Member {
    pub(crate) state: State,
    pub(crate) joined: bool,
    stream: TcpStream,
    /// The beginning of a line whose end has not arrived.
    partial: Vec<u8>,
    /// Lines which the socket has not taken yet.
    pub(crate) unsent: Vec<u8>,
}

/// What a read brought.
pub(crate) enum Received {
    /// So many bytes are in the buffer, and there may be more to read if it is full.
    Bytes(usize),
    Nothing,
    End,
}

/// Waits for the connection, which a server on the same machine accepts at once.
pub(crate) fn connect(server: SocketAddr, introduction: &[u8]) -> io::Result<TcpStream> {
    let mut stream = std::net::TcpStream::connect(server)?;
    stream.set_nodelay(true)?;
    stream.write_all(introduction)?;
    stream.set_nonblocking(true)?;
    Ok(TcpStream::from_std(stream))
}

impl Member {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            state: State::Reading,
            joined: false,
            stream,
            partial: Vec::new(),
            unsent: Vec::new(),
        }
    }

    /// Reads behind what was kept of the last read.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Received {
        let kept = self.partial.len();
        buffer[..kept].copy_from_slice(&self.partial);
        match self.stream.read(&mut buffer[kept..]) {
            Ok(0) => Received::End,
            Ok(count) => Received::Bytes(kept + count),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Received::Nothing,
            Err(_) => Received::End,
        }
    }

    pub(crate) fn keep(&mut self, partial: &[u8]) {
        self.partial.clear();
        self.partial.extend_from_slice(partial);
    }

    pub(crate) fn flush(&mut self) {
        if self.unsent.is_empty() {
            return;
        }
        match self.stream.write(&self.unsent) {
            Ok(count) => drop(self.unsent.drain(..count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            // What the server did to this client is found by reading.
            Err(_) => self.unsent.clear(),
        }
    }
}
