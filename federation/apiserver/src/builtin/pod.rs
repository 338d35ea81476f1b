//! Pods of simulated members: defaults, rules, `status`, `binding` and `eviction`.

use serde_json::{Value, json};

use super::definitions::Library;
use super::kind::Kind;
use super::parts::{child, default, restore, separate_status, text};
use super::{containers, pod_cells, pod_template, pod_update};
use crate::resource::{Endpoint, PostedKind, Resource, Strategy, WriteContext};
use crate::status::FieldError;

static BINDING: PostedKind =
    PostedKind { group: "", version: "v1", kind: "Binding", definition_name: "io.k8s.api.core.v1.Binding" };
static EVICTION: PostedKind = PostedKind {
    group: "policy",
    version: "v1",
    kind: "Eviction",
    definition_name: "io.k8s.api.policy.v1.Eviction",
};

pub(super) fn resource(library: &mut Library) -> Resource {
    let kind = Kind::new("", "pods", "Pod", "io.k8s.api.core.v1.Pod")
        .short(&["po"])
        .categories(&["all"])
        .status()
        .subresource("binding", false, Some(&BINDING))
        .subresource("eviction", false, Some(&EVICTION))
        .selectable(&[
            ".spec.hostNetwork",
            ".spec.nodeName",
            ".spec.restartPolicy",
            ".spec.schedulerName",
            ".spec.serviceAccountName",
            ".status.nominatedNodeName",
            ".status.phase",
            ".status.podIP",
        ]);
    pod_cells::columns(kind).build(library, Pods)
}

struct Pods;

impl Pods {
    fn fill(pod: &mut Value) {
        let Some(spec) = pod.get_mut("spec") else { return };
        pod_template::fill(spec);
        if let Some(map) = spec.as_object_mut() {
            default(map, "enableServiceLinks", true);
            // A negative period means the shortest one.
            if map["terminationGracePeriodSeconds"].as_i64().is_some_and(|n| n < 0) {
                map.insert("terminationGracePeriodSeconds".into(), json!(1));
            }
        }
        for field in ["containers", "initContainers"] {
            for container in super::parts::items(spec, field) {
                requests_from_limits(container);
            }
        }
    }
}

/// What the admission plugins of a default server add: `Priority` and `DefaultTolerationSeconds`.
fn admit(spec: &mut Value) {
    let Some(map) = spec.as_object_mut() else { return };
    default(map, "priority", 0);
    default(map, "preemptionPolicy", "PreemptLowerPriority");
    let tolerations = map.entry("tolerations").or_insert_with(|| json!([]));
    let Some(list) = tolerations.as_array_mut() else { return };
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let tolerates = |toleration: &Value| {
            let own = text(&toleration["key"]);
            (own == key || own.is_empty()) && matches!(text(&toleration["effect"]), "" | "NoExecute")
        };
        if !list.iter().any(tolerates) {
            list.push(
                json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}),
            );
        }
    }
}

/// A limit without a request asks for as much.
fn requests_from_limits(container: &mut Value) {
    let Some(limits) = container["resources"].get("limits").and_then(Value::as_object).cloned() else {
        return;
    };
    let Some(resources) = container.get_mut("resources") else { return };
    if let Some(requests) = child(resources, "requests") {
        for (name, limit) in limits {
            requests.entry(name).or_insert(limit);
        }
    }
}

/// The class that the kubelet and people look at (`GetPodQOS`).
fn qos_class(spec: &Value) -> &'static str {
    let mut any = false;
    let mut guaranteed = true;
    for field in ["containers", "initContainers"] {
        for container in super::parts::list(&spec[field]) {
            let resources = &container["resources"];
            for name in ["cpu", "memory"] {
                let (request, limit) = (text(&resources["requests"][name]), text(&resources["limits"][name]));
                any |= !request.is_empty() || !limit.is_empty();
                guaranteed &= !limit.is_empty() && (request.is_empty() || request == limit);
            }
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

impl Strategy for Pods {
    fn prepare_create(&self, _ctx: &WriteContext, object: &mut Value) {
        Self::fill(object);
        if let Some(spec) = object.get_mut("spec") {
            admit(spec);
        }
        let class = qos_class(&object["spec"]);
        if let Some(map) = object.as_object_mut() {
            map.insert("status".into(), json!({"phase": "Pending", "qosClass": class}));
        }
    }

    fn prepare_update(&self, ctx: &WriteContext, object: &mut Value, old: &Value) {
        separate_status(ctx, object, old);
        match &ctx.endpoint {
            Endpoint::Main => Self::fill(object),
            Endpoint::Status => {
                // A status never takes the class or the phase away.
                if let Some(status) = child(object, "status") {
                    for (field, fallback) in [("qosClass", "BestEffort"), ("phase", "Pending")] {
                        let before = text(&old["status"][field]);
                        default(status, field, if before.is_empty() { fallback } else { before });
                    }
                }
                for field in ["deletionTimestamp", "ownerReferences"] {
                    if let Some(metadata) = object.get_mut("metadata") {
                        restore(metadata, &old["metadata"], field);
                    }
                }
            }
            Endpoint::Scale | Endpoint::Other(_) => {}
        }
    }

    /// A pod that may run gets its time; one that was never bound or has ended goes at once
    /// (`pkg/registry/core/pod/strategy.go`, `CheckGracefulDelete`).
    fn grace_seconds(&self, pod: &Value, asked: Option<i64>) -> i64 {
        let ended = matches!(text(&pod["status"]["phase"]), "Succeeded" | "Failed");
        if ended || text(&pod["spec"]["nodeName"]).is_empty() {
            return 0;
        }
        asked.or_else(|| pod["spec"]["terminationGracePeriodSeconds"].as_i64()).unwrap_or(30).max(0)
    }

    fn validate(&self, ctx: &WriteContext, pod: &Value, old: Option<&Value>) -> Vec<FieldError> {
        match (old, &ctx.endpoint) {
            (None, _) => {
                let mut errors = pod_template::validate(&pod["spec"], "spec");
                for field in ["containers", "initContainers"] {
                    for (i, container) in super::parts::list(&pod["spec"][field]).iter().enumerate() {
                        errors.extend(containers::image_spaces(container, &format!("spec.{field}[{i}]")));
                    }
                }
                errors
            }
            (Some(old), Endpoint::Main) => pod_update::validate(&pod["spec"], &old["spec"]),
            (Some(_), _) => Vec::new(),
        }
    }
}
