//! The join: a CSR on the hub under the cluster's fixed name, waited for until it is signed or denied.

use std::time::Duration;

use k8s_openapi::ByteString;
use k8s_openapi::api::certificates::v1::{CertificateSigningRequest, CertificateSigningRequestSpec};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, ObjectMeta, PostParams};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use thiserror::Error;
use tracing::{info, warn};

use super::credential::{Credential, CredentialError, CredentialFiles, hub_config};
use crate::backoff::Backoff;

/// What a first join needs.
#[derive(Clone)]
pub struct Joiner {
    /// Name of this cluster on the hub.
    pub cluster: String,
    /// The hub.
    pub hub_url: String,
    /// CA of the hub (PEM).
    pub ca_pem: String,
    /// The one-time token.
    pub token: String,
}

/// Why a join failed for good.
#[derive(Debug, Error)]
pub enum JoinError {
    /// The credential could not be made or stored.
    #[error("cannot prepare the credential")]
    Credential(#[from] CredentialError),
    /// The key or the request could not be made.
    #[error("cannot make the certificate request: {0}")]
    Request(String),
    /// The hub answered no.
    #[error("the hub refuses the join of cluster {cluster:?}: {message}")]
    Refused {
        /// Name of this cluster on the hub.
        cluster: String,
        /// In the hub's words.
        message: String,
    },
    /// The member's own API server gave no answer.
    #[error("cannot read the kube-system namespace of this cluster")]
    Member(#[source] kube::Error),
    /// The hub's client could not be made.
    #[error("cannot make a client for the hub")]
    Client(#[source] kube::Error),
}

/// Joins with a token: waits as long as the hub is away or has not accepted yet, fails when it refuses.
pub async fn join(
    joiner: &Joiner,
    files: &CredentialFiles,
    member: kube::Client,
) -> Result<Credential, JoinError> {
    let mut config = hub_config(&joiner.hub_url, &joiner.ca_pem)?;
    config.auth_info.token = Some(joiner.token.clone().into());
    let hub = kube::Client::try_from(config).map_err(JoinError::Client)?;
    let uid = cluster_uid(member).await?;
    info!(cluster = joiner.cluster, hub = joiner.hub_url, uid, "joining");
    let (key_pem, certificate_pem) = obtain(hub, files, &joiner.cluster, &uid).await?;
    let credential = Credential {
        cluster: joiner.cluster.clone(),
        hub_url: joiner.hub_url.clone(),
        ca_pem: joiner.ca_pem.clone(),
        certificate_pem,
        key_pem,
        obtained: Some(jiff::Timestamp::now()),
    };
    files.save(&credential)?;
    Ok(credential)
}

/// uid of the kube-system namespace: what a cluster is known by, whatever its name.
pub(crate) async fn cluster_uid(member: kube::Client) -> Result<String, JoinError> {
    let namespace = Api::<Namespace>::all(member).get("kube-system").await.map_err(JoinError::Member)?;
    Ok(namespace.metadata.uid.unwrap_or_default())
}

/// A fresh key and a certificate for it: (key, certificate), both PEM.
///
/// The key is stored before the hub sees the request: an agent that dies in between asks with the same key
/// again, and the one request of this name on the hub is still its own.
pub(super) async fn obtain(
    hub: kube::Client,
    files: &CredentialFiles,
    cluster: &str,
    uid: &str,
) -> Result<(String, String), JoinError> {
    let key = pending_key(files)?;
    let csr_pem = request_pem(&key, cluster)?;
    let api: Api<CertificateSigningRequest> = Api::all(hub);
    let name = crds::names::agent_object(cluster);
    let mut backoff = Backoff::default();
    let mut waiting = false;
    loop {
        match ask(&api, &name, uid, csr_pem.as_bytes()).await {
            Ok(Answer::Signed(certificate)) => return Ok((key.serialize_pem(), certificate)),
            Ok(Answer::Waiting) => {
                if !waiting {
                    info!(csr = name, "waiting for the hub to accept: fedctl cluster accept {cluster}");
                }
                waiting = true;
                backoff.reset();
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
            Ok(Answer::OtherRequest) => {
                warn!(csr = name, "another request of this name is still open on the hub")
            }
            Ok(Answer::Denied(message)) => {
                return Err(JoinError::Refused { cluster: cluster.to_owned(), message });
            }
            Err(kube::Error::Api(status)) if matches!(status.code, 400 | 401 | 403 | 422) => {
                let message = refusal(&status);
                return Err(JoinError::Refused { cluster: cluster.to_owned(), message });
            }
            Err(error) => warn!(error = %error, "the hub gives no answer; trying again"),
        }
        tokio::time::sleep(backoff.next_wait()).await;
    }
}

fn pending_key(files: &CredentialFiles) -> Result<KeyPair, JoinError> {
    let bad = |e: rcgen::Error| JoinError::Request(e.to_string());
    if let Some(pem) = files.load_pending_key()? {
        match KeyPair::from_pem(&pem) {
            Ok(key) => return Ok(key),
            Err(error) => {
                warn!(error = %error, "the stored key of an open request is damaged; making another")
            }
        }
    }
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(bad)?;
    files.save_pending_key(&key.serialize_pem())?;
    Ok(key)
}

fn refusal(status: &kube::core::Status) -> String {
    if status.code == 401 {
        "the token is unknown, expired or used already; make a new one with `fedctl token create`".to_owned()
    } else {
        status.message.clone()
    }
}

enum Answer {
    Signed(String),
    Waiting,
    Denied(String),
    OtherRequest,
}

async fn ask(
    api: &Api<CertificateSigningRequest>,
    name: &str,
    uid: &str,
    request: &[u8],
) -> Result<Answer, kube::Error> {
    let found = match api.get_opt(name).await? {
        Some(found) => found,
        None => match api.create(&PostParams::default(), &csr(name, uid, request)).await {
            Ok(created) => created,
            Err(kube::Error::Api(status)) if status.is_already_exists() => return Ok(Answer::Waiting),
            Err(error) => return Err(error),
        },
    };
    if found.spec.request.0 != request {
        return Ok(Answer::OtherRequest);
    }
    let status = found.status.unwrap_or_default();
    for condition in status.conditions.unwrap_or_default() {
        if condition.type_ == "Denied" || condition.type_ == "Failed" {
            return Ok(Answer::Denied(condition.message.unwrap_or_default()));
        }
    }
    match status.certificate {
        Some(certificate) => Ok(Answer::Signed(String::from_utf8_lossy(&certificate.0).into_owned())),
        None => Ok(Answer::Waiting),
    }
}

fn csr(name: &str, uid: &str, request: &[u8]) -> CertificateSigningRequest {
    CertificateSigningRequest {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            annotations: Some([(crds::names::CLUSTER_UID.to_owned(), uid.to_owned())].into()),
            ..ObjectMeta::default()
        },
        spec: CertificateSigningRequestSpec {
            request: ByteString(request.to_vec()),
            signer_name: crds::names::AGENT_SIGNER.to_owned(),
            usages: Some(vec!["digital signature".into(), "client auth".into()]),
            ..CertificateSigningRequestSpec::default()
        },
        status: None,
    }
}

/// PKCS#10 with the agent's user as common name and the agents' group as organisation.
fn request_pem(key: &KeyPair, cluster: &str) -> Result<String, JoinError> {
    let mut params = CertificateParams::default();
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, format!("{}{cluster}", crds::names::AGENT_USER_PREFIX));
    name.push(DnType::OrganizationName, crds::names::AGENTS_GROUP);
    params.distinguished_name = name;
    let request = params.serialize_request(key).map_err(|e| JoinError::Request(e.to_string()))?;
    request.pem().map_err(|e| JoinError::Request(e.to_string()))
}
