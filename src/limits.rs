//! Every bound of the server.

use std::net::IpAddr;
use std::time::Duration;

use crate::pace::Rate;
use crate::wire::Protocols;

/// Everything that a peer could make grow or wait, and where that ends.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at once. Each takes a descriptor.
    pub clients_max: usize,
    /// Connections at once from one address.
    pub per_address_max: Option<usize>,
    /// The longest line, without its end. A longer one is left out, and its sender told.
    pub line_bytes_max: usize,
    /// What may wait to be sent to one peer, in bytes of memory ([`crate::buffer::outbox::Outbox::cost`]).
    /// A peer beyond it is dropped.
    pub backlog_bytes_max: usize,
    /// How fast lines are taken from one peer. Above it the peer is not read.
    pub rate: Option<Rate>,
    /// The most that is read from one peer before it is the next one's turn: so much does one peer
    /// delay the others. `server::schedule` says when it is less.
    pub receive_bytes_per_turn: usize,
    /// Connections of one address that the log tells of one by one. Those beyond are counted, and told
    /// once a minute: a connection costs its peer less than the log.
    pub logged_per_address: Option<Rate>,
    /// The same, for all addresses together: one machine can have many.
    pub logged_together: Option<Rate>,
    /// A peer that is silent for so long is greeted as a person. Programs that speak first do so
    /// within a round trip.
    pub greet_after: Duration,
    /// One that has sent the beginning of a line that may be of another protocol gets so long to end it.
    pub end_line_within: Duration,
    /// One from where browsers come gets so long: they open connections for later, and take whatever comes
    /// there for the answer to what they ask for then. They close those that they have not used meanwhile.
    pub greet_browser_after: Duration,
    /// For so long after its last request an address is one from where browsers come …
    pub browses_for: Duration,
    /// … but this machine itself, where anything may make a request, only for so long.
    pub browses_here_for: Duration,
    /// A request is to be whole after so long.
    pub request_within: Duration,
    /// Which protocols are spoken.
    pub spoken: Protocols,
    /// A peer without a nickname for so long is closed.
    pub nickname_within: Duration,
    /// An IRC client that for so long has gone nowhere, said nothing and set nothing is put in the home
    /// room.
    pub home_after: Option<Duration>,
    /// A peer that left gets so long to take what is queued for it.
    pub leave_within: Duration,
    /// Then it gets so long to close its side: closing ours before would reset the connection and
    /// may eat the last line.
    pub linger: Duration,
    /// Everybody together gets so long to take what is queued when the server stops.
    pub stop_within: Duration,
    /// While most of a room is far behind, members who say a lot there are read only after this
    /// long; then after twice, four times … as long, until the room has caught up …
    pub slow_talk_after: Duration,
    /// … but no longer than this: those who have stopped reading for good must not silence the
    /// others.
    pub slow_talk_after_max: Duration,
    /// A member that comes near its limit is given so long to read before more talk in its room may
    /// push it over. Talk goes faster than a busy machine lets a reader run; this is long enough for
    /// any that runs at all, and the most that one costs the others.
    pub guard_reader_for: Duration,
}

/// A backlog is divided into so many parts …
const PARTS: usize = 64;
/// … of which so many are what these functions of [`Limits`] tell.
const FAR_BEHIND: usize = 32;
const NEAR_LIMIT: usize = 40;
const TICK: usize = 16;
const SLOW_TALK: usize = 2;
const BURST: usize = 4;
const ANSWER: usize = 16;
const PRIVATE: usize = 16;
const OWN: usize = 1;

/// A backlog holds so many of the longest lines at least. Each byte of a line may become three, if
/// it is not UTF-8.
pub const LINES_PER_BACKLOG_MIN: usize = 32;
const LONGEST_EVENT: usize = 3 * PARTS / LINES_PER_BACKLOG_MIN;

const _: () = {
    assert!(TICK < FAR_BEHIND, "nobody who keeps reading is far behind");
    assert!(FAR_BEHIND < NEAR_LIMIT, "most are far behind before one is near its limit");
    assert!(
        NEAR_LIMIT + TICK + LONGEST_EVENT <= PARTS,
        "nobody is over its limit before talkers can be slowed"
    );
    assert!(
        FAR_BEHIND + TICK + ANSWER <= PARTS,
        "whoever is not far behind may be answered, whatever is said meanwhile"
    );
    assert!(PRIVATE < FAR_BEHIND, "nobody is made to wait by what others tell it privately");
    assert!(SLOW_TALK < TICK && BURST < TICK && OWN < ANSWER);
};

/// So much of the past is sent at once at the most.
const HISTORY_BYTES_AT_ONCE: usize = 8 * 1024;

/// What is said counts as one line, and as one more for so many bytes.
const TALK_BYTES_PER_LINE: usize = 512;

