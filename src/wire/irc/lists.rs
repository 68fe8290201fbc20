//! Answers of several lines: who or what there is, behind which a line tells that it ends.

use std::fmt::{self, Display};

use super::caps::Caps;
use super::modes;
use super::speaker::{Reply, Speaker};
use super::write::{self, signs};
use crate::chat::answer::{Listed, Listing, Past, Profile, RoomSummary, Sighting};
use crate::chat::name::RoomName;
use crate::chat::rules::{List, Ranks};
use crate::chat::who::Who;
use crate::clock::Timestamp;

impl Speaker {
    pub(super) fn list_rooms(
        &self,
        rooms: &[RoomSummary<'_>],
        others: usize,
        reply: &mut Reply<'_>,
    ) {
        let conditions = self.param(0).unwrap_or_default().to_owned();
        reply.numeric("321", "Channel :Users  Name");
        for room in rooms {
            // The home room is there also when nobody is.
            if room.members > 0 && is_listed(room, &conditions, reply.now) {
                let topic = room.topic.map_or("", |topic| topic.text.as_text().as_str());
                reply.numeric("322", format_args!("{} {} :{topic}", room.name, room.members));
            }
        }
        if others > 0 {
            reply.fail("LIST", "TOO_MANY", format_args!("… and {others} more"));
        }
        reply.numeric("323", ":End of /LIST");
    }

    pub(super) fn list_people(
        &self,
        people: &[Sighting<'_>],
        others: usize,
        reply: &mut Reply<'_>,
    ) {
        let asked = self.param(0).unwrap_or("*").to_owned();
        let fields =
            self.param(1).and_then(|flags| flags.split_once('%')).map(|it| it.1.to_owned());
        let all = reply.caps.has(Caps::MULTI_PREFIX);
        for sighting @ Sighting { who, real_name, is_away, room, .. } in people {
            if let Some(fields) = &fields {
                let text = chosen(sighting, fields, all, &reply.identity.server);
                reply.numeric("354", text);
                continue;
            }
            let (user, host) = who.user_and_host();
            let here = if *is_away { 'G' } else { 'H' };
            let ranks = room.map_or("", |(_, ranks)| signs(ranks, all));
            let room: &dyn Display = match room {
                Some((name, _)) => name,
                None => &"*",
            };
            let (server, real_name) = (&reply.identity.server, real_name.as_str());
            let text = format!("{room} {user} {host} {server} {who} {here}{ranks} :0 {real_name}");
            reply.numeric("352", text);
        }
        if others > 0 {
            reply.fail("WHO", "TOO_MANY", format_args!("… and {others} more"));
        }
        reply.numeric("315", format_args!("{asked} :End of WHO list"));
    }
}

/// The longest number by which a client knows what it asked for.
const WHOX_TOKEN_DIGITS_MAX: usize = 3;

/// What a client wants to know of somebody: letters, and behind a comma what each answer is to carry
/// ([WHOX](https://ircv3.net/specs/extensions/whox)).
fn chosen(sighting: &Sighting<'_>, fields: &str, all: bool, server: &str) -> String {
    let Sighting { who, real_name, is_away, room, idle } = sighting;
    let (letters, token) = fields.split_once(',').unwrap_or((fields, "0"));
    let is_token = (1..=WHOX_TOKEN_DIGITS_MAX).contains(&token.len())
        && token.bytes().all(|digit| digit.is_ascii_digit());
    let (user, host) = who.user_and_host();
    let ranks = room.map_or("", |(_, ranks)| signs(ranks, all));
    let here = if *is_away { 'G' } else { 'H' };
    let mut words: Vec<String> = Vec::new();
    for letter in "tcuihsnfdlaor".chars().filter(|&letter| letters.contains(letter)) {
        words.push(match letter {
            't' => (if is_token { token } else { "0" }).into(),
            'c' => room.map_or("*".into(), |(name, _)| name.to_string()),
            'u' => user.into(),
            // Nobody is told of addresses.
            'i' => "255.255.255.255".into(),
            'h' => host.into(),
            's' => server.into(),
            'n' => who.to_string(),
            'f' => format!("{here}{ranks}"),
            'd' | 'a' => "0".into(),
            'l' => idle.as_secs().to_string(),
            'o' => "n/a".into(),
            _ => format!(":{}", real_name.as_str()),
        });
    }
    words.join(" ")
}

/// Whether a room is one of those that a client asks for: by name, by mask, by how many are there, or by
/// age ([`ELIST`](https://modern.ircdocs.horse/#elist-parameter)).
fn is_listed(room: &RoomSummary<'_>, conditions: &str, now: Timestamp) -> bool {
    let minutes = |since: Timestamp| since.before(now).as_secs() / 60;
    let holds = |condition: &str| {
        let number = |text: &str| text.parse::<u64>().ok();
        let (kind, rest) = condition.split_at_checked(1).unwrap_or(("", condition));
        match (kind, condition.get(1..2)) {
            (">", _) => number(rest).is_some_and(|least| room.members as u64 > least),
            ("<", _) => number(rest).is_some_and(|most| (room.members as u64) < most),
            ("C", Some(sign @ (">" | "<"))) => {
                let age = minutes(room.since);
                number(&condition[2..])
                    .is_some_and(|it| if sign == ">" { age > it } else { age < it })
            }
            ("T", Some(sign @ (">" | "<"))) => {
                let age = room.topic.map(|topic| minutes(topic.at));
                let compared = number(&condition[2..]).zip(age);
                compared.is_some_and(|(it, age)| if sign == ">" { age > it } else { age < it })
            }
            ("!", _) => !is_like(rest, room.name.as_str()),
            _ => is_like(condition, room.name.as_str()),
        }
    };
    let (names, others): (Vec<&str>, Vec<&str>) = conditions
        .split(',')
        .filter(|it| !it.is_empty())
        .partition(|it| it.starts_with('#') || it.starts_with('*'));
    others.iter().all(|it| holds(it)) && (names.is_empty() || names.iter().any(|it| holds(it)))
}

/// Whether a name is like a mask with `*` and `?`.
fn is_like(mask: &str, name: &str) -> bool {
    crate::chat::mask::is_match(mask.to_lowercase().as_bytes(), name.to_lowercase().as_bytes())
}

/// Who is in a room, without the end of the list.
pub(super) fn names(
    room: &RoomName,
    others: Listing<'_>,
    me: Option<(&Who, Ranks)>,
    reply: &mut Reply<'_>,
) {
    let (all, is_full) =
        (reply.caps.has(Caps::MULTI_PREFIX), reply.caps.has(Caps::USERHOST_IN_NAMES));
    // There may be thousands, so no string is made for each.
    let words = others.people.iter().copied().chain(me).map(|(who, ranks)| {
        let name = if is_full { who.full() } else { who.as_str() };
        Ranked { signs: signs(ranks, all), name }
    });
    let kind = if others.is_secret { '@' } else { '=' };
    reply.numeric_list("353", format_args!("{kind} {room} :"), words);
    if others.others > 0 {
        reply.fail("NAMES", "TOO_MANY", format_args!("… and {} more", others.others));
    }
}

/// A name behind the signs of its ranks.
struct Ranked<'a> {
    signs: &'static str,
    name: &'a str,
}

impl Display for Ranked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.signs)?;
        f.write_str(self.name)
    }
}

