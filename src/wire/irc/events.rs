//! What happens, as the clients of many are told.

use super::Identity;
use super::modes;
use super::write::{self, Tags, farewell, line, message, tags};
use crate::chat::event::{Event, Happening, What};
use crate::chat::message::Extras;
use crate::chat::name::RoomName;

/// Appends an event to `out`. `is_extended`: who comes is told with the real name.
pub(super) fn event(
    event: &Event<'_>,
    with: Tags,
    is_extended: bool,
    identity: &Identity,
    out: &mut Vec<u8>,
) {
    let begin = out.len();
    if let What::Said(ref said) = event.what {
        message(said, with, out);
        return;
    }
    tags(out, with, event.at, None, Extras::default());
    let tagged = out.len();
    happened(event.what, is_extended, identity, out);
    if out.len() == tagged {
        // Nothing that clients are told.
        out.truncate(begin);
    }
}

fn happened(what: What<'_>, is_extended: bool, identity: &Identity, out: &mut Vec<u8>) {
    match what {
        What::Said(_) => {}
        What::In { room, what } => in_room(room, what, is_extended, identity, out),
        What::Renamed { from, to } => line(out, format_args!(":{} NICK {to}", from.full())),
        What::Away { nick, reason: None, .. } => line(out, format_args!(":{} AWAY", nick.full())),
        What::Away { nick, reason: Some(reason), .. } => {
            line(out, format_args!(":{} AWAY :{}", nick.full(), reason.as_str()));
        }
        What::Left { nick, reason, .. } => {
            line(out, format_args!(":{} QUIT :{}", nick.full(), farewell(reason)));
        }
        What::Described { who, real_name } => {
            line(out, format_args!(":{} SETNAME :{}", who.full(), real_name.as_str()));
        }
    }
}

fn in_room(
    room: &RoomName,
    what: Happening<'_>,
    is_extended: bool,
    identity: &Identity,
    out: &mut Vec<u8>,
) {
    match what {
        Happening::Joined { who, real_name, .. } if is_extended => {
            line(out, format_args!(":{} JOIN {room} * :{}", who.full(), real_name.as_str()));
        }
        Happening::Joined { who, .. } => line(out, format_args!(":{} JOIN {room}", who.full())),
        Happening::Parted { nick, reason: None, .. } => {
            line(out, format_args!(":{} PART {room}", nick.full()));
        }
        Happening::Parted { nick, reason: Some(reason), .. } => {
            line(out, format_args!(":{} PART {room} :{}", nick.full(), reason.as_str()));
        }
        Happening::Topic { by, topic } => {
            let topic = topic.map_or("", |topic| topic.as_str());
            line(out, format_args!(":{} TOPIC {room} :{topic}", by.full()));
        }
        Happening::Kicked { by, nick, reason, .. } => {
            let reason = reason.map_or(by.as_str(), |reason| reason.as_str());
            line(out, format_args!(":{} KICK {room} {nick} :{reason}", by.full()));
        }
        Happening::Invited { by, who } => {
            line(out, format_args!(":{} INVITE {who} {room}", by.full()));
        }
        Happening::RankBack { nick, rank } => {
            let letter = modes::rank_letter(rank);
            line(out, format_args!(":{} MODE {room} +{letter} {nick}", identity.server));
        }
        Happening::Ranked { by, nick, rank, is_given } => {
            let (sign, letter) = (modes::sign(is_given), modes::rank_letter(rank));
            line(out, format_args!(":{} MODE {room} {sign}{letter} {nick}", by.full()));
        }
        Happening::Listed { by, list, mask, is_added } => {
            let (letter, lead) = modes::list_letter(list);
            let sign = modes::sign(is_added);
            line(out, format_args!(":{} MODE {room} {sign}{letter} {lead}{mask}", by.full()));
        }
        Happening::TakenBack { by, message, reason, .. } => {
            line(out, write::Redaction { by, room: room.as_str(), message, reason });
        }
        Happening::Changed { by, change } => {
            // For some no letter stands.
            if let Some(mode) = modes::of_change(change) {
                line(out, format_args!(":{} MODE {room} {mode}", by.full()));
            }
        }
        // Each of them is told alone.
        Happening::Traffic { .. } | Happening::ManyKicked { .. } => {}
    }
}
