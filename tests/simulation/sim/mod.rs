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
//! # The model
//!
//! The server is free in the order of turns, and in when it finds out that somebody is gone. So the
//! model does not guess: it takes what was decided from two witnesses. The first client reads all the
//! time and says nothing; its transcript is the [`order`] of all that all are told. The log (the
//! [`journal`]) tells who came, went and took which name, in order, also in a crowd where nobody is
//! told. Both must agree, and be possible: a name must have been free, somebody who speaks must be there.
//!
//! From then on nothing is left to choose. The [`walk`] of each client goes along the order with three
//! things in hand: its transcript, the lines that it sent, and the room as it was at each point. The
//! next line of the transcript is the next thing that all were told and it did not do itself, or
//! something private, or the answer to its next line as the [`rules`] have it at this point. What it
//! says itself it does not hear; that must come in the order where its lines have it.
//!
//! In the end ([`check`], [`departures`]) nothing may be left over: not in the transcript, not in the
//! order, not of its lines. Only whose connection broke, or was full when its time was over, may miss
//! the end, and then the others must know what it did by then. Whoever was too slow must have been, and
//! nobody else may have more to read than the limit.
//!
//! A half line in front of a reset, or one that was never whole on the wire, is not among the lines
//! sent; so if it is said, that is nothing that anybody typed.

mod answers;
mod check;
mod choices;
mod client;
mod departures;
mod ending;
mod journal;
mod order;
mod rules;
pub(crate) mod script;
mod steps;
pub(crate) mod stream;
mod transcript;
mod walk;
mod world;
