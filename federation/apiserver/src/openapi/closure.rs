//! The named schemas that a document needs: those of its kinds and all they refer to.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::builtin::definitions;
use crate::resource::Resource;
use crate::status::{ApiError, ApiResult};

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";
const REFERENCE: &str = "\"$ref\":\"#/components/schemas/";

/// All schemas of the document of `kinds`, by name, as JSON text.
pub(super) fn of(kinds: &[Arc<Resource>]) -> ApiResult<BTreeMap<String, Box<RawValue>>> {
    let library = definitions::published()?;
    let mut found: BTreeMap<String, Box<RawValue>> = BTreeMap::new();
    let mut next = vec![format!("{META}.DeleteOptions"), format!("{META}.Status"), format!("{META}.Patch")];
    for kind in kinds {
        next.push(kind.definition_name.clone());
        if let Some(text) = kind.openapi.text()? {
            let list = raw(list_schema(kind).to_string())?;
            for (name, schema) in [(kind.definition_name.clone(), raw(text)?), (list_name(kind), list)] {
                references(schema.get(), &mut next);
                found.insert(name, schema);
            }
        } else if kind.verbs.read {
            next.push(list_name(kind));
        }
        next.extend(kind.subresources.scale.is_some().then(|| "io.k8s.api.autoscaling.v1.Scale".to_owned()));
        let posted = kind.subresources.others.iter().filter_map(|extra| extra.posted);
        next.extend(posted.map(|posted| posted.definition_name.to_owned()));
    }
    while let Some(name) = next.pop() {
        if found.contains_key(&name) {
            continue;
        }
        if let Some(schema) = library.get(&name) {
            references(schema.get(), &mut next);
            found.insert(name, schema.clone());
        }
    }
    Ok(found)
}

/// Name of the published schema of the list of a kind.
pub(super) fn list_name(kind: &Resource) -> String {
    format!("{}List", kind.definition_name)
}

fn list_schema(kind: &Resource) -> Value {
    let item = format!("#/components/schemas/{}", kind.definition_name);
    json!({
        "description": format!("{} is a list of {}", kind.list_kind, kind.kind),
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string", "description": "The version of the schema of this list."},
            "kind": {"type": "string", "description": "The kind of this list."},
            "metadata": {
                "description": "Standard list metadata.",
                "allOf": [{"$ref": format!("#/components/schemas/{META}.ListMeta")}],
                "default": {},
            },
            "items": {
                "description": format!("List of {}.", kind.plural),
                "type": "array",
                "items": {"allOf": [{"$ref": item}], "default": {}},
            },
        },
        "x-kubernetes-group-version-kind": [
            {"group": kind.group, "version": kind.version, "kind": kind.list_kind},
        ],
    })
}

fn raw(text: String) -> ApiResult<Box<RawValue>> {
    RawValue::from_string(text).map_err(ApiError::internal)
}

/// Our texts are minified, so that a reference looks the same everywhere.
fn references(text: &str, out: &mut Vec<String>) {
    for part in text.split(REFERENCE).skip(1) {
        out.extend(part.split('"').next().map(str::to_owned));
    }
}
