//! A token and the Secret that holds it.

use std::collections::BTreeMap;

use crds::names;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt;
use kube::api::ObjectMeta;
use rand::Rng;

/// Where tokens are kept.
pub const NAMESPACE: &str = "kube-system";
/// Type of their Secrets.
pub(super) const TYPE: &str = "bootstrap.kubernetes.io/token";
const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// The two halves of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Names the token.
    pub id: String,
    /// Proves that one has it.
    pub secret: String,
}

impl Drawn {
    /// Draws a token: 6 and 16 letters and digits, as upstream has them.
    #[must_use]
    pub fn new(from: &mut impl Rng) -> Self {
        let mut draw = |count: usize| -> String {
            (0..count).map(|_| char::from(ALPHABET[from.random_range(0..ALPHABET.len())])).collect()
        };
        Self { id: draw(6), secret: draw(16) }
    }

    /// `id.secret`.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}.{}", self.id, self.secret)
    }
}

/// What a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Purpose {
    pub(super) cluster: String,
    pub(super) site: String,
    pub(super) accept: bool,
    pub(super) expires: Timestamp,
}

/// The Secret of a new token.
pub(super) fn secret(token: &Drawn, purpose: &Purpose) -> Secret {
    let fields = [
        ("token-id", token.id.clone()),
        ("token-secret", token.secret.clone()),
        ("expiration", purpose.expires.to_string()),
        ("usage-bootstrap-authentication", "true".to_owned()),
        ("auth-extra-groups", names::JOINERS_GROUP.to_owned()),
        ("description", format!("joins member cluster {}", purpose.cluster)),
        (names::TOKEN_CLUSTER, purpose.cluster.clone()),
        (names::TOKEN_SITE, purpose.site.clone()),
        (names::TOKEN_ACCEPT, purpose.accept.to_string()),
    ];
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Secret {
        metadata: ObjectMeta {
            name: Some(name_of(&token.id)),
            namespace: Some(NAMESPACE.to_owned()),
            ..ObjectMeta::default()
        },
        type_: Some(TYPE.to_owned()),
        string_data: Some(fields),
        ..Secret::default()
    }
}

/// Name of a token's Secret.
pub(super) fn name_of(id: &str) -> String {
    format!("bootstrap-token-{id}")
}

/// A token as it is listed: never with its secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) cluster: String,
    pub(super) site: String,
    pub(super) accept: bool,
    pub(super) expires: Option<Timestamp>,
    /// uid of the cluster that used it.
    pub(super) used_by: String,
}

/// Reads a Secret; `None` for one that is no join token of ours.
pub(super) fn read(secret: &Secret) -> Option<Listed> {
    let name = secret.name_any();
    let id = name.strip_prefix("bootstrap-token-")?.to_owned();
    let data: BTreeMap<&str, String> = secret
        .data
        .iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), String::from_utf8_lossy(&value.0).into_owned()))
        .collect();
    let field = |name: &str| data.get(name).cloned().unwrap_or_default();
    let cluster = field(names::TOKEN_CLUSTER);
    (secret.type_.as_deref() == Some(TYPE) && !cluster.is_empty()).then(|| Listed {
        id,
        cluster,
        site: field(names::TOKEN_SITE),
        accept: field(names::TOKEN_ACCEPT) == "true",
        expires: field("expiration").parse().ok(),
        used_by: secret.annotations().get(names::CLUSTER_UID).cloned().unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use k8s_openapi::ByteString;
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn a_token_is_what_upstream_takes_for_one() {
        let mut random = rand::rngs::StdRng::seed_from_u64(7);
        let token = Drawn::new(&mut random);
        let text = token.text();
        let (id, secret) = text.split_once('.').unwrap();
        assert_eq!((id.len(), secret.len()), (6, 16));
        assert!(text.bytes().all(|b| b == b'.' || b.is_ascii_lowercase() || b.is_ascii_digit()), "{text}");
        assert_ne!(Drawn::new(&mut random), token);
    }

    #[test]
    fn what_is_written_is_read_back_without_the_secret() {
        let token = Drawn { id: "abcdef".into(), secret: "0123456789abcdef".into() };
        let expires = "2026-01-01T01:00:00Z".parse().unwrap();
        let purpose = Purpose { cluster: "hz-a".into(), site: "hz-a".into(), accept: true, expires };
        let mut stored = secret(&token, &purpose);
        let data = stored.string_data.take().unwrap();
        assert_eq!(data["auth-extra-groups"], names::JOINERS_GROUP);
        assert_eq!(data["usage-bootstrap-authentication"], "true");
        stored.data =
            Some(data.into_iter().map(|(key, text)| (key, ByteString(text.into_bytes()))).collect());
        let read_back = read(&stored).unwrap();
        assert_eq!(
            (read_back.id.as_str(), read_back.cluster.as_str(), read_back.accept),
            ("abcdef", "hz-a", true)
        );
        assert_eq!(read_back.expires, Some(expires));
        assert!(!format!("{read_back:?}").contains(&token.secret));
        stored.type_ = Some("Opaque".into());
        assert_eq!(read(&stored), None);
    }
}
