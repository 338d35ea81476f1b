//! ServiceAccount tokens: issued by the `token` subresource, verified on every request.
//!
//! A token is good while the key, its time, its audience and the ServiceAccount (same UID) are.
//! Binding a token to a Pod, Node or Secret is refused: nothing here would revoke it.
//! Upstream: `pkg/serviceaccount/claims.go`, `pkg/registry/core/serviceaccount/storage/token.go`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::jwt::SigningKey;
use super::lookup::Lookup;
use crate::resource::Caller;
use crate::status::{ApiError, ApiResult, FieldError, FieldErrorKind};

/// Start of the user name of every ServiceAccount.
pub const USER_PREFIX: &str = "system:serviceaccount:";
/// Group of all ServiceAccounts; with `:namespace` after it, of those of one namespace.
pub const GROUP: &str = "system:serviceaccounts";
/// Extra attribute with the token's id (upstream `CredentialIDKey`).
pub const CREDENTIAL_ID: &str = "authentication.kubernetes.io/credential-id";

/// Shortest life a client may ask for, in seconds.
const MIN_SECONDS: i64 = 600;
/// Longest life a client may ask for, in seconds: `1 << 32` as upstream has it.
const MAX_SECONDS: i64 = 1 << 32;
/// Life when the client does not say.
const DEFAULT_SECONDS: i64 = 3600;
/// Clocks may differ by this much, in seconds.
const LEEWAY_SECONDS: i64 = 60;

/// Issues and verifies the tokens of one server.
pub struct ServiceAccountTokens {
    key: Arc<SigningKey>,
    issuer: String,
    audiences: Vec<String>,
}

impl ServiceAccountTokens {
    /// Tokens signed by `key` in the name of `issuer`, which is also the server's own audience.
    pub fn new(key: Arc<SigningKey>, issuer: impl Into<String>) -> Self {
        let issuer = issuer.into();
        Self { key, audiences: vec![issuer.clone()], issuer }
    }

    /// The audiences that mean this server.
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// Answers a `TokenRequest` for `account`. `id` becomes the token's id and must be fresh.
    ///
    /// # Errors
    /// 422 for a request that names another account or cannot be met, 409 for another UID.
    pub fn issue(&self, mut request: Value, account: &Value, now: i64, id: &str) -> ApiResult<Value> {
        let text = |pointer: &str| account.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (namespace, name, uid) =
            (text("/metadata/namespace"), text("/metadata/name"), text("/metadata/uid"));
        check_names(&request, namespace, name, uid)?;
        let seconds = check_spec(&request)?;
        let audiences = match &request["spec"]["audiences"] {
            Value::Array(list) if !list.is_empty() => Value::Array(list.clone()),
            _ => json!(self.audiences),
        };
        let claims = json!({
            "iss": self.issuer,
            "sub": format!("{USER_PREFIX}{namespace}:{name}"),
            "aud": audiences,
            "iat": now,
            "nbf": now,
            "exp": now + seconds,
            "jti": id,
            "kubernetes.io": { "namespace": namespace, "serviceaccount": { "name": name, "uid": uid } },
        });
        let token = self.key.sign(&claims).map_err(ApiError::internal)?;
        let timestamp = |seconds| crate::authn::service_account::timestamp(seconds);
        request["kind"] = "TokenRequest".into();
        request["apiVersion"] = "authentication.k8s.io/v1".into();
        request["metadata"] =
            json!({ "name": name, "namespace": namespace, "uid": uid, "creationTimestamp": timestamp(now) });
        request["spec"]["audiences"] = claims["aud"].clone();
        request["spec"]["expirationSeconds"] = seconds.into();
        request["status"] = json!({ "token": token, "expirationTimestamp": timestamp(now + seconds) });
        Ok(request)
    }

