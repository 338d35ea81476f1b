//! What a certificate request and a join token say, read from their objects.

use std::collections::BTreeMap;

use crds::names;
use k8s_openapi::api::certificates::v1::CertificateSigningRequest;
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::api::Api;
use x509_parser::prelude::FromDer;

/// Who made a request, by the name that the API server stamped on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Requestor {
    /// A join token, by its id.
    Token(String),
    /// An agent, by its cluster.
    Agent(String),
    /// Anybody else.
    Other(String),
}

impl Requestor {
    pub(super) fn of(csr: &CertificateSigningRequest) -> Self {
        let user = csr.spec.username.clone().unwrap_or_default();
        if let Some(id) = user.strip_prefix("system:bootstrap:") {
            return Self::Token(id.to_owned());
        }
        match user.strip_prefix(names::AGENT_USER_PREFIX) {
            Some(cluster) => Self::Agent(cluster.to_owned()),
            None => Self::Other(user),
        }
    }
}

/// Subject of a PKCS#10 request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) common_names: Vec<String>,
    pub(super) organizations: Vec<String>,
    /// Whether the request asks for names beside the subject.
    pub(super) has_extensions: bool,
}

/// The subject, or why the request cannot be read.
pub(super) fn request_facts(csr: &CertificateSigningRequest) -> Result<Subject, String> {
    let (_, pem) =
        x509_parser::pem::parse_x509_pem(&csr.spec.request.0).map_err(|e| format!("no PEM: {e}"))?;
    let (_, request) = x509_parser::certification_request::X509CertificationRequest::from_der(&pem.contents)
        .map_err(|e| format!("no certificate request: {e}"))?;
    let info = &request.certification_request_info;
    let texts = |attributes: Vec<&x509_parser::x509::AttributeTypeAndValue<'_>>| {
        attributes.iter().filter_map(|a| a.as_str().ok().map(str::to_owned)).collect::<Vec<_>>()
    };
    Ok(Subject {
        common_names: texts(info.subject.iter_common_name().collect()),
        organizations: texts(info.subject.iter_organization().collect()),
        has_extensions: request.requested_extensions().is_some_and(|mut e| e.next().is_some()),
    })
}

/// A join token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) id: String,
    pub(super) cluster: String,
    pub(super) site: String,
    pub(super) accept: bool,
    pub(super) expires_millis: Option<i64>,
    pub(super) used_by: Option<String>,
}

/// Name of the Secret of a token.
pub(super) fn token_secret(id: &str) -> String {
    format!("bootstrap-token-{id}")
}

/// Reads a token; `None` when it is not there any more.
pub(super) async fn token_of(client: &kube::Client, id: &str) -> Result<Option<Token>, kube::Error> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), "kube-system");
    let secret = secrets.get_opt(&token_secret(id)).await?;
    Ok(secret.map(|secret| parse_token(id, &secret)))
}

fn parse_token(id: &str, secret: &Secret) -> Token {
    let data: BTreeMap<&str, String> = secret
        .data
        .iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), String::from_utf8_lossy(&value.0).into_owned()))
        .collect();
    let field = |name: &str| data.get(name).cloned().unwrap_or_default();
    let expires = data.get("expiration").map(|text| {
        // What cannot be read has ended: a token lives no longer than it can be proven to.
        text.parse::<jiff::Timestamp>().map_or(0, |at| at.as_millisecond())
    });
    Token {
        id: id.to_owned(),
        cluster: field(names::TOKEN_CLUSTER),
        site: field(names::TOKEN_SITE),
        accept: field(names::TOKEN_ACCEPT) == "true",
        expires_millis: expires,
        used_by: secret.annotations().get(names::CLUSTER_UID).cloned(),
    }
}
