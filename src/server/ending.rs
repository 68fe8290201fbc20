//! Who leaves the chat, and who waits in line to have its last words.

use std::mem;
use std::net::IpAddr;

use log::log;

use super::Server;
use super::connection::{Pause, Phase};
use super::disconnect::Disconnect;
use crate::chat::session::SessionId;
use crate::clock::Now;
use crate::stream::Stream;

impl<S: Stream> Server<S> {
    /// Takes a connection out of the chat. *Settle* will send what is queued, if that can be, and
    /// close it.
    pub(super) fn end(&mut self, id: SessionId, why: &Disconnect, now: Now) {
        let (key, host) = (id.key(), &mut self.host);
        let Some(connection) = host.peers.by_id(id).filter(|peer| peer.is_active()) else {
            return;
        };
        let ip = connection.peer.ip();
        match host.chat.nick(id) {
            Some(nick) => log!(connection.log_level(), "{} left ({nick}): {why}", connection.peer),
            None => log!(connection.log_level(), "{} left (no nickname): {why}", connection.peer),
        }
        let inbound = &mut self.inbounds[key];
        inbound.close();
        let is_in_line = inbound.meter.is_in_line;
        self.addresses.owe(ip, &inbound.meter, now.at);
        if is_in_line && connection.is_over_rate() {
            self.addresses.leave_line(key, ip);
        }
        connection.phase = if why.is_polite() {
            Phase::Leaving { by: now.at + host.limits.leave_within }
        } else {
            Phase::Gone
        };
        connection.pause = None;
        host.peers.unsettle(key);
        if let Some(code) = why.close_code() {
            host.peers.close(key, code);
        }
        host.chat.leave(id, why.farewell(), now, &mut host.peers);
        host.peers.fan_out();
        if is_in_line {
            self.call_next(ip);
        }
    }

    /// Takes those out of the chat whom it wants to leave.
    pub(super) fn end_expelled(&mut self, now: Now) {
        for (id, why) in self.host.peers.take_expelled() {
            self.end(id, &why, now);
        }
    }

    /// Whoever waits for its rate, and has ended its stream meanwhile, waits in line from now on: a
    /// newcomer of its address is to meet its debt.
    pub(super) fn line_up_ended(&mut self, now: Now) {
        for id in mem::take(&mut self.ended) {
            if let Some(connection) = self.host.peers.by_id(id)
                && connection.pause == Some(Pause::Rate)
                && !self.inbounds[id.key()].meter.is_in_line
            {
                self.line_up(id, now);
            }
        }
    }

    /// Puts a connection that is over its rate, and whose stream has ended, last in line.
    pub(super) fn line_up(&mut self, id: SessionId, now: Now) {
        if let Some(connection) = self.host.peers.by_id(id) {
            connection.pause = Some(Pause::Line);
            let (key, ip) = (id.key(), connection.peer.ip());
            self.addresses.line_up(ip, key, &mut self.inbounds[key].meter, now.at);
            self.rearm(key);
            self.call_next(ip);
        }
    }

    /// Lets the first in line of an address go on when the rate allows it.
    pub(super) fn call_next(&mut self, ip: IpAddr) {
        if let Some((key, pace)) = self.addresses.first_in_line(ip)
            && let Some(connection) = self.host.peers.get(key)
        {
            connection.pause = Some(Pause::Rate);
            self.inbounds[key].meter.pace = pace;
            self.rearm(key);
        }
    }
}
