//! Kubeconfig files with everything embedded, so that one file is all a client needs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::authority::Credential;

/// A kubeconfig whose user proves itself by a certificate.
pub fn with_certificate(url: &str, authority_pem: &str, user: &str, credential: &Credential) -> String {
    let proof = json!({
        "client-certificate-data": STANDARD.encode(&credential.certificate_pem),
        "client-key-data": STANDARD.encode(&credential.key_pem),
    });
    render(url, authority_pem, user, &proof)
}

/// A kubeconfig whose user proves itself by a bearer token.
pub fn with_token(url: &str, authority_pem: &str, user: &str, token: &str) -> String {
    render(url, authority_pem, user, &json!({ "token": token }))
}

fn render(url: &str, authority_pem: &str, user: &str, proof: &Value) -> String {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "default",
        "clusters": [{
            "name": "default",
            "cluster": { "server": url, "certificate-authority-data": STANDARD.encode(authority_pem) },
        }],
        "users": [{ "name": user, "user": proof }],
        "contexts": [{ "name": "default", "context": { "cluster": "default", "user": user } }],
    });
    // JSON is YAML; written as YAML because people read it. It holds text alone, which always renders.
    serde_yaml_ng::to_string(&config).unwrap_or_else(|_| config.to_string())
}
