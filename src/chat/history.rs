//! What was said lately in a room.

use std::collections::VecDeque;
use std::ops::Range;

use super::message::{Extras, Kind, Message, MessageId, Speech, To};
use super::name::RoomName;
use super::session::SessionId;
use super::text::{StyledBuf, TextBuf};
use super::who::Who;
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
const MESSAGE_BYTES: usize = 272;
const _: () = assert!(
    2 * size_of::<Remembered>() + 2 * (SPARE_BYTES + ALLOCATION_BYTES) <= MESSAGE_BYTES,
    "what is counted is no less than what is kept"
);

/// Recent messages of a room, as many as may be kept.
#[derive(Debug)]
pub struct History {
    /// In the order in which they were said, which is that of their ids.
    messages: VecDeque<Remembered>,
    bytes: usize,
    count_max: usize,
    bytes_max: usize,
}

/// A part of what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// The end of it, perhaps only behind a point.
    Latest(Option<Point>),
    /// What stands before a point.
    Before(Point),
    /// What stands behind a point.
    After(Point),
    /// What stands at a point, and as much before it as behind it.
    Around(Point),
    /// What stands between two points, counted from the first of them: it may be the later one.
    Between(Point, Point),
}

/// A point in what was said. What was said at the point itself stands neither before it nor behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// A message.
    Message(MessageId),
    /// A time, in whole milliseconds: that is how exactly clients are told when something was said.
    Time(Timestamp),
}

/// A message that is kept.
#[derive(Debug)]
pub struct Remembered {
    id: MessageId,
    at: Timestamp,
    from: Who,
    /// The session that said it: `from` may be called otherwise by now.
    by: SessionId,
    kind: Kind,
    text: TextBuf,
    /// What few messages have.
    more: Option<Box<More>>,
}

/// What belongs to a message beside its text: see [`Speech`].
#[derive(Debug)]
struct More {
    styled: Option<StyledBuf>,
    extras: Box<str>,
}

impl Remembered {
    fn message<'a>(&'a self, room: &'a RoomName) -> Message<'a> {
        let Self { id, at, ref from, kind, ref text, ref more, .. } = *self;
        let more = more.as_deref();
        let speech = Speech {
            kind,
            text: text.as_text(),
            styled: more.and_then(|more| more.styled.as_ref()).map(StyledBuf::as_styled),
            extras: more.map(|more| Extras(&more.extras)).unwrap_or_default(),
        };
        Message { id, at, from, to: To::Room(room), speech }
    }

    /// About how many bytes it takes to show it.
    fn shown_bytes(&self) -> usize {
        let more = self.more.as_deref().map_or(0, More::shown_bytes);
        self.from.as_str().len() + self.text.len() + MARKS_BYTES + more
    }
}

/// How much memory a message takes, at the most.
fn kept_bytes(from: &Who, text: &str, more: Option<&More>) -> usize {
    from.full().len() + text.len() + MESSAGE_BYTES + more.map_or(0, More::bytes)
}

impl More {
    fn of(speech: &Speech<'_>) -> Option<Box<Self>> {
        let Speech { styled, extras: Extras(extras), .. } = *speech;
        let has_more = styled.is_some() || !extras.is_empty();
        has_more.then(|| Box::new(Self { styled: styled.map(Into::into), extras: extras.into() }))
    }

    /// How much memory it takes, at the most.
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.shown_bytes() + 3 * ALLOCATION_BYTES
    }

    /// How many bytes it takes to show it to a program, at the most.
    fn shown_bytes(&self) -> usize {
        self.styled.as_ref().map_or(0, StyledBuf::len) + self.extras.len()
    }
}

impl History {
    /// No messages yet; at most `count_max`, in at most `bytes_max` bytes of memory.
    #[must_use]
    pub fn new(count_max: usize, bytes_max: usize) -> Self {
        Self { messages: VecDeque::new(), bytes: 0, count_max, bytes_max }
    }

    /// How many bytes of memory it takes, at the most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The ids of the last `count` messages or fewer.
    #[must_use]
    pub fn recent(&self, count: usize) -> Range<MessageId> {
        let kept = self.messages.len();
        self.ids(kept - kept.min(count)..kept)
    }

