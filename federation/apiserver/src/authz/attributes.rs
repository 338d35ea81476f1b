//! What a request asks for, in the words RBAC decides on, and how a refusal reads.

use super::quote::quoted;
use crate::resource::Caller;
use crate::status::{ApiError, Details, qualified};

/// The question put to the authorizer. All parts are borrowed from the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attributes<'a> {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, or a special
    /// verb (`bind`, `escalate`, `impersonate`, `approve`); the lower-case HTTP method for a path.
    pub verb: &'a str,
    /// API group; empty for the core group.
    pub group: &'a str,
    /// Version; RBAC does not look at it.
    pub version: &'a str,
    /// Plural of the resource.
    pub resource: &'a str,
    /// Subresource, for example `status`; empty for the object itself.
    pub subresource: &'a str,
    /// Name; empty for collections.
    pub name: &'a str,
    /// Namespace; empty for cluster scope and for requests over all namespaces.
    pub namespace: &'a str,
    /// Path of a request that is not about a resource, for example `/version`. Empty otherwise.
    pub path: &'a str,
}

impl<'a> Attributes<'a> {
    /// The question for a path that is not a resource.
    pub fn of_path(verb: &'a str, path: &'a str) -> Self {
        Self { verb, path, ..Self::default() }
    }

    /// Whether it is about a resource and not about a path.
    pub fn is_resource(&self) -> bool {
        self.path.is_empty()
    }
}

/// 403 as upstream words it: `User "x" cannot list resource "pods" in API group "" …`.
/// `reason` is the authorizer's own, often empty.
pub fn denied(caller: &Caller, asked: &Attributes<'_>, reason: &str) -> ApiError {
    let mut why = escaped(&sentence(caller, asked));
    if !reason.is_empty() {
        why.push_str(": ");
        why.push_str(reason);
    }
    if asked.resource.is_empty() && asked.group.is_empty() {
        return ApiError::new(403, "Forbidden", format!("forbidden: {why}")).with(Details::default());
    }
    let what = qualified(asked.resource, asked.group);
    let message = if asked.name.is_empty() {
        format!("{what} is forbidden: {why}")
    } else {
        format!("{what} {} is forbidden: {why}", quoted(asked.name))
    };
    ApiError::new(403, "Forbidden", message).with(Details {
        name: asked.name.into(),
        group: asked.group.into(),
        kind: asked.resource.into(),
        ..Details::default()
    })
}

fn sentence(caller: &Caller, asked: &Attributes<'_>) -> String {
    let user = quoted(&caller.name);
    let verb = asked.verb;
    if !asked.is_resource() {
        return format!("User {user} cannot {verb} path {}", quoted(asked.path));
    }
    let resource = if asked.subresource.is_empty() {
        quoted(asked.resource)
    } else {
        quoted(&format!("{}/{}", asked.resource, asked.subresource))
    };
    let group = quoted(asked.group);
    let scope = if asked.namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace {}", quoted(asked.namespace))
    };
    format!("User {user} cannot {verb} resource {resource} in API group {group} {scope}")
}

/// Upstream escapes what a browser could take for markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller() -> Caller {
        Caller { name: "x".into(), ..Caller::default() }
    }

    #[test]
    fn refusals_read_as_upstream_words_them() {
        let list =
            Attributes { verb: "list", resource: "pods", namespace: "default", ..Attributes::default() };
        assert_eq!(
            denied(&caller(), &list, "").to_string(),
            "pods is forbidden: User \"x\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\""
        );
        let scale = Attributes {
            verb: "update",
            group: "apps",
            resource: "deployments",
            subresource: "scale",
            name: "web",
            ..Attributes::default()
        };
        assert_eq!(
            denied(&caller(), &scale, "RBAC: role not found").to_string(),
            "deployments.apps \"web\" is forbidden: User \"x\" cannot update resource \"deployments/scale\" in API group \"apps\" at the cluster scope: RBAC: role not found"
        );
        assert_eq!(
            denied(&caller(), &Attributes::of_path("get", "/metrics<"), "").to_string(),
            "forbidden: User \"x\" cannot get path \"/metrics&lt;\""
        );
    }
}
