//! Secrets: `stringData`, the type, keys, size, `immutable`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::cells;
use super::config_map::{decoded, immutable, key_errors, too_long};
use super::definitions::Library;
use super::kind::Kind;
use super::parts::{self, child, default, invalid, required, text};
use crate::resource::{Resource, Strategy, WriteContext};
use crate::status::FieldError;

pub(super) fn resource(library: &mut Library) -> Resource {
    Kind::new("", "secrets", "Secret", "io.k8s.api.core.v1.Secret")
        .selectable(&[".type"])
        .column("Type", "string", "Used to facilitate programmatic handling of secret data.", |secret, _| {
            secret["type"].clone()
        })
        .column("Data", "string", "Data contains the secret data.", cells::data_count)
        .age()
        .build(library, Secrets)
}

struct Secrets;

/// Keys that a type asks for.
fn wanted_keys(type_: &str) -> &'static [&'static str] {
    match type_ {
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        _ => &[],
    }
}

impl Secrets {
    /// `stringData` is write-only: it becomes `data`.
    fn fill(object: &mut Value) {
        if let Some(map) = object.as_object_mut() {
            let texts = map.remove("stringData");
            default(map, "type", "Opaque");
            if let Some(Value::Object(texts)) = texts
                && let Some(data) = child(object, "data")
            {
                for (key, value) in texts {
                    data.insert(key, json!(STANDARD.encode(text(&value))));
                }
            }
        }
    }
}

impl Strategy for Secrets {
    fn prepare_create(&self, _ctx: &WriteContext, object: &mut Value) {
        Self::fill(object);
    }

    fn prepare_update(&self, _ctx: &WriteContext, object: &mut Value, old: &Value) {
        // An empty type on update means the one it has, as upstream does.
        if text(&object["type"]).is_empty() {
            parts::restore(object, old, "type");
        }
        Self::fill(object);
    }

    fn validate(&self, _ctx: &WriteContext, object: &Value, old: Option<&Value>) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut size = 0;
        for (key, value) in object["data"].as_object().into_iter().flatten() {
            errors.extend(key_errors("data", key));
            size += decoded(text(value));
        }
        errors.extend(too_long(size, "data"));
        let type_ = text(&object["type"]);
        for key in wanted_keys(type_) {
            if object["data"].get(key).is_none() {
                errors.push(required(&format!("data[{key}]"), ""));
            }
        }
        if type_ == "kubernetes.io/service-account-token"
            && text(&object["metadata"]["annotations"]["kubernetes.io/service-account.name"]).is_empty()
        {
            errors.push(required("metadata.annotations[kubernetes.io/service-account.name]", ""));
        }
        if let Some(old) = old {
            if object["type"] != old["type"] {
                errors.push(invalid("type", &object["type"], parts::IMMUTABLE));
            }
            errors.extend(immutable(object, old, &["data"]));
        }
        errors
    }
}
