//! Through pipes and files, with the real server.

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
#[cfg(target_os = "linux")]
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use chatd_support::example::client;
#[cfg(target_os = "linux")]
use chatd_support::proc;
use chatd_support::sentences::{GREETING, STOPPING, ended, joined, welcome};
use chatd_support::{PATIENCE, Server, numbers};
use rustix::process::{Pid, Signal, kill_process};

use crate::CHATD;
#[cfg(target_os = "linux")]
use crate::scripted::Peer;

/// What becomes of it, which must be within [`PATIENCE`].
fn within_patience(child: Child) -> Output {
    let pid = Pid::from_child(&child);
    let (sender, output) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    let output = output.recv_timeout(PATIENCE);
    if output.is_err() {
        // Nobody has seen its end, so the number is still its own.
        let _ = kill_process(pid, Signal::KILL);
    }
    output.expect("the client ends").expect("its end")
}

/// The client without a terminal.
pub(crate) fn command(address: SocketAddr, arguments: &str, stdin: impl Into<Stdio>) -> Command {
    let mut command = Command::new(client());
    command.arg(address.to_string()).args(arguments.split_whitespace()).env("USER", "user");
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(server: &Server, arguments: &str, stdin: impl Into<Stdio>) -> Child {
    command(server.addr(), arguments, stdin).spawn().expect("the client")
}

/// The exit code, stdout and stderr.
fn end(child: Child) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = within_patience(child);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn a_pipe_says_it_and_leaves() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let mut child = run(&server, "--nick bot", Stdio::piped());
    child.stdin.take().expect("a pipe").write_all("olá\n/me acena".as_bytes()).expect("a reader");
    bruno.expect(joined("bot"));
    bruno.expect("bot: olá");
    bruno.expect("* bot acena");
    let (code, stdout, stderr) = end(child);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert_eq!(stdout, format!("{GREETING}\n{}\n", welcome("bot", "bruno")));
}

#[test]
#[ignore = "waits for more than a minute: as long as the kernel would wait for room"]
fn a_script_that_says_more_than_the_server_takes_in_a_minute_is_not_cut_off() {
    let server = CHATD.start("");
    let mut child = run(&server, "-n bot", Stdio::piped());
    let mut input = child.stdin.take().expect("a pipe");
    // It has no room for all of this.
    let writer = thread::spawn(move || input.write_all(numbers(500_000).as_bytes()));
    thread::sleep(Duration::from_secs(75));
    assert!(child.try_wait().expect("our child").is_none(), "{:?}", end(child));
    assert!(!server.log().contains(" left "), "{}", server.log());
    drop(server);
    // Now it has.
    assert_eq!(end(child).0, Some(1));
    assert!(writer.join().expect("no panic").is_err());
}

#[test]
fn files_and_dev_null_are_input_too() {
    let (server, [mut bruno]) = CHATD.room("--rate 0", ["bruno"]);
    let child = run(&server, "-n bot", File::open("/dev/null").expect("/dev/null"));
    bruno.expect(joined("bot"));
    bruno.expect(ended("bot"));
    assert_eq!(end(child).0, Some(0));

    // More than one read, and more than is queued at once.
    let path = std::env::temp_dir().join(format!("chatd-client-script-{}", std::process::id()));
    std::fs::write(&path, numbers(20_000)).expect("a script");
    let child = run(&server, "-n bot", File::open(&path).expect("the script"));
    std::fs::remove_file(&path).expect("the script");
    bruno.expect(joined("bot"));
    for n in 0..20_000 {
        bruno.expect(format!("bot: {n}"));
    }
    assert_eq!(end(child).0, Some(0));
}

#[test]
fn the_port_may_be_said_as_in_netcat() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let addr = server.addr();
    let mut command = Command::new(client());
    command.args([addr.ip().to_string(), addr.port().to_string()]).args(["-n", "bot"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    bruno.expect(joined("bot"));
    assert_eq!(end(child.expect("the client")).0, Some(0));
}

#[test]
fn without_a_terminal_the_users_name_is_taken() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let child = run(&server, "", Stdio::null());
    bruno.expect(joined("user"));
    assert_eq!(end(child).0, Some(0));
}

#[test]
#[cfg(target_os = "linux")]
fn after_the_end_of_its_input_it_sleeps() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut child = command(address, "-n bot", Stdio::null()).spawn().expect("the client");
    let mut peer = Peer::accept(&listener);
    peer.expect("bot");
    peer.send_line(&welcome("bot", ""));
    peer.expect_end();
    let before = proc::work(child.id()).0;
    thread::sleep(Duration::from_millis(300));
    let woken = proc::work(child.id()).0 - before;
    child.kill().expect("a child");
    child.wait().expect("its end");
    assert!(woken < 10, "{woken} times in 300 ms");
}

#[test]
fn nobody_reading_the_output_is_a_normal_end() {
    let server = CHATD.start("");
    let mut child = run(&server, "-n bot", Stdio::piped());
    // Its input goes on.
    let _stdin = child.stdin.take();
    drop(child.stdout.take());
    assert_eq!(end(child).0, Some(0));
}

#[test]
fn input_that_cannot_be_read_is_an_error() {
    let server = CHATD.start("");
    let directory = File::open(std::env::temp_dir()).expect("a directory");
    let (code, _, stderr) = end(run(&server, "-n bot", directory));
    assert_eq!(code, Some(1));
    assert!(stderr.starts_with("error: cannot read the input: "), "{stderr}");
}

#[test]
fn a_server_that_goes_away_is_an_error() {
    let (server, [mut bruno]) = CHATD.room("", ["bruno"]);
    let mut child = run(&server, "-n bot", Stdio::piped());
    let _stdin = child.stdin.take();
    bruno.expect(joined("bot"));
    server.signal("TERM");
    let (code, stdout, stderr) = end(child);
    assert_eq!(code, Some(1));
    assert!(stdout.ends_with(&format!("{STOPPING}\n")), "{stdout}");
    assert_eq!(stderr, "error: connection closed by the server\n");
}
