//! What apiextensions asks of a CustomResourceDefinition before it serves the kind.

use serde_json::Value;

use super::CustomError;
use super::manifest::{Crd, Version};
use crate::schema::metadata::{dns1123_label, dns1123_subdomain};
use crate::table::JsonPath;

fn field(crd: &Crd, field: impl Into<String>, value: &str, rule: impl Into<String>) -> CustomError {
    CustomError::Field {
        crd: crd.metadata.name.clone(),
        field: field.into(),
        value: value.to_owned(),
        rule: rule.into(),
    }
}

/// The one version that is stored, with its index.
pub(super) fn storage_version(crd: &Crd) -> Result<(usize, &Version), CustomError> {
    let mut stored = crd.spec.versions.iter().enumerate().filter(|(_, version)| version.storage);
    let (Some((index, version)), None) = (stored.next(), stored.next()) else {
        let rule = "must have exactly one version marked as storage version";
        let names: Vec<&str> = crd.spec.versions.iter().map(|version| version.name.as_str()).collect();
        return Err(field(crd, "spec.versions", &names.join(","), rule));
    };
    let at = format!("spec.versions[{index}]");
    if !version.served {
        return Err(field(crd, format!("{at}.served"), "false", "the storage version must be served"));
    }
    let schema = &version.schema.open_api_v3_schema;
    if schema["type"] != "object" {
        let at = format!("{at}.schema.openAPIV3Schema.type");
        return Err(field(crd, at, &schema["type"].to_string(), "must be object at the root"));
    }
    Ok((index, version))
}

/// Names, group and scope.
pub(super) fn names(crd: &Crd) -> Result<(), CustomError> {
    let spec = &crd.spec;
    let wanted = format!("{}.{}", spec.names.plural, spec.group);
    if crd.metadata.name != wanted {
        let rule = "must be spec.names.plural+\".\"+spec.group";
        return Err(field(crd, "metadata.name", &crd.metadata.name, rule));
    }
    if !matches!(spec.scope.as_str(), "Namespaced" | "Cluster") {
        return Err(field(crd, "spec.scope", &spec.scope, "supported values: \"Cluster\", \"Namespaced\""));
    }
    if let Some(why) = dns1123_subdomain(&spec.group).pop() {
        return Err(field(crd, "spec.group", &spec.group, why));
    }
    if !spec.group.contains('.') {
        return Err(field(crd, "spec.group", &spec.group, "should be a domain with at least one dot"));
    }
    let names = &spec.names;
    let mut labels = vec![("plural", names.plural.clone()), ("singular", names.singular())];
    labels.push(("kind", names.kind.to_lowercase()));
    labels.push(("listKind", names.list_kind().to_lowercase()));
    labels.extend(names.short_names.iter().map(|name| ("shortNames", name.clone())));
    labels.extend(names.categories.iter().map(|name| ("categories", name.clone())));
    for (which, value) in labels {
        if let Some(why) = dns1123_label(&value).pop() {
            return Err(field(crd, format!("spec.names.{which}"), &value, why));
        }
    }
    Ok(())
}

/// Columns, selectable fields and scale: their paths, and what they may lead to.
pub(super) fn paths(crd: &Crd, index: usize, version: &Version) -> Result<(), CustomError> {
    let at = format!("spec.versions[{index}]");
    for (i, column) in version.additional_printer_columns.iter().enumerate() {
        let at = format!("{at}.additionalPrinterColumns[{i}]");
        path(crd, &column.json_path, format!("{at}.jsonPath"))?;
        if !matches!(column.type_.as_str(), "integer" | "number" | "string" | "boolean" | "date") {
            let rule = "supported values: \"boolean\", \"date\", \"integer\", \"number\", \"string\"";
            return Err(field(crd, format!("{at}.type"), &column.type_, rule));
        }
        if column.name.is_empty() {
            return Err(field(crd, format!("{at}.name"), "", "Required value"));
        }
    }
    for (i, selectable) in version.selectable_fields.iter().enumerate() {
        let at = format!("{at}.selectableFields[{i}].jsonPath");
        let schema = leaf(crd, version, &selectable.json_path, &at)?;
        let type_ = schema.map(|schema| schema["type"].as_str().unwrap_or_default());
        if !matches!(type_, Some("string" | "integer" | "boolean")) {
            let rule = "must point to a field of type string, boolean or integer";
            return Err(field(crd, at, &selectable.json_path, rule));
        }
    }
    let scale = version.subresources.as_ref().and_then(|sub| sub.scale.as_ref());
    let Some(scale) = scale else { return Ok(()) };
    let declared = [
        ("specReplicasPath", Some(&scale.spec_replicas_path), ".spec."),
        ("statusReplicasPath", Some(&scale.status_replicas_path), ".status."),
        ("labelSelectorPath", scale.label_selector_path.as_ref(), "."),
    ];
    for (name, value, prefix) in declared {
        let Some(value) = value else { continue };
        let at = format!("{at}.subresources.scale.{name}");
        leaf(crd, version, value, &at)?;
        if !value.starts_with(prefix) {
            return Err(field(crd, at, value, format!("should be a json path under {prefix}")));
        }
    }
    Ok(())
}

fn path(crd: &Crd, text: &str, field: String) -> Result<JsonPath, CustomError> {
    let crd = || crd.metadata.name.clone();
    JsonPath::parse(text).map_err(|source| CustomError::Path { crd: crd(), field, source })
}

/// The schema at a path that consists of fields; `None` when the schema does not declare it.
fn leaf<'a>(crd: &Crd, version: &'a Version, text: &str, at: &str) -> Result<Option<&'a Value>, CustomError> {
    let parsed = path(crd, text, at.to_owned())?;
    let Some(names) = parsed.fields() else {
        return Err(field(
            crd,
            at,
            text,
            "must be a simple json path of fields, without indexes and filters",
        ));
    };
    let mut schema = Some(&version.schema.open_api_v3_schema);
    for name in names {
        schema = schema.and_then(|schema| schema["properties"].get(name));
    }
    Ok(schema)
}
