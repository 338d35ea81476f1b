//! Which changes of a template a running pod can take: images, labels and annotations, nothing else (02 §3).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::annotation::RESTART_ANNOTATIONS;

/// What the change from one template to another asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The pod can take it and keeps name, node and IP.
    InPlace {
        /// New image by container; empty when only labels or annotations change and nothing restarts.
        images: BTreeMap<String, String>,
        /// Labels to set, or to take away.
        labels: BTreeMap<String, Option<String>>,
        /// Annotations to set, or to take away.
        annotations: BTreeMap<String, Option<String>>,
    },
    /// The pod must be made anew.
    Recreate {
        /// The first field that a running pod cannot change, for example `spec.containers[shop].env`.
        field: String,
    },
}

/// Compares two pod templates.
pub fn classify(from: &Value, to: &Value) -> Change {
    match in_place(from, to) {
        Ok(change) => change,
        Err(field) => Change::Recreate { field },
    }
}

fn in_place(from: &Value, to: &Value) -> Result<Change, String> {
    let labels = texts(from, to, "/metadata/labels");
    let annotations = texts(from, to, "/metadata/annotations");
    if let Some(key) = RESTART_ANNOTATIONS.iter().find(|key| annotations.contains_key(**key)) {
        return Err(format!("metadata.annotations[{key}]"));
    }
    let (from_spec, to_spec) = (object(from, "/spec"), object(to, "/spec"));
    if let Some(key) = differing(&from_spec, &to_spec, "containers") {
        return Err(format!("spec.{key}"));
    }
    let images = images(&list(from, "/spec/containers"), &list(to, "/spec/containers"))?;
    let metadata = labels.keys().map(|key| format!("metadata.labels['{key}']"));
    let metadata = metadata.chain(annotations.keys().map(|key| format!("metadata.annotations['{key}']")));
    // A container reads its environment once: a label that feeds it needs a new pod.
    if let Some(path) = metadata.into_iter().find(|path| feeds_environment(to, path)) {
        return Err(format!("{path}, which the environment of a container reads"));
    }
    Ok(Change::InPlace { images, labels, annotations })
}

fn images(from: &[Value], to: &[Value]) -> Result<BTreeMap<String, String>, String> {
    let name = |container: &Value| container["name"].as_str().unwrap_or_default().to_owned();
    if from.iter().map(name).ne(to.iter().map(name)) {
        return Err("spec.containers".to_owned());
    }
    let mut images = BTreeMap::new();
    for (from, to) in from.iter().zip(to) {
        let empty = Map::new();
        let (old, new) = (from.as_object().unwrap_or(&empty), to.as_object().unwrap_or(&empty));
        if let Some(key) = differing(old, new, "image") {
            return Err(format!("spec.containers[{}].{key}", name(to)));
        }
        match (from["image"].as_str(), to["image"].as_str()) {
            (old, Some(new)) if old != Some(new) => {
                images.insert(name(to), new.to_owned());
            }
            _ => {}
        }
    }
    Ok(images)
}

fn list(template: &Value, pointer: &str) -> Vec<Value> {
    template.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn object(template: &Value, pointer: &str) -> Map<String, Value> {
    template.pointer(pointer).and_then(Value::as_object).cloned().unwrap_or_default()
}

/// The first field but `except` in which two objects differ.
fn differing<'a>(from: &'a Map<String, Value>, to: &'a Map<String, Value>, except: &str) -> Option<&'a str> {
    let keys: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    let present = |map: &'a Map<String, Value>, key: &str| map.get(key).filter(|value| !value.is_null());
    let differs = |key: &&String| key.as_str() != except && present(from, key) != present(to, key);
    keys.into_iter().find(differs).map(String::as_str)
}

fn texts(from: &Value, to: &Value, pointer: &str) -> BTreeMap<String, Option<String>> {
    let (from, to) = (object(from, pointer), object(to, pointer));
    let mut changes = BTreeMap::new();
    for (key, value) in &to {
        if from.get(key) != Some(value) {
            changes.insert(key.clone(), value.as_str().map(str::to_owned));
        }
    }
    for key in from.keys().filter(|key| !to.contains_key(*key)) {
        changes.insert(key.clone(), None);
    }
    changes
}

fn feeds_environment(template: &Value, path: &str) -> bool {
    list(template, "/spec/containers").iter().any(|container| {
        let env = container["env"].as_array().map(Vec::as_slice).unwrap_or_default();
        env.iter().any(|variable| {
            variable.pointer("/valueFrom/fieldRef/fieldPath").and_then(Value::as_str) == Some(path)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn template() -> Value {
        json!({
            "metadata": {"labels": {"app": "shop", "tier": "web"}},
            "spec": {"containers": [
                {"name": "shop", "image": "shop:1",
                 "env": [{"name": "TIER", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['tier']"}}}]},
                {"name": "side", "image": "side:1"},
            ]},
        })
    }

    fn changed(pointer: &str, value: Value) -> Value {
        let mut changed = template();
        *changed.pointer_mut(pointer).unwrap() = value;
        changed
    }

    #[test]
    fn images_labels_and_annotations_change_in_place() {
        let mut to = changed("/spec/containers/1/image", json!("side:2"));
        to["metadata"]["labels"]["version"] = json!("2");
        to["metadata"]["annotations"] = json!({"note": "x"});
        let Change::InPlace { images, labels, annotations } = classify(&template(), &to) else { panic!() };
        assert_eq!(images, BTreeMap::from([("side".to_owned(), "side:2".to_owned())]));
        assert_eq!(labels, BTreeMap::from([("version".to_owned(), Some("2".to_owned()))]));
        assert_eq!(annotations, BTreeMap::from([("note".to_owned(), Some("x".to_owned()))]));
        let Change::InPlace { labels, .. } = classify(&to, &template()) else { panic!() };
        assert_eq!(labels, BTreeMap::from([("version".to_owned(), None)]));
    }

    #[test]
    fn anything_else_asks_for_new_pods_and_names_the_field() {
        let mut node = template();
        node["spec"]["hostNetwork"] = json!(true);
        let mut restart = template();
        restart["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/restartedAt": "now"});
        for (to, field) in [
            (changed("/spec/containers/0/env", json!([])), "spec.containers[shop].env"),
            (changed("/spec/containers/1/name", json!("other")), "spec.containers"),
            (node, "spec.hostNetwork"),
            (restart, "metadata.annotations[kubectl.kubernetes.io/restartedAt]"),
            (
                changed("/metadata/labels/tier", json!("api")),
                "metadata.labels['tier'], which the environment of a container reads",
            ),
        ] {
            assert_eq!(classify(&template(), &to), Change::Recreate { field: field.to_owned() });
        }
    }
}
