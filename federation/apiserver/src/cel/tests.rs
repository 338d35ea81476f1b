//! Rules as a schema carries them.

use serde_json::{Map, Value, json};

use super::{Budget, Program, ProgramError};
use crate::schema::{Schema, validate};

fn schema(spec: Value) -> Schema {
    Schema::from_json(&json!({"type": "object", "properties": {"spec": spec}}), &Map::new())
        .expect("test schema")
}

fn texts(schema: &Schema, new: Value, old: Option<Value>) -> Vec<String> {
    validate(&json!({"spec": new}), schema, old.map(|old| json!({"spec": old})).as_ref())
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn a_failing_rule_says_its_message() {
    let schema = schema(json!({"type": "object", "properties": {
        "min": {"type": "integer"}, "max": {"type": "integer"}},
        "x-kubernetes-validations": [
            {"rule": "self.min <= self.max", "message": "min must not exceed max"},
            {"rule": "self.max < 100", "messageExpression": "'max is ' + string(self.max)", "fieldPath": ".max", "reason": "FieldValueForbidden"},
            {"rule": "self.max != 13"}]}));
    assert_eq!(texts(&schema, json!({"min": 1, "max": 2}), None), Vec::<String>::new());
    assert_eq!(
        texts(&schema, json!({"min": 3, "max": 2}), None),
        ["spec: Invalid value: min must not exceed max"]
    );
    assert_eq!(texts(&schema, json!({"min": 3, "max": 200}), None), ["spec.max: Forbidden: max is 200"]);
    assert_eq!(
        texts(&schema, json!({"min": 3, "max": 13}), None),
        ["spec: Invalid value: failed rule: self.max != 13"]
    );
    assert_eq!(
        texts(&schema, json!({"max": 13}), None)[0],
        "spec: Invalid value: No such key: min evaluating rule: min must not exceed max"
    );
}

#[test]
fn a_scalar_is_shown() {
    let schema = schema(json!({"type": "object", "properties": {"unit": {"type": "string",
        "x-kubernetes-validations": [{"rule": "self.startsWith('U')", "message": "starts with U"}]}}}));
    assert_eq!(
        texts(&schema, json!({"unit": "A1"}), None),
        ["spec.unit: Invalid value: \"A1\": starts with U"]
    );
}

#[test]
fn transition_rules_run_on_updates_only() {
    let schema = schema(json!({"type": "object", "properties": {"city": {"type": "string",
        "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "is immutable"}]}}}));
    assert!(texts(&schema, json!({"city": "sh"}), None).is_empty());
    assert!(texts(&schema, json!({"city": "sh"}), Some(json!({"city": "sh"}))).is_empty());
    assert_eq!(
        texts(&schema, json!({"city": "hz"}), Some(json!({"city": "sh"}))),
        ["spec.city: Invalid value: \"hz\": is immutable"]
    );
}

#[test]
fn optional_old_self_runs_on_create_too() {
    let schema = schema(json!({"type": "object", "properties": {"epoch": {"type": "integer",
        "x-kubernetes-validations": [{"rule": "!oldSelf.hasValue() || self >= oldSelf.value()", "optionalOldSelf": true,
            "message": "may not go back"}]}}}));
    assert!(texts(&schema, json!({"epoch": 5}), None).is_empty());
    assert!(texts(&schema, json!({"epoch": 6}), Some(json!({"epoch": 5}))).is_empty());
    assert_eq!(
        texts(&schema, json!({"epoch": 4}), Some(json!({"epoch": 5}))),
        ["spec.epoch: Invalid value: 4: may not go back"]
    );
}

#[test]
fn what_did_not_change_is_not_judged_again() {
    let schema = schema(json!({"type": "object", "properties": {
        "a": {"type": "integer", "x-kubernetes-validations": [{"rule": "self < 5"}]},
        "b": {"type": "integer", "maximum": 3}}}));
    let old = json!({"a": 9, "b": 9});
    assert!(texts(&schema, json!({"a": 9, "b": 9}), Some(old.clone())).is_empty());
    assert_eq!(texts(&schema, json!({"a": 9, "b": 10}), Some(old.clone())).len(), 1);
    assert_eq!(texts(&schema, json!({"a": 10, "b": 9}), Some(old)).len(), 1);
}

#[test]
fn maps_lists_and_presence_work_as_in_the_own_kinds() {
    let schema = schema(json!({"type": "object", "properties": {
        "topology": {"type": "object", "properties": {
            "values": {"type": "array", "items": {"type": "string"}},
            "unitReplicas": {"type": "object", "additionalProperties": {"x-kubernetes-int-or-string": true}}}},
        "namespace": {"type": "string"},
        "uid": {"type": "string"}},
        "x-kubernetes-validations": [
            {"rule": "!has(self.topology) || !has(self.topology.unitReplicas) || self.topology.unitReplicas.all(k, k in self.topology.values)",
                "message": "unknown value"},
            {"rule": "!has(self.__namespace__) || self.__namespace__.size() <= 4", "message": "long"},
            {"rule": "!has(oldSelf.uid) || (has(self.uid) && self.uid == oldSelf.uid)", "message": "bound"}]}));
    let good = json!({"topology": {"values": ["a", "b"], "unitReplicas": {"a": 4, "b": "50%"}}, "namespace": "four", "uid": "u"});
    assert!(texts(&schema, json!({}), None).is_empty());
    assert!(texts(&schema, good.clone(), Some(json!({}))).is_empty());
    assert_eq!(texts(&schema, json!({}), Some(good)), ["spec: Invalid value: bound"]);
    let bad = json!({"topology": {"values": ["a"], "unitReplicas": {"c": 1}}, "namespace": "longer"});
    assert_eq!(
        texts(&schema, bad, None),
        ["spec: Invalid value: unknown value", "spec: Invalid value: long"]
    );
}

#[test]
fn kubernetes_functions_are_there() {
    let schema = schema(
        json!({"type": "object", "properties": {"cpu": {"type": "string"}, "at": {"type": "string", "format": "date-time"}, "my-key": {"type": "string"}},
        "x-kubernetes-validations": [
            {"rule": "quantity(self.cpu).isLessThan(quantity('2'))", "message": "less than 2"},
            {"rule": "!has(self.at) || self.at < timestamp('2027-01-01T00:00:00Z')", "message": "not later"},
            {"rule": "!has(self.my__dash__key) || self.my__dash__key == 'v'", "message": "escaped"}]}),
    );
    assert!(
        texts(&schema, json!({"cpu": "500m", "at": "2026-01-01T00:00:00Z", "my-key": "v"}), None).is_empty()
    );
    assert_eq!(
        texts(&schema, json!({"cpu": "3", "at": "2028-01-01T00:00:00Z", "my-key": "w"}), None).len(),
        3
    );
}

#[test]
fn no_expression_stalls() {
    let numbers: Vec<i64> = (0..200).collect();
    let list = super::convert::to_cel(&json!(numbers), None);
    let program = Program::compile("self.all(a, self.all(b, self.all(c, self.all(d, a + b + c + d >= 0))))")
        .expect("compiles");
    let mut budget = Budget::for_request();
    let result = program.evaluate(&[("self", list.clone())], &mut budget);
    assert!(matches!(result, Err(ProgramError::Budget)), "{result:?}");
    let absorbed =
        Program::compile("true || self.map(a, self.map(b, self.map(c, c))).size() > 0").expect("compiles");
    assert!(absorbed.evaluate(&[("self", list)], &mut Budget::for_request()).is_ok());
}

#[test]
fn what_cannot_compile_is_refused() {
    for source in ["self.", "Message{a: 1}", "lists.range(1000000000).size() > 0"] {
        assert!(Program::compile(source).is_err(), "{source}");
    }
    assert!(Program::compile(&"(".repeat(5000)).is_err());
    assert!(Program::compile(&"-".repeat(15000)).is_err());
    assert!(Program::compile(&"a ? b : ".repeat(2000)).is_err());
    assert!(Program::compile(&format!("1{}", " + 1".repeat(3000))).is_err());
}

#[test]
fn the_largest_expressions_fit_the_stack() {
    for (source, compiles) in [
        (format!("1{} > 0", "+1".repeat(38)), true),
        (format!("1{} > 0", "+1".repeat(1400)), false),
        (format!("self{}", ".a".repeat(39)), true),
        (format!("self{}", ".a".repeat(1400)), false),
        (format!("{}1{}", "(".repeat(24), ")".repeat(24)), true),
        (format!("{}1", "true ? 1 : ".repeat(1400)), false),
        (format!("{}true", "-".repeat(23)), true),
    ] {
        match Program::compile(&source) {
            Ok(program) => {
                assert!(compiles, "{source}");
                let _ = program.evaluate(&[], &mut Budget::for_request());
            }
            Err(error) => assert!(!compiles, "{source}: {error}"),
        }
    }
}
