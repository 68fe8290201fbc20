//! Those who come and go beside the members of the crowd, each in its manner.

use chatd_support::Result;
use chatd_support::crowd::{Crowd, nanos};
use chatd_support::message::{Dialect, LINE_BYTES, Message};
use chatd_support::random::Random;
use chatd_support::sentences::HOME;
use chatd_support::socket::{From, Socket};
use chatd_support::visit::{Stage, Visit};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

/// How somebody visits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Says a line and quits.
    Quit,
    /// Says a line, perhaps without a line end, and sends the end of its stream.
    HalfClose,
    /// The same, all at once: `printf 'bot\nhi' | nc -N`.
    AtOnce,
    /// Closes as soon as it is welcome.
    Close,
    /// Resets its connection: without a word, in the middle of its nickname, in the middle of a line.
    /// It reads nothing.
    Reset(Words),
    /// Stops reading once it is welcome.
    Stall,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    None,
    HalfName,
    HalfLine,
}

/// They take turns in these.
const MANNERS: [Manner; 13] = [
    Manner::Quit,
    Manner::HalfClose,
    Manner::AtOnce,
    Manner::Close,
    Manner::Reset(Words::HalfLine),
    Manner::Quit,
    Manner::HalfClose,
    Manner::AtOnce,
    Manner::Reset(Words::None),
    Manner::HalfClose,
    Manner::AtOnce,
    Manner::Reset(Words::HalfName),
    Manner::Stall,
];

/// Whoever has missed more bytes must have been dropped: the server's own default, and what the
/// kernel holds.
const DROPPED_BEHIND: usize = (1024 + 512) * 1024;
/// From one visit to the next, in milliseconds.
const PAUSE: usize = 2500;
/// What is to happen to a visitor happens in less than this.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a connection that is to be reset is left alone.
const RESET_AFTER: Duration = Duration::from_millis(500);
/// One byte of 127.0.0.x: so many addresses there are.
const ADDRESSES: usize = 250;

/// What became of them.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) connections: u64,
    pub(crate) resets: u64,
    pub(crate) ends: u64,
    pub(crate) stallers_dropped: u64,
}

pub(crate) struct Visitors {
    pub(crate) counts: Counts,
    server: SocketAddr,
    /// The number of the first one: before it are the members.
    first: usize,
    all: Vec<Visitor>,
    random: Random,
}

struct Visitor {
    manner: Manner,
    visit: Option<Visit>,
    /// When it comes, is to be reset, or has waited for too long: nanoseconds of the crowd's clock.
    wake: u64,
    /// Lines that were said when it stopped reading.
    stopped_at: Option<usize>,
}

impl Visitors {
    pub(crate) fn new(server: SocketAddr, first: usize, count: usize, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let visitor = |index: usize| Visitor {
            manner: MANNERS[index % MANNERS.len()],
            visit: None,
            wake: millis(random.below(PAUSE)),
            stopped_at: None,
        };
        let all = (0..count).map(visitor).collect();
        Self { counts: Counts::default(), server, first, all, random }
    }

    /// Nobody is there any more.
    pub(crate) fn are_gone(&self) -> bool {
        self.all.iter().all(|visitor| visitor.visit.is_none())
    }

