//! Names that follow from content, so that equal content has one name and a name never changes its content.

use model::ruleset::Digest;
use serde_json::Value;

/// The longest name of a Kubernetes object, in bytes.
const OBJECT_NAME_MAX: usize = 253;

/// Levels of nesting that a template may have.
const DEPTH_MAX: usize = 128;

/// Why a content has no bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template is nested deeper than {DEPTH_MAX} levels")]
pub struct ContentError;

/// A content as bytes: JSON without spaces, keys of objects sorted, numbers as they came. Two values that are
/// equal as JSON trees give the same bytes, whatever order their keys came in.
pub fn canonical_bytes(content: &Value) -> Result<Vec<u8>, ContentError> {
    let mut bytes = Vec::new();
    write(content, &mut bytes, 0)?;
    Ok(bytes)
}

fn write(value: &Value, bytes: &mut Vec<u8>, depth: usize) -> Result<(), ContentError> {
    if depth > DEPTH_MAX {
        return Err(ContentError);
    }
    match value {
        Value::Object(fields) => {
            let mut sorted: Vec<(&String, &Value)> = fields.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            bytes.push(b'{');
            for (place, (key, value)) in sorted.into_iter().enumerate() {
                if place > 0 {
                    bytes.push(b',');
                }
                bytes.extend_from_slice(Value::from(key.as_str()).to_string().as_bytes());
                bytes.push(b':');
                write(value, bytes, depth + 1)?;
            }
            bytes.push(b'}');
        }
        Value::Array(values) => {
            bytes.push(b'[');
            for (place, value) in values.iter().enumerate() {
                if place > 0 {
                    bytes.push(b',');
                }
                write(value, bytes, depth + 1)?;
            }
            bytes.push(b']');
        }
        leaf => bytes.extend_from_slice(leaf.to_string().as_bytes()),
    }
    Ok(())
}

/// The name of the template with these bytes: the 64 hexadecimal digits of their SHA-256.
#[must_use]
pub fn template_name(bytes: &[u8]) -> String {
    Digest::of(bytes).to_string()
}

/// The name of the Work for a source object, in the namespace of its cluster. Parts are joined by dots, which no
/// namespace has; a name that would be too long ends in a digest of the whole.
#[must_use]
pub fn work_name(kind: &str, namespace: &str, name: &str) -> String {
    let whole = format!("{}.{namespace}.{name}", kind.to_ascii_lowercase());
    if whole.len() <= OBJECT_NAME_MAX {
        return whole;
    }
    let digest = Digest::of(whole.as_bytes()).short();
    let room = OBJECT_NAME_MAX - digest.len() - 1;
    let end = (0..=room).rev().find(|end| whole.is_char_boundary(*end)).unwrap_or(0);
    format!("{}-{digest}", whole[..end].trim_end_matches(['.', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn the_order_of_keys_does_not_matter_and_everything_else_does() {
        let one = serde_json::from_str::<Value>(r#"{"b":[1,1.5,null],"a":{"y":"\n","x":true}}"#).unwrap();
        let bytes = canonical_bytes(&one).unwrap();
        assert_eq!(bytes, br#"{"a":{"x":true,"y":"\n"},"b":[1,1.5,null]}"#);
        assert_eq!(
            canonical_bytes(&json!({"a": {"x": true, "y": "\n"}, "b": [1, 1.5, null]})).unwrap(),
            bytes
        );
        assert_ne!(template_name(&bytes), template_name(b"{}"));
        assert_eq!(template_name(b"{}").len(), 64);
        let deep = (0..200).fold(Value::Null, |inner, _| json!([inner]));
        assert_eq!(canonical_bytes(&deep), Err(ContentError));
    }

    #[test]
    fn works_are_named_after_their_source() {
        assert_eq!(work_name("FederatedDeployment", "default", "shop"), "federateddeployment.default.shop");
        let long = work_name("FederatedDeployment", "default", &"x".repeat(253));
        assert!(long.len() <= 253 && long.starts_with("federateddeployment.default.xxx"));
        assert_ne!(long, work_name("FederatedDeployment", "default", &format!("{}y", "x".repeat(252))));
    }

    proptest! {
        #[test]
        fn names_are_never_too_long_and_never_panic(name in "\\PC{0,300}", namespace in "\\PC{0,70}") {
            prop_assert!(work_name("Kind", &namespace, &name).len() <= 253);
        }
    }
}
