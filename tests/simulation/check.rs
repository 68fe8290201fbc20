//! What must be true of a client in the end.

use crate::client::{CONTESTED, Client, Fate, Heard};

/// What was shown of the past: after how many live lines, how many were announced, and which.
type History = (usize, usize, Vec<Heard>);

/// Nobody is kept who has not read for longer than the backlog allows.
pub(crate) fn check_backlog(
    client: &Client,
    heard: &[Heard],
    order: &[Heard],
    backlog_bytes_max: usize,
) {
    let Some(joined) = name(client).filter(|name| name != CONTESTED).map(Heard::Joined) else {
        return;
    };
    let heard = live_and_histories(heard).0.len();
    let all = order
        .iter()
        .skip_while(|next| **next != joined)
        .skip(1)
        .filter(|next| !is_by(next, client.id))
        .count();
    let unheard_bytes = all.saturating_sub(heard) * "c1: m1.1\n".len();
    let is_kept = !client.wire.borrow().is_dropped;
    assert!(
        !is_kept || unheard_bytes <= backlog_bytes_max,
        "client {} is {unheard_bytes} bytes behind, and kept",
        client.id
    );
}

/// What a client said was heard once and in order: all of it, unless its connection broke.
pub(crate) fn check_said(client: &Client, order: &[Heard]) {
    let said: Vec<usize> = order.iter().filter_map(|heard| number_of(heard, client.id)).collect();
    let is_whole = said.len() == client.said;
    assert!(said.iter().copied().eq(0..said.len()), "client {}: {said:?}", client.id);
    assert!(
        is_whole
            || matches!(client.fate, Fate::Reset | Fate::Stalled)
            || was_slow(client, order)
            || !was_named(client),
        "client {} ({:?}) said {} and {} were heard",
        client.id,
        client.fate,
        client.said,
        said.len()
    );
}

/// A client heard what the others said while it was there: nothing else, nothing twice, and in the
/// same order.
pub(crate) fn check_heard(client: &Client, heard: &[Heard], order: &[Heard], history_max: usize) {
    let Some(name) = name(client) else {
        assert_eq!(heard, [], "client {} has no name", client.id);
        return;
    };
    let (live, histories) = live_and_histories(heard);
    let joined = Heard::Joined(name.clone());
    let faults: Vec<String> = (0..order.len())
        .filter(|&index| order[index] == joined)
        .map_while(|index| {
            let expected = order[index + 1..].iter().filter(|heard| !is_by(heard, client.id));
            let may_miss_the_end = client.fate != Fate::Healthy || was_slow(client, order);
            let told = order[..index]
                .iter()
                .filter(|heard| matches!(heard, Heard::Message(..) | Heard::Name(_)));
            fault(&live, expected, may_miss_the_end)
                .or_else(|| fault_of_welcome(&histories, told, history_max, live.is_empty()))
        })
        .collect();
    let joins = order.iter().filter(|heard| **heard == joined).count();
    assert!(faults.len() < joins, "client {} ({name}) of {joins}: {faults:#?}", client.id);
}

/// What was heard when it was said; and apart from that what was shown of the past: after how much,
/// how many, and which.
fn live_and_histories(heard: &[Heard]) -> (Vec<Heard>, Vec<History>) {
    let mut live = Vec::new();
    let mut histories = Vec::new();
    let mut rest = heard.iter().skip_while(|heard| !matches!(heard, Heard::Named(_))).skip(1);
    while let Some(next) = rest.next() {
        if let Heard::History(count) = next {
            histories.push((live.len(), *count, rest.by_ref().take(*count).cloned().collect()));
        } else {
            live.push(next.clone());
        }
    }
    (live, histories)
}

/// The first difference between what was heard and what should have been.
fn fault<'a>(
    live: &[Heard],
    expected: impl Iterator<Item = &'a Heard>,
    may_miss_the_end: bool,
) -> Option<String> {
    let mut expected = expected.peekable();
    for (index, heard) in live.iter().enumerate() {
        let should = expected.next();
        if should != Some(heard) {
            return Some(format!("number {index} is {heard:?} and should be {should:?}"));
        }
    }
    let missed = expected.next().filter(|_| !may_miss_the_end)?;
    Some(format!("{missed:?} and what follows were not heard"))
}

/// The welcome shows the last messages that were said before, as many as are kept.
fn fault_of_welcome<'a>(
    histories: &[History],
    told: impl Iterator<Item = &'a Heard>,
    history_max: usize,
    is_cut_off: bool,
) -> Option<String> {
    let told: Vec<&Heard> = told.collect();
    let count = told.len().min(history_max);
    if count == 0 {
        // What is shown at the beginning now was asked for.
        return None;
    }
    let expected = &told[told.len() - count..];
    match histories.first() {
        // Cut off before it.
        None if is_cut_off => None,
        // Whoever was cut off in the middle got the first ones.
        Some((0, announced, shown))
            if *announced == count && expected.iter().copied().zip(shown).all(|(a, b)| a == b) =>
        {
            None
        }
        first => Some(format!("the welcome shows {first:?} and should show {expected:?}")),
    }
}

/// A client that is there to the end was not sent away, and one that left did so for a reason.
pub(crate) fn check_end(client: &Client, heard: &[Heard], order: &[Heard]) {
    let wire = client.wire.borrow();
    match client.fate {
        Fate::Healthy if was_named(client) => assert!(
            !wire.is_dropped || was_slow(client, order),
            "client {} was healthy and dropped: {heard:?}",
            client.id
        ),
        Fate::HalfClosed | Fate::Reset | Fate::Quit => {
            assert!(wire.is_dropped, "client {} is still there", client.id);
        }
        Fate::Healthy | Fate::Stalled => {}
    }
}

fn number_of(heard: &Heard, client: usize) -> Option<usize> {
    match heard {
        Heard::Message(id, number) if *id == client => Some(*number),
        Heard::Message(..)
        | Heard::Name(_)
        | Heard::Private
        | Heard::Named(_)
        | Heard::History(_)
        | Heard::Joined(_)
        | Heard::Left(..) => None,
    }
}

fn is_by(heard: &Heard, client: usize) -> bool {
    number_of(heard, client).is_some() || *heard == Heard::Name(client)
}

pub(crate) fn name(client: &Client) -> Option<String> {
    client.heard().into_iter().find_map(|heard| match heard {
        Heard::Named(name) => Some(name),
        Heard::Message(..)
        | Heard::Name(_)
        | Heard::Private
        | Heard::History(_)
        | Heard::Joined(_)
        | Heard::Left(..) => None,
    })
}

fn was_named(client: &Client) -> bool {
    name(client).is_some()
}

/// Whether the room was told that it was too slow: its window was closed for a while.
fn was_slow(client: &Client, order: &[Heard]) -> bool {
    name(client).is_some_and(|name| order.contains(&Heard::Left(name, "too slow".into())))
}