    /// The caller a token stands for, if it is one of ours and good at `now` for one of `audiences`.
    pub fn verify(&self, token: &str, audiences: &[String], lookup: &dyn Lookup, now: i64) -> Option<Caller> {
        let claims = self.key.verify(token)?;
        if claims["iss"].as_str() != Some(&self.issuer) {
            return None;
        }
        let time = |name: &str| claims[name].as_i64();
        if time("exp")? + LEEWAY_SECONDS < now || time("nbf")? - LEEWAY_SECONDS > now {
            return None;
        }
        let is_meant = match &claims["aud"] {
            Value::String(one) => audiences.contains(one),
            Value::Array(many) => {
                many.iter().filter_map(Value::as_str).any(|a| audiences.iter().any(|b| a == b))
            }
            _ => false,
        };
        if !is_meant {
            return None;
        }
        let bound = &claims["kubernetes.io"];
        let namespace = bound["namespace"].as_str()?;
        let name = bound["serviceaccount"]["name"].as_str()?;
        let uid = bound["serviceaccount"]["uid"].as_str()?;
        let account: Value =
            serde_json::from_slice(&lookup.get("", "serviceaccounts", namespace, name)?).ok()?;
        if account["metadata"]["uid"].as_str() != Some(uid)
            || !account["metadata"]["deletionTimestamp"].is_null()
        {
            return None;
        }
        let mut caller = caller(namespace, name, uid);
        if let Some(id) = claims["jti"].as_str() {
            caller.extra.insert(CREDENTIAL_ID.into(), vec![format!("JTI={id}")]);
        }
        Some(caller)
    }
}

/// The caller that a ServiceAccount is.
pub fn caller(namespace: &str, name: &str, uid: &str) -> Caller {
    Caller {
        name: format!("{USER_PREFIX}{namespace}:{name}"),
        uid: uid.to_owned(),
        groups: vec![GROUP.to_owned(), format!("{GROUP}:{namespace}"), super::AUTHENTICATED.to_owned()],
        ..Caller::default()
    }
}

/// Namespace and name in a ServiceAccount's user name.
pub fn split(user: &str) -> Option<(&str, &str)> {
    let (namespace, name) = user.strip_prefix(USER_PREFIX)?.split_once(':')?;
    (!namespace.is_empty() && !name.is_empty() && !name.contains(':')).then_some((namespace, name))
}

