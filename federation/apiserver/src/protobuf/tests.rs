//! Protobuf bodies: vectors of the real client, and bytes that are none.

use proptest::prelude::*;
use serde_json::Value;

use super::decode;

/// One body as a Go client sends it, and its JSON form as Go writes it.
#[derive(serde::Deserialize)]
struct Vector {
    name: String,
    protobuf: String,
    json: Value,
}

/// Made by `assets/testdata/vectors.go` with k8s.io/api.
fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("../../assets/testdata/protobuf-vectors.json")).unwrap()
}

/// Go writes a zero time as null where its type does not say otherwise; absent means the same.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            map.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), without_nulls(v))).collect()
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

#[test]
fn bodies_of_go_clients_decode_to_the_json_of_go() {
    let vectors = vectors();
    assert!(vectors.len() >= 15);
    for Vector { name, protobuf, json } in vectors {
        let decoded = decode(&hex::decode(protobuf).unwrap()).unwrap();
        assert_eq!(decoded, without_nulls(&json), "{name}");
    }
}

#[test]
fn what_is_not_ours_is_refused_with_advice() {
    assert_eq!(decode(b"{}").unwrap_err().code(), 400);
    // Unknown with typeMeta {apiVersion: apps/v1, kind: Deployment}.
    let mut body = b"k8s\0\x0a\x15\x0a\x07apps/v1\x12\x0aDeployment".to_vec();
    assert_eq!(decode(&body).unwrap_err().code(), 415);
    body.truncate(body.len() - 3);
    assert_eq!(decode(&body).unwrap_err().code(), 400);
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = decode(&[b"k8s\0", bytes.as_slice()].concat());
    }

    #[test]
    fn no_damage_panics(pick in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let vectors = vectors();
        let mut body = hex::decode(&vectors[pick.index(vectors.len())].protobuf).unwrap();
        let at = at.index(body.len());
        body[at] = byte;
        let _ = decode(&body);
        body.truncate(at);
        let _ = decode(&body);
    }
}
