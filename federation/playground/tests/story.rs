//! The story of the playground runs from the first apply to the last confirmed group.

use std::net::SocketAddr;
use std::time::Duration;

use federation_playground::playground::{Options, Playground, run_story};
use tokio_util::sync::CancellationToken;

#[tokio::test(flavor = "multi_thread")]
async fn the_example_is_released_group_by_group() {
    let _ = telemetry::init("playground", telemetry::Format::Text, None).map(std::mem::forget);
    let dir = tempfile::tempdir().unwrap();
    let options = Options {
        data_dir: dir.path().to_owned(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        clusters: 3,
        start_delay: Duration::from_millis(20),
    };
    let playground = Playground::start(options, CancellationToken::new()).await.unwrap();
    let mut told = Vec::new();
    let outcome = run_story(&playground.hub, true, |line| told.push(line.to_owned())).await;
    let outcome = outcome.unwrap_or_else(|error| panic!("{error:#}\n{}", told.join("\n")));
    assert!(outcome.confirmed >= 2, "beta and at least one batch wait for a person: {}", told.join("\n"));
    let status = outcome.status;
    assert_eq!((status.updated_replicas, status.available_replicas), (20, 20), "{}", told.join("\n"));
    assert_eq!(status.clusters_ready, "3/3");
    playground.end().await.unwrap();
}
