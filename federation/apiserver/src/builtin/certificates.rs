//! CertificateSigningRequests: immutable but for their status, with `/approval` for who decides.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use x509_parser::prelude::{FromDer, X509CertificationRequest};

use super::definitions::Library;
use super::kind::Kind;
use super::parts::{self, child, immutable, invalid, items, list, required, restore, text, unsupported};
use crate::resource::{Endpoint, Resource, Strategy, WriteContext};
use crate::schema::metadata::NameRule;
use crate::status::{FieldError, FieldErrorKind};
use crate::table::human_duration;

pub(super) fn resource(library: &mut Library) -> Resource {
    Kind::new(
        "certificates.k8s.io",
        "certificatesigningrequests",
        "CertificateSigningRequest",
        "io.k8s.api.certificates.v1.CertificateSigningRequest",
    )
    .cluster()
    .short(&["csr"])
    .status()
    .subresource("approval", true, None)
    .selectable(&[".spec.signerName"])
    .age()
    .column(
        "SignerName",
        "string",
        "signerName indicates the requested signer, and is a qualified name.",
        |csr, _| super::cells::or_none(text(&csr["spec"]["signerName"])),
    )
    .column(
        "Requestor",
        "string",
        "username contains the name of the user that created the request.",
        |csr, _| json!(text(&csr["spec"]["username"])),
    )
    .column(
        "RequestedDuration",
        "string",
        "The requested duration of validity of the issued certificate.",
        |csr, _| json!(csr["spec"]["expirationSeconds"].as_i64().map_or("<none>".into(), human_duration)),
    )
    .column("Condition", "string", "What became of the request.", condition)
    .build(library, Requests)
}

fn condition(csr: &Value, _now: i64) -> Value {
    let has = |type_: &str| list(&csr["status"]["conditions"]).iter().any(|c| c["type"] == type_);
    let mut words = if has("Denied") {
        "Denied".to_owned()
    } else if has("Approved") {
        "Approved".to_owned()
    } else {
        "Pending".to_owned()
    };
    if has("Failed") {
        words.push_str(",Failed");
    }
    if !text(&csr["status"]["certificate"]).is_empty() {
        words.push_str(",Issued");
    }
    json!(words)
}

const USAGES: &[&str] = &[
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];

struct Requests;

impl Strategy for Requests {
    fn prepare_create(&self, ctx: &WriteContext, object: &mut Value) {
        if let Some(spec) = child(object, "spec") {
            for key in ["username", "uid", "groups", "extra"] {
                spec.remove(key);
            }
            let caller = &ctx.caller;
            spec.insert("username".into(), json!(caller.name));
            if !caller.uid.is_empty() {
                spec.insert("uid".into(), json!(caller.uid));
            }
            if !caller.groups.is_empty() {
                spec.insert("groups".into(), json!(caller.groups));
            }
            if !caller.extra.is_empty() {
                spec.insert("extra".into(), json!(caller.extra));
            }
        }
        if let Some(map) = object.as_object_mut() {
            map.insert("status".into(), json!({}));
        }
    }

    fn prepare_update(&self, ctx: &WriteContext, object: &mut Value, old: &Value) {
        restore(object, old, "spec");
        match &ctx.endpoint {
            Endpoint::Status => {
                keep_decisions(object, old);
                stamp(ctx, object, old);
            }
            Endpoint::Other(name) if name == "approval" => {
                let mut status = old.get("status").cloned().unwrap_or_else(|| json!({}));
                if let Some(new) = object.get("status") {
                    restore(&mut status, new, "conditions");
                }
                if let Some(map) = object.as_object_mut() {
                    map.insert("status".into(), status);
                }
                stamp(ctx, object, old);
            }
            _ => restore(object, old, "status"),
        }
    }

    fn validate(&self, ctx: &WriteContext, object: &Value, old: Option<&Value>) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let spec = &object["spec"];
        if let Err(why) = check_request(text(&spec["request"])) {
            errors.push(invalid("spec.request", &spec["request"], why));
        }
        errors.extend(usages(&spec["usages"]));
        let signer = text(&spec["signerName"]);
        match signer.split_once('/') {
            _ if signer.is_empty() => errors.push(required("spec.signerName", "")),
            Some((domain, path)) if domain.contains('.') && !path.is_empty() => {}
            _ => {
                let why = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
                errors.push(invalid("spec.signerName", &spec["signerName"], why));
            }
        }
        if spec["expirationSeconds"].as_i64().is_some_and(|n| n < 600) {
            let why = "may not specify a duration less than 600 seconds (10 minutes)";
            errors.push(invalid("spec.expirationSeconds", &spec["expirationSeconds"], why));
        }
        errors.extend(conditions(ctx, object, old));
        if let Some(old) = old
            && !text(&old["status"]["certificate"]).is_empty()
            && ctx.endpoint == Endpoint::Status
        {
            errors.extend(immutable(object, old, "/status/certificate"));
        }
        errors
    }

    /// Upstream takes any name that can stand in a path.
    fn name_rule(&self) -> NameRule {
        NameRule::PathSegment
    }
}

