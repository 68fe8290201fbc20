//! Visitors who join, say one line and leave, over and over.

use crate::Result;
use chatd_support::crowd::{Crowd, nanos};
use chatd_support::message::{Dialect, Message};
use chatd_support::visit::{Stage, Visit};
use chatd_support::websocket;
use std::net::Shutdown;
use std::time::Duration;

/// Beside the members, `visitors` come and go. A visitor's name and its sequence of lines outlive its
/// connection: the next one takes the name as soon as the server has ended this one.
pub(crate) fn churn(
    crowd: &mut Crowd,
    members: usize,
    visitors: usize,
    time: Duration,
) -> Result<()> {
    let mut active = Vec::new();
    for id in members..members + visitors {
        active.push(Some(Visit::new(crowd.connect(id)?)));
    }
    let end = crowd.now() + nanos(time);
    let patience = end + nanos(Duration::from_secs(10));
    while active.iter().any(Option::is_some) {
        crowd.pump(&mut (), Duration::from_millis(100))?;
        for id in std::mem::take(&mut crowd.visitors) {
            let visit = &mut active[id - members];
            while let Some(visitor) = visit {
                match visitor.go_on() {
                    Stage::Waits => break,
                    Stage::Welcome => speak_and_leave(visitor, id, crowd)?,
                    Stage::Over if !visitor.is_welcome => {
                        return Err(format!("{id} was turned away: {:?}", visitor.heard()).into());
                    }
                    Stage::Over if crowd.now() < end => *visitor = Visit::new(crowd.connect(id)?),
                    Stage::Over => *visit = None,
                }
            }
        }
        if crowd.now() > patience {
            return Err("a visitor could not join or leave".into());
        }
    }
    crowd.settle(&mut ())
}

fn speak_and_leave(visitor: &mut Visit, id: usize, crowd: &mut Crowd) -> Result<()> {
    let sequence = crowd.ledger.say(id);
    let socket = &mut visitor.socket;
    let message = Message { sender: id, sequence };
    crowd.dialect(id).say(message, crowd.now(), &mut socket.unsent);
    match crowd.dialect(id) {
        Dialect::Named => socket.send(b"/quit\n"),
        Dialect::Irssi | Dialect::Tagged => socket.send(b"QUIT\r\n"),
        Dialect::Web => {
            let mut quit = Vec::new();
            websocket::say(b"QUIT", &mut quit);
            socket.send(&quit);
        }
        Dialect::Plain(_) => {
            socket.flush();
            socket.stream.shutdown(Shutdown::Write)?;
        }
    }
    Ok(())
}
