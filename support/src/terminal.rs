//! A program in a pseudo-terminal, as its user sees it.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::AsFd;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use pty_process::Size;
use pty_process::blocking::{Command, Pty};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, tcgetattr};

use crate::{PATIENCE, now};

/// See the module's documentation.
#[expect(missing_debug_implementations, reason = "an emulated terminal has none")]
pub struct Terminal {
    pty: Pty,
    child: Child,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    /// All that the program ever wrote.
    written: Vec<u8>,
}

impl Terminal {
    /// Starts `command` in a window of this size.
    pub fn start(command: Command, columns: u16, rows: u16) -> Self {
        let (pty, pts) = pty_process::blocking::open().expect("a pseudo-terminal");
        pty.resize(Size::new(rows, columns)).expect("a size");
        let child = command.spawn(pts).expect("the program");
        let (sender, output) = mpsc::channel();
        let mut reader = File::from(pty.as_fd().try_clone_to_owned().expect("a second handle"));
        // Reading a terminal blocks, and a test must not: the thread ends with the terminal.
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(cells(rows), cells(columns), 0);
        Self { pty, child, output, screen, written: Vec::new() }
    }

    /// Types what these bytes are.
    pub fn type_keys(&mut self, keys: &str) {
        self.pty.write_all(keys.as_bytes()).expect("typing");
    }

    /// The emulated terminal takes the new size first, as a real one does.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.screen.screen_mut().set_size(cells(rows), cells(columns));
        self.pty.resize(Size::new(rows, columns)).expect("a size");
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("a running program");
    }

    /// The rows that have something in them.
    pub fn rows(&self) -> Vec<String> {
        let columns = self.screen.screen().size().1.get();
        let rows = self.screen.screen().rows(0, columns).map(|row| row.trim_end().to_owned());
        rows.filter(|row| !row.is_empty()).collect()
    }

    /// Waits until the window shows what is `expected`, which it must within [`PATIENCE`].
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, expected: impl Fn(&[String]) -> bool) {
        self.wait(what, |terminal| expected(&terminal.rows()));
    }

    /// Waits until the last rows are these.
    #[track_caller]
    pub fn wait_for_rows(&mut self, last: &[&str]) {
        self.wait_until(&format!("{last:#?}"), |rows| {
            rows.len() >= last.len() && rows[rows.len() - last.len()..] == *last
        });
    }

    /// Waits until `bytes` were written to the terminal.
    #[track_caller]
    pub fn wait_for_bytes(&mut self, bytes: &[u8]) {
        self.wait(&format!("{bytes:?}"), |terminal| terminal.has_written(bytes));
    }

    #[track_caller]
    fn wait(&mut self, what: &str, is_there: impl Fn(&Self) -> bool) {
        let deadline = now() + PATIENCE;
        while !is_there(self) {
            match self.output.recv_timeout(deadline.saturating_duration_since(now())) {
                Ok(bytes) => self.take(&bytes),
                Err(error) => panic!("{what} does not come ({error}) to {:#?}", self.rows()),
            }
        }
    }

    /// Takes no more output, as a terminal does after Ctrl-S.
    pub fn stop_reading(&mut self) {
        // The thread that reads ends at the next output.
        self.output = mpsc::channel().1;
    }

    /// Waits for the program to end.
    #[track_caller]
    pub fn wait_for_end(&mut self) -> ExitStatus {
        let deadline = now() + PATIENCE;
        loop {
            // What it writes last must not be what it waits for.
            while let Ok(bytes) = self.output.try_recv() {
                self.take(&bytes);
            }
            if let Some(status) = self.child.try_wait().expect("a child") {
                while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
                    self.take(&bytes);
                }
                return status;
            }
            assert!(now() < deadline, "the program does not end: {:#?}", self.rows());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether the terminal is as a shell wants it: lines edited and echoed by the system, pastes
    /// not marked.
    pub fn is_restored(&self) -> bool {
        let modes = tcgetattr(&self.pty).expect("the terminal's modes").local_modes;
        let cooked = LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
        modes.contains(cooked) && !self.screen.screen().bracketed_paste()
    }

    /// The number of the program's process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether `bytes` were ever written to the terminal.
    pub fn has_written(&self, bytes: &[u8]) -> bool {
        self.written.windows(bytes.len()).any(|window| window == bytes)
    }

    fn take(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        self.written.extend_from_slice(bytes);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Mostly it has ended; a failed test leaves it running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a window with room")
}
