//! The certificate authority: its own key pair, and the certificates it issues.

use std::net::IpAddr;
use std::path::Path;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData, SanType, SerialNumber,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{DAY, PkiError, files};

/// Life of the authority, in seconds.
const AUTHORITY_SECONDS: i64 = 10 * 365 * DAY;
/// Certificates begin this long ago, in seconds, for clients whose clocks are behind.
pub const BACKDATE_SECONDS: i64 = 300;

/// Whom a certificate is for: `CN` and `O`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Common name: the user.
    pub name: String,
    /// Organizations: the groups, two at most (the certificate library writes no more).
    pub groups: Vec<String>,
}

/// The most organizations a subject may have.
pub const MAX_GROUPS: usize = 2;

/// What a certificate is good for.
#[derive(Clone, Debug)]
pub enum Usage {
    /// Proves a client to a server.
    Client,
    /// Proves a server under these names and addresses.
    Server(Vec<String>),
}

/// A certificate with its key.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// The certificate, PEM.
    pub certificate_pem: String,
    /// The key, PKCS#8 PEM.
    pub key_pem: String,
    der: CertificateDer<'static>,
    not_before: i64,
    not_after: i64,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("not_after", &self.not_after).finish_non_exhaustive()
    }
}

impl Credential {
    /// Reads key and certificate out of one PEM text. The error is what is wrong with it.
    pub(super) fn from_pem(text: &str) -> Result<Self, String> {
        let der =
            CertificateDer::from_pem_slice(text.as_bytes()).map_err(|e| format!("no certificate: {e}"))?;
        let key = KeyPair::from_pem(text).map_err(|e| format!("no private key: {e}"))?;
        let (public, not_before, not_after) = read_certificate(&der)?;
        if public != key.subject_public_key_info() {
            return Err("key and certificate do not belong together".into());
        }
        let certificate_pem = pem_of("CERTIFICATE", &der);
        Ok(Self { certificate_pem, key_pem: key.serialize_pem(), der, not_before, not_after })
    }

    /// Key and certificate as one PEM text.
    pub(super) fn to_pem(&self) -> String {
        format!("{}{}", self.key_pem, self.certificate_pem)
    }

    /// The certificate, DER.
    pub fn certificate_der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// The key, for a TLS library.
    pub(super) fn key_der(&self) -> Result<PrivateKeyDer<'static>, rustls_pki_types::pem::Error> {
        PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes())
    }

    /// When it ends, in Unix seconds.
    pub fn not_after(&self) -> i64 {
        self.not_after
    }

    /// Whether a third of its life or less is left.
    pub fn is_due(&self, now: i64) -> bool {
        self.not_after - now <= (self.not_after - self.not_before) / 3
    }
}

/// The authority of one server.
pub struct Authority {
    certificate: CertificateDer<'static>,
    certificate_pem: String,
    issuer: Issuer<'static, KeyPair>,
    not_after: i64,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("not_after", &self.not_after).finish_non_exhaustive()
    }
}

/// A fresh ECDSA P-256 key.
pub(super) fn fresh_key(subject: &str) -> Result<KeyPair, PkiError> {
    let made = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256);
    made.map_err(|source| PkiError::Issue { subject: subject.into(), source })
}

impl Authority {
    /// Reads the authority of `dir`, or makes one.
    ///
    /// # Errors
    /// A file is damaged, or there is a certificate without its key.
    pub fn open(dir: &Path, now: i64) -> Result<Self, PkiError> {
        let (cert_path, key_path) = (dir.join("ca.crt"), dir.join("ca.key"));
        let (certificate, key) = (files::read(&cert_path)?, files::read(&key_path)?);
        let key = match (&certificate, key) {
            (_, Some(text)) => KeyPair::from_pem(&text).map_err(|e| PkiError::Damaged {
                path: key_path,
                what: format!("no private key: {e}"),
                remedy: "restore it from a backup; a new authority means that every client joins again",
            })?,
            (Some(_), None) => {
                return Err(PkiError::Missing {
                    path: key_path,
                    beside: cert_path,
                    remedy: "restore it from a backup, or move the certificate away to make a new authority (every client must then join again)",
                });
            }
            (None, None) => {
                let key = fresh_key("the authority")?;
                files::write_private(&key_path, key.serialize_pem().as_bytes())?;
                key
            }
        };
        let Some(text) = certificate else {
            // A key alone has signed nothing yet: the first start ended between the two writes.
            let text = self_signed(&key, now)?;
            files::write_public(&cert_path, text.as_bytes())?;
            return Self::from_parts(&cert_path, &text, key);
        };
        Self::from_parts(&cert_path, &text, key)
    }

    fn from_parts(path: &Path, text: &str, key: KeyPair) -> Result<Self, PkiError> {
        let damaged = |what: String| PkiError::Damaged {
            path: path.to_owned(),
            what,
            remedy: "restore it and ca.key from a backup",
        };
        let certificate = CertificateDer::from_pem_slice(text.as_bytes())
            .map_err(|e| damaged(format!("no certificate: {e}")))?;
        let (public, _, not_after) = read_certificate(&certificate).map_err(damaged)?;
        if public != key.subject_public_key_info() {
            return Err(damaged("it does not belong to ca.key".into()));
        }
        let issuer = Issuer::from_ca_cert_der(&certificate, key).map_err(|e| damaged(e.to_string()))?;
        let certificate_pem = pem_of("CERTIFICATE", &certificate);
        Ok(Self { certificate: certificate.into_owned(), certificate_pem, issuer, not_after })
    }

