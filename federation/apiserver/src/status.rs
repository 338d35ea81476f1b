//! Errors of the API as Kubernetes `Status` objects, worded as kube-apiserver words them.
//!
//! Everything that can go wrong on the way of a request becomes an [`ApiError`]; the HTTP layer turns
//! it into the body and the code. Upstream: `k8s.io/apimachinery/pkg/api/errors`, `meta/v1/types.go`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The result of every step that may refuse a request.
pub type ApiResult<T> = Result<T, ApiError>;

/// A `Status` with `status: Failure`, boxed so that results stay small.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiError(pub Box<Status>);

/// `meta.k8s.io/v1 Status` as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Always `Status`.
    pub kind: String,
    /// Always `v1`.
    pub api_version: String,
    /// List metadata; always empty, and always there as upstream has it.
    #[serde(default)]
    pub metadata: serde_json::Map<String, serde_json::Value>,
    /// `Success` or `Failure`.
    pub status: String,
    /// What a person reads.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// What a program reads, for example `NotFound`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The object, and the causes field by field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
    /// The HTTP code.
    pub code: u16,
}

/// `StatusDetails`: what the error is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    /// Name of the object, if there is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// API group of the object.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Kind or plural, as upstream fills it for each reason.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// UID of the object, after a delete.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// One entry per field or conflict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// When to try again, in seconds; 0 is left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retry_after_seconds: u32,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// One cause inside [`Details`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Cause type, for example `FieldValueInvalid` or `FieldManagerConflict`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What a person reads.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Path of the field, for example `spec.replicas`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub field: String,
}

/// One problem with one field. Its display is upstream's `field.Error` text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// What kind of problem.
    pub kind: FieldErrorKind,
    /// Path as `spec.containers[0].name` or `metadata.labels[key]`.
    pub path: String,
    /// The value as it is shown (JSON), where upstream shows one.
    pub value: Option<String>,
    /// The rule that it breaks.
    pub detail: String,
}

/// `field.ErrorType` of upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldErrorKind {
    /// A required value is missing.
    Required,
    /// The value breaks a rule.
    Invalid,
    /// The value has another JSON type than the schema asks for.
    TypeInvalid,
    /// The value is not one of the allowed ones.
    NotSupported,
    /// The same value stands twice.
    Duplicate,
    /// The value may not be set here.
    Forbidden,
    /// The value is longer than allowed.
    TooLong,
    /// There are more items than allowed.
    TooMany,
    /// A referenced thing is not there.
    NotFound,
    /// Our own fault.
    Internal,
}

impl FieldErrorKind {
    /// The `reason` of the cause.
    pub fn cause(self) -> &'static str {
        match self {
            Self::Required => "FieldValueRequired",
            Self::Invalid => "FieldValueInvalid",
            Self::TypeInvalid => "FieldValueTypeInvalid",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Duplicate => "FieldValueDuplicate",
            Self::Forbidden => "FieldValueForbidden",
            Self::TooLong => "FieldValueTooLong",
            Self::TooMany => "FieldValueTooMany",
            Self::NotFound => "FieldValueNotFound",
            Self::Internal => "InternalError",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Required => "Required value",
            Self::Invalid | Self::TypeInvalid => "Invalid value",
            Self::NotSupported => "Unsupported value",
            Self::Duplicate => "Duplicate value",
            Self::Forbidden => "Forbidden",
            Self::TooLong => "Too long",
            Self::TooMany => "Too many",
            Self::NotFound => "Not found",
            Self::Internal => "Internal error",
        }
    }
}

impl FieldError {
    /// A problem of `kind` at `path` without a shown value.
    pub fn new(kind: FieldErrorKind, path: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { kind, path: path.into(), value: None, detail: detail.into() }
    }

    /// The same problem with the value as it will be shown.
    pub fn shown(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }

    /// The path as it is shown; the whole object has upstream's word for no path.
    pub fn field(&self) -> &str {
        if self.path.is_empty() { "<nil>" } else { &self.path }
    }

    /// The text without the path: what stands in the cause.
    pub fn body(&self) -> String {
        let mut text = self.kind.words().to_owned();
        if let Some(value) = &self.value {
            text.push_str(": ");
            text.push_str(value);
        }
        if !self.detail.is_empty() {
            text.push_str(": ");
            text.push_str(&self.detail);
        }
        text
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field(), self.body())
    }
}

/// `kind.group`, or `kind` alone for the core group: how upstream names a type in messages.
pub fn qualified(name: &str, group: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") }
}

impl ApiError {
    /// A failure of `code` and `reason` with `message`; all others are built on it.
    pub fn new(code: u16, reason: &str, message: impl Into<String>) -> Self {
        Self(Box::new(Status {
            kind: "Status".into(),
            api_version: "v1".into(),
            metadata: serde_json::Map::new(),
            status: "Failure".into(),
            message: message.into(),
            reason: reason.into(),
            details: None,
            code,
        }))
    }

    /// The same failure with `details`.
    pub fn with(mut self, details: Details) -> Self {
        self.0.details = Some(details);
        self
    }

    /// The HTTP code.
    pub fn code(&self) -> u16 {
        self.0.code
    }

