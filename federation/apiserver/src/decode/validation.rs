//! What happens to unknown and duplicate fields: refused, warned about, or dropped in silence.

use crate::status::{ApiError, ApiResult, FieldError, FieldErrorKind};

/// A text for the client's `Warning` header.
pub type Warning = String;

/// The `fieldValidation` parameter of a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValidation {
    /// Drop in silence.
    Ignore,
    /// Drop and warn: the default of the API.
    #[default]
    Warn,
    /// Refuse.
    Strict,
}

impl FieldValidation {
    /// Reads the query parameter; empty means `Warn`.
    ///
    /// # Errors
    /// 422 as upstream for anything else.
    pub fn parse(text: &str) -> ApiResult<Self> {
        match text {
            "" | "Warn" => Ok(Self::Warn),
            "Ignore" => Ok(Self::Ignore),
            "Strict" => Ok(Self::Strict),
            other => {
                const ALLOWED: &str = "supported values: \"\", \"Ignore\", \"Strict\", \"Warn\"";
                let error = FieldError::new(FieldErrorKind::NotSupported, "fieldValidation", ALLOWED);
                let error = error.shown(format!("{other:?}"));
                Err(ApiError::invalid("meta.k8s.io", "CreateOptions", "", &[error]))
            }
        }
    }
}

/// Decides about the texts that [`crate::schema::prune`] and the decoder returned for an object of `kind` in
/// `version` (without its group).
///
/// # Errors
/// 400 in `Strict` mode, with the text of upstream: `Foo in version "v1" cannot be handled as a Foo: strict
/// decoding error: unknown field "spec.foo", duplicate field "spec.bar"`.
pub fn field_validation(
    mode: FieldValidation,
    (kind, version): (&str, &str),
    unknown: &[String],
    duplicates: &[String],
) -> ApiResult<Vec<Warning>> {
    if unknown.is_empty() && duplicates.is_empty() {
        return Ok(Vec::new());
    }
    match mode {
        FieldValidation::Ignore => Ok(Vec::new()),
        FieldValidation::Warn => Ok(unknown.iter().chain(duplicates).cloned().collect()),
        FieldValidation::Strict => {
            let all: Vec<&str> = unknown.iter().chain(duplicates).map(String::as_str).collect();
            let what = format!("{kind} in version \"{version}\" cannot be handled as a {kind}");
            Err(ApiError::bad_request(format!("{what}: strict decoding error: {}", all.join(", "))))
        }
    }
}
