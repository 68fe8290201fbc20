//! What each part of a message's way costs by itself: `cargo bench --bench parts`.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::rc::Rc;

use chatd::buffer::outbox::Outbox;
use chatd::buffer::spool::{Pool, Spool};
use chatd::chat::answer::Answer;
use chatd::chat::command::{Ask, Command};
use chatd::chat::event::{Event, Farewell, What};
use chatd::chat::message::{Kind, Message, MessageId, Speech, To};
use chatd::chat::name::{Nick, RoomName};
use chatd::chat::outbound::{Audience, Outbound};
use chatd::chat::session::{Cloak, SessionId};
use chatd::chat::text::Text;
use chatd::chat::who::{User, Who};
use chatd::chat::{Chat, ChatConfig};
use chatd::clock::{Now, Timestamp};
use chatd::limits::Limits;
use chatd::server::{Readiness, Server};
use chatd::stream::Stream;
use chatd::wire::irc::Identity;
use chatd::wire::text::LineEnd;
use chatd::wire::{Decoder, Format, Step};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

const FORMAT: Format = Format::Text(LineEnd::Lf);
/// 64 bytes and its end, as in the load benchmark.
const LINE: &[u8] = b"the quick brown fox jumps over the lazy dog, and then once more.\n";
const LINES: usize = 32;

fn main() {
    divan::main();
}

fn config() -> ChatConfig {
    ChatConfig {
        name: "bench".into(),
        motd: String::new(),
        home: RoomName::parse("lobby").expect("a name"),
        rooms_max: 1024,
        messages_shown: 20,
        messages_kept: 1000,
        history_bytes_max: 1 << 18,
        names_bytes_max: 1 << 14,
        exact_names_bytes_max: 1 << 18,
        history_bytes_at_once: 1 << 14,
        nicknames_refused_max: 20,
    }
}

/// An outbound that leads nowhere.
struct Nowhere;

impl Outbound for Nowhere {
    fn deliver(&mut self, event: &Event<'_>, to: &Audience<'_>) {
        black_box((event, to.hearers().count()));
    }

    fn answer(&mut self, answer: &Answer<'_>, to: SessionId) {
        black_box((answer, to));
    }

