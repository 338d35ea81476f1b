//! Bootstrap tokens: Secrets of type `bootstrap.kubernetes.io/token` in `kube-system`.
//!
//! A token `id.secret` makes its bearer `system:bootstrap:<id>` in `system:bootstrappers`. The id in the
//! user name is what an owner of the server needs to bind a token to a purpose: further data keys of the
//! Secret `bootstrap-token-<id>` are the owner's own.
//! Upstream: `plugin/pkg/auth/authenticator/token/bootstrap`, `cluster-bootstrap/util`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::lookup::Lookup;
use crate::resource::Caller;

/// Where the Secrets live.
pub const NAMESPACE: &str = "kube-system";
/// Start of the Secrets' names; the id follows.
pub const NAME_PREFIX: &str = "bootstrap-token-";
/// Type of the Secrets.
pub const SECRET_TYPE: &str = "bootstrap.kubernetes.io/token";
/// Start of the user name; the id follows.
pub const USER_PREFIX: &str = "system:bootstrap:";
/// Group of everybody who comes with a bootstrap token.
pub const GROUP: &str = "system:bootstrappers";

/// Length of a token's id.
const ID_LENGTH: usize = 6;
/// Length of a token's secret part.
const SECRET_LENGTH: usize = 16;

/// A bearer token as id and secret, if it has that form: `[a-z0-9]{6}.[a-z0-9]{16}`.
pub fn split(token: &str) -> Option<(&str, &str)> {
    let (id, secret) = token.split_once('.')?;
    let plain = |s: &str| s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    (id.len() == ID_LENGTH && secret.len() == SECRET_LENGTH && plain(id) && plain(secret))
        .then_some((id, secret))
}

/// The id in the user name of a bearer.
pub fn id_of(user: &str) -> Option<&str> {
    user.strip_prefix(USER_PREFIX).filter(|id| id.len() == ID_LENGTH)
}

/// The caller a token stands for, if it is good at `now` (Unix seconds).
pub fn authenticate(token: &str, lookup: &dyn Lookup, now: i64) -> Option<Caller> {
    let (id, secret) = split(token)?;
    let stored = lookup.get("", "secrets", NAMESPACE, &format!("{NAME_PREFIX}{id}"))?;
    let stored: Value = serde_json::from_slice(&stored).ok()?;
    match judge(&stored, id, secret, now) {
        Ok(groups) => Some(Caller { name: format!("{USER_PREFIX}{id}"), groups, ..Caller::default() }),
        Err(why) => {
            tracing::info!(token_id = id, "bootstrap token refused: {why}");
            None
        }
    }
}

/// The groups the bearer is in, or why the token is refused. The text never holds the secret.
fn judge(stored: &Value, id: &str, secret: &str, now: i64) -> Result<Vec<String>, String> {
    if !stored["metadata"]["deletionTimestamp"].is_null() {
        return Err("its Secret is being deleted".into());
    }
    if stored["type"] != SECRET_TYPE {
        return Err(format!("its Secret has another type than {SECRET_TYPE}"));
    }
    let wanted = data(stored, "token-secret").unwrap_or_default();
    // Compared in constant time; an absent secret never matches since `secret` is never empty.
    if !bool::from(wanted.as_bytes().ct_eq(secret.as_bytes())) {
        return Err("the secret part is wrong".into());
    }
    if data(stored, "token-id").as_deref() != Some(id) {
        return Err("key token-id of its Secret does not fit the name".into());
    }
    if has_expired(stored, now) {
        return Err("it has expired".into());
    }
    if data(stored, "usage-bootstrap-authentication").as_deref() != Some("true") {
        return Err("its Secret does not say usage-bootstrap-authentication: true".into());
    }
    groups(stored)
}

/// Whether the `expiration` of a token Secret is over at `now`; one that does not read counts as over.
pub fn has_expired(stored: &Value, now: i64) -> bool {
    expires_at(stored).is_some_and(|at| at <= now)
}

/// When a token Secret expires, in Unix seconds; `None` is never. What does not read has expired long ago.
pub fn expires_at(stored: &Value) -> Option<i64> {
    let text = data(stored, "expiration").filter(|t| !t.is_empty())?;
    Some(text.parse::<jiff::Timestamp>().map_or(0, |t| t.as_second()))
}

