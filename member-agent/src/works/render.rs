//! From a Work and its templates to the manifests this cluster must hold. Pure.

use std::collections::BTreeMap;

use crds::federation::{Difference, Work};
use crds::names;
use kube::ResourceExt;
use serde_json::{Map, Value, json};
use thiserror::Error;

/// The manifests of one Work.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// The main one.
    pub main: Value,
    /// What goes along, in the order of the Work; applied before the main one.
    pub carried: Vec<Value>,
}

/// Why a Work cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RenderError {
    /// A template is not here yet.
    #[error("template {0} is not here yet")]
    MissingTemplate(String),
    /// A Secret is not here yet.
    #[error("secret {0} is not here yet")]
    MissingSecret(String),
    /// A JSON patch of an override does not fit.
    #[error("an override does not fit the manifest: {0}")]
    Patch(String),
    /// The template is no object.
    #[error("template {0} is not an object")]
    NotAnObject(String),
    /// Something that goes along is neither a template nor a Secret.
    #[error("a carried object names neither a template nor a secret")]
    EmptyCarried,
}

/// Where templates and Secrets come from.
pub trait Source {
    /// Manifest of a template.
    fn template(&self, digest: &str) -> Option<Value>;
    /// Manifest of a carried Secret, as the hub holds it.
    fn secret(&self, name: &str) -> Option<Value>;
}

/// Renders all manifests of `work`.
pub fn render(work: &Work, source: &impl Source) -> Result<Rendered, RenderError> {
    let digest = &work.spec.template_ref;
    let mut main = source.template(digest).ok_or_else(|| RenderError::MissingTemplate(digest.clone()))?;
    patch(&mut main, &work.spec.difference)?;
    if !main.is_object() {
        return Err(RenderError::NotAnObject(digest.clone()));
    }
    if is_cafe_deployment(&main) {
        fit_cafe_deployment(&mut main, work);
    }
    mark(&mut main, work);
    let mut carried = Vec::with_capacity(work.spec.carried.len());
    for item in &work.spec.carried {
        let mut manifest = match (&item.template_ref, &item.secret_ref) {
            (Some(digest), _) => {
                source.template(digest).ok_or_else(|| RenderError::MissingTemplate(digest.clone()))?
            }
            (None, Some(name)) => {
                member_secret(source.secret(name).ok_or_else(|| RenderError::MissingSecret(name.clone()))?)
            }
            (None, None) => return Err(RenderError::EmptyCarried),
        };
        mark(&mut manifest, work);
        carried.push(manifest);
    }
    Ok(Rendered { main, carried })
}

/// Whether a manifest is one of our CafeDeployments.
pub fn is_cafe_deployment(manifest: &Value) -> bool {
    let group = manifest["apiVersion"].as_str().and_then(|v| v.split_once('/')).map(|(group, _)| group);
    manifest["kind"] == "CafeDeployment" && group == Some(names::APPS_GROUP)
}

fn patch(manifest: &mut Value, difference: &Difference) -> Result<(), RenderError> {
    if difference.patches.is_empty() {
        return Ok(());
    }
    let operations =
        serde_json::to_value(&difference.patches).map_err(|e| RenderError::Patch(e.to_string()))?;
    let patch: json_patch::Patch =
        serde_json::from_value(operations).map_err(|e| RenderError::Patch(e.to_string()))?;
    json_patch::patch(manifest, &patch).map_err(|e| RenderError::Patch(e.to_string()))
}

/// Replicas, topology and the open group, as the hub gave them to this cluster.
///
/// In a member every group waits for the hub's word, also where no person is asked: groups go in step across
/// clusters (03 *Across clusters*).
fn fit_cafe_deployment(manifest: &mut Value, work: &Work) {
    let difference = &work.spec.difference;
    let spec = object(manifest, "spec");
    let topology = object_in(spec, "topology");
    topology.insert("values".into(), difference.cells.keys().cloned().collect());
    if let Some(replicas) = difference.replicas {
        topology.insert("assigned".into(), json!(difference.cells));
        spec.insert("replicas".into(), replicas.into());
    }
    if !difference.cell_overrides.is_empty() {
        object_in(spec, "topology").insert("overrides".into(), json!(difference.cell_overrides));
    }
    let strategy = object_in(spec, "strategy");
    strategy.insert("needWaitingForConfirm".into(), true.into());
    strategy.insert("pause".into(), work.spec.paused.into());
    if work.spec.open_group > 0 {
        let confirmed = json!({"releaseSeq": work.spec.release_seq, "group": work.spec.open_group - 1});
        strategy.insert("confirmed".into(), confirmed);
    }
    let annotations = object_in(object(manifest, "metadata"), "annotations");
    annotations.insert(names::RELEASE_SEQ.into(), work.spec.release_seq.to_string().into());
}

/// Owner, source and trace, on every object of the Work.
fn mark(manifest: &mut Value, work: &Work) {
    let label =
        |name: &str| work.metadata.labels.as_ref().and_then(|l| l.get(name)).cloned().unwrap_or_default();
    let source = format!(
        "{}/{}/{}",
        label(names::SOURCE_KIND),
        label(names::SOURCE_NAMESPACE),
        label(names::SOURCE_NAME)
    );
    let metadata = object(manifest, "metadata");
    let labels = object_in(metadata, "labels");
    labels.insert(names::MANAGED_BY.into(), names::CAFE_FEDERATION.into());
    labels.insert(names::WORK_LABEL.into(), label_value(&work.name_any()).into());
    let annotations = object_in(metadata, "annotations");
    annotations.insert(names::WORK_UID.into(), work.uid().unwrap_or_default().into());
    annotations.insert(names::SOURCE.into(), source.into());
    if let Some(trace) = work.annotations().get(names::TRACEPARENT) {
        annotations.insert(names::TRACEPARENT.into(), trace.as_str().into());
    }
}

