//! The terminal client from outside: in a pseudo-terminal, and through pipes and files. The server
//! is the test itself, so that every moment of the conversation is under control.

#![cfg(unix)]

#[path = "support/pty.rs"]
mod pty;

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use pty::{PATIENCE, Terminal};
use rustix::process::Signal;

/// The example's program. Cargo does not build it for a test that is run alone, so this does.
fn client() -> &'static PathBuf {
    static CLIENT: OnceLock<PathBuf> = OnceLock::new();
    CLIENT.get_or_init(|| {
        let test = std::env::current_exe().expect("this test");
        let directory = test.ancestors().nth(2).expect("the profile's directory");
        let profile = match directory.file_name().and_then(|name| name.to_str()) {
            Some("debug") | None => "dev",
            Some(name) => name,
        };
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--example", "client", "--profile", profile])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(status.is_ok_and(|status| status.success()), "the example is not built");
        directory.join("examples/client")
    })
}

/// The server's side of the conversation.
struct Server {
    listener: TcpListener,
    address: String,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        Self { listener, address }
    }

    fn accept(&self) -> Peer {
        let (stream, _) = self.listener.accept().expect("the client");
        stream.set_read_timeout(Some(PATIENCE)).expect("a deadline");
        Peer { lines: BufReader::new(stream) }
    }

    /// Takes the next client into the room, under the name it must ask for.
    fn welcome(&self, nick: &str) -> Peer {
        let mut peer = self.accept();
        peer.expect(nick);
        peer.say(&format!("*** You are {nick}. Here now: bruno. /help lists the commands."));
        peer
    }
}

struct Peer {
    lines: BufReader<TcpStream>,
}

impl Peer {
    #[track_caller]
    fn expect(&mut self, line: &str) {
        let mut received = String::new();
        self.lines.read_line(&mut received).expect("a line");
        assert_eq!(received, format!("{line}\n"));
    }

    #[track_caller]
    fn expect_end(&mut self) {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).expect("the end");
        assert_eq!(rest, "");
    }

    fn say(&mut self, line: &str) {
        self.lines.get_mut().write_all(format!("{line}\n").as_bytes()).expect("a client");
    }
}

/// Starts the client in a window, with `arguments` after the address.
fn start(server: &Server, arguments: &[&str], columns: u16, rows: u16) -> Terminal {
    let command = pty_process::blocking::Command::new(client())
        .arg(&server.address)
        .args(arguments)
        .env("TERM", "xterm-256color")
        .env("USER", "user")
        .env_remove("NO_COLOR");
    Terminal::start(command, columns, rows)
}

/// A client in the room as `ana`, and its server.
fn started(columns: u16, rows: u16) -> (Server, Peer, Terminal) {
    let server = Server::start();
    let mut terminal = start(&server, &["--nick", "ana"], columns, rows);
    let peer = server.welcome("ana");
    terminal.wait_for_rows(&["ana>"]);
    (server, peer, terminal)
}

#[test]
fn a_half_typed_line_survives_arriving_messages() {
    let (_server, mut peer, mut terminal) = started(60, 6);
    let text = "olá, 日本 e\u{301} 👋, meio digitado";
    for (n, c) in text.chars().enumerate() {
        peer.say(&format!("bruno: {n} 👋"));
        terminal.type_keys(c.encode_utf8(&mut [0; 4]));
    }
    let last = text.chars().count() - 1;
    let (before, last) = (format!("bruno: {} 👋", last - 1), format!("bruno: {last} 👋"));
    terminal.wait_for_rows(&[&before, &last, &format!("ana> {text}")]);
    terminal.type_keys("\r");
    peer.expect(text);
    terminal.wait_for_rows(&[&last, &format!("ana: {text}"), "ana>"]);
}

#[test]
fn a_new_window_size_keeps_the_line_and_the_messages() {
    let (_server, mut peer, mut terminal) = started(60, 8);
    terminal.type_keys("meio digitado");
    peer.say("bruno: uma linha que não cabe em trinta colunas");
    terminal
        .wait_for_rows(&["bruno: uma linha que não cabe em trinta colunas", "ana> meio digitado"]);
    terminal.resize(30, 5);
    terminal.wait_for_rows(&[
        "bruno: uma linha que não cabe",
        "em trinta colunas",
        "ana> meio digitado",
    ]);
    terminal.resize(60, 8);
    terminal
        .wait_for_rows(&["bruno: uma linha que não cabe em trinta colunas", "ana> meio digitado"]);
}

