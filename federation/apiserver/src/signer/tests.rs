//! Requests made as a client makes them, and what becomes of them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use rcgen::{CertificateParams, DnType, IsCa, KeyPair};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde_json::{Value, json};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::facts::CsrFacts;
use super::*;
use crate::authn::Identity;
use crate::pki::Pki;

fn params(name: &str, groups: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    let types = [DnType::OrganizationName, DnType::CustomDnType(vec![2, 5, 4, 10])];
    for (kind, group) in types.into_iter().zip(groups) {
        params.distinguished_name.push(kind, *group);
    }
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn object(params: &CertificateParams, key: &KeyPair) -> Value {
    let pem = params.serialize_request(key).and_then(|r| r.pem()).expect("a request can be made");
    json!({
        "metadata": { "name": "c", "uid": "u", "annotations": { "a": "b" } },
        "spec": {
            "request": STANDARD.encode(pem),
            "signerName": "example.com/client",
            "usages": ["client auth"],
            "username": "system:bootstrap:abcdef",
            "groups": ["system:bootstrappers"],
        },
    })
}

fn p256() -> KeyPair {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("P-256 is there")
}

#[test]
fn a_request_becomes_a_client_certificate() {
    let home = tempfile::tempdir().expect("a directory");
    let now = jiff::Timestamp::now().as_second();
    let pki = Pki::open(home.path(), &[], now).expect("opens");
    for algorithm in [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ED25519] {
        let key = KeyPair::generate_for(algorithm).expect("is supported");
        let mut object = object(&params("user", &["a", "b"]), &key);
        object["spec"]["expirationSeconds"] = 3600.into();
        let facts = CsrFacts::read(&object).expect("is well formed");
        assert_eq!(
            (facts.subject.name.as_str(), &facts.subject.groups[..]),
            ("user", &["a".into(), "b".into()][..])
        );
        assert_eq!(facts.username, "system:bootstrap:abcdef");
        let pem = issue(pki.authority(), &facts, Duration::from_secs(7200), now).expect("is issued");
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).expect("is a certificate");
        let (_, certificate) = X509Certificate::from_der(&der).expect("is a certificate");
        assert_eq!(certificate.validity().not_before.timestamp(), now - 300);
        assert_eq!(certificate.validity().not_after.timestamp(), now + 3600);
        assert_eq!(certificate.public_key().raw, rcgen::PublicKeyData::subject_public_key_info(&key));
        assert!(!certificate.is_ca());
        let usage = certificate.extended_key_usage().expect("reads").expect("is there").value;
        assert!(usage.client_auth && !usage.server_auth);
        let identity = Identity::from_der(&der).expect("names a user");
        assert_eq!(identity.caller_at(now).expect("is valid").groups, ["a", "b", "system:authenticated"]);
    }
}

#[test]
fn life_is_what_is_asked_within_bounds() {
    let mut facts = CsrFacts::read(&object(&params("u", &[]), &p256())).expect("is well formed");
    let day = Duration::from_secs(86400);
    for (asked, life) in [(None, 86400), (Some(3600), 3600), (Some(10), 600), (Some(1 << 40), 86400)] {
        facts.expiration_seconds = asked;
        assert_eq!(issue::life_seconds(&facts, day), life, "{asked:?}");
    }
    for (asked, life) in [(None, 30), (Some(3600), 30)] {
        facts.expiration_seconds = asked;
        assert_eq!(issue::life_seconds(&facts, Duration::from_secs(30)), life, "a signer's own short life");
    }
}

#[test]
fn what_no_signer_signs_says_why() {
    let key = p256();
    let good = object(&params("u", &[]), &key);
    let refuse = |object: &Value| CsrFacts::read(object).expect_err("is refused").to_string();
    let with = |pointer: &str, value: Value| {
        let mut object = good.clone();
        *object.pointer_mut(pointer).expect("is there") = value;
        refuse(&object)
    };
    assert!(with("/spec/usages", json!(["client auth", "cert sign"])).contains("\"cert sign\""));
    assert!(with("/spec/usages", json!(["digital signature"])).contains("lacks \"client auth\""));
    assert!(with("/spec/request", json!("AAAA")).contains("no PEM certificate request"));
    let mut short = good.clone();
    short["spec"]["expirationSeconds"] = 5.into();
    assert!(refuse(&short).contains("is 5; at least 600"));

    assert!(refuse(&object(&params("", &[]), &key)).contains("no common name"));
    let mut names = params("u", &[]);
    names.subject_alt_names = vec![rcgen::SanType::DnsName("a.example".try_into().expect("a name"))];
    assert!(refuse(&object(&names, &key)).contains("subject alternative names"));
    let mut authority = params("u", &[]);
    authority.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    assert!(refuse(&object(&authority, &key)).contains("rights of an authority"));

    // Another key's signature under the request.
    let pem = STANDARD.decode(good["spec"]["request"].as_str().expect("is text")).expect("is base64");
    let der = rustls_pki_types::CertificateSigningRequestDer::from_pem_slice(&pem).expect("is a request");
    let mut bytes = der.to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let forged = crate::pki::authority::pem_of("CERTIFICATE REQUEST", &bytes);
    assert!(with("/spec/request", json!(STANDARD.encode(forged))).contains("not signed by the key"));
}

proptest! {
    #[test]
    fn no_request_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0usize..300, flip in 1u8..) {
        let raw = json!({ "spec": { "usages": ["client auth"], "request": STANDARD.encode(&bytes) } });
        prop_assert!(CsrFacts::read(&raw).is_err());
        let mut object = object(&params("u", &["g"]), &p256());
        let pem = STANDARD.decode(object["spec"]["request"].as_str().unwrap_or_default()).unwrap_or_default();
        if let Ok(der) = rustls_pki_types::CertificateSigningRequestDer::from_pem_slice(&pem) {
            let mut der = der.to_vec();
            let at = at % der.len();
            der[at] ^= flip;
            let pem = crate::pki::authority::pem_of("CERTIFICATE REQUEST", &der);
            object["spec"]["request"] = STANDARD.encode(pem).into();
            let _ = CsrFacts::read(&object);
        }
    }
}
