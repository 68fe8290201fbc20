//! What the lines mean that the clients here read: a new sentence is told to all tests in
//! `chatd_support::sentences` first, then to the model here what deed it tells, and in `commands` what
//! is typed for it.

use chatd_support::sentences::rooms::{self, why};
use chatd_support::sentences::{MARK, joined, notice, read_traffic};

/// The rooms of a world: the home room, and those that the first client made and never leaves.
pub(crate) const ROOMS: [&str; 3] = ["#lobby", "#dev", "#ops"];

/// Which of them is the one where everybody begins.
pub(crate) const HOME: usize = 0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rank {
    Operator,
    Voice,
}

/// Who may not talk in a room, or not even come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    Bans,
    Mutes,
}

/// What somebody did, as all are told who are to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Deed {
    Said,
    Joined,
    /// Made a room, which so far nobody else hears of.
    Made,
    Parted,
    /// Made somebody leave who is called so, and who perhaps may not come back.
    Kicked(String, bool),
    Topic(String),
    Ranked(String, Rank, bool),
    /// Has the rank again that waited for it.
    RankBack(Rank),
    Moderated(bool),
    OpenTopic(bool),
    /// Put a mask on a list, which nobody else hears of.
    KeptOut(List, String),
    /// Took one off a list; nobody hears which.
    Pardoned(List),
    Renamed,
    Away(Option<String>),
    /// Perhaps on purpose: by `/quit`.
    Left(bool),
    /// Several came or went.
    Traffic,
}

/// A line about a deed.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    /// Where; nowhere for what concerns all who know the person.
    pub(crate) room: Option<usize>,
    /// Without the mark of the room.
    pub(crate) text: String,
    /// The name of whoever did it.
    pub(crate) by: &'a str,
    pub(crate) deed: Deed,
}

/// Which room is called so, or why there can be none; of other rooms nobody here knows.
pub(crate) fn room(name: &str) -> Result<usize, String> {
    let name = name.strip_prefix('#').unwrap_or(name);
    if let Some(bad) = name.chars().find(|c| ",:!".contains(*c)) {
        return Err(why::bad_room(bad));
    }
    let called = name.to_lowercase();
    let room = ROOMS.iter().position(|room| room[1..] == called);
    room.ok_or_else(|| why::no_room(&format!("#{name}")))
}

/// Which of these rooms is called so.
pub(crate) fn named_room(name: &str, among: &[usize]) -> Option<usize> {
    room(name).ok().filter(|room| among.contains(room))
}

/// A line as it is shown to whoever talks elsewhere.
pub(crate) fn marked(room: usize, text: &str) -> String {
    rooms::marked(ROOMS[room], text)
}

/// The room with which a line is marked, and the line without that.
fn unmarked(line: &str) -> Option<(usize, String)> {
    let (room, line) = rooms::read_marked(line)?;
    Some((ROOMS.iter().position(|name| *name == room)?, line))
}

impl<'a> Told<'a> {
    /// What a line says that was told to somebody who talks in that room. `None` if it is no deed.
    pub(crate) fn new(line: &'a str, focus: usize) -> Option<Self> {
        if line.starts_with("(private") {
            return None;
        }
        let (room, text) = unmarked(line).unwrap_or_else(|| (focus, line.into()));
        let told = text.strip_prefix(MARK);
        // The same part of the line itself, which lives longer.
        let shown = &line[line.len() - told.unwrap_or(&text).len()..];
        if told.is_some() {
            let (by, deed) = deed(&text, shown)?;
            let room = if deed == Deed::Made { new_focus(&text)? } else { room };
            let is_of_person = matches!(deed, Deed::Renamed | Deed::Away(_) | Deed::Left(_));
            return Some(Self { room: (!is_of_person).then_some(room), text, by, deed });
        }
        let by = match shown.strip_prefix("* ") {
            Some(act) => act.split(' ').next(),
            None => shown.split(':').next(),
        };
        Some(Self { room: Some(room), text, by: by.expect("a name first"), deed: Deed::Said })
    }
}

