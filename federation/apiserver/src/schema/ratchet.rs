//! Which part of the old object a part of the new one corresponds to.
//!
//! Used for transition rules, and for ratcheting: what an update does not touch cannot fail it.

use serde_json::Value;

use super::list_types::key_of;
use super::{At, ListType};

/// The old value under the same field name.
pub(crate) fn field<'a>(old: Option<&'a Value>, name: &str) -> Option<&'a Value> {
    old.and_then(|old| old.get(name))
}

/// The old item that `item` corresponds to. Only lists of type `map` correlate, as upstream.
pub(crate) fn item<'a>(old: Option<&'a Value>, item: &Value, at: At<'_>) -> Option<&'a Value> {
    let ListType::Map(keys) = &at.list_type else { return None };
    let (old, schema) = (old?.as_array()?, at.item()?);
    let key = key_of(item, keys, schema);
    old.iter().find(|candidate| key_of(candidate, keys, schema) == key)
}
