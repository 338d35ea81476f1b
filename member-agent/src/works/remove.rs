//! Deletes from this cluster, only on a positive instruction (I21): a name in `prune[]`, or a Work that is
//! being deleted with policy `Delete`. An object that does not carry this Work's uid is left alone.

use crds::federation::{ObjectRef, Work};
use crds::names;
use kube::ResourceExt;
use kube::api::{DeleteParams, Preconditions, PropagationPolicy};
use tracing::info;

use super::apply::{Member, show};

/// What became of objects that should go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// None of them is there.
    Gone,
    /// These are still there.
    Waiting(Vec<ObjectRef>),
}

impl Member {
    /// Deletes those of `objects` that are ours, and says which are still there.
    pub async fn remove(&self, work: &Work, objects: &[ObjectRef]) -> Result<Removal, kube::Error> {
        let mut waiting = Vec::new();
        for object in objects {
            if self.remove_one(work, object).await? {
                waiting.push(object.clone());
            }
        }
        Ok(if waiting.is_empty() { Removal::Gone } else { Removal::Waiting(waiting) })
    }

    /// Whether the object is still there, after having asked for its deletion.
    async fn remove_one(&self, work: &Work, object: &ObjectRef) -> Result<bool, kube::Error> {
        let kind = match self.kinds.get(&self.client, &object.api_version, &object.kind).await {
            Ok(kind) => kind,
            Err(kube::Error::Discovery(_)) => return Ok(false),
            Err(error) => return Err(error),
        };
        let api = kind.api(&self.client, &object.namespace);
        let Some(live) = api.get_metadata_opt(&object.name).await? else {
            self.holdings.drop_object(object);
            return Ok(false);
        };
        if live.annotations().get(names::WORK_UID) != work.metadata.uid.as_ref() {
            self.holdings.drop_object(object);
            return Ok(false);
        }
        if live.metadata.deletion_timestamp.is_some() {
            return Ok(true);
        }
        info!(object = show(object), work = work.name_any(), "deleting as the hub asked");
        let params = DeleteParams {
            preconditions: Some(Preconditions { uid: live.metadata.uid, resource_version: None }),
            propagation_policy: Some(PropagationPolicy::Foreground),
            ..DeleteParams::default()
        };
        match api.delete(&object.name, &params).await {
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(false),
            Err(error) => Err(error),
            Ok(_) => Ok(true),
        }
    }
}