    /// The reason, for example `Conflict`.
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// 404 for an object.
    pub fn not_found(group: &str, plural: &str, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} \"{name}\" not found", qualified(plural, group))).with(
            Details { name: name.into(), group: group.into(), kind: plural.into(), ..Details::default() },
        )
    }

    /// 404 for a path that nothing serves.
    pub fn no_route() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource")
            .with(Details::default())
    }

    /// 409 on create.
    pub fn already_exists(group: &str, plural: &str, name: &str) -> Self {
        Self::new(409, "AlreadyExists", format!("{} \"{name}\" already exists", qualified(plural, group)))
            .with(Details {
                name: name.into(),
                group: group.into(),
                kind: plural.into(),
                ..Details::default()
            })
    }

    /// 409 on a write; `why` is the rest of the sentence.
    pub fn conflict(group: &str, plural: &str, name: &str, why: &str) -> Self {
        let what = qualified(plural, group);
        Self::new(409, "Conflict", format!("Operation cannot be fulfilled on {what} \"{name}\": {why}")).with(
            Details { name: name.into(), group: group.into(), kind: plural.into(), ..Details::default() },
        )
    }

    /// 409 because the version moved on: the text every client library knows.
    pub fn modified(group: &str, plural: &str, name: &str) -> Self {
        const WHY: &str =
            "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(group, plural, name, WHY)
    }

    /// 422 with one cause per field. `errors` must not be empty.
    pub fn invalid(group: &str, kind: &str, name: &str, errors: &[FieldError]) -> Self {
        let list = match errors {
            [one] => one.to_string(),
            many => {
                let texts: Vec<String> = many.iter().map(ToString::to_string).collect();
                format!("[{}]", texts.join(", "))
            }
        };
        let causes = errors
            .iter()
            .map(|e| Cause { reason: e.kind.cause().into(), message: e.body(), field: e.field().to_owned() })
            .collect();
        Self::new(422, "Invalid", format!("{} \"{name}\" is invalid: {list}", qualified(kind, group))).with(
            Details {
                name: name.into(),
                group: group.into(),
                kind: kind.into(),
                causes,
                ..Details::default()
            },
        )
    }

    /// 400.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 401.
    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    /// 403 on an object (`name` may be empty); `why` is the rest of the sentence.
    pub fn forbidden(group: &str, plural: &str, name: &str, why: &str) -> Self {
        let what = qualified(plural, group);
        let message = if name.is_empty() {
            format!("{what} is forbidden: {why}")
        } else {
            format!("{what} \"{name}\" is forbidden: {why}")
        };
        Self::new(403, "Forbidden", message).with(Details {
            name: name.into(),
            group: group.into(),
            kind: plural.into(),
            ..Details::default()
        })
    }

    /// 405: the verb is not served here.
    pub fn method_not_allowed() -> Self {
        const WHY: &str = "the server does not allow this method on the requested resource";
        Self::new(405, "MethodNotAllowed", WHY)
    }

    /// 406: nothing the client accepts can be produced.
    pub fn not_acceptable(message: impl Into<String>) -> Self {
        Self::new(406, "NotAcceptable", message)
    }

    /// 410: the version asked for is compacted.
    pub fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// 413.
    pub fn too_large(limit_bytes: usize) -> Self {
        Self::new(413, "RequestEntityTooLarge", format!("Request entity too large: limit is {limit_bytes}"))
    }

    /// 415.
    pub fn unsupported_media_type(message: impl Into<String>) -> Self {
        Self::new(415, "UnsupportedMediaType", message)
    }

    /// 429 with a time to wait.
    pub fn too_many_requests(message: impl Into<String>, retry_after_seconds: u32) -> Self {
        Self::new(429, "TooManyRequests", message).with(Details { retry_after_seconds, ..Details::default() })
    }

    /// 500: our own fault, or the store's.
    pub fn internal(error: impl fmt::Display) -> Self {
        Self::new(500, "InternalError", format!("Internal error occurred: {error}")).with(Details {
            causes: vec![Cause { message: error.to_string(), ..Cause::default() }],
            ..Details::default()
        })
    }

    /// 503: the server is stopping or not yet ready.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(503, "ServiceUnavailable", message)
    }

    /// 504 with a time to wait.
    pub fn timeout(message: impl Into<String>, retry_after_seconds: u32) -> Self {
        Self::new(504, "Timeout", message).with(Details { retry_after_seconds, ..Details::default() })
    }

    /// 504 with the cause that reflectors know: the client saw a newer version than this server has.
    pub fn resource_version_too_large(asked: u64, current: u64) -> Self {
        Self::new(504, "Timeout", format!("Too large resource version: {asked}, current: {current}")).with(
            Details {
                causes: vec![Cause {
                    reason: "ResourceVersionTooLarge".into(),
                    message: "Too large resource version".into(),
                    field: String::new(),
                }],
                retry_after_seconds: 1,
                ..Details::default()
            },
        )
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiError({} {}: {})", self.0.code, self.0.reason, self.0.message)
    }
}

impl std::error::Error for ApiError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_field_reads_as_upstream_words_it() {
        let error =
            FieldError::new(FieldErrorKind::Invalid, "spec.replicas", "must be greater than or equal to 0");
        let error = ApiError::invalid("apps", "ReplicaSet", "web", &[error.shown("-1")]);
        let text = "ReplicaSet.apps \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0";
        assert_eq!(error.to_string(), text);
        assert_eq!(error.code(), 422);
    }

    #[test]
    fn a_missing_core_object_has_no_group_in_its_name() {
        assert_eq!(ApiError::not_found("", "pods", "a").to_string(), "pods \"a\" not found");
    }
}
