//! Ill-formed UTF-8, in two packets split at every place, and byte by byte: what is heard must not
//! depend on it.

use crate::generator::Run;
use chatd_support::proc::is_running;
use chatd_support::{Client, Result};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Splits {
    /// How many sequences of the corpus are tried.
    pub(crate) sequences: usize,
}

/// Bytes, and what is to be heard: U+FFFD for each maximal subpart. The first four are the examples
/// of the Unicode Standard 16.0, tables 3-8 to 3-11. 0xFF is doubled, as telnet wants it.
pub(crate) const CORPUS: &[(&[u8], &str)] = &[
    (b"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82A", "��������A"),
    (b"\xed\xa0\x80\xed\xbf\xbf\xed\xafA", "��������A"),
    (b"\xf4\x91\x92\x93\xff\xffA\x80\xbfB", "�����A��B"),
    (b"\xe1\x80\xe2\xf0\x91\x92\xf1\xbfA", "����A"),
    // A character cut short, before another one and at the end.
    (b"a\xc3", "a�"),
    (b"a\xe2\x82", "a�"),
    (b"a\xf0\x9f\x98", "a�"),
    (b"\xc3a", "�a"),
    (b"\xe2\x82a", "�a"),
    (b"\xf0\x9f\x98a", "�a"),
    (b"\xe2\x82\xe2\x82\xac", "�€"),
    (b"\xf0\x9f\xf0\x9f\x98\x80", "�😀"),
    (b"\xf0\x9f\x98\xc3\xa9", "�é"),
    // Continuations of nothing, overlong forms, what lies beyond Unicode.
    (b"\x80", "�"),
    (b"\xbf\x80\xbfa", "���a"),
    (b"\xc1\xbf", "��"),
    (b"\xe0\x9f\xbf", "���"),
    (b"\xf0\x8f\xbf\xbf", "����"),
    (b"\xf4\x90\x80\x80", "����"),
    (b"\xf5\x80\x80\x80", "����"),
    (b"\xf8\x88\x80\x80\x80", "�����"),
    (b"\xfc\x84\x80\x80\x80\x80", "������"),
    (b"\xfe\xff\xff\xfe", "���"),
    // Well-formed neighbours of the ill-formed.
    (b"\xc2\x80\xc2\xa0", "�\u{a0}"),
    (b"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80", "\u{800}\u{d7ff}\u{e000}"),
    (b"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\u{10000}\u{10ffff}"),
    ("olá, 世界 👩‍👩‍👧".as_bytes(), "olá, 世界 👩‍👩‍👧"),
];

/// The server takes what it was sent in less than this.
const PATIENCE: Duration = Duration::from_secs(5);

impl Splits {
    pub(crate) fn run(&self, server: SocketAddr, process: u32) -> Result<Run> {
        let mut run = Run { opened: 2, ..Run::default() };
        let mut listener = Client::connect_from("127.0.0.2", server).named("listener");
        let mut speaker = Client::connect_from("127.0.0.2", server).named("speaker");
        for (bytes, expected) in CORPUS.iter().take(self.sequences) {
            let line = [bytes, &b"\n"[..]].concat();
            let splits = (1..line.len()).map(|at| vec![&line[..at], &line[at..]]);
            let all = splits.chain([vec![&line[..]], line.chunks(1).collect()]);
            for packets in all {
                for packet in &packets {
                    speaker.send(packet);
                    taken(process)?;
                }
                run.sent += line.len() as u64;
                run.requests += 1;
                let heard = hear(&mut listener, &mut run);
                if heard != *expected {
                    run.failures.push(format!("{packets:x?} was heard as {heard:?}"));
                }
            }
        }
        run.remarks.push(format!("{} ways to split", run.requests));
        Ok(run)
    }
}

/// Waits until the server has read all that was sent: otherwise it would see one packet. It has
/// when it sleeps.
fn taken(process: u32) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    while is_running(process) != Some(false) {
        if Instant::now() > end {
            return Err("the server does not read".into());
        }
        thread::yield_now();
    }
    Ok(())
}

fn hear(listener: &mut Client, run: &mut Run) -> String {
    loop {
        let line = listener.line();
        run.heard += line.len() as u64 + 1;
        if let Some(text) = line.strip_prefix("speaker: ") {
            return text.to_owned();
        }
    }
}