#[test]
fn pasted_lines_are_sent_only_after_a_yes() {
    let (_server, mut peer, mut terminal) = started(60, 8);
    terminal.type_keys("\x1b[200~um\rdois\r\x1b[201~");
    terminal.wait_for_rows(&["| um", "| dois", "ana>"]);
    terminal.type_keys("\x1b");
    terminal.wait_until("the paste dropped", |rows| !rows.contains(&"| um".to_owned()));
    terminal.type_keys("\x1b[200~um\rdois\r\x1b[201~\r");
    peer.expect("um");
    peer.expect("dois");
    terminal.wait_for_rows(&["ana: um", "ana: dois", "ana>"]);
}

#[test]
fn a_nickname_is_asked_for_and_asked_again_when_refused() {
    let server = Server::start();
    let mut terminal = start(&server, &[], 60, 8);
    let mut peer = server.accept();
    peer.say("*** Welcome to chatd. Choose a nickname:");
    terminal.wait_for_rows(&["*** Welcome to chatd. Choose a nickname:", "nickname [user]:"]);
    terminal.type_keys("\r");
    peer.expect("user");
    peer.say("*** user is taken. Choose a nickname:");
    terminal.wait_for_rows(&["*** user is taken. Choose a nickname:", "nickname [user]:"]);
    terminal.type_keys("ana\r");
    peer.expect("ana");
}

#[test]
fn a_lost_connection_is_taken_up_again() {
    let (server, peer, mut terminal) = started(70, 8);
    terminal.type_keys("meio");
    terminal.wait_for_rows(&["ana> meio"]);
    drop(peer);
    terminal.wait_until("a countdown", |rows| {
        rows.iter().any(|row| row.starts_with("trying again in 1 s, Enter tries at once"))
    });
    let mut peer = server.welcome("ana");
    terminal.type_keys(" e fim\r");
    // An Enter that came too early has only asked for an attempt.
    terminal.wait_until("the line, sent or not", |rows| {
        rows.last().is_some_and(|row| row == "ana>" || row == "ana> meio e fim")
    });
    terminal.type_keys("\r");
    peer.expect("meio e fim");
}

#[test]
fn leaving_delivers_what_was_typed_and_restores_the_terminal() {
    let (_server, mut peer, mut terminal) = started(60, 8);
    terminal.type_keys("tchau\r\x04");
    peer.expect("tchau");
    peer.expect("/quit");
    peer.expect_end();
    peer.say("bruno: até!");
    drop(peer);
    assert_eq!(terminal.wait_for_end().code(), Some(0));
    assert!(terminal.is_restored());
    terminal.wait_for_rows(&["ana: tchau", "bruno: até!"]);
}

#[test]
fn signals_that_end_it_restore_the_terminal() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let (_server, _peer, mut terminal) = started(60, 8);
        assert!(!terminal.is_restored());
        terminal.signal(signal);
        assert_eq!(terminal.wait_for_end().signal(), Some(signal.as_raw()));
        assert!(terminal.is_restored(), "{signal:?}");
    }
}

#[test]
fn an_error_restores_the_terminal_before_it_is_told() {
    let server = Server::start();
    let mut terminal = start(&server, &["--nick", "ana", "--no-reconnect"], 60, 8);
    drop(server.welcome("ana"));
    assert_eq!(terminal.wait_for_end().code(), Some(1));
    assert!(terminal.is_restored());
    terminal.wait_for_rows(&["error: connection closed by the server"]);
}

#[test]
fn ctrl_z_without_a_shell_to_come_back_from_goes_on() {
    let (_server, mut peer, mut terminal) = started(60, 8);
    terminal.type_keys("meio\x1a");
    terminal.wait_for_bytes(b"\x1b[?2004l");
    terminal.type_keys(" e fim\r");
    peer.expect("meio e fim");
    terminal.wait_for_rows(&["ana: meio e fim", "ana>"]);
    assert!(!terminal.is_restored(), "it goes on in raw mode");
}

#[test]
fn nothing_the_server_sends_is_obeyed() {
    let (_server, mut peer, mut terminal) = started(60, 8);
    peer.say("bruno: \x1b]0;title\x07\x1b[2J\u{9b}31m\u{202e}x\rana: forged");
    terminal.wait_for_rows(&["bruno: ^[]0;title^G^[[2J<U+009B>31m<U+202E>x^Mana: forged", "ana>"]);
    assert!(!terminal.has_written(b"\x1b]0"));
}

