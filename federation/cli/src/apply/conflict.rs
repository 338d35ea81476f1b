//! Conflicts of a server-side apply: with whom, and what to do about it.

use kube::core::Status;

use crate::failure::Failure;
use crate::hub::MANAGER;

/// Whether all fields in conflict were changed by fedctl's own verbs (`deploy rollback`, `cluster cordon`): then
/// the manifest of the same person is simply newer.
pub(super) fn is_with_own_verbs_only(status: &Status) -> bool {
    let mut conflicts = causes(status).peekable();
    let own = format!("conflict with \"{MANAGER}\"");
    conflicts.peek().is_some() && conflicts.all(|cause| cause.starts_with(&own))
}

fn causes(status: &Status) -> impl Iterator<Item = &str> {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    causes.filter(|cause| cause.reason == "FieldManagerConflict").map(|cause| cause.message.as_str())
}

/// With what to do next.
pub(super) fn explained(failure: Failure) -> Failure {
    let is_conflict = failure.status().is_some_and(|status| causes(status).next().is_some());
    if !is_conflict {
        return failure;
    }
    Failure::Refused(format!(
        "{failure}; leave these fields out of the manifest, or take them over with --force-conflicts"
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(managers: &[&str]) -> Status {
        let causes: Vec<_> = managers
            .iter()
            .map(|manager| {
                json!({"reason": "FieldManagerConflict", "field": ".spec.x",
                    "message": format!("conflict with \"{manager}\" using v1")})
            })
            .collect();
        serde_json::from_value(json!({"code": 409, "reason": "Conflict", "message": "Apply failed",
            "details": {"causes": causes}}))
        .unwrap()
    }

    #[test]
    fn only_our_own_changes_are_taken_back_without_asking() {
        assert!(is_with_own_verbs_only(&status(&["fedctl", "fedctl"])));
        assert!(!is_with_own_verbs_only(&status(&["fedctl", "kubectl-edit"])));
        assert!(!is_with_own_verbs_only(&status(&["fedctl-of-somebody"])));
        assert!(!is_with_own_verbs_only(&status(&[])));
    }

    #[test]
    fn a_conflict_says_what_to_do() {
        let error = kube::Error::Api(Box::new(status(&["kubectl-edit"])));
        let failure = Failure::Hub { attempt: "apply cell".into(), source: Box::new(error) };
        assert!(explained(failure).to_string().contains("--force-conflicts"));
    }
}
