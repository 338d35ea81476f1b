//! The controllers every server needs, whatever it serves.
//!
//! They reach the server through [`kube::Client`] alone, react to watch events, and do nothing when
//! nothing happens. Each has a pure core that decides and a thin shell that watches and acts.
//!
//! | module | keeps true |
//! |---|---|
//! | [`namespaces`] | a namespace that is deleted takes its content with it |
//! | [`namespace_defaults`] | every namespace has a `default` ServiceAccount and `kube-root-ca.crt` |
//! | [`gc`] | an object whose owners are gone goes too |
//! | [`cluster_roles`] | the stored rules of aggregating ClusterRoles are the ones in force |
//! | [`bootstrap_tokens`] | expired bootstrap tokens are deleted |
//! | [`csr`] | approved certificate requests are signed |
//!
//! The first namespaces and the default roles are written by the server itself when it starts. Events
//! vanish by the store's leases (`Strategy::ttl_seconds`), not by a controller.

pub mod bootstrap_tokens;
pub mod cluster_roles;
pub mod csr;
pub mod gc;
pub mod kinds;
pub mod namespace_defaults;
pub mod namespaces;

use kube::Client;
use tokio_util::sync::CancellationToken;

/// The name the controllers write under (`User-Agent` aside, the field manager).
pub const FIELD_MANAGER: &str = "federation-apiserver";

/// Runs all controllers but [`csr`] (which needs a policy) until `stop` is cancelled. `root_ca` is the PEM
/// that clients of this server must trust.
///
/// `client` must be in `system:masters`.
pub async fn run(client: Client, root_ca: String, stop: CancellationToken) {
    let all = async {
        tokio::join!(
            namespaces::run(client.clone()),
            namespace_defaults::run(client.clone(), root_ca),
            gc::run(client.clone()),
            cluster_roles::run(client.clone()),
            bootstrap_tokens::run(client.clone()),
        )
    };
    // Every step of a controller is one request; between two of them it may stop.
    let _ = stop.run_until_cancelled(all).await;
}

/// Whether the server answered with this code.
fn answered(error: &kube::Error, code: u16) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == code)
}
