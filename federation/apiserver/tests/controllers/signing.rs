//! From a certificate request to a client that is known by its certificate.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use async_trait::async_trait;
use federation_apiserver::controllers;
use federation_apiserver::signer::{CsrFacts, SignerPolicy, Verdict};
use k8s_openapi::ByteString;
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use k8s_openapi::api::certificates::v1::CertificateSigningRequest;
use kube::Client;
use kube::api::{Api, PostParams};
use serde_json::json;

use crate::world::{World, eventually};

const SIGNER: &str = "example.com/client";

/// Signs `good-*`, denies `bad-*`, waits for a person otherwise.
#[derive(Default)]
struct ByName {
    signed: AtomicBool,
}

#[async_trait]
impl SignerPolicy for ByName {
    fn signer_name(&self) -> &str {
        SIGNER
    }

    async fn judge(&self, facts: &CsrFacts) -> Verdict {
        match facts.subject.name.split_once('-') {
            Some(("good", _)) => Verdict::Sign { ttl: Duration::from_secs(3600) },
            Some(("bad", _)) => Verdict::Deny { reason: "bad names are denied".into() },
            _ => Verdict::Wait { reason: "a person decides".into() },
        }
    }

    async fn signed(&self, _facts: &CsrFacts) {
        self.signed.store(true, Ordering::SeqCst);
    }
}

/// Sends a request for `name`; returns its key.
async fn request(api: &Api<CertificateSigningRequest>, name: &str, signer: &str) -> Result<String> {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::OrganizationName, "team");
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    let pem = params.serialize_request(&key)?.pem()?;
    let mut object: CertificateSigningRequest = serde_json::from_value(json!({
        "metadata": { "name": name },
        "spec": { "request": "", "signerName": signer, "usages": ["client auth"] },
    }))?;
    object.spec.request = ByteString(pem.into_bytes());
    api.create(&PostParams::default(), &object).await?;
    Ok(key.serialize_pem())
}

async fn certificate(api: &Api<CertificateSigningRequest>, name: &str) -> Result<String> {
    let bytes = eventually(&format!("the certificate of {name}"), || async {
        Ok(api.get(name).await?.status.and_then(|s| s.certificate))
    })
    .await?;
    Ok(String::from_utf8(bytes.0)?)
}

async fn whoami(client: Client) -> Result<(String, Vec<String>)> {
    let api: Api<SelfSubjectReview> = Api::all(client);
    let review = api.create(&PostParams::default(), &SelfSubjectReview::default()).await?;
    let user = review.status.and_then(|s| s.user_info).context("names the user")?;
    Ok((user.username.unwrap_or_default(), user.groups.unwrap_or_default()))
}

async fn approve(api: &Api<CertificateSigningRequest>, name: &str) -> Result<()> {
    let mut object = serde_json::to_value(api.get(name).await?)?;
    object["status"] = json!({ "conditions": [{ "type": "Approved", "status": "True", "reason": "ByHand", "message": "m" }] });
    api.replace_subresource("approval", name, &PostParams::default(), &object).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_signed_denied_or_wait_as_the_policy_says() -> Result<()> {
    let world = World::start().await?;
    let admin = world.admin().await?;
    let policy = Arc::new(ByName::default());
    let authority = Arc::clone(world.pki.authority());
    tokio::spawn(controllers::csr::run(admin.clone(), authority, policy.clone(), world.stop.clone()));
    let api: Api<CertificateSigningRequest> = Api::all(admin);

    let key = request(&api, "good-one", SIGNER).await?;
    let pem = certificate(&api, "good-one").await?;
    let (name, groups) = whoami(world.by_pem(&pem, &key).await?).await?;
    assert_eq!(
        (name.as_str(), &groups[..]),
        ("good-one", &["team".to_owned(), "system:authenticated".into()][..])
    );
    eventually("the policy hears of it", || async { Ok(policy.signed.load(Ordering::SeqCst).then_some(())) })
        .await?;

    request(&api, "bad-one", SIGNER).await?;
    let denied = eventually("the denial", || async {
        let conditions = api.get("bad-one").await?.status.and_then(|s| s.conditions).unwrap_or_default();
        Ok(conditions.into_iter().find(|c| c.type_ == "Denied"))
    })
    .await?;
    assert_eq!(denied.message.as_deref(), Some("bad names are denied"));

    // One that waits is signed once a person approves it; another signer's never.
    let key = request(&api, "somebody", SIGNER).await?;
    request(&api, "good-elsewhere", "example.com/other").await?;
    approve(&api, "somebody").await?;
    approve(&api, "good-elsewhere").await?;
    let pem = certificate(&api, "somebody").await?;
    assert_eq!(whoami(world.by_pem(&pem, &key).await?).await?.0, "somebody");
    let elsewhere = api.get("good-elsewhere").await?.status.and_then(|s| s.certificate);
    assert_eq!(elsewhere, None);
    world.end().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn approving_for_a_signer_is_a_right_of_its_own() -> Result<()> {
    use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
    let world = World::start().await?;
    let admin = world.admin().await?;
    let rules = json!([
        { "apiGroups": ["certificates.k8s.io"], "resources": ["certificatesigningrequests", "certificatesigningrequests/approval"],
            "verbs": ["get", "create", "update"] },
        { "apiGroups": ["certificates.k8s.io"], "resources": ["signers"], "resourceNames": [SIGNER], "verbs": ["approve"] },
    ]);
    let role: ClusterRole =
        serde_json::from_value(json!({ "metadata": { "name": "approver" }, "rules": rules }))?;
    Api::all(admin.clone()).create(&PostParams::default(), &role).await?;
    let binding: ClusterRoleBinding = serde_json::from_value(json!({
        "metadata": { "name": "approver" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "approver" },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "clerk" }],
    }))?;
    Api::all(admin.clone()).create(&PostParams::default(), &binding).await?;
    let ours: Api<CertificateSigningRequest> = Api::all(admin);
    request(&ours, "one", SIGNER).await?;
    request(&ours, "other", "example.com/other").await?;
    let clerk: Api<CertificateSigningRequest> = Api::all(world.user("clerk", &[]).await?);
    eventually("the right to approve", || async { Ok(approve(&clerk, "one").await.ok()) }).await?;
    let error = approve(&clerk, "other").await.expect_err("another signer").to_string();
    assert!(
        error.contains("user not permitted to approve requests with signerName \"example.com/other\""),
        "{error}"
    );
    world.end().await;
    Ok(())
}
