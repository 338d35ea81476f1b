//! PodDisruptionBudgets of simulated members.

use serde_json::{Value, json};

use super::definitions::Library;
use super::kind::Kind;
use super::parts::{child, drop, invalid, separate_status, text, unsupported};
use crate::resource::{Resource, Strategy, WriteContext};
use crate::status::FieldError;

pub(super) fn resource(library: &mut Library) -> Resource {
    Kind::new(
        "policy",
        "poddisruptionbudgets",
        "PodDisruptionBudget",
        "io.k8s.api.policy.v1.PodDisruptionBudget",
    )
    .short(&["pdb"])
    .status()
    .column("Min Available", "string", "The minimum number of pods that must be available.", |pdb, _| {
        amount(&pdb["spec"]["minAvailable"])
    })
    .column("Max Unavailable", "string", "The maximum number of pods that may be unavailable.", |pdb, _| {
        amount(&pdb["spec"]["maxUnavailable"])
    })
    .column(
        "Allowed Disruptions",
        "integer",
        "Calculated number of pods that may be disrupted at this time.",
        |pdb, _| json!(pdb["status"]["disruptionsAllowed"].as_i64().unwrap_or(0)),
    )
    .age()
    .build(library, Budgets)
}

fn amount(value: &Value) -> Value {
    json!(match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => "N/A".into(),
    })
}

struct Budgets;

impl Budgets {
    /// Numbers that upstream always writes.
    fn fill(budget: &mut Value) {
        if let Some(status) = child(budget, "status") {
            for field in ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] {
                super::parts::default(status, field, 0);
            }
        }
    }
}

impl Strategy for Budgets {
    fn prepare_create(&self, _ctx: &WriteContext, object: &mut Value) {
        drop(object, "status");
        Self::fill(object);
    }

    fn prepare_update(&self, ctx: &WriteContext, object: &mut Value, old: &Value) {
        separate_status(ctx, object, old);
        Self::fill(object);
    }

    fn validate(&self, _ctx: &WriteContext, budget: &Value, _old: Option<&Value>) -> Vec<FieldError> {
        let spec = &budget["spec"];
        let mut errors = Vec::new();
        if !spec["minAvailable"].is_null() && !spec["maxUnavailable"].is_null() {
            errors.push(invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set"));
        }
        for field in ["minAvailable", "maxUnavailable"] {
            errors.extend(amount_error(&spec[field], &format!("spec.{field}")));
        }
        let policy = &spec["unhealthyPodEvictionPolicy"];
        let policies = ["AlwaysAllow", "IfHealthyBudget"];
        if !policy.is_null() && !policies.contains(&text(policy)) {
            errors.push(unsupported("spec.unhealthyPodEvictionPolicy", policy, &policies));
        }
        errors
    }
}

/// A count of at least 0, or a percent of at most 100.
fn amount_error(value: &Value, path: &str) -> Option<FieldError> {
    match value {
        Value::Number(number) => {
            let negative = number.as_i64().is_some_and(|n| n < 0);
            negative.then(|| invalid(path, value, "must be greater than or equal to 0"))
        }
        Value::String(text) => match text.strip_suffix('%').and_then(|n| n.parse::<u32>().ok()) {
            None => Some(invalid(
                path,
                value,
                "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', \
                 regex used for validation is '[0-9]+%')",
            )),
            Some(percent) => (percent > 100).then(|| invalid(path, value, "must not be greater than 100%")),
        },
        _ => None,
    }
}
