//! Applies the manifests of one Work by server-side apply, where the cluster differs from them.

use std::sync::Arc;

use crds::federation::{Conflict, ObjectRef, Work};
use crds::names;
use k8s_openapi::api::core::v1::Namespace;
use kube::ResourceExt;
use kube::api::{Api, DynamicObject, ObjectMeta, Patch, PatchParams, PostParams};
use serde_json::Value;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::kinds::{Kinds, text};
use super::observe::{Applied, Holdings};
use super::render::Rendered;
use crate::queue::Queue;

/// The member side of the agent.
pub struct Member {
    /// Client of this cluster.
    pub client: kube::Client,
    /// Kinds it serves.
    pub kinds: Kinds,
    /// What it holds of ours.
    pub holdings: Arc<Holdings>,
    /// Works to be looked at.
    pub queue: Arc<Queue<String>>,
    /// Ends the watches.
    pub stop: CancellationToken,
}

/// Why a manifest could not be applied.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// The manifest says not what it is.
    #[error("the manifest has no {0}")]
    Incomplete(&'static str),
    /// An object of that name is there that the federation did not make.
    #[error(
        "{} exists in this cluster and was not made by the federation; delete it, or set spec.conflict: Adopt",
        .0
    )]
    Unmanaged(String),
    /// An object of that name belongs to another Work.
    #[error("{object} belongs to another source ({owner}) already")]
    OwnedByOther {
        /// The object.
        object: String,
        /// Its source.
        owner: String,
    },
    /// The cluster refuses or does not answer.
    #[error("{attempt} {object}: {message}")]
    Refused {
        /// `apply`, `read`, `make the namespace of`.
        attempt: &'static str,
        /// The object.
        object: String,
        /// In the cluster's words.
        message: String,
        /// The error.
        #[source]
        source: Box<kube::Error>,
    },
}

impl ApplyError {
    /// Reason of the `Applied` condition.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Incomplete(_) => "Incomplete",
            Self::Unmanaged(_) => "ConflictWithUnmanaged",
            Self::OwnedByOther { .. } => "ConflictWithOther",
            Self::Refused { .. } => "ApplyFailed",
        }
    }

    fn refused(attempt: &'static str, object: &ObjectRef, source: kube::Error) -> Self {
        let message = match &source {
            kube::Error::Api(status) => status.message.clone(),
            other => other.to_string(),
        };
        Self::Refused { attempt, object: show(object), message, source: Box::new(source) }
    }
}

/// `Kind namespace/name`, for messages.
pub fn show(object: &ObjectRef) -> String {
    if object.namespace.is_empty() {
        format!("{} {}", object.kind, object.name)
    } else {
        format!("{} {}/{}", object.kind, object.namespace, object.name)
    }
}

/// Name of a manifest's object.
pub fn reference(manifest: &Value) -> Result<ObjectRef, ApplyError> {
    let need = |pointer: &str, what: &'static str| match text(manifest, pointer) {
        "" => Err(ApplyError::Incomplete(what)),
        found => Ok(found.to_owned()),
    };
    Ok(ObjectRef {
        api_version: need("/apiVersion", "apiVersion")?,
        kind: need("/kind", "kind")?,
        namespace: text(manifest, "/metadata/namespace").to_owned(),
        name: need("/metadata/name", "metadata.name")?,
    })
}

impl Member {
    /// Brings all manifests into the cluster; what is as it was applied last costs nothing. The first failure
    /// ends the pass, so that a CafeDeployment does not start without its ConfigMap.
    pub async fn apply(&self, work: &Work, rendered: &Rendered) -> Result<Vec<ObjectRef>, ApplyError> {
        let mut objects = Vec::with_capacity(rendered.carried.len() + 1);
        for manifest in rendered.carried.iter().chain([&rendered.main]) {
            objects.push(self.apply_one(work, manifest).await?);
        }
        Ok(objects)
    }

