//! A way to the server that can be cut, or go dark.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Passes on what comes from either side of each connection.
#[derive(Debug)]
pub struct Relay {
    /// Where it listens.
    pub addr: SocketAddr,
    wires: Arc<Mutex<Vec<Wire>>>,
    refuses: Arc<AtomicBool>,
}

/// Both ends of a connection.
#[derive(Debug)]
struct Wire {
    ends: [TcpStream; 2],
    /// Of which end nothing is passed on.
    mute: [Arc<AtomicBool>; 2],
}

impl Relay {
    /// To the server at this address.
    pub fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let addr = listener.local_addr().expect("an address");
        let (wires, refuses) = (Arc::<Mutex<Vec<Wire>>>::default(), Arc::<AtomicBool>::default());
        let relay = Self { addr, wires: Arc::clone(&wires), refuses: Arc::clone(&refuses) };
        // The thread ends with the test.
        thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.expect("a client");
                if !refuses.load(Ordering::SeqCst)
                    && let Ok(server) = TcpStream::connect(server)
                {
                    wires.lock().expect("nobody panics with it").push(Wire::new(client, server));
                }
            }
        });
        relay
    }

    /// Cuts the connections that there are, for both sides.
    pub fn cut(&self) {
        let wires: Vec<Wire> =
            self.wires.lock().expect("nobody panics with it").drain(..).collect();
        assert!(!wires.is_empty(), "nobody is connected");
        for end in wires.iter().flat_map(|wire| &wire.ends) {
            // The other one may have ended it.
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    /// From now on, whoever comes is sent away; or no longer.
    pub fn refuse(&self, refuses: bool) {
        self.refuses.store(refuses, Ordering::SeqCst);
    }

    /// Passes on nothing more of the connections that there are, and ends none: so a network goes away.
    pub fn go_dark(&self) {
        self.mute([true, true]);
    }

    /// Passes on nothing more of what the server says on the connections that there are.
    pub fn mute_server(&self) {
        self.mute([false, true]);
    }

    fn mute(&self, sides: [bool; 2]) {
        for wire in &*self.wires.lock().expect("nobody panics with it") {
            for (is_mute, mutes) in wire.mute.iter().zip(sides) {
                is_mute.fetch_or(mutes, Ordering::SeqCst);
            }
        }
    }
}

impl Wire {
    fn new(client: TcpStream, server: TcpStream) -> Self {
        let mute = [(&client, &server), (&server, &client)].map(|(from, to)| {
            let [from, to] = [from, to].map(|end| end.try_clone().expect("a second handle"));
            let is_mute = Arc::<AtomicBool>::default();
            let mute = Arc::clone(&is_mute);
            thread::spawn(move || pass(from, to, &is_mute));
            mute
        });
        Self { ends: [client, server], mute }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, is_mute: &AtomicBool) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if is_mute.load(Ordering::SeqCst) {
            return;
        }
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    if !is_mute.load(Ordering::SeqCst) {
        let _ = to.shutdown(Shutdown::Both);
    }
}
