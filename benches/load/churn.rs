//! Visitors who join, say one line and leave, over and over.

use crate::Result;
use crate::crowd::Crowd;
use crate::message::{Dialect, Message};
use mio::net::TcpStream;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::Duration;

/// A visitor with its present connection. Its name and its sequence of lines outlive it: the next
/// connection takes the name as soon as the server has ended this one.
struct Visitor {
    id: usize,
    /// `None` when it is over.
    stream: Option<TcpStream>,
    welcomed: bool,
    heard: Vec<u8>,
}

/// Returns how many visits there were.
pub(crate) fn churn(
    crowd: &mut Crowd,
    members: usize,
    visitors: usize,
    time: Duration,
) -> Result<u64> {
    let connect = |crowd: &Crowd, id| -> Result<Visitor> {
        Ok(Visitor { id, stream: Some(crowd.connect(id)?), welcomed: false, heard: Vec::new() })
    };
    let mut active: Vec<Visitor> =
        (members..members + visitors).map(|id| connect(crowd, id)).collect::<Result<_>>()?;
    let mut visits = 0;
    let end = crowd.now() + time.as_nanos() as u64;
    let patience = end + Duration::from_secs(10).as_nanos() as u64;
    while active.iter().any(|visitor| visitor.stream.is_some()) {
        crowd.pump(&mut (), Duration::from_millis(100))?;
        for token in std::mem::take(&mut crowd.visitors) {
            let visitor = &mut active[token - members];
            visitor.go_on(crowd)?;
            if visitor.stream.is_none() && visitor.welcomed {
                visits += 1;
                visitor.welcomed = false;
                if crowd.now() < end {
                    *visitor = connect(crowd, visitor.id)?;
                }
            }
        }
        if crowd.now() > patience {
            return Err("a visitor could not join or leave".into());
        }
    }
    crowd.settle(&mut ())?;
    Ok(visits)
}

impl Visitor {
    fn go_on(&mut self, crowd: &mut Crowd) -> Result<()> {
        let mut buffer = [0; 4096];
        while let Some(stream) = &mut self.stream {
            match stream.read(&mut buffer) {
                Ok(0) => self.stream = None,
                Ok(count) if !self.welcomed => {
                    self.heard.extend_from_slice(&buffer[..count]);
                    if self
                        .heard
                        .windows(Dialect::WELCOME.len())
                        .any(|part| part == Dialect::WELCOME)
                    {
                        self.speak_and_leave(crowd)?;
                    }
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                // The last lines of others can still be on their way to a client that has closed.
                Err(_) => self.stream = None,
            }
        }
        if self.stream.is_none() && !self.welcomed {
            return Err(format!(
                "visitor {} was turned away: {:?}",
                self.id,
                String::from_utf8_lossy(&self.heard)
            )
            .into());
        }
        Ok(())
    }

    fn speak_and_leave(&mut self, crowd: &mut Crowd) -> Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        self.welcomed = true;
        let mut words = Vec::new();
        let sequence = crowd.ledger.say(self.id);
        Message { sender: self.id, sequence }.write(crowd.now(), &mut words);
        match crowd.dialect() {
            Dialect::Named => words.extend_from_slice(b"/quit\n"),
            Dialect::Plain => {}
        }
        stream.write_all(&words)?;
        if crowd.dialect() == Dialect::Plain {
            stream.shutdown(Shutdown::Write)?;
        }
        Ok(())
    }
}
