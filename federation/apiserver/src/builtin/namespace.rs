//! Namespaces: the finalizer, the phase and the label that the server owns.

use serde_json::{Value, json};

use super::definitions::Library;
use super::kind::Kind;
use super::parts::{child, default, list, restore, separate_status};
use crate::resource::{Endpoint, Resource, Strategy, Verbs, WriteContext};
use crate::schema::metadata::NameRule;

const LABEL: &str = "kubernetes.io/metadata.name";

pub(super) fn resource(library: &mut Library) -> Resource {
    Kind::new("", "namespaces", "Namespace", "io.k8s.api.core.v1.Namespace")
        .cluster()
        .short(&["ns"])
        .verbs(Verbs { delete_collection: false, ..Verbs::ALL })
        .status()
        .subresource("finalize", false, None)
        .selectable(&[".status.phase"])
        .column("Status", "string", "The status of the namespace", |ns, _| ns["status"]["phase"].clone())
        .age()
        .build(library, Namespaces)
}

struct Namespaces;

impl Strategy for Namespaces {
    fn prepare_create(&self, _ctx: &WriteContext, object: &mut Value) {
        if let Some(map) = object.as_object_mut() {
            map.insert("status".into(), json!({"phase": "Active"}));
        }
        if let Some(spec) = child(object, "spec") {
            let finalizers = spec.entry("finalizers").or_insert_with(|| json!([]));
            if !list(finalizers).contains(&json!("kubernetes")) {
                match finalizers {
                    Value::Array(items) => items.push(json!("kubernetes")),
                    other => *other = json!(["kubernetes"]),
                }
            }
        }
        label(object);
    }

    fn prepare_update(&self, ctx: &WriteContext, object: &mut Value, old: &Value) {
        match &ctx.endpoint {
            Endpoint::Other(name) if name == "finalize" => restore(object, old, "status"),
            _ => separate_status(ctx, object, old),
        }
        if ctx.endpoint == Endpoint::Main {
            restore(object, old, "spec");
        }
        label(object);
    }

    fn name_rule(&self) -> NameRule {
        NameRule::Label
    }

    fn blocks_deletion(&self, object: &Value) -> bool {
        !list(&object["spec"]["finalizers"]).is_empty()
    }
}

/// Selectors over namespaces rely on this label.
fn label(object: &mut Value) {
    let Some(name) = object["metadata"]["name"].as_str().map(str::to_owned) else { return };
    let Some(metadata) = object.get_mut("metadata") else { return };
    if let Some(labels) = child(metadata, "labels") {
        labels.remove(LABEL);
        default(labels, LABEL, name);
    }
}
