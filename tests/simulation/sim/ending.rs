//! How a run ends: everybody who can reads all there is, then all leave, and the model is asked.

use std::rc::Rc;

use chatd_support::sentences::HELP_LINES;

use super::check::{Bounds, Fate, check};
use super::choices::Choices;
use super::client::CONTESTED;
use super::journal::Entry;
use super::order::{Change, Heard, Order};
use super::transcript::{Item, Transcript};
use super::walk::Run;
use super::world::World;

impl World {
    /// Ends the run, and checks it. Returns all bytes that anybody got.
    pub(crate) fn end(mut self) -> Vec<Vec<u8>> {
        self.calm_down();
        let marks = self.marks();
        let ticks_at_marks = self.ticks.len();
        self.everybody_leaves();
        assert_eq!((self.server.len(), self.server.is_empty()), (0, true), "connections are left");
        assert!(self.clients.iter().all(|client| !client.is_there()));
        self.check(&marks, ticks_at_marks);
        self.clients.iter().map(|client| client.wire.borrow().to_client.clone()).collect()
    }

    /// Everybody sends and reads what there is, as far as it can, until nothing moves any more.
    fn calm_down(&mut self) {
        for index in 0..self.clients.len() {
            self.open(index);
            self.send(index, usize::MAX);
        }
        self.settle_down();
        for client in self.clients.iter().filter(|client| !client.is_stalled) {
            let is_read = client.wire.borrow().to_server.is_empty();
            assert!(is_read || !client.is_there(), "what client {} sent is not read", client.id);
        }
    }

    /// How much everybody has got who is there.
    fn marks(&self) -> Vec<Option<usize>> {
        let got = |client: &super::client::Client| {
            client.is_there().then(|| client.wire.borrow().to_client.len())
        };
        self.clients.iter().map(got).collect()
    }

    /// All but the first client go, one comes who takes a name that must be free now, and at last all
    /// are gone.
    fn everybody_leaves(&mut self) {
        for index in (1..self.clients.len()).chain([0]) {
            if index == 0 && self.stopped_at.is_none() {
                self.settle_down();
                self.connect(&mut Choices::new(0));
                let last = self.clients.len() - 1;
                assert!(self.clients[last].is_there(), "there is room for one more");
                self.say(last, &[CONTESTED[0]]);
                self.settle_down();
                self.clients[last].is_ending = true;
                self.send(last, 0);
                self.settle_down();
            }
            self.clients[index].is_ending = true;
            self.send(index, usize::MAX);
            self.read_all(index);
        }
        self.settle_down();
    }

    fn check(&self, marks: &[Option<usize>], ticks_at_marks: usize) {
        let mut fates: Vec<Fate> = Vec::new();
        fates.resize_with(self.clients.len(), Fate::default);
        let changes = self.changes(&mut fates);
        for (fate, mark) in fates.iter_mut().zip(marks) {
            fate.mark = *mark;
        }
        let transcript = |client: &super::client::Client| {
            Transcript::new(&client.wire.borrow().to_client, client)
        };
        let transcripts: Vec<Transcript> = self.clients.iter().map(transcript).collect();
        let lines: Vec<(&str, usize)> = transcripts[0]
            .items
            .iter()
            .filter_map(|(item, end)| match item {
                Item::Line(line) => Some((line.as_str(), *end)),
                Item::Telnet(_) => None,
            })
            .collect();
        // What the first client asked for itself: a nickname and help.
        let (own, heard) = lines.split_at(HELP_LINES + 2);
        let help: Vec<String> = own[2..].iter().map(|(line, _)| (*line).into()).collect();
        let heard = heard.iter().map(|&(line, end)| {
            let tick = self.ticks.partition_point(|(bytes, _)| *bytes < end);
            Heard { line, tick, at: self.ticks[tick].1.at }
        });
        let heard: Vec<Heard<'_>> = heard.collect();
        let order = Order::new(changes, &heard, &self.clients, self.ticks[0].1.at);
        let run = Run {
            clients: &self.clients,
            order: &order,
            help: &help,
            history_max: (self.history_max, self.limits.answer_bytes_max()),
            names_bytes_max: self.limits.own_bytes_max(),
            history_at_once: self.history_at_once,
            is_stopped: self.stopped_at.is_some(),
        };
        let events_at_mark = order.events.partition_point(|event| event.tick < ticks_at_marks);
        let bounds = Bounds {
            backlog_bytes_max: self.limits.backlog_bytes_max,
            has_rate: self.limits.rate.is_some(),
            events_at_mark,
        };
        check(&run, &fates, &transcripts, bounds);
    }

    /// Who came, went and took another name, up to the end of the first client, as the log has it.
    fn changes(&self, fates: &mut [Fate]) -> Vec<Change> {
        let mut changes = Vec::new();
        for (id, entry, tick) in &self.journal {
            let tick = *tick;
            match entry {
                Entry::Connected => fates[*id].changes_before = changes.len(),
                Entry::Named(name) => {
                    changes.push(Change { id: *id, to: Ok(Rc::from(name.as_str())), tick });
                }
                Entry::Left(name, why) => {
                    fates[*id].left = Some(why.clone());
                    if name.is_some() && *id > 0 {
                        changes.push(Change { id: *id, to: Err(why.clone()), tick });
                    }
                }
                Entry::Limited => {}
            }
        }
        changes
    }
}
