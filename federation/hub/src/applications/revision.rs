//! The manifest that members get, and the revision it is.
//!
//! The template's name is a digest of the whole manifest. The revision is one of what pods run: pod template and
//! overrides. So a change of strategy is a new template and no release.

use crds::apps::Strategy;
use crds::federation::FederatedDeployment;
use crds::names;
use federation_core::work::{canonical_bytes, template_name};
use kube::ResourceExt;
use serde_json::{Map, Value, json};

use super::Refusal;
use crate::templates::Template;

/// Pod annotation: digest of what goes along with `rollOnChange`, so that a change of it is a change of the pods.
pub(super) const ALONG_DIGEST: &str = "federation.cafefed.dev/dependencies";

/// Digits of a revision: enough for people to tell two apart.
const REVISION_DIGITS: usize = 12;

/// The manifest, named by its content, and the revision.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Revision {
    /// The CafeDeployment without replicas and cells.
    pub template: Template,
    /// The short digest of what pods run.
    pub name: String,
}

/// Makes both; `roll` is the digest of what goes along with `rollOnChange`.
pub(super) fn revision(app: &FederatedDeployment, roll: Option<&str>) -> Result<Revision, Refusal> {
    let spec = &app.spec.template.spec;
    let pods = pod_template(app, roll)?;
    let strategy = Strategy { confirmed: None, pause: false, ..spec.strategy.clone() };
    let mut metadata = Map::new();
    metadata.insert("name".into(), app.name_any().into());
    metadata.insert("namespace".into(), app.namespace().unwrap_or_default().into());
    let TemplateMaps { labels, annotations } = TemplateMaps::of(app);
    metadata.extend(labels.map(|labels| ("labels".to_owned(), labels)));
    metadata.extend(annotations.map(|annotations| ("annotations".to_owned(), annotations)));
    let manifest = json!({
        "apiVersion": format!("{}/{}", names::APPS_GROUP, names::VERSION),
        "kind": "CafeDeployment",
        "metadata": metadata,
        "spec": {
            "selector": spec.selector,
            "template": pods,
            "podSetType": spec.pod_set_type,
            "strategy": strategy,
            "topology": {"autoReschedule": app.spec.auto_reschedule},
            "historyLimit": spec.history_limit,
            "progressDeadlineSeconds": app.spec.progress_deadline_seconds,
        },
    });
    let mut running = json!({"template": manifest["spec"]["template"]});
    if !app.spec.overrides.is_empty() {
        running["overrides"] = json!(app.spec.overrides);
    }
    let invalid = |e: federation_core::work::ContentError| Refusal::InvalidSpec {
        field: "spec.template",
        message: e.to_string(),
    };
    let mut name = template_name(&canonical_bytes(&running).map_err(invalid)?);
    name.truncate(REVISION_DIGITS);
    Ok(Revision { template: Template::new(manifest).map_err(invalid)?, name })
}

struct TemplateMaps {
    labels: Option<Value>,
    annotations: Option<Value>,
}

impl TemplateMaps {
    fn of(app: &FederatedDeployment) -> Self {
        let metadata = &app.spec.template.metadata;
        Self {
            labels: (!metadata.labels.is_empty()).then(|| json!(metadata.labels)),
            annotations: (!metadata.annotations.is_empty()).then(|| json!(metadata.annotations)),
        }
    }
}

/// The pods with the marks of a restart and of what goes along. Marks of an older revision that came back with a
/// rollback are replaced.
fn pod_template(app: &FederatedDeployment, roll: Option<&str>) -> Result<Value, Refusal> {
    let mut pods = app.spec.template.spec.template.0.clone();
    let restarted = app.annotations().get(names::RESTARTED_AT).map(String::as_str);
    let has_marks =
        pods.pointer("/metadata/annotations").and_then(Value::as_object).is_some_and(|annotations| {
            annotations.contains_key(ALONG_DIGEST) || annotations.contains_key(names::RESTARTED_AT)
        });
    if restarted.is_none() && roll.is_none() && !has_marks {
        return Ok(pods);
    }
    let annotations =
        object_in(&mut pods, "metadata").and_then(|metadata| object_in(metadata, "annotations"));
    let Some(Value::Object(annotations)) = annotations else {
        let message = "is no object, so that pods cannot be marked".to_owned();
        return Err(Refusal::InvalidSpec { field: "spec.template.spec.template.metadata", message });
    };
    for (name, value) in [(names::RESTARTED_AT, restarted), (ALONG_DIGEST, roll)] {
        match value {
            Some(value) => annotations.insert(name.to_owned(), value.into()),
            None => annotations.remove(name),
        };
    }
    Ok(pods)
}

fn object_in<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    let entry = value.as_object_mut()?.entry(key).or_insert_with(|| Value::Object(Map::new()));
    if entry.is_null() {
        *entry = Value::Object(Map::new());
    }
    entry.is_object().then_some(entry)
}

#[cfg(test)]
mod tests {
    use super::super::tests::shop;
    use super::*;

    #[test]
    fn a_change_of_strategy_is_a_new_template_and_no_new_revision() {
        let before = revision(&shop(), None).unwrap();
        let mut app = shop();
        app.spec.template.spec.strategy.batch_size = Some(7);
        let after = revision(&app, None).unwrap();
        assert_ne!(before.template.name, after.template.name);
        assert_eq!(before.name, after.name);
        assert_eq!(before.name.len(), REVISION_DIGITS);
    }

    #[test]
    fn a_restart_and_a_rolled_dependency_change_the_pods() {
        let before = revision(&shop(), None).unwrap();
        let rolled = revision(&shop(), Some("d1")).unwrap();
        assert_ne!(before.name, rolled.name);
        let mut app = shop();
        app.metadata.annotations = Some([(names::RESTARTED_AT.to_owned(), "2026-01-01".to_owned())].into());
        assert_ne!(revision(&app, None).unwrap().name, before.name);
    }

    #[test]
    fn marks_that_came_with_a_rollback_are_taken_away() {
        let mut app = shop();
        app.spec.template.spec.template.0["metadata"]["annotations"] = json!({});
        let plain = revision(&app, None).unwrap();
        app.spec.template.spec.template.0["metadata"]["annotations"] = json!({ALONG_DIGEST: "old"});
        assert_eq!(revision(&app, None).unwrap().name, plain.name);
    }

    #[test]
    fn pods_that_are_no_object_are_refused() {
        let mut app = shop();
        app.spec.template.spec.template.0 = json!([]);
        let refusal = revision(&app, Some("d")).unwrap_err();
        assert!(matches!(refusal, Refusal::InvalidSpec { .. }), "{refusal}");
    }
}
