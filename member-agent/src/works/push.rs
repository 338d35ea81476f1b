//! Statuses on their way to the hub: the newest of each Work, sent when it differs from what the hub holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use crds::federation::{Work, WorkStatus};
use crds::names;
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tracing::debug;

/// Newest statuses, and what the hub holds.
#[derive(Default)]
pub struct Outbox {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    wanted: BTreeMap<String, Report>,
    held: BTreeMap<String, Report>,
    dirty: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq)]
struct Report {
    uid: String,
    status: Arc<WorkStatus>,
}

impl Outbox {
    /// The newest status of a Work.
    pub fn put(&self, name: &str, uid: &str, status: WorkStatus) {
        let report = Report { uid: uid.to_owned(), status: Arc::new(status) };
        {
            let mut state = self.lock();
            state.wanted.insert(name.to_owned(), report);
            state.mark(name);
        }
        self.changed.notify_one();
    }

    /// What the hub holds, as a watch showed it.
    pub fn hub_holds(&self, work: &Work) {
        let report = Report {
            uid: work.uid().unwrap_or_default(),
            status: Arc::new(work.status.clone().unwrap_or_default()),
        };
        let name = work.name_any();
        {
            let mut state = self.lock();
            state.held.insert(name.clone(), report);
            state.mark(&name);
        }
        self.changed.notify_one();
    }

    /// The last status that was made for this Work.
    pub fn last(&self, name: &str) -> Option<Arc<WorkStatus>> {
        let state = self.lock();
        let report = state.wanted.get(name).or_else(|| state.held.get(name))?;
        Some(report.status.clone())
    }

    /// The Work is gone.
    pub fn forget(&self, name: &str) {
        let mut state = self.lock();
        state.wanted.remove(name);
        state.held.remove(name);
        state.dirty.remove(name);
    }

    /// How many statuses wait.
    pub fn waiting(&self) -> usize {
        self.lock().dirty.len()
    }

    /// Sends statuses until the hub does not take one.
    pub async fn send(&self, hub: kube::Client, cluster: &str) -> Result<(), kube::Error> {
        let api: Api<Work> = Api::namespaced(hub, &names::cluster_namespace(cluster));
        loop {
            let changed = self.changed.notified();
            while let Some((name, report)) = self.take() {
                if let Err(error) = send_one(&api, &name, &report).await {
                    self.lock().mark(&name);
                    return Err(error);
                }
                self.lock().sent(&name, report);
            }
            changed.await;
        }
    }

    fn take(&self) -> Option<(String, Report)> {
        let mut state = self.lock();
        let name = state.dirty.pop_first()?;
        let report = state.wanted.get(&name)?.clone();
        Some((name, report))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl State {
    /// Dirty is what the hub knows a Work of, and holds another status for.
    fn mark(&mut self, name: &str) {
        let differs = match (self.wanted.get(name), self.held.get(name)) {
            (Some(wanted), Some(held)) => wanted.uid == held.uid && wanted.status != held.status,
            _ => false,
        };
        if differs {
            self.dirty.insert(name.to_owned());
        } else {
            self.dirty.remove(name);
        }
    }

    fn sent(&mut self, name: &str, report: Report) {
        self.held.insert(name.to_owned(), report);
        self.mark(name);
    }
}

async fn send_one(api: &Api<Work>, name: &str, report: &Report) -> Result<(), kube::Error> {
    // The uid is a precondition: a Work that was made anew is not reported on with the old one's status.
    let body = json!({"metadata": {"uid": report.uid}, "status": whole(&report.status)});
    let params = PatchParams { field_manager: Some(names::AGENT_MANAGER.into()), ..PatchParams::default() };
    match api.patch_status(name, &params, &Patch::Merge(&body)).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409 | 422) => {
            debug!(
                work = name,
                message = status.message,
                "the hub does not take this status; the watch will tell why"
            );
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// The status as a merge patch that leaves nothing of an older one: a field that is left out where it is empty is
/// said to be gone, for a merge keeps what it does not hear of.
fn whole(status: &WorkStatus) -> Value {
    const LEFT_OUT: [(&str, &[&str]); 2] = [
        ("", &["conditions", "workload", "feedback"]),
        ("/workload", &["revision", "phase", "cells", "problems", "invalid"]),
    ];
    let mut body = json!(status);
    for (part, fields) in LEFT_OUT {
        if let Some(Value::Object(part)) = body.pointer_mut(part) {
            for field in fields {
                part.entry(*field).or_insert(Value::Null);
            }
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crds::apps::{CellStatus, PodProblem};
    use crds::federation::WorkloadSummary;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

    fn work(uid: &str) -> Work {
        let mut work = Work::new("w", crds::federation::WorkSpec::default());
        work.metadata.uid = Some(uid.into());
        work
    }

    fn status(generation: i64) -> WorkStatus {
        WorkStatus { observed_generation: generation, ..WorkStatus::default() }
    }

    #[test]
    fn only_a_difference_is_sent_and_the_newest_wins() {
        let outbox = Outbox::default();
        outbox.put("w", "u", status(1));
        assert_eq!(outbox.waiting(), 0, "the hub is not known to have this Work");
        outbox.hub_holds(&work("u"));
        outbox.put("w", "u", status(2));
        let (name, report) = outbox.take().unwrap();
        assert_eq!((name.as_str(), report.status.observed_generation), ("w", 2));
        outbox.lock().sent("w", report);
        outbox.put("w", "u", status(2));
        assert_eq!(outbox.waiting(), 0);
    }

    #[test]
    fn another_work_of_that_name_is_not_reported_on() {
        let outbox = Outbox::default();
        outbox.put("w", "old", status(1));
        outbox.hub_holds(&work("new"));
        assert_eq!(outbox.waiting(), 0);
    }

    /// A status with nothing left out.
    fn full() -> WorkStatus {
        let condition = Condition {
            type_: "Applied".into(),
            status: "True".into(),
            reason: "Applied".into(),
            message: String::new(),
            last_transition_time: Time(jiff::Timestamp::UNIX_EPOCH),
            observed_generation: None,
        };
        WorkStatus {
            observed_generation: 1,
            conditions: vec![condition],
            workload: Some(WorkloadSummary {
                current: true,
                release_seq: 1,
                revision: "r".into(),
                phase: "Releasing".into(),
                group: 1,
                last_group: 1,
                group_done: false,
                cells: vec![CellStatus::default()],
                problems: vec![PodProblem::default()],
                invalid: "why".into(),
            }),
            feedback: Some(json!({})),
        }
    }

    #[test]
    fn a_status_leaves_nothing_of_the_one_before() {
        let empty_workload =
            WorkStatus { workload: Some(WorkloadSummary::default()), ..WorkStatus::default() };
        for next in [WorkStatus::default(), empty_workload] {
            let mut stored = json!(full());
            json_patch::merge(&mut stored, &whole(&next));
            assert_eq!(stored, json!(next));
        }
    }
}
