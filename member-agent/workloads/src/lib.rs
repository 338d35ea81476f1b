//! CafeDeployment and InPlaceSet controllers for a Kubernetes cluster.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How the controllers run.
pub struct Options {
    /// While true, nothing is written.
    pub suspended: watch::Receiver<bool>,
}

/// Runs both controllers until `stop`.
pub async fn run(_client: kube::Client, _options: Options, stop: CancellationToken) {
    stop.cancelled().await;
}