    async fn apply_one(&self, work: &Work, manifest: &Value) -> Result<ObjectRef, ApplyError> {
        let mut object = reference(manifest)?;
        let kind = self
            .kinds
            .get(&self.client, &object.api_version, &object.kind)
            .await
            .map_err(|e| ApplyError::refused("find the kind of", &object, e))?;
        if !kind.namespaced {
            object.namespace.clear();
        }
        self.holdings.watch(&self.client, &kind, &self.queue, &self.stop);
        let digest = digest(manifest);
        if self.holdings.is_as_applied(&object, &digest) {
            return Ok(object);
        }
        let api = kind.api(&self.client, &object.namespace);
        self.check_owner(work, &object, &api).await?;
        let params = PatchParams::apply(names::AGENT_MANAGER).force();
        let outcome = match api.patch(&object.name, &params, &Patch::Apply(manifest)).await {
            Err(kube::Error::Api(status)) if is_missing_namespace(&status, &object) => {
                self.make_namespace(&object).await?;
                api.patch(&object.name, &params, &Patch::Apply(manifest)).await
            }
            outcome => outcome,
        };
        let live = outcome.map_err(|e| {
            self.kinds.forget(&object.api_version, &object.kind);
            ApplyError::refused("apply", &object, e)
        })?;
        info!(object = show(&object), work = work.name_any(), "applied");
        self.holdings.note_applied(object.clone(), applied(work, digest, live.metadata));
        Ok(object)
    }

    /// An object that is there must be ours, or be adopted on purpose.
    async fn check_owner(
        &self,
        work: &Work,
        object: &ObjectRef,
        api: &Api<DynamicObject>,
    ) -> Result<(), ApplyError> {
        let uid = work.uid().unwrap_or_default();
        if self.holdings.seen(object).is_some_and(|seen| seen.work_uid == uid) {
            return Ok(());
        }
        let found = api.get_metadata_opt(&object.name).await;
        let Some(live) = found.map_err(|e| ApplyError::refused("read", object, e))? else { return Ok(()) };
        let owner = live.annotations().get(names::WORK_UID).cloned();
        let managed = live.labels().get(names::MANAGED_BY).is_some_and(|v| v == names::CAFE_FEDERATION);
        match owner {
            Some(owner) if managed && owner == uid => Ok(()),
            // A Work that was made anew for the same source (a hub restored, a member that joined again).
            Some(_) if managed && live.annotations().get(names::SOURCE) == source_of(work).as_ref() => Ok(()),
            Some(_) if managed && work.spec.conflict == Conflict::Abort => {
                let owner = live.annotations().get(names::SOURCE).cloned().unwrap_or_default();
                Err(ApplyError::OwnedByOther { object: show(object), owner })
            }
            _ if work.spec.conflict == Conflict::Adopt => Ok(()),
            _ => Err(ApplyError::Unmanaged(show(object))),
        }
    }

    /// The same namespace as on the hub; made if absent, never deleted.
    async fn make_namespace(&self, object: &ObjectRef) -> Result<(), ApplyError> {
        let namespace = Namespace {
            metadata: ObjectMeta { name: Some(object.namespace.clone()), ..ObjectMeta::default() },
            ..Namespace::default()
        };
        match Api::all(self.client.clone()).create(&PostParams::default(), &namespace).await {
            Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(()),
            Err(error) => Err(ApplyError::refused("make the namespace of", object, error)),
            Ok(_) => Ok(()),
        }
    }
}

fn source_of(work: &Work) -> Option<String> {
    let labels = work.metadata.labels.as_ref()?;
    let kind = labels.get(names::SOURCE_KIND)?;
    let name = labels.get(names::SOURCE_NAME)?;
    Some(format!("{kind}/{}/{name}", labels.get(names::SOURCE_NAMESPACE).map_or("", String::as_str)))
}

fn is_missing_namespace(status: &kube::core::Status, object: &ObjectRef) -> bool {
    let of_namespace = status.details.as_ref().is_some_and(|d| d.kind == "namespaces");
    status.code == 404 && !object.namespace.is_empty() && of_namespace
}

fn applied(work: &Work, digest: [u8; 32], metadata: ObjectMeta) -> Applied {
    Applied {
        work: work.name_any(),
        digest,
        resource_version: metadata.resource_version.unwrap_or_default(),
        generation: metadata.generation,
    }
}

/// SHA-256 of a manifest's JSON; maps are ordered, so that equal manifests have equal digests.
fn digest(manifest: &Value) -> [u8; 32] {
    Sha256::digest(manifest.to_string().as_bytes()).into()
}
