//! One measured thing, and all that one run measured.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One measured thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What was measured.
    pub what: String,
    /// On whom: `hub`, `agent`, `kube-apiserver`, …
    pub subject: String,
    /// Unit of the value: `ms`, `MiB`, `KiB`, `/s`, `%`.
    pub unit: String,
    /// The value, or all samples.
    pub value: Value,
    /// What the design aims at, in words; empty without one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub aim: String,
}

/// One value, or all samples of a distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// One value.
    One(f64),
    /// Samples, in the order in which they were taken.
    Samples(Vec<f64>),
}

impl Figure {
    /// A single value.
    pub fn one(what: impl Into<String>, subject: &str, value: f64, unit: &str) -> Self {
        let (what, value) = (what.into(), Value::One(round(value)));
        Self { what, subject: subject.to_owned(), unit: unit.to_owned(), value, aim: String::new() }
    }

    /// How long each try took.
    pub fn times(what: impl Into<String>, subject: &str, times: &[Duration]) -> Self {
        let millis = times.iter().map(|time| round(time.as_secs_f64() * 1000.0)).collect();
        Self {
            what: what.into(),
            subject: subject.to_owned(),
            unit: "ms".to_owned(),
            value: Value::Samples(millis),
            aim: String::new(),
        }
    }

    /// Says what the design aims at.
    #[must_use]
    pub fn aim(mut self, aim: &str) -> Self {
        aim.clone_into(&mut self.aim);
        self
    }

    /// The value as a person reads it.
    pub fn shown(&self) -> String {
        let unit = &self.unit;
        match &self.value {
            Value::One(value) => format!("{} {unit}", short(*value)),
            Value::Samples(samples) if samples.len() == 1 => format!("{} {unit}", short(samples[0])),
            Value::Samples(samples) => {
                let at = |share| short(percentile(samples, share));
                let n = samples.len();
                format!("p50 {} {unit}, p99 {}, max {} (n={n})", at(0.5), at(0.99), at(1.0))
            }
        }
    }
}

/// All that one run of one measurement measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The command that was run.
    pub command: String,
    /// When, RFC 3339.
    pub at: String,
    /// On what.
    pub machine: String,
    /// The figures, in the order in which they were taken.
    pub figures: Vec<Figure>,
}

/// The sample that `share` (0 to 1) of all samples do not exceed; 0 without samples.
pub fn percentile(samples: &[f64], share: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// Thousandths are noise.
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn short(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_sample() {
        let samples = [4.0, 1.0, 3.0, 2.0];
        let cases = [(0.0, 1.0), (0.25, 1.0), (0.5, 2.0), (0.51, 3.0), (0.99, 4.0), (1.0, 4.0)];
        for (share, expected) in cases {
            assert_eq!(percentile(&samples, share), expected, "{share}");
        }
        assert_eq!(percentile(&[], 0.5), 0.0);
    }

    #[test]
    fn figures_read_well() {
        let times: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        let figure = Figure::times("there", "hub", &times);
        assert_eq!(figure.shown(), "p50 50.0 ms, p99 99.0, max 100 (n=100)");
        assert_eq!(Figure::one("memory", "hub", 3.456, "MiB").shown(), "3.46 MiB");
    }
}
