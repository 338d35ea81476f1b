//! Services of simulated members: addresses come from the name, since nothing routes to them.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::cells;
use super::definitions::Library;
use super::kind::Kind;
use super::parts::{
    child, default, forbidden, invalid, items, len, list, required, separate_status, text, unsupported,
};
use crate::resource::{Endpoint, Resource, Strategy, WriteContext};
use crate::schema::metadata::NameRule;
use crate::status::{FieldError, FieldErrorKind};

const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

pub(super) fn resource(library: &mut Library) -> Resource {
    Kind::new("", "services", "Service", "io.k8s.api.core.v1.Service")
        .short(&["svc"])
        .categories(&["all"])
        .status()
        .selectable(&[".spec.clusterIP", ".spec.type"])
        .column("Type", "string", "type determines how the Service is exposed.", |svc, _| {
            json!(text(&svc["spec"]["type"]))
        })
        .column("Cluster-IP", "string", "clusterIP is the IP address of the service.", |svc, _| {
            cells::or_none(list(&svc["spec"]["clusterIPs"]).first().map_or("", text))
        })
        .column(
            "External-IP",
            "string",
            "externalIPs is a list of IP addresses for which nodes accept traffic.",
            external,
        )
        .column("Port(s)", "string", "The list of ports that are exposed by this service.", ports)
        .age()
        .wide("Selector", "string", "Route service traffic to pods with matching labels.", |svc, _| {
            cells::labels(&svc["spec"]["selector"])
        })
        .build(library, Services)
}

fn external(service: &Value, _now: i64) -> Value {
    let own: Vec<&str> = list(&service["spec"]["externalIPs"]).iter().map(text).collect();
    let mut balanced: Vec<&str> =
        list(&service["status"]["loadBalancer"]["ingress"])
            .iter()
            .map(|ingress| {
                if text(&ingress["ip"]).is_empty() {
                    text(&ingress["hostname"])
                } else {
                    text(&ingress["ip"])
                }
            })
            .collect();
    balanced.sort_unstable();
    match text(&service["spec"]["type"]) {
        "ClusterIP" | "NodePort" => cells::or_none(&own.join(",")),
        "LoadBalancer" if own.is_empty() && balanced.is_empty() => json!("<pending>"),
        "LoadBalancer" => json!([balanced, own].concat().join(",")),
        "ExternalName" => json!(text(&service["spec"]["externalName"])),
        _ => json!("<unknown>"),
    }
}

fn ports(service: &Value, _now: i64) -> Value {
    let ports: Vec<String> = list(&service["spec"]["ports"])
        .iter()
        .map(|port| match port["nodePort"].as_i64() {
            Some(node) if node > 0 => format!("{}:{node}/{}", port["port"], text(&port["protocol"])),
            _ => format!("{}/{}", port["port"], text(&port["protocol"])),
        })
        .collect();
    cells::or_none(&ports.join(","))
}

struct Services;

impl Services {
    fn fill(service: &mut Value) {
        let seed =
            format!("{}/{}", text(&service["metadata"]["namespace"]), text(&service["metadata"]["name"]));
        if let Some(status) = child(service, "status") {
            default(status, "loadBalancer", json!({}));
        }
        let Some(spec) = child(service, "spec") else { return };
        default(spec, "sessionAffinity", "None");
        default(spec, "type", "ClusterIP");
        let type_ = spec.get("type").map_or("", text).to_owned();
        if type_ == "ExternalName" {
            return;
        }
        default(spec, "internalTrafficPolicy", "Cluster");
        // Without a selector nobody knows the families of the endpoints, so upstream allows both.
        let open = spec.get("clusterIP").is_some_and(|ip| ip == "None")
            && spec.get("selector").is_none_or(|s| len(s) == 0);
        default(spec, "ipFamilies", if open { json!(["IPv4", "IPv6"]) } else { json!(["IPv4"]) });
        default(spec, "ipFamilyPolicy", if open { "RequireDualStack" } else { "SingleStack" });
        default(spec, "clusterIP", address(&seed));
        let ip = spec["clusterIP"].clone();
        default(spec, "clusterIPs", json!([ip]));
        if type_ != "ClusterIP" {
            default(spec, "externalTrafficPolicy", "Cluster");
        }
        if type_ == "LoadBalancer" {
            default(spec, "allocateLoadBalancerNodePorts", true);
        }
        let Some(spec) = service.get_mut("spec") else { return };
        for (i, port) in items(spec, "ports").enumerate() {
            let Some(map) = port.as_object_mut() else { continue };
            default(map, "protocol", "TCP");
            let number = map.get("port").cloned().unwrap_or(Value::Null);
            if map.get("targetPort").is_none_or(|t| t.is_null() || *t == 0 || *t == "") {
                map.insert("targetPort".into(), number);
            }
            if type_ != "ClusterIP" && map.get("nodePort").is_none_or(|p| p.is_null() || *p == 0) {
                map.insert("nodePort".into(), json!(node_port(&seed, i)));
            }
        }
    }
}

