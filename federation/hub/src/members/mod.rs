//! The life of a member on the hub, a file per step: [`provision`] its namespace and its agent's rights,
//! judge its [`readiness`] by heartbeats, [`remove`] it.

mod conditions;
mod provision;
mod readiness;
mod remove;

use std::collections::BTreeMap;
use std::time::Duration;

use crds::federation::MemberCluster;
use crds::names;
use futures::StreamExt;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;
use kube::ResourceExt;
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use serde_json::json;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use conditions::conditions;
use federation_core::cluster::Readiness;
use readiness::Heard;

use crate::metrics::HubMetrics;

/// The member controller: conditions of all members, and what each needs on the hub.
pub struct Members {
    client: kube::Client,
    members: BTreeMap<String, MemberCluster>,
    heard: Heard,
    provisioned: BTreeMap<String, String>,
    metrics: HubMetrics,
}

/// How often members on their way out are looked at.
const REMOVAL_POLL: Duration = Duration::from_millis(500);

impl Members {
    /// Over `client`.
    pub fn new(client: kube::Client, metrics: HubMetrics) -> Self {
        Self {
            client,
            members: BTreeMap::new(),
            heard: Heard::new(Instant::now()),
            provisioned: BTreeMap::new(),
            metrics,
        }
    }

    /// Runs until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let members: Api<MemberCluster> = Api::all(self.client.clone());
        let mut members = watcher(members, watcher::Config::default()).default_backoff().boxed();
        let ours =
            watcher::Config::default().labels(&format!("{}={}", names::MANAGED_BY, names::CAFE_FEDERATION));
        let mut leases = watcher(Api::<Lease>::all(self.client.clone()), ours).default_backoff().boxed();
        let mut wake = Instant::now();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                Some(event) = members.next() => self.note_member(event),
                Some(event) = leases.next() => if !self.note_lease(event) { continue },
                () = tokio::time::sleep_until(wake) => {}
            }
            wake = self.pass().await;
        }
    }

    fn note_member(&mut self, event: Result<Event<MemberCluster>, watcher::Error>) {
        match event {
            Ok(Event::Init) => self.members.clear(),
            Ok(Event::InitApply(member) | Event::Apply(member)) => {
                self.members.insert(member.name_any(), member);
            }
            Ok(Event::Delete(member)) => {
                let name = member.name_any();
                self.members.remove(&name);
                self.provisioned.remove(&name);
                self.heard.forget(&name);
                self.metrics.forget(&name);
            }
            Ok(Event::InitDone) => {}
            Err(error) => warn!(error = %error, "the watch of members broke; it starts again"),
        }
    }

    /// Whether a heartbeat changes what is known: a renewal of a member that is Ready does not.
    fn note_lease(&mut self, event: Result<Event<Lease>, watcher::Error>) -> bool {
        let Ok(Event::InitApply(lease) | Event::Apply(lease)) = event else { return false };
        let name = lease.name_any();
        let Some(cluster) = names::cluster_of_agent_object(&name) else { return false };
        if lease.namespace() != Some(names::cluster_namespace(cluster)) {
            return false;
        }
        let renewed = lease.spec.and_then(|s| s.renew_time).map(|t| t.0);
        self.heard.hear(cluster, renewed, Instant::now())
    }

    /// Brings all members up to date; says when to look again.
    async fn pass(&mut self) -> Instant {
        let mut wake = Instant::now() + Duration::from_secs(60);
        let names: Vec<String> = self.members.keys().cloned().collect();
        for name in names {
            let Some(member) = self.members.get(&name).cloned() else { continue };
            match self.pass_one(&member).await {
                Ok(next) => wake = wake.min(next),
                Err(error) => {
                    warn!(member = name, error = %error, "could not bring a member up to date; trying again");
                    wake = wake.min(Instant::now() + Duration::from_secs(1));
                }
            }
        }
        wake
    }

    async fn pass_one(&mut self, member: &MemberCluster) -> Result<Instant, anyhow::Error> {
        if member.metadata.deletion_timestamp.is_some() {
            remove::carry_out(&self.client, member).await?;
            return Ok(Instant::now() + REMOVAL_POLL);
        }
        self.provision(member).await?;
        let (readiness, wake) = self.heard.judge(member, Instant::now());
        let ready = matches!(readiness, Readiness::Ready { .. });
        self.metrics.member(&member.name_any(), ready, self.heard.age(&member.name_any(), Instant::now()));
        let old = member.status.as_ref().map(|s| s.conditions.clone()).unwrap_or_default();
        let new = conditions(member, &readiness, &old, Timestamp::now());
        if new != old {
            for condition in
                new.iter().filter(|n| !old.iter().any(|o| o.type_ == n.type_ && o.status == n.status))
            {
                info!(
                    member = member.name_any(),
                    condition = condition.type_,
                    status = condition.status,
                    reason = condition.reason,
                    "{}",
                    condition.message
                );
            }
            let mut status = json!({"conditions": new});
            if let Some(at) = self.heard.last_renewal(&member.name_any()) {
                status["lastHeartbeat"] = at.to_string().into();
            }
            let api: Api<MemberCluster> = Api::all(self.client.clone());
            let params =
                PatchParams { field_manager: Some(names::HUB_MANAGER.into()), ..PatchParams::default() };
            let name = member.name_any();
            let written = api.patch_status(&name, &params, &Patch::Merge(json!({"status": status}))).await?;
            self.members.insert(name, written);
        }
        Ok(wake)
    }

    /// Namespace, rights and finalizer, once per member and start.
    async fn provision(&mut self, member: &MemberCluster) -> Result<(), anyhow::Error> {
        let (name, uid) = (member.name_any(), member.uid().unwrap_or_default());
        if self.provisioned.get(&name) == Some(&uid) {
            return Ok(());
        }
        provision::provision(&self.client, member).await?;
        self.provisioned.insert(name, uid);
        Ok(())
    }
}
