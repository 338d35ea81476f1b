//! Bodies good, bad and hostile.

use proptest::prelude::*;
use serde_json::json;

use super::{FieldValidation, field_validation, json, yaml};

#[test]
fn duplicates_are_found_with_their_path() {
    let body = br#"{"spec":{"replicas":1,"replicas":2,"list":[{"a":1},{"b":1,"b":2}]},"spec2":1}"#;
    let decoded = json(body).expect("is JSON");
    assert_eq!(
        decoded.duplicates,
        ["duplicate field \"spec.replicas\"", "duplicate field \"spec.list[1].b\""]
    );
    assert_eq!(decoded.value["spec"]["replicas"], 2);
    let decoded = yaml(b"spec:\n  replicas: 1\n  replicas: 2\n").expect("is YAML");
    assert_eq!(decoded.duplicates, ["duplicate field \"spec.replicas\""]);
    assert_eq!(decoded.value, json!({"spec": {"replicas": 2}}));
}

#[test]
fn numbers_are_those_of_go() {
    let decoded =
        json(br#"[1, -1, 1.0, 1e3, 1.5, 9223372036854775807, 18446744073709551615]"#).expect("is JSON");
    assert_eq!(decoded.value.to_string(), "[1,-1,1,1000,1.5,9223372036854775807,1.8446744073709552e+19]");
}

#[test]
fn what_is_not_one_value_is_refused() {
    for body in ["", "{", "{} {}", "{\"a\":}", "{\"a\":1,}", "nul"] {
        let error = json(body.as_bytes()).expect_err(body);
        assert_eq!(error.code(), 400, "{body}");
    }
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(json(nested(super::MAX_DEPTH).as_bytes()).is_ok());
    assert_eq!(json(nested(super::MAX_DEPTH + 1).as_bytes()).expect_err("too deep").code(), 400);
    let deep = "[".repeat(100_000);
    assert_eq!(json(deep.as_bytes()).expect_err("too deep").code(), 400);
    assert_eq!(yaml(deep.as_bytes()).expect_err("too deep").code(), 400);
}

#[test]
fn keys_that_are_no_text_become_text() {
    assert_eq!(yaml(b"1: a\ntrue: b\n").expect("is YAML").value, json!({"1": "a", "true": "b"}));
}

#[test]
fn an_alias_is_expanded_and_a_bomb_is_refused() {
    assert_eq!(yaml(b"a: &x {b: 1}\nc: *x\n").expect("is YAML").value, json!({"a": {"b": 1}, "c": {"b": 1}}));
    let mut bomb = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..12 {
        let refs = vec![format!("*a{}", level - 1); 10].join(",");
        bomb.push_str(&format!("a{level}: &a{level} [{refs}]\n"));
    }
    assert_eq!(yaml(bomb.as_bytes()).expect_err("a bomb").code(), 400);
}

#[test]
fn strict_refuses_warn_warns_ignore_is_silent() {
    const FOO: (&str, &str) = ("Foo", "v1");
    let unknown = ["unknown field \"spec.foo\"".to_owned()];
    let duplicates = ["duplicate field \"spec.bar\"".to_owned()];
    let error = field_validation(FieldValidation::Strict, FOO, &unknown, &duplicates).expect_err("strict");
    assert_eq!(
        error.to_string(),
        "Foo in version \"v1\" cannot be handled as a Foo: strict decoding error: unknown field \"spec.foo\", duplicate field \"spec.bar\""
    );
    assert_eq!(error.code(), 400);
    assert_eq!(field_validation(FieldValidation::Warn, FOO, &unknown, &duplicates).expect("warn").len(), 2);
    assert!(
        field_validation(FieldValidation::Ignore, FOO, &unknown, &duplicates).expect("ignore").is_empty()
    );
    assert!(field_validation(FieldValidation::Strict, FOO, &[], &[]).expect("clean").is_empty());
    assert_eq!(FieldValidation::parse("").expect("default"), FieldValidation::Warn);
    assert_eq!(FieldValidation::parse("strict").expect_err("unknown").code(), 422);
}

proptest! {
    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = json(&body);
        let _ = yaml(&body);
    }

    #[test]
    fn no_yaml_like_text_panics(body in "[-:&*!|>{}\\[\\]#,?'\"%@` \\na-c0-9~<]{0,80}") {
        let _ = json(body.as_bytes());
        let _ = yaml(body.as_bytes());
    }

    #[test]
    fn what_serde_writes_is_read_back(value in crate::apply::strategies::json_value()) {
        let decoded = json(value.to_string().as_bytes()).expect("serde writes JSON");
        prop_assert_eq!(decoded.value, value);
        prop_assert!(decoded.duplicates.is_empty());
    }
}
