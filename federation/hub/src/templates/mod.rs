//! WorkTemplates: immutable manifests, named by the digest of their content, made before the Works that refer to them.
//!
//! [`Shelf`] makes each one once and remembers which objects templates hold; [`collect`] removes what nobody refers to.

mod collect;
mod shelf;

use federation_core::work::{ContentError, ObjectName, canonical_bytes, template_name};
use serde_json::Value;

pub use collect::{CollectError, Collector};
pub use shelf::{Shelf, TemplateError};

/// A manifest and its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// The digest of the content.
    pub name: String,
    /// The content.
    pub manifest: Value,
}

impl Template {
    /// Names a manifest by its content.
    pub fn new(manifest: Value) -> Result<Self, ContentError> {
        let name = template_name(&canonical_bytes(&manifest)?);
        Ok(Self { name, manifest })
    }

    /// The object that it makes.
    pub fn object(&self) -> ObjectName {
        object_of(&self.manifest)
    }
}

/// The object that a manifest makes; parts that are missing are empty.
pub fn object_of(manifest: &Value) -> ObjectName {
    let text = |pointer| manifest.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    ObjectName {
        api_version: text("/apiVersion"),
        kind: text("/kind"),
        namespace: text("/metadata/namespace"),
        name: text("/metadata/name"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_content_has_one_name_whatever_its_order() {
        let one =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}});
        let two =
            json!({"metadata": {"namespace": "n", "name": "a"}, "kind": "ConfigMap", "apiVersion": "v1"});
        let (one, two) = (Template::new(one).unwrap(), Template::new(two).unwrap());
        assert_eq!(one.name, two.name);
        assert_eq!(one.name.len(), 64);
        assert_eq!(one.object().to_string(), "ConfigMap n/a");
    }
}