    /// The ids of `most` messages or fewer of a part of the past. `None` if a message that the part is
    /// counted from is not kept: nobody knows what stood between it and those that are.
    #[must_use]
    pub fn part(&self, span: Span, most: usize) -> Option<Range<MessageId>> {
        let kept = self.messages.len();
        let first_of =
            |range: Range<usize>| range.start..range.end.min(range.start.saturating_add(most));
        let last_of =
            |range: Range<usize>| range.start.max(range.end.saturating_sub(most))..range.end;
        let indices = match span {
            Span::Latest(None) => last_of(0..kept),
            Span::Latest(Some(point)) => last_of(self.place(point)?.end..kept),
            Span::Before(point) => last_of(0..self.place(point)?.start),
            Span::After(point) => first_of(self.place(point)?.end..kept),
            Span::Around(point) => {
                let begin = self.place(point)?.start.saturating_sub(most / 2);
                last_of(0..kept.min(begin.saturating_add(most)))
            }
            Span::Between(one, other) => {
                let (one, other) = (self.place(one)?, self.place(other)?);
                if one.start <= other.start {
                    first_of(one.end..other.start)
                } else {
                    last_of(other.end..one.start)
                }
            }
        };
        Some(self.ids(indices))
    }

    /// Where a point is: what was said before it ends where the range begins, and what was said after it
    /// begins where the range ends. If the clock was set back, so that times do not ascend, both are
    /// rather too much than too little.
    fn place(&self, point: Point) -> Option<Range<usize>> {
        match point {
            Point::Message(id) => self.index(id).map(|index| index..index + 1),
            Point::Time(time) => {
                let times = || self.messages.iter().map(|message| message.at.millis());
                let before = times().rposition(|at| at < time.millis()).map_or(0, |last| last + 1);
                let after = times().position(|at| at > time.millis());
                Some(before..after.unwrap_or(self.messages.len()))
            }
        }
    }

    /// Whether any message with one of these ids is kept.
    #[must_use]
    pub fn has_any(&self, ids: &Range<MessageId>) -> bool {
        !self.indices(ids).is_empty()
    }

    /// When the last message was said, if one is kept.
    #[must_use]
    pub fn last_at(&self) -> Option<Timestamp> {
        self.messages.back().map(|message| message.at)
    }

    /// Who said a message, if it is kept.
    #[must_use]
    pub fn author(&self, id: MessageId) -> Option<(SessionId, &Who)> {
        let message = &self.messages[self.index(id)?];
        Some((message.by, &message.from))
    }