    /// The authority's certificate, PEM: what clients must trust.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The authority's certificate, DER.
    pub fn certificate_der(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Whether this authority, with its present key, issued the certificate.
    pub fn issued(&self, credential: &Credential) -> bool {
        let Ok((_, own)) = X509Certificate::from_der(&self.certificate) else { return false };
        let Ok((_, issued)) = X509Certificate::from_der(credential.certificate_der()) else { return false };
        issued.verify_signature(Some(own.public_key())).is_ok()
    }

    /// Issues a certificate for the holder of `key`, good from a little before `now` for `seconds`, but
    /// no longer than the authority.
    ///
    /// # Errors
    /// The subject or a name cannot be written, or the authority has ended.
    pub fn issue(
        &self,
        subject: &Subject,
        usage: &Usage,
        key: &impl PublicKeyData,
        seconds: i64,
        now: i64,
    ) -> Result<Certificate, PkiError> {
        let not_after = (now + seconds).min(self.not_after);
        if not_after <= now {
            return Err(PkiError::AuthorityEnded { subject: subject.name.clone(), ended: self.not_after });
        }
        let failed = |source| PkiError::Issue { subject: subject.name.clone(), source };
        let mut params = parameters(subject, now, not_after).map_err(failed)?;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        match usage {
            Usage::Client => params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
            Usage::Server(names) => {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
                let names = names.iter().map(|n| san(n));
                params.subject_alt_names = names.collect::<Result<_, _>>().map_err(failed)?;
            }
        }
        params.signed_by(key, &self.issuer).map_err(failed)
    }

    /// A fresh key with a client certificate for `subject`, good for `seconds`.
    ///
    /// # Errors
    /// As [`Authority::issue`].
    pub fn client_credential(
        &self,
        subject: &Subject,
        seconds: i64,
        now: i64,
    ) -> Result<Credential, PkiError> {
        self.credential(subject, &Usage::Client, seconds, now)
    }

    pub(super) fn credential(
        &self,
        subject: &Subject,
        usage: &Usage,
        seconds: i64,
        now: i64,
    ) -> Result<Credential, PkiError> {
        let key = fresh_key(&subject.name)?;
        let certificate = self.issue(subject, usage, &key, seconds, now)?;
        Ok(Credential {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            der: certificate.der().clone(),
            not_before: now - BACKDATE_SECONDS,
            not_after: (now + seconds).min(self.not_after),
        })
    }
}

fn self_signed(key: &KeyPair, now: i64) -> Result<String, PkiError> {
    let subject = Subject { name: format!("kubernetes-ca@{now}"), groups: Vec::new() };
    let failed = |source| PkiError::Issue { subject: subject.name.clone(), source };
    let mut params = parameters(&subject, now, now + AUTHORITY_SECONDS).map_err(failed)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages =
        vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    params.self_signed(key).map(|c| c.pem()).map_err(failed)
}

fn parameters(subject: &Subject, now: i64, not_after: i64) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.not_before = moment(now - BACKDATE_SECONDS)?;
    params.not_after = moment(not_after)?;
    params.serial_number = Some(fresh_serial());
    params.distinguished_name = distinguished_name(subject)?;
    Ok(params)
}

fn moment(unix_seconds: i64) -> Result<OffsetDateTime, rcgen::Error> {
    OffsetDateTime::from_unix_timestamp(unix_seconds).map_err(|_| rcgen::Error::Time)
}

fn distinguished_name(subject: &Subject) -> Result<DistinguishedName, rcgen::Error> {
    let mut name = DistinguishedName::new();
    // The library keeps one value per attribute type; the same type by number is another key to it.
    let types = [DnType::OrganizationName, DnType::CustomDnType(vec![2, 5, 4, 10])];
    if subject.groups.len() > types.len() {
        return Err(rcgen::Error::CouldNotParseCertificate);
    }
    for (kind, group) in types.into_iter().zip(&subject.groups) {
        name.push(kind, group.as_str());
    }
    name.push(DnType::CommonName, subject.name.as_str());
    Ok(name)
}

/// 127 random bits, positive as RFC 5280 asks.
fn fresh_serial() -> SerialNumber {
    let mut bytes: [u8; 16] = rand::random();
    bytes[0] &= 0x7f;
    SerialNumber::from_slice(&bytes)
}

fn san(name: &str) -> Result<SanType, rcgen::Error> {
    match name.parse::<IpAddr>() {
        Ok(address) => Ok(SanType::IpAddress(address)),
        Err(_) => name.try_into().map(SanType::DnsName),
    }
}

/// Public key (SPKI, DER) and validity in Unix seconds.
fn read_certificate(der: &CertificateDer<'_>) -> Result<(Vec<u8>, i64, i64), String> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|e| format!("no certificate: {e}"))?;
    let validity = certificate.validity();
    Ok((
        certificate.public_key().raw.to_vec(),
        validity.not_before.timestamp(),
        validity.not_after.timestamp(),
    ))
}

/// DER as PEM with lines of 64 characters (RFC 7468).
pub(crate) fn pem_of(label: &str, der: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        out.push_str(std::str::from_utf8(line).unwrap_or_default());
        out.push('\n');
    }
    out.push_str(&format!("-----END {label}-----\n"));
    out
}
