//! The heartbeat: this cluster's Lease on the hub, renewed within a time limit.

use std::time::Duration;

use crds::names;
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{Api, ObjectMeta, Patch, PatchParams, PostParams};
use serde_json::json;
use thiserror::Error;
use tokio::sync::watch;
use tokio::time::timeout;

/// Why the link counts as lost.
#[derive(Debug, Error)]
pub enum HeartbeatError {
    /// No answer in time.
    #[error("the hub did not answer a heartbeat within {0:?}")]
    Silent(Duration),
    /// An answer, but no.
    #[error("the hub refused a heartbeat")]
    Refused(#[source] Box<kube::Error>),
}

/// The longest wait for an answer.
const LIMIT: Duration = Duration::from_secs(3);

/// One cluster's heartbeat.
pub(super) struct Heartbeat {
    api: Api<Lease>,
    name: String,
    holder: String,
}

impl Heartbeat {
    /// `holder` tells this process from an earlier one.
    pub(super) fn new(hub: kube::Client, cluster: &str, holder: &str) -> Self {
        Self {
            api: Api::namespaced(hub, &names::cluster_namespace(cluster)),
            name: names::agent_object(cluster),
            holder: holder.to_owned(),
        }
    }

    /// Renews once.
    pub(super) async fn beat(&self, every: Duration) -> Result<(), HeartbeatError> {
        match timeout(LIMIT, self.renew(every)).await {
            Err(_) => Err(HeartbeatError::Silent(LIMIT)),
            Ok(Err(error)) => Err(HeartbeatError::Refused(Box::new(error))),
            Ok(Ok(())) => Ok(()),
        }
    }

    /// Renews for ever, as often as `every` says at that time; ends when a renewal fails.
    pub(super) async fn keep(&self, mut every: watch::Receiver<Duration>) -> HeartbeatError {
        loop {
            let wait = *every.borrow_and_update();
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                _ = every.changed() => continue,
            }
            if let Err(error) = self.beat(wait).await {
                return error;
            }
        }
    }

    async fn renew(&self, every: Duration) -> Result<(), kube::Error> {
        let now = MicroTime(Timestamp::now());
        let seconds = i32::try_from(every.as_secs().saturating_mul(3)).unwrap_or(i32::MAX);
        let spec = json!({"holderIdentity": self.holder, "renewTime": now, "leaseDurationSeconds": seconds});
        let params =
            PatchParams { field_manager: Some(names::AGENT_MANAGER.into()), ..PatchParams::default() };
        match self.api.patch_metadata(&self.name, &params, &Patch::Merge(json!({"spec": spec}))).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.is_not_found() => self.create(now, seconds).await,
            Err(error) => Err(error),
        }
    }

    async fn create(&self, now: MicroTime, seconds: i32) -> Result<(), kube::Error> {
        let lease = Lease {
            metadata: ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() },
            spec: Some(LeaseSpec {
                holder_identity: Some(self.holder.clone()),
                lease_duration_seconds: Some(seconds),
                acquire_time: Some(now.clone()),
                renew_time: Some(now),
                ..LeaseSpec::default()
            }),
        };
        self.api.create(&PostParams::default(), &lease).await.map(|_| ())
    }
}
