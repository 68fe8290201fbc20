//! What somebody does, and how that is written in each protocol.

use chatd_support::random::Random;

pub(crate) const ROOMS: [&str; 3] = ["#lobby", "#dev", "#ops"];

/// Nicknames that several want.
const CONTESTED: [&str; 4] = ["race", "RACE", "ines", "rácé"];

/// Something that can be meant in both protocols.
#[derive(Debug, Clone)]
pub(crate) enum Deed {
    Join(&'static str),
    Part(&'static str, Option<String>),
    Say(&'static str, String),
    Act(&'static str, String),
    Tell(String, String),
    Topic(&'static str, String),
    Kick(&'static str, String, Option<String>),
    /// The letter of a rank, whether it is given, and to whom.
    Rank(&'static str, char, bool, String),
    Moderated(&'static str, bool),
    Nick(String),
    Away(Option<String>),
    Quit(Option<String>),
}

impl Deed {
    /// What the client `id` of so many does as its `number`th deed.
    pub(crate) fn any(id: usize, number: usize, clients: usize, random: &mut Random) -> Self {
        let room = ROOMS[random.below(ROOMS.len())];
        let whom = match random.below(4) {
            0 => CONTESTED[random.below(CONTESTED.len())].into(),
            // Not the first one, who is to stay everywhere.
            _ => format!("n{}", 1 + random.below(clients - 1)),
        };
        let said = format!("m{id}.{number} olá");
        let why = random.one_in(2).then(|| format!("w{id}.{number} because"));
        match random.below(40) {
            0..8 => Self::Join(room),
            8..11 => Self::Part(room, why),
            11..21 => Self::Say(room, said),
            21 | 22 => Self::Act(room, said),
            23..25 => Self::Tell(whom, format!("p{id}.{number}")),
            25 | 26 => Self::Topic(room, format!("t{id}.{number} topic")),
            27..30 => Self::Kick(room, whom, why),
            30..33 => Self::Rank(room, ['o', 'v'][random.below(2)], !random.one_in(3), whom),
            33 => Self::Moderated(room, random.one_in(2)),
            34 | 35 => Self::Nick(match random.below(3) {
                0 => format!("n{id}"),
                1 => format!("x{id}.{number}"),
                _ => CONTESTED[random.below(CONTESTED.len())].into(),
            }),
            36 | 37 => Self::Away(why),
            38 if random.one_in(4) => Self::Quit(why),
            _ => Self::Say(ROOMS[0], said),
        }
    }

    /// The lines of somebody who types. What is done in the room where somebody talks needs a walk there.
    pub(crate) fn typed(&self) -> Vec<String> {
        let with = |text: &Option<String>| text.as_ref().map(|it| format!(" {it}"));
        let with = |text| with(text).unwrap_or_default();
        let there = |room: &str, line: String| vec![format!("/join {room}"), line];
        match self {
            Self::Join(room) => vec![format!("/join {room}")],
            Self::Part(room, why) => vec![format!("/part {room}{}", with(why))],
            Self::Say(to, text) => vec![format!("/msg {to} {text}")],
            Self::Tell(to, text) => vec![format!("/msg {to} {text}")],
            Self::Act(room, text) => there(room, format!("/me {text}")),
            Self::Topic(room, text) => there(room, format!("/topic {text}")),
            Self::Kick(room, whom, why) => there(room, format!("/kick {whom}{}", with(why))),
            Self::Rank(room, rank, is_given, whom) => {
                let verb = match (rank, is_given) {
                    ('o', true) => "/op",
                    ('o', false) => "/deop",
                    (_, true) => "/voice",
                    (_, false) => "/unvoice",
                };
                there(room, format!("{verb} {whom}"))
            }
            Self::Moderated(room, is_on) => {
                let word = if *is_on { "on" } else { "off" };
                there(room, format!("/room moderated {word}"))
            }
            Self::Nick(name) => vec![format!("/nick {name}")],
            Self::Away(why) => vec![format!("/away{}", with(why))],
            Self::Quit(why) => vec![format!("/quit{}", with(why))],
        }
    }

    /// The lines of a client.
    pub(crate) fn sent(&self) -> Vec<String> {
        let with = |text: &Option<String>| text.as_ref().map(|it| format!(" :{it}"));
        let with = |text| with(text).unwrap_or_default();
        let there = |room: &str, line: String| vec![format!("JOIN {room}"), line];
        match self {
            Self::Join(room) => vec![format!("JOIN {room}")],
            Self::Part(room, why) => vec![format!("PART {room}{}", with(why))],
            Self::Say(to, text) => vec![format!("PRIVMSG {to} :{text}")],
            Self::Tell(to, text) => vec![format!("PRIVMSG {to} :{text}")],
            Self::Act(room, text) => there(room, format!("PRIVMSG {room} :\x01ACTION {text}\x01")),
            Self::Topic(room, text) => there(room, format!("TOPIC {room} :{text}")),
            Self::Kick(room, whom, why) => there(room, format!("KICK {room} {whom}{}", with(why))),
            Self::Rank(room, rank, is_given, whom) => {
                let sign = if *is_given { '+' } else { '-' };
                there(room, format!("MODE {room} {sign}{rank} {whom}"))
            }
            Self::Moderated(room, is_on) => {
                let sign = if *is_on { '+' } else { '-' };
                there(room, format!("MODE {room} {sign}m"))
            }
            Self::Nick(name) => vec![format!("NICK {name}")],
            Self::Away(why) => vec![format!("AWAY{}", with(why))],
            Self::Quit(why) => vec![format!("QUIT{}", with(why))],
        }
    }
}

/// What only clients send, and of which nobody else hears anything but talk.
pub(crate) fn only_clients(id: usize, number: usize, random: &mut Random) -> String {
    let room = ROOMS[random.below(ROOMS.len())];
    let said = format!("m{id}.{number} hi");
    match random.below(16) {
        0 => "JOIN #dev,#ops,#lobby".into(),
        1 => "PART #dev,#ops :bye".into(),
        2 => "NAMES #lobby,#dev,#none".into(),
        3 => format!("WHO {room} %tcuhnfar,7"),
        4 => "WHOIS n0".into(),
        5 => "LIST >0,*".into(),
        6 => format!("MODE {room} b"),
        7 => format!("MODE {room} +vo-v n1 n2 n1"),
        8 => "MONITOR + n1,n2,race".into(),
        9 => "ISON n1 n2 n3".into(),
        10 => format!("CHATHISTORY LATEST {room} * 5"),
        11 | 12 => format!("PRIVMSG #dev,#ops :{said}"),
        13 => "PING :here".into(),
        14 => "NONSENSE".into(),
        _ => "KICK #dev n1,n2 :out".into(),
    }
}