    /// The messages with these ids, oldest first, as far as they are kept and it takes no more
    /// than `bytes_max` to show them together; at least one.
    #[must_use]
    pub fn messages<'a>(
        &'a self,
        room: &'a RoomName,
        ids: &Range<MessageId>,
        bytes_max: usize,
    ) -> impl ExactSizeIterator<Item = Message<'a>> {
        let kept = self.indices(ids);
        let mut bytes = 0;
        let fits = self.messages.range(kept.clone()).take_while(|message| {
            let is_first = bytes == 0;
            bytes += message.shown_bytes();
            is_first || bytes <= bytes_max
        });
        self.messages.range(kept.start..kept.start + fits.count()).map(|it| it.message(room))
    }

    /// Where the message with this id is.
    fn index(&self, id: MessageId) -> Option<usize> {
        self.messages.binary_search_by_key(&id, |message| message.id).ok()
    }

    fn indices(&self, ids: &Range<MessageId>) -> Range<usize> {
        let before = |id: MessageId| self.messages.partition_point(|message| message.id < id);
        let begin = before(ids.start);
        begin..before(ids.end).max(begin)
    }

    /// The ids of the messages there: from the first of them to behind the last one.
    fn ids(&self, indices: Range<usize>) -> Range<MessageId> {
        match self.messages.range(indices.start..indices.end.max(indices.start)).next_back() {
            Some(last) => self.messages[indices.start].id..last.id.following(),
            None => MessageId::default()..MessageId::default(),
        }
    }

    /// Remembers a message, which a session said, and forgets the oldest for which there is no room
    /// beside it.
    pub fn remember(&mut self, message: &Message<'_>, by: SessionId) {
        let Message { id, at, from, speech: Speech { kind, text: said, .. }, .. } = *message;
        let more = More::of(&message.speech);
        let bytes = kept_bytes(from, said.as_str(), more.as_deref());
        let mut text = TextBuf::default();
        while self.messages.len() >= self.count_max || self.bytes + bytes > self.bytes_max {
            // Without one, it is larger than all that may be kept.
            let Some(oldest) = self.forget() else { return };
            // The text of a forgotten message serves again: a busy room allocates nothing here.
            text = oldest.text;
        }
        // What is kept is what is counted: a long message must not leave its memory to a short one.
        text.set(said, SPARE_BYTES);
        self.bytes += bytes;
        self.messages.push_back(Remembered { id, at, from: from.clone(), by, kind, text, more });
    }

    /// Forgets the oldest message, if there is one.
    pub fn forget(&mut self) -> Option<Remembered> {
        self.take(0)
    }

    /// Forgets a message, if it is kept.
    pub fn take_back(&mut self, id: MessageId) {
        if let Some(index) = self.index(id) {
            self.take(index);
        }
    }

    fn take(&mut self, index: usize) -> Option<Remembered> {
        let taken = self.messages.remove(index)?;
        let text = taken.text.as_text().as_str();
        self.bytes -= kept_bytes(&taken.from, text, taken.more.as_deref());
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::text::Text;
    use crate::chat::who::who;
    use proptest::prelude::*;

    fn remember(history: &mut History, from: &str, text: &str, kind: Kind) {
        let mut scratch = String::new();
        let speech = Speech::plain(kind, Text::parse(text.as_bytes(), &mut scratch));
        let id = history.messages.back().map_or_else(MessageId::default, |it| it.id).following();
        let (at, from, to) = (Timestamp(1), &who(from), To::Room(&name()));
        history.remember(&Message { id, at, from, to, speech }, SessionId::new(0, 0));
    }

    fn name() -> RoomName {
        RoomName::parse("dev").unwrap()
    }

    fn texts(history: &History, count: usize) -> Vec<String> {
        shown(history, &history.recent(count), usize::MAX)
    }

    fn shown(history: &History, ids: &Range<MessageId>, bytes_max: usize) -> Vec<String> {
        history
            .messages(&name(), ids, bytes_max)
            .map(|message| message.speech.text.as_str().to_owned())
            .collect()
    }

    #[test]
    fn history_is_bounded_in_messages_and_bytes() {
        // What a message takes beside its text.
        let each = who("a").full().len() + MESSAGE_BYTES;
        let mut history = History::new(3, 3 * each + 7);
        for text in ["1", "2", "3", "4"] {
            remember(&mut history, "a", text, Kind::Say);
        }
        assert_eq!(texts(&history, 9), ["2", "3", "4"]);
        assert_eq!(texts(&history, 2), ["3", "4"]);
        remember(&mut history, "a", "12345", Kind::Say);
        assert_eq!(texts(&history, 9), ["3", "4", "12345"]);
        let long = "x".repeat(each + 2);
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
            Some(Message { speech: Speech { kind: Kind::Act, .. }, .. })
        ));
        let longest = "x".repeat(2 * each + 7);
        remember(&mut history, "a", &longest, Kind::Say);
        assert_eq!(texts(&history, 9), [longest.as_str()]);
        remember(&mut history, "a", &(longest + "x"), Kind::Say);
        assert_eq!(texts(&history, 9), [""; 0]);
        assert_eq!(history.bytes, 0);
    }

    #[test]
    fn messages_by_id_as_far_as_they_are_kept_and_fit() {
        let mut history = History::new(4, 1 << 20);
        for text in ["1", "2", "3", "4", "5", "6"] {
            remember(&mut history, "a", text, Kind::Say);
        }
        let ids = |ids: Range<u64>| MessageId(ids.start)..MessageId(ids.end);
        let texts = |numbers, bytes_max| shown(&history, &ids(numbers), bytes_max);
        assert_eq!(history.recent(2), ids(5..7));
        assert_eq!(history.recent(9), ids(3..7));
        assert_eq!(texts(1..7, usize::MAX), ["3", "4", "5", "6"]);
        assert_eq!(texts(1..4, usize::MAX), ["3"]);
        assert_eq!(texts(1..3, usize::MAX), [""; 0]);
        assert_eq!(texts(4..6, usize::MAX), ["4", "5"]);
        let two = history.messages[0].shown_bytes() * 2;
        assert_eq!(texts(1..7, two), ["3", "4"]);
        assert_eq!(texts(1..7, two - 1), ["3"]);
        assert_eq!(texts(1..7, 0), ["3"]);
        let bytes = history.bytes;
        history.take_back(MessageId(4));
        history.take_back(MessageId(4));
        assert_eq!(shown(&history, &ids(1..7), usize::MAX), ["3", "5", "6"]);
        assert_eq!(history.bytes, bytes / 4 * 3);
    }

    #[test]
    fn what_programs_are_shown_beside_the_text_counts_too() {
        let mut history = History::new(4, 1 << 20);
        for text in ["1", "2"] {
            remember(&mut history, "a", text, Kind::Say);
        }
        let two = history.messages[0].shown_bytes() * 2;
        history.messages[1].more = Some(Box::new(More { styled: None, extras: "+a".into() }));
        assert_eq!(shown(&history, &history.recent(2), two), ["1"]);
        assert_eq!(shown(&history, &history.recent(2), two + 2), ["1", "2"]);
    }

    /// The ids and times, in milliseconds, of messages: some are forgotten, and of the rest some taken back.
    fn any_history() -> impl Strategy<Value = (History, Vec<(u64, u64)>)> {
        let gaps = prop::collection::vec((1..3u64, 0..3u64, any::<prop::sample::Index>()), 0..20);
        (gaps, 1..20usize).prop_map(|(gaps, count_max)| {
            let (mut history, mut kept) = (History::new(count_max, 1 << 20), Vec::new());
            let (mut id, mut millis) = (0, 10);
            for (more, later, _) in &gaps {
                (id, millis) = (id + more, millis + later);
                let (at, from, to) = (Timestamp(millis * 1000 + 7), &who("a"), To::Room(&name()));
                let speech = Speech::plain(Kind::Say, Text::default());
                let message = Message { id: MessageId(id), at, from, to, speech };
                history.remember(&message, SessionId::new(0, 0));
                kept.push((id, millis));
            }
            kept.drain(..kept.len().saturating_sub(count_max));
            for (more, _, taken) in gaps {
                if more == 2 && !kept.is_empty() {
                    let (id, _) = kept.remove(taken.index(kept.len()));
                    history.take_back(MessageId(id));
                }
            }
            (history, kept)
        })
    }

    fn any_point() -> impl Strategy<Value = Point> {
        prop_oneof![
            (0..50u64).prop_map(|id| Point::Message(MessageId(id))),
            (0..60u64).prop_map(|millis| Point::Time(Timestamp(millis * 1000))),
        ]
    }

    fn any_span() -> impl Strategy<Value = Span> {
        prop_oneof![
            prop::option::of(any_point()).prop_map(Span::Latest),
            any_point().prop_map(Span::Before),
            any_point().prop_map(Span::After),
            any_point().prop_map(Span::Around),
            (any_point(), any_point()).prop_map(|(one, other)| Span::Between(one, other)),
        ]
    }

    proptest! {
        #[test]
        fn a_part_is_what_one_would_pick_by_hand(
            (history, kept) in any_history(),
            span in any_span(),
            most in 1..12usize,
        ) {
            let order = |&(id, millis): &(u64, u64), point| match point {
                Point::Message(other) => id.cmp(&other.0),
                Point::Time(at) => millis.cmp(&at.millis()),
            };
            let is_kept = |point: &Point| match point {
                Point::Message(id) => kept.iter().any(|it| it.0 == id.0),
                Point::Time(_) => true,
            };
            let pick = |after: Option<Point>, before: Option<Point>| {
                let mut picked = kept.clone();
                picked.retain(|it| after.is_none_or(|point| order(it, point).is_gt()));
                picked.retain(|it| before.is_none_or(|point| order(it, point).is_lt()));
                picked
            };
            let first = |mut picked: Vec<(u64, u64)>| {
                picked.truncate(most);
                picked
            };
            let last = |picked: Vec<(u64, u64)>| picked[picked.len().saturating_sub(most)..].to_vec();
            let (points, expected) = match span {
                Span::Latest(point) => (vec![point], last(pick(point, None))),
                Span::Before(point) => (vec![Some(point)], last(pick(None, Some(point)))),
                Span::After(point) => (vec![Some(point)], first(pick(Some(point), None))),
                Span::Around(point) => {
                    let begin = pick(None, Some(point)).len().saturating_sub(most / 2);
                    let end = kept.len().min(begin + most);
                    (vec![Some(point)], last(kept[..end].to_vec()))
                }
                Span::Between(one, other) => {
                    let there = first(pick(Some(one), Some(other)));
                    let back = last(pick(Some(other), Some(one)));
                    (vec![Some(one), Some(other)], if there.is_empty() { back } else { there })
                }
            };
            let part = history.part(span, most);
            prop_assert_eq!(part.is_some(), points.iter().flatten().all(is_kept));
            if let Some(part) = part {
                let name = name();
                let shown = history.messages(&name, &part, usize::MAX);
                let shown: Vec<(u64, u64)> = shown.map(|it| (it.id.0, it.at.millis())).collect();
                prop_assert_eq!(shown, expected);
            }
        }
    }

    #[test]
    fn a_clock_that_was_set_back_hides_nothing() {
        let mut history = History::new(9, 1 << 20);
        for (id, millis) in [(1, 10), (2, 11), (3, 5), (4, 6)] {
            let (at, from, to) = (Timestamp(millis * 1000), &who("a"), To::Room(&name()));
            let speech = Speech::plain(Kind::Say, Text::default());
            let message = Message { id: MessageId(id), at, from, to, speech };
            history.remember(&message, SessionId::new(0, 0));
        }
        let nine = Point::Time(Timestamp(9000));
        for span in [Span::After(nine), Span::Before(nine)] {
            assert_eq!(history.part(span, 9), Some(MessageId(1)..MessageId(5)), "{span:?}");
        }
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
                    // Who somebody is has two counters before it (`Rc`).
                    let from = it.from.full().len() + 2 * size_of::<usize>();
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
