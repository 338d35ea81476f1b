//! Looks at one object live and does what the judgement says.

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::Client;
use kube::api::{DeleteParams, Patch, PatchParams, Preconditions};
use serde_json::{Value, json};

use super::graph::{Deletion, Dependent, Item, Node, Owner, Seen, Uid};
use super::verdict::{OwnerState, Policy, Verdict, judge};
use super::{FOREGROUND, ORPHAN};
use crate::controllers::answered;
use crate::controllers::kinds::{Kind, Kinds};

/// What the graph is to be told after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The object is as it should be, or will say so by an event.
    Settled,
    /// There is no such object any more.
    Gone,
    /// Look at these first; their events lead back here.
    Wake(Vec<Uid>),
}

/// What an attempt found out beside its outcome.
#[derive(Debug, Default)]
pub struct Report {
    /// Owners that a live look-up did not find.
    pub absent: Vec<Uid>,
    /// A sentence for a Warning event about an owner reference that can never hold.
    pub warning: Option<String>,
}

/// Reads objects and writes them.
pub struct Collector {
    client: Client,
    kinds: Arc<Kinds>,
}

impl Collector {
    /// A collector for the kinds of one server.
    pub fn new(client: Client, kinds: Arc<Kinds>) -> Self {
        Self { client, kinds }
    }

    /// One attempt at one object. Safe to repeat at any time.
    ///
    /// # Errors
    /// A request failed; try again later.
    pub async fn attempt(&self, item: &Item, report: &mut Report) -> Result<Outcome, kube::Error> {
        let Some(kind) = self.kinds.get(item.node.kind) else { return Ok(Outcome::Settled) };
        let api = kind.metadata(self.client.clone(), &item.node.namespace);
        let live = match api.get_opt(&item.node.name).await? {
            Some(live) if live.metadata.uid.as_deref() == Some(&*item.uid) => live.metadata,
            // Another object has the name now.
            _ => return Ok(Outcome::Gone),
        };
        let node = node_of(item.node.kind, &live);
        let finalizers = live.finalizers.clone().unwrap_or_default();
        let owners = match node.deletion {
            Deletion::None => self.owners(item, &node, kind, report).await?,
            _ => Vec::new(),
        };
        match judge(node.deletion, &finalizers, &owners, &item.dependents) {
            Verdict::Keep => Ok(Outcome::Settled),
            Verdict::WaitFor(blocking) => Ok(Outcome::Wake(blocking)),
            Verdict::DropOwners(gone) => {
                let rest =
                    live.owner_references.iter().flatten().filter(|r| !gone.iter().any(|g| **g == *r.uid));
                let rest: Vec<&OwnerReference> = rest.collect();
                self.patch(kind, &live, json!({ "ownerReferences": rest })).await
            }
            Verdict::Delete { policy, unblock } => self.delete(kind, &live, policy, unblock).await,
            Verdict::ReleaseForeground => self.release(kind, &live, FOREGROUND).await,
            Verdict::Orphan(_) => {
                for dependent in &item.dependents {
                    self.orphan(dependent, &item.uid).await?;
                }
                self.release(kind, &live, ORPHAN).await
            }
        }
    }

    /// The state of every owner in the live object, looked up where the graph does not know it.
    async fn owners(
        &self,
        item: &Item,
        node: &Node,
        kind: &Kind,
        report: &mut Report,
    ) -> Result<Vec<(Uid, OwnerState)>, kube::Error> {
        let mut states = Vec::with_capacity(node.owners.len());
        for owner in &node.owners {
            let known =
                item.node.owners.iter().zip(&item.owners).find(|(o, _)| o.uid == owner.uid).map(|(_, s)| *s);
            let state = match known.unwrap_or(Seen::Unknown) {
                Seen::Present(Deletion::Foreground) => OwnerState::Waiting,
                Seen::Present(_) => OwnerState::Solid,
                Seen::Absent => OwnerState::Dangling,
                elsewhere_or_unknown => {
                    let elsewhere = elsewhere_or_unknown == Seen::Elsewhere;
                    self.look_up(node, kind, owner, elsewhere, report).await?
                }
            };
            states.push((Uid::clone(&owner.uid), state));
        }
        Ok(states)
    }

    async fn look_up(
        &self,
        node: &Node,
        kind: &Kind,
        owner: &Owner,
        elsewhere: bool,
        report: &mut Report,
    ) -> Result<OwnerState, kube::Error> {
        let number = self.kinds.find(&owner.api_version, &owner.kind);
        let Some(owner_kind) = number.and_then(|n| self.kinds.get(n)) else {
            return Ok(OwnerState::Unresolvable);
        };
        if owner_kind.namespaced && !kind.namespaced {
            report.warning = Some(format!(
                "ownerRef {} does not exist in any namespace: the object is cluster-scoped and its owner is not; it is kept",
                described(owner, "")
            ));
            return Ok(OwnerState::Unresolvable);
        }
        let namespace = if owner_kind.namespaced { &*node.namespace } else { "" };
        let found = owner_kind.metadata(self.client.clone(), namespace).get_opt(&owner.name).await?;
        match found.map(|f| f.metadata) {
            Some(live) if live.uid.as_deref() == Some(&*owner.uid) => {
                Ok(match node_of(node.kind, &live).deletion {
                    Deletion::Foreground => OwnerState::Waiting,
                    _ => OwnerState::Solid,
                })
            }
            _ => {
                if elsewhere {
                    let text = described(owner, namespace);
                    report.warning =
                        Some(format!("ownerRef {text} does not exist in namespace \"{namespace}\""));
                } else {
                    report.absent.push(Uid::clone(&owner.uid));
                }
                Ok(OwnerState::Dangling)
            }
        }
    }

