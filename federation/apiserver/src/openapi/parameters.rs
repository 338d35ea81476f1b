//! Query and path parameters of the operations. kubectl looks for `fieldValidation` on PATCH.

use serde_json::{Value, json};

fn query(name: &str, type_: &str, description: &str) -> Value {
    let schema = json!({"type": type_, "uniqueItems": true});
    json!({"name": name, "in": "query", "description": description, "schema": schema})
}

/// A part of the path.
pub(super) fn path(name: &str, description: &str) -> Value {
    let schema = json!({"type": "string", "uniqueItems": true});
    json!({"name": name, "in": "path", "required": true, "description": description, "schema": schema})
}

fn dry_run() -> Value {
    query("dryRun", "string", "All: run every stage of the request, but do not store anything.")
}

fn manager_and_validation() -> [Value; 2] {
    [
        query(
            "fieldManager",
            "string",
            "Name of who makes the change, at most 128 printable characters. Apply requests need it.",
        ),
        query(
            "fieldValidation",
            "string",
            "What to do about unknown and duplicate fields: Ignore drops them, Warn drops them and warns, Strict \
             refuses the request.",
        ),
    ]
}

/// Of POST and PUT.
pub(super) fn write() -> Vec<Value> {
    let [manager, validation] = manager_and_validation();
    vec![dry_run(), manager, validation]
}

/// Of PATCH.
pub(super) fn patch() -> Vec<Value> {
    let mut list = write();
    list.push(query("force", "boolean", "Take fields over from other managers; only for apply requests."));
    list
}

/// Of DELETE of one object.
pub(super) fn delete() -> Vec<Value> {
    vec![
        dry_run(),
        query("gracePeriodSeconds", "integer", "Seconds until the object is deleted; 0 deletes at once."),
        query("propagationPolicy", "string", "What becomes of dependents: Orphan, Background or Foreground."),
    ]
}

/// Of LIST.
pub(super) fn list() -> Vec<Value> {
    vec![
        query("allowWatchBookmarks", "boolean", "Ask for events that carry nothing but a newer version."),
        query("continue", "string", "The token of the page before."),
        query("fieldSelector", "string", "Restricts the list by fields of the objects."),
        query("labelSelector", "string", "Restricts the list by labels of the objects."),
        query("limit", "integer", "At most this many objects in one answer."),
        query("resourceVersion", "string", "Which version of the collection is wanted."),
        query("resourceVersionMatch", "string", "How resourceVersion is meant: Exact or NotOlderThan."),
        query("sendInitialEvents", "boolean", "A watch begins with the objects there are, then a bookmark."),
        query("timeoutSeconds", "integer", "How long the call may take."),
        query("watch", "boolean", "Stream changes instead of a list."),
    ]
}
