//! May somebody do something: SelfSubject-, Subject- and LocalSubjectAccessReview.

use serde_json::{Map, Value, json};

use crate::authz::{Attributes, Authorizer};
use crate::resource::Caller;
use crate::status::{ApiError, ApiResult, FieldError, FieldErrorKind};

const GROUP: &str = "authorization.k8s.io";

/// Answers for the caller itself.
///
/// # Errors
/// 422 when not exactly one of resource and path is asked about.
pub fn self_subject_access_review(
    review: Value,
    caller: &Caller,
    authorizer: &Authorizer,
) -> ApiResult<Value> {
    refuse("SelfSubjectAccessReview", attribute_errors(&review))?;
    Ok(answered(review, "SelfSubjectAccessReview", caller, authorizer))
}

/// Answers for the user and groups in the spec.
///
/// # Errors
/// 422 as above, and when neither user nor group is named.
pub fn subject_access_review(review: Value, authorizer: &Authorizer) -> ApiResult<Value> {
    let mut errors = attribute_errors(&review);
    errors.extend(subject_error(&review));
    refuse("SubjectAccessReview", errors)?;
    let subject = subject(&review);
    Ok(answered(review, "SubjectAccessReview", &subject, authorizer))
}

/// Answers for the user and groups in the spec, in the namespace of the request alone.
///
/// # Errors
/// 422 as above, for a path, and for another namespace than the request's.
pub fn local_subject_access_review(
    review: Value,
    namespace: &str,
    authorizer: &Authorizer,
) -> ApiResult<Value> {
    const KIND: &str = "LocalSubjectAccessReview";
    let mut errors = attribute_errors(&review);
    errors.extend(subject_error(&review));
    if !review["spec"]["nonResourceAttributes"].is_null() {
        let detail = "disallowed on this kind of request";
        errors.push(FieldError::new(FieldErrorKind::Invalid, "spec.nonResourceAttributes", detail));
    }
    let asked = review["spec"]["resourceAttributes"]["namespace"].as_str().unwrap_or_default();
    if asked != namespace {
        let detail = "must match metadata.namespace";
        let path = "spec.resourceAttributes.namespace";
        errors.push(FieldError::new(FieldErrorKind::Invalid, path, detail).shown(json!(asked).to_string()));
    }
    refuse(KIND, errors)?;
    let subject = subject(&review);
    Ok(answered(review, KIND, &subject, authorizer))
}

fn refuse(kind: &str, errors: Vec<FieldError>) -> ApiResult<()> {
    if errors.is_empty() { Ok(()) } else { Err(ApiError::invalid(GROUP, kind, "", &errors)) }
}

fn attribute_errors(review: &Value) -> Vec<FieldError> {
    let spec = &review["spec"];
    match (spec["resourceAttributes"].is_null(), spec["nonResourceAttributes"].is_null()) {
        (true, false) | (false, true) => Vec::new(),
        (false, false) => {
            let detail = "cannot be specified in combination with resourceAttributes";
            vec![FieldError::new(FieldErrorKind::Invalid, "spec.nonResourceAttributes", detail)]
        }
        (true, true) => {
            let detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
            vec![FieldError::new(FieldErrorKind::Invalid, "spec.resourceAttributes", detail).shown("null")]
        }
    }
}

fn subject_error(review: &Value) -> Option<FieldError> {
    let spec = &review["spec"];
    let has_user = spec["user"].as_str().is_some_and(|u| !u.is_empty());
    let has_group = spec["groups"].as_array().is_some_and(|g| !g.is_empty());
    let detail = "at least one of user or group must be specified";
    (!has_user && !has_group)
        .then(|| FieldError::new(FieldErrorKind::Invalid, "spec.user", detail).shown("\"\""))
}

fn subject(review: &Value) -> Caller {
    let spec = &review["spec"];
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let extra = spec["extra"].as_object().into_iter().flatten();
    Caller {
        name: spec["user"].as_str().unwrap_or_default().to_owned(),
        uid: spec["uid"].as_str().unwrap_or_default().to_owned(),
        groups: texts(&spec["groups"]),
        extra: extra.map(|(key, values)| (key.to_lowercase(), texts(values))).collect(),
    }
}

fn asked(review: &Value) -> Attributes<'_> {
    let spec = &review["spec"];
    let path = &spec["nonResourceAttributes"];
    if !path.is_null() {
        let text = |name: &str| path[name].as_str().unwrap_or_default();
        // A path is never empty, or it would read as a question about a resource.
        let path = Some(text("path")).filter(|p| !p.is_empty()).unwrap_or("/");
        return Attributes::of_path(text("verb"), path);
    }
    let text = |name: &str| spec["resourceAttributes"][name].as_str().unwrap_or_default();
    Attributes {
        verb: text("verb"),
        group: text("group"),
        version: text("version"),
        resource: text("resource"),
        subresource: text("subresource"),
        name: text("name"),
        namespace: text("namespace"),
        path: "",
    }
}

fn answered(mut review: Value, kind: &str, subject: &Caller, authorizer: &Authorizer) -> Value {
    let decision = authorizer.explain(subject, &asked(&review));
    let mut status = Map::new();
    status.insert("allowed".into(), decision.allowed.into());
    if !decision.reason.is_empty() {
        status.insert("reason".into(), decision.reason.into());
    }
    review["apiVersion"] = format!("{GROUP}/v1").into();
    review["kind"] = kind.into();
    review["status"] = Value::Object(status);
    review
}
