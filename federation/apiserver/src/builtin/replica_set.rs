//! ReplicaSets of simulated members.

use serde_json::{Value, json};

use super::definitions::Library;
use super::kind::Kind;
use super::parts::{
    child, default, forbidden, immutable, invalid, len, required, separate_status, text, unsupported,
};
use super::{cells, pod_template};
use crate::resource::{Endpoint, Resource, ScalePaths, Strategy, WriteContext};
use crate::status::FieldError;

pub(super) fn resource(library: &mut Library) -> Resource {
    Kind::new("apps", "replicasets", "ReplicaSet", "io.k8s.api.apps.v1.ReplicaSet")
        .short(&["rs"])
        .categories(&["all"])
        .status()
        .scale(ScalePaths {
            spec_replicas: ".spec.replicas".into(),
            status_replicas: ".status.replicas".into(),
            label_selector: Some(".spec.selector".into()),
        })
        .selectable(&[".status.replicas"])
        .column("Desired", "integer", "Replicas is the number of desired pods.", |rs, _| {
            count(&rs["spec"]["replicas"])
        })
        .column(
            "Current",
            "integer",
            "Replicas is the most recently observed number of non-terminating pods.",
            |rs, _| count(&rs["status"]["replicas"]),
        )
        .column(
            "Ready",
            "integer",
            "The number of non-terminating pods targeted by this ReplicaSet with a Ready Condition.",
            |rs, _| count(&rs["status"]["readyReplicas"]),
        )
        .age()
        .wide("Containers", "string", "Names of each container in the template.", |rs, _| {
            cells::containers(&rs["spec"]["template"]["spec"]["containers"], "name")
        })
        .wide("Images", "string", "Images referenced by each container in the template.", |rs, _| {
            cells::containers(&rs["spec"]["template"]["spec"]["containers"], "image")
        })
        .wide(
            "Selector",
            "string",
            "Selector is a label query over pods that should match the replica count.",
            |rs, _| cells::selector(&rs["spec"]["selector"]),
        )
        .build(library, ReplicaSets)
}

fn count(value: &Value) -> Value {
    json!(value.as_i64().unwrap_or(0))
}

struct ReplicaSets;

impl ReplicaSets {
    fn fill(set: &mut Value) {
        if let Some(spec) = child(set, "spec") {
            default(spec, "replicas", 1);
            if let Some(template) = spec.get_mut("template").and_then(|template| template.get_mut("spec")) {
                pod_template::fill(template);
            }
        }
        if let Some(status) = child(set, "status") {
            default(status, "replicas", 0);
        }
    }
}

impl Strategy for ReplicaSets {
    fn prepare_create(&self, _ctx: &WriteContext, object: &mut Value) {
        super::parts::drop(object, "status");
        Self::fill(object);
    }

    fn prepare_update(&self, ctx: &WriteContext, object: &mut Value, old: &Value) {
        separate_status(ctx, object, old);
        Self::fill(object);
    }

    fn validate(&self, ctx: &WriteContext, set: &Value, old: Option<&Value>) -> Vec<FieldError> {
        if ctx.endpoint == Endpoint::Status {
            return status_errors(&set["status"]);
        }
        let spec = &set["spec"];
        let mut errors = Vec::new();
        for field in ["replicas", "minReadySeconds"] {
            if spec[field].as_i64().is_some_and(|n| n < 0) {
                let why = "must be greater than or equal to 0";
                errors.push(invalid(format!("spec.{field}"), &spec[field], why));
            }
        }
        errors.extend(selector_errors(spec));
        let template = &spec["template"]["spec"];
        errors.extend(pod_template::validate(template, "spec.template.spec"));
        if text(&template["restartPolicy"]) != "Always" {
            let path = "spec.template.spec.restartPolicy";
            errors.push(unsupported(path, &template["restartPolicy"], &["Always"]));
        }
        if template["activeDeadlineSeconds"].is_number() {
            let why = "activeDeadlineSeconds in ReplicaSet is not Supported";
            errors.push(forbidden("spec.template.spec.activeDeadlineSeconds", why));
        }
        errors.extend(old.and_then(|old| immutable(set, old, "/spec/selector")));
        errors
    }
}

fn selector_errors(spec: &Value) -> Vec<FieldError> {
    let selector = &spec["selector"];
    let mut errors = Vec::new();
    if selector.is_null() {
        errors.push(required("spec.selector", ""));
    } else if len(&selector["matchLabels"]) + len(&selector["matchExpressions"]) == 0 {
        return vec![invalid("spec.selector", selector, "empty selector is invalid for deployment")];
    }
    let labels = &spec["template"]["metadata"]["labels"];
    let none = serde_json::Map::new();
    // No selector selects nothing.
    if selector.is_null() || !pod_template::matches(selector, labels.as_object().unwrap_or(&none)) {
        let why = "`selector` does not match template `labels`";
        errors.push(invalid("spec.template.metadata.labels", labels, why));
    }
    errors
}

fn status_errors(status: &Value) -> Vec<FieldError> {
    let number = |field: &str| status[field].as_i64().unwrap_or(0);
    let mut errors = Vec::new();
    for field in
        ["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"]
    {
        if number(field) < 0 {
            let why = "must be greater than or equal to 0";
            errors.push(invalid(format!("status.{field}"), &status[field], why));
        }
    }
    for (small, big) in [
        ("fullyLabeledReplicas", "replicas"),
        ("readyReplicas", "replicas"),
        ("availableReplicas", "replicas"),
        ("availableReplicas", "readyReplicas"),
    ] {
        if number(small) > number(big) {
            let why = format!("cannot be greater than status.{big}");
            errors.push(invalid(format!("status.{small}"), &status[small], why));
        }
    }
    errors
}