/// Who did what, by the words of the server: by the whole line, and what of it follows the mark.
fn deed<'a>(line: &str, told: &'a str) -> Option<(&'a str, Deed)> {
    let (first, rest) = told.split_once(' ')?;
    if let Some(deed) = secret_deed(line, rest, first) {
        return Some((first, deed));
    }
    let words: Vec<&str> = rest.split(' ').collect();
    let deed = match (rest, &words[..]) {
        _ if read_traffic(line).is_some() => Deed::Traffic,
        _ if line == joined(first) => Deed::Joined,
        _ if words.starts_with(&["left", "the"]) => Deed::Parted,
        (_, ["left", why]) => Deed::Left(*why == "(quit)"),
        (_, ["left" | "left:", ..]) => Deed::Left(rest.starts_with("left:")),
        (_, ["is", "now", _]) => Deed::Renamed,
        (rooms::OPERATOR_AGAIN, _) => Deed::RankBack(Rank::Operator),
        (rooms::VOICE_AGAIN, _) => Deed::RankBack(Rank::Voice),
        (_, ["is", "away:", ..]) => Deed::Away(rooms::read_away(first, line).map(String::from)),
        _ if line == rooms::away(first, None) => Deed::Away(None),
        (_, ["changed", "the", "topic:", ..]) => {
            Deed::Topic(rest.split_once(": ").map_or("", |(_, topic)| topic).into())
        }
        (_, ["was", "kicked", "out", "by", by, ..]) => {
            return Some((by.trim_end_matches(':'), Deed::Kicked(first.into(), false)));
        }
        (_, ["was", "banned", "by", by]) => return Some((by, Deed::Kicked(first.into(), true))),
        (_, ["took", "the", "rank", "of", "operator", "from", whom]) => {
            Deed::Ranked((*whom).into(), Rank::Operator, false)
        }
        (rooms::MODERATED, _) => Deed::Moderated(true),
        (rooms::UNMODERATED, _) => Deed::Moderated(false),
        (rooms::TOPIC_OPEN, _) => Deed::OpenTopic(true),
        (rooms::TOPIC_CLOSED, _) => Deed::OpenTopic(false),
        (_, ["made", whom, "an", "operator"]) => Deed::Ranked((*whom).into(), Rank::Operator, true),
        (_, ["gave", whom, "a", "voice"]) => Deed::Ranked((*whom).into(), Rank::Voice, true),
        (_, ["took", "the", "voice", "from", whom]) => {
            Deed::Ranked((*whom).into(), Rank::Voice, false)
        }
        _ => return None,
    };
    Some((first, deed))
}

/// What somebody did of which nobody else is told.
fn secret_deed(line: &str, rest: &str, mask: &str) -> Option<Deed> {
    Some(match (line, rest) {
        (_, rooms::MUTED) => Deed::KeptOut(List::Mutes, mask.into()),
        (_, rooms::BANNED) => Deed::KeptOut(List::Bans, mask.into()),
        (rooms::UNMUTED, _) => Deed::Pardoned(List::Mutes),
        (rooms::UNBANNED, _) => Deed::Pardoned(List::Bans),
        _ if rooms::read_talks_in(line).is_some_and(|(_, is_new)| is_new) => Deed::Made,
        _ => return None,
    })
}

/// What all are told of a deed that is not talk.
pub(crate) fn done(name: &str, deed: &Deed, reason: Option<&str>) -> String {
    let changed = |what: &str| notice(format!("{name} {what}"));
    match deed {
        Deed::Joined => joined(name),
        Deed::Parted => rooms::parted(name, reason),
        Deed::Topic(topic) => rooms::changed_topic(name, topic),
        Deed::Kicked(whom, false) => rooms::kicked(whom, name, reason),
        Deed::Kicked(whom, true) => rooms::banned(whom, name),
        Deed::Ranked(whom, Rank::Operator, true) => rooms::made_operator(name, whom),
        Deed::Ranked(whom, Rank::Operator, false) => rooms::no_operator(name, whom),
        Deed::Ranked(whom, Rank::Voice, true) => rooms::gave_voice(name, whom),
        Deed::Ranked(whom, Rank::Voice, false) => rooms::took_voice(name, whom),
        Deed::RankBack(Rank::Operator) => changed(rooms::OPERATOR_AGAIN),
        Deed::RankBack(Rank::Voice) => changed(rooms::VOICE_AGAIN),
        Deed::Moderated(true) => changed(rooms::MODERATED),
        Deed::Moderated(false) => changed(rooms::UNMODERATED),
        Deed::OpenTopic(true) => changed(rooms::TOPIC_OPEN),
        Deed::OpenTopic(false) => changed(rooms::TOPIC_CLOSED),
        Deed::Away(away) => rooms::away(name, away.as_deref()),
        Deed::KeptOut(..) | Deed::Pardoned(_) => unreachable!("told to nobody: {deed:?}"),
        Deed::Said | Deed::Made | Deed::Renamed | Deed::Left(_) | Deed::Traffic => {
            unreachable!("told by others: {deed:?}")
        }
    }
}

/// Where somebody talks from now on, if anywhere.
pub(crate) fn talks_in(room: Option<usize>) -> String {
    rooms::talks_in(room.map(|room| ROOMS[room]))
}

/// The room where somebody talks from now on, if that is what it is told.
pub(crate) fn new_focus(line: &str) -> Option<usize> {
    let (named, _) = rooms::read_talks_in(line)?;
    ROOMS.iter().position(|room| *room == named)
}

/// A mask is on a list now.
pub(crate) fn kept_out(list: List, mask: &str) -> String {
    let what = if list == List::Mutes { rooms::MUTED } else { rooms::BANNED };
    rooms::kept_out(None, mask, what)
}

/// A mask is on it no longer.
pub(crate) fn pardoned(list: List) -> &'static str {
    if list == List::Mutes { rooms::UNMUTED } else { rooms::UNBANNED }
}

/// Whether that is what somebody is told who takes off a list what is not on it.
pub(crate) fn is_not_listed(line: &str, who: &str) -> bool {
    line == notice(why::not_listed(who))
}

impl Deed {
    /// Whether only whoever does it is told of it.
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self, Self::Made | Self::KeptOut(..) | Self::Pardoned(_))
    }
}
