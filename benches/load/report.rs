//! The figures of all rounds and their medians.

use crate::figures::{Doubt, Figure, Most};
use crate::process::Kind;
use serde::Serialize;
use std::collections::BTreeMap;

/// Marks what is more than it may be.
pub(crate) const EXCEEDED: &str = "!";

#[derive(Default, Serialize)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) case: String,
    pub(crate) measure: &'static str,
    /// One value per round.
    values: BTreeMap<Kind, Vec<f64>>,
    /// What was the case in at least one round.
    doubts: BTreeMap<Kind, Doubt>,
    compared: bool,
    pub(crate) most: Option<Most>,
}

impl Report {
    pub(crate) fn add(&mut self, kind: Kind, figures: Vec<Figure>) {
        for Figure { case, measure, value, doubt, compared, most } in figures {
            let known = self.rows.iter().position(|row| row.case == case && row.measure == measure);
            let index = known.unwrap_or_else(|| {
                let (values, doubts) = (BTreeMap::new(), BTreeMap::new());
                self.rows.push(Row { case, measure, values, doubts, compared, most });
                self.rows.len() - 1
            });
            let row = &mut self.rows[index];
            row.values.entry(kind).or_default().push(value);
            row.doubts.extend(doubt.map(|doubt| (kind, doubt)));
        }
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(crate) fn row(&self, case: &str, measure: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.case == case && row.measure == measure)
    }
}

impl Row {
    /// The median over the rounds.
    pub(crate) fn median(&self, kind: Kind) -> Option<f64> {
        median(self.values.get(&kind)?.clone())
    }

    /// chatd's figure over the floor's. Paired by round, so that what changes on the machine from
    /// round to round does not count.
    pub(crate) fn ratio(&self) -> Option<f64> {
        let (chatd, floor) = (self.values.get(&Kind::Chatd)?, self.values.get(&Kind::Floor)?);
        let ratios = chatd.iter().zip(floor).map(|(chatd, floor)| chatd / floor).collect();
        median(ratios).filter(|ratio| self.compared && ratio.is_finite())
    }

    /// What is measured, with its bound.
    pub(crate) fn measure(&self) -> String {
        let bound = match self.most {
            None => String::new(),
            Some(Most::This(most)) => format!(", at most {}", short(most)),
            Some(Most::OfFloor(most)) => format!(", at most {most} of the floor"),
        };
        self.measure.to_owned() + &bound
    }

    /// Whether chatd needs more than it may.
    pub(crate) fn is_exceeded(&self) -> bool {
        let (value, most) = match self.most {
            None => return false,
            Some(Most::This(most)) => (self.median(Kind::Chatd), most),
            Some(Most::OfFloor(most)) => (self.ratio(), most),
        };
        value.is_some_and(|value| value > most)
    }

    pub(crate) fn doubts(&self, doubt: Doubt) -> bool {
        self.doubts.values().any(|&other| other == doubt)
    }

    /// The median with its mark.
    pub(crate) fn cell(&self, kind: Kind) -> String {
        let mark = self.doubts.get(&kind).map_or("", |doubt| doubt.mark());
        let exceeded = if kind == Kind::Chatd && self.is_exceeded() { EXCEEDED } else { "" };
        self.median(kind).map_or_else(String::new, |value| short(value) + mark + exceeded)
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let odd = values.len() % 2 == 1;
    if odd {
        values.get(middle).copied()
    } else {
        Some(f64::midpoint(*values.get(middle)?, values[middle - 1]))
    }
}

/// Up to three digits of a small number, and all of a large one in groups.
pub(crate) fn short(value: f64) -> String {
    let decimals = match value.abs() {
        _ if value.fract() == 0.0 => 0,
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    grouped(&format!("{value:.decimals$}"))
}

fn grouped(number: &str) -> String {
    let whole = number.find('.').unwrap_or(number.len());
    let mut text = String::new();
    for (index, digit) in number.chars().enumerate() {
        if index > 0 && index < whole && (whole - index).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