impl Limits {
    /// For how many lines something of so many bytes counts that is said to all.
    ///
    /// A burst is no more than a sixteenth of the backlog: so talkers cannot outrun anybody who
    /// keeps reading, though they never wait for the slowest reader. Longer bursts are allowed
    /// fewer bytes a line. A single line may be longer than a burst.
    #[must_use]
    pub fn lines_of_talk(&self, bytes: usize) -> usize {
        let Some(rate) = self.rate else { return 1 };
        let per_line = self.parts(BURST) / rate.burst() as usize;
        1 + bytes / per_line.clamp(1, TALK_BYTES_PER_LINE)
    }

    /// Somebody with more than this in its outbox, or more than [`Limits::own_bytes_max`] that it
    /// alone was told, is told nothing more by others privately: else they could fill the memory of
    /// the server with it.
    #[must_use]
    pub fn private_bytes_max(&self) -> usize {
        self.parts(PRIVATE)
    }

    /// What the text for newcomers may take, and what is kept of the past, in bytes: neither alone fills a
    /// backlog.
    #[must_use]
    pub fn answer_bytes_max(&self) -> usize {
        self.parts(ANSWER)
    }

    /// After so many bytes queued in a tick, for many or for one, or work that takes as long, the next
    /// tick begins: in between readers read, and whoever has little to say is heard. What is written
    /// in several variants counts once. The last answer may go over it.
    #[must_use]
    pub fn tick_bytes_max(&self) -> u64 {
        self.parts(TICK) as u64
    }

    /// So many bytes may be said in each pause of a room that cannot keep up by those who have
    /// little to say, and as many by all others together: much more than people type, and little
    /// enough for any network that still moves.
    #[must_use]
    pub fn slow_talk_bytes_max(&self) -> u64 {
        self.parts(SLOW_TALK) as u64
    }

    /// With more than this in its outbox of what it alone was told, a peer is not read until it has
    /// read that: whoever asks and does not read costs no more than this and one answer.
    #[must_use]
    pub fn own_bytes_max(&self) -> usize {
        self.parts(OWN)
    }

    /// So much of the past a peer is sent at once; more when it has read that.
    #[must_use]
    pub fn history_bytes_at_once(&self) -> usize {
        HISTORY_BYTES_AT_ONCE.min(self.answer_bytes_max() / 4)
    }

    /// With more than this in its outbox a member is near its limit.
    #[must_use]
    pub fn near_limit_bytes(&self) -> usize {
        self.parts(NEAR_LIMIT)
    }

    /// With more than this in its outbox a peer is far behind.
    #[must_use]
    pub fn far_behind_bytes(&self) -> usize {
        self.parts(FAR_BEHIND)
    }

    /// For how long an address is one from where browsers come, after one has.
    #[must_use]
    pub fn browses_for(&self, ip: IpAddr) -> Duration {
        if ip.to_canonical().is_loopback() { self.browses_here_for } else { self.browses_for }
    }

    /// So many parts of a backlog, in bytes.
    fn parts(&self, count: usize) -> usize {
        let (part, rest) = (self.backlog_bytes_max / PARTS, self.backlog_bytes_max % PARTS);
        part * count + rest * count / PARTS
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            clients_max: 1024,
            per_address_max: None,
            line_bytes_max: 4096,
            backlog_bytes_max: 1024 * 1024,
            rate: Rate::new(10, 100),
            receive_bytes_per_turn: 32 * 1024,
            logged_per_address: Rate::new(5, 20),
            logged_together: Rate::new(50, 1000),
            greet_after: Duration::from_millis(250),
            end_line_within: Duration::from_secs(5),
            greet_browser_after: Duration::from_secs(60),
            browses_for: Duration::from_secs(24 * 60 * 60),
            browses_here_for: Duration::from_secs(2 * 60),
            request_within: Duration::from_secs(10),
            spoken: Protocols::default(),
            nickname_within: Duration::from_secs(60),
            home_after: Some(Duration::from_secs(6)),
            leave_within: Duration::from_secs(60),
            linger: Duration::from_secs(1),
            stop_within: Duration::from_secs(2),
            slow_talk_after: Duration::from_millis(20),
            slow_talk_after_max: Duration::from_secs(1),
            guard_reader_for: Duration::from_millis(50),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_no_more_than_a_sixteenth_of_the_backlog() {
        for (backlog_bytes_max, burst) in [(1 << 20, 100), (1 << 20, 1000), (1 << 18, 10)] {
            let rate = Rate::new(10, burst);
            let limits = Limits { backlog_bytes_max, rate, ..Limits::default() };
            // A line of bytes that are not UTF-8 becomes three times as long. It may exceed the
            // burst, as it is said when one line is allowed.
            for bytes in [1, 79, 80, 511, 512, 513, 4096, 3 * 4096] {
                let lines = limits.lines_of_talk(bytes);
                let most = (burst as usize - 1) / lines * bytes + bytes;
                assert!(most <= backlog_bytes_max / 16 + bytes, "{bytes} bytes: {most} at once");
            }
        }
        assert_eq!(Limits::default().lines_of_talk(511), 1);
        assert_eq!(Limits::default().lines_of_talk(512), 2);
        assert!(63_488 <= Limits::default().backlog_bytes_max / 16, "99 lines, and the longest");
    }
}
