//! Who is received from first, and how much at a time.

use std::collections::VecDeque;

use crate::chat::session::SessionId;
use crate::limits::Limits;

/// A class of peers: whoever has little to say goes first, as in fair queueing for packets
/// (RFC 8290). So a word does not wait behind the turns of a hundred who flood. A turn that is
/// longer than a word makes a peer heavy, and so it cannot keep the others waiting by coming often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(in crate::server) enum Lane {
    /// It has a nickname, and had little to say.
    Light,
    /// It has no nickname, and had little to say.
    #[default]
    Newcomer,
    /// Its last turn was a long one.
    Heavy,
}

/// What a lane's turns are like.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct Figures {
    /// What is read in a turn at the most, as far as [`Limits::receive_bytes_per_turn`] allows.
    pub(in crate::server) read_bytes: usize,
    /// When so much is done in a turn, it is the next one's.
    pub(in crate::server) turn_work: u64,
    /// How many eighths of a tick's work are the lane's, if anybody waits in it.
    pub(in crate::server) eighths: u64,
}

impl Lane {
    /// In the order in which they are served. Whoever becomes heavy in its turn goes on in the same
    /// tick, after all who are light.
    pub(in crate::server) const ALL: [Self; 3] = [Self::Light, Self::Newcomer, Self::Heavy];

    /// The figures. A light turn is enough for a few lines of talk or a few commands. A heavy one
    /// takes what is read in one go if that is talk, and far fewer commands.
    pub(in crate::server) const fn figures(self) -> Figures {
        match self {
            Self::Light => Figures { read_bytes: 4 * 1024, turn_work: 4 * 1024, eighths: 2 },
            // What follows a nickname may have to wait, and is best kept by the kernel.
            Self::Newcomer => Figures { read_bytes: 1024, turn_work: 4 * 1024, eighths: 2 },
            Self::Heavy => Figures { read_bytes: usize::MAX, turn_work: 64 * 1024, eighths: 4 },
        }
    }

    /// The lane of a peer after a turn of so much work.
    pub(in crate::server) fn after(work: u64, is_spent: bool, is_named: bool) -> Self {
        if is_spent || work > Self::Light.figures().turn_work {
            Self::Heavy
        } else if is_named {
            Self::Light
        } else {
            Self::Newcomer
        }
    }
}

/// How a tick's work is shared by the lanes in which somebody waits as it begins.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct Shares {
    tick: u64,
    of_lanes: [u64; Lane::ALL.len()],
}

impl Shares {
    /// How much work there is for a lane when so much of the tick's is done: what those that follow
    /// do not need. An answer to a lane before may have taken more than its share; that is not at
    /// the cost of this one.
    pub(in crate::server) fn of(&self, lane: Lane, done: u64) -> u64 {
        let later: u64 = self.of_lanes[lane as usize + 1..].iter().sum();
        (self.tick - later).saturating_sub(done).max(self.of_lanes[lane as usize])
    }
}

const _: () = {
    let [light, newcomer, heavy] = Lane::ALL;
    let (light, newcomer, heavy) = (light.figures(), newcomer.figures(), heavy.figures());
    assert!(light.eighths + newcomer.eighths + heavy.eighths == 8, "the lanes share the tick");
    assert!(heavy.eighths >= 4, "half of a tick is for those who have a lot to say");
    assert!(newcomer.turn_work == light.turn_work, "one bound tells who is heavy");
    assert!(light.turn_work < heavy.turn_work);
};

/// Those with something to be received, in the order of their turns; each stands in it once.
/// Somebody who is gone may still stand in it.
#[derive(Debug, Default)]
pub(in crate::server) struct RunQueue {
    lanes: [VecDeque<SessionId>; Lane::ALL.len()],
}

impl RunQueue {
    pub(in crate::server) fn is_empty(&self) -> bool {
        self.lanes.iter().all(VecDeque::is_empty)
    }

    pub(in crate::server) fn len(&self, lane: Lane) -> usize {
        self.lanes[lane as usize].len()
    }

    /// How the tick is shared that begins now.
    pub(in crate::server) fn shares(&self, limits: &Limits) -> Shares {
        let tick = limits.tick_bytes_max();
        let of_lane = |lane: Lane| match self.len(lane) {
            0 => 0,
            _ => tick * lane.figures().eighths / 8,
        };
        Shares { tick, of_lanes: Lane::ALL.map(of_lane) }
    }

    pub(in crate::server) fn push(&mut self, id: SessionId, lane: Lane) {
        self.lanes[lane as usize].push_back(id);
    }

    pub(in crate::server) fn pop(&mut self, lane: Lane) -> Option<SessionId> {
        self.lanes[lane as usize].pop_front()
    }

    #[cfg(debug_assertions)]
    pub(in crate::server) fn iter(&self) -> impl Iterator<Item = SessionId> + '_ {
        self.lanes.iter().flatten().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_turn_makes_heavy_and_a_short_one_light() {
        assert_eq!(Lane::after(4096, false, true), Lane::Light);
        assert_eq!(Lane::after(4097, false, true), Lane::Heavy);
        assert_eq!(Lane::after(0, true, true), Lane::Heavy, "it has more to say");
        assert_eq!(Lane::after(0, false, false), Lane::Newcomer);
        assert_eq!(Lane::after(4097, false, false), Lane::Heavy);
    }

    #[test]
    fn a_lane_gets_what_the_others_do_not_need_and_never_less_than_its_share() {
        let limits = Limits { backlog_bytes_max: 3200, ..Limits::default() };
        let work = |queued: &[Lane], works: [u64; 3]| {
            let mut queue = RunQueue::default();
            for &lane in queued {
                queue.push(SessionId::new(0, 0), lane);
            }
            let shares = queue.shares(&limits);
            let mut done = 0;
            let shares = Lane::ALL.iter().zip(works).map(|(&lane, own)| {
                let share = shares.of(lane, done);
                done += own;
                share
            });
            shares.collect::<Vec<u64>>()
        };
        assert_eq!(work(&Lane::ALL, [0, 0, 0]), [200, 400, 800]);
        assert_eq!(work(&Lane::ALL, [900, 0, 0]), [200, 200, 400], "an answer was long");
        assert_eq!(work(&Lane::ALL, [0, 900, 0]), [200, 400, 400]);
        assert_eq!(work(&[Lane::Light], [800, 0, 0]), [800, 0, 0]);
        assert_eq!(work(&[Lane::Newcomer, Lane::Heavy], [0, 400, 0]), [200, 400, 400]);
    }

    #[test]
    fn lanes_keep_the_order_in_which_their_peers_came() {
        let mut queue = RunQueue::default();
        let id = |key| SessionId::new(key, 0);
        queue.push(id(1), Lane::Heavy);
        queue.push(id(2), Lane::Light);
        queue.push(id(3), Lane::Heavy);
        assert_eq!((queue.len(Lane::Heavy), queue.pop(Lane::Newcomer)), (2, None));
        assert_eq!(queue.pop(Lane::Heavy), Some(id(1)));
        assert_eq!(queue.pop(Lane::Heavy), Some(id(3)));
        assert!(!queue.is_empty());
    }
}
