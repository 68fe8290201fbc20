//! A way to the server that can be cut.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use chatd_support::PATIENCE;

/// Passes on what comes from either side, one connection after the other.
pub(crate) struct Relay {
    pub(crate) addr: SocketAddr,
    connections: Receiver<[TcpStream; 2]>,
    current: Vec<TcpStream>,
}

impl Relay {
    pub(crate) fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let addr = listener.local_addr().expect("an address");
        let (sender, connections) = mpsc::channel();
        // The thread ends with the test.
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.expect("a client");
                let server = TcpStream::connect(server).expect("the server");
                let clone = |stream: &TcpStream| stream.try_clone().expect("a second handle");
                pass(clone(&client), clone(&server));
                pass(clone(&server), clone(&client));
                if sender.send([client, server]).is_err() {
                    return;
                }
            }
        });
        Self { addr, connections, current: Vec::new() }
    }

    /// Cuts the connection there is, for both sides.
    pub(crate) fn cut(&mut self) {
        self.current = self.connections.recv_timeout(PATIENCE).expect("a connection").into();
        for stream in &self.current {
            // The other one may have ended it.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
}
