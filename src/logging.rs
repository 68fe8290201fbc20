//! The log, on stderr, without ever waiting for stderr.
//!
//! A terminal that is stopped (Ctrl-S) or a pipe that nobody reads blocks whoever writes to it. So
//! lines go through a bounded channel to a thread that writes; when the channel is full they are
//! dropped, and counted.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use env_logger::{Builder, Env, Target};
use log::LevelFilter;

use crate::net::sys;

/// Lines that may wait for stderr.
const LINES_MAX: usize = 4096;

/// The log's way out, to be kept until the end.
#[derive(Debug)]
pub struct Log {
    sender: SyncSender<Message>,
}

#[derive(Debug)]
enum Message {
    Line(Vec<u8>),
    /// Answered when all lines before are written.
    Flush(SyncSender<()>),
}

/// Starts logging. `RUST_LOG`, in the syntax of `env_logger`, wins over `level`.
///
/// # Errors
///
/// The system's; if it has no thread for it, with what to try in its message.
pub fn start(level: LevelFilter) -> io::Result<Log> {
    sys::survive_full_files()?;
    let (sender, receiver) = sync_channel(LINES_MAX);
    let lost = Arc::new(AtomicU64::new(0));
    let lines = Lines { sender: sender.clone(), lost: Arc::clone(&lost) };
    thread::Builder::new()
        .name("log".into())
        .spawn(move || write(&receiver, &lost, io::stderr()))
        .map_err(|error| without_thread(&error))?;
    Builder::new()
        .filter_level(level)
        .format_target(false)
        .parse_env(Env::default())
        .target(Target::Pipe(Box::new(lines)))
        .init();
    Ok(Log { sender })
}

fn without_thread(error: &io::Error) -> io::Error {
    let message = format!(
        "cannot start the log's thread: {error}; see the limits of memory and of processes (ulimit -a)"
    );
    io::Error::new(error.kind(), message)
}

impl Log {
    /// Waits until all lines are written, but no longer than `timeout`.
    pub fn flush(&self, timeout: Duration) {
        let (done, is_done) = sync_channel(1);
        if self.sender.try_send(Message::Flush(done)).is_ok() {
            let _ = is_done.recv_timeout(timeout);
        }
    }
}

/// What the logger writes its lines to: one call, one line.
struct Lines {
    sender: SyncSender<Message>,
    lost: Arc<AtomicU64>,
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.sender.try_send(Message::Line(line.to_vec())).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes lines as fast as `out` takes them. Errors are ignored: there is nowhere left to report
/// them.
fn write(receiver: &Receiver<Message>, lost: &AtomicU64, mut out: impl Write) {
    for message in receiver {
        match message {
            Message::Line(line) => {
                let _ = out.write_all(&line);
                let lost = lost.swap(0, Ordering::Relaxed);
                if lost > 0 {
                    let _ = writeln!(
                        out,
                        "[{lost} lines of the log are lost: they came faster than they could be written]"
                    );
                }
            }
            Message::Flush(done) => {
                let _ = out.flush();
                let _ = done.try_send(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_over_the_bound_are_dropped_and_counted() {
        let (sender, receiver) = sync_channel(2);
        let lost = Arc::new(AtomicU64::new(0));
        let mut lines = Lines { sender, lost: Arc::clone(&lost) };
        for line in ["1\n", "2\n", "3\n", "4\n"] {
            assert_eq!(lines.write(line.as_bytes()).unwrap(), 2);
        }
        drop(lines);
        let mut out = Vec::new();
        write(&receiver, &lost, &mut out);
        let out = String::from_utf8(out).unwrap();
        assert!(out.starts_with("1\n[2 lines of the log are lost"), "{out}");
        assert!(out.ends_with("]\n2\n"), "{out}");
    }
}
