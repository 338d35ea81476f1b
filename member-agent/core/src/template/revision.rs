//! The name of a template's revision: a short hash of its canonical JSON, the same on every machine.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Hex digits of a revision: enough that two of one application never meet (40 bits).
const DIGITS: usize = 10;

/// A short hash of JSON documents. Key order and `null` fields make no difference.
pub fn hash(documents: &[&Value]) -> String {
    let mut digest = Sha256::new();
    for document in documents {
        feed(document, &mut digest);
        digest.update([0]);
    }
    let mut text = hex::encode(digest.finalize());
    text.truncate(DIGITS);
    text
}

/// Five characters that follow from what is given: names of pods that a stale view cannot double.
pub fn name_suffix(parts: &[&str], number: u32) -> String {
    // Without vowels, so that no word comes out; the alphabet that Kubernetes uses for the same reason.
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    digest.update(number.to_be_bytes());
    digest
        .finalize()
        .iter()
        .take(5)
        .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]))
        .collect()
}

fn feed(value: &Value, digest: &mut Sha256) {
    match value {
        Value::Object(map) => {
            // The map keeps its order in some builds: sort, so that a revision never depends on it.
            let mut keys: Vec<&String> =
                map.iter().filter(|(_, value)| !value.is_null()).map(|(key, _)| key).collect();
            keys.sort_unstable();
            digest.update(b"{");
            for key in keys {
                text(key, digest);
                feed(&map[key], digest);
            }
            digest.update(b"}");
        }
        Value::Array(items) => {
            digest.update(b"[");
            items.iter().for_each(|item| feed(item, digest));
            digest.update(b"]");
        }
        Value::String(value) => text(value, digest),
        other => {
            digest.update(b"#");
            text(&other.to_string(), digest);
        }
    }
}

fn text(text: &str, digest: &mut Sha256) {
    digest.update((text.len() as u64).to_be_bytes());
    digest.update(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn order_and_nulls_make_no_difference_and_values_do() {
        let one = json!({"a": 1, "b": {"c": "x", "d": null}});
        let same: Value = serde_json::from_str(r#"{"b": {"c": "x"}, "a": 1}"#).unwrap();
        assert_eq!(hash(&[&one]), hash(&[&same]));
        assert_eq!(hash(&[&one]).len(), DIGITS);
        for other in [json!({"a": "1", "b": {"c": "x"}}), json!({"a": 1, "b": ["c", "x"]})] {
            assert_ne!(hash(&[&one]), hash(&[&other]));
        }
        assert_ne!(hash(&[&json!("ab"), &json!("c")]), hash(&[&json!("a"), &json!("bc")]));
    }

    #[test]
    fn suffixes_differ_by_number_and_parts() {
        let one = name_suffix(&["uid", "rev"], 0);
        assert_eq!(one.len(), 5);
        assert_eq!(one, name_suffix(&["uid", "rev"], 0));
        assert_ne!(one, name_suffix(&["uid", "rev"], 1));
        assert_ne!(one, name_suffix(&["uidr", "ev"], 0));
    }
}
