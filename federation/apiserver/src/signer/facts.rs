//! What a CertificateSigningRequest asks for, checked as far as every signer must check it.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateSigningRequestDer;
use rustls_pki_types::pem::PemObject;
use serde_json::Value;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::pki::authority::{MAX_GROUPS, Subject};

/// Usages a client certificate may have.
const CLIENT_USAGES: [&str; 3] = ["client auth", "digital signature", "key encipherment"];
/// The smallest RSA key, in bits.
const MIN_RSA_BITS: usize = 2048;

/// Why a request is not signed, whatever a policy says.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SignerError {
    /// `spec.request` is no request.
    #[error("spec.request is no PEM certificate request: {0}")]
    Unreadable(String),
    /// It is not signed by the key in it.
    #[error("spec.request is not signed by the key in it; make a new request")]
    NoProof,
    /// The key is weak or of a kind that is not taken.
    #[error(
        "spec.request has a key of kind {0}; use ECDSA P-256 or P-384, Ed25519, or RSA of 2048 bits or more"
    )]
    Key(String),
    /// The subject has no user.
    #[error("spec.request has no common name; its subject needs CN=<user>")]
    NoName,
    /// More groups than a certificate can be given.
    #[error("spec.request has {0} organizations; at most {max} are signed", max = MAX_GROUPS)]
    Groups(usize),
    /// An extension that a client has no business with.
    #[error("spec.request asks for {0}; a client certificate has no such thing")]
    Extension(&'static str),
    /// A usage that a client has no business with.
    #[error(
        "spec.usages has {0:?}; a client certificate may have \"client auth\", \"digital signature\" and \"key encipherment\""
    )]
    Usage(String),
    /// Without it the certificate would prove nothing.
    #[error("spec.usages lacks \"client auth\"")]
    NoClientAuth,
    /// Shorter than upstream allows.
    #[error("spec.expirationSeconds is {0}; at least 600 is needed")]
    TooShort(i64),
    /// The certificate could not be made.
    #[error("issue the certificate: {0}")]
    Issue(String),
}

/// A request that is well formed, with all a policy may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsrFacts {
    /// Name of the CertificateSigningRequest object.
    pub name: String,
    /// Its UID.
    pub uid: String,
    /// `spec.signerName`.
    pub signer_name: String,
    /// Who created the object, as the server stamped it.
    pub username: String,
    /// The creator's UID.
    pub user_uid: String,
    /// The creator's groups.
    pub user_groups: Vec<String>,
    /// The creator's extra attributes.
    pub user_extra: BTreeMap<String, Vec<String>>,
    /// Labels and annotations of the object, for what the creator says beside the request.
    pub annotations: BTreeMap<String, String>,
    /// Whom the certificate would stand for.
    pub subject: Subject,
    /// `spec.expirationSeconds`.
    pub expiration_seconds: Option<i64>,
    /// The public key (SPKI, DER).
    pub public_key: Vec<u8>,
}

