//! Where objects stand in the store: `/registry/GROUP/PLURAL/[NAMESPACE/]NAME`, as upstream lays them out.

use bytes::Bytes;

use crate::resource::Resource;

/// Everything this server keeps begins with this.
pub(crate) const ROOT: &str = "/registry/";

/// `GROUP/PLURAL`, with `core` for the core group: names a kind inside the store.
pub(crate) fn kind_path(resource: &Resource) -> String {
    path_of(&resource.group, &resource.plural)
}

/// The same by its parts.
pub(crate) fn path_of(group: &str, plural: &str) -> String {
    let group = if group.is_empty() { "core" } else { group };
    format!("{group}/{plural}")
}

/// What all keys of a kind begin with.
pub(crate) fn prefix(resource: &Resource) -> String {
    format!("{ROOT}{}/", kind_path(resource))
}

/// `namespace/name`, or `name` for cluster scope.
pub(crate) fn local(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }
}

/// The key of one object.
pub(crate) fn key(resource: &Resource, namespace: &str, name: &str) -> Bytes {
    format!("{}{}", prefix(resource), local(namespace, name)).into()
}

/// Splits a key into `GROUP/PLURAL` and the local key; `None` for keys of others.
pub(crate) fn split(key: &[u8]) -> Option<(&str, &str)> {
    let rest = std::str::from_utf8(key).ok()?.strip_prefix(ROOT)?;
    let group = rest.find('/')?;
    let plural = group + 1 + rest[group + 1..].find('/')?;
    Some((&rest[..plural], &rest[plural + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_falls_apart_into_kind_and_object() {
        assert_eq!(split(b"/registry/apps/replicasets/ns/web"), Some(("apps/replicasets", "ns/web")));
        assert_eq!(split(b"/registry/core/namespaces/ns"), Some(("core/namespaces", "ns")));
        for other in ["/other/apps/x/y", "/registry/", "/registry/apps", "/registry/apps/x"] {
            assert_eq!(split(other.as_bytes()), None, "{other}");
        }
        assert_eq!(split(&[0xff, b'/']), None);
    }
}
