//! Statuses on their way to the hub: the newest of each Work, sent when it differs from what the hub holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use crds::federation::{Work, WorkStatus};
use crds::names;
use futures::future::join_all;
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use member_agent_core::difference::merge_patch;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tracing::debug;

/// Statuses sent side by side.
const BATCH: usize = 16;

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
            loop {
                // One status per Work at a time, so that a newer one never overtakes an older one.
                let batch: Vec<_> = std::iter::from_fn(|| self.take()).take(BATCH).collect();
                if batch.is_empty() {
                    break;
                }
                self.send_batch(&api, batch).await?;
            }
            changed.await;
        }
    }

    /// Sends some statuses side by side; what was not taken is sent again later, and the first error is told.
    async fn send_batch(
        &self,
        api: &Api<Work>,
        batch: Vec<(String, Report, Arc<WorkStatus>)>,
    ) -> Result<(), kube::Error> {
        let sending = batch.into_iter().map(|(name, report, held)| async move {
            let outcome = send_one(api, &name, &report, &held).await;
            (name, report, outcome)
        });
        let mut first = Ok(());
        for (name, report, outcome) in join_all(sending).await {
            match outcome {
                Ok(()) => self.lock().sent(&name, report),
                Err(error) => {
                    self.lock().mark(&name);
                    first = first.and(Err(error));
                }
            }
        }
        first
    }

    /// The next status to send, and the one that the hub holds.
    fn take(&self) -> Option<(String, Report, Arc<WorkStatus>)> {
        let mut state = self.lock();
        let name = state.dirty.pop_first()?;
        let report = state.wanted.get(&name)?.clone();
        let held = state.held.get(&name)?.status.clone();
        Some((name, report, held))
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

/// The patch that makes `wanted` out of `held`: what is empty now must be taken away by name.
fn difference(held: &WorkStatus, wanted: &WorkStatus) -> Result<Option<Value>, kube::Error> {
    let value = |status: &WorkStatus| serde_json::to_value(status).map_err(kube::Error::SerdeError);
    Ok(merge_patch(&value(held)?, &value(wanted)?))
}

async fn send_one(
    api: &Api<Work>,
    name: &str,
    report: &Report,
    held: &WorkStatus,
) -> Result<(), kube::Error> {
    let Some(difference) = difference(held, &report.status)? else { return Ok(()) };
    // The uid is a precondition: a Work that was made anew is not reported on with the old one's status.
    let body = json!({"metadata": {"uid": report.uid}, "status": difference});
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

#[cfg(test)]
mod tests {
    use super::*;

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
        let (name, report, _) = outbox.take().unwrap();
        assert_eq!((name.as_str(), report.status.observed_generation), ("w", 2));
        outbox.lock().sent("w", report);
        outbox.put("w", "u", status(2));
        assert_eq!(outbox.waiting(), 0);
    }

    #[test]
    fn what_is_empty_now_is_taken_away_on_the_hub() {
        use crds::apps::PodProblem;
        use crds::federation::WorkloadSummary;
        let problem = PodProblem { pod: "shop-1".into(), reason: "ImagePullBackOff".into() };
        let summary = WorkloadSummary { problems: vec![problem], invalid: "x".into(), ..Default::default() };
        let held = WorkStatus { workload: Some(summary), ..status(1) };
        let wanted = WorkStatus { workload: Some(WorkloadSummary::default()), ..status(1) };
        let patch = difference(&held, &wanted).unwrap();
        assert_eq!(patch, Some(json!({"workload": {"problems": null, "invalid": null}})));
        assert_eq!(difference(&wanted, &wanted).unwrap(), None);
    }

    #[test]
    fn another_work_of_that_name_is_not_reported_on() {
        let outbox = Outbox::default();
        outbox.put("w", "old", status(1));
        outbox.hub_holds(&work("new"));
        assert_eq!(outbox.waiting(), 0);
    }
}
