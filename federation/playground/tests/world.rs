//! A playground comes up: every member joined with a token and Ready, every cell Ready, epoch 1.1 in force.

use std::net::SocketAddr;
use std::time::Duration;

use crds::federation::MemberCluster;
use crds::ldc::{DeployUnit, LogicalUnit};
use federation_playground::playground::{Options, Playground};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt;
use kube::api::{Api, ListParams};
use tokio_util::sync::CancellationToken;

fn options(dir: &std::path::Path) -> Options {
    Options {
        data_dir: dir.to_owned(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        clusters: 3,
        start_delay: Duration::from_millis(20),
    }
}

fn is_true(conditions: &[Condition], type_: &str) -> bool {
    conditions.iter().any(|c| c.type_ == type_ && c.status == "True")
}

#[tokio::test(flavor = "multi_thread")]
async fn members_join_and_the_home_map_is_in_force() {
    let dir = tempfile::tempdir().unwrap();
    let playground = Playground::start(options(dir.path()), CancellationToken::new()).await.unwrap();
    let hub = playground.hub.clone();
    let mut left = Vec::new();
    for _ in 0..300 {
        left.clear();
        for member in Api::<MemberCluster>::all(hub.clone()).list(&ListParams::default()).await.unwrap() {
            if !member.status.as_ref().is_some_and(|s| is_true(&s.conditions, "Ready")) {
                left.push(member.name_any());
            }
        }
        for cell in Api::<DeployUnit>::all(hub.clone()).list(&ListParams::default()).await.unwrap() {
            if !cell.status.as_ref().is_some_and(|s| is_true(&s.conditions, "Ready")) {
                left.push(cell.name_any());
            }
        }
        // The statuses of units follow the first epoch a moment later.
        let unit = Api::<LogicalUnit>::all(hub.clone()).get("rz00").await.unwrap();
        if unit.status.is_none_or(|status| status.epoch.is_empty()) {
            left.push("rz00".to_owned());
        }
        if left.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(left.is_empty(), "not Ready: {left:?}");
    let unit = Api::<LogicalUnit>::all(hub).get("rz00").await.unwrap();
    let status = unit.status.unwrap_or_default();
    assert_eq!(
        (status.effective_uids.as_str(), status.share.as_str(), status.epoch.as_str()),
        ("00-49", "50%", "1.1")
    );
    playground.end().await.unwrap();
}
