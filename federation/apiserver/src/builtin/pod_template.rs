//! Defaults and rules of a pod spec, in a pod and in a template alike.

use serde_json::{Map, Value, json};

use super::containers;
use super::parts::{default, items, len, list, required, text};
use super::quantity;
use crate::schema::metadata::NameRule;
use crate::status::{FieldError, FieldErrorKind};

/// Fills what upstream's `SetDefaults_PodSpec` and those below it fill.
pub(super) fn fill(spec: &mut Value) {
    let Some(map) = spec.as_object_mut() else { return };
    default(map, "dnsPolicy", "ClusterFirst");
    default(map, "restartPolicy", "Always");
    default(map, "schedulerName", "default-scheduler");
    default(map, "securityContext", json!({}));
    default(map, "terminationGracePeriodSeconds", 30);
    // The old name of the field is kept in step with the new one.
    if let Some(account) = map.get("serviceAccountName").or_else(|| map.get("serviceAccount")).cloned() {
        map.insert("serviceAccountName".into(), account.clone());
        map.insert("serviceAccount".into(), account);
    }
    quantity::texts(spec, &["overhead"]);
    for field in ["initContainers", "containers"] {
        for container in items(spec, field) {
            containers::fill(container);
        }
    }
    for volume in items(spec, "volumes") {
        fill_volume(volume);
    }
}

fn fill_volume(volume: &mut Value) {
    let Some(map) = volume.as_object_mut() else { return };
    if map.keys().all(|key| key == "name") {
        map.insert("emptyDir".into(), json!({}));
    }
    for (source, value) in map.iter_mut() {
        let Some(value) = value.as_object_mut() else { continue };
        match source.as_str() {
            "secret" | "configMap" | "downwardAPI" | "projected" => default(value, "defaultMode", 0o644),
            "hostPath" if !value.contains_key("type") => {
                value.insert("type".into(), json!(""));
            }
            _ => {}
        }
    }
}

/// Checks a pod spec at `path`.
pub(super) fn validate(spec: &Value, path: &str) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let volumes: Vec<&str> = list(&spec["volumes"]).iter().map(|volume| text(&volume["name"])).collect();
    for (i, name) in volumes.iter().enumerate() {
        let at = format!("{path}.volumes[{i}].name");
        errors.extend(name_errors(name, NameRule::Label, &at));
        if volumes[..i].contains(name) {
            errors.push(FieldError::new(FieldErrorKind::Duplicate, at, "").shown(json!(name).to_string()));
        }
    }
    if len(&spec["containers"]) == 0 {
        errors.push(required(&format!("{path}.containers"), ""));
    }
    let mut seen = Vec::new();
    for field in ["initContainers", "containers"] {
        for (i, container) in list(&spec[field]).iter().enumerate() {
            let at = format!("{path}.{field}[{i}]");
            errors.extend(containers::validate(container, &volumes, &at));
            let name = text(&container["name"]);
            if !name.is_empty() && seen.contains(&name) {
                let duplicate = FieldError::new(FieldErrorKind::Duplicate, format!("{at}.name"), "");
                errors.push(duplicate.shown(json!(name).to_string()));
            }
            seen.push(name);
        }
    }
    for (field, allowed) in [
        ("restartPolicy", &["Always", "OnFailure", "Never"][..]),
        ("dnsPolicy", &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"][..]),
    ] {
        if !allowed.contains(&text(&spec[field])) {
            errors.push(super::parts::unsupported(format!("{path}.{field}"), &spec[field], allowed));
        }
    }
    for (i, gate) in list(&spec["readinessGates"]).iter().enumerate() {
        if text(&gate["conditionType"]).is_empty() {
            let at = format!("{path}.readinessGates[{i}].conditionType");
            errors.push(super::parts::invalid(at, &gate["conditionType"], "name part must be non-empty"));
        }
    }
    errors
}

/// `Required value`, or what is wrong with a name.
pub(super) fn name_errors(name: &str, rule: NameRule, path: &str) -> Vec<FieldError> {
    if name.is_empty() {
        return vec![required(path, "")];
    }
    rule.check(name).into_iter().map(|why| super::parts::invalid(path, &json!(name), why)).collect()
}

/// Whether `labels` satisfy a label selector.
pub(super) fn matches(selector: &Value, labels: &Map<String, Value>) -> bool {
    let equal =
        selector["matchLabels"].as_object().into_iter().flatten().all(|(k, v)| labels.get(k) == Some(v));
    equal
        && list(&selector["matchExpressions"]).iter().all(|rule| {
            let value = labels.get(text(&rule["key"]));
            let listed = value.is_some_and(|value| list(&rule["values"]).contains(value));
            match text(&rule["operator"]) {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                _ => false,
            }
        })
}
