//! One pass over one Work: decide what is due, do it, say what came of it.

use std::sync::Arc;
use std::time::Duration;

use crds::federation::{DeletionPolicy, ObjectRef, Work};
use jiff::Timestamp;
use kube::ResourceExt;
use tokio::sync::watch;
use tracing::{Instrument, info_span, warn};

use super::apply::{Member, reference, show};
use super::push::Outbox;
use super::remove::Removal;
use super::render::{Rendered, Source, render};
use super::summary::{Outcome, is_cafe_kind, summarize};
use crate::inventory::{Finish, Inventory, Record};

/// Everything a pass needs.
pub struct Reconciler {
    /// This cluster.
    pub member: Member,
    /// What it must hold.
    pub inventory: Arc<Inventory>,
    /// Where statuses go.
    pub outbox: Arc<Outbox>,
    /// Whether all writes to workloads are stopped.
    pub suspended: watch::Receiver<bool>,
}

/// How often something that failed is tried again.
const RETRY: Duration = Duration::from_secs(2);
/// How often objects on their way out are looked at.
const REMOVAL_POLL: Duration = Duration::from_millis(500);

impl Reconciler {
    /// Handles Works for ever, one at a time per worker.
    pub async fn work(self: Arc<Self>) {
        loop {
            let name = self.member.queue.next().await;
            let span = info_span!("work", name);
            let record = self.inventory.get(&name);
            if let Some(trace) =
                record.as_ref().and_then(|r| r.work.annotations().get(crds::names::TRACEPARENT))
            {
                telemetry::adopt(&span, trace);
            }
            if let Some(again) = self.pass(&name).instrument(span).await {
                self.member.queue.add_after(name.clone(), again);
            }
            self.member.queue.done(&name);
        }
    }

    /// One pass; says when to look again if nothing else wakes it.
    async fn pass(&self, name: &str) -> Option<Duration> {
        let record = self.inventory.get(name)?;
        let work = &record.work;
        let outcome = self.act(&record).await;
        let again = match &outcome {
            Outcome::Applied { .. } | Outcome::Finished(_) | Outcome::Suspended => None,
            Outcome::Removing { .. } => Some(REMOVAL_POLL),
            Outcome::NotRendered(_) | Outcome::NotApplied(_) | Outcome::Unreachable(_) => Some(RETRY),
        };
        if let Outcome::NotApplied(error) = &outcome {
            warn!(error = %error, "not applied");
        }
        self.report(work, &outcome);
        again
    }

    async fn act(&self, record: &Record) -> Outcome {
        let work = &record.work;
        if let Some(finish) = record.finished {
            return Outcome::Finished(finish);
        }
        if *self.suspended.borrow() {
            return Outcome::Suspended;
        }
        let rendered = match render(work, &*self.inventory) {
            Ok(rendered) => rendered,
            Err(error) if work.metadata.deletion_timestamp.is_none() => return Outcome::NotRendered(error),
            Err(_) => Rendered { main: serde_json::Value::Null, carried: Vec::new() },
        };
        if work.metadata.deletion_timestamp.is_some() {
            return self.carry_out_deletion(work, &rendered).await;
        }
        let applied = match self.member.apply(work, &rendered).await {
            Ok(objects) => objects.len(),
            Err(error) => return Outcome::NotApplied(error),
        };
        match self.member.remove(work, &work.spec.prune).await {
            Ok(Removal::Gone) => Outcome::Applied { objects: applied },
            Ok(Removal::Waiting(objects)) => {
                Outcome::Removing { waiting: objects.iter().map(show).collect() }
            }
            Err(error) => Outcome::Unreachable(error.to_string()),
        }
    }

    /// The Work is being deleted on the hub: by its policy the objects go, or are left to themselves.
    async fn carry_out_deletion(&self, work: &Work, rendered: &Rendered) -> Outcome {
        if work.spec.deletion_policy == DeletionPolicy::Orphan {
            return self.finish(work, Finish::Orphaned);
        }
        let mut objects: Vec<ObjectRef> = self.member.holdings.of_work(&work.name_any());
        objects.extend(rendered.carried.iter().chain([&rendered.main]).filter_map(|m| reference(m).ok()));
        objects.extend(work.spec.prune.iter().cloned());
        objects.sort();
        objects.dedup();
        match self.member.remove(work, &objects).await {
            Ok(Removal::Gone) => self.finish(work, Finish::Removed),
            Ok(Removal::Waiting(objects)) => {
                Outcome::Removing { waiting: objects.iter().map(show).collect() }
            }
            Err(error) => Outcome::Unreachable(error.to_string()),
        }
    }

    fn finish(&self, work: &Work, finish: Finish) -> Outcome {
        match self.inventory.finish(&work.name_any(), &work.uid().unwrap_or_default(), finish) {
            Ok(()) => Outcome::Finished(finish),
            Err(error) => Outcome::Unreachable(error.to_string()),
        }
    }

    fn report(&self, work: &Work, outcome: &Outcome) {
        let name = work.name_any();
        let main =
            self.member.holdings.of_work(&name).into_iter().find(|o| is_cafe_kind(&o.api_version, &o.kind));
        let seen = main.as_ref().and_then(|object| self.member.holdings.seen(object));
        let generation =
            main.as_ref().and_then(|o| self.member.holdings.applied(o)).and_then(|a| a.generation);
        let cafe = seen.as_ref().and_then(|s| s.status.as_deref()).map(|status| (status, generation));
        let old = self.outbox.last(&name);
        let status = summarize(work, outcome, cafe, old.as_deref(), Timestamp::now());
        self.outbox.put(&name, &work.uid().unwrap_or_default(), status);
    }
}

impl Source for Inventory {
    fn template(&self, digest: &str) -> Option<serde_json::Value> {
        Inventory::template(self, digest)
            .inspect_err(|e| warn!(error = %e, "template not readable"))
            .ok()
            .flatten()
    }

    fn secret(&self, name: &str) -> Option<serde_json::Value> {
        Inventory::secret(self, name).inspect_err(|e| warn!(error = %e, "secret not readable")).ok().flatten()
    }
}
