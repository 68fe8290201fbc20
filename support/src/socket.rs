//! One socket of many: what has begun to arrive, and what is not sent yet.

use mio::net::TcpStream;
use socket2::{Domain, SockRef, Socket as System, Type};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Longer than any listener's queue takes to be served, even on a busy machine.
const CONNECT_WITHIN: Duration = Duration::from_secs(30);

/// A way to connect from this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct From {
    /// From this address, if it matters.
    pub address: Option<IpAddr>,
    /// What the kernel may hold of what is not read, if it matters …
    pub receive_bytes: Option<usize>,
    /// … and of what is not taken.
    pub send_bytes: Option<usize>,
}

impl From {
    /// Connects. Waits if there is a queue at the door.
    pub fn connect(self, server: SocketAddr) -> io::Result<std::net::TcpStream> {
        let socket = System::new(Domain::for_address(server), Type::STREAM, None)?;
        if let Some(bytes) = self.receive_bytes {
            socket.set_recv_buffer_size(bytes)?;
        }
        if let Some(bytes) = self.send_bytes {
            socket.set_send_buffer_size(bytes)?;
        }
        socket.set_tcp_nodelay(true)?;
        if let Some(address) = self.address {
            socket.bind(&SocketAddr::new(address, 0).into())?;
        }
        socket.connect_timeout(&server.into(), CONNECT_WITHIN)?;
        Ok(socket.into())
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub struct Socket {
    /// The connection, which never waits.
    pub stream: TcpStream,
    /// The beginning of a line whose end has not arrived.
    partial: Vec<u8>,
    /// What was said and the system has not taken yet.
    pub unsent: Vec<u8>,
}

/// What a read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// So many bytes are in the buffer, and there may be more to read if it is full.
    Bytes(usize),
    /// There is nothing yet.
    Nothing,
    /// There will be nothing more: in order, or broken off with an error.
    End(Option<ErrorKind>),
}

/// Nothing to read yet, or not yet connected.
fn is_early(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected)
}

impl Socket {
    /// Begins to connect, and waits for nothing.
    pub fn begin(server: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(server)?;
        Ok(Self { stream, partial: Vec::new(), unsent: Vec::new() })
    }

    /// Of a connection.
    pub fn new(stream: std::net::TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        let stream = TcpStream::from_std(stream);
        Ok(Self { stream, partial: Vec::new(), unsent: Vec::new() })
    }

    /// Reads behind what was kept of the last read.
    pub fn read(&mut self, buffer: &mut [u8]) -> Received {
        let kept = self.partial.len();
        buffer[..kept].copy_from_slice(&self.partial);
        match self.stream.read(&mut buffer[kept..]) {
            Ok(0) => Received::End(None),
            Ok(count) => Received::Bytes(kept + count),
            Err(error) if is_early(&error) => Received::Nothing,
            Err(error) => Received::End(Some(error.kind())),
        }
    }

    /// Keeps what is no whole line yet, for the next read.
    pub fn keep(&mut self, partial: &[u8]) {
        self.partial.clear();
        self.partial.extend_from_slice(partial);
    }

    /// Says something, as far as the system takes it now.
    pub fn send(&mut self, bytes: &[u8]) {
        self.unsent.extend_from_slice(bytes);
        self.flush();
    }

    /// Sends what waits, as far as the system takes it now.
    pub fn flush(&mut self) {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(count) => drop(self.unsent.drain(..count)),
                Err(error) if is_early(&error) => return,
                // What the server did to this client is found by reading.
                Err(_) => self.unsent.clear(),
            }
        }
    }

    /// Sees to it that closing breaks the connection off. What is broken already is gone, too.
    pub fn reset_when_closed(&self) {
        _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
    }
}
