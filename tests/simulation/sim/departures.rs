//! How a connection may end, and when.

use std::time::Duration;

use super::client::Client;
use super::world::World;

/// Why somebody leaves who speaks something else.
pub(super) fn not_chat(protocol: &str) -> String {
    format!("speaks {protocol}, not chat")
}

impl World {
    /// Nobody leaves without a reason.
    pub(super) fn check_leave(&self, id: usize, why: &str) {
        let client = &self.clients[id];
        let wire = client.wire.borrow();
        let is_right = match why {
            // What it typed is compared with what all are told, and how many nicknames it was
            // refused is counted on its way.
            "quit" | "20 nicknames refused" => true,
            "connection closed by peer" => wire.is_ended,
            "no nickname in time" => self.now - client.accepted_at >= self.limits.nickname_within,
            _ if why.starts_with("speaks ") => {
                client.is_garbled || client.foreign().is_some_and(|it| why == not_chat(it))
            }
            _ if why.starts_with("too slow: ") => wire.is_blocked,
            _ => wire.broken.is_some(),
        };
        assert!(is_right && self.stopped_at.is_none(), "client {id} left: {why}");
    }

    /// Whoever left is let go in peace: it gets what was queued, then the end of the stream, and time
    /// for each.
    pub(super) fn check_drops(&mut self) {
        for index in 0..self.clients.len() {
            let client = &mut self.clients[index];
            if !client.is_let_go && !client.is_there() {
                client.is_let_go = true;
                let client = &self.clients[index];
                assert!(self.may_be_dropped(client), "{client:?} was dropped");
            }
        }
    }

    fn may_be_dropped(&self, client: &Client) -> bool {
        let wire = client.wire.borrow();
        if wire.broken.is_some() {
            return true;
        }
        let limits = &self.limits;
        let has_had = |time: Duration, since| self.now - since >= time;
        match (self.stopped_at, &client.left) {
            (Some(at), _) => wire.is_shut || has_had(limits.stop_within, at),
            (None, None) => false,
            (None, Some((_, why))) if why.starts_with("too slow: ") => true,
            // Even if it reads at last: its time is over.
            (None, Some((at, _))) if has_had(limits.leave_within, *at) => true,
            (None, Some((at, _))) => wire.is_shut && (wire.is_ended || has_had(limits.linger, *at)),
        }
    }
}
