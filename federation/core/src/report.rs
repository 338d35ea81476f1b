//! How decisions give their reasons: as data, one finding per subject, in a stable order.

use std::fmt;

/// What was decided about one subject, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding<R> {
    /// The cell, cluster, override or name it is about.
    pub subject: String,
    /// Why: an enum with its numbers.
    pub reason: R,
}

/// The reasons of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report<R> {
    /// In the order in which subjects were looked at, which is by name.
    pub findings: Vec<Finding<R>>,
}

impl<R> Default for Report<R> {
    fn default() -> Self {
        Self { findings: Vec::new() }
    }
}

impl<R> Report<R> {
    /// Adds a reason.
    pub fn add(&mut self, subject: impl fmt::Display, reason: R) {
        self.findings.push(Finding { subject: subject.to_string(), reason });
    }

    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// The reasons about one subject.
    pub fn about<'a>(&'a self, subject: &'a str) -> impl Iterator<Item = &'a R> + 'a {
        self.findings.iter().filter(move |finding| finding.subject == subject).map(|finding| &finding.reason)
    }
}

impl<R: fmt::Display> fmt::Display for Report<R> {
    /// `subject: reason; subject: reason`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, finding) in self.findings.iter().enumerate() {
            let separator = if place == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", finding.subject, finding.reason)?;
        }
        Ok(())
    }
}
