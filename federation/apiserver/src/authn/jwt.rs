//! JSON Web Tokens signed with ES256 (RFC 7515, RFC 7518 §3.4): the form of ServiceAccount tokens.
//!
//! One algorithm and keys of our own alone: a token that names another algorithm or key is not ours.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
};
use rustls_pki_types::PrivatePkcs8KeyDer;
use rustls_pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// `SubjectPublicKeyInfo` of a P-256 key up to the point: algorithm id-ecPublicKey, curve prime256v1.
const SPKI_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A key that cannot be used, or a failure to sign.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not a PEM file with a PKCS#8 key.
    #[error("read the token signing key as PKCS#8 PEM")]
    Pem(#[source] rustls_pki_types::pem::Error),
    /// Not a P-256 key.
    #[error("the token signing key is no ECDSA P-256 key: {0}")]
    Rejected(ring::error::KeyRejected),
    /// The system has no randomness.
    #[error("sign a token: the system gave no randomness")]
    Sign,
}

/// The key that signs ServiceAccount tokens.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
    id: String,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

impl SigningKey {
    /// Reads a PKCS#8 PEM.
    ///
    /// # Errors
    /// It is none, or holds another kind of key.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(KeyError::Pem)?;
        let random = SystemRandom::new();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.secret_pkcs8_der(), &random)
                .map_err(KeyError::Rejected)?;
        let mut digest = Sha256::new();
        digest.update(SPKI_PREFIX);
        digest.update(pair.public_key().as_ref());
        let id = URL_SAFE_NO_PAD.encode(digest.finalize());
        Ok(Self { pair, random, id })
    }

    /// The key id: SHA-256 of the public key, as upstream derives it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public key as a JSON Web Key, for `/openid/v1/jwks`.
    pub fn jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        // An uncompressed point: one byte of form, then x and y of 32 bytes each.
        let (x, y) = point[1..].split_at(32);
        json!({
            "use": "sig", "kty": "EC", "kid": self.id, "crv": "P-256", "alg": "ES256",
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
        })
    }

    /// Signs `claims`.
    ///
    /// # Errors
    /// The system has no randomness.
    pub fn sign(&self, claims: &Value) -> Result<String, KeyError> {
        let header = json!({ "alg": "ES256", "kid": self.id });
        let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut token);
        let signature = self.pair.sign(&self.random, token.as_bytes()).map_err(|_| KeyError::Sign)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
        Ok(token)
    }

    /// The claims of `token`, if this key signed it. Says nothing about time or audience.
    pub fn verify(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        if header.alg != "ES256" || header.kid != self.id {
            return None;
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.pair.public_key().as_ref())
            .verify(signed.as_bytes(), &signature)
            .ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> SigningKey {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("P-256 is there");
        SigningKey::from_pem(pair.serialize_pem().as_bytes()).expect("a fresh key reads")
    }

    #[test]
    fn what_one_key_signs_another_refuses() {
        let (mine, other) = (key(), key());
        let token = mine.sign(&json!({ "sub": "a" })).expect("signs");
        assert_eq!(mine.verify(&token), Some(json!({ "sub": "a" })));
        assert_eq!(other.verify(&token), None);
    }

    #[test]
    fn a_changed_token_is_refused() {
        let key = key();
        let token = key.sign(&json!({ "sub": "a" })).expect("signs");
        let (head, signature) = token.rsplit_once('.').expect("has three parts");
        let (header, _) = head.split_once('.').expect("has three parts");
        let payload = URL_SAFE_NO_PAD.encode(json!({ "sub": "b" }).to_string());
        assert_eq!(key.verify(&format!("{header}.{payload}.{signature}")), None);
        let none = URL_SAFE_NO_PAD.encode(json!({ "alg": "none", "kid": key.id() }).to_string());
        assert_eq!(key.verify(&format!("{none}.{payload}.")), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,80}", a in "[A-Za-z0-9_.-]{0,60}") {
            let key = key();
            prop_assert_eq!(key.verify(&text), None);
            prop_assert_eq!(key.verify(&a), None);
        }
    }
}
