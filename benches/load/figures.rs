//! From what a generator found to the numbers of the table.

use crate::generator::Outcome;

/// One number of one run.
pub(crate) struct Figure {
    pub(crate) case: String,
    pub(crate) measure: &'static str,
    pub(crate) value: f64,
    /// The generator, not the server, set it.
    pub(crate) limited: bool,
}

/// The figures of one run, case by case.
#[derive(Default)]
pub(crate) struct Sheet {
    case: String,
    limited: bool,
    pub(crate) figures: Vec<Figure>,
}

impl Sheet {
    /// The figures that follow are of `outcome`.
    pub(crate) fn case(&mut self, case: String, outcome: &Outcome) {
        self.case = case;
        self.limited = outcome.generator_limited();
    }

    /// A rate or a time, which the slower of server and generator sets.
    pub(crate) fn pace(&mut self, measure: &'static str, value: impl Into<Option<f64>>) {
        self.add(measure, value.into(), self.limited);
    }

    /// What the server itself spent or did, or nothing where the system keeps no account of it.
    pub(crate) fn cost(&mut self, measure: &'static str, value: impl Into<Option<f64>>) {
        self.add(measure, value.into(), false);
    }

    fn add(&mut self, measure: &'static str, value: Option<f64>, limited: bool) {
        let case = self.case.clone();
        self.figures.extend(value.map(|value| Figure { case, measure, value, limited }));
    }
}

impl Outcome {
    pub(crate) fn deliveries_per_second(&self) -> f64 {
        self.deliveries as f64 / self.seconds
    }

    pub(crate) fn sent_per_second(&self) -> f64 {
        self.sent as f64 / self.seconds
    }

    /// Nanoseconds of the server's processor time for each of `count`.
    pub(crate) fn server_per(&self, count: u64) -> Option<f64> {
        Some(self.server_cpu? as f64 / count as f64)
    }

    /// The share of the time in which the server had a processor.
    pub(crate) fn server_busy(&self) -> Option<f64> {
        self.server_per(1).map(|nanoseconds| nanoseconds / 1e9 / self.seconds)
    }

    /// How far the resident memory rose at most.
    pub(crate) fn growth_kib(&self) -> Option<f64> {
        Some(self.resident_peak?.saturating_sub(self.resident_before?) as f64 / 1024.0)
    }

    /// At a fixed rate the generator spins, and limits when it is late; else when it has no time
    /// left and the server has.
    fn generator_limited(&self) -> bool {
        if let Some(latency) = self.latency {
            return latency.late_p99 * 2 > latency.p99;
        }
        let (Some(generator), Some(server)) = (self.generator_cpu, self.server_cpu) else {
            return false;
        };
        generator as f64 / 1e9 > 0.95 * self.seconds && generator > server
    }
}