pub(super) fn whois(profile: &Profile<'_>, reply: &mut Reply<'_>) {
    let Profile { who, real_name, rooms, away, since, idle, .. } = *profile;
    let (user, host) = who.user_and_host();
    reply.numeric("311", format_args!("{who} {user} {host} * :{}", real_name.as_str()));
    let shown: Vec<String> = rooms
        .iter()
        .map(|(room, ranks)| format!("{}{room}", signs(*ranks, reply.caps.has(Caps::MULTI_PREFIX))))
        .collect();
    let words = shown.iter().map(|room| room as &dyn Display);
    reply.numeric_list("319", format_args!("{who} :"), words);
    let (server, network) = (&reply.identity.server, &reply.identity.network);
    let text = format!("{who} {server} :{network}");
    reply.numeric("312", text);
    if let Some(reason) = away {
        reply.numeric("301", format_args!("{who} :{}", reason.as_str()));
    }
    let (idle, since) = (idle.as_secs(), since.0 / 1_000_000);
    reply.numeric("317", format_args!("{who} {idle} {since} :seconds idle, signon time"));
    reply.numeric("318", format_args!("{who} :End of /WHOIS list"));
}

pub(super) fn was(past: &[Past<'_>], asked: &str, most: Option<&str>, reply: &mut Reply<'_>) {
    let most = most.and_then(|most| most.parse().ok()).filter(|&most| most > 0);
    for Past { who, real_name, until } in past.iter().take(most.unwrap_or(usize::MAX)) {
        let (user, host) = who.user_and_host();
        reply.numeric("314", format_args!("{who} {user} {host} * :{}", real_name.as_str()));
        let text = format!("{who} {} :{}", reply.identity.server, write::Time(*until));
        reply.numeric("312", text);
    }
    reply.numeric("369", format_args!("{asked} :End of WHOWAS"));
}

pub(super) fn list_entries(
    room: &RoomName,
    list: List,
    entries: &[Listed<'_>],
    reply: &mut Reply<'_>,
) {
    let (one, end, name) = match list {
        List::Bans | List::Mutes => ("367", "368", "ban"),
        List::Exceptions => ("348", "349", "exception"),
        List::Invitations => ("346", "347", "invite"),
    };
    for Listed { list, mask, by, made_at, .. } in entries {
        let (_, lead) = modes::list_letter(*list);
        let at = made_at.0 / 1_000_000;
        reply.numeric(one, format_args!("{room} {lead}{mask} {} {at}", by.full()));
    }
    reply.numeric(end, format_args!("{room} :End of channel {name} list"));
}
