//! Autobahn's cases against the frames of a WebSocket, which is how its implementations are compared.
//!
//! chatd echoes nothing, and those cases want an echo: so a small server around the same codec is tried, with
//! the real handshake before it. Groups 12 and 13 are about compression, which is not spoken, and those of
//! group 9 are messages of up to 16 MiB. It is run after a change of that codec:
//!
//! ```text
//! CHATD_KOSOKU=path/to/kosoku cargo test --test autobahn -- --ignored
//! ```

use std::env;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use chatd::wire::websocket::{self, CloseCode, Frames, Received};
use chatd::wire::{Decoder, Protocols, Step};
use chatd_support::Process;

/// The longest message of the cases.
const MESSAGE_BYTES_MAX: usize = 65_536;

/// All cases take a tenth of that.
const PATIENCE: Duration = Duration::from_secs(120);

/// Each report says what was wanted and what was seen.
const REPORTS: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/autobahn");

#[test]
#[ignore = "needs kosoku, which CONTRIBUTING tells how to get"]
fn autobahn_finds_no_fault() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it listens").to_string();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A case that breaks off is judged by its report.
            thread::spawn(move || _ = serve(stream));
        }
    });
    let mut kosoku = Command::new(env::var_os("CHATD_KOSOKU").unwrap_or("kosoku".into()));
    kosoku.args([&address, "-x", "9.*", "-x", "12.*", "-x", "13.*", "-o", REPORTS]);
    kosoku.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (status, said) = Process::spawn(kosoku).output(PATIENCE).expect("it ends in time");
    assert!(status.success(), "{said}\nSee the reports in {REPORTS}");
}

/// Opens the WebSocket, and sends each message back.
fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut decoder, mut frames) = (Decoder::new(Protocols::default()), Frames::default());
    let (mut buffer, mut is_open) = ([0; 4096], false);
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        let mut input = &buffer[..count];
        let mut reply = Vec::new();
        if !is_open {
            is_open = opens(&mut decoder, &mut input, &mut reply);
        }
        let is_over = is_open && echo(&mut frames, &mut input, &mut reply);
        stream.write_all(&reply)?;
        if is_over {
            return end(&mut stream);
        }
    }
}

/// Whether the request is whole, and answered.
fn opens(decoder: &mut Decoder, input: &mut &[u8], reply: &mut Vec<u8>) -> bool {
    loop {
        let mut scratch = String::new();
        let step = decoder.step(input, false, MESSAGE_BYTES_MAX, &mut scratch).0;
        if let Step::Reply(bytes) = step {
            reply.extend_from_slice(bytes);
            return true;
        }
        if step == Step::Incomplete {
            return false;
        }
        assert_eq!(step, Step::Requested);
    }
}

/// Answers as the server does, but for messages. Returns whether nothing that comes later counts.
fn echo(frames: &mut Frames, input: &mut &[u8], reply: &mut Vec<u8>) -> bool {
    loop {
        match frames.next(input, MESSAGE_BYTES_MAX) {
            Received::Incomplete => return false,
            Received::Message(kind, message) => websocket::message(kind, message, reply),
            Received::Ping(payload) => websocket::pong(payload, reply),
            Received::Pong => {}
            Received::TooLong => {
                websocket::close(Some(CloseCode::POLICY), reply);
                return true;
            }
            Received::Close(code) => {
                websocket::close(code, reply);
                return true;
            }
            Received::Violation(code) => {
                websocket::close(Some(code), reply);
                return true;
            }
        }
    }
}

/// Sends no more, and waits for the other side to close: what it still sends would else reset the connection.
fn end(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    while stream.read(&mut [0; 4096])? > 0 {}
    Ok(())
}
