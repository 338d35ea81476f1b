//! Client certificates: the common name is the user, organizations are its groups.
//!
//! The handshake has checked the chain and the holder's key. What may change while a connection lives
//! is time, so the end of validity is looked at again on every request.
//! Upstream: `apiserver/pkg/authentication/request/x509`.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::service_account::CREDENTIAL_ID;
use crate::resource::Caller;

/// Attribute type of the user's UID in a subject (upstream `asn1util.X509UID`).
const UID_OID: &str = "1.3.6.1.4.1.57683.2";

/// A certificate without a usable subject.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Not a certificate.
    #[error("read the client certificate")]
    Parse(#[source] x509_parser::nom::Err<x509_parser::error::X509Error>),
    /// Kubernetes users need a name.
    #[error("the client certificate has no common name; its subject needs CN=<user>")]
    NoName,
    /// Two UIDs, or one that is empty.
    #[error("the client certificate has {0} UIDs in its subject; at most one that is not empty is allowed")]
    Uids(usize),
}

/// Who a certificate stands for, read once per connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    caller: Arc<Caller>,
    not_before: i64,
    not_after: i64,
}

impl Identity {
    /// Reads the leaf certificate of a verified chain.
    ///
    /// # Errors
    /// It is no certificate, or its subject has no user.
    pub fn from_der(der: &[u8]) -> Result<Self, IdentityError> {
        let (_, certificate) = X509Certificate::from_der(der).map_err(IdentityError::Parse)?;
        let subject = certificate.subject();
        let text = |attribute: &x509_parser::x509::AttributeTypeAndValue<'_>| {
            attribute.as_str().ok().map(str::to_owned)
        };
        let name = subject.iter_common_name().find_map(text).filter(|n| !n.is_empty());
        let mut groups: Vec<String> = subject.iter_organization().filter_map(text).collect();
        groups.push(super::AUTHENTICATED.to_owned());
        let uids: Vec<String> = subject
            .iter_attributes()
            .filter(|a| a.attr_type().to_id_string() == UID_OID)
            .map(|a| text(a).unwrap_or_default())
            .collect();
        let uid = match uids.as_slice() {
            [] => String::new(),
            [one] if !one.is_empty() => one.clone(),
            many => return Err(IdentityError::Uids(many.len())),
        };
        // Which certificate it was, for audit logs and `kubectl auth whoami`, worded as upstream.
        let mut extra = BTreeMap::new();
        extra.insert(
            CREDENTIAL_ID.to_owned(),
            vec![format!("X509SHA256={}", hex::encode(Sha256::digest(der)))],
        );
        let caller = Caller { name: name.ok_or(IdentityError::NoName)?, uid, groups, extra };
        let validity = certificate.validity();
        Ok(Self {
            caller: Arc::new(caller),
            not_before: validity.not_before.timestamp(),
            not_after: validity.not_after.timestamp(),
        })
    }

    /// The caller, if the certificate is valid at `now` (Unix seconds).
    pub fn caller_at(&self, now: i64) -> Option<&Arc<Caller>> {
        (self.not_before <= now && now <= self.not_after).then_some(&self.caller)
    }

    /// When the certificate ends, in Unix seconds.
    pub fn not_after(&self) -> i64 {
        self.not_after
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn certificate(attributes: &[(&[u64], &str)]) -> Vec<u8> {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("P-256 is there");
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        for (kind, value) in attributes {
            params.distinguished_name.push(rcgen::DnType::CustomDnType(kind.to_vec()), *value);
        }
        params.self_signed(&key).expect("is signed").der().to_vec()
    }

    const CN: &[u64] = &[2, 5, 4, 3];
    const O: &[u64] = &[2, 5, 4, 10];
    const UID: &[u64] = &[1, 3, 6, 1, 4, 1, 57683, 2];

    #[test]
    fn a_subject_is_a_user_with_groups_and_uid() {
        let der = certificate(&[(CN, "u"), (O, "g"), (UID, "id")]);
        let identity = Identity::from_der(&der).expect("reads");
        let caller = identity.caller_at(identity.not_after()).expect("is valid to the last second");
        assert_eq!((caller.name.as_str(), caller.uid.as_str()), ("u", "id"));
        assert_eq!(caller.groups, ["g", "system:authenticated"]);
        let id = &caller.extra[CREDENTIAL_ID][0];
        assert!(id.len() == "X509SHA256=".len() + 64 && id.starts_with("X509SHA256="), "{id}");
        assert_eq!(identity.caller_at(identity.not_after() + 1), None);
        assert_eq!(identity.caller_at(0), None);
        assert!(matches!(Identity::from_der(&certificate(&[(O, "g")])), Err(IdentityError::NoName)));
        assert!(matches!(
            Identity::from_der(&certificate(&[(CN, "u"), (UID, "")])),
            Err(IdentityError::Uids(1))
        ));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), at in any::<usize>(), flip in 1u8..) {
            prop_assert!(Identity::from_der(&bytes).is_err());
            let mut der = certificate(&[(CN, "u"), (O, "g")]);
            let at = at % der.len();
            der[at] ^= flip;
            let _ = Identity::from_der(&der);
        }
    }
}
