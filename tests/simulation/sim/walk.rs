//! Walks one client's transcript along the order of all that happened.
//!
//! Each line must be the next thing that was told in the rooms it is in (but not what this client did
//! itself), something said to it alone, or the answer to its next line, as the rules have it at this
//! point. So nothing may be missing, come twice, or come out of order, and nothing comes of other rooms.
//! Only what a broken or full connection swallowed at the end may be missing.

use std::ops::Range;

use chatd_support::sentences;

use super::client::{Client, Line};
use super::commands::{Action, action, said};
use super::order::{Order, Public};
use super::rules::{HTTP_ANSWER, REFUSALS_MAX};
use super::transcript::{Item, Transcript};

/// What all walks need to know.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) clients: &'a [Client],
    pub(crate) order: &'a Order,
    pub(crate) help: &'a [String],
    /// How many messages are kept, and how many bytes of them.
    pub(crate) history_max: (usize, usize),
    /// How many bytes of names are in a list at the most.
    pub(crate) names_bytes_max: usize,
    /// How many bytes of them are shown at once.
    pub(crate) history_at_once: usize,
    pub(crate) is_stopped: bool,
}

/// Something said to one: by whom, to whom, what.
pub(crate) type Told = (usize, usize, String);

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is learnt by itself")]
pub(crate) struct Walk<'a> {
    pub(crate) run: &'a Run<'a>,
    pub(crate) client: &'a Client,
    pub(super) items: &'a [(Item, usize)],
    /// What it sent and was not yet acted on.
    pub(crate) lines: &'a [Line],
    /// How many options of the next line were refused.
    pub(super) options_refused: usize,
    /// How many events are passed, at least: it does not hear all of them.
    pub(crate) index: usize,
    /// The next one that it hears, or does itself.
    pub(crate) next: usize,
    /// How many changes there were at least.
    pub(crate) done: usize,
    pub(crate) is_named: bool,
    /// The rooms where it is, in the order it talked there last: it talks in the last one.
    pub(crate) places: Vec<usize>,
    pub(crate) is_away: bool,
    /// How many nicknames it was refused before it had one.
    pub(super) refusals: usize,
    /// The transcript ended within an answer.
    pub(crate) is_torn: bool,
    /// It was told goodbye.
    pub(crate) is_dismissed: bool,
    /// Which messages of the past it is still to be shown.
    pub(super) owed: Range<usize>,
    /// It asked for them.
    pub(super) is_owed_asked: bool,
    /// How many events were passed when it last heard something: what it said itself since may have
    /// been said later than what it hears next.
    pub(super) heard_index: usize,
    /// The same for changes.
    heard_done: usize,
    /// What others are said to have heard from it: one of several, if they had the same name.
    pub(crate) confirmed: Vec<(usize, Vec<usize>, String)>,
    /// What others said to it.
    pub(crate) received: Vec<Told>,
    /// What it had heard when so much of its transcript was there: how many events, and how many
    /// bytes of what comes next.
    pub(crate) mark: Option<(usize, usize)>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(
        run: &'a Run<'a>,
        client: &'a Client,
        transcript: &'a Transcript,
        done: usize,
    ) -> Self {
        Self {
            run,
            client,
            items: &transcript.items,
            lines: client.lines_sent(),
            options_refused: 0,
            index: 0,
            next: 0,
            done,
            is_named: false,
            places: Vec::new(),
            is_away: false,
            refusals: 0,
            is_torn: false,
            is_dismissed: false,
            owed: 0..0,
            is_owed_asked: false,
            heard_index: 0,
            heard_done: done,
            confirmed: Vec::new(),
            received: Vec::new(),
            mark: None,
        }
    }

    pub(crate) fn fail(&self, why: &str) -> ! {
        panic!(
            "client {}: {why}\nnext in its transcript: {:?}\nnext that it is told or does: {:?}\nits next line: {:?}",
            self.client.id,
            self.items.first(),
            self.next_event(),
            self.lines.first(),
        );
    }

    /// To the end of the transcript. `mark`: for this length of it, it is to be told how many events
    /// were heard.
    pub(crate) fn walk_on(&mut self, mut mark: Option<usize>) {
        // Whoever speaks HTTP takes whatever comes for the answer.
        let is_greeted = self.agreeing(&[HTTP_ANSWER[0].into()]) == 0;
        if !self.items.is_empty() && is_greeted {
            self.expect(&[sentences::greeting("simulation")]);
        }
        let mut passed = 0;
        loop {
            self.pass_own();
            let position = self.items.first().map_or(usize::MAX, |&(_, end)| end);
            if let Some(mark) = mark.take_if(|mark| position > *mark).filter(|_| self.is_named) {
                self.mark = Some((self.index, mark - passed));
            }
            let Some((item, end)) = self.items.first() else { return };
            passed = *end;
            if self.is_dismissed {
                self.fail("told something behind the goodbye");
            }
            match item {
                Item::Telnet(refusal) => self.hear_option(*refusal),
                Item::Line(text) if self.is_next_event(text) => {
                    self.items = &self.items[1..];
                    self.pass_event();
                    self.hear_whether_kicked();
                    self.note_heard();
                }
                Item::Line(text) => match text.strip_prefix("(private) ") {
                    Some(told) => self.hear_private(told),
                    None if self.is_goodbye(text) => {
                        self.items = &self.items[1..];
                        self.is_dismissed = true;
                    }
                    None if self.may_hear_more() && is_past(text) => {
                        self.hear_more();
                        self.note_heard();
                    }
                    None => {
                        self.hear_answer();
                        self.note_heard();
                    }
                },
            }
        }
    }

    /// What it hears next comes later than this, whatever it says meanwhile.
    fn note_heard(&mut self) {
        (self.heard_index, self.heard_done) = (self.index, self.done);
    }

    /// Which protocol that is not spoken here its next line is of, if that is the first one.
    pub(crate) fn foreign(&self) -> Option<&'static str> {
        let protocol = self.client.foreign()?;
        let heeded = self.client.lines_sent().len() - self.lines.len();
        let first = self.client.lines.iter().position(|line| !line.is_blank());
        // Some are known before the line ends.
        (first == Some(heeded)).then_some(protocol)
    }

    pub(super) fn id(&self) -> usize {
        self.client.id
    }

    pub(crate) fn name(&self) -> &'a str {
        match self.run.order.name(self.done, self.id()) {
            Some(name) => name,
            None => self.fail("it has no name"),
        }
    }

    fn is_next_event(&self, text: &str) -> bool {
        self.is_named
            && self.next_event().is_some_and(|next| {
                next.by != Some(self.id()) && self.shown(next.room, &next.text) == text
            })
    }

    /// Passes what this client says next where it talks, as long as it comes next, and lines that mean
    /// nothing.
    fn pass_own(&mut self) {
        while let (true, Some(line)) = (self.is_named, self.lines.first()) {
            if self.awaits_more() || line.is_too_long || line.options > self.options_refused {
                return;
            }
            let asked = action(&line.text, true);
            if asked != Action::Nothing {
                let is_here = matches!(asked, Action::Say(_) | Action::Act(_));
                let Some(said) = said(self.name(), &asked).filter(|_| is_here) else { return };
                let is_it = |next: &Public| next.room == self.focus() && next.text == said;
                if !self.own_event().is_some_and(is_it) {
                    return;
                }
                self.pass_event();
            }
            self.next_line();
        }
    }

    pub(crate) fn next_line(&mut self) {
        self.lines = &self.lines[1..];
        self.options_refused = 0;
    }

    fn hear_option(&mut self, refusal: [u8; 3]) {
        // The line may not be whole yet.
        let line = self.client.lines.get(self.client.lines_sent().len() - self.lines.len());
        if refusal != [255, 254, 1] || line.is_none_or(|line| line.options <= self.options_refused)
        {
            self.fail("this option was not asked for");
        }
        self.options_refused += 1;
        self.items = &self.items[1..];
    }

    fn hear_private(&mut self, told: &str) {
        let (from, text) = told.split_once(": ").unwrap_or((told, ""));
        // Several may have had that name, one after the other.
        let has_said = |id: usize| text.starts_with(&format!("p{id}."));
        let is_garbled = |id: usize| self.run.clients[id].is_garbled;
        let called = |done: usize| {
            let members = &self.run.order.members[done];
            members.iter().find(|member| &*member.name == from).map(|by| (done, by.id))
        };
        let candidates = (self.heard_done..=*self.range().end()).filter_map(called);
        let by = candidates
            .clone()
            .find(|&(_, by)| has_said(by))
            .or_else(|| candidates.clone().find(|&(_, by)| is_garbled(by)))
            .or_else(|| candidates.clone().next());
        let Some((done, by)) = by.filter(|_| self.is_named) else {
            self.fail("nobody can have said that to it");
        };
        self.done = self.done.max(done);
        self.heard_done = done;
        self.received.push((by, self.id(), text.into()));
        self.items = &self.items[1..];
    }

    fn is_goodbye(&self, text: &str) -> bool {
        let is_expired = text == sentences::EXPIRED;
        let is_refused =
            text == sentences::nicknames_refused(REFUSALS_MAX) && self.refusals == REFUSALS_MAX;
        (text == sentences::STOPPING && self.run.is_stopped)
            || (is_expired && !self.is_named)
            || is_refused
    }
}

/// Whether that is the head of messages of the past.
fn is_past(text: &str) -> bool {
    sentences::read_earlier(text).is_some()
}
