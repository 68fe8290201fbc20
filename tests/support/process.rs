//! One run of the program.

use std::env;
use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use super::eventually;

const PROGRAM: &str = env!("CARGO_BIN_EXE_chatd");

/// The program with these arguments, and nothing in its environment that is meant for it.
pub(crate) fn chatd(args: &str) -> Command {
    let mut command = prepared(PROGRAM);
    command.args(args.split_whitespace());
    command
}

/// The same, in a script of the shell, where the program is `"$0"`.
#[cfg(target_os = "linux")]
pub(crate) fn chatd_in_shell(script: &str) -> Command {
    let mut command = prepared("sh");
    command.args(["-c", script, PROGRAM]);
    command
}

fn prepared(program: &str) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, _) in env::vars_os() {
        if name == "RUST_LOG" || name.to_string_lossy().starts_with("CHATD_") {
            command.env_remove(name);
        }
    }
    command
}

/// A running program. It ends with the test, however that ends.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    stdout: Captured,
    stderr: Captured,
}

impl Process {
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let stdout = Captured::new(child.stdout.take());
        let stderr = Captured::new(child.stderr.take());
        Self { child, stdout, stderr }
    }

    /// Runs to the end: exit code, stdout, stderr.
    pub(crate) fn run(command: Command) -> (i32, String, String) {
        let mut process = Self::spawn(command);
        let code = process.exit_code();
        process.read_to_end();
        (code, process.stdout(), process.log())
    }

    /// Stops it as an operator does, and reads all that it wrote.
    #[cfg(unix)]
    pub(crate) fn stop(&mut self) {
        self.signal("TERM");
        assert_eq!(self.exit_code(), 0);
        self.read_to_end();
    }

    fn read_to_end(&mut self) {
        self.stdout.read_to_end();
        self.stderr.read_to_end();
    }

    #[cfg(unix)]
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to stdout so far.
    pub(crate) fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// What it has written to stderr so far.
    pub(crate) fn log(&self) -> String {
        self.stderr.text()
    }

    /// Waits for a line of the log that has this in it.
    pub(crate) fn expect_log(&self, part: &str) {
        eventually(&format!("{part:?} in the log"), || self.log().contains(part).then_some(()));
    }

    /// Waits until stdout has this in it.
    pub(crate) fn expect_stdout(&self, part: &str) {
        eventually(&format!("{part:?} on stdout"), || self.stdout().contains(part).then_some(()));
    }

    /// Waits for its end. A signal is no exit code.
    pub(crate) fn exit_code(&mut self) -> i32 {
        let status = eventually("the end of the program", || self.status());
        status.code().expect("it ends by itself")
    }

    /// Whether it has ended. All that it wrote is read then.
    pub(crate) fn has_ended(&mut self) -> bool {
        let has_ended = self.status().is_some();
        if has_ended {
            self.read_to_end();
        }
        has_ended
    }

    fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it is our child")
    }

    /// Sends a signal, such as `TERM`.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        self.signals(&[name]);
    }

    /// Sends signals, one right after the other.
    #[cfg(unix)]
    pub(crate) fn signals(&self, names: &[&str]) {
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
    reader: Option<thread::JoinHandle<()>>,
}

impl Captured {
    fn new(stream: Option<impl Read + Send + 'static>) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&bytes);
        let read = move |mut stream: Box<dyn Read + Send>| {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                sink.lock().expect("nobody panics with it").extend_from_slice(&buffer[..count]);
            }
        };
        let reader = stream.map(|stream| thread::spawn(move || read(Box::new(stream))));
        Self { bytes, reader }
    }

    fn text(&self) -> String {
        let bytes = self.bytes.lock().expect("nobody panics with it");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn read_to_end(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader does not panic");
        }
    }
}
