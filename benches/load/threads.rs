//! Yardstick: a thread per connection, a lock around the list of clients, and for every line a
//! blocking write to every other client. This is how a first chat server is written.

use chatd_support::message::Dialect;
use slab::Slab;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

type Clients = Arc<Mutex<Slab<Arc<TcpStream>>>>;

pub(crate) fn run() -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    println!("listening on {}", listener.local_addr()?);
    let clients = Clients::default();
    for stream in listener.incoming() {
        let (stream, clients) = (Arc::new(stream?), Arc::clone(&clients));
        thread::Builder::new().spawn(move || serve(&stream, &clients))?;
    }
    Ok(())
}

fn serve(stream: &Arc<TcpStream>, clients: &Clients) -> io::Result<()> {
    // Without it every second line waits for a delayed acknowledgement, and nothing else is
    // measured.
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(&**stream);
    let key = {
        let mut clients = clients.lock().unwrap_or_else(PoisonError::into_inner);
        (&**stream).write_all(&[Dialect::WELCOME, b"in\n"].concat())?;
        clients.insert(Arc::clone(stream))
    };
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
        let clients = clients.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, other) in clients.iter().filter(|(other, _)| *other != key) {
            // One that is gone is no concern of this client: its own thread will notice.
            _ = (&**other).write_all(&line);
        }
        line.clear();
    }
    clients.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    Ok(())
}
