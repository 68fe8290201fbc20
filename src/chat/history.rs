//! What was said lately in a room.

use std::collections::VecDeque;
use std::ops::Range;

use super::command::Kind;
use super::message::{Message, MessageId};
use super::name::{Nick, RoomName};
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
/// the memory that it needs.
const MESSAGE_BYTES: usize = 256;
const _: () = assert!(
    2 * size_of::<Remembered>() + 2 * (SPARE_BYTES + ALLOCATION_BYTES) <= MESSAGE_BYTES,
    "what is counted is no less than what is kept"
);

/// Recent messages of a room, as many as may be kept.
#[derive(Debug)]
pub struct History {
    messages: VecDeque<Remembered>,
    /// How many messages were forgotten: the oldest one kept has this number.
    forgotten: u64,
    bytes: usize,
    count_max: usize,
    bytes_max: usize,
}

/// A message that is kept.
#[derive(Debug)]
pub struct Remembered {
    id: MessageId,
    at: Timestamp,
    from: Nick,
    kind: Kind,
    text: TextBuf,
}

impl Remembered {
    fn message<'a>(&'a self, room: &'a RoomName) -> Message<'a> {
        let Self { id, at, ref from, kind, ref text } = *self;
        Message { id, at, room, from, kind, text: text.as_text() }
    }

    /// About how many bytes it takes to show it.
    fn shown_bytes(&self) -> usize {
        self.from.as_str().len() + self.text.len() + MARKS_BYTES
    }
}

/// How much memory a message takes, at the most.
fn kept_bytes(from: &Nick, text: &str) -> usize {
    from.as_str().len() + text.len() + MESSAGE_BYTES
}

impl History {
    /// No messages yet; at most `count_max`, in at most `bytes_max` bytes of memory.
    #[must_use]
    pub fn new(count_max: usize, bytes_max: usize) -> Self {
        Self { messages: VecDeque::new(), forgotten: 0, bytes: 0, count_max, bytes_max }
    }

    /// How many bytes of memory it takes, at the most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The numbers of the last `count` messages or fewer. Each message said has the next number.
    #[must_use]
    pub fn recent(&self, count: usize) -> Range<u64> {
        let kept = self.messages.len();
        self.number(kept - kept.min(count))..self.number(kept)
    }

