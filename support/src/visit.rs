//! Somebody who comes, is welcomed and leaves, in a poll with others.

use crate::message::Dialect;
use crate::socket::{Received, Socket};

/// A connection that is to be short.
#[derive(Debug)]
pub struct Visit {
    /// Its connection.
    pub socket: Socket,
    heard: Vec<u8>,
    /// Whether it was let in.
    pub is_welcome: bool,
}

/// How far a visit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// There is nothing more to read now.
    Waits,
    /// Just now it was let in, and there may be more to read.
    Welcome,
    /// The server has ended it, or it broke.
    Over,
}

impl Visit {
    /// Of somebody who has said its name, or is about to.
    pub fn new(socket: Socket) -> Self {
        Self { socket, heard: Vec::new(), is_welcome: false }
    }

    /// Sends what waits, and reads up to the next stage.
    pub fn go_on(&mut self) -> Stage {
        self.socket.flush();
        let mut buffer = [0; 4096];
        loop {
            match self.socket.read(&mut buffer) {
                Received::Nothing => return Stage::Waits,
                // The last lines of others can still be on their way to a client that has closed.
                Received::End(_) => return Stage::Over,
                Received::Bytes(_) if self.is_welcome => {}
                Received::Bytes(count) => {
                    self.heard.extend_from_slice(&buffer[..count]);
                    if self.has_heard(Dialect::WELCOME) {
                        self.is_welcome = true;
                        return Stage::Welcome;
                    }
                }
            }
        }
    }

    /// Whether it was told that before it was let in.
    pub fn has_heard(&self, words: &[u8]) -> bool {
        self.heard.windows(words.len()).any(|window| window == words)
    }

    /// What it was told before it was let in.
    pub fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard).into_owned()
    }
}
