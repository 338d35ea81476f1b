//! Reviews: asked by POST, answered, never stored. The answers come from authentication and
//! authorization.

use serde_json::Value;

use super::definitions::Library;
use super::kind::Kind;
use super::parts::{invalid, text};
use crate::resource::{Resource, Strategy, Verbs, WriteContext};
use crate::status::FieldError;

pub(super) fn resources(library: &mut Library) -> Vec<Resource> {
    let mut review = |group, plural, kind, definition| {
        Kind::new(group, plural, kind, definition)
            .cluster()
            .verbs(Verbs::CREATE_ONLY)
            .age()
            .build(library, Reviews)
    };
    vec![
        review(
            "authentication.k8s.io",
            "selfsubjectreviews",
            "SelfSubjectReview",
            "io.k8s.api.authentication.v1.SelfSubjectReview",
        ),
        review(
            "authentication.k8s.io",
            "tokenreviews",
            "TokenReview",
            "io.k8s.api.authentication.v1.TokenReview",
        ),
        review(
            "authorization.k8s.io",
            "selfsubjectaccessreviews",
            "SelfSubjectAccessReview",
            "io.k8s.api.authorization.v1.SelfSubjectAccessReview",
        ),
        review(
            "authorization.k8s.io",
            "subjectaccessreviews",
            "SubjectAccessReview",
            "io.k8s.api.authorization.v1.SubjectAccessReview",
        ),
    ]
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
        if text(&review["kind"]) == "SubjectAccessReview" && nobody {
            errors.push(invalid(
                "spec.user",
                &spec["user"],
                "at least one of user or group must be specified",
            ));
        }
        errors
    }
}
