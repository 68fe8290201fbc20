//! From what a generator found to the numbers of the tables.

use crate::generator::Outcome;
use serde::Serialize;

/// One number of one run.
pub(crate) struct Figure {
    pub(crate) case: String,
    pub(crate) measure: &'static str,
    pub(crate) value: f64,
    pub(crate) doubt: Option<Doubt>,
    /// Whether its ratio to the floor's says something.
    pub(crate) compared: bool,
    pub(crate) most: Option<Most>,
}

/// The most that chatd may need.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Most {
    This(f64),
    /// So many times what the floor needs.
    OfFloor(f64),
}

/// Why a figure is not the server's alone.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Doubt {
    /// The server had time left.
    Idle,
    /// The generator sent too late.
    Late,
}

impl Doubt {
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Idle => "*",
            Self::Late => "†",
        }
    }
}

/// Below this share of the time a server is not what sets a rate.
const BUSY: f64 = 0.9;

/// The figures of one run, case by case.
#[derive(Default)]
pub(crate) struct Sheet {
    case: String,
    doubt: Option<Doubt>,
    pub(crate) figures: Vec<Figure>,
}

impl Sheet {
    /// The figures that follow are of `outcome`.
    pub(crate) fn case(&mut self, case: String, outcome: &Outcome) {
        self.case = case;
        self.doubt = outcome.doubt();
    }

    /// A rate or a time, which not only the server sets.
    pub(crate) fn pace(&mut self, measure: &'static str, value: impl Into<Option<f64>>) {
        self.add(measure, value.into(), self.doubt, true);
    }

    /// What the server itself spent, or nothing where the system keeps no account of it.
    pub(crate) fn cost(&mut self, measure: &'static str, value: impl Into<Option<f64>>) {
        self.add(measure, value.into(), None, true);
    }

    /// What explains the others, or is a ratio itself.
    pub(crate) fn note(&mut self, measure: &'static str, value: impl Into<Option<f64>>) {
        self.add(measure, value.into(), None, false);
    }

    /// What the server itself spent, and must need no more of than this, if that can be told.
    pub(crate) fn bounded(
        &mut self,
        measure: &'static str,
        value: Option<f64>,
        most: Option<Most>,
    ) {
        self.add(measure, value, None, true);
        if let (Some(_), Some(figure)) = (value, self.figures.last_mut()) {
            figure.most = most;
        }
    }

    fn add(
        &mut self,
        measure: &'static str,
        value: Option<f64>,
        doubt: Option<Doubt>,
        compared: bool,
    ) {
        let case = self.case.clone();
        let most = None;
        self.figures.extend(value.map(|value| Figure {
            case,
            measure,
            value,
            doubt,
            compared,
            most,
        }));
    }
}

impl Outcome {
    pub(crate) fn deliveries_per_second(&self) -> f64 {
        self.deliveries as f64 / self.seconds
    }

    pub(crate) fn sent_per_second(&self) -> f64 {
        self.sent as f64 / self.seconds
    }

    pub(crate) fn deliveries_per_read(&self) -> f64 {
        self.deliveries as f64 / self.reads as f64
    }

    /// Nanoseconds of the server's processor time for each of `count`.
    pub(crate) fn server_per(&self, count: u64) -> Option<f64> {
        Some(self.server_cpu? as f64 / count as f64)
    }

    pub(crate) fn server_per_delivery(&self) -> Option<f64> {
        self.server_per(self.deliveries)
    }

    /// The percentage of the time in which the server had a processor.
    pub(crate) fn server_busy(&self) -> Option<f64> {
        Some(100.0 * self.server_cpu? as f64 / 1e9 / self.seconds)
    }

    /// The seconds in which the server was not kept from going on by others on the machine.
    pub(crate) fn server_seconds(&self) -> Option<f64> {
        Some(self.seconds - self.server_waited? as f64 / 1e9)
    }

    /// By how many bytes more was resident when `later` began.
    pub(crate) fn resident_until(&self, later: &Self) -> Option<f64> {
        Some(later.resident_before? as f64 - self.resident_before? as f64)
    }

    pub(crate) fn growth_kib(&self) -> Option<f64> {
        Some(self.growth? as f64 / 1024.0)
    }

    /// At a fixed rate every server has time left, and only the generator can be late.
    fn doubt(&self) -> Option<Doubt> {
        match self.latency {
            Some(latency) => (latency.late_p99 * 2 > latency.p99).then_some(Doubt::Late),
            None => self.server_busy().filter(|&busy| busy < 100.0 * BUSY).map(|_| Doubt::Idle),
        }
    }
}