impl CsrFacts {
    /// Reads and checks a CertificateSigningRequest object.
    ///
    /// # Errors
    /// The first thing that keeps any signer from signing it.
    pub fn read(object: &Value) -> Result<Self, SignerError> {
        let spec = &object["spec"];
        check_usages(&spec["usages"])?;
        let expiration_seconds = spec["expirationSeconds"].as_i64();
        if let Some(seconds) = expiration_seconds.filter(|s| *s < 600) {
            return Err(SignerError::TooShort(seconds));
        }
        let (subject, public_key) = read_request(spec["request"].as_str().unwrap_or_default())?;
        let extra = spec["extra"].as_object().into_iter().flatten();
        let annotations = object["metadata"]["annotations"].as_object().into_iter().flatten();
        Ok(Self {
            name: text(&object["metadata"]["name"]),
            uid: text(&object["metadata"]["uid"]),
            signer_name: text(&spec["signerName"]),
            username: text(&spec["username"]),
            user_uid: text(&spec["uid"]),
            user_groups: texts(&spec["groups"]),
            user_extra: extra.map(|(key, values)| (key.clone(), texts(values))).collect(),
            annotations: annotations.map(|(key, value)| (key.clone(), text(value))).collect(),
            subject,
            expiration_seconds,
            public_key,
        })
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

fn check_usages(usages: &Value) -> Result<(), SignerError> {
    let usages = texts(usages);
    if let Some(odd) = usages.iter().find(|u| !CLIENT_USAGES.contains(&u.as_str())) {
        return Err(SignerError::Usage(odd.clone()));
    }
    if usages.iter().any(|u| u == "client auth") { Ok(()) } else { Err(SignerError::NoClientAuth) }
}

/// Subject and public key of the base64 of a PEM request.
fn read_request(encoded: &str) -> Result<(Subject, Vec<u8>), SignerError> {
    let unreadable = |e: &dyn std::fmt::Display| SignerError::Unreadable(e.to_string());
    let pem = STANDARD.decode(encoded).map_err(|e| unreadable(&e))?;
    let der = CertificateSigningRequestDer::from_pem_slice(&pem).map_err(|e| unreadable(&e))?;
    let (rest, request) = X509CertificationRequest::from_der(&der).map_err(|e| unreadable(&e))?;
    if !rest.is_empty() {
        return Err(SignerError::Unreadable("something follows the request".into()));
    }
    let info = &request.certification_request_info;
    check_key(&info.subject_pki)?;
    request.verify_signature().map_err(|_| SignerError::NoProof)?;
    check_extensions(&request)?;
    let values =
        |attribute: &x509_parser::x509::AttributeTypeAndValue<'_>| attribute.as_str().map(str::to_owned);
    let names: Result<Vec<String>, _> = info.subject.iter_common_name().map(values).collect();
    let groups: Result<Vec<String>, _> = info.subject.iter_organization().map(values).collect();
    let (names, groups) = (names.map_err(|e| unreadable(&e))?, groups.map_err(|e| unreadable(&e))?);
    if groups.len() > MAX_GROUPS {
        return Err(SignerError::Groups(groups.len()));
    }
    match names.as_slice() {
        [name] if !name.is_empty() => {
            Ok((Subject { name: name.clone(), groups }, info.subject_pki.raw.to_vec()))
        }
        _ => Err(SignerError::NoName),
    }
}

fn check_key(key: &SubjectPublicKeyInfo<'_>) -> Result<(), SignerError> {
    match key.parsed() {
        Ok(PublicKey::EC(point)) if matches!(point.key_size(), 256 | 384) => Ok(()),
        Ok(PublicKey::EC(point)) => Err(SignerError::Key(format!("ECDSA of {} bits", point.key_size()))),
        Ok(PublicKey::RSA(rsa)) if rsa.key_size() >= MIN_RSA_BITS => Ok(()),
        Ok(PublicKey::RSA(rsa)) => Err(SignerError::Key(format!("RSA of {} bits", rsa.key_size()))),
        _ if key.algorithm.algorithm.to_id_string() == ED25519 => Ok(()),
        _ => Err(SignerError::Key(key.algorithm.algorithm.to_id_string())),
    }
}

/// RFC 8410.
const ED25519: &str = "1.3.101.112";

fn check_extensions(request: &X509CertificationRequest<'_>) -> Result<(), SignerError> {
    for extension in request.requested_extensions().into_iter().flatten() {
        match extension {
            ParsedExtension::SubjectAlternativeName(names) if !names.general_names.is_empty() => {
                return Err(SignerError::Extension("subject alternative names"));
            }
            ParsedExtension::BasicConstraints(constraints) if constraints.ca => {
                return Err(SignerError::Extension("the rights of an authority"));
            }
            // Usages are never copied from the request: the certificate has the ones of a client.
            _ => {}
        }
    }
    Ok(())
}
