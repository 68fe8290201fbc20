//! Who was sent what and who has received it: the count that makes the benchmark exact.

use crate::message::Message;
use std::fmt;

/// Sequence numbers, per speaker and per pair of member and speaker.
///
/// A server keeps each speaker's lines in order, so one number per pair tells lost, doubled and
/// reordered lines apart from the one that is due.
#[derive(Debug)]
pub struct Ledger {
    /// Of how many rooms each member is in one: the one with its number, counted round.
    rooms: usize,
    sent: Vec<u32>,
    /// The sequence due next, by member and speaker: `next[member * speakers + speaker]`.
    next: Vec<u32>,
    /// Members whose deliveries are awaited: neither stopped nor gone.
    listening: Vec<bool>,
    /// How many of them are in each room.
    listeners: Vec<u64>,
    /// Members to whom what they say comes back.
    echoed: Vec<bool>,
    /// Speakers whose unread lines are not awaited.
    forgotten: Vec<bool>,
    delivered: u64,
    due: u64,
}

/// A delivery that no correct server makes.
#[derive(Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Nobody says such a line.
    Garbled,
    /// It said that itself.
    Echoed,
    /// That was said in a room where it is not.
    Overheard,
    /// Another line of that sender is due.
    Unexpected {
        /// Who is said to have said it.
        sender: usize,
        /// Which of its lines it is.
        sequence: u32,
        /// Which was to come.
        due: u32,
    },
}

impl Ledger {
    /// For so many members of one room, and those of them, or of their visitors, who speak: the first
    /// ones.
    pub fn new(members: usize, speakers: usize) -> Self {
        Self::in_rooms(members, speakers, 1)
    }

    /// The same, where each member is in one of so many rooms. The first of all members are each in
    /// another room, so that the first speakers are as well.
    pub fn in_rooms(members: usize, speakers: usize, rooms: usize) -> Self {
        let listeners = |room| (room..members).step_by(rooms).len() as u64;
        Self {
            rooms,
            sent: vec![0; speakers],
            next: vec![0; members * speakers],
            listening: vec![true; members],
            listeners: (0..rooms).map(listeners).collect(),
            echoed: vec![false; members],
            forgotten: vec![false; speakers],
            delivered: 0,
            due: 0,
        }
    }

    /// To be told before anybody says anything: what this member says comes back to it.
    pub fn echo(&mut self, member: usize) {
        self.echoed[member] = true;
    }

    /// Deliveries so far.
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Deliveries still to come.
    pub fn due(&self) -> u64 {
        self.due
    }

    /// What all speakers have said.
    pub fn sent(&self) -> u64 {
        self.sent.iter().map(|&count| u64::from(count)).sum()
    }

    /// How many may speak.
    pub fn speakers(&self) -> usize {
        self.sent.len()
    }

    /// Whether all are in one room.
    pub fn is_one_room(&self) -> bool {
        self.rooms == 1
    }

    /// The room of a member.
    pub fn room(&self, member: usize) -> usize {
        member % self.rooms
    }

    /// Whether what one says is for the other: they are in one room.
    fn are_together(&self, member: usize, other: usize) -> bool {
        // Most ledgers are of one room, and a division for each delivery would be seen.
        self.rooms == 1 || self.room(member) == self.room(other)
    }

    /// How many are to receive what `speaker` says now.
    pub fn audience(&self, speaker: usize) -> u64 {
        let is_left_out = self.listening.get(speaker) == Some(&true) && !self.echoed[speaker];
        self.listeners[self.room(speaker)] - u64::from(is_left_out)
    }

    /// Notes one more message of `speaker` and returns its sequence number.
    pub fn say(&mut self, speaker: usize) -> u32 {
        let sequence = self.sent[speaker];
        self.sent[speaker] += 1;
        if !self.forgotten[speaker] {
            self.due += self.audience(speaker);
        }
        sequence
    }

    /// Notes a delivery. This runs once per line and member.
    pub fn receive(&mut self, member: usize, message: Message) -> Result<(), Wrong> {
        let speakers = self.sent.len();
        if message.sender >= speakers {
            return Err(Wrong::Garbled);
        }
        if message.sender == member && !self.echoed[member] {
            return Err(Wrong::Echoed);
        }
        if !self.are_together(member, message.sender) {
            return Err(Wrong::Overheard);
        }
        let next = &mut self.next[member * speakers + message.sender];
        if message.sequence != *next {
            let Message { sender, sequence } = message;
            return Err(Wrong::Unexpected { sender, sequence, due: *next });
        }
        *next += 1;
        self.delivered += 1;
        if !self.forgotten[message.sender] {
            self.due -= 1;
        }
        Ok(())
    }

    /// `member` stops reading, or is gone: nothing more is awaited for it.
    pub fn dismiss(&mut self, member: usize) {
        if std::mem::replace(&mut self.listening[member], false) {
            let room = self.room(member);
            self.listeners[room] -= 1;
            self.due -= self.missing(member);
        }
    }

    /// `member` reads again and is owed all that was said meanwhile.
    pub fn readmit(&mut self, member: usize) {
        if !std::mem::replace(&mut self.listening[member], true) {
            let room = self.room(member);
            self.listeners[room] += 1;
            self.due += self.missing(member);
        }
    }

    /// Nothing more is awaited from `speaker`, whose unread lines the server may hold back or drop.
    pub fn forget(&mut self, speaker: usize) {
        if std::mem::replace(&mut self.forgotten[speaker], true) {
            return;
        }
        let speakers = self.sent.len();
        for (member, &listening) in self.listening.iter().enumerate() {
            if listening && self.hears(member, speaker) {
                self.due -= u64::from(self.sent[speaker] - self.next[member * speakers + speaker]);
            }
        }
    }

