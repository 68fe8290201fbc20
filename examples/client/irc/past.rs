//! What was said before ([chathistory](https://ircv3.net/specs/extensions/chathistory)).

use super::{Session, send};

/// So many messages are asked for at once.
pub(crate) const MESSAGES: usize = 100;
/// So many are shown to whoever comes into a room.
const FIRST_MESSAGES: usize = 20;

/// Which part of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The last few.
    Last,
    /// As many as there may be.
    LastMany,
    /// What was said before, or after, the message with this id.
    Before(String),
    After(String),
}

impl Session {
    /// Asks for a part of the past of a room. `false` if the server keeps none.
    pub(crate) fn ask_past(&self, room: &str, part: &Part, out: &mut String) -> bool {
        let can = self.has("draft/chathistory") && self.has("batch") && self.has("message-tags");
        if can {
            let asked = match part {
                Part::Last => format!("LATEST {room} * {FIRST_MESSAGES}"),
                Part::LastMany => format!("LATEST {room} * {MESSAGES}"),
                Part::Before(id) => format!("BEFORE {room} msgid={id} {MESSAGES}"),
                Part::After(id) => format!("AFTER {room} msgid={id} {MESSAGES}"),
            };
            send(out, &format!("CHATHISTORY {asked}"));
        }
        can
    }
}
