//! The server's log, as a witness: it names each connection, and what became of it, in the order in
//! which it happened.

use std::cell::RefCell;
use std::sync::Once;

use log::{Level, LevelFilter, Log, Metadata, Record};

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

struct Journal;

/// What the log says of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    Connected,
    /// It has a nickname, the first one or another.
    Named(String),
    /// It left, with or without a nickname, and why.
    Left(Option<String>, String),
    /// It met a limit.
    Limited,
}

impl Log for Journal {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= Level::Info
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            assert_eq!(record.level(), Level::Info, "no peer can cause this: {}", record.args());
            LINES.with_borrow_mut(|lines| lines.push(record.args().to_string()));
        }
    }

    fn flush(&self) {}
}

/// Begins to listen. The journal of another run in this thread is forgotten.
pub(crate) fn open() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Journal).expect("nobody else logs here");
        log::set_max_level(LevelFilter::Info);
    });
    LINES.with_borrow_mut(Vec::clear);
}

/// What was said since the last time: of whom, by port, and what.
pub(crate) fn take() -> Vec<(u16, Entry)> {
    LINES.with_borrow_mut(|lines| lines.drain(..).filter_map(|line| parse(&line)).collect())
}

fn parse(line: &str) -> Option<(u16, Entry)> {
    assert!(!line.contains(char::is_control), "a log of one line per entry: {line:?}");
    if line.ends_with(" in the last minute; -v tells of each") {
        // Of those that were turned away.
        return None;
    }
    let (address, rest) = line.split_once(' ').expect("a peer first");
    let port = address.trim_end_matches(':').rsplit_once(':').expect("a port").1;
    let entry = if rest == "connected" {
        Entry::Connected
    } else if let Some(name) = rest.strip_prefix("is ") {
        Entry::Named(name.into())
    } else if let Some(left) = rest.strip_prefix("left (") {
        let (name, why) = left.split_once("): ").expect("why it left");
        Entry::Left((name != "no nickname").then(|| name.into()), why.into())
    } else {
        Entry::Limited
    };
    Some((port.parse().expect("a port"), entry))
}