/// A label has at most 63 characters; the annotation with the uid is what ownership is decided on.
fn label_value(name: &str) -> String {
    let cut: String = name.chars().take(63).collect();
    cut.trim_end_matches(['.', '-']).to_owned()
}

/// The Secret as it goes into the member: its own name and namespace are in annotations of the hub's copy.
fn member_secret(hub: Value) -> Value {
    let annotations = &hub["metadata"]["annotations"];
    let field = |name: &str| annotations[name].as_str().unwrap_or_default().to_owned();
    let mut secret = Map::new();
    secret.insert("apiVersion".into(), "v1".into());
    secret.insert("kind".into(), "Secret".into());
    let metadata = json!({"name": field(names::SOURCE_NAME), "namespace": field(names::SOURCE_NAMESPACE)});
    secret.insert("metadata".into(), metadata);
    for part in ["type", "data", "immutable"] {
        if let Some(value) = hub.get(part) {
            secret.insert(part.into(), value.clone());
        }
    }
    Value::Object(secret)
}

fn object<'a>(manifest: &'a mut Value, key: &str) -> &'a mut Map<String, Value> {
    if !manifest.is_object() {
        *manifest = Value::Object(Map::new());
    }
    match manifest {
        Value::Object(map) => object_in(map, key),
        _ => unreachable!("made an object above"),
    }
}

fn object_in<'a>(map: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    let entry = map.entry(key).or_insert_with(|| Value::Object(Map::new()));
    if !entry.is_object() {
        *entry = Value::Object(Map::new());
    }
    match entry {
        Value::Object(map) => map,
        _ => unreachable!("made an object above"),
    }
}

/// Templates and Secrets held in a map: for tests, and for a dry run.
impl Source for BTreeMap<String, Value> {
    fn template(&self, digest: &str) -> Option<Value> {
        self.get(digest).cloned()
    }

    fn secret(&self, name: &str) -> Option<Value> {
        self.get(name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use crds::apps::{JsonPatchOperation, PatchOp};
    use crds::federation::{Carried, WorkSpec};

    use super::*;

    fn work() -> Work {
        let mut work = Work::new(
            "default.federateddeployment.shop",
            WorkSpec {
                template_ref: "t".into(),
                difference: Difference {
                    replicas: Some(5),
                    cells: [("RZ00A".to_owned(), 3), ("RZ01A".to_owned(), 2)].into(),
                    ..Difference::default()
                },
                release_seq: 2,
                open_group: 1,
                ..WorkSpec::default()
            },
        );
        work.metadata.uid = Some("u1".into());
        work
    }

    fn templates() -> BTreeMap<String, Value> {
        let cafe = json!({
            "apiVersion": "apps.cafefed.dev/v1alpha1", "kind": "CafeDeployment",
            "metadata": {"name": "shop", "namespace": "default"},
            "spec": {"selector": {}, "template": {"spec": {"containers": [{"name": "shop", "image": "shop:v1"}]}}}
        });
        [("t".to_owned(), cafe)].into()
    }

    #[test]
    fn a_cafe_deployment_gets_its_cells_and_the_open_group() {
        let main = render(&work(), &templates()).unwrap().main;
        assert_eq!(main["spec"]["replicas"], 5);
        assert_eq!(main["spec"]["topology"]["values"], json!(["RZ00A", "RZ01A"]));
        assert_eq!(main["spec"]["topology"]["assigned"], json!({"RZ00A": 3, "RZ01A": 2}));
        assert_eq!(main["spec"]["strategy"]["confirmed"], json!({"releaseSeq": 2, "group": 0}));
        assert_eq!(main["metadata"]["annotations"][names::WORK_UID], "u1");
    }

    #[test]
    fn replicas_of_the_members_own_autoscaler_are_left_alone() {
        let mut work = work();
        work.spec.difference.replicas = None;
        let main = render(&work, &templates()).unwrap().main;
        assert!(main["spec"].get("replicas").is_none());
        assert!(main["spec"]["topology"].get("assigned").is_none());
    }

    #[test]
    fn a_patch_changes_the_image_and_one_that_does_not_fit_is_refused() {
        let mut work = work();
        let path = "/spec/template/spec/containers/0/image";
        let replace = |path: &str| JsonPatchOperation {
            op: PatchOp::Replace,
            path: path.to_owned(),
            from: None,
            value: Some("r/shop:v1".into()),
        };
        work.spec.difference.patches = vec![replace(path)];
        let main = render(&work, &templates()).unwrap().main;
        assert_eq!(main.pointer(path).unwrap(), "r/shop:v1");
        work.spec.difference.patches = vec![replace("/spec/none/0")];
        assert!(matches!(render(&work, &templates()), Err(RenderError::Patch(_))));
    }

    #[test]
    fn a_missing_template_is_named() {
        let error = render(&work(), &BTreeMap::new()).unwrap_err();
        assert_eq!(error, RenderError::MissingTemplate("t".into()));
    }

    #[test]
    fn a_secret_gets_its_own_name_back() {
        let mut work = work();
        work.spec.carried = vec![Carried { template_ref: None, secret_ref: Some("s".into()) }];
        let mut source = templates();
        source.insert(
            "s".into(),
            json!({"metadata": {"name": "s", "annotations": {names::SOURCE_NAME: "db", names::SOURCE_NAMESPACE: "default"}},
                   "type": "Opaque", "data": {"k": "dg=="}}),
        );
        let secret = &render(&work, &source).unwrap().carried[0];
        assert_eq!(secret["metadata"]["name"], "db");
        assert_eq!(secret["data"]["k"], "dg==");
    }
}
