//! What was said in the room, in the order in which one client that only listens heard it.
//!
//! All others are compared with it line by line (`hearing`), so that only this one stream has to be
//! understood. It is compared itself with what the senders said, each in its order.

use crate::lines::{is_notice, shown};
use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Who said something: one connection of one client.
pub(crate) type Session = u32;

/// Precedes the session in a line that is accounted for.
const MARK: &[u8] = b"~~";
/// Lines kept before those that somebody has yet to hear. Newcomers are shown the last twenty
/// messages, and may be late to read that.
const KEPT: u64 = 10_000;

/// A line that the room was sent.
pub(crate) struct Line {
    pub(crate) text: Box<[u8]>,
    /// `None` for notices of the server, and for what is said by those who say anything.
    pub(crate) speaker: Option<Session>,
    /// Nanoseconds since the start, where there is a speaker.
    pub(crate) said_at: u64,
    /// How many bytes of lines came before.
    offset: u64,
}

impl Line {
    pub(crate) fn is_notice(&self) -> bool {
        is_notice(&self.text)
    }
}

/// What a speaker said and the listener has not heard yet.
#[derive(Default)]
struct Speaker {
    seat: usize,
    due: VecDeque<(u64, u64)>,
    last: Option<u64>,
    end: End,
}

#[derive(Default, PartialEq, Eq)]
enum End {
    #[default]
    Open,
    /// The server has ended the stream in order, after everything before this index.
    Polite(u64),
    /// The client has broken it off: what it said last may be lost.
    Cut,
}

#[derive(Default)]
pub(crate) struct Transcript {
    lines: VecDeque<Line>,
    /// Index of the first line kept.
    first: u64,
    bytes: u64,
    messages: u64,
    speakers: HashMap<Session, Speaker>,
    sessions: Session,
    /// Lines that were said and must be heard.
    due: usize,
    /// Private lines by sender and receiver.
    private: HashMap<(Session, usize), VecDeque<u64>>,
    private_due: usize,
    private_heard: u64,
}

