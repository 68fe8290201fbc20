//! What was said in the room, in the order in which the listener heard it.
//!
//! That order is compared with what the speakers said, each in its own; everybody else is compared
//! with it (`hearing`).

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// Who says something: one connection of one client.
pub(crate) type Session = u32;

/// Stands before the session in a line that is accounted for. A line of the server, or of somebody
/// who sends garbage, has none.
const MARK: &[u8] = b": ~~";
/// Lines kept before those that somebody has yet to hear: whoever has left may be one whose own
/// last line the listener has not heard yet.
const KEPT: u64 = 1000;

pub(crate) struct Line {
    pub(crate) text: Box<[u8]>,
    pub(crate) session: Session,
    pub(crate) said_at: Duration,
}

struct Speaker {
    seat: usize,
    /// What it said and the listener has not heard yet.
    due: VecDeque<(Box<[u8]>, Duration)>,
    /// Its last line that the listener has heard.
    last: Option<u64>,
    end: End,
}

#[derive(PartialEq, Eq)]
enum End {
    Open,
    /// The server has ended the stream in order, after all lines before this index. Those said
    /// before this time it may have missed.
    Polite(u64, Duration),
    /// The client has broken it off: what it said last may never be heard.
    Cut,
}

#[derive(Default)]
pub(crate) struct Room {
    lines: VecDeque<Line>,
    /// Index of the first line kept.
    first: u64,
    pub(crate) bytes: u64,
    speakers: HashMap<Session, Speaker>,
    sessions: Session,
    /// Lines that were said and must be heard, but for those of connections broken off.
    pub(crate) due: usize,
    /// How many lines all others together have heard.
    pub(crate) deliveries: u64,
}

impl Room {
    /// The index after the last line.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    /// The lines from `position` on, each with its index.
    pub(crate) fn from(&self, position: u64) -> impl Iterator<Item = (u64, &Line)> {
        let skipped = usize::try_from(position.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let lines = self.lines.range(skipped.min(self.lines.len())..);
        (position.max(self.first)..).zip(lines)
    }

    /// A new speaker, the client at `seat`.
    pub(crate) fn open(&mut self, seat: usize) -> Session {
        self.sessions += 1;
        let speaker = Speaker { seat, due: VecDeque::new(), last: None, end: End::Open };
        self.speakers.insert(self.sessions, speaker);
        self.sessions
    }

    /// Who has said something before `time` that the listener has not heard.
    pub(crate) fn unheard(&self, time: Duration) -> Option<usize> {
        let mut speakers = self.speakers.values().filter(|speaker| speaker.end != End::Cut);
        let is_late = |speaker: &&Speaker| speaker.due.front().is_some_and(|&(_, at)| at < time);
        speakers.find(is_late).map(|speaker| speaker.seat)
    }

    /// `session` says something that everybody else will hear as `line`.
    pub(crate) fn promise(&mut self, session: Session, line: &str, now: Duration) {
        if let Some(speaker) = self.speakers.get_mut(&session) {
            speaker.due.push_back((line.as_bytes().into(), now));
            self.due += 1;
        }
    }

    /// The listener hears a line: it must be the next one of its speaker.
    pub(crate) fn hear(&mut self, session: Session, text: &[u8]) -> Result<(), String> {
        let wrong = |why: &str| format!("hears {}, {why}", shown(text));
        let speaker = self.speakers.get_mut(&session);
        let speaker = speaker.ok_or_else(|| wrong("all of whose speaker was heard before"))?;
        let next = speaker.due.pop_front();
        let (due, said_at) = next.ok_or_else(|| wrong("a line too many of its speaker"))?;
        if *due != *text {
            return Err(wrong(&format!("when {} is due of its speaker", shown(&due))));
        }
        if speaker.end != End::Cut {
            self.due -= 1;
        }
        speaker.last = Some(self.first + self.lines.len() as u64);
        self.lines.push_back(Line { text: due, session, said_at });
        self.bytes += text.len() as u64;
        self.forget(session)
    }

    /// The server has ended the stream of `session`, which has heard all before `position`, but
    /// perhaps not what was said before `since`.
    pub(crate) fn close(
        &mut self,
        session: Session,
        position: u64,
        since: Duration,
    ) -> Result<(), String> {
        if let Some(speaker) = self.speakers.get_mut(&session) {
            speaker.end = End::Polite(position, since);
        }
        self.forget(session)
    }

    /// `session` has broken its connection off, or it was taken from it.
    pub(crate) fn cut(&mut self, session: Session) {
        if let Some(speaker) = self.speakers.get_mut(&session) {
            speaker.end = End::Cut;
            self.due -= speaker.due.len();
            if speaker.due.is_empty() {
                self.speakers.remove(&session);
            }
        }
    }

    /// Forgets a speaker that is gone and was heard to its end. If it was let go, it must have heard
    /// what others said before its own last line.
    fn forget(&mut self, session: Session) -> Result<(), String> {
        let Some(speaker) = self.speakers.get(&session) else { return Ok(()) };
        if speaker.end == End::Open || !speaker.due.is_empty() {
            return Ok(());
        }
        if let End::Polite(position, since) = speaker.end {
            let last = speaker.last.unwrap_or(0);
            for (_, line) in self.from(position).take_while(|&(index, _)| index < last) {
                if line.session != session && line.said_at >= since {
                    let (seat, text) = (speaker.seat, shown(&line.text));
                    return Err(format!("sees that client {seat} was let go without {text}"));
                }
            }
        }
        self.speakers.remove(&session);
        Ok(())
    }

    /// Forgets what everybody has heard up to `position`.
    pub(crate) fn trim(&mut self, position: u64) {
        while self.first + KEPT < position && self.lines.pop_front().is_some() {
            self.first += 1;
        }
    }
}

/// The words of the `number`th line of a session, to be followed by whatever else.
pub(crate) fn marked(session: Session, number: u32) -> String {
    format!("~~{session:x} {number} ")
}

/// The session in `nick: ~~1f …`.
pub(crate) fn session_of(line: &[u8]) -> Option<Session> {
    let start = MARK.len() + line.windows(MARK.len()).position(|part| part == MARK)?;
    let digits = line[start..].split(|&byte| byte == b' ').next()?;
    Session::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

/// A line as it may stand in a message about it.
pub(crate) fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let short: String = text.chars().take(60).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("{short:?}{dots}")
}
