//! Kubeconfig files.

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::authority::{Authority, Credential};

/// A kubeconfig with everything inline.
pub(super) fn render(
    cluster: &str,
    url: &str,
    authority: &Authority,
    credential: &Credential,
) -> Result<String> {
    let file = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster, "cluster": {
            "server": url,
            "certificate-authority-data": STANDARD.encode(authority.pem()),
        }}],
        "users": [{"name": cluster, "user": {
            "client-certificate-data": STANDARD.encode(&credential.certificate),
            "client-key-data": STANDARD.encode(&credential.key),
        }}],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": cluster}}],
        "current-context": cluster,
    });
    Ok(serde_yaml_ng::to_string(&file)?)
}
