//! The paths of one kind and the operations on each.

use serde_json::{Map, Value, json};

use super::closure::list_name;
use super::parameters;
use crate::resource::{ExtraSubresource, Origin, Resource};

/// Kind and schema that an operation is about.
struct Subject<'a> {
    group: &'a str,
    version: &'a str,
    kind: &'a str,
    schema: &'a str,
}

/// Adds the paths of `kind` to `paths`.
pub(super) fn of(kind: &Resource, paths: &mut Map<String, Value>) {
    let root = if kind.group.is_empty() {
        format!("/api/{}", kind.version)
    } else {
        format!("/apis/{}/{}", kind.group, kind.version)
    };
    let collection = if kind.namespaced {
        if kind.verbs.read {
            let all = item_of(vec![("get", list(kind))], Vec::new());
            paths.insert(format!("{root}/{}", kind.plural), all);
        }
        format!("{root}/namespaces/{{namespace}}/{}", kind.plural)
    } else {
        format!("{root}/{}", kind.plural)
    };
    paths.insert(collection.clone(), collection_item(kind));
    let object = format!("{collection}/{{name}}");
    if kind.verbs.read || kind.verbs.update || kind.verbs.delete {
        paths.insert(object.clone(), object_item(kind));
    }
    for (name, item) in subresource_items(kind) {
        paths.insert(format!("{object}/{name}"), item);
    }
}

fn own(kind: &Resource) -> Subject<'_> {
    Subject { group: &kind.group, version: &kind.version, kind: &kind.kind, schema: &kind.definition_name }
}

fn item_of(operations: Vec<(&str, Value)>, parameters: Vec<Value>) -> Value {
    let mut item: Map<String, Value> =
        operations.into_iter().map(|(verb, op)| (verb.to_owned(), op)).collect();
    if !parameters.is_empty() {
        item.insert("parameters".into(), Value::Array(parameters));
    }
    Value::Object(item)
}

fn path_parameters(kind: &Resource, with_name: bool) -> Vec<Value> {
    let mut list = Vec::new();
    if with_name {
        list.push(parameters::path("name", &format!("name of the {}", kind.kind)));
    }
    if kind.namespaced {
        list.push(parameters::path(
            "namespace",
            "object name and auth scope, such as for teams and projects",
        ));
    }
    list
}

fn collection_item(kind: &Resource) -> Value {
    let mut operations = Vec::new();
    if kind.verbs.read {
        operations.push(("get", list(kind)));
    }
    if kind.verbs.create {
        operations.push(("post", write(&own(kind), "post", parameters::write())));
    }
    if kind.verbs.delete_collection {
        operations.push(("delete", delete(kind, "deletecollection", parameters::list())));
    }
    item_of(operations, path_parameters(kind, false))
}

fn object_item(kind: &Resource) -> Value {
    let subject = own(kind);
    let mut operations = Vec::new();
    if kind.verbs.read {
        operations.push(("get", read(&subject)));
    }
    if kind.verbs.update {
        operations.push(("put", write(&subject, "put", parameters::write())));
        operations.push(("patch", patch(&subject, kind.origin)));
    }
    if kind.verbs.delete {
        operations.push(("delete", delete(kind, "delete", parameters::delete())));
    }
    item_of(operations, path_parameters(kind, true))
}

