//! Join tokens for the playground's members, accepted at once.

use anyhow::Context;
use crds::names;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, PostParams};
use serde_json::json;

/// How long a token may be used.
const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// Makes a token that lets `cluster` join without being asked.
pub async fn create_token(hub: &kube::Client, cluster: &str, site: &str) -> anyhow::Result<String> {
    let (id, secret) = (random(6), random(16));
    let object: Secret = serde_json::from_value(json!({
        "metadata": {"name": format!("bootstrap-token-{id}"), "namespace": "kube-system"},
        "type": "bootstrap.kubernetes.io/token",
        "stringData": {
            "token-id": id, "token-secret": secret,
            "expiration": (Timestamp::now() + LIFE).to_string(),
            "usage-bootstrap-authentication": "true",
            "auth-extra-groups": names::JOINERS_GROUP,
            names::TOKEN_CLUSTER: cluster, names::TOKEN_SITE: site, names::TOKEN_ACCEPT: "true",
        },
    }))?;
    let api: Api<Secret> = Api::namespaced(hub.clone(), "kube-system");
    api.create(&PostParams::default(), &object).await.context("cannot make a join token")?;
    Ok(format!("{id}.{secret}"))
}

/// Lower-case letters and digits, as bootstrap tokens have them.
fn random(length: usize) -> String {
    const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    (0..length).map(|_| char::from(ALPHABET[rand::random_range(0..ALPHABET.len())])).collect()
}
