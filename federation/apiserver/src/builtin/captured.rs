//! Our kinds beside a real kube-apiserver: what it made of the same manifests, and how it printed them
//! (`assets/testdata`, captured from version 1.36.1).

use serde::Deserialize;
use serde_json::{Value, json};

use super::member;
use crate::resource::{Caller, Endpoint, Resource, WriteContext};
use crate::schema;
use crate::status::{ApiError, FieldError};
use crate::table::{IncludeObject, Printer};

#[derive(Deserialize)]
struct Captured {
    resource: String,
    object: Value,
    answer: Value,
    columns: Option<Vec<Value>>,
    cells: Option<Value>,
}

fn captured() -> Vec<Captured> {
    serde_json::from_str(include_str!("../../assets/testdata/captured.json")).unwrap()
}

fn kind(plural: &str) -> Resource {
    member().into_iter().find(|kind| kind.plural == plural).unwrap()
}

/// The steps of a create that this crate decides without a store.
fn create(kind: &Resource, mut object: Value) -> (Value, Vec<FieldError>) {
    let caller = Caller {
        name: "admin".into(),
        uid: "1".into(),
        groups: vec!["system:masters".into()],
        ..Caller::default()
    };
    let ctx = WriteContext { caller, endpoint: Endpoint::Main, now_unix_seconds: 0 };
    if kind.namespaced {
        object["metadata"]["namespace"] = json!("shop");
    }
    assert_eq!(schema::prune(&mut object, &kind.schema), Vec::<String>::new(), "unknown fields");
    schema::default(&mut object, &kind.schema);
    kind.strategy.prepare_create(&ctx, &mut object);
    let mut errors = schema::metadata::validate(&object, kind.namespaced, kind.strategy.name_rule());
    errors.extend(kind.validate(&ctx, &object, None));
    (object, errors)
}

/// Without what the generic server adds, what differs from run to run, and zero values of Go that we
/// leave out.
fn comparable(mut object: Value) -> Value {
    for field in ["uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"] {
        super::parts::drop(&mut object["metadata"], field);
    }
    drop_nulls(&mut object);
    let kind = object["kind"].clone();
    if kind == "Service" && object["spec"]["clusterIP"] != "None" && object["spec"]["type"] != "ExternalName"
    {
        object["spec"]["clusterIP"] = json!("some");
        object["spec"]["clusterIPs"] = json!(["some"]);
    }
    if kind == "Node" {
        // Of an admission plugin, and a struct of zeros.
        super::parts::drop(&mut object["spec"], "taints");
        super::parts::drop(&mut object["status"], "daemonEndpoints");
    }
    if kind == "Event" {
        for field in ["reportingComponent", "reportingInstance"] {
            super::parts::drop(&mut object, field);
        }
    }
    if kind == "CertificateSigningRequest" {
        // The group of everybody who is known is added by authentication.
        super::parts::drop(&mut object["spec"], "groups");
    }
    object
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

#[test]
fn objects_are_stored_as_upstream_stores_them() {
    for Captured { resource, object, answer, .. } in captured() {
        if answer["kind"] == "Status" {
            continue;
        }
        let (stored, errors) = create(&kind(&resource), object);
        assert_eq!(errors, [], "{resource}");
        assert_eq!(comparable(stored), comparable(answer), "{resource}");
    }
}

/// Reason, field and message of every cause. Upstream walks maps in any order, so order says nothing;
/// for the whole spec it shows a Go struct.
fn causes(status: &Value) -> Vec<String> {
    let mut causes: Vec<String> = super::parts::list(&status["details"]["causes"])
        .iter()
        .map(|cause| match cause["field"].as_str() {
            Some("spec") => format!("{} spec", cause["reason"]),
            _ => cause.to_string(),
        })
        .collect();
    causes.sort();
    causes
}

#[test]
fn bad_objects_are_refused_in_the_words_of_upstream() {
    for Captured { resource, object, answer, .. } in captured() {
        if answer["kind"] != "Status" {
            continue;
        }
        let kind = kind(&resource);
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        let (_, errors) = create(&kind, object);
        assert!(!errors.is_empty(), "{resource} {name} is taken");
        let error = ApiError::invalid(&kind.group, &kind.kind, &name, &errors);
        let ours = serde_json::to_value(&error.0).unwrap();
        for field in ["reason", "code"] {
            assert_eq!(ours[field], answer[field], "{resource} {name}");
        }
        assert_eq!(causes(&ours), causes(&answer), "{resource} {name}");
    }
}

#[test]
fn objects_are_printed_as_upstream_prints_them() {
    for Captured { resource, answer, columns, cells, .. } in captured() {
        let (Some(columns), Some(cells)) = (columns, cells) else { continue };
        let printer = Printer::new(&kind(&resource));
        let created = answer["metadata"]["creationTimestamp"].as_str().unwrap();
        let now = created.parse::<jiff::Timestamp>().unwrap().as_second();
        let row: Value = serde_json::from_slice(&printer.row(&answer, IncludeObject::None, now)).unwrap();
        assert_eq!(row["cells"], cells, "{resource}");
        let ours: Vec<Value> = serde_json::from_str(printer.columns_json()).unwrap();
        let heads = |columns: &[Value]| -> Vec<Value> {
            columns.iter().map(|c| json!([c["name"], c["type"], c["format"], c["priority"]])).collect()
        };
        assert_eq!(heads(&ours), heads(&columns), "{resource}");
    }
}
