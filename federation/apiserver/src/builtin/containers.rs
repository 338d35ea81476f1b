//! Defaults and rules of one container.

use serde_json::{Value, json};

use super::parts::{default, items, list, required, text, unsupported};
use super::pod_template::name_errors;
use super::quantity;
use crate::schema::metadata::NameRule;
use crate::status::{FieldError, FieldErrorKind};

/// Fills what upstream's `SetDefaults_Container` and those below it fill.
pub(super) fn fill(container: &mut Value) {
    let pull = pull_policy(text(&container["image"]));
    let Some(map) = container.as_object_mut() else { return };
    default(map, "imagePullPolicy", pull);
    default(map, "terminationMessagePath", "/dev/termination-log");
    default(map, "terminationMessagePolicy", "File");
    default(map, "resources", json!({}));
    quantity::texts(&mut container["resources"], &["limits", "requests"]);
    for port in items(container, "ports") {
        if let Some(map) = port.as_object_mut() {
            default(map, "protocol", "TCP");
        }
    }
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(probe) = container.get_mut(name) {
            fill_probe(probe);
        }
    }
    for variable in items(container, "env") {
        let reference = variable.get_mut("valueFrom").and_then(|from| from.get_mut("fieldRef"));
        if let Some(map) = reference.and_then(Value::as_object_mut) {
            default(map, "apiVersion", "v1");
        }
    }
}

/// `Always` for the tag `latest`, written or meant; otherwise `IfNotPresent`.
fn pull_policy(image: &str) -> &'static str {
    let (name, digest) = image.split_once('@').map_or((image, false), |(name, _)| (name, true));
    let last = name.rsplit('/').next().unwrap_or(name);
    match last.split_once(':') {
        Some((_, "latest")) => "Always",
        None if !digest => "Always",
        _ => "IfNotPresent",
    }
}

fn fill_probe(probe: &mut Value) {
    if let Some(http) = probe.get_mut("httpGet").and_then(Value::as_object_mut) {
        default(http, "path", "/");
        default(http, "scheme", "HTTP");
    }
    if let Some(grpc) = probe.get_mut("grpc").and_then(Value::as_object_mut)
        && !grpc.contains_key("service")
    {
        grpc.insert("service".into(), json!(""));
    }
    let Some(map) = probe.as_object_mut() else { return };
    for (field, value) in
        [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)]
    {
        if map.get(field).is_none_or(|v| v.is_null() || *v == 0) {
            map.insert(field.into(), json!(value));
        }
    }
}

/// Checks a container at `path`; `volumes` are the names it may mount.
pub(super) fn validate(container: &Value, volumes: &[&str], path: &str) -> Vec<FieldError> {
    let mut errors = name_errors(text(&container["name"]), NameRule::Label, &format!("{path}.name"));
    if text(&container["image"]).is_empty() {
        errors.push(required(&format!("{path}.image"), ""));
    }
    for (i, port) in list(&container["ports"]).iter().enumerate() {
        let at = format!("{path}.ports[{i}].containerPort");
        match port["containerPort"].as_i64() {
            None | Some(0) => errors.push(required(&at, "")),
            Some(1..=65535) => {}
            Some(_) => {
                let why = "must be between 1 and 65535, inclusive";
                errors.push(super::parts::invalid(at, &port["containerPort"], why));
            }
        }
    }
    for (i, variable) in list(&container["env"]).iter().enumerate() {
        if text(&variable["name"]).is_empty() {
            errors.push(required(&format!("{path}.env[{i}].name"), ""));
        }
    }
    for (i, mount) in list(&container["volumeMounts"]).iter().enumerate() {
        let at = format!("{path}.volumeMounts[{i}]");
        let name = text(&mount["name"]);
        if name.is_empty() {
            errors.push(required(&format!("{at}.name"), ""));
        } else if !volumes.contains(&name) {
            let missing = FieldError::new(FieldErrorKind::NotFound, format!("{at}.name"), "");
            errors.push(missing.shown(mount["name"].to_string()));
        }
        if text(&mount["mountPath"]).is_empty() {
            errors.push(required(&format!("{at}.mountPath"), ""));
        }
    }
    let policies = ["Always", "IfNotPresent", "Never"];
    if !policies.contains(&text(&container["imagePullPolicy"])) {
        errors.push(unsupported(format!("{path}.imagePullPolicy"), &container["imagePullPolicy"], &policies));
    }
    errors
}

/// Spaces around the name of an image: checked after everything else, and in pods only, as upstream does.
pub(super) fn image_spaces(container: &Value, path: &str) -> Option<FieldError> {
    let image = text(&container["image"]);
    let why = "must not have leading or trailing whitespace";
    (image.trim() != image).then(|| super::parts::invalid(format!("{path}.image"), &container["image"], why))
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_image_without_a_tag_is_pulled_always() {
        for (image, policy) in [
            ("nginx", "Always"),
            ("nginx:latest", "Always"),
            ("registry.example:5000/shop", "Always"),
            ("registry.example:5000/shop:v1", "IfNotPresent"),
            ("shop@sha256:0123", "IfNotPresent"),
        ] {
            assert_eq!(super::pull_policy(image), policy, "{image}");
        }
    }
}
