//! All that clients can be told, with whatever has a length as long as it may be.

use std::time::Duration;

use proptest::prelude::*;

use crate::chat::answer::*;
use crate::chat::event::{Event, Farewell, Happening, What};
use crate::chat::mask::{MASK_BYTES_MAX, Mask};
use crate::chat::message::{Extras, Kind, Message, MessageId, Speech, To};
use crate::chat::name::{Nick, RoomName};
use crate::chat::room::Topic;
use crate::chat::rules::{Change, KEY_BYTES_MAX, List, Rank, Ranks, Rules};
use crate::chat::session::Cloak;
use crate::chat::text::{Styled, Text, TextBuf};
use crate::chat::who::{User, Who};
use crate::clock::Timestamp;
use crate::wire::irc::Identity;
use crate::wire::irc::caps::Caps;
use crate::wire::irc::own::{Bye, CapReply, Own};
use crate::wire::irc::speaker::{Speaker, Terms};
use crate::wire::irc::verbs::Verb;

const RANKS: Ranks = Ranks { is_operator: true, has_voice: true };

/// Characters of this many bytes each, so that none ends where a line has to.
const LETTERS: [&str; 3] = ["a", "日", "\u{1e800}"];

/// Everything that has a length, and how long it may be.
#[derive(Debug)]
pub(super) struct Words {
    who: Who,
    room: RoomName,
    /// Of somebody who speaks another protocol: so long as a line of that.
    speech: String,
    topic: TextBuf,
    real_name: String,
    key: String,
    mask: Mask,
    extras: String,
    /// A parameter of a line.
    param: String,
    label: String,
    pub(super) caps: Caps,
    pub(super) identity: Identity,
}

fn long(letter: &str, bytes: usize) -> String {
    letter.repeat(bytes / letter.len())
}

prop_compose! {
    pub(super) fn words()(
        is_long in any::<bool>(),
        letter in prop::sample::select(LETTERS.as_slice()),
        speech in 0..4096_usize,
        short in 0..=390_usize,
        param in 0..=500_usize,
        extras in 0..=2000_usize,
        label in 0..=2000_usize,
        caps in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        name in 1..=64_usize,
    ) -> Words {
        let (who, room) = if is_long {
            longest()
        } else {
            (crate::chat::who::who("ana"), RoomName::parse("dev").expect("a name"))
        };
        let names: Vec<&str> = Caps::offered().collect();
        let caps: Vec<&str> = caps.iter().map(|index| *index.get(&names)).collect();
        let mask = long("x", if is_long { MASK_BYTES_MAX } else { 3 });
        Words {
            who,
            room,
            speech: format!("{}{}", &"m ".repeat(speech % 3), long(letter, speech)),
            topic: Text::harmless(&long(letter, short)).expect("text").into(),
            real_name: long(letter, short.min(150)),
            key: long(letter, KEY_BYTES_MAX),
            mask: Mask::parse(Text::harmless(&mask).expect("text")).expect("a mask"),
            extras: if extras % 2 == 0 { String::new() } else { format!("+a={}", "b".repeat(extras)) },
            param: long(letter, param),
            label: "l".repeat(label * (label % 2)),
            caps: Caps::NONE.after(&caps.join(" ")).expect("they are offered"),
            identity: Identity::new(&"n".repeat(name), "#lobby"),
        }
    }
}

/// The longest names that there are.
pub(super) fn longest() -> (Who, RoomName) {
    let nick = "\u{1e800}\u{1e8d0}\u{1e8d1}\u{1e8d2}".repeat(6);
    let cloak = Cloak::Hashed { address: u64::MAX, network: u32::MAX };
    let room = "a".to_owned() + &"\u{1e800}\u{1e8d0}\u{1e8d1}".repeat(5) + "aa";
    let nick = Nick::parse(&nick).expect("a nickname");
    (Who::new(&nick, &User::of(&"u".repeat(20)), cloak), RoomName::parse(&room).expect("a name"))
}

