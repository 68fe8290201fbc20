//! What must be true when a run is over: of each client's end, and of all together.

use std::collections::BTreeMap;

use chatd::buffer::spool::SEGMENT_BYTES;

use super::client::{Client, Line};
use super::commands::{Action, action};
use super::departures::not_chat;
use super::explain::{effects, explains, is_said};
use super::rules::REFUSALS_MAX;
use super::transcript::Transcript;
use super::walk::{Run, Told, Walk};

/// What became of a client, as the log has it.
#[derive(Debug, Default)]
pub(crate) struct Fate {
    /// How many changes there had been when it was accepted.
    pub(crate) changes_before: usize,
    /// Why it left.
    pub(crate) left: Option<String>,
    /// How much it had got when those who read had read everything, if it was there.
    pub(crate) mark: Option<usize>,
}

/// The limits that a check needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) backlog_bytes_max: usize,
    pub(crate) has_rate: bool,
    /// How many events there were when those who read had read everything.
    pub(crate) events_at_mark: usize,
}

/// Checks all clients that send what can be understood.
pub(crate) fn check(run: &Run<'_>, fates: &[Fate], transcripts: &[Transcript], bounds: Bounds) {
    let (mut confirmed, mut received) = (Vec::new(), Vec::new());
    for ((client, fate), transcript) in run.clients.iter().zip(fates).zip(transcripts) {
        if client.is_garbled {
            continue;
        }
        if client.foreign().is_some() {
            let has_name = run.order.changes.iter().any(|change| change.id == client.id);
            assert!(!has_name, "client {} speaks something else and has a name", client.id);
        }
        let mut walk = Walk::new(run, client, transcript, fate.changes_before);
        walk.walk_on(fate.mark);
        check_backlog(&walk, bounds);
        if is_cut(client) {
            check_unheard(&walk, fate, bounds);
        } else {
            check_heard(&walk, fate, transcript);
        }
        confirmed.append(&mut walk.confirmed);
        received.append(&mut walk.received);
    }
    check_told(run.clients, &confirmed, &received);
}

/// Whether the end of what it was sent may be missing.
fn is_cut(client: &Client) -> bool {
    let wire = client.wire.borrow();
    wire.broken.is_some() || wire.is_blocked
}

/// When all is done, whoever reads has heard everything, and nobody is kept who has more to read than
/// the limit.
fn check_backlog(walk: &Walk<'_>, bounds: Bounds) {
    let Some((index, heard)) = walk.mark else { return };
    let order = walk.run.order;
    let unheard = (index..bounds.events_at_mark).filter(|&it| order.is_told_to(it, walk.client.id));
    // Without the marks of rooms, as it may talk elsewhere by then.
    let unheard: usize = unheard.map(|event| order.events[event].text.len() + 1).sum();
    if unheard > 0 && !walk.client.is_stalled {
        walk.fail("it reads, there was nothing left to do, and it was not told this");
    }
    let unheard = unheard.saturating_sub(heard);
    if unheard > bounds.backlog_bytes_max {
        walk.fail(&format!("{unheard} bytes behind, and kept"));
    }
}

/// It was there to hear everything: nothing is missing, and all that it asked for was done.
fn check_heard(walk: &Walk<'_>, fate: &Fate, transcript: &Transcript) {
    if transcript.is_cut || walk.is_torn {
        walk.fail("the last line is not whole");
    }
    let order = walk.run.order;
    if walk.awaits_more() && !walk.is_dismissed {
        walk.fail("it should have been shown more of the past");
    }
    if !walk.is_named && order.changes.iter().any(|change| change.id == walk.client.id) {
        walk.fail("it was not told its name");
    }
    if walk.is_named {
        let is_at_the_end = match own_leave(walk) {
            Some(change) => {
                let (least, most) = order.bounds[walk.index];
                match order.event_of[change] {
                    Some(index) => index == walk.next,
                    None if order.is_crowd => (least..most).contains(&change),
                    // It was in no room.
                    None => walk.next == order.events.len(),
                }
            }
            None => walk.next == order.events.len(),
        };
        if !is_at_the_end {
            walk.fail("it should have heard more");
        }
    }
    let next = walk.lines.first().filter(|line| !line.is_too_long);
    let next = next.map(|line| action(&line.text, walk.is_named));
    match fate.left.as_deref() {
        Some("quit") => {
            let Some(Action::Quit(reason)) = next else { walk.fail("it did not quit") };
            let event = own_leave(walk).and_then(|change| order.event_of[change]);
            let (id, name) = (walk.client.id, walk.is_named.then(|| walk.name()));
            if event.is_some_and(|index| !order.is_quit_with(index, id, name, reason)) {
                walk.fail("its reason is another one");
            }
        }
        Some("connection closed by peer") if !walk.lines.is_empty() => {
            walk.fail("not all of what it said was heeded");
        }
        Some("connection closed by peer") => {}
        Some("20 nicknames refused") if walk.is_dismissed && walk.refusals == REFUSALS_MAX => {}
        Some(why) if walk.foreign().is_some_and(|protocol| why == not_chat(protocol)) => {
            if walk.foreign() == Some("HTTP") && !walk.is_dismissed {
                walk.fail("it was not told that this is no web server");
            }
        }
        Some("no nickname in time") if walk.is_dismissed && !walk.is_named => {}
        // To whom the server has not spoken yet, it does not speak when it stops.
        None if walk.is_dismissed || transcript.items.is_empty() => {}
        // Itself the one who hears all.
        None if walk.client.id == 0 => {}
        Some(_) | None => walk.fail(&format!("it had no reason to end so: {:?}", fate.left)),
    }
}

