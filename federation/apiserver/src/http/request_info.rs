//! What a request is about, read from its method and path (`apiserver/pkg/endpoints/request/requestinfo.go`).

use std::borrow::Cow;

use http::Method;

use super::query::{Query, decode};

/// The parts of a path below `/api/v1` or `/apis/GROUP/VERSION`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResourcePath<'a> {
    /// API group; empty for the core group.
    pub(crate) group: Cow<'a, str>,
    /// Version.
    pub(crate) version: Cow<'a, str>,
    /// Plural.
    pub(crate) plural: Cow<'a, str>,
    /// Namespace; empty for cluster scope and for all namespaces.
    pub(crate) namespace: Cow<'a, str>,
    /// Name; empty for the collection.
    pub(crate) name: Cow<'a, str>,
    /// Subresource; empty for the object itself.
    pub(crate) subresource: Cow<'a, str>,
}

/// Reads a path; `None` for what is not below a group version, or is deeper than any resource.
pub(crate) fn resource_path(path: &str) -> Option<ResourcePath<'_>> {
    let mut parts = path.trim_matches('/').split('/').map(|part| decode(part, false));
    let (group, version) = match &*parts.next()? {
        "api" => (Cow::Borrowed(""), parts.next()?),
        "apis" => (parts.next()?, parts.next()?),
        _ => return None,
    };
    let mut found = ResourcePath { group, version, ..ResourcePath::default() };
    let rest: smallvec::SmallVec<[Cow<'_, str>; 5]> = parts.collect();
    if rest.iter().any(|part| part.is_empty()) {
        return None;
    }
    let mut rest = rest.into_iter();
    let first = rest.next()?;
    let mut remaining: smallvec::SmallVec<[Cow<'_, str>; 4]> = rest.collect();
    // `namespaces/NS/PLURAL…` is inside the namespace; `namespaces/NS` and its two subresources are the
    // namespace itself.
    let inside = first == "namespaces"
        && remaining.len() >= 2
        && !(remaining.len() == 2 && matches!(&*remaining[1], "status" | "finalize"));
    if inside {
        found.namespace = std::mem::take(&mut remaining[0]);
        found.plural = std::mem::take(&mut remaining[1]);
        remaining.drain(..2);
    } else {
        found.plural = first;
    }
    let mut remaining = remaining.into_iter();
    found.name = remaining.next().unwrap_or_default();
    found.subresource = remaining.next().unwrap_or_default();
    remaining.next().is_none().then_some(found)
}

/// The verb that authorization and metrics know, for a request about a resource.
pub(crate) fn resource_verb(method: &Method, named: bool, query: &Query) -> Option<&'static str> {
    Some(match *method {
        Method::GET | Method::HEAD if named && !query.flag("watch") => "get",
        Method::GET | Method::HEAD if query.flag("watch") => "watch",
        Method::GET | Method::HEAD => "list",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if named => "delete",
        Method::DELETE => "deletecollection",
        _ => return None,
    })
}

/// The verb for a path that is not a resource: the method in lower case.
pub(crate) fn path_verb(method: &Method) -> &'static str {
    match *method {
        Method::GET => "get",
        Method::HEAD => "head",
        Method::POST => "post",
        Method::PUT => "put",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        Method::OPTIONS => "options",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(path: &str) -> Option<[String; 6]> {
        let p = resource_path(path)?;
        Some([p.group, p.version, p.plural, p.namespace, p.name, p.subresource].map(Cow::into_owned))
    }

    #[test]
    fn paths_fall_apart() {
        let cases = [
            ("/api/v1/pods", ["", "v1", "pods", "", "", ""]),
            ("/api/v1/namespaces", ["", "v1", "namespaces", "", "", ""]),
            ("/api/v1/namespaces/ns", ["", "v1", "namespaces", "", "ns", ""]),
            ("/api/v1/namespaces/ns/status", ["", "v1", "namespaces", "", "ns", "status"]),
            ("/api/v1/namespaces/ns/finalize", ["", "v1", "namespaces", "", "ns", "finalize"]),
            ("/api/v1/namespaces/ns/pods", ["", "v1", "pods", "ns", "", ""]),
            (
                "/apis/apps/v1/namespaces/ns/replicasets/web/scale",
                ["apps", "v1", "replicasets", "ns", "web", "scale"],
            ),
            ("/apis/g/v1/clusterroles/system%3Anode", ["g", "v1", "clusterroles", "", "system:node", ""]),
        ];
        for (path, expected) in cases {
            assert_eq!(parts(path), Some(expected.map(str::to_owned)), "{path}");
        }
    }

    #[test]
    fn other_paths_are_none() {
        for path in [
            "/",
            "/api",
            "/api/v1",
            "/apis/g/v1",
            "/healthz",
            "/api/v1/pods/a/b/c",
            "/api/v1/namespaces/n/pods/a/b/c",
            "/api/v1//x",
        ] {
            assert_eq!(parts(path), None, "{path}");
        }
    }

    #[test]
    fn methods_are_verbs() {
        let verb = |method, named, query| resource_verb(&method, named, &Query::parse(query));
        assert_eq!(verb(Method::GET, true, ""), Some("get"));
        assert_eq!(verb(Method::GET, false, ""), Some("list"));
        assert_eq!(verb(Method::GET, false, "watch=1"), Some("watch"));
        assert_eq!(verb(Method::DELETE, false, ""), Some("deletecollection"));
        assert_eq!(verb(Method::TRACE, false, ""), None);
    }

    proptest! {
        #[test]
        fn never_panics(path in "(/api|/apis)?[/a%3-]{0,30}") {
            let _ = resource_path(&path);
        }
    }
}
