//! Acting as somebody else: the `Impersonate-*` headers (`kubectl --as`).
//!
//! Every name in them is authorized one by one with the verb `impersonate`.
//! Upstream: `apiserver/pkg/endpoints/filters/impersonation`.

use std::collections::BTreeMap;

use http::HeaderMap;

use super::{ANONYMOUS, AUTHENTICATED, UNAUTHENTICATED, service_account};
use crate::authz::{Attributes, Authorizer, denied};
use crate::resource::Caller;
use crate::status::{ApiError, ApiResult};

const USER: &str = "impersonate-user";
const GROUP: &str = "impersonate-group";
const UID: &str = "impersonate-uid";
const EXTRA: &str = "impersonate-extra-";
/// Group of the `uids` and `userextras` pseudo resources.
const AUTHENTICATION: &str = "authentication.k8s.io";

/// The caller to act as, if the request asks for one.
///
/// # Errors
/// 400 for headers without a user, 403 for a name that the caller may not take.
pub fn impersonated(
    caller: &Caller,
    headers: &HeaderMap,
    authorizer: &Authorizer,
) -> ApiResult<Option<Caller>> {
    let asked = Asked::read(headers)?;
    let Some(user) = asked.user else {
        if asked.groups.is_empty() && asked.extra.is_empty() && asked.uid.is_none() {
            return Ok(None);
        }
        return Err(ApiError::bad_request(
            "requested impersonation without impersonating a user; add the header Impersonate-User",
        ));
    };
    let allow = |question: Attributes<'_>| -> ApiResult<()> {
        let question = Attributes { verb: "impersonate", ..question };
        let decision = authorizer.authorize(caller, &question);
        if decision.allowed { Ok(()) } else { Err(denied(caller, &question, &decision.reason)) }
    };
    let mut groups = asked.groups.clone();
    match service_account::split(&user) {
        Some((namespace, name)) => {
            allow(Attributes { resource: "serviceaccounts", namespace, name, ..Attributes::default() })?;
            if groups.is_empty() {
                groups = vec![
                    service_account::GROUP.to_owned(),
                    format!("{}:{namespace}", service_account::GROUP),
                ];
            }
        }
        None => allow(Attributes { resource: "users", name: &user, ..Attributes::default() })?,
    }
    for name in &asked.groups {
        allow(Attributes { resource: "groups", name, ..Attributes::default() })?;
    }
    for (key, values) in &asked.extra {
        for name in values {
            let extra =
                Attributes { resource: "userextras", subresource: key, name, ..Attributes::default() };
            allow(Attributes { group: AUTHENTICATION, version: "v1", ..extra })?;
        }
    }
    if let Some(name) = &asked.uid {
        let uid = Attributes { resource: "uids", name, ..Attributes::default() };
        allow(Attributes { group: AUTHENTICATION, version: "v1", ..uid })?;
    }
    add_own_group(&user, &mut groups);
    Ok(Some(Caller { name: user, uid: asked.uid.unwrap_or_default(), groups, extra: asked.extra }))
}

struct Asked {
    user: Option<String>,
    groups: Vec<String>,
    uid: Option<String>,
    extra: BTreeMap<String, Vec<String>>,
}

impl Asked {
    fn read(headers: &HeaderMap) -> ApiResult<Self> {
        let one = |name: &str| -> ApiResult<Option<String>> {
            let value = headers.get(name).map(|v| text(name, v)).transpose()?;
            Ok(value.filter(|v| !v.is_empty()))
        };
        let mut groups = Vec::new();
        for value in headers.get_all(GROUP) {
            groups.push(text(GROUP, value)?);
        }
        let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in headers {
            // Header names come in lower case.
            let Some(key) = name.as_str().strip_prefix(EXTRA) else { continue };
            extra.entry(unescaped(key)).or_default().push(text(name.as_str(), value)?);
        }
        Ok(Self { user: one(USER)?, groups, uid: one(UID)?, extra })
    }
}

fn text(name: &str, value: &http::HeaderValue) -> ApiResult<String> {
    std::str::from_utf8(value.as_bytes())
        .map(str::to_owned)
        .map_err(|_| ApiError::bad_request(format!("header {name} is not UTF-8 text")))
}