/// Approved and Denied conditions as they were: they change through `/approval` only.
fn keep_decisions(object: &mut Value, old: &Value) {
    let Some(status) = object.get_mut("status") else { return };
    for condition in items(status, "conditions") {
        let type_ = condition["type"].clone();
        if type_ == "Approved" || type_ == "Denied" {
            let before = list(&old["status"]["conditions"]).iter().find(|c| c["type"] == type_);
            if let Some(before) = before {
                *condition = before.clone();
            }
        }
    }
}

/// Times of conditions that a client leaves out.
fn stamp(ctx: &WriteContext, object: &mut Value, old: &Value) {
    let now = parts::now(ctx);
    let Some(status) = object.get_mut("status") else { return };
    for condition in items(status, "conditions") {
        let before = list(&old["status"]["conditions"])
            .iter()
            .find(|c| c["type"] == condition["type"] && c["status"] == condition["status"])
            .and_then(|c| c["lastTransitionTime"].as_str())
            .unwrap_or(&now)
            .to_owned();
        if let Some(map) = condition.as_object_mut() {
            parts::default(map, "lastUpdateTime", now.as_str());
            parts::default(map, "lastTransitionTime", before);
        }
    }
}

/// A PEM block `CERTIFICATE REQUEST` in base64, with a signature of the key in it.
fn check_request(request: &str) -> Result<(), String> {
    let pem = STANDARD.decode(request).map_err(|e| e.to_string())?;
    let not_pem = || "PEM block type must be CERTIFICATE REQUEST".to_owned();
    let (_, block) = x509_parser::pem::parse_x509_pem(&pem).map_err(|_| not_pem())?;
    if block.label != "CERTIFICATE REQUEST" {
        return Err(not_pem());
    }
    let (_, csr) = X509CertificationRequest::from_der(&block.contents).map_err(|e| format!("asn1: {e}"))?;
    csr.verify_signature().map_err(|e| format!("x509: {e}"))
}

fn usages(usages: &Value) -> Vec<FieldError> {
    let list = list(usages);
    if list.is_empty() {
        return vec![required("spec.usages", "")];
    }
    let mut errors = Vec::new();
    for (i, usage) in list.iter().enumerate() {
        let path = format!("spec.usages[{i}]");
        if !USAGES.contains(&text(usage)) {
            errors.push(unsupported(path, usage, USAGES));
        }
    }
    for (i, usage) in list.iter().enumerate().filter(|(i, usage)| list[..*i].contains(usage)) {
        let path = format!("spec.usages[{i}]");
        errors.push(FieldError::new(FieldErrorKind::Duplicate, path, "").shown(usage.to_string()));
    }
    errors
}

fn conditions(ctx: &WriteContext, object: &Value, old: Option<&Value>) -> Vec<FieldError> {
    const PATH: &str = "status.conditions";
    let mut errors = Vec::new();
    let conditions = list(&object["status"]["conditions"]);
    let has = |object: &Value, type_: &str| {
        list(&object["status"]["conditions"]).iter().any(|c| c["type"] == type_)
    };
    for (i, condition) in conditions.iter().enumerate() {
        let type_ = text(&condition["type"]);
        if type_.is_empty() {
            errors.push(required(&format!("{PATH}[{i}].type"), ""));
        }
        if matches!(type_, "Approved" | "Denied" | "Failed") && condition["status"] != "True" {
            errors.push(unsupported(format!("{PATH}[{i}].status"), &condition["status"], &["True"]));
        }
        if conditions[..i].iter().any(|other| other["type"] == condition["type"]) {
            let path = format!("{PATH}[{i}].type");
            errors.push(
                FieldError::new(FieldErrorKind::Duplicate, path, "").shown(condition["type"].to_string()),
            );
        }
    }
    if has(object, "Approved") && has(object, "Denied") {
        let why = "Approved and Denied conditions are mutually exclusive";
        errors.push(invalid(PATH, &json!("Denied"), why));
    }
    let Some(old) = old else { return errors };
    let deciding = ctx.endpoint == Endpoint::Other("approval".into());
    for type_ in ["Approved", "Denied", "Failed"] {
        if has(old, type_) && !has(object, type_) {
            let why = format!("updates may not remove a condition of type \"{type_}\"");
            errors.push(parts::forbidden(PATH, why));
        }
        if !has(old, type_) && has(object, type_) && !deciding && type_ != "Failed" {
            let why = format!("updates may not add a condition of type \"{type_}\"");
            errors.push(parts::forbidden(PATH, why));
        }
    }
    errors
}
