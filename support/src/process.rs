//! One run of the program.

use std::env;
use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::{Client, PATIENCE, Server, eventually};

/// The program at this path: only tests and benchmarks of the package itself are told it, as
/// `env!("CARGO_BIN_EXE_chatd")`.
#[derive(Clone, Copy, Debug)]
pub struct Program<'a>(pub &'a str);

impl Program<'_> {
    /// The program with these arguments, and nothing in its environment that is meant for it.
    pub fn command(&self, args: &str) -> Command {
        let mut command = prepared(self.0);
        command.args(args.split_whitespace());
        command
    }

    /// The same, in a script of the shell, where the program is `"$0"`.
    #[cfg(unix)]
    pub fn in_shell(&self, script: &str) -> Command {
        let mut command = prepared("sh");
        command.args(["-c", script, self.0]);
        command
    }

    /// A server with these arguments, on a free port.
    pub fn start(&self, args: &str) -> Server {
        Server::launch(self.command(&format!("{args} --bind 127.0.0.1:0")))
    }

    /// The same, with some people in it who have all seen each other come in.
    pub fn room<const N: usize>(&self, args: &str, nicks: [&str; N]) -> (Server, [Client; N]) {
        let server = self.start(args);
        let people = server.room(nicks);
        (server, people)
    }
}

fn prepared(program: &str) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    forget_variables(&mut command);
    command
}

/// Sees to it that no variable of whoever runs this changes what is tried.
pub fn forget_variables(command: &mut Command) {
    for (name, _) in env::vars_os() {
        if name == "RUST_LOG" || name.to_string_lossy().starts_with("CHATD_") {
            command.env_remove(name);
        }
    }
}

/// A running program. It ends with its handle, however that ends.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdout: Captured,
    stderr: Captured,
}

impl Process {
    /// Starts it, and reads what it writes into pipes.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let stdout = Captured::new(child.stdout.take());
        let stderr = Captured::new(child.stderr.take());
        Self { child, stdout, stderr }
    }

    /// Runs to the end: exit code, stdout, stderr.
    pub fn run(command: Command) -> (i32, String, String) {
        let mut process = Self::spawn(command);
        let code = process.exit_code();
        (code, process.stdout(), process.log())
    }

    /// Stops it as an operator does, and reads all that it wrote.
    #[cfg(unix)]
    #[track_caller]
    pub fn stop(&mut self) {
        self.signal("TERM");
        assert_eq!(self.exit_code(), 0);
    }

    /// Its number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to stdout so far.
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// What it has written to stderr so far.
    pub fn log(&self) -> String {
        self.stderr.text()
    }

    /// Waits for a line of the log that has this in it.
    pub fn expect_log(&self, part: &str) {
        eventually(&format!("{part:?} in the log"), || self.log().contains(part).then_some(()));
    }

    /// Waits until stdout has this in it.
    pub fn expect_stdout(&self, part: &str) {
        eventually(&format!("{part:?} on stdout"), || self.stdout().contains(part).then_some(()));
    }

    /// Waits for its end, and reads all that it wrote. A signal is no exit code.
    #[track_caller]
    pub fn exit_code(&mut self) -> i32 {
        let status = eventually("the end of the program", || self.end());
        status.code().expect("it ends by itself")
    }

    /// How it ended, if it did. All that it wrote is read then.
    pub fn end(&mut self) -> Option<ExitStatus> {
        let status = self.child.try_wait().expect("it is our child")?;
        self.stdout.read_to_end(PATIENCE);
        self.stderr.read_to_end(PATIENCE);
        Some(status)
    }

    /// Whether it has ended. All that it wrote is read then.
    pub fn has_ended(&mut self) -> bool {
        self.end().is_some()
    }

    /// What it writes to stdout up to its end, and how that is; nothing if it is not in time. Does
    /// not look now and then, as whoever measures may not be disturbed.
    pub fn output(mut self, patience: Duration) -> Option<(ExitStatus, String)> {
        self.stdout.read_to_end(patience).then_some(())?;
        let status = self.child.wait().expect("it is our child");
        Some((status, self.stdout()))
    }

    /// Sends a signal, such as `TERM`.
    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        self.signals(&[name]);
    }

    /// Sends signals, one right after the other.
    #[cfg(unix)]
    pub fn signals(&self, names: &[&str]) {
        // The shell has `kill` built in; the child is not waited for before, so the number is still
        // its own.
        let kills: Vec<String> =
            names.iter().map(|name| format!("kill -{name} {}", self.pid())).collect();
        let kill = kills.join(" && sleep 0.02 && ");
        let status = Command::new("sh").args(["-c", &kill]).status().expect("there is a shell");
        assert!(status.success(), "{kill}: {status}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("--- stderr of chatd:\n{}---", self.log());
        }
    }
}

/// A stream of the program, read as it comes. One that is not a pipe stays empty.
#[derive(Debug)]
struct Captured {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// Hangs up at the end of the stream.
    end: Mutex<Receiver<()>>,
}

impl Captured {
    fn new(stream: Option<impl Read + Send + 'static>) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&bytes);
        let (open, end) = mpsc::channel();
        if let Some(mut stream) = stream {
            thread::spawn(move || {
                let _open: mpsc::Sender<()> = open;
                let mut buffer = [0; 4096];
                while let Ok(count @ 1..) = stream.read(&mut buffer) {
                    sink.lock().expect("nobody panics with it").extend_from_slice(&buffer[..count]);
                }
            });
        }
        Self { bytes, end: Mutex::new(end) }
    }

    fn text(&self) -> String {
        let bytes = self.bytes.lock().expect("nobody panics with it");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Returns whether that took no longer.
    fn read_to_end(&self, patience: Duration) -> bool {
        let end = self.end.lock().expect("nobody panics with it");
        end.recv_timeout(patience) == Err(RecvTimeoutError::Disconnected)
    }
}
