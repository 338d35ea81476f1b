//! Bodies of requests as JSON values: strict about duplicates, bounded in depth, never panicking.
//!
//! `serde_json::Value` keeps the last of two equal keys in silence; upstream reports them
//! (`fieldValidation`), so the value is built by a visitor of our own, for JSON and YAML alike.

mod validation;
mod visitor;

#[cfg(test)]
mod tests;

use serde::de::DeserializeSeed as _;
use serde_json::Value;

use crate::status::{ApiError, ApiResult};
pub use validation::{FieldValidation, Warning, field_validation};

/// Deepest nesting of a body. Stored objects are read back with a limit of 128 levels, and
/// `managedFields` repeats the nesting of an object a few levels further down.
pub const MAX_DEPTH: usize = 100;

/// A body as a value, and what was wrong with it without making it unreadable.
#[derive(Debug, Default, PartialEq)]
pub struct Decoded {
    /// The value; of equal keys the last one counts.
    pub value: Value,
    /// One text per repeated key, worded as upstream: `duplicate field "spec.replicas"`.
    pub duplicates: Vec<String>,
}

/// Decodes a JSON body. Numbers are those of Go: integers that fit in 64 bits stay integers, whole
/// floats become integers (both print alike), the rest are floats.
///
/// # Errors
/// 400 when the body is not one JSON value, or nests deeper than [`MAX_DEPTH`].
pub fn json(body: &[u8]) -> ApiResult<Decoded> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let mut duplicates = Vec::new();
    let value =
        visitor::seed(&mut duplicates).deserialize(&mut reader).map_err(|error| refuse("json", &error))?;
    reader.end().map_err(|error| refuse("json", &error))?;
    Ok(Decoded { value, duplicates })
}

/// Decodes a YAML body of one document; a body that starts like a JSON object is read as JSON.
/// Aliases are expanded within the parser's limit on repetition, so a bomb is refused.
///
/// # Errors
/// 400 when the body is not one YAML document, uses tags, nests deeper than [`MAX_DEPTH`], or
/// repeats aliases without bounds.
pub fn yaml(body: &[u8]) -> ApiResult<Decoded> {
    if body.trim_ascii_start().starts_with(b"{") {
        return json(body);
    }
    let reader = serde_yaml_ng::Deserializer::from_slice(body);
    let mut duplicates = Vec::new();
    let value = visitor::seed(&mut duplicates).deserialize(reader).map_err(|error| refuse("yaml", &error))?;
    Ok(Decoded { value, duplicates })
}

fn refuse(format: &str, error: &dyn std::fmt::Display) -> ApiError {
    ApiError::bad_request(format!(
        "the object provided is unrecognized: couldn't get version/kind; {format} parse error: {error}"
    ))
}
