//! What a peer's turn acts on: the chat, and everybody whom it reaches.

use log::{Level, info, log};

use super::browsers::Browsing;
use super::connection::Phase;
use super::peers::Peers;
use super::visits::{Visit, Visits};
use crate::chat::message::MessageId;
use crate::chat::room::RoomId;
use crate::chat::session::SessionId;
use crate::chat::{Chat, Outcome};
use crate::clock::Now;
use crate::limits::Limits;
use crate::stream::Stream;

/// The chat, and everybody whom it reaches.
#[derive(Debug)]
pub(super) struct Host<S> {
    pub(super) limits: Limits,
    pub(super) chat: Chat,
    pub(super) peers: Peers<S>,
    pub(super) visits: Visits,
}

impl<S: Stream> Host<S> {
    /// Speaks first to a newcomer whose protocol is known now.
    pub(super) fn greet(&mut self, id: SessionId, now: Now) {
        if let Some(connection) = self.peers.get(id.key()) {
            connection.phase = Phase::Nameless { by: now.at + self.limits.nickname_within };
            let ip = connection.peer.ip();
            if self.peers.is_websocket(id.key()) {
                self.peers.browsing.push((ip, Browsing::Opened));
            }
            self.chat.greet(id, &mut self.peers);
        }
    }

    /// A request has begun.
    pub(super) fn await_request(&mut self, id: SessionId, now: Now) {
        if let Some(connection) = self.peers.get(id.key()) {
            connection.phase = Phase::Requesting { by: now.at + self.limits.request_within };
            let ip = connection.peer.ip();
            self.peers.browsing.push((ip, Browsing::Requested));
        }
    }

    /// A session took a message back: nobody is to do so in silence.
    pub(super) fn note_taken_back(&self, id: SessionId, message: MessageId, room: RoomId) {
        if let (Some(nick), Some(room)) = (self.chat.nick(id), self.chat.room_name(room)) {
            info!("{nick} took back message {} in {room}", message.0);
        }
    }

    /// A session has a nickname now, the first one or another one.
    pub(super) fn note_name(&mut self, id: SessionId, outcome: Outcome, now: Now) {
        let Some(connection) = self.peers.get(id.key()) else { return };
        let (peer, is_told) = (connection.peer, connection.is_told);
        connection.phase = Phase::Member;
        if outcome == Outcome::Entered
            && let Some(client) = self.peers.clients.get_mut(&id.key())
        {
            client.is_in(self.limits.home_after.map(|after| now.at + after));
        }
        if let Some(nick) = self.chat.nick(id) {
            let is_told = is_told
                && (outcome == Outcome::Entered
                    || self.visits.is_told(peer.ip(), Visit::Rename, now.at));
            let level = if is_told { Level::Info } else { Level::Debug };
            log!(level, "{peer} is {nick}");
        }
    }
}
