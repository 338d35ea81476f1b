//! Writes the rules of aggregating ClusterRoles where people and tools look for them: into `rules`.
//!
//! The server's own decisions do not wait for it (see [`crate::authz::index`]).
//! Upstream: `pkg/controller/clusterroleaggregation`.

use std::collections::BTreeMap;

use futures::StreamExt;
use k8s_openapi::api::rbac::v1::ClusterRole;
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

use super::FIELD_MANAGER;
use crate::authz::index::{RbacIndex, RbacKind};

/// All ClusterRoles and which of them need their rules written. Pure.
#[derive(Debug, Default)]
pub struct Aggregates {
    index: RbacIndex,
    stored: BTreeMap<String, Value>,
    listing: bool,
}

impl Aggregates {
    /// Takes in a role as it is stored.
    pub fn apply(&mut self, role: &Value) {
        let name = role["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        if let Err(error) = self.index.apply(RbacKind::ClusterRole, role.to_string().as_bytes()) {
            tracing::warn!(%error, name, "follow a cluster role");
            return;
        }
        if self.index.aggregated(&name).is_some() {
            self.stored.insert(name, role["rules"].clone());
        } else {
            self.stored.remove(&name);
        }
    }

    /// Forgets a role.
    pub fn delete(&mut self, name: &str) {
        self.index.delete(RbacKind::ClusterRole, "", name);
        self.stored.remove(name);
    }

    /// Names and rules of roles whose stored rules are not the ones in force.
    pub fn stale(&self) -> Vec<(String, Value)> {
        let wanted = self.stored.iter().filter_map(|(name, stored)| {
            let rules = json!(self.index.aggregated(name)?);
            let same = rules == *stored || (stored.is_null() && rules == json!([]));
            (!same).then(|| (name.clone(), rules))
        });
        wanted.collect()
    }
}

/// Watches for ever.
pub async fn run(client: Client) {
    let api: Api<ClusterRole> = Api::all(client);
    let events = watcher(api.clone(), watcher::Config::default()).default_backoff();
    futures::pin_mut!(events);
    let mut known = Aggregates::default();
    while let Some(event) = events.next().await {
        match event {
            Ok(watcher::Event::Init) => known = Aggregates { listing: true, ..Aggregates::default() },
            Ok(watcher::Event::InitApply(role) | watcher::Event::Apply(role)) => {
                match serde_json::to_value(&role) {
                    Ok(role) => known.apply(&role),
                    Err(error) => tracing::warn!(%error, "follow a cluster role"),
                }
            }
            Ok(watcher::Event::InitDone) => known.listing = false,
            Ok(watcher::Event::Delete(role)) => known.delete(&role.name_any()),
            Err(error) => tracing::debug!(%error, "watch cluster roles"),
        }
        if known.listing {
            continue;
        }
        for (name, rules) in known.stale() {
            let params = PatchParams { field_manager: Some(FIELD_MANAGER.into()), ..PatchParams::default() };
            let patch = Patch::Merge(json!({ "rules": rules }));
            // What fails now is tried again with the next event; decisions do not depend on it.
            if let Err(error) = api.patch(&name, &params, &patch).await {
                tracing::warn!(%error, name, "write the rules of an aggregating cluster role");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authz::defaults;

    #[test]
    fn rules_are_written_until_they_are_the_ones_in_force() {
        let mut known = Aggregates::default();
        let roles: Vec<Value> =
            defaults::objects().into_iter().filter(|o| o["kind"] == "ClusterRole").collect();
        for role in &roles {
            known.apply(role);
        }
        let stale = known.stale();
        assert_eq!(
            stale.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["admin", "edit", "view"]
        );
        for (name, rules) in stale {
            let mut role =
                roles.iter().find(|r| r["metadata"]["name"] == name.as_str()).expect("is one").clone();
            role["rules"] = rules;
            known.apply(&role);
        }
        assert_eq!(known.stale(), []);
        known.delete("system:aggregate-to-view");
        assert_eq!(known.stale().len(), 3, "edit has the rules of view, and admin those of edit");
    }
}