#[test]
fn colours_are_left_out_on_request() {
    for (arguments, color) in
        [(&["--nick", "ana"][..], true), (&["-n", "ana", "--no-color"], false)]
    {
        let server = Server::start();
        let mut terminal = start(&server, arguments, 60, 8);
        let mut peer = server.welcome("ana");
        peer.say("bruno: oi");
        terminal.wait_for_rows(&["bruno: oi", "ana>"]);
        assert_eq!(terminal.has_written(b"\x1b[38;5;"), color);
    }
}

/// Runs the client without a terminal.
fn run(server: &Server, arguments: &[&str], stdin: Stdio) -> std::process::Child {
    Command::new(client())
        .arg(&server.address)
        .args(arguments)
        .env("USER", "user")
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the client")
}

fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).expect("UTF-8")
}

fn stderr(output: &Output) -> &str {
    str::from_utf8(&output.stderr).expect("UTF-8")
}

#[test]
fn a_pipe_says_it_and_leaves() {
    let server = Server::start();
    let mut child = run(&server, &["--nick", "bot"], Stdio::piped());
    child.stdin.take().expect("a pipe").write_all("olá".as_bytes()).expect("a reader");
    let mut peer = server.welcome("bot");
    peer.expect("olá");
    peer.expect_end();
    peer.say("bruno: \x1b[2Joi");
    drop(peer);
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(0));
    let welcome = "*** You are bot. Here now: bruno. /help lists the commands.\n";
    assert_eq!(stdout(&output), format!("{welcome}bruno: ^[[2Joi\n"));
}

#[test]
fn files_and_dev_null_are_input_too() {
    let server = Server::start();
    let child = run(&server, &["-n", "bot"], File::open("/dev/null").expect("/dev/null").into());
    server.welcome("bot").expect_end();
    assert_eq!(child.wait_with_output().expect("an end").status.code(), Some(0));

    // More than one read, and more than is queued at once.
    let path = std::env::temp_dir().join(format!("chatd-client-script-{}", std::process::id()));
    let script = (0..20_000).map(|n| format!("line {n}\n")).collect::<Vec<_>>().concat();
    std::fs::write(&path, &script).expect("a script");
    let child = run(&server, &["-n", "bot"], File::open(&path).expect("the script").into());
    std::fs::remove_file(&path).expect("the script");
    let mut peer = server.welcome("bot");
    let mut received = String::new();
    peer.lines.read_to_string(&mut received).expect("the end");
    assert!(received == script, "{} of {} bytes", received.len(), script.len());
    drop(peer);
    assert_eq!(child.wait_with_output().expect("an end").status.code(), Some(0));
}

#[test]
fn without_a_terminal_the_users_name_is_taken() {
    let server = Server::start();
    let child = run(&server, &[], Stdio::null());
    server.welcome("user").expect_end();
    assert_eq!(child.wait_with_output().expect("an end").status.code(), Some(0));
}

#[test]
fn nobody_reading_the_output_is_a_normal_end() {
    let server = Server::start();
    let mut child = run(&server, &["-n", "bot"], Stdio::piped());
    drop(child.stdout.take());
    let _peer = server.welcome("bot");
    assert_eq!(child.wait().expect("an end").code(), Some(0));
}

#[test]
fn a_refused_nickname_ends_a_script() {
    let server = Server::start();
    let child = run(&server, &["-n", "bot"], Stdio::null());
    let mut peer = server.accept();
    peer.say("*** Welcome to chatd. Choose a nickname:");
    peer.expect("bot");
    peer.say("*** bot is taken. Choose a nickname:");
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stderr(&output), "error: the nickname \"bot\" was refused: bot is taken.\n");
}

#[test]
fn errors_teach_and_the_exit_code_tells_them_apart() {
    let Server { address: nobody, listener } = Server::start();
    drop(listener);
    let run = |arguments: &[&str]| {
        Command::new(client()).args(arguments).stdin(Stdio::null()).output().expect("the client")
    };
    let refused = run(&[&nobody, "-n", "bot"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("is chatd running there, and on that port?"));
    let unknown = run(&["no-such-host.invalid", "-n", "bot"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(stderr(&unknown).contains("cannot find the host \"no-such-host.invalid\""));
    for usage in [&["--nope"][..], &["host:port"], &["-n", "two words"], &["a", "b"]] {
        assert_eq!(run(usage).status.code(), Some(2), "{usage:?}");
    }
}
