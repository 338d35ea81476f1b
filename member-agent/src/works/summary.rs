//! The status of a Work out of what was done and what is seen. Pure.

use crds::apps::{CafeDeployment, CafeDeploymentStatus};
use crds::federation::{Work, WorkStatus, WorkloadSummary};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::apply::ApplyError;
use super::render::RenderError;
use crate::inventory::Finish;

/// What the last pass over a Work came to.
#[derive(Debug)]
pub enum Outcome {
    /// Everything is as the Work says.
    Applied {
        /// Number of objects.
        objects: usize,
    },
    /// `suspended`: nothing is written.
    Suspended,
    /// It cannot be rendered.
    NotRendered(RenderError),
    /// The cluster refused something.
    NotApplied(ApplyError),
    /// Objects are on their way out.
    Removing {
        /// How they read.
        waiting: Vec<String>,
    },
    /// The deletion is done.
    Finished(Finish),
    /// The cluster did not answer.
    Unreachable(String),
}

impl Outcome {
    /// Whether the Work's generation counts as observed.
    fn is_final(&self) -> bool {
        matches!(self, Self::Applied { .. } | Self::Finished(_))
    }

    /// status, reason, message of the `Applied` condition.
    fn condition(&self) -> (&'static str, &'static str, String) {
        match self {
            Self::Applied { objects } => ("True", "Applied", format!("{objects} objects applied")),
            Self::Suspended => ("False", "Suspended", "the member is suspended: nothing is written".into()),
            Self::NotRendered(error) => ("False", "NotRendered", error.to_string()),
            Self::NotApplied(error) => ("False", error.reason(), error.to_string()),
            Self::Removing { waiting } => {
                ("False", "Removing", format!("waiting for {} to go", waiting.join(", ")))
            }
            Self::Finished(Finish::Removed) => ("False", "Removed", "all objects are gone".into()),
            Self::Finished(Finish::Orphaned) => {
                ("False", "Orphaned", "the objects stay and belong to nobody".into())
            }
            Self::Unreachable(message) => ("False", "MemberUnreachable", message.clone()),
        }
    }
}

/// The status to report. `old` gives the times of conditions that did not change.
pub fn summarize(
    work: &Work,
    outcome: &Outcome,
    cafe: Option<(&CafeDeploymentStatus, Option<i64>)>,
    old: Option<&WorkStatus>,
    now: Timestamp,
) -> WorkStatus {
    let (status, reason, message) = outcome.condition();
    let generation = work.metadata.generation.unwrap_or_default();
    let seen_before = old.map_or(0, |o| o.observed_generation);
    let before = old.and_then(|o| o.conditions.iter().find(|c| c.type_ == "Applied"));
    let since = match before {
        Some(before) if before.status == status => before.last_transition_time.clone(),
        _ => Time(now),
    };
    WorkStatus {
        observed_generation: if outcome.is_final() { generation } else { seen_before },
        conditions: vec![Condition {
            type_: "Applied".into(),
            status: status.into(),
            reason: reason.into(),
            message: cut(message, 512),
            last_transition_time: since,
            observed_generation: None,
        }],
        workload: cafe.map(|(status, applied)| workload(status, applied)),
        feedback: None,
    }
}

/// A CafeDeployment's status, as far as the hub decides on it.
fn workload(status: &CafeDeploymentStatus, applied_generation: Option<i64>) -> WorkloadSummary {
    let release = status.release.clone().unwrap_or_default();
    let invalid = status.conditions.iter().find(|c| c.type_ == "Invalid" && c.status == "True");
    WorkloadSummary {
        current: applied_generation.is_some_and(|applied| status.observed_generation >= applied),
        release_seq: status.release_seq,
        revision: status.updated_revision.clone(),
        phase: release.phase,
        group: release.group,
        last_group: release.last_group,
        group_done: release.group_done,
        cells: status.cells.clone(),
        problems: status.problems.iter().take(5).cloned().collect(),
        invalid: invalid.map(|c| cut(c.message.clone(), 512)).unwrap_or_default(),
    }
}

/// The kind whose status is reported whole.
pub fn is_cafe_kind(api_version: &str, kind: &str) -> bool {
    use kube::Resource;
    api_version == CafeDeployment::api_version(&()) && kind == CafeDeployment::kind(&())
}

fn cut(text: String, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work() -> Work {
        let mut work = Work::new("w", crds::federation::WorkSpec::default());
        work.metadata.generation = Some(4);
        work
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_failed_pass_does_not_count_as_observed_and_names_the_object() {
        let old = WorkStatus { observed_generation: 3, ..WorkStatus::default() };
        let outcome = Outcome::NotApplied(ApplyError::Unmanaged("ConfigMap default/a".into()));
        let status = summarize(&work(), &outcome, None, Some(&old), at(10));
        assert_eq!(status.observed_generation, 3);
        assert_eq!(status.conditions[0].reason, "ConflictWithUnmanaged");
        assert!(status.conditions[0].message.contains("ConfigMap default/a"));
    }

    #[test]
    fn the_time_of_a_condition_stays_while_its_status_does() {
        let first = summarize(&work(), &Outcome::Applied { objects: 1 }, None, None, at(10));
        let second = summarize(&work(), &Outcome::Applied { objects: 2 }, None, Some(&first), at(20));
        assert_eq!(second.conditions[0].last_transition_time, Time(at(10)));
        let third = summarize(&work(), &Outcome::Suspended, None, Some(&second), at(30));
        assert_eq!(third.conditions[0].last_transition_time, Time(at(30)));
    }

    #[test]
    fn a_workload_is_current_only_when_its_controller_has_seen_what_was_applied() {
        let cafe = CafeDeploymentStatus { observed_generation: 6, ..CafeDeploymentStatus::default() };
        let current = |applied| {
            summarize(&work(), &Outcome::Applied { objects: 1 }, Some((&cafe, applied)), None, at(1))
                .workload
                .unwrap()
                .current
        };
        assert!(current(Some(6)));
        assert!(!current(Some(7)));
        assert!(!current(None));
    }
}