impl Transcript {
    /// The index after the last line.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    pub(crate) fn get(&self, index: u64) -> Option<&Line> {
        self.lines.get(usize::try_from(index.checked_sub(self.first)?).ok()?)
    }

    /// How many bytes of lines there were before `index`.
    pub(crate) fn bytes_before(&self, index: u64) -> u64 {
        self.get(index).map_or(self.bytes, |line| line.offset)
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn messages(&self) -> u64 {
        self.messages
    }

    pub(crate) fn private_heard(&self) -> u64 {
        self.private_heard
    }

    /// Lines that were said and not heard yet, but for those of connections broken off.
    pub(crate) fn due(&self) -> usize {
        self.due + self.private_due
    }

    /// Lines of connections broken off that nobody heard.
    pub(crate) fn lost_with_connections(&self) -> usize {
        self.speakers.values().filter(|speaker| speaker.end == End::Cut).map(|s| s.due.len()).sum()
    }

    /// A new speaker, the client at `seat`.
    pub(crate) fn open(&mut self, seat: usize) -> Session {
        self.sessions += 1;
        self.speakers.insert(self.sessions, Speaker { seat, ..Speaker::default() });
        self.sessions
    }

    /// Who has said something before `time` that nobody has heard yet.
    pub(crate) fn unheard(&self, time: u64) -> Option<usize> {
        let mut speakers = self.speakers.values().filter(|speaker| speaker.end != End::Cut);
        let is_unheard = |speaker: &&Speaker| speaker.due.front().is_some_and(|&(_, at)| at < time);
        speakers.find(is_unheard).map(|speaker| speaker.seat)
    }

    /// `session` says something that everybody else will hear as `line`.
    pub(crate) fn promise(&mut self, session: Session, line: &[u8], now: u64) {
        let speaker = self.speakers.entry(session).or_default();
        speaker.due.push_back((hash(line), now));
        self.due += 1;
    }

    /// The listener hears a line.
    pub(crate) fn hear(&mut self, text: &[u8]) -> Result<(), String> {
        let (mut session, mut said_at) = (None, 0);
        if !is_notice(text) {
            self.messages += 1;
            session = speaker_of(text);
        }
        if let Some(session) = session {
            let index = self.end();
            let speaker = self
                .speakers
                .get_mut(&session)
                .ok_or("heard what nobody said, or what was heard before")?;
            let (due, at) = speaker.due.pop_front().ok_or("heard a line too many of a speaker")?;
            if due != hash(text) {
                return Err("heard a line of a speaker that is not the next one due".into());
            }
            speaker.last = Some(index);
            said_at = at;
            if speaker.end != End::Cut {
                self.due -= 1;
            }
        }
        self.lines.push_back(Line {
            text: text.into(),
            speaker: session,
            said_at,
            offset: self.bytes,
        });
        self.bytes += text.len() as u64 + 1;
        session.map_or(Ok(()), |session| self.settle(session))
    }

    /// The server has ended the stream of `session`, which has heard everything before `position`.
    pub(crate) fn close(&mut self, session: Session, position: u64) -> Result<(), String> {
        if let Some(speaker) = self.speakers.get_mut(&session) {
            speaker.end = End::Polite(position);
        }
        self.settle(session)
    }

    /// `session` has broken its connection off.
    pub(crate) fn cut(&mut self, session: Session) {
        if let Some(speaker) = self.speakers.get_mut(&session) {
            speaker.end = End::Cut;
            self.due -= speaker.due.len();
            if speaker.due.is_empty() {
                self.speakers.remove(&session);
            }
        }
    }

    /// Forgets a speaker that has ended and was heard to the end, if it heard the others up to
    /// then.
    fn settle(&mut self, session: Session) -> Result<(), String> {
        let Some(speaker) = self.speakers.get(&session) else { return Ok(()) };
        if !speaker.due.is_empty() || speaker.end == End::Open {
            return Ok(());
        }
        if let (End::Polite(position), Some(last)) = (&speaker.end, speaker.last) {
            // Notices may have been sent before it came.
            let missed = (*position..last)
                .filter_map(|index| self.get(index))
                .find(|line| line.speaker != Some(session) && !line.is_notice());
            if let Some(line) = missed {
                return Err(format!(
                    "its stream ended without {}, which was said before its own last line",
                    shown(&line.text)
                ));
            }
        }
        self.speakers.remove(&session);
        Ok(())
    }

    /// `from` says something to the client at `seat` alone, who will hear it as `line`.
    pub(crate) fn promise_private(&mut self, from: Session, seat: usize, line: &[u8]) {
        self.private.entry((from, seat)).or_default().push_back(hash(line));
        self.private_due += 1;
    }

    /// Who has not got a private line.
    pub(crate) fn private_missing(&self) -> Option<usize> {
        self.private.keys().next().map(|&(_, seat)| seat)
    }

    pub(crate) fn hear_private(&mut self, seat: usize, line: &[u8]) -> Result<(), String> {
        let from = speaker_of(line).ok_or("a private line of nobody")?;
        let due = self.private.get_mut(&(from, seat)).ok_or("a private line not meant for it")?;
        if due.pop_front() != Some(hash(line)) {
            return Err("a private line that is not the next one due".into());
        }
        if due.is_empty() {
            self.private.remove(&(from, seat));
        }
        self.private_due -= 1;
        self.private_heard += 1;
        Ok(())
    }

    /// Where a newcomer stands who is shown `history` as the last messages before it came.
    pub(crate) fn find(&self, history: &[&[u8]]) -> Option<u64> {
        (self.first + 1..=self.end()).rev().find(|&end| self.is_history(end, history))
    }

    /// Whether `history` are the last messages before `end`, the last line being one of them.
    pub(crate) fn is_history(&self, end: u64, history: &[&[u8]]) -> bool {
        let Some(last) = end.checked_sub(1).and_then(|index| self.get(index)) else {
            return history.is_empty();
        };
        if history.last().is_some_and(|line| **line != *last.text) {
            return false;
        }
        let mut messages = (self.first..end)
            .rev()
            .filter_map(|index| self.get(index))
            .filter(|line| !line.is_notice());
        history.iter().rev().all(|line| messages.next().is_some_and(|other| *other.text == **line))
    }

    /// Forgets what everybody has heard up to `position`.
    pub(crate) fn trim(&mut self, position: u64) {
        let count = position.saturating_sub(KEPT).saturating_sub(self.first);
        let count = (count as usize).min(self.lines.len());
        self.lines.drain(..count);
        self.first += count as u64;
    }
}

/// The words of the `number`th line of a session, to be followed by whatever else.
pub(crate) fn marked(session: Session, number: u32) -> String {
    format!("~~{session:x} {number} ")
}

/// The session in `nick: ~~1f …`, `* nick ~~1f …` or `(private) nick: ~~1f …`.
fn speaker_of(line: &[u8]) -> Option<Session> {
    let text = if let Some(rest) = line.strip_prefix(b"* ") {
        &rest[rest.iter().position(|&byte| byte == b' ')? + 1..]
    } else {
        &line[line.windows(2).position(|pair| pair == b": ")? + 2..]
    };
    let digits = text.strip_prefix(MARK)?.split(|&byte| byte == b' ').next()?;
    Session::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

pub(crate) fn hash(line: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    line.hash(&mut hasher);
    hasher.finish()
}