/// RFC 3339 with seconds, as Kubernetes writes times. Times out of range show as the epoch.
pub(crate) fn timestamp(unix_seconds: i64) -> String {
    jiff::Timestamp::from_second(unix_seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

fn check_names(request: &Value, namespace: &str, name: &str, uid: &str) -> ApiResult<()> {
    for (field, wanted, what) in [("name", name, "name"), ("namespace", namespace, "namespace")] {
        if let Some(given) = request["metadata"][field].as_str().filter(|g| !g.is_empty())
            && given != wanted
        {
            let path = format!("metadata.{field}");
            let detail = format!("must match the service account {what} if specified");
            let error =
                FieldError::new(FieldErrorKind::Invalid, path, detail).shown(json!(given).to_string());
            return Err(ApiError::invalid("authentication.k8s.io", "TokenRequest", name, &[error]));
        }
    }
    match request["metadata"]["uid"].as_str().filter(|u| !u.is_empty()) {
        Some(given) if given != uid => {
            let why = format!(
                "the UID in the token request ({given}) does not match the UID of the service account ({uid})"
            );
            Err(ApiError::conflict("authentication.k8s.io", "TokenRequest", name, &why))
        }
        _ => Ok(()),
    }
}

/// The life asked for, in seconds.
fn check_spec(request: &Value) -> ApiResult<i64> {
    let mut errors = Vec::new();
    let seconds = match &request["spec"]["expirationSeconds"] {
        Value::Null => DEFAULT_SECONDS,
        value => {
            let path = "spec.expirationSeconds";
            let seconds = value.as_i64().unwrap_or_default();
            let problem = if seconds < MIN_SECONDS {
                Some("may not specify a duration less than 10 minutes")
            } else if seconds > MAX_SECONDS {
                Some("may not specify a duration larger than 2^32 seconds")
            } else {
                None
            };
            let error =
                |detail| FieldError::new(FieldErrorKind::Invalid, path, detail).shown(value.to_string());
            errors.extend(problem.map(error));
            seconds
        }
    };
    if !request["spec"]["boundObjectRef"].is_null() {
        let detail = "this server issues tokens bound to the service account alone; leave the field out";
        errors.push(FieldError::new(FieldErrorKind::Forbidden, "spec.boundObjectRef", detail));
    }
    if errors.is_empty() {
        return Ok(seconds);
    }
    Err(ApiError::invalid("authentication.k8s.io", "TokenRequest", "", &errors))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    struct One(Value);

    impl Lookup for One {
        fn get(&self, _group: &str, plural: &str, namespace: &str, name: &str) -> Option<Bytes> {
            let meta = &self.0["metadata"];
            let same = plural == "serviceaccounts" && meta["namespace"] == namespace && meta["name"] == name;
            same.then(|| self.0.to_string().into())
        }
    }

    fn account(uid: &str) -> Value {
        json!({ "metadata": { "namespace": "ns", "name": "robot", "uid": uid } })
    }

    fn tokens() -> ServiceAccountTokens {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("P-256 is there");
        let key = SigningKey::from_pem(pair.serialize_pem().as_bytes()).expect("a fresh key reads");
        ServiceAccountTokens::new(Arc::new(key), "https://kubernetes.default.svc")
    }

    #[test]
    fn a_token_is_good_while_its_time_audience_and_account_are() {
        let tokens = tokens();
        let answer = tokens.issue(json!({ "spec": {} }), &account("u1"), 1000, "id1").expect("is issued");
        assert_eq!(answer["status"]["expirationTimestamp"], "1970-01-01T01:16:40Z");
        let token = answer["status"]["token"].as_str().expect("has a token");
        let own = tokens.audiences().to_vec();
        let caller = tokens.verify(token, &own, &One(account("u1")), 1000).expect("is good");
        assert_eq!(caller.name, "system:serviceaccount:ns:robot");
        assert_eq!(
            caller.groups,
            ["system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated"]
        );
        assert_eq!(caller.extra[CREDENTIAL_ID], ["JTI=id1"]);

        assert_eq!(
            tokens.verify(token, &own, &One(account("u2")), 1000),
            None,
            "another account of that name"
        );
        let mut going = account("u1");
        going["metadata"]["deletionTimestamp"] = "1970-01-01T00:00:00Z".into();
        assert_eq!(tokens.verify(token, &own, &One(going), 1000), None, "an account on its way out");
        assert_eq!(tokens.verify(token, &own, &One(account("u1")), 1000 + 3600 + 61), None, "too late");
        assert_eq!(tokens.verify(token, &own, &One(account("u1")), 900), None, "too early");
        assert_eq!(
            tokens.verify(token, &["other".into()], &One(account("u1")), 1000),
            None,
            "another audience"
        );
        assert_eq!(
            super::tests::tokens().verify(token, &own, &One(account("u1")), 1000),
            None,
            "another key"
        );
    }

    #[test]
    fn requests_that_cannot_be_met_say_why() {
        let tokens = tokens();
        let refuse =
            |request| tokens.issue(request, &account("u1"), 0, "i").expect_err("is refused").to_string();
        assert_eq!(
            refuse(json!({ "spec": { "expirationSeconds": 5 } })),
            "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes"
        );
        assert!(
            refuse(json!({ "spec": { "boundObjectRef": { "kind": "Pod" } } }))
                .contains("spec.boundObjectRef")
        );
        assert!(
            refuse(json!({ "metadata": { "name": "x" } })).contains("must match the service account name")
        );
        assert!(refuse(json!({ "metadata": { "uid": "x" } })).contains("does not match the UID"));
    }

    #[test]
    fn user_names_split() {
        assert_eq!(split("system:serviceaccount:a:b"), Some(("a", "b")));
        for odd in ["system:serviceaccount:a", "system:serviceaccount::b", "system:serviceaccount:a:b:c", "a"]
        {
            assert_eq!(split(odd), None, "{odd}");
        }
    }
}