fn number_of(seed: &str) -> u32 {
    let hash = Sha256::digest(seed);
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}

/// An address in 10.96.0.0/12, upstream's usual range. Two names may share one; in a simulation that
/// harms nobody, and the same world comes out the same.
fn address(seed: &str) -> String {
    let host = number_of(seed) % ((1 << 20) - 2) + 1;
    let ip = u32::from_be_bytes([10, 96, 0, 0]) + host;
    std::net::Ipv4Addr::from(ip).to_string()
}

/// A port in 30000–32767.
fn node_port(seed: &str, index: usize) -> u32 {
    30000 + number_of(&format!("{seed}#{index}")) % 2768
}

impl Strategy for Services {
    fn prepare_create(&self, _ctx: &WriteContext, object: &mut Value) {
        super::parts::drop(object, "status");
        Self::fill(object);
    }

    fn prepare_update(&self, ctx: &WriteContext, object: &mut Value, old: &Value) {
        separate_status(ctx, object, old);
        let keeps = text(&object["spec"]["type"]) != "ExternalName";
        if ctx.endpoint == Endpoint::Main && keeps {
            // A client that leaves addresses out keeps those there are.
            let old_spec = &old["spec"];
            if let Some(spec) = child(object, "spec") {
                for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                    if let Some(value) = old_spec.get(field) {
                        default(spec, field, value.clone());
                    }
                }
            }
        }
        Self::fill(object);
    }

    fn validate(&self, _ctx: &WriteContext, service: &Value, old: Option<&Value>) -> Vec<FieldError> {
        let spec = &service["spec"];
        let type_ = text(&spec["type"]);
        let mut errors = Vec::new();
        let headless = spec["clusterIP"] == "None";
        match type_ {
            "ExternalName" if text(&spec["externalName"]).is_empty() => {
                errors.push(required("spec.externalName", ""))
            }
            "LoadBalancer" | "NodePort" if headless => {
                let why = format!("may not be set to 'None' for {type_} services");
                errors.push(invalid("spec.clusterIPs[0]", &spec["clusterIP"], why));
            }
            _ => {}
        }
        if len(&spec["ports"]) == 0 && type_ != "ExternalName" && !headless {
            errors.push(required("spec.ports", ""));
        }
        errors.extend(port_errors(list(&spec["ports"])));
        if !TYPES.contains(&type_) {
            errors.push(unsupported("spec.type", &spec["type"], &TYPES));
        }
        if !headless
            && let ip = text(&spec["clusterIP"])
            && !ip.is_empty()
            && ip.parse::<std::net::IpAddr>().is_err()
        {
            let why = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
            errors.push(invalid("spec.clusterIPs[0]", &spec["clusterIP"], why));
        }
        if let Some(old) = old {
            let (new_ip, old_ip) = (&spec["clusterIP"], &old["spec"]["clusterIP"]);
            if !text(old_ip).is_empty() && new_ip != old_ip && type_ != "ExternalName" {
                let why = "may not change once set";
                errors.push(invalid("spec.clusterIPs[0]", &json!([new_ip]), why));
            }
        }
        errors
    }

    fn name_rule(&self) -> NameRule {
        NameRule::Dns1035
    }
}

fn port_errors(ports: &[Value]) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (i, port) in ports.iter().enumerate() {
        let path = format!("spec.ports[{i}]");
        let name = text(&port["name"]);
        if name.is_empty() && ports.len() > 1 {
            errors.push(required(&format!("{path}.name"), ""));
        }
        if !name.is_empty() && ports[..i].iter().any(|other| other["name"] == port["name"]) {
            let duplicate = FieldError::new(FieldErrorKind::Duplicate, format!("{path}.name"), "");
            errors.push(duplicate.shown(port["name"].to_string()));
        }
        for field in ["port", "targetPort"] {
            if port[field].as_str().is_none()
                && !port[field].as_i64().is_some_and(|n| (1..=65535).contains(&n))
            {
                let why = "must be between 1 and 65535, inclusive";
                errors.push(invalid(format!("{path}.{field}"), &port[field], why));
            }
        }
        let protocols = ["SCTP", "TCP", "UDP"];
        if !protocols.contains(&text(&port["protocol"])) {
            errors.push(unsupported(format!("{path}.protocol"), &port["protocol"], &protocols));
        }
        for other in &ports[..i] {
            if (&other["port"], &other["protocol"]) == (&port["port"], &port["protocol"]) {
                let value = json!({"port": port["port"], "protocol": port["protocol"]}).to_string();
                errors.push(FieldError::new(FieldErrorKind::Duplicate, path.clone(), "").shown(value));
            }
        }
    }
    if ports.iter().any(|port| port["nodePort"].as_i64().is_some_and(|n| !(0..=65535).contains(&n))) {
        errors.push(forbidden("spec.ports", "nodePort must be between 0 and 65535"));
    }
    errors
}