    /// Lets those go on who had an event, or whose time has come; `said` lines were said so far.
    /// Nobody comes any more if it `is_over`.
    pub(crate) fn act(&mut self, crowd: &mut Crowd, said: usize, is_over: bool) -> Result<()> {
        for id in std::mem::take(&mut crowd.visitors) {
            if self.all[id - self.first].stopped_at.is_none() {
                self.go_on(id, crowd, said)?;
            }
        }
        for id in self.first..self.first + self.all.len() {
            let now = crowd.now();
            let visitor = &mut self.all[id - self.first];
            let is_late = visitor.wake <= now;
            match (&visitor.visit, visitor.manner) {
                (None, _) if is_late && !is_over => self.come(id, crowd)?,
                (Some(visit), Manner::Reset(_)) if is_late || is_over => {
                    visit.socket.reset_when_closed();
                    self.counts.resets += 1;
                    self.leave(id, now);
                }
                (Some(_), Manner::Stall) if is_over => self.leave(id, now),
                (Some(_), Manner::Stall) => self.look(id, crowd, said)?,
                (Some(visit), manner) if is_late => {
                    let state = if visit.is_welcome { "its end" } else { "its welcome" };
                    return Err(format!("visitor {id} ({manner:?}) waits for {state}").into());
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn come(&mut self, id: usize, crowd: &mut Crowd) -> Result<()> {
        let Visitor { manner, visit, wake, .. } = &mut self.all[id - self.first];
        let host = u8::try_from(1 + id % ADDRESSES)?;
        // A receive buffer so small that it matters when nobody reads.
        let receive_bytes = (*manner == Manner::Stall).then_some(4096);
        let from =
            From { address: Some([127, 0, 0, host].into()), receive_bytes, send_bytes: None };
        let mut socket = Socket::new(from.connect(self.server)?)?;
        crowd.register(&mut socket.stream, id)?;
        let mut words = Dialect::Named.introduction(id, HOME);
        *wake = crowd.now() + nanos(PATIENCE);
        match *manner {
            Manner::Reset(state) => {
                *wake = crowd.now() + nanos(RESET_AFTER);
                match state {
                    Words::None => words.clear(),
                    Words::HalfName => words.truncate(3),
                    Words::HalfLine => words.extend(b"half a li"),
                }
                socket.send(&words);
            }
            Manner::AtOnce => {
                words.extend(last_line(id, crowd, self.random.one_in(2)));
                socket.send(&words);
                socket.stream.shutdown(Shutdown::Write)?;
            }
            Manner::Quit | Manner::HalfClose | Manner::Close | Manner::Stall => {
                socket.send(&words);
            }
        }
        *visit = Some(Visit::new(socket));
        self.counts.connections += 1;
        Ok(())
    }

    fn go_on(&mut self, id: usize, crowd: &mut Crowd, said: usize) -> Result<()> {
        let visitor = &mut self.all[id - self.first];
        let manner = visitor.manner;
        while let Some(visit) = &mut visitor.visit {
            if let Manner::Reset(_) = manner {
                return Ok(());
            }
            match visit.go_on() {
                Stage::Waits => return Ok(()),
                Stage::Over if visit.is_welcome && manner != Manner::Stall => {
                    self.counts.ends += 1;
                    self.leave(id, crowd.now());
                    return Ok(());
                }
                Stage::Over => {
                    let heard = visit.heard();
                    return Err(format!("visitor {id} ({manner:?}) was let go: {heard}").into());
                }
                Stage::Welcome => {}
            }
            match manner {
                Manner::Quit => {
                    let words = [&last_line(id, crowd, true)[..], b"/quit\n"].concat();
                    visit.socket.send(&words);
                }
                Manner::HalfClose => {
                    visit.socket.send(&last_line(id, crowd, self.random.one_in(2)));
                    visit.socket.stream.shutdown(Shutdown::Write)?;
                }
                Manner::Close => {
                    self.leave(id, crowd.now());
                    return Ok(());
                }
                Manner::Stall => {
                    visitor.stopped_at = Some(said);
                    return Ok(());
                }
                Manner::AtOnce | Manner::Reset(_) => {}
            }
        }
        Ok(())
    }

    /// Whoever stalls and is far enough behind must find that it was dropped.
    fn look(&mut self, id: usize, crowd: &Crowd, said: usize) -> Result<()> {
        let now = crowd.now();
        let Visitor { visit, wake, stopped_at, .. } = &mut self.all[id - self.first];
        let (Some(visit), Some(at)) = (visit, *stopped_at) else { return Ok(()) };
        if (said - at) * LINE_BYTES < DROPPED_BEHIND {
            *wake = now + nanos(PATIENCE);
        } else if visit.go_on() == Stage::Over {
            self.counts.stallers_dropped += 1;
            self.leave(id, now);
        } else if *wake <= now {
            return Err(format!("visitor {id} did not read, and was not dropped").into());
        }
        Ok(())
    }

    /// Half of the pause to one and a half times it comes again.
    fn leave(&mut self, id: usize, now: u64) {
        let visitor = &mut self.all[id - self.first];
        (visitor.visit, visitor.stopped_at) = (None, None);
        visitor.wake = now + millis(PAUSE / 2 + self.random.below(PAUSE));
    }
}

/// What one says last, perhaps without the line end.
fn last_line(id: usize, crowd: &mut Crowd, is_ended: bool) -> Vec<u8> {
    let (mut line, sequence) = (Vec::new(), crowd.ledger.say(id));
    Message { sender: id, sequence }.write(crowd.now(), &mut line);
    if !is_ended {
        line.pop();
    }
    line
}

fn millis(count: usize) -> u64 {
    nanos(Duration::from_millis(count as u64))
}
