//! `chatd` is chat rooms on one TCP port: one thread, one event loop, any client that sends lines, of text
//! or of IRC, and browsers.
//!
//! This page is the map. The program itself is a few lines in `src/main.rs`; everything else is
//! here, so that benches, tests and the client can use it.
//!
//! # The idea
//!
//! 1. **The [`chat`] knows no bytes, no sockets, no clock.** A [`Command`](chat::command::Command)
//!    goes in, [`Event`]s (for many) and [`Answer`]s (for one) come out.
//! 2. **A [`wire`] protocol knows no sockets.** It turns received bytes into commands, and events
//!    into bytes.
//! 3. **The [`server`] joins the two over any [`Stream`](stream::Stream)**, so that all of it runs
//!    in a test without a network.
//! 4. **Only the [`net`] side knows mio and the clock.** Its [`reactor`](net::reactor) notes which
//!    sockets are ready, then lets the server work.
//! 5. **Nobody sends or closes while events are handled.** The end of the tick does, in one place.
//! 6. **A broadcast is written once for each variant, and shared.** An [`outbox`] holds spans of a
//!    [`spool`]: a message to ten thousand clients is one copy and ten thousand spans, and ten
//!    thousand readers that have stopped share one copy too.
//!
//! # One tick
//!
//! ```text
//! reactor  poll, until something happens or something is due
//!          read the clock, the only time
//!          for each event: note it              Server::ready
//!          accept who waits                     Server::accept
//!          Server::tick
//!            broken   each connection that broke: what it said before, then it leaves
//!            receive  lane by lane, a turn for each that is queued: read, decode, apply, queue
//!            sweep    what is due by the clock: greetings, nicknames that do not come, pauses
//!            settle   each connection with something unsent: send it; drop whoever is gone
//!            check    in debug builds: whether the server contradicts itself
//! ```
//!
//! # What always holds
//!
//! - Readiness is a hint. A wrong or stale one costs one failing system call, never a wrong action;
//!   only that a stream broke is taken as said.
//! - A key of the slab is used again only after the tick in which it became free: removing is for
//!   *settle*, accepting comes before.
//! - A socket is registered once, for both directions, edge-triggered. To make a peer wait is not
//!   to read it.
//! - Only *settle* sends to a peer or drops it: mostly one system call per peer and tick, however
//!   many messages there are. (Whoever is turned away at the door never was a peer.)
//! - Everybody sees the messages of a room in one and the same order, that of the calls to
//!   [`Outbound`], and ids of messages ascend in it. What many are told may be queued a little later, but before anything else is
//!   queued for one of them, and before anything is sent.
//! - What was received before the end of a stream is decoded before the end is acted on; after a
//!   reset, as far as the peer's rate and the others' reading allow. However bytes are split, they
//!   mean the same.
//! - Everything that a peer can make grow has a bound, and what happens there is written beside it.
//!   What can be set is in [`limits`]; constants stand beside their use.
//! - Nothing that a peer sends can panic, block or loop. Nor can the log ([`logging`]): lines are
//!   lost before time is. Nor can the disk: a file is read by a thread of its own ([`motd`]).
//!
//! Who may know whom, in one direction only; `clippy.toml` and `deny` attributes hold the wall
//! around `chat` and `wire`:
//!
//! ```text
//! main -> config, net -> server -> buffer, wire, chat, stream      wire -> chat
//!         net, server, chat -> clock, pace, limits, log_once (no bytes, no sockets; none reads the time)
//! ```
//!
//! # Words
//!
//! | word | meaning |
//! |---|---|
//! | peer, connection | the other end of a socket; what is kept for it |
//! | session | a seat in the chat: [`SessionId`](chat::session::SessionId) |
//! | room, member | a chat room; a session in it. Free space is called *vacancy*, never room |
//! | home | the room where everybody begins, and the only one that does not end with its last member |
//! | focus | the room where a session talks unless it says where; lines of its other rooms are marked |
//! | cloak | where somebody comes from, as others may know it: a keyed hash of the address |
//! | hearer, speaker | who is told something; who caused it |
//! | protocol | what a peer speaks: [text](wire::text), [IRC](wire::irc), or [HTTP](wire::http), told by its first line |
//! | framing | what stands around lines of IRC: their ends, or messages of a [WebSocket](wire::websocket) |
//! | browser | whatever speaks HTTP. It gets the [page](wire::page), which is a client of IRC |
//! | answer, event | what is told to one, and what is told to many. Whoever causes an event gets it as an answer |
//! | variant | what the bytes of an event depend on beside the event: all hearers with the same one share them |
//! | fan-out | what many are told, gathered while it is for the same hearers, then queued for each |
//! | tick | one round of the loop |
//! | turn | one peer's share of receiving, in a tick |
//! | allowance | what a turn may do: so much to read, to do, to say |
//! | work | what was queued, in bytes, and what took as long as queueing so many bytes |
//! | lane | a class of peers with a share of each tick: *light* are those who had little to say in their last turn, *newcomers* the same without a nickname, *heavy* all others |
//! | lag | how far behind a hearer is with reading |
//! | slow room | most of those who hear what is said there are far behind, or one is near its limit |
//! | debt | what an address has said faster than its rate, and is still to wait for |
//!
//! # Where to add
//!
//! | wish | door |
//! |---|---|
//! | another protocol on the same port | [`wire::detect`], a variant of [`wire::Decoder`] and of [`wire::Format`], and a module in `wire` |
//! | another command | [`chat::command`], [`chat::Chat::apply`], its words in [`wire::text`] and its verb in [`wire::irc::verbs`] (CONTRIBUTING has the recipe) |
//! | another rule of a room | [`chat::rules`], its words in [`wire::text`], and its letter in `wire::irc::modes` |
//! | another transport, such as TLS | an implementation of [`stream::Stream`] |
//! | another limit | [`limits`], its option in [`config`], and a row of the README's table |
//!
//! [`Answer`]: chat::answer::Answer
//! [`Event`]: chat::event::Event
//! [`Outbound`]: chat::outbound::Outbound
//! [`outbox`]: buffer::outbox
//! [`spool`]: buffer::spool
//!
//! # When somebody is too fast, or too slow
//!
//! | who | what | where |
//! |---|---|---|
//! | one peer sends lines too fast | it is not read for a while | [`pace`] |
//! | one peer says too much in a line | that counts for several lines | [`limits`] |
//! | one comes again and again | it goes on with its rate where it stopped | `server::addresses` |
//! | one peer does not read what it asked for | it is not read until it does | `server::turn` |
//! | one peer is told too much privately | whoever tells it is told so | [`chat`] |
//! | thousands break at once | they hear nothing more, have one last turn, and are gone | `server::broken` |
//! | one peer has a lot to say | it gets its share of each tick, after those who have little | `server::schedule` |
//! | one peer does not read | it is dropped when what is unsent costs too much | `server::settle` |
//! | one peer is about to be dropped | whoever talks in its room waits a moment, once | `server::schedule` |
//! | most of a room cannot keep up | who has a lot to say there is read less until it can | `server::schedule` |
//!
//! # Why it is fast
//!
//! A `send` costs microseconds, whatever it carries; a span costs nanoseconds. So all that is said
//! in a tick goes to each member in one `send`, and the busier the room, the more messages share
//! it. Each room has a spool of its own for each variant, so spans that follow each other merge,
//! which makes a backlog of thousands of messages one pair of integers. What one peer alone is told
//! ([`push_own`](buffer::outbox::Outbox::push_own)) is not shared: it would keep a whole segment
//! alive for a few bytes. Nor is what only a few hear. And what one member says in a turn is queued
//! for all the others once, at the end of it.

pub mod banner;
pub mod buffer;
pub mod chat;
pub mod clock;
pub mod config;
pub mod limits;
pub mod log_once;
pub mod logging;
pub mod motd;
pub mod net;
pub mod pace;
pub mod server;
pub mod stream;
pub mod wire;