    async fn delete(
        &self,
        kind: &Kind,
        live: &ObjectMeta,
        policy: Policy,
        unblock: bool,
    ) -> Result<Outcome, kube::Error> {
        let mut version = live.resource_version.clone();
        if unblock && live.owner_references.iter().flatten().any(|r| r.block_owner_deletion == Some(true)) {
            let references = live.owner_references.iter().flatten().cloned();
            let references: Vec<OwnerReference> =
                references.map(|r| OwnerReference { block_owner_deletion: Some(false), ..r }).collect();
            match self.merge(kind, live, json!({ "ownerReferences": references })).await? {
                Some(patched) => version = patched.resource_version,
                None => return Ok(Outcome::Gone),
            }
        }
        let params = match policy {
            Policy::Background => DeleteParams::background(),
            Policy::Foreground => DeleteParams::foreground(),
            Policy::Orphan => DeleteParams::orphan(),
        };
        // The owners were judged at this version; another one may have other owners.
        let same = Preconditions { uid: live.uid.clone(), resource_version: version };
        let api = kind.objects(self.client.clone(), live.namespace.as_deref().unwrap_or_default());
        let name = live.name.as_deref().unwrap_or_default();
        match api.delete(name, &params.preconditions(same)).await {
            Ok(_) => Ok(Outcome::Settled),
            Err(error) if answered(&error, 404) => Ok(Outcome::Gone),
            Err(error) => Err(error),
        }
    }

    /// Takes `finalizer` out.
    async fn release(&self, kind: &Kind, live: &ObjectMeta, finalizer: &str) -> Result<Outcome, kube::Error> {
        let rest: Vec<&String> = live.finalizers.iter().flatten().filter(|f| *f != finalizer).collect();
        self.patch(kind, live, json!({ "finalizers": rest })).await
    }

    /// Takes `owner` out of a dependent's references.
    async fn orphan(&self, dependent: &Dependent, owner: &Uid) -> Result<(), kube::Error> {
        let Some(kind) = self.kinds.get(dependent.node.kind) else { return Ok(()) };
        let api = kind.metadata(self.client.clone(), &dependent.node.namespace);
        let Some(live) = api.get_opt(&dependent.node.name).await? else { return Ok(()) };
        let references = live.metadata.owner_references.iter().flatten();
        let rest: Vec<&OwnerReference> = references.filter(|r| r.uid != **owner).collect();
        if live.metadata.uid.as_deref() != Some(&*dependent.uid)
            || Some(rest.len()) == live.metadata.owner_references.as_ref().map(Vec::len)
        {
            return Ok(());
        }
        self.patch(kind, &live.metadata, json!({ "ownerReferences": rest })).await.map(|_| ())
    }

    /// [`Collector::merge`] where the event of the write is all that matters.
    async fn patch(&self, kind: &Kind, live: &ObjectMeta, metadata: Value) -> Result<Outcome, kube::Error> {
        let patched = self.merge(kind, live, metadata).await?;
        Ok(if patched.is_some() { Outcome::Settled } else { Outcome::Gone })
    }

    /// Merges a change of metadata into the object, if it still is the one that was read. `None` if it is
    /// gone.
    async fn merge(
        &self,
        kind: &Kind,
        live: &ObjectMeta,
        mut metadata: Value,
    ) -> Result<Option<ObjectMeta>, kube::Error> {
        metadata["uid"] = json!(live.uid);
        metadata["resourceVersion"] = json!(live.resource_version);
        let api = kind.objects(self.client.clone(), live.namespace.as_deref().unwrap_or_default());
        let name = live.name.as_deref().unwrap_or_default();
        let patch = Patch::Merge(json!({ "metadata": metadata }));
        match api.patch(name, &PatchParams::default(), &patch).await {
            Ok(patched) => Ok(Some(patched.metadata)),
            Err(error) if answered(&error, 404) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// An object's metadata as a node.
pub fn node_of(kind: usize, meta: &ObjectMeta) -> Node {
    let owners = meta.owner_references.iter().flatten().map(|r| Owner {
        uid: r.uid.as_str().into(),
        api_version: r.api_version.as_str().into(),
        kind: r.kind.as_str().into(),
        name: r.name.as_str().into(),
        blocks: r.block_owner_deletion == Some(true),
    });
    let has = |name: &str| meta.finalizers.iter().flatten().any(|f| f == name);
    let deletion = match meta.deletion_timestamp {
        None => Deletion::None,
        Some(_) if has(ORPHAN) => Deletion::Orphan,
        Some(_) if has(FOREGROUND) => Deletion::Foreground,
        Some(_) => Deletion::Background,
    };
    Node {
        kind,
        namespace: meta.namespace.as_deref().unwrap_or_default().into(),
        name: meta.name.as_deref().unwrap_or_default().into(),
        owners: owners.collect(),
        deletion,
    }
}

/// As upstream shows an owner reference: `[v1/Pod, namespace: a, name: b, uid: c]`.
fn described(owner: &Owner, namespace: &str) -> String {
    format!(
        "[{}/{}, namespace: {namespace}, name: {}, uid: {}]",
        owner.api_version, owner.kind, owner.name, owner.uid
    )
}