    /// The messages with these numbers, oldest first, as far as they are kept and it takes no more
    /// than `bytes_max` to show them together; at least one.
    #[must_use]
    pub fn messages<'a>(
        &'a self,
        room: &'a RoomName,
        numbers: &Range<u64>,
        bytes_max: usize,
    ) -> impl ExactSizeIterator<Item = Message<'a>> {
        let index = |number: u64| {
            usize::try_from(number.saturating_sub(self.forgotten))
                .map_or(self.messages.len(), |index| index.min(self.messages.len()))
        };
        let kept = index(numbers.start)..index(numbers.end);
        let mut bytes = 0;
        let fits = self.messages.range(kept.clone()).take_while(|message| {
            let is_first = bytes == 0;
            bytes += message.shown_bytes();
            is_first || bytes <= bytes_max
        });
        self.messages.range(kept.start..kept.start + fits.count()).map(|it| it.message(room))
    }

    /// The number of the oldest message that is kept, or else of the next one.
    #[must_use]
    pub fn oldest(&self) -> u64 {
        self.forgotten
    }

    fn number(&self, index: usize) -> u64 {
        self.forgotten + index as u64
    }

    /// Remembers a message, and forgets the oldest for which there is no room beside it.
    pub fn remember(&mut self, message: &Message<'_>) {
        let Message { id, at, from, kind, text: said, .. } = *message;
        let bytes = kept_bytes(from, said.as_str());
        let mut text = TextBuf::default();
        while self.messages.len() >= self.count_max || self.bytes + bytes > self.bytes_max {
            let Some(oldest) = self.forget() else {
                // It is larger than all that may be kept.
                self.forgotten += 1;
                return;
            };
            // The text of a forgotten message serves again: a busy room allocates nothing here.
            text = oldest.text;
        }
        // What is kept is what is counted: a long message must not leave its memory to a short one.
        text.set(said, SPARE_BYTES);
        self.bytes += bytes;
        self.messages.push_back(Remembered { id, at, from: from.clone(), kind, text });
    }

    /// Forgets the oldest message, if there is one.
    pub fn forget(&mut self) -> Option<Remembered> {
        let oldest = self.messages.pop_front()?;
        self.forgotten += 1;
        self.bytes -= kept_bytes(&oldest.from, oldest.text.as_text().as_str());
        Some(oldest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::text::Text;

    fn remember(history: &mut History, from: &str, text: &str, kind: Kind) {
        let mut scratch = String::new();
        let (from, text) =
            (&Nick::parse(from).unwrap(), Text::parse(text.as_bytes(), &mut scratch));
        let (id, at) = (MessageId(1), Timestamp(1));
        let room = &name();
        history.remember(&Message { id, at, room, from, kind, text });
    }

    fn name() -> RoomName {
        RoomName::parse("dev").unwrap()
    }

    fn texts(history: &History, count: usize) -> Vec<String> {
        shown(history, &history.recent(count), usize::MAX)
    }

    fn shown(history: &History, numbers: &Range<u64>, bytes_max: usize) -> Vec<String> {
        history
            .messages(&name(), numbers, bytes_max)
            .map(|message| message.text.as_str().to_owned())
            .collect()
    }

    #[test]
    fn history_is_bounded_in_messages_and_bytes() {
        let mut history = History::new(3, 10 + 3 * MESSAGE_BYTES);
        for text in ["1", "2", "3", "4"] {
            remember(&mut history, "a", text, Kind::Say);
        }
        assert_eq!(texts(&history, 9), ["2", "3", "4"]);
        assert_eq!(texts(&history, 2), ["3", "4"]);
        remember(&mut history, "a", "12345", Kind::Say);
        assert_eq!(texts(&history, 9), ["3", "4", "12345"]);
        let long = "x".repeat(3 + MESSAGE_BYTES);
        remember(&mut history, "a", &long, Kind::Say);
        assert_eq!(texts(&history, 9), ["12345", long.as_str()]);
        remember(&mut history, "a", "123456", Kind::Act);
        assert_eq!(
            texts(&history, 9),
            ["123456"],
            "with the one before it would be a byte too much"
        );
        assert!(matches!(
            history.messages(&name(), &history.recent(9), usize::MAX).next(),
            Some(Message { kind: Kind::Act, .. })
        ));
        let longest = "x".repeat(9 + 2 * MESSAGE_BYTES);
        remember(&mut history, "a", &longest, Kind::Say);
        assert_eq!(texts(&history, 9), [longest.as_str()]);
        remember(&mut history, "a", &(longest + "x"), Kind::Say);
        assert_eq!(texts(&history, 9), [""; 0]);
        assert_eq!(history.bytes, 0);
    }

    #[test]
    fn messages_by_number_as_far_as_they_are_kept_and_fit() {
        let mut history = History::new(4, 1 << 20);
        for text in ["1", "2", "3", "4", "5", "6"] {
            remember(&mut history, "a", text, Kind::Say);
        }
        let texts = |numbers, bytes_max| shown(&history, &numbers, bytes_max);
        assert_eq!(history.recent(2), 4..6);
        assert_eq!(history.recent(9), 2..6);
        assert_eq!(texts(0..6, usize::MAX), ["3", "4", "5", "6"]);
        assert_eq!(texts(0..3, usize::MAX), ["3"]);
        assert_eq!(texts(0..2, usize::MAX), [""; 0]);
        assert_eq!(texts(3..5, usize::MAX), ["4", "5"]);
        let two = history.messages[0].shown_bytes() * 2;
        assert_eq!(texts(0..6, two), ["3", "4"]);
        assert_eq!(texts(0..6, two - 1), ["3"]);
        assert_eq!(texts(0..6, 0), ["3"]);
    }

    #[test]
    fn no_more_is_kept_than_is_counted() {
        let mut history = History::new(10, 1 << 20);
        for length in [10_000, 1, 100, 101, 50, 3000, 2999, 0, 20_000, 1, 1, 24, 25, 26] {
            for _ in 0..10 {
                remember(
                    &mut history,
                    &"a".repeat(length % 24 + 1),
                    &"x".repeat(length),
                    Kind::Say,
                );
                let kept = history.messages.iter().map(|it| {
                    // A nickname has two counters before it (`Rc`).
                    let from = it.from.as_str().len() + 2 * size_of::<usize>();
                    from + it.text.capacity() + 2 * ALLOCATION_BYTES
                });
                let kept: usize = kept.sum();
                let kept = kept + history.messages.capacity() * size_of::<Remembered>();
                // A `VecDeque` begins with a few.
                let counted = history.bytes + 4 * size_of::<Remembered>();
                assert!(kept <= counted, "{kept} bytes, counted as {counted}");
            }
        }
    }

    #[test]
    fn no_history_when_none_is_wanted() {
        let mut history = History::new(0, 10);
        remember(&mut history, "a", "1", Kind::Say);
        assert_eq!(texts(&history, 9), [""; 0]);
    }
}
