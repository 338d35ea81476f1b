//! `DeleteOptions`, from the body or the query.

use bytes::Bytes;
use serde::Deserialize;

use super::request::dry_run_of;
use crate::decode;
use crate::http::incoming::Encoding;
use crate::http::query::Query;
use crate::protobuf;
use crate::status::{ApiError, ApiResult, FieldError, FieldErrorKind};

/// What happens to the dependents of a deleted object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Propagation {
    /// The collector deletes them after their owner.
    Background,
    /// The owner goes after them.
    Foreground,
    /// They stay, without the owner reference.
    Orphan,
}

/// How to delete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeleteOptions {
    /// The uid that the object must have.
    pub(super) uid: Option<String>,
    /// The version that the object must have.
    pub(super) version: Option<String>,
    /// Seconds that the object gets to end by itself.
    pub(super) grace: Option<i64>,
    /// What happens to dependents; `None` is what the finalizers of the object say.
    pub(super) propagation: Option<Propagation>,
    /// Nothing is deleted.
    pub(super) dry_run: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    kind: String,
    grace_period_seconds: Option<i64>,
    orphan_dependents: Option<bool>,
    propagation_policy: Option<String>,
    preconditions: Option<Preconditions>,
    dry_run: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Preconditions {
    uid: Option<String>,
    resource_version: Option<String>,
}

impl DeleteOptions {
    /// Whether nothing is deleted.
    pub(crate) fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// Reads the options; a body goes before the query. Errors: 400 for what cannot be read, 422 for what
    /// contradicts itself.
    pub(crate) fn read(encoding: Encoding, body: &Bytes, query: &Query) -> ApiResult<Self> {
        let mut wire = if body.is_empty() { from_query(query)? } else { from_body(encoding, body)? };
        wire.dry_run.get_or_insert_default().extend(query.all("dryRun").map(str::to_owned));
        Self::checked(wire)
    }

    /// The same from a JSON value, as an Eviction carries it.
    pub(super) fn from_value(value: serde_json::Value) -> ApiResult<Self> {
        Self::checked(wire(value)?)
    }

    fn checked(wire: Wire) -> ApiResult<Self> {
        let dry_run = wire.dry_run.unwrap_or_default();
        let preconditions = wire.preconditions.unwrap_or_default();
        Ok(Self {
            uid: preconditions.uid,
            version: preconditions.resource_version,
            grace: wire.grace_period_seconds,
            propagation: propagation(wire.propagation_policy.as_deref(), wire.orphan_dependents)?,
            dry_run: dry_run_of(dry_run.iter().map(String::as_str))?,
        })
    }
}

fn from_body(encoding: Encoding, body: &Bytes) -> ApiResult<Wire> {
    let value = match encoding {
        Encoding::Json => decode::json(body)?.value,
        Encoding::Yaml => decode::yaml(body)?.value,
        Encoding::Protobuf => protobuf::decode(body)?,
    };
    wire(value)
}

fn wire(value: serde_json::Value) -> ApiResult<Wire> {
    if !value.is_object() {
        return Err(ApiError::bad_request("the body of a delete is not an object"));
    }
    let wire: Wire = serde_json::from_value(value)
        .map_err(|error| ApiError::bad_request(format!("read DeleteOptions: {error}")))?;
    if matches!(wire.kind.as_str(), "" | "DeleteOptions") {
        return Ok(wire);
    }
    Err(ApiError::bad_request(format!("the body of a delete is a DeleteOptions, not a {}", wire.kind)))
}

fn from_query(query: &Query) -> ApiResult<Wire> {
    let grace = match query.get("gracePeriodSeconds").filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            ApiError::bad_request(format!(
                "gracePeriodSeconds: Invalid value: \"{text}\": must be a whole number"
            ))
        })?),
    };
    Ok(Wire {
        grace_period_seconds: grace,
        orphan_dependents: query.get("orphanDependents").map(|_| query.flag("orphanDependents")),
        propagation_policy: query.get("propagationPolicy").map(str::to_owned),
        ..Wire::default()
    })
}

fn propagation(policy: Option<&str>, orphan: Option<bool>) -> ApiResult<Option<Propagation>> {
    let refuse = |kind, detail: &str, shown: &str| {
        let error = FieldError::new(kind, "propagationPolicy", detail).shown(shown);
        Err(ApiError::invalid("meta.k8s.io", "DeleteOptions", "", &[error]))
    };
    match (policy, orphan) {
        (Some(policy), Some(_)) => {
            const WHY: &str = "orphanDependents and deletionPropagation cannot be both set";
            refuse(FieldErrorKind::Invalid, WHY, &format!("\"{policy}\""))
        }
        (Some("Background"), None) | (None, Some(false)) => Ok(Some(Propagation::Background)),
        (Some("Foreground"), None) => Ok(Some(Propagation::Foreground)),
        (Some("Orphan"), None) | (None, Some(true)) => Ok(Some(Propagation::Orphan)),
        (Some(other), None) => {
            const KNOWN: &str = "supported values: \"Foreground\", \"Background\", \"Orphan\"";
            refuse(FieldErrorKind::NotSupported, KNOWN, &format!("\"{other}\""))
        }
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &'static str, query: &str) -> Result<DeleteOptions, u16> {
        DeleteOptions::read(Encoding::Json, &Bytes::from_static(body.as_bytes()), &Query::parse(query))
            .map_err(|e| e.code())
    }

    #[test]
    fn body_and_query() {
        let options = read(
            r#"{"kind":"DeleteOptions","propagationPolicy":"Foreground","preconditions":{"uid":"u"},"dryRun":["All"]}"#,
            "",
        );
        let expected = DeleteOptions {
            uid: Some("u".into()),
            propagation: Some(Propagation::Foreground),
            dry_run: true,
            ..DeleteOptions::default()
        };
        assert_eq!(options, Ok(expected));
        let options = read("", "propagationPolicy=Orphan&gracePeriodSeconds=0&dryRun=All").expect("good");
        assert_eq!(
            (options.propagation, options.grace, options.dry_run),
            (Some(Propagation::Orphan), Some(0), true)
        );
        assert_eq!(read(r#"{"orphanDependents":true,"propagationPolicy":"Orphan"}"#, ""), Err(422));
        assert_eq!(read("", "propagationPolicy=Sideways"), Err(422));
        assert_eq!(read("[]", ""), Err(400));
        assert_eq!(read(r#"{"kind":"Pod"}"#, ""), Err(400));
    }
}