    /// The first delivery that did not come, in words.
    pub fn first_missing(&self) -> String {
        let speakers = self.sent.len();
        for member in (0..self.listening.len()).filter(|&member| self.listening[member]) {
            for speaker in (0..speakers).filter(|&speaker| self.is_awaited(member, speaker)) {
                let next = self.next[member * speakers + speaker];
                if next < self.sent[speaker] {
                    return format!(
                        "client {member} has not got message {next} of sender {speaker}"
                    );
                }
            }
        }
        "nothing is missing".to_owned()
    }

    /// Whether a member that reads is to get what `speaker` says.
    fn is_awaited(&self, member: usize, speaker: usize) -> bool {
        !self.forgotten[speaker] && self.hears(member, speaker)
    }

    /// Whether what `speaker` says is for a member.
    fn hears(&self, member: usize, speaker: usize) -> bool {
        (speaker != member || self.echoed[member]) && self.are_together(member, speaker)
    }

    fn missing(&self, member: usize) -> u64 {
        let speakers = self.sent.len();
        let row = &self.next[member * speakers..][..speakers];
        (0..speakers)
            .filter(|&speaker| self.is_awaited(member, speaker))
            .map(|speaker| u64::from(self.sent[speaker] - row[speaker]))
            .sum()
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Garbled => write!(out, "got a line that nobody sent"),
            Self::Echoed => write!(out, "got its own line back"),
            Self::Overheard => write!(out, "got a line of a room where it is not"),
            Self::Unexpected { sender, sequence, due } => {
                let fault =
                    if sequence < due { "doubled or reordered" } else { "lost or reordered" };
                write!(
                    out,
                    "got message {sequence} of sender {sender} when {due} was due ({fault})"
                )
            }
        }
    }
}

/// A count that cannot fail proves nothing: shows the ledger each fault once.
pub fn self_check() -> Result<(), String> {
    let message = |sender, sequence| Message { sender, sequence };
    let check = |what: &str, given: &[Message], refused: bool| {
        let mut ledger = Ledger::new(3, 2);
        (0..3).for_each(|_| _ = ledger.say(0));
        let verdict = given.iter().try_for_each(|&line| ledger.receive(2, line));
        if verdict.is_err() == refused {
            Ok(())
        } else {
            Err(format!("the ledger misjudges {what}: {verdict:?}"))
        }
    };
    check("three lines in order", &[message(0, 0), message(0, 1), message(0, 2)], false)?;
    check("a lost line", &[message(0, 0), message(0, 2)], true)?;
    check("a doubled line", &[message(0, 0), message(0, 0)], true)?;
    check("two lines in reverse", &[message(0, 1), message(0, 0)], true)?;
    check("an echo", &[message(2, 0)], true)?;
    check("an unknown sender", &[message(7, 0)], true)?;
    check_due(&mut Ledger::new(3, 2), &STEPS, &[2, 4, 3, 2, 3, 2])?;
    let mut rooms = Ledger::in_rooms(4, 2, 2);
    check_due(&mut rooms, &STEPS_IN_ROOMS, &[1, 2, 1, 2, 1, 0])?;
    let mut echo = Ledger::new(3, 2);
    echo.echo(0);
    check_due(&mut echo, &STEPS_WITH_ECHO, &[3, 2, 0, 1])?;
    match rooms.receive(2, message(1, 0)) {
        Err(Wrong::Overheard) => Ok(()),
        verdict => Err(format!("the ledger misjudges a line of another room: {verdict:?}")),
    }
}

/// Each thing that changes how much is still due. In the end 0 and 2 wait for the line of 1.
const STEPS: [fn(&mut Ledger); 6] = [
    |ledger| _ = ledger.say(0),
    |ledger| _ = ledger.say(1),
    |ledger| _ = ledger.receive(2, Message { sender: 0, sequence: 0 }),
    |ledger| ledger.dismiss(2),
    |ledger| ledger.readmit(2),
    |ledger| ledger.forget(0),
];

/// The same where 0 and 2 are in one room, and 1 and 3 in another.
const STEPS_IN_ROOMS: [fn(&mut Ledger); 6] = [
    |ledger| _ = ledger.say(0),
    |ledger| _ = ledger.say(1),
    |ledger| ledger.dismiss(2),
    |ledger| ledger.readmit(2),
    |ledger| ledger.forget(1),
    |ledger| _ = ledger.receive(2, Message { sender: 0, sequence: 0 }),
];

/// The same where what 0 says comes back to it. In the end that is missing still.
const STEPS_WITH_ECHO: [fn(&mut Ledger); 4] = [
    |ledger| _ = ledger.say(0),
    |ledger| ledger.dismiss(2),
    |ledger| {
        ledger.dismiss(0);
        _ = ledger.receive(1, Message { sender: 0, sequence: 0 });
    },
    |ledger| ledger.readmit(0),
];

/// Shows the count of what is still due each thing that changes it.
fn check_due(
    ledger: &mut Ledger,
    steps: &[fn(&mut Ledger)],
    expected: &[u64],
) -> Result<(), String> {
    let mut due = Vec::new();
    for step in steps {
        step(ledger);
        due.push(ledger.due());
    }
    if due == expected { Ok(()) } else { Err(format!("the ledger miscounts what is due: {due:?}")) }
}
