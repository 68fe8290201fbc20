//! Clients of IRC among people who type: a world of its own, smaller than that of the [model](crate::sim).
//!
//! Two things are known without a model. A client can tell who is in its rooms from the lines that it was
//! sent, as any client does, and the server can be asked. And whoever types hears the same of a client as of
//! somebody who types what the client means.

mod check;
mod deed;
mod socket;
mod steps;
mod view;
pub(crate) mod world;