fn groups(stored: &Value) -> Result<Vec<String>, String> {
    let mut groups = std::collections::BTreeSet::from([GROUP.to_owned()]);
    let extra = data(stored, "auth-extra-groups").unwrap_or_default();
    for group in extra.split(',').filter(|_| !extra.is_empty()) {
        if !is_bootstrap_group(group) {
            return Err(format!("auth-extra-groups names {group:?}; groups must be {GROUP}:<name>"));
        }
        groups.insert(group.to_owned());
    }
    let mut groups: Vec<String> = groups.into_iter().collect();
    groups.push(super::AUTHENTICATED.to_owned());
    Ok(groups)
}

/// `system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]`.
fn is_bootstrap_group(group: &str) -> bool {
    let Some(rest) = group.strip_prefix(GROUP).and_then(|g| g.strip_prefix(':')) else { return false };
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let inner = rest.bytes().all(|b| plain(b) || b == b':' || b == b'-');
    inner && rest.len() <= 256 && rest.bytes().last().is_some_and(plain)
}

/// One key of a Secret's data as text.
pub fn data(stored: &Value, key: &str) -> Option<String> {
    let encoded = stored["data"][key].as_str()?;
    String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    struct One(Value);

    impl Lookup for One {
        fn get(&self, _group: &str, _plural: &str, namespace: &str, name: &str) -> Option<Bytes> {
            (namespace == NAMESPACE && name == "bootstrap-token-abcdef").then(|| self.0.to_string().into())
        }
    }

    const TOKEN: &str = "abcdef.0123456789abcdef";

    fn secret(changes: &[(&str, &str)]) -> Value {
        let mut data = json!({
            "token-id": STANDARD.encode("abcdef"),
            "token-secret": STANDARD.encode("0123456789abcdef"),
            "usage-bootstrap-authentication": STANDARD.encode("true"),
        });
        for (key, value) in changes {
            data[*key] = STANDARD.encode(value).into();
        }
        json!({ "metadata": {}, "type": SECRET_TYPE, "data": data })
    }

    #[test]
    fn a_good_token_names_its_id_and_groups() {
        let stored = secret(&[
            ("expiration", "1970-01-01T00:00:10Z"),
            ("auth-extra-groups", "system:bootstrappers:b,system:bootstrappers:a"),
        ]);
        let caller = authenticate(TOKEN, &One(stored), 9).expect("is good");
        assert_eq!(caller.name, "system:bootstrap:abcdef");
        assert_eq!(
            caller.groups,
            [
                "system:bootstrappers",
                "system:bootstrappers:a",
                "system:bootstrappers:b",
                "system:authenticated"
            ]
        );
        assert_eq!(id_of(&caller.name), Some("abcdef"));
    }

    #[test]
    fn every_reason_to_refuse_refuses() {
        let table = [
            ("wrong secret", secret(&[("token-secret", "0123456789abcdeX")])),
            ("shorter secret", secret(&[("token-secret", "0123")])),
            ("empty secret", secret(&[("token-secret", "")])),
            ("other id", secret(&[("token-id", "abcdeg")])),
            ("expired", secret(&[("expiration", "1970-01-01T00:00:09Z")])),
            ("unreadable expiry", secret(&[("expiration", "soon")])),
            ("not for authentication", secret(&[("usage-bootstrap-authentication", "false")])),
            ("a group out of line", secret(&[("auth-extra-groups", "system:masters")])),
            ("an empty group", secret(&[("auth-extra-groups", "system:bootstrappers:")])),
            ("other type", json!({ "metadata": {}, "type": "Opaque", "data": secret(&[])["data"] })),
            (
                "going",
                json!({ "metadata": { "deletionTimestamp": "x" }, "type": SECRET_TYPE, "data": secret(&[])["data"] }),
            ),
        ];
        assert!(authenticate(TOKEN, &One(secret(&[])), 9).is_some());
        for (why, stored) in table {
            assert_eq!(authenticate(TOKEN, &One(stored), 9), None, "{why}");
        }
    }

    proptest! {
        #[test]
        fn only_the_right_form_splits(text in "\\PC{0,30}") {
            if let Some((id, secret)) = split(&text) {
                prop_assert_eq!(format!("{id}.{secret}"), text);
            }
        }
    }
}
