//! ControllerRevisions of simulated members: what a workload was, kept for a rollback.

use serde_json::{Value, json};

use super::definitions::Library;
use super::kind::Kind;
use super::parts::forbidden;
use crate::resource::{Resource, Strategy, WriteContext};
use crate::status::FieldError;

pub(super) fn resource(library: &mut Library) -> Resource {
    Kind::new("apps", "controllerrevisions", "ControllerRevision", "io.k8s.api.apps.v1.ControllerRevision")
        .column("Controller", "string", "Controller of the object", |revision, _| {
            let owners = revision["metadata"]["ownerReferences"].as_array();
            let owner = owners.and_then(|owners| owners.iter().find(|owner| owner["controller"] == true));
            let shown = owner.map(|owner| {
                let group =
                    owner["apiVersion"].as_str().and_then(|v| v.split_once('/')).map(|(group, _)| group);
                let kind = owner["kind"].as_str().unwrap_or_default().to_ascii_lowercase();
                let name = owner["name"].as_str().unwrap_or_default();
                group.map_or_else(|| format!("{kind}/{name}"), |group| format!("{kind}.{group}/{name}"))
            });
            json!(shown.unwrap_or_else(|| "<none>".to_owned()))
        })
        .column(
            "Revision",
            "integer",
            "Revision indicates the revision of the state represented by Data.",
            |revision, _| json!(revision["revision"].as_i64().unwrap_or(0)),
        )
        .age()
        .build(library, Revisions)
}

struct Revisions;

impl Strategy for Revisions {
    fn validate(&self, _ctx: &WriteContext, object: &Value, old: Option<&Value>) -> Vec<FieldError> {
        match old {
            Some(old) if old["data"] != object["data"] => vec![forbidden("data", "field is immutable")],
            _ => Vec::new(),
        }
    }
}
