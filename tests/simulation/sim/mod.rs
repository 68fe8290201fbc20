//! A world of simulated clients around the real server, and a model that knows what each of them must
//! have heard.
//!
//! # The world
//!
//! A [`script`] is a set-up and [`steps`], a number each; every step takes its [`choices`] from its own
//! number. The [`world`] plays the reactor: it passes on readiness, once, as an edge-triggered poll
//! does, and lets the server tick. Between the ticks its [`client`]s type lines, stop reading, end or
//! break their [`stream`]s; time passes, more come, the server may be stopped. At the [`ending`] all who
//! can read everything, then all leave.
//!
//! # The rooms
//!
//! Mostly there are three rooms ([`language`]): the home room, and two more that the first client makes
//! and never leaves, so that it is their operator and they do not end. The others go from one to
//! another, talk, ask and do things there; some worlds have the home room alone. What somebody is told
//! of a room where it does not talk is marked with the room; what concerns a person is told once to
//! each who is in one room with it.
//!
//! # The model
//!
//! The server is free in the order of turns, and in when it finds out that somebody is gone. So the
//! model does not guess: it takes what was decided from two witnesses. The first client reads all the
//! time and says nothing; it is in all rooms, and its transcript is the [`order`] of all that anybody is
//! told of them ([`reading`]). The log (the [`journal`]) tells who came, went and took which name, in
//! order, also in a crowd where nobody is told, and of those who are in no room. Both must agree, and be
//! possible: a name must have been free, somebody who speaks must be in that room, and an operator must
//! be one. So there is a [`scene`] for each point of the order: who is where, and what holds in each room
//! ([`chamber`]).
//!
//! From then on nothing is left to choose. The [`walk`] of each client goes along the order with three
//! things in hand: its transcript, the lines that it sent, and the rooms as they were at each point. The
//! next line of the transcript is the next thing that was told in its rooms and it did not do itself, or
//! something private, or the answer to its next line as the [`rules`] have it at this point. Of what
//! happens elsewhere it hears nothing; so between two things that it hears, what it is told of another
//! room must be true at some point, and then not at an earlier one. What it says itself where it talks
//! it does not hear; that must come in the order where its lines have it.
//!
//! In the end ([`check`], [`departures`]) nothing may be left over: not in the transcript, not in the
//! order, not of its lines. Only whose connection broke, or was full when its time was over, may miss
//! the end, and then the others must know what it did by then. Whoever was too slow must have been, and
//! nobody else may have more to read than the limit.
//!
//! A half line in front of a reset, or one that was never whole on the wire, is not among the lines
//! sent; so if it is said, that is nothing that anybody typed.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each place is about some of all that can be asked for, or done"
)]

mod answers;
mod chamber;
mod check;
mod choices;
mod client;
mod commands;
mod departures;
mod ending;
mod expect;
mod explain;
mod governing;
mod journal;
mod language;
mod order;
mod place;
mod reading;
mod rules;
mod scene;
pub(crate) mod script;
mod steps;
pub(crate) mod stream;
mod transcript;
mod visits;
mod walk;
mod world;
