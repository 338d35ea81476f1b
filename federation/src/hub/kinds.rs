//! The kinds that the hub serves, and the proofs that it takes.

use std::sync::Arc;

use anyhow::Context;
use federation_apiserver::authn::AuthenticatorConfig;
use federation_apiserver::authn::service_account::ServiceAccountTokens;
use federation_apiserver::pki::Pki;
use federation_apiserver::resource::Resource;
use federation_apiserver::{builtin, custom};

use super::confirmation::StampAuthor;

/// Issuer of ServiceAccount tokens, as upstream names it by default.
const ISSUER: &str = "https://kubernetes.default.svc";

/// Built-in kinds, then our own.
pub(super) fn resources() -> anyhow::Result<Vec<Resource>> {
    let mut resources = builtin::hub();
    for crd in crds::manifests::hub() {
        let name = crd.metadata.name.clone().unwrap_or_default();
        let manifest = serde_json::to_value(&crd).with_context(|| format!("{name} is not JSON"))?;
        let mut resource = custom::resource(&manifest).with_context(|| format!("{name} cannot be served"))?;
        if resource.kind == "Confirmation" {
            resource.strategy = Arc::new(StampAuthor);
        }
        resources.push(resource);
    }
    Ok(resources)
}

/// Client certificates, ServiceAccount tokens and join tokens.
pub(super) fn authentication(pki: &Pki) -> AuthenticatorConfig {
    AuthenticatorConfig {
        service_accounts: Some(Arc::new(ServiceAccountTokens::new(pki.tokens().clone(), ISSUER))),
        bootstrap_tokens: true,
        ..AuthenticatorConfig::default()
    }
}