    fn expel(&mut self, _: SessionId, _: Farewell<'_>) {}

    fn contest(&mut self, _holder: SessionId, _who: SessionId) {}

    fn toil(&mut self, bytes: u64) {
        black_box(bytes);
    }

    fn nameless(&self) -> usize {
        0
    }

    fn cloak(&self, _: SessionId) -> Cloak {
        Cloak::Local
    }

    fn is_behind(&self, _: SessionId) -> bool {
        false
    }
}

/// Bytes into commands.
#[divan::bench]
fn decode(bencher: Bencher) {
    let bytes = LINE.repeat(LINES);
    let mut decoder = Decoder::default();
    decoder.assume_text();
    bencher.counter(ItemsCount::new(LINES)).bench_local(|| {
        let mut input = bytes.as_slice();
        let mut text = String::new();
        while let (Step::Command(command), _) = decoder.step(&mut input, true, 4096, &mut text) {
            black_box(command);
        }
    });
}

/// What somebody says, made harmless: plain ASCII, and text that has to be looked at.
#[divan::bench(args = ["the quick brown fox jumps over the lazy dog, and then once more", "olá, alguém viu a chave da sala 4? 日本語 👋 está comigo, já volto"])]
fn text(line: &str) -> usize {
    Text::parse(black_box(line.as_bytes()), &mut String::new()).as_str().len()
}

/// A command into events.
#[divan::bench(args = [10, 1000])]
fn apply(bencher: Bencher, members: usize) {
    let now = Now::read();
    let mut chat = Chat::new(config());
    for id in 0..members {
        let name = format!("member{id}");
        let name = Text::parse(name.as_bytes(), Box::leak(Box::default()));
        let _ = chat.apply(SessionId::new(id, 0), Command::Nick(name), now, &mut Nowhere);
    }
    let text = Text::parse(&LINE[..LINE.len() - 1], Box::leak(Box::default()));
    let say = Command::In { room: None, ask: Ask::Say(Speech::plain(Kind::Say, text)) };
    bencher.bench_local(|| chat.apply(SessionId::new(0, 0), say, now, &mut Nowhere));
}

/// What is asked for as a nickname in vain: no nickname, a usual one, and those that take longest.
#[divan::bench(args = ["Ana Maria", "ana", "ᾞᾞᾞᾞᾞᾞᾞᾞ", "깒깒깒깒깒깒깒깒깒깒깒깒", "ẾẾẾẾẾẾẾẾẾẾẾẾ"])]
fn nickname(bencher: Bencher, name: &str) {
    let now = Now::read();
    let mut chat = Chat::new(config());
    let name = Text::parse(name.as_bytes(), Box::leak(Box::default()));
    for id in 0..2 {
        let _ = chat.apply(SessionId::new(id, 0), Command::Nick(name), now, &mut Nowhere);
    }
    bencher
        .bench_local(|| chat.apply(SessionId::new(1, 0), Command::Nick(name), now, &mut Nowhere));
}

/// An event into bytes, and those into a segment that serves again and again: each span is dropped
/// at once.
#[divan::bench(sample_size = 1000)]
fn append(bencher: Bencher) {
    let (mut spool, pool) = (Spool::default(), Pool::default());
    let mut scratch = String::new();
    let line = "the quick brown fox jumps over the lazy dog, and then once more";
    let room = RoomName::parse("lobby").expect("a name");
    let nick = Nick::parse("member").expect("a nickname");
    let from = Who::new(&nick, &User::default(), Cloak::Local);
    let at = Timestamp(1);
    let what = What::Said(Message {
        id: MessageId(1),
        at,
        from: &from,
        to: To::Room(&room),
        speech: Speech::plain(Kind::Say, Text::parse(line.as_bytes(), &mut scratch)),
    });
    let (event, identity) = (Event { at, what }, Identity::new("bench", "lobby"));
    let variant = FORMAT.variant(true);
    let mut written = Vec::new();
    bencher.bench_local(|| {
        variant.event(black_box(&event), &identity, &mut written);
        drop(black_box(spool.append(&mut written, &pool)));
    });
}

/// A span into an outbox: one that follows the last one, as nearly always.
#[divan::bench]
fn push(bencher: Bencher) {
    let (mut spool, pool) = (Spool::default(), Pool::default());
    let spans: Vec<_> = (0..LINES).map(|_| spool.append(&mut LINE.to_vec(), &pool)).collect();
    bencher.counter(ItemsCount::new(LINES)).with_inputs(Outbox::default).bench_local_refs(
        |outbox| {
            for span in &spans {
                outbox.push(black_box(span));
            }
        },
    );
}

/// An outbox into a stream that takes all.
#[divan::bench(args = [1, 2, 8])]
fn flush(bencher: Bencher, pieces: usize) {
    let (mut spool, pool) = (Spool::default(), Pool::default());
    let spans: Vec<_> = (0..2 * pieces).map(|_| spool.append(&mut LINE.to_vec(), &pool)).collect();
    let outbox = || {
        let mut outbox = Outbox::default();
        spans.iter().step_by(2).for_each(|span| outbox.push(span));
        outbox
    };
    bencher.with_inputs(outbox).bench_local_refs(|outbox| outbox.flush(&mut io::sink()));
}

/// An answer of so many lines to one peer: shared like a broadcast, or its own copy.
#[divan::bench(args = [1, 20], sample_size = 1000)]
fn answer_shared(bencher: Bencher, lines: usize) {
    let (mut spool, pool) = (Spool::default(), Pool::default());
    let mut written = Vec::new();
    bencher.with_inputs(Outbox::default).bench_local_refs(|outbox| {
        for _ in 0..lines {
            written.extend_from_slice(black_box(LINE));
            outbox.push(&spool.append(&mut written, &pool));
        }
        outbox.flush(&mut io::sink())
    });
}

/// See [`answer_shared`].
#[divan::bench(args = [1, 20], sample_size = 1000)]
fn answer_own(bencher: Bencher, lines: usize) {
    bencher.with_inputs(Outbox::default).bench_local_refs(|outbox| {
        for _ in 0..lines {
            outbox.push_own(black_box(LINE));
        }
        outbox.flush(&mut io::sink())
    });
}

/// A stream that takes all, and gives what its other end has put there.
#[derive(Debug, Default, Clone)]
struct Script(Rc<RefCell<VecDeque<u8>>>);

impl Read for Script {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self.0.borrow_mut().read(bytes)? {
            0 => Err(ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(black_box(bytes).len())
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(black_box(slices).iter().map(|slice| slice.len()).sum())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Script {
    /// As a TCP stream's on Linux.
    fn drains(&self, read: usize, asked: usize) -> bool {
        read < asked
    }

    fn shutdown_write(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// All of it but the system calls: so many messages in a tick, from one to all the others, per
/// delivery.
#[divan::bench(args = [(1, 10), (32, 10), (256, 10), (1, 100), (1, 1000), (32, 100), (32, 1000)])]
fn tick(bencher: Bencher, (messages, members): (usize, usize)) {
    let now = Now::read();
    let readable = Readiness { readable: true, ..Readiness::default() };
    let mut server =
        Server::new(config(), Limits { clients_max: members, rate: None, ..Limits::default() });
    let streams: Vec<Script> = (0..members).map(|_| Script::default()).collect();
    for (id, stream) in streams.iter().enumerate() {
        stream.0.borrow_mut().extend(format!("member{id}\n").as_bytes());
        let key = server.accept(stream.clone(), "192.0.2.1:1".parse().expect("an address"), now);
        server.ready(key, readable);
    }
    server.tick(now);
    bencher.counter(ItemsCount::new(messages * (members - 1))).bench_local(|| {
        for _ in 0..messages {
            streams[0].0.borrow_mut().extend(LINE);
        }
        server.ready(0, readable);
        server.tick(now);
    });
}
