//! Nodes of simulated members.

use serde_json::{Value, json};

use super::definitions::Library;
use super::kind::Kind;
use super::parts::{child, drop, invalid, list, separate_status, text};
use super::{cells, quantity};
use crate::resource::{Endpoint, Resource, Strategy, WriteContext};
use crate::status::FieldError;

pub(super) fn resource(library: &mut Library) -> Resource {
    Kind::new("", "nodes", "Node", "io.k8s.api.core.v1.Node")
        .cluster()
        .short(&["no"])
        .status()
        .selectable(&[".spec.unschedulable"])
        .column("Status", "string", "The status of the node", status)
        .column("Roles", "string", "The roles of the node", roles)
        .age()
        .column("Version", "string", "Kubelet Version reported by the node.", |node, _| {
            info(node, "kubeletVersion", "")
        })
        .wide("Internal-IP", "string", "List of addresses reachable to the node.", |node, _| {
            address(node, "InternalIP")
        })
        .wide("External-IP", "string", "List of addresses reachable to the node.", |node, _| {
            address(node, "ExternalIP")
        })
        .wide("OS-Image", "string", "OS Image reported by the node from /etc/os-release.", |node, _| {
            info(node, "osImage", "<unknown>")
        })
        .wide("Kernel-Version", "string", "Kernel Version reported by the node from 'uname -r'.", kernel)
        .wide("Container-Runtime", "string", "ContainerRuntime Version reported by the node.", |node, _| {
            info(node, "containerRuntimeVersion", "<unknown>")
        })
        .build(library, Nodes)
}

fn status(node: &Value, _now: i64) -> Value {
    let ready = list(&node["status"]["conditions"]).iter().find(|c| c["type"] == "Ready");
    let mut words = match ready {
        Some(condition) if condition["status"] == "True" => "Ready".to_owned(),
        Some(_) => "NotReady".to_owned(),
        None => "Unknown".to_owned(),
    };
    if node["spec"]["unschedulable"] == true {
        words.push_str(",SchedulingDisabled");
    }
    json!(words)
}

fn roles(node: &Value, _now: i64) -> Value {
    let mut roles: Vec<&str> = node["metadata"]["labels"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
            Some(role) => Some(role),
            None if key == "kubernetes.io/role" => value.as_str(),
            None => None,
        })
        .filter(|role| !role.is_empty())
        .collect();
    roles.sort_unstable();
    roles.dedup();
    cells::or_none(&roles.join(","))
}

fn info(node: &Value, field: &str, missing: &str) -> Value {
    let value = text(&node["status"]["nodeInfo"][field]);
    json!(if value.is_empty() { missing } else { value })
}

fn kernel(node: &Value, _now: i64) -> Value {
    let kernel = info(node, "kernelVersion", "<unknown>");
    let architecture = text(&node["status"]["nodeInfo"]["architecture"]);
    if architecture.is_empty() { kernel } else { json!(format!("{} ({architecture})", text(&kernel))) }
}

fn address(node: &Value, type_: &str) -> Value {
    let address = list(&node["status"]["addresses"]).iter().find(|a| a["type"] == type_);
    cells::or_none(address.map_or("", |a| text(&a["address"])))
}

struct Nodes;

impl Nodes {
    fn fill(node: &mut Value) {
        if let Some(status) = node.get_mut("status") {
            quantity::texts(status, &["capacity", "allocatable"]);
            // Everything can be allocated unless the kubelet says otherwise.
            if let Some(capacity) = status.get("capacity").cloned()
                && let Some(map) = status.as_object_mut()
            {
                super::parts::default(map, "allocatable", capacity);
            }
        }
    }
}

impl Strategy for Nodes {
    /// Unlike other kinds a node may be created with its status: kubelets register so.
    fn prepare_create(&self, _ctx: &WriteContext, object: &mut Value) {
        child(object, "spec");
        child(object, "status");
        Self::fill(object);
    }

    fn prepare_update(&self, ctx: &WriteContext, object: &mut Value, old: &Value) {
        separate_status(ctx, object, old);
        if object["spec"]["unschedulable"] == false {
            drop(&mut object["spec"], "unschedulable");
        }
        Self::fill(object);
    }

    fn validate(&self, ctx: &WriteContext, node: &Value, old: Option<&Value>) -> Vec<FieldError> {
        let mut errors = Vec::new();
        for (i, taint) in list(&node["spec"]["taints"]).iter().enumerate() {
            let path = format!("spec.taints[{i}]");
            if text(&taint["key"]).is_empty() {
                errors.push(super::parts::required(&format!("{path}.key"), "name part must be non-empty"));
            }
            let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
            if !effects.contains(&text(&taint["effect"])) {
                errors.push(super::parts::unsupported(format!("{path}.effect"), &taint["effect"], &effects));
            }
        }
        let Some(old) = old else { return errors };
        for field in ["podCIDR", "providerID"] {
            let before = text(&old["spec"][field]);
            if ctx.endpoint == Endpoint::Main && !before.is_empty() && text(&node["spec"][field]) != before {
                let why = "node updates may not change podCIDR or providerID except from \"\" to valid";
                errors.push(invalid(format!("spec.{field}"), &node["spec"][field], why));
            }
        }
        errors
    }
}