impl Words {
    fn terms(&self) -> Terms<'_> {
        Terms { identity: &self.identity, caps: self.caps, now: Timestamp(1) }
    }

    fn text(&self) -> Text<'_> {
        Text::harmless(&self.speech).expect("text")
    }

    fn messages(&self) -> Vec<Message<'_>> {
        let (text, extras) = (self.text(), Extras(&self.extras));
        let kinds = [Kind::Say, Kind::Act, Kind::Note, Kind::Probe, Kind::Reply, Kind::Mark];
        let to = [To::Room(&self.room), To::Ranked(Rank::Voice, &self.room), To::Person(&self.who)];
        let both = kinds.into_iter().flat_map(|kind| to.map(|to| (kind, to)));
        both.map(|(kind, to)| Message {
            id: MessageId(u64::MAX),
            at: Timestamp(1),
            from: &self.who,
            to,
            speech: Speech { kind, text, styled: Styled::parse(&self.speech), extras },
        })
        .collect()
    }

    pub(super) fn events(&self) -> Vec<Event<'_>> {
        let (who, mask, is_counted) = (&self.who, &self.mask, false);
        let (reason, real_name) =
            (Some(self.text()), Text::harmless(&self.real_name).expect("text"));
        let message = MessageId(u64::MAX);
        let happenings = [
            Happening::Joined { who, real_name, is_counted },
            Happening::Parted { nick: who, reason, is_counted },
            Happening::Parted { nick: who, reason: None, is_counted },
            Happening::Traffic { joined: 1, left: 2, here: 3 },
            Happening::Topic { by: who, topic: Some(self.topic.as_text()) },
            Happening::Topic { by: who, topic: None },
            Happening::Kicked { by: who, nick: who, reason, is_banned: false, is_counted },
            Happening::Kicked { by: who, nick: who, reason: None, is_banned: true, is_counted },
            Happening::ManyKicked { by: who, count: 7 },
            Happening::RankBack { nick: who, rank: Rank::Operator },
            Happening::Ranked { by: who, nick: who, rank: Rank::Voice, is_given: false },
            Happening::Listed { by: who, list: List::Mutes, mask, is_added: true },
            Happening::TakenBack { by: who, message, from: Some(who), reason },
            Happening::Changed { by: who, change: Change::Key(Text::harmless(&self.key)) },
            Happening::Changed { by: who, change: Change::Limit(Some(u32::MAX)) },
            Happening::Changed { by: who, change: Change::Slow(None) },
        ];
        let mut what: Vec<What<'_>> =
            happenings.into_iter().map(|what| What::In { room: &self.room, what }).collect();
        what.extend(self.messages().into_iter().map(What::Said));
        what.extend([
            What::Away { nick: who, reason: Some(self.topic.as_text()), is_news: true },
            What::Away { nick: who, reason: None, is_news: false },
            What::Left { nick: who, reason: Farewell::Quit(reason), is_counted },
            What::Left { nick: who, reason: Farewell::TooSlow, is_counted },
            What::Described { who, real_name },
        ]);
        what.into_iter().map(|what| Event { at: Timestamp(1), what }).collect()
    }

    fn refusals(&self) -> Vec<Refusal<'_>> {
        let (who, room) = (|| self.who.clone(), || self.room.clone());
        let nick = || Nick::parse(self.who.as_str()).expect("a nickname");
        let param = Text::harmless(&self.param).expect("text");
        vec![
            Refusal::NickTaken(nick()),
            Refusal::NickReserved(nick()),
            Refusal::UnknownNick(param),
            Refusal::Behind(who()),
            Refusal::UnknownCommand(param),
            Refusal::LineTooLong(4096),
            Refusal::UnknownRoom(room()),
            Refusal::NotIn(room()),
            Refusal::LooksLike(Some(room())),
            Refusal::TooManyRooms,
            Refusal::NeedsOperator(room(), true),
            Refusal::Banned(room(), Some(Duration::from_secs(1 << 30))),
            Refusal::NotThere(who(), room()),
            Refusal::AlreadyThere(who(), room()),
            Refusal::TooLong(Longest::Key, KEY_BYTES_MAX),
            Refusal::ListFull(room()),
            Refusal::WatchesTooMany(100, param),
            Refusal::UnknownMessage(room()),
            Refusal::NotYours(room()),
            Refusal::NotYourself,
        ]
    }

    fn owns(&self) -> Vec<Own<'_>> {
        let param = &*self.param;
        let fail = Own::Fail { code: "INVALID_PARAMS", about: [param, param], text: "No" };
        let bad = Own::BadMode { room: param, letter: 'k', value: param, why: "No" };
        vec![
            Own::Cap(CapReply::Offered),
            Own::Cap(CapReply::Agreed(self.caps)),
            Own::Cap(CapReply::Granted(param)),
            Own::Cap(CapReply::Refused(param)),
            Own::Cap(CapReply::Unknown(param)),
            Own::numeric("403", param, "No such channel"),
            Own::NeedMoreParams,
            Own::TooManyTargets,
            Own::UnknownCommand(param),
            Own::UnknownMode('\u{1e800}'),
            bad,
            fail,
            Own::Pong(param),
            Own::Tell(param),
            Own::Tell(""),
            Own::Bye(Bye::Quit(param)),
        ]
    }

    /// What one client is told that has asked for something.
    fn answer(&self, answer: &Answer<'_>, speaker: &mut Speaker, out: &mut Vec<u8>) {
        speaker.answer(answer, self.terms(), out);
    }

    #[expect(clippy::too_many_lines, reason = "a table")]
    fn answers(&self, speaker: &mut Speaker, out: &mut Vec<u8>) {
        let Self { who, room, mask, .. } = self;
        let real_name = Text::harmless(&self.real_name).expect("text");
        let place = Place { room, is_focused: true };
        let topic = &Topic { text: self.topic.clone(), by: who.clone(), at: Timestamp(u64::MAX) };
        let people = [(who, RANKS); 40];
        let listing = Listing { people: &people, others: 7, is_secret: true };
        let summary = RoomSummary {
            name: room,
            members: 999_999,
            is_in: true,
            topic: Some(topic),
            since: Timestamp(1),
        };
        let rooms = [(room, RANKS); 20];
        let away = Some(self.topic.as_text());
        let idle = Duration::from_secs(1 << 40);
        let profile = Profile {
            who,
            cloak: Cloak::Local,
            real_name,
            since: Timestamp(u64::MAX),
            idle,
            rooms: &rooms,
            away,
        };
        let sighting = Sighting { who, real_name, is_away: true, room: Some((room, RANKS)), idle };
        let past = Past { who, real_name, until: Timestamp(1) };
        let listed = Listed {
            list: List::Mutes,
            mask,
            made_for: None,
            by: who,
            made_at: Timestamp(u64::MAX),
            left: None,
        };
        let watched = [
            Watched { name: who.as_text(), who: Some(who) },
            Watched { name: Text::harmless(&self.param).expect("text"), who: None },
        ];
        let key = Some(self.key.as_str().into());
        let rules = &Rules { key, limit: Some(u32::MAX), secret: true, ..Rules::default() };
        let counts =
            Counts { people: 999_999, hidden: 9, nameless: 9, people_max: 999_999, rooms: 9 };
        let text = TextBuf::from(self.text());
        let still = None;
        let reason = self.topic.as_text();
        for answer in [
            Answer::Registered(who),
            Answer::Described(real_name),
            Answer::Counts(counts),
            Answer::Motd(&[text]),
            Answer::Entered {
                room,
                is_new: true,
                still,
                topic: Some(topic),
                others: listing,
                real_name,
            },
            Answer::Present { place, people: listing },
            Answer::Topic { place, topic: Some(topic) },
            Answer::Topic { place, topic: None },
            Answer::Rooms { rooms: &[summary; 3], others: 3 },
            Answer::Whois(profile),
            Answer::Was(&[past]),
            Answer::People { people: &[sighting; 2], others: 3 },
            Answer::Invitations(&[room]),
            Answer::Talked(&[(room, Timestamp(1))]),
            Answer::IsAway { nick: who, reason },
            Answer::Invited { by: who, room },
            Answer::Inviting { nick: who, room },
            Answer::List { room, list: List::Mutes, entries: &[listed; 2] },
            Answer::Rules { room, rules, since: Timestamp(u64::MAX), is_operator: true },
            Answer::Watching(&watched),
            Answer::News(News::Came(who)),
            Answer::Hidden { is_hidden: true, is_changed: true },
            Answer::NamelessTooLong(Duration::from_secs(60)),
            Answer::Stopping,
        ] {
            self.answer(&answer, speaker, out);
        }
        for _ in 0..20 {
            self.answer(&Answer::Found(who, true), speaker, out);
            let kept_out =
                Answer::KeptOut { room, list: List::Mutes, mask, made_for: None, time: None };
            self.answer(&kept_out, speaker, out);
        }
        let masks = vec![mask.clone(); 20];
        self.answer(&Answer::Pardoned { room, list: List::Bans, masks: &masks }, speaker, out);
        for event in self.events() {
            self.answer(&Answer::Done { event, is_focused: true }, speaker, out);
            self.answer(&Answer::News(News::Did(event)), speaker, out);
        }
        let count = self.messages().len();
        let last = Duration::ZERO;
        self.answer(&Answer::History { place, count, last }, speaker, out);
        for message in self.messages() {
            self.answer(&Answer::Earlier { message, is_focused: true }, speaker, out);
        }
        for message in self.messages() {
            self.answer(&Answer::Told(message), speaker, out);
            self.answer(&Answer::Delivered(message), speaker, out);
        }
        for refusal in &self.refusals() {
            self.answer(&Answer::Refused { refusal, named: true }, speaker, out);
        }
    }

    /// All that a client may be told that has asked for something with this verb.
    pub(super) fn told(&self, verb: Verb, name: &str) -> Vec<u8> {
        let (mut speaker, mut out) = (Speaker::default(), Vec::new());
        let line = format!("{name} {0} %tcuihsnfdlaor,999", self.param);
        let own = |own: &Own<'_>, speaker: &mut Speaker, out: &mut Vec<u8>| {
            speaker.own(own, self.terms(), out);
        };
        let label = if self.caps.has(Caps::LABELED_RESPONSE) { &*self.label } else { "" };
        let begin = Own::Begin { verb, name, label, line: &line, is_mended: true, price: 0 };
        own(&begin, &mut speaker, &mut out);
        self.answers(&mut speaker, &mut out);
        for it in &self.owns() {
            own(it, &mut speaker, &mut out);
        }
        own(&Own::Finish, &mut speaker, &mut out);
        out
    }
}
