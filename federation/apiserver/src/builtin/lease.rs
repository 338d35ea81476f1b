//! Leases: heartbeats and leader election.

use serde_json::Value;

use super::definitions::Library;
use super::kind::Kind;
use super::parts::invalid;
use crate::resource::{Resource, Strategy, WriteContext};
use crate::status::FieldError;

pub(super) fn resource(library: &mut Library) -> Resource {
    Kind::new("coordination.k8s.io", "leases", "Lease", "io.k8s.api.coordination.v1.Lease")
        .column(
            "Holder",
            "string",
            "holderIdentity contains the identity of the holder of a current lease.",
            |lease, _| Value::from(lease["spec"]["holderIdentity"].as_str().unwrap_or("")),
        )
        .age()
        .build(library, Leases)
}

struct Leases;

impl Strategy for Leases {
    fn validate(&self, _ctx: &WriteContext, object: &Value, _old: Option<&Value>) -> Vec<FieldError> {
        let spec = &object["spec"];
        let mut errors = Vec::new();
        if spec["leaseDurationSeconds"].as_i64().is_some_and(|n| n <= 0) {
            errors.push(invalid(
                "spec.leaseDurationSeconds",
                &spec["leaseDurationSeconds"],
                "must be greater than 0",
            ));
        }
        if spec["leaseTransitions"].as_i64().is_some_and(|n| n < 0) {
            let why = "must be greater than or equal to 0";
            errors.push(invalid("spec.leaseTransitions", &spec["leaseTransitions"], why));
        }
        errors
    }

    fn create_on_update(&self) -> bool {
        true
    }
}
