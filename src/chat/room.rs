//! A room: who is in it, and what was said lately.

use std::collections::{HashSet, VecDeque};
use std::ops::Range;
use std::time::Instant;

use super::message::Event;
use super::session::SessionId;

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
    2 * size_of::<Message>() + 2 * (SPARE_BYTES + ALLOCATION_BYTES) <= MESSAGE_BYTES,
    "what is counted is no less than what is kept"
);

/// Members, in the order they came, and recent messages.
#[derive(Debug)]
pub struct Room {
    members: Vec<SessionId>,
    /// Those whose connections broke, mostly nobody: they are still to say what they said before.
    deaf: HashSet<SessionId>,
    history: VecDeque<Message>,
    /// How many messages were forgotten: the oldest one kept has this number.
    forgotten: u64,
    history_bytes: usize,
    history_max: usize,
    history_bytes_max: usize,
}

/// A message that was said to all.
#[derive(Debug)]
pub struct Message {
    from: String,
    text: String,
    is_action: bool,
    at: Instant,
}

impl Message {
    /// The event that it was.
    #[must_use]
    pub fn event(&self) -> Event<'_> {
        let (from, text) = (self.from.as_str(), self.text.as_str());
        if self.is_action { Event::Acted { from, text } } else { Event::Said { from, text } }
    }

    /// When it was said.
    #[must_use]
    pub fn at(&self) -> Instant {
        self.at
    }

    /// About how many bytes it takes to show it.
    fn shown_bytes(&self) -> usize {
        self.from.len() + self.text.len() + MARKS_BYTES
    }

    /// How much memory it takes, at the most.
    fn kept_bytes(&self) -> usize {
        self.from.len() + self.text.len() + MESSAGE_BYTES
    }
}

impl Room {
    /// An empty room that remembers at most `history_max` messages, in at most `history_bytes_max`
    /// bytes of memory.
    #[must_use]
    pub fn new(history_max: usize, history_bytes_max: usize) -> Self {
        Self {
            members: Vec::new(),
            deaf: HashSet::new(),
            history: VecDeque::new(),
            forgotten: 0,
            history_bytes: 0,
            history_max,
            history_bytes_max,
        }
    }

    /// Who is here, in the order they came.
    #[must_use]
    pub fn members(&self) -> &[SessionId] {
        &self.members
    }

    /// All here who are told what is said, but `id`.
    pub fn others(&self, id: SessionId) -> impl Iterator<Item = SessionId> + '_ {
        self.all().filter(move |&member| member != id)
    }

    /// `id` comes in.
    pub fn join(&mut self, id: SessionId) {
        self.members.push(id);
    }

    /// `id` goes out.
    pub fn leave(&mut self, id: SessionId) {
        // A scan of ten thousand ids costs as much as one system call; a table of positions would
        // not pay.
        self.members.retain(|&member| member != id);
        self.deaf.remove(&id);
    }

    /// These are told nothing more until they leave.
    pub fn deafen(&mut self, ids: impl Iterator<Item = SessionId>) {
        self.deaf.extend(ids);
    }

    /// How many are told what is said.
    #[must_use]
    pub fn hearers(&self) -> usize {
        self.members.len() - self.members.iter().filter(|id| self.is_deaf(**id)).count()
    }

    /// All here who are told what is said.
    pub fn all(&self) -> impl Iterator<Item = SessionId> + '_ {
        self.members.iter().copied().filter(|&id| !self.is_deaf(id))
    }

    fn is_deaf(&self, id: SessionId) -> bool {
        !self.deaf.is_empty() && self.deaf.contains(&id)
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
    ) -> impl ExactSizeIterator<Item = &Message> {
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
        self.history.range(kept.start..kept.start + fits.count())
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
    pub fn remember(&mut self, from: &str, text: &str, is_action: bool, at: Instant) {
        if self.history_max == 0 {
            return;
        }
        // The strings of a forgotten message serve again: a busy room allocates nothing here.
        let oldest = if self.history.len() == self.history_max { self.forget() } else { None };
        let (mut old_from, mut old_text) =
            oldest.map_or_else(Default::default, |oldest| (oldest.from, oldest.text));
        from.clone_into(&mut old_from);
        text.clone_into(&mut old_text);
        // What is kept is what is counted: a long message must not leave its room to a short one.
        old_from.shrink_to(from.len() + SPARE_BYTES);
        old_text.shrink_to(text.len() + SPARE_BYTES);
        let message = Message { from: old_from, text: old_text, is_action, at };
        self.history_bytes += message.kept_bytes();
        self.history.push_back(message);
        while self.history_bytes > self.history_bytes_max {
            self.forget();
        }
    }

    fn forget(&mut self) -> Option<Message> {
        let oldest = self.history.pop_front()?;
        self.forgotten += 1;
        self.history_bytes -= oldest.kept_bytes();
        Some(oldest)
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test starts its clock somewhere")]
mod tests {
    use super::*;

    fn texts(room: &Room, count: usize) -> Vec<&str> {
        room.messages(&room.recent(count), usize::MAX)
            .map(|message| message.text.as_str())
            .collect()
    }

    #[test]
    fn history_is_bounded_in_messages_and_bytes() {
        let now = Instant::now();
        let mut room = Room::new(3, 10 + 3 * MESSAGE_BYTES);
        for text in ["1", "2", "3", "4"] {
            room.remember("a", text, false, now);
        }
        assert_eq!(texts(&room, 9), ["2", "3", "4"]);
        assert_eq!(texts(&room, 2), ["3", "4"]);
        room.remember("a", "12345", false, now);
        assert_eq!(texts(&room, 9), ["3", "4", "12345"]);
        let long = "x".repeat(3 + MESSAGE_BYTES);
        room.remember("a", &long, false, now);
        assert_eq!(texts(&room, 9), ["12345", &long]);
        room.remember("a", "123456", true, now);
        assert_eq!(texts(&room, 9), ["123456"], "with the one before it would be a byte too much");
        assert!(matches!(
            room.messages(&room.recent(9), usize::MAX).next().map(Message::event),
            Some(Event::Acted { from: "a", .. })
        ));
        let longest = "x".repeat(9 + 2 * MESSAGE_BYTES);
        room.remember("a", &longest, false, now);
        assert_eq!(texts(&room, 9), [longest.as_str()]);
        room.remember("a", &(longest + "x"), false, now);
        assert_eq!(texts(&room, 9), [""; 0]);
        assert_eq!(room.history_bytes, 0);
    }

    #[test]
    fn messages_by_number_as_far_as_they_are_kept_and_fit() {
        let mut room = Room::new(4, 1 << 20);
        for text in ["1", "2", "3", "4", "5", "6"] {
            room.remember("a", text, false, Instant::now());
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
                room.remember(&"a".repeat(length), &"x".repeat(length), false, Instant::now());
                let strings = room.history.iter().flat_map(|it| [&it.from, &it.text]);
                let kept: usize = strings.map(|it| it.capacity() + ALLOCATION_BYTES).sum();
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
        room.remember("a", "1", false, Instant::now());
        assert_eq!(texts(&room, 9), [""; 0]);
    }
}
