//! What a script lets happen.

use std::io::ErrorKind;
use std::time::Duration;

use chatd::server::Readiness;
use chatd_support::random::Random;

use super::deed::{Deed, only_clients};
use super::world::{Member, World};
use crate::sim::script::Script;

impl World {
    /// One thing after the other, each until everybody was told. Returns what those were told who type.
    pub(crate) fn one_by_one(script: &Script, has_irc: bool, is_loud: bool) -> Vec<String> {
        let mut world = Self::new(script.setup, has_irc, false, is_loud);
        for index in 0..world.members.len() {
            world.send(index, usize::MAX);
            world.work();
        }
        for &step in &script.steps {
            world.random = Random::new(step.into());
            let index = 1 + world.random.below(world.members.len() - 1);
            world.act(index);
            world.send(index, usize::MAX);
            world.work();
            world.now += Duration::from_millis(10);
        }
        let typing = world.members.iter().filter(|member| !member.is_client);
        let told = typing.map(|member| String::from_utf8(member.wire.borrow().to_client.clone()));
        told.map(|told| told.expect("UTF-8")).collect()
    }

    /// Everything at once.
    pub(crate) fn rush(script: &Script, is_loud: bool) {
        let mut world = Self::new(script.setup, true, true, is_loud);
        for &step in &script.steps {
            world.random = Random::new(step.into());
            world.happen();
        }
        world.check();
    }

    fn happen(&mut self) {
        let index = 1 + self.random.below(self.members.len() - 1);
        match self.random.below(40) {
            0..14 => (0..=self.random.below(5)).for_each(|_| self.act(index)),
            14..24 => {
                let count = [usize::MAX, usize::MAX, 1, 60][self.random.below(4)];
                self.send(index, count);
            }
            24..30 => self.work(),
            30 | 31 => self.now += Duration::from_millis(self.random.below(2000) as u64),
            32 => self.members[index].wire.borrow_mut().window = self.random.below(300),
            33 => self.open(index),
            34 => (0..60).for_each(|_| self.act(index)),
            35 if self.members.len() < 12 => self.connect(),
            36 if self.random.one_in(3) => self.leave(index),
            37 if self.members[index].irc.is_some() => {
                let bytes =
                    (0..self.random.below(600)).map(|_| self.random.next().to_le_bytes()[0]);
                let mut bytes: Vec<u8> =
                    bytes.filter(|byte| !b"\r\n\xff@".contains(byte)).collect();
                bytes.extend(b"\r\n");
                self.members[index].outgoing.extend(bytes);
            }
            38 => self.check(),
            _ => {}
        }
    }

    /// A connection ends in the midst of a line, or breaks.
    fn leave(&mut self, index: usize) {
        let Member { wire, is_going, outgoing, key, .. } = &mut self.members[index];
        *is_going = true;
        outgoing.clear();
        let mut wire = wire.borrow_mut();
        if wire.is_dropped || wire.is_ended || wire.broken.is_some() {
            return;
        }
        let (ended, broken) = if self.random.one_in(2) { (true, false) } else { (true, true) };
        if broken {
            wire.break_off(ErrorKind::ConnectionReset);
        } else {
            wire.is_ended = true;
        }
        self.events.push((*key, Readiness { readable: true, ended, writable: broken, broken }));
    }

    /// The same for a client, which perhaps wants to know what the answer is.
    fn put_labelled(&mut self, index: usize, line: &str) {
        let member = &mut self.members[index];
        let knows = member.irc.as_ref().is_some_and(|it| it.0.contains(&"labeled-response"));
        if knows && !member.is_going && self.labelled.one_in(2) {
            member.labels += 1;
            let line = format!("@label=L{} {line}", member.labels);
            return self.put(index, &line);
        }
        self.put(index, line);
    }

    fn act(&mut self, index: usize) {
        let (count, members) = (self.members[index].count, self.members.len());
        self.members[index].count += 1;
        let caps = self.members[index].irc.as_ref().map(|it| &it.0);
        if let Some(caps) = caps.filter(|_| self.is_rush && self.random.one_in(3)) {
            let knows_past = caps.contains(&"draft/chathistory");
            let line = only_clients(index, count, &mut self.random);
            let is_past = line.starts_with("CHATHISTORY");
            return self.put_labelled(index, if is_past && !knows_past { "TIME" } else { &line });
        }
        let deed = Deed::any(index, count, members, &mut self.random);
        let lines = if self.members[index].irc.is_some() { deed.sent() } else { deed.typed() };
        self.members[index].is_going |= matches!(deed, Deed::Quit(_));
        for line in lines {
            self.put_labelled(index, &line);
        }
    }
}