/// What it was sent at the end is lost. But what it did is known to the others: in the order of its
/// lines, and nothing left out.
fn check_unheard(walk: &Walk<'_>, fate: &Fate, bounds: Bounds) {
    let wire = walk.client.wire.borrow();
    let is_broken = wire.broken.is_some();
    drop(wire);
    let why = fate.left.as_deref().unwrap_or_default();
    let is_slow = why.starts_with("too slow");
    let is_known = walk.run.clients.iter().all(|client| !client.is_garbled);
    if is_slow && is_known && backlog_at_most(walk) <= bounds.backlog_bytes_max {
        walk.fail("it was not too slow");
    }
    let is_all_heeded = why == "connection closed by peer"
        || (is_broken && !is_slow && why != "quit" && is_unhindered(walk, bounds));
    if !explains(walk, &effects(walk), is_all_heeded) {
        walk.fail(&format!("its lines do not explain what it did: {:?}", effects(walk)));
    }
}

/// Whether nothing kept the server from reading all that it said.
fn is_unhindered(walk: &Walk<'_>, bounds: Bounds) -> bool {
    // Room for all answers of a turn; and no other segment, see below.
    let is_answered_at_once =
        bounds.backlog_bytes_max >= 64 * 1024 && walk.client.line_end != b"\r";
    // What broken connections have said has one tick, all together.
    let is_broken = |client: &&Client| client.wire.borrow().broken.is_some();
    let lines: usize =
        walk.run.clients.iter().filter(is_broken).map(|client| client.lines.len()).sum();
    let fits = lines * LINE_WORK_MAX <= bounds.backlog_bytes_max / 4;
    !bounds.has_rate
        && !walk.client.was_narrow
        && !walk.run.is_stopped
        && is_answered_at_once
        && fits
}

/// What a line takes of a tick at the most: as a command, or written in each format.
const LINE_WORK_MAX: usize = 1024;

fn own_leave(walk: &Walk<'_>) -> Option<usize> {
    let changes = walk.run.order.changes.iter();
    let mut own = changes.enumerate().filter(|(_, change)| change.id == walk.client.id);
    own.find(|(_, change)| change.to.is_err()).map(|(index, _)| index)
}

/// What may have waited for it at most, as the server counts it, when it left.
fn backlog_at_most(walk: &Walk<'_>) -> usize {
    const PIECE: usize = 64;
    let order = walk.run.order;
    let left = own_leave(walk).and_then(|change| order.event_of[change]);
    let left = left.unwrap_or(order.events.len());
    let heard = (walk.index..left).filter(|&event| order.is_told_to(event, walk.client.id));
    // Lines of rooms where it does not talk are kept apart from others. If it hears both, each line may
    // count as much as what lies between the two.
    let gap = if walk.client.has_rooms { SEGMENT_BYTES as usize } else { 0 };
    // With its mark, and where one talks from then on, if one is made to leave.
    let public: usize =
        heard.map(|event| order.events[event].text.len() + 12 + 2 * PIECE + gap).sum();
    let asks = walk.lines.iter().filter(|line| !is_said(line)).count();
    let is_private = |line: &&Line| ["/msg ", "/r "].iter().any(|it| line.text.starts_with(it));
    let private: usize =
        walk.run.clients.iter().map(|it| it.lines.iter().filter(is_private).count()).sum();
    // Only after a second line it is clear that this is how lines end: what is queued then is kept in
    // another segment.
    let other_segment = if walk.client.line_end == b"\r" { SEGMENT_BYTES as usize } else { 0 };
    public + asks * (2 * walk.run.history_max.1 + PIECE) + private * 3 * PIECE + other_segment
}

/// What one said to another was heard once by that one, in order; and whoever was told that it was
/// heard was told the truth.
fn check_told(clients: &[Client], confirmed: &[(usize, Vec<usize>, String)], received: &[Told]) {
    type Between<'a> = BTreeMap<(usize, usize), (Vec<&'a str>, Vec<&'a str>)>;
    let is_whole = |id: usize| !clients[id].is_garbled && !is_cut(&clients[id]);
    let mut all = Between::new();
    for (from, perhaps, text) in confirmed {
        let has_heard = |to: &&usize| received.contains(&(*from, **to, text.clone()));
        let is_unknown = |to: &&usize| !is_whole(**to);
        let mut all_of_them = perhaps.iter();
        let to = all_of_them.clone().find(has_heard).or(all_of_them.find(is_unknown));
        let to = to.unwrap_or(&perhaps[0]);
        all.entry((*from, *to)).or_default().0.push(text);
    }
    for (from, to, text) in received.iter().filter(|(from, ..)| !clients[*from].is_garbled) {
        assert!(text.starts_with(&format!("p{from}.")), "{from} did not say {text:?} to {to}");
        all.entry((*from, *to)).or_default().1.push(text);
    }
    for ((from, to), (confirmed, received)) in all {
        let shorter = confirmed.len().min(received.len());
        assert_eq!(confirmed[..shorter], received[..shorter], "from {from} to {to}");
        assert!(confirmed.len() == shorter || !is_whole(to), "{to} did not hear {confirmed:?}");
        assert!(received.len() == shorter || !is_whole(from), "{from} was not told: {received:?}");
    }
}
