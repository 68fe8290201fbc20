//! What one attack may do to the room, beyond what must hold in every trial.

use crate::generator::Run;
use crate::trial::Row;
use std::time::Duration;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Must {
    /// How late a word may be: 99 of 100 …
    pub(crate) p99: Option<Duration>,
    /// … and every one.
    pub(crate) latest: Option<Duration>,
    /// For how many times as long as before 99 of 100 may be late.
    pub(crate) p99_times: Option<f64>,
    /// How many lines those who come and go may say for each that is said by those who stay.
    pub(crate) said_times: Option<f64>,
    /// The share of the lines that others say which must still be said.
    pub(crate) pace: Option<f64>,
    /// What a member may have to read.
    pub(crate) heard_bytes: Option<u64>,
    /// Percent of a processor.
    pub(crate) busy: Option<f64>,
    /// So long after they have left their memory must have been given back.
    pub(crate) forgets: Option<Duration>,
}

/// How the names begin of those who stay, and of those who come and go.
const STAY: usize = b'a' as usize;
const GO: usize = b'c' as usize;
/// So late a word may be on any machine, however seldom it is without the attack.
const P99_LITTLE: Duration = Duration::from_millis(5);
/// What the resident memory may be once all is over: so many times what it was before, and this.
const RESIDENT_TIMES: u64 = 2;
const RESIDENT_MORE: u64 = 16 << 20;

impl Must {
    /// Says what was seen: among the failures if it must not be so.
    pub(crate) fn judge(&self, row: &mut Row) {
        let mut found = Vec::new();
        let mut see = |is_well: bool, words: String| found.push((is_well, words));
        let latency = &row.attacked.seen.latency;
        let p99 = Duration::from_nanos(latency.value_at_quantile(0.99));
        if let Some(most) = self.p99 {
            see(p99 <= most && !latency.is_empty(), format!("p99 {p99:.1?} (of {most:.0?})"));
        }
        if let Some(most) = self.latest {
            let latest = Duration::from_nanos(latency.max());
            see(
                latest <= most && !latency.is_empty(),
                format!("latest {latest:.1?} (of {most:.1?})"),
            );
        }
        if let Some(most) = self.p99_times {
            let before = row.quiet.seen.latency.value_at_quantile(0.99);
            let times = latency.value_at_quantile(0.99) as f64 / before as f64;
            let is_little = p99 <= P99_LITTLE && !latency.is_empty();
            see(
                is_little || times <= most,
                format!("p99 {times:.2} times that without (of {most})"),
            );
        }
        if let Some(most) = self.said_times {
            let (stay, go) = (row.quiet.seen.lines[STAY], row.attacked.seen.lines[GO]);
            let words = format!("{go} lines heard of those who come and go, {stay} of who stays");
            see(go as f64 <= most * stay as f64, words);
        }
        if let Some(least) = self.pace {
            let pace = |run: &Run| run.requests as f64 / run.seconds;
            let (before, now) = (pace(&row.before), pace(&row.run));
            see(now >= least * before, format!("{now:.0} lines/s, {before:.0} without"));
        }
        if let Some(most) = self.heard_bytes {
            let heard = row.attacked.seen.bytes;
            see(heard <= most, format!("{} kB to each (of {})", heard / 1000, most / 1000));
        }
        if let (Some(most), Some(busy)) = (self.busy, row.attacked.busy()) {
            see(busy <= most, format!("{busy:.1} % of a processor (of {most})"));
        }
        if let Some((before, after)) = row.resident {
            let words = format!("resident {} kB before, {} kB after", before >> 10, after >> 10);
            see(after <= RESIDENT_TIMES * before + RESIDENT_MORE, words);
        }
        for (is_well, words) in found {
            if is_well { &mut row.run.remarks } else { &mut row.failures }.push(words);
        }
    }
}