/// Undoes percent-encoding; what is malformed stays as it is.
fn unescaped(key: &str) -> String {
    let bytes = key.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'%' {
            out.push(bytes[at]);
            at += 1;
            continue;
        }
        let mut byte = [0];
        match bytes.get(at + 1..at + 3).map(|digits| hex::decode_to_slice(digits, &mut byte)) {
            Some(Ok(())) => out.push(byte[0]),
            _ => return key.to_owned(),
        }
        at += 3;
    }
    String::from_utf8(out).unwrap_or_else(|_| key.to_owned())
}

/// `system:authenticated`, or `system:unauthenticated` for the anonymous user, unless a group says so already.
fn add_own_group(user: &str, groups: &mut Vec<String>) {
    let has = |groups: &[String], group: &str| groups.iter().any(|g| g == group);
    if user == ANONYMOUS {
        if !has(groups, UNAUTHENTICATED) {
            groups.push(UNAUTHENTICATED.to_owned());
        }
    } else if !has(groups, AUTHENTICATED) && !has(groups, UNAUTHENTICATED) {
        groups.push(AUTHENTICATED.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::authz::RbacKind;

    fn authorizer() -> Authorizer {
        let authorizer = Authorizer::new();
        let role = json!({ "metadata": { "name": "r" }, "rules": [
            { "verbs": ["impersonate"], "apiGroups": [""], "resources": ["users"], "resourceNames": ["jane"] },
            { "verbs": ["impersonate"], "apiGroups": [""], "resources": ["groups"], "resourceNames": ["devs"] },
            { "verbs": ["impersonate"], "apiGroups": [""], "resources": ["serviceaccounts"] },
            { "verbs": ["impersonate"], "apiGroups": ["authentication.k8s.io"], "resources": ["userextras/scopes/x"] },
        ]});
        let binding = json!({ "metadata": { "name": "b" }, "roleRef": { "kind": "ClusterRole", "name": "r" },
            "subjects": [{ "kind": "User", "name": "boss" }] });
        for (kind, object) in [(RbacKind::ClusterRole, role), (RbacKind::ClusterRoleBinding, binding)] {
            authorizer.apply(kind, object.to_string().as_bytes()).expect("well formed");
        }
        authorizer
    }

    fn act(headers: &[(&'static str, &'static str)]) -> ApiResult<Option<Caller>> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, http::HeaderValue::from_static(value));
        }
        let boss = Caller { name: "boss".into(), ..Caller::default() };
        impersonated(&boss, &map, &authorizer())
    }

    #[test]
    fn allowed_names_make_a_caller() {
        assert_eq!(act(&[]).expect("asks for nothing"), None);
        let jane = act(&[(USER, "jane"), (GROUP, "devs"), ("impersonate-extra-scopes%2fx", "v")]);
        let jane = jane.expect("is allowed").expect("is asked for");
        assert_eq!(
            (jane.name.as_str(), &jane.groups[..]),
            ("jane", &["devs".to_owned(), AUTHENTICATED.into()][..])
        );
        assert_eq!(jane.extra["scopes/x"], ["v"]);
        let robot =
            act(&[(USER, "system:serviceaccount:ns:robot")]).expect("is allowed").expect("is asked for");
        assert_eq!(robot.groups, ["system:serviceaccounts", "system:serviceaccounts:ns", AUTHENTICATED]);
    }

    #[test]
    fn other_names_are_refused() {
        let refused = |headers: &[_]| act(headers).expect_err("is refused");
        assert_eq!(refused(&[(GROUP, "devs")]).code(), 400);
        assert_eq!(
            refused(&[(USER, "jane"), (GROUP, "system:masters")]).to_string(),
            "groups \"system:masters\" is forbidden: User \"boss\" cannot impersonate resource \"groups\" in API group \"\" at the cluster scope"
        );
        assert_eq!(refused(&[(USER, "eve")]).code(), 403);
        assert_eq!(refused(&[(USER, "jane"), (UID, "1")]).code(), 403);
        assert_eq!(refused(&[(USER, "jane"), ("impersonate-extra-other", "v")]).code(), 403);
    }

    #[test]
    fn malformed_escapes_stay_as_they_are() {
        for (key, plain) in
            [("a%2fb", "a/b"), ("a%2", "a%2"), ("a%zz", "a%zz"), ("a%ff", "a%ff"), ("%+1", "%+1")]
        {
            assert_eq!(unescaped(key), plain);
        }
    }
}
