//! Reviews: asked by POST, answered, never stored. The answers come from authentication and
//! authorization.

use serde_json::Value;

use super::definitions::Library;
use super::kind::Kind;
use super::parts::{invalid, text};
use crate::resource::{Resource, Strategy, Verbs, WriteContext};
use crate::status::FieldError;

pub(super) fn resources(library: &mut Library) -> Vec<Resource> {
    const AUTHENTICATION: &str = "authentication.k8s.io";
    const AUTHORIZATION: &str = "authorization.k8s.io";
    let local = Kind::new(
        AUTHORIZATION,
        "localsubjectaccessreviews",
        "LocalSubjectAccessReview",
        "io.k8s.api.authorization.v1.LocalSubjectAccessReview",
    );
    let mut resources = vec![local.verbs(Verbs::CREATE_ONLY).age().build(library, Reviews)];
    for (group, plural, kind, definition) in [
        (
            AUTHENTICATION,
            "selfsubjectreviews",
            "SelfSubjectReview",
            "io.k8s.api.authentication.v1.SelfSubjectReview",
        ),
        (AUTHENTICATION, "tokenreviews", "TokenReview", "io.k8s.api.authentication.v1.TokenReview"),
        (
            AUTHORIZATION,
            "selfsubjectaccessreviews",
            "SelfSubjectAccessReview",
            "io.k8s.api.authorization.v1.SelfSubjectAccessReview",
        ),
        (
            AUTHORIZATION,
            "selfsubjectrulesreviews",
            "SelfSubjectRulesReview",
            "io.k8s.api.authorization.v1.SelfSubjectRulesReview",
        ),
        (
            AUTHORIZATION,
            "subjectaccessreviews",
            "SubjectAccessReview",
            "io.k8s.api.authorization.v1.SubjectAccessReview",
        ),
    ] {
        let review = Kind::new(group, plural, kind, definition).cluster().verbs(Verbs::CREATE_ONLY);
        resources.push(review.age().build(library, Reviews));
    }
    resources
}

struct Reviews;

impl Strategy for Reviews {
    fn validate(&self, _ctx: &WriteContext, review: &Value, _old: Option<&Value>) -> Vec<FieldError> {
        let spec = &review["spec"];
        let mut errors = Vec::new();
        if !text(&review["kind"]).ends_with("SubjectAccessReview") {
            return errors;
        }
        let given = ["resourceAttributes", "nonResourceAttributes"].map(|field| spec[field].is_object());
        match given {
            [true, true] => {
                let why = "cannot be specified in combination with resourceAttributes";
                errors.push(invalid("spec.nonResourceAttributes", &spec["nonResourceAttributes"], why));
            }
            [false, false] => {
                let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
                errors.push(invalid("spec.resourceAttributes", &spec["resourceAttributes"], why));
            }
            _ => {}
        }
        let nobody = text(&spec["user"]).is_empty() && super::parts::len(&spec["groups"]) == 0;
        if text(&review["kind"]) != "SelfSubjectAccessReview" && nobody {
            errors.push(invalid(
                "spec.user",
                &spec["user"],
                "at least one of user or group must be specified",
            ));
        }
        errors
    }
}
