//! The value rules of one node: type, bounds, formats; worded as upstream words them
//! (`kube-openapi/pkg/validation/errors/schema.go`).

use serde_json::Value;

use super::{At, Bounds, Kind, Path, formats};
use crate::status::{FieldError, FieldErrorKind};

/// A value as a field error shows it: strings quoted, everything else as JSON.
pub(crate) fn shown(value: &Value) -> String {
    value.to_string()
}

/// The JSON type of a value as upstream names it.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() && number.as_f64().is_some_and(|f| f.fract() != 0.0) => {
            "number"
        }
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Reports a wrong JSON type. Returns whether the type is right.
pub(crate) fn check_type(value: &Value, at: At<'_>, path: &Path<'_>, errors: &mut Vec<FieldError>) -> bool {
    let right = match (at.kind, value) {
        (_, Value::Null) if at.nullable => true,
        (Kind::Any, _) => true,
        (Kind::Object, Value::Object(_)) => true,
        (Kind::Array, Value::Array(_)) => true,
        (Kind::String, Value::String(_)) => true,
        (Kind::Boolean, Value::Bool(_)) => true,
        (Kind::Number, Value::Number(_)) => true,
        (Kind::Integer | Kind::IntOrString, Value::Number(_)) => type_name(value) == "integer",
        (Kind::IntOrString | Kind::Quantity, Value::String(_)) => true,
        (Kind::Quantity, Value::Number(_)) => true,
        _ => false,
    };
    if !right {
        let found = type_name(value);
        let detail = format!("{} in body must be of type {}: \"{found}\"", named(path), at.kind.name());
        let error = FieldError::new(FieldErrorKind::TypeInvalid, path.to_string(), detail);
        errors.push(error.shown(format!("\"{found}\"")));
    }
    right
}

/// The path as messages name it; upstream names the root by nothing.
pub(super) fn named(path: &Path<'_>) -> String {
    path.to_string()
}

fn invalid(errors: &mut Vec<FieldError>, path: &Path<'_>, value: &Value, rule: &str) {
    let detail = format!("{} in body {rule}", named(path));
    errors.push(FieldError::new(FieldErrorKind::Invalid, path.to_string(), detail).shown(shown(value)));
}

/// Checks everything in `bounds` that needs no other schema.
pub(crate) fn check_bounds(value: &Value, bounds: &Bounds, path: &Path<'_>, errors: &mut Vec<FieldError>) {
    match value {
        Value::String(text) => check_string(text, value, bounds, path, errors),
        Value::Number(number) => {
            check_number(number.as_f64().unwrap_or_default(), value, bounds, path, errors)
        }
        Value::Array(items) => check_items(items, value, bounds, path, errors),
        Value::Object(map) => check_properties(map.len(), value, bounds, path, errors),
        Value::Null | Value::Bool(_) => {}
    }
    if !bounds.enumeration.is_empty() && !value.is_null() && !bounds.enumeration.contains(value) {
        let quoted = |allowed: &Value| match allowed {
            Value::String(_) => allowed.to_string(),
            other => format!("\"{other}\""),
        };
        let allowed: Vec<String> = bounds.enumeration.iter().map(quoted).collect();
        let detail = format!("supported values: {}", allowed.join(", "));
        errors.push(
            FieldError::new(FieldErrorKind::NotSupported, path.to_string(), detail).shown(shown(value)),
        );
    }
}

fn check_string(text: &str, value: &Value, bounds: &Bounds, path: &Path<'_>, errors: &mut Vec<FieldError>) {
    // Counting characters costs a scan; bytes bound it from above.
    if let Some(max) = bounds.max_length
        && text.len() as u64 > max
        && text.chars().count() as u64 > max
    {
        let unit = if max == 1 { "byte" } else { "bytes" };
        let detail = format!("may not be more than {max} {unit}");
        errors.push(FieldError::new(FieldErrorKind::TooLong, path.to_string(), detail));
    }
    if let Some(min) = bounds.min_length
        && (text.chars().count() as u64) < min
    {
        invalid(errors, path, value, &format!("should be at least {min} chars long"));
    }
    if let Some((source, pattern)) = &bounds.pattern
        && !pattern.is_match(text)
    {
        invalid(errors, path, value, &format!("should match '{source}'"));
    }
    if let Some(format) = &bounds.format
        && !formats::string_obeys(format, text)
    {
        invalid(errors, path, value, &format!("must be of type {format}: {value}"));
    }
}

fn check_number(number: f64, value: &Value, bounds: &Bounds, path: &Path<'_>, errors: &mut Vec<FieldError>) {
    if let Some(max) = bounds.maximum
        && (number > max || (bounds.exclusive_maximum && number >= max))
    {
        let words = if bounds.exclusive_maximum { "less than" } else { "less than or equal to" };
        invalid(errors, path, value, &format!("should be {words} {max}"));
    }
    if let Some(min) = bounds.minimum
        && (number < min || (bounds.exclusive_minimum && number <= min))
    {
        let words = if bounds.exclusive_minimum { "greater than" } else { "greater than or equal to" };
        invalid(errors, path, value, &format!("should be {words} {min}"));
    }
    if let Some(factor) = bounds.multiple_of
        && (number / factor).fract() != 0.0
    {
        invalid(errors, path, value, &format!("should be a multiple of {factor}"));
    }
    if let Some(format) = &bounds.format
        && !formats::integer_obeys(format, number)
    {
        let detail = format!("Checked value must be of type integer with format {format} in {}", named(path));
        errors.push(FieldError::new(FieldErrorKind::Invalid, path.to_string(), detail).shown(shown(value)));
    }
}

fn check_items(
    items: &[Value],
    value: &Value,
    bounds: &Bounds,
    path: &Path<'_>,
    errors: &mut Vec<FieldError>,
) {
    let count = items.len() as u64;
    if let Some(max) = bounds.max_items
        && count > max
    {
        errors.push(too_many(path, count, max));
    }
    if let Some(min) = bounds.min_items
        && count < min
    {
        invalid(errors, path, value, &format!("should have at least {min} items"));
    }
    if bounds.unique_items {
        let mut seen = std::collections::BTreeSet::new();
        if !items.iter().all(|item| seen.insert(item.to_string())) {
            invalid(errors, path, value, "shouldn't contain duplicates");
        }
    }
}

fn check_properties(
    count: usize,
    value: &Value,
    bounds: &Bounds,
    path: &Path<'_>,
    errors: &mut Vec<FieldError>,
) {
    let count = count as u64;
    if let Some(max) = bounds.max_properties
        && count > max
    {
        errors.push(too_many(path, count, max));
    }
    if let Some(min) = bounds.min_properties
        && count < min
    {
        invalid(errors, path, value, &format!("should have at least {min} properties"));
    }
}

fn too_many(path: &Path<'_>, count: u64, max: u64) -> FieldError {
    let unit = if max == 1 { "item" } else { "items" };
    let detail = format!("must have at most {max} {unit}");
    FieldError::new(FieldErrorKind::TooMany, path.to_string(), detail).shown(count.to_string())
}
