//! Which applications have replicas in a member.

use crds::federation::FederatedDeployment;
use kube::ResourceExt;
use kube::api::{Api, ListParams};

use crate::failure::{Attempt, Failure};
use crate::hub::Hub;

/// One application in one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    /// `namespace/name`.
    pub(super) application: String,
    /// Replicas it should have there.
    pub(super) here: i32,
    /// Replicas it should have everywhere.
    pub(super) everywhere: i32,
}

/// Asks the hub.
pub(super) async fn of(hub: &Hub, cluster: &str) -> Result<Vec<Use>, Failure> {
    let api: Api<FederatedDeployment> = Api::all(hub.client.clone());
    let found = api.list(&ListParams::default()).await.attempt(|| "list applications".into())?;
    Ok(found.items.iter().filter_map(|application| read(application, cluster)).collect())
}

fn read(application: &FederatedDeployment, cluster: &str) -> Option<Use> {
    let status = application.status.as_ref()?;
    let is_here = status.clusters.iter().any(|known| known.name == cluster);
    let here: i32 = status.cells.iter().filter(|cell| cell.cluster == cluster).map(|cell| cell.desired).sum();
    (is_here || here > 0).then(|| Use {
        application: format!("{}/{}", application.namespace().unwrap_or_default(), application.name_any()),
        here,
        everywhere: status.desired_replicas,
    })
}

/// As lines of a plan.
pub(super) fn lines(uses: &[Use]) -> Vec<String> {
    if uses.is_empty() {
        return vec!["no application has replicas there".into()];
    }
    uses.iter()
        .map(|used| {
            format!(
                "application {} has {} of its {} replicas there",
                used.application, used.here, used.everywhere
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn replicas_are_counted_by_cluster() {
        let application: FederatedDeployment = serde_json::from_value(json!({
            "apiVersion": "federation.cafefed.dev/v1alpha1", "kind": "FederatedDeployment",
            "metadata": {"name": "shop", "namespace": "default"},
            "spec": {"placement": {"units": ["rz00"]}, "template": {"spec": {"selector": {}, "template": {}}}},
            "status": {"desiredReplicas": 20, "clusters": [{"name": "hz-a", "applied": "True"}], "cells": [
                {"name": "rz00a", "cluster": "hz-a", "desired": 5}, {"name": "rz01a", "cluster": "hz-a", "desired": 6},
                {"name": "rz00b", "cluster": "hz-b", "desired": 9}]},
        }))
        .unwrap();
        let used = read(&application, "hz-a").unwrap();
        assert_eq!(lines(&[used]), ["application default/shop has 11 of its 20 replicas there"]);
        assert_eq!(read(&application, "sh-a"), None);
        assert_eq!(lines(&[]).len(), 1);
    }
}
