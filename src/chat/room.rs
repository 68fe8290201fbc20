//! A room: who is in it, and what was said lately.

use std::collections::{HashSet, VecDeque};
use std::ops::Range;

use super::command::Kind;
use super::message::{Message, MessageId};
use super::name::Nick;
use super::outbound::{Audience, AudienceKey};
use super::session::SessionId;
use super::text::TextBuf;
use crate::clock::Timestamp;

/// What stands around a name and a text in a line.
const MARKS_BYTES: usize = 8;

/// A string of a remembered message holds so many bytes more than it needs, at the most: what a
/// longer one left.
const SPARE_BYTES: usize = 24;

/// What an allocation takes beside what is in it: glibc puts 8 bytes before it, and rounds up to 16;
/// others round to one of their sizes.
const ALLOCATION_BYTES: usize = 24;

/// What a message takes beside the bytes of its two strings. A `VecDeque` that grew has up to twice
/// the room that it needs.
const MESSAGE_BYTES: usize = 256;
const _: () = assert!(
    2 * size_of::<Remembered>() + 2 * (SPARE_BYTES + ALLOCATION_BYTES) <= MESSAGE_BYTES,
    "what is counted is no less than what is kept"
);

/// Which room. Keys are used again for other rooms, with another generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RoomId {
    key: u32,
    generation: u32,
}

/// A session in a room.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    session: SessionId,
    is_deaf: bool,
    is_focused: bool,
}

/// Members, in the order they came, and recent messages.
#[derive(Debug)]
pub struct Room {
    members: Vec<Member>,
    /// How often other people were to hear what is said.
    version: u64,
    history: VecDeque<Remembered>,
    /// How many messages were forgotten: the oldest one kept has this number.
    forgotten: u64,
    history_bytes: usize,
    history_max: usize,
    history_bytes_max: usize,
}

/// A message that is kept.
#[derive(Debug)]
struct Remembered {
    id: MessageId,
    at: Timestamp,
    from: Nick,
    kind: Kind,
    text: TextBuf,
}

impl RoomId {
    /// Its place in a table: small, and used again.
    #[must_use]
    pub fn key(self) -> usize {
        self.key as usize
    }

    /// Tells it from others with the same key.
    #[must_use]
    pub fn generation(self) -> u32 {
        self.generation
    }
}

impl Member {
    /// Which session.
    #[must_use]
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// Whether it hears nothing more: its connection broke, and it is still to say what it said
    /// before.
    #[must_use]
    pub fn is_deaf(&self) -> bool {
        self.is_deaf
    }

    /// Whether this is the room in which it talks.
    #[must_use]
    pub fn is_focused(&self) -> bool {
        self.is_focused
    }
}

impl Remembered {
    fn message(&self) -> Message<'_> {
        let Self { id, at, ref from, kind, ref text } = *self;
        Message { id, at, from, kind, text: text.as_text() }
    }

    /// About how many bytes it takes to show it.
    fn shown_bytes(&self) -> usize {
        self.from.as_str().len() + self.text.len() + MARKS_BYTES
    }

    /// How much memory it takes, at the most.
    fn kept_bytes(&self) -> usize {
        self.from.as_str().len() + self.text.len() + MESSAGE_BYTES
    }
}

impl Room {
    /// An empty room that remembers at most `history_max` messages, in at most `history_bytes_max`
    /// bytes of memory.
    #[must_use]
    pub fn new(history_max: usize, history_bytes_max: usize) -> Self {
        Self {
            members: Vec::new(),
            version: 0,
            history: VecDeque::new(),
            forgotten: 0,
            history_bytes: 0,
            history_max,
            history_bytes_max,
        }
    }

