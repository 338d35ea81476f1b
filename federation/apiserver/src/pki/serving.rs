//! The server's own certificate, renewed in place while connections go on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::authority::{Authority, Credential, Subject, Usage};
use super::{DAY, PkiError, files};

/// Life of a serving certificate, in seconds.
const SERVING_SECONDS: i64 = 365 * DAY;
/// Names every server answers to.
const OWN_NAMES: [&str; 6] =
    ["localhost", "127.0.0.1", "::1", "kubernetes", "kubernetes.default", "kubernetes.default.svc"];

/// The certificate in use. New handshakes take whatever is current.
pub struct Serving {
    path: PathBuf,
    authority: Arc<Authority>,
    names: Vec<String>,
    current: ArcSwap<Current>,
}

struct Current {
    credential: Credential,
    key: Arc<CertifiedKey>,
}

impl std::fmt::Debug for Serving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serving").field("names", &self.names).finish_non_exhaustive()
    }
}

impl Serving {
    pub(super) fn open(
        dir: &Path,
        authority: Arc<Authority>,
        names: &[String],
        now: i64,
    ) -> Result<Self, PkiError> {
        let mut all: Vec<String> = OWN_NAMES.iter().map(|n| (*n).to_owned()).collect();
        all.extend(names.iter().filter(|n| !OWN_NAMES.contains(&n.as_str())).cloned());
        let path = dir.join("serving.pem");
        let kept = read(&path)?
            .filter(|c| authority.issued(c) && !c.is_due(now) && names_of(c).is_superset(&as_set(&all)));
        let credential = match kept {
            Some(credential) => credential,
            None => make(&path, &authority, &all, now)?,
        };
        let current = ArcSwap::from_pointee(current(&path, credential)?);
        Ok(Self { path, authority, names: all, current })
    }

    pub(super) fn renew_if_due(&self, now: i64) -> Result<bool, PkiError> {
        if !self.current.load().credential.is_due(now) {
            return Ok(false);
        }
        let credential = make(&self.path, &self.authority, &self.names, now)?;
        self.current.store(Arc::new(current(&self.path, credential)?));
        Ok(true)
    }

    /// When the certificate in use ends, in Unix seconds.
    pub fn not_after(&self) -> i64 {
        self.current.load().credential.not_after()
    }
}

impl ResolvesServerCert for Serving {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.load().key))
    }
}

const REMEDY: &str = "delete it, and a new one is made at the next start";

fn read(path: &Path) -> Result<Option<Credential>, PkiError> {
    let Some(text) = files::read(path)? else { return Ok(None) };
    let damaged = |what| PkiError::Damaged { path: path.to_owned(), what, remedy: REMEDY };
    Credential::from_pem(&text).map(Some).map_err(damaged)
}

fn make(path: &Path, authority: &Authority, names: &[String], now: i64) -> Result<Credential, PkiError> {
    let subject = Subject { name: "kube-apiserver".into(), groups: Vec::new() };
    let made = authority.credential(&subject, &Usage::Server(names.to_vec()), SERVING_SECONDS, now)?;
    files::write_private(path, made.to_pem().as_bytes())?;
    Ok(made)
}

fn current(path: &Path, credential: Credential) -> Result<Current, PkiError> {
    let damaged = |what: String| PkiError::Damaged { path: path.to_owned(), what, remedy: REMEDY };
    let key = credential.key_der().map_err(|e| damaged(e.to_string()))?;
    let key = rustls::crypto::ring::sign::any_ecdsa_type(&key).map_err(|e| damaged(e.to_string()))?;
    let key = Arc::new(CertifiedKey::new(vec![credential.certificate_der().clone()], key));
    Ok(Current { credential, key })
}

fn as_set(names: &[String]) -> BTreeSet<String> {
    names
        .iter()
        .map(|n| n.parse::<std::net::IpAddr>().map_or_else(|_| n.clone(), |a| a.to_string()))
        .collect()
}

/// Names and addresses a certificate is good for.
fn names_of(credential: &Credential) -> BTreeSet<String> {
    let Ok((_, certificate)) = X509Certificate::from_der(credential.certificate_der()) else {
        return BTreeSet::new();
    };
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return BTreeSet::new() };
    let names = extension.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).map(|b| std::net::IpAddr::from(b).to_string());
            v4.or_else(|_| <[u8; 16]>::try_from(*bytes).map(|b| std::net::IpAddr::from(b).to_string())).ok()
        }
        _ => None,
    });
    names.collect()
}
