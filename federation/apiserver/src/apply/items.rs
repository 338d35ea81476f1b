//! Items of associative lists and the path elements that address them.

use serde_json::Value;

use super::element::{PathElement, Scalar};
use crate::schema::{At, ListType};

/// The elements of all items of a list, in order.
///
/// # Errors
/// A text that says which item cannot be addressed and why, worded as upstream.
pub(super) fn elements(at: At<'_>, items: &[Value]) -> Result<Vec<PathElement>, String> {
    let element =
        |(index, item): (usize, &Value)| element(at, item).map_err(|why| format!("element {index}: {why}"));
    items.iter().enumerate().map(element).collect()
}

fn element(at: At<'_>, item: &Value) -> Result<PathElement, String> {
    match &at.list_type {
        ListType::Map(keys) => keyed(at, keys, item),
        ListType::Set | ListType::Atomic => match Scalar::from_value(item) {
            Some(Scalar::Null) => {
                Err("associative list without keys has an element that's an explicit null".into())
            }
            Some(scalar) => Ok(PathElement::Value(scalar)),
            None if item.is_array() => Err("not supported: associative list with lists as elements".into()),
            None => Err("associative list without keys has an element that's a map type".into()),
        },
    }
}

fn keyed(at: At<'_>, keys: &[Box<str>], item: &Value) -> Result<PathElement, String> {
    let Value::Object(map) = item else {
        return Err("associative list with keys may not have non-map elements".into());
    };
    let mut fields = Vec::with_capacity(keys.len());
    for name in keys {
        let value = map.get(&**name).or_else(|| at.item().and_then(|item| item.default_of(name)));
        if let Some(value) = value {
            let scalar = Scalar::from_value(value).ok_or_else(|| {
                format!("associative list with keys has an element whose key {name:?} is no scalar")
            })?;
            fields.push((name.clone(), scalar));
        }
    }
    if fields.is_empty() {
        return Err(format!(
            "associative list with keys has an element that omits all key fields {keys:?} (and doesn't have default values for any key fields)"
        ));
    }
    fields.sort();
    Ok(PathElement::Key(fields))
}