fn subresource_items(kind: &Resource) -> Vec<(&str, Value)> {
    const SCALE: Subject<'_> = Subject {
        group: "autoscaling",
        version: "v1",
        kind: "Scale",
        schema: "io.k8s.api.autoscaling.v1.Scale",
    };
    let read_write = |subject: &Subject<'_>, with_patch: bool| {
        let mut operations =
            vec![("get", read(subject)), ("put", write(subject, "put", parameters::write()))];
        if with_patch {
            operations.push(("patch", patch(subject, kind.origin)));
        }
        item_of(operations, path_parameters(kind, true))
    };
    let mut items = Vec::new();
    if kind.subresources.status {
        items.push(("status", read_write(&own(kind), true)));
    }
    if kind.subresources.scale.is_some() {
        items.push(("scale", read_write(&SCALE, true)));
    }
    for ExtraSubresource { name, patch, posted } in &kind.subresources.others {
        let item = match posted {
            None => read_write(&own(kind), *patch),
            Some(posted) => {
                let subject = Subject {
                    group: posted.group,
                    version: posted.version,
                    kind: posted.kind,
                    schema: posted.definition_name,
                };
                item_of(
                    vec![("post", write(&subject, "post", parameters::write()))],
                    path_parameters(kind, true),
                )
            }
        };
        items.push((name, item));
    }
    items
}

fn reference(schema: &str) -> Value {
    json!({"schema": {"$ref": format!("#/components/schemas/{schema}")}})
}

fn answers(schema: &str, codes: &[&str]) -> Value {
    let mut map = Map::new();
    for code in codes {
        let words = match *code {
            "201" => "Created",
            "202" => "Accepted",
            _ => "OK",
        };
        let content = json!({"application/json": reference(schema), "application/yaml": reference(schema)});
        map.insert((*code).into(), json!({"description": words, "content": content}));
    }
    map.insert("401".into(), json!({"description": "Unauthorized"}));
    Value::Object(map)
}

fn operation(subject: &Subject<'_>, action: &str, parameters: Vec<Value>, responses: Value) -> Value {
    let group = if subject.group.is_empty() { "core" } else { subject.group };
    let mut op = Map::new();
    op.insert("description".into(), json!(format!("{action} {}", subject.kind)));
    op.insert("tags".into(), json!([format!("{}_{}", group.replace('.', "_"), subject.version)]));
    if !parameters.is_empty() {
        op.insert("parameters".into(), Value::Array(parameters));
    }
    op.insert("responses".into(), responses);
    op.insert("x-kubernetes-action".into(), json!(action));
    op.insert(
        "x-kubernetes-group-version-kind".into(),
        json!({"group": subject.group, "version": subject.version, "kind": subject.kind}),
    );
    Value::Object(op)
}

fn read(subject: &Subject<'_>) -> Value {
    operation(subject, "get", Vec::new(), answers(subject.schema, &["200"]))
}

fn list(kind: &Resource) -> Value {
    operation(&own(kind), "list", parameters::list(), answers(&list_name(kind), &["200"]))
}

fn write(subject: &Subject<'_>, action: &str, parameters: Vec<Value>) -> Value {
    let codes: &[&str] = if action == "post" { &["200", "201", "202"] } else { &["200", "201"] };
    let mut op = operation(subject, action, parameters, answers(subject.schema, codes));
    let content =
        json!({"application/json": reference(subject.schema), "application/yaml": reference(subject.schema)});
    op["requestBody"] = json!({"required": true, "content": content});
    op
}

fn patch(subject: &Subject<'_>, origin: Origin) -> Value {
    const PATCH: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";
    let mut op = operation(subject, "patch", parameters::patch(), answers(subject.schema, &["200", "201"]));
    let mut content = Map::new();
    let mut types =
        vec!["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"];
    // kubectl makes a strategic merge patch if and only if it finds the type here.
    if origin == Origin::Builtin {
        types.push("application/strategic-merge-patch+json");
    }
    for type_ in types {
        content.insert(type_.into(), reference(PATCH));
    }
    op["requestBody"] = json!({"required": true, "content": content});
    op
}

fn delete(kind: &Resource, action: &str, parameters: Vec<Value>) -> Value {
    const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";
    let mut op =
        operation(&own(kind), action, parameters, answers(&format!("{META}.Status"), &["200", "202"]));
    op["requestBody"] = json!({"content": {"application/json": reference(&format!("{META}.DeleteOptions"))}});
    op
}
