//! A status as a merge patch (RFC 7386) against the one before: what is written grows with what changed, and a field
//! that became empty is taken away.

use serde_json::{Map, Value};

/// The patch that makes `new` out of `old`; `None` when they are equal. Lists are replaced as a whole.
pub fn difference(old: &Value, new: &Value) -> Option<Value> {
    if old == new {
        return None;
    }
    let (Value::Object(before), Value::Object(after)) = (old, new) else { return Some(new.clone()) };
    let mut patch = Map::new();
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    for (name, value) in after {
        match before.get(name) {
            None => {
                patch.insert(name.clone(), value.clone());
            }
            Some(was) => {
                if let Some(change) = difference(was, value) {
                    patch.insert(name.clone(), change);
                }
            }
        }
    }
    Some(Value::Object(patch))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_changed_is_written_and_what_is_gone_is_taken_away() {
        let old = json!({"a": 1, "release": {"phase": "Releasing", "waitingFor": "x"}, "cells": [1, 2]});
        let new = json!({"a": 1, "release": {"phase": "Succeeded"}, "cells": [1]});
        let patch = difference(&old, &new).unwrap();
        assert_eq!(patch, json!({"release": {"phase": "Succeeded", "waitingFor": null}, "cells": [1]}));
        let mut patched = old.clone();
        json_patch::merge(&mut patched, &patch);
        assert_eq!(patched, new);
    }

    #[test]
    fn nothing_is_written_when_nothing_changed() {
        assert_eq!(difference(&json!({"a": [1]}), &json!({"a": [1]})), None);
    }
}