    /// Who is here, in the order they came.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The sessions of the members.
    pub fn sessions(&self) -> impl Iterator<Item = SessionId> + '_ {
        self.members.iter().map(Member::session)
    }

    /// All here who are told what is said, but `speaker`.
    #[must_use]
    pub fn audience(&self, speaker: Option<SessionId>) -> Audience<'_> {
        let room = RoomId { key: 0, generation: 0 };
        Audience {
            key: AudienceKey { room, version: self.version, speaker },
            members: &self.members,
        }
    }

    /// `id` comes in.
    pub fn join(&mut self, id: SessionId) {
        self.version += 1;
        self.members.push(Member { session: id, is_deaf: false, is_focused: true });
    }

    /// `id` goes out.
    pub fn leave(&mut self, id: SessionId) {
        self.version += 1;
        // A scan of ten thousand ids costs as much as one system call; a table of positions would
        // not pay.
        self.members.retain(|member| member.session != id);
    }

    /// These are told nothing more until they leave.
    pub fn deafen(&mut self, ids: impl Iterator<Item = SessionId>) {
        self.version += 1;
        let ids: HashSet<SessionId> = ids.collect();
        for member in &mut self.members {
            member.is_deaf |= ids.contains(&member.session);
        }
    }

    /// How many are told what is said.
    #[must_use]
    pub fn hearers(&self) -> usize {
        self.members.iter().filter(|member| !member.is_deaf).count()
    }

    /// The numbers of the last `count` messages or fewer. Each message said has the next number.
    #[must_use]
    pub fn recent(&self, count: usize) -> Range<u64> {
        let kept = self.history.len();
        self.number(kept - kept.min(count))..self.number(kept)
    }

    /// The messages with these numbers, oldest first, as far as they are kept and it takes no more
    /// than `bytes_max` to show them together; at least one.
    #[must_use]
    pub fn messages(
        &self,
        numbers: &Range<u64>,
        bytes_max: usize,
    ) -> impl ExactSizeIterator<Item = Message<'_>> {
        let index = |number: u64| {
            usize::try_from(number.saturating_sub(self.forgotten))
                .map_or(self.history.len(), |index| index.min(self.history.len()))
        };
        let kept = index(numbers.start)..index(numbers.end);
        let mut bytes = 0;
        let fits = self.history.range(kept.clone()).take_while(|message| {
            let is_first = bytes == 0;
            bytes += message.shown_bytes();
            is_first || bytes <= bytes_max
        });
        self.history.range(kept.start..kept.start + fits.count()).map(Remembered::message)
    }

    /// The number of the oldest message that is kept, or else of the next one.
    #[must_use]
    pub fn oldest(&self) -> u64 {
        self.forgotten
    }

    fn number(&self, index: usize) -> u64 {
        self.forgotten + index as u64
    }

    /// Remembers a message, and forgets the oldest over the limits.
    pub fn remember(&mut self, message: &Message<'_>) {
        if self.history_max == 0 {
            return;
        }
        // The text of a forgotten message serves again: a busy room allocates nothing here.
        let oldest = if self.history.len() == self.history_max { self.forget() } else { None };
        let mut text = oldest.map_or_else(TextBuf::default, |oldest| oldest.text);
        // What is kept is what is counted: a long message must not leave its memory to a short one.
        text.set(message.text, SPARE_BYTES);
        let Message { id, at, from, kind, .. } = *message;
        let remembered = Remembered { id, at, from: from.clone(), kind, text };
        self.history_bytes += remembered.kept_bytes();
        self.history.push_back(remembered);
        while self.history_bytes > self.history_bytes_max {
            self.forget();
        }
    }

    fn forget(&mut self) -> Option<Remembered> {
        let oldest = self.history.pop_front()?;
        self.forgotten += 1;
        self.history_bytes -= oldest.kept_bytes();
        Some(oldest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::text::Text;

    fn remember(room: &mut Room, from: &str, text: &str, kind: Kind) {
        let mut scratch = String::new();
        let (from, text) =
            (&Nick::parse(from).unwrap(), Text::parse(text.as_bytes(), &mut scratch));
        let (id, at) = (MessageId(1), Timestamp(1));
        room.remember(&Message { id, at, from, kind, text });
    }

    fn texts(room: &Room, count: usize) -> Vec<&str> {
        room.messages(&room.recent(count), usize::MAX)
            .map(|message| message.text.as_str())
            .collect()
    }

    #[test]
    fn history_is_bounded_in_messages_and_bytes() {
        let mut room = Room::new(3, 10 + 3 * MESSAGE_BYTES);
        for text in ["1", "2", "3", "4"] {
            remember(&mut room, "a", text, Kind::Say);
        }
        assert_eq!(texts(&room, 9), ["2", "3", "4"]);
        assert_eq!(texts(&room, 2), ["3", "4"]);
        remember(&mut room, "a", "12345", Kind::Say);
        assert_eq!(texts(&room, 9), ["3", "4", "12345"]);
        let long = "x".repeat(3 + MESSAGE_BYTES);
        remember(&mut room, "a", &long, Kind::Say);
        assert_eq!(texts(&room, 9), ["12345", &long]);
        remember(&mut room, "a", "123456", Kind::Act);
        assert_eq!(texts(&room, 9), ["123456"], "with the one before it would be a byte too much");
        assert!(matches!(
            room.messages(&room.recent(9), usize::MAX).next(),
            Some(Message { kind: Kind::Act, .. })
        ));
        let longest = "x".repeat(9 + 2 * MESSAGE_BYTES);
        remember(&mut room, "a", &longest, Kind::Say);
        assert_eq!(texts(&room, 9), [longest.as_str()]);
        remember(&mut room, "a", &(longest + "x"), Kind::Say);
        assert_eq!(texts(&room, 9), [""; 0]);
        assert_eq!(room.history_bytes, 0);
    }

    #[test]
    fn messages_by_number_as_far_as_they_are_kept_and_fit() {
        let mut room = Room::new(4, 1 << 20);
        for text in ["1", "2", "3", "4", "5", "6"] {
            remember(&mut room, "a", text, Kind::Say);
        }
        let texts = |numbers, bytes_max| {
            room.messages(&numbers, bytes_max)
                .map(|message| message.text.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(room.recent(2), 4..6);
        assert_eq!(room.recent(9), 2..6);
        assert_eq!(texts(0..6, usize::MAX), ["3", "4", "5", "6"]);
        assert_eq!(texts(0..3, usize::MAX), ["3"]);
        assert_eq!(texts(0..2, usize::MAX), [""; 0]);
        assert_eq!(texts(3..5, usize::MAX), ["4", "5"]);
        let two = room.history[0].shown_bytes() * 2;
        assert_eq!(texts(0..6, two), ["3", "4"]);
        assert_eq!(texts(0..6, two - 1), ["3"]);
        assert_eq!(texts(0..6, 0), ["3"]);
    }

    #[test]
    fn no_more_is_kept_than_is_counted() {
        let mut room = Room::new(10, 1 << 20);
        for length in [10_000, 1, 100, 101, 50, 3000, 2999, 0, 20_000, 1, 1, 24, 25, 26] {
            for _ in 0..10 {
                remember(&mut room, &"a".repeat(length % 24 + 1), &"x".repeat(length), Kind::Say);
                let kept = room.history.iter().map(|it| {
                    // A nickname has two counters before it (`Rc`).
                    let from = it.from.as_str().len() + 2 * size_of::<usize>();
                    from + it.text.capacity() + 2 * ALLOCATION_BYTES
                });
                let kept: usize = kept.sum();
                let kept = kept + room.history.capacity() * size_of::<Message>();
                // A `VecDeque` begins with a few.
                let counted = room.history_bytes + 4 * size_of::<Message>();
                assert!(kept <= counted, "{kept} bytes, counted as {counted}");
            }
        }
    }

    #[test]
    fn no_history_when_none_is_wanted() {
        let mut room = Room::new(0, 10);
        remember(&mut room, "a", "1", Kind::Say);
        assert_eq!(texts(&room, 9), [""; 0]);
    }
}
