//! Laws that hold for any object and any set.

use proptest::prelude::*;
use serde_json::json;

use super::super::compare::compare;
use super::super::strategies::{field_sets, json_value, object};
use super::super::{FieldSet, field_set};
use super::*;

/// A value where one is expected and a wrong one now and then.
fn wild() -> impl Strategy<Value = Value> {
    (object(), json_value(), 0..4usize).prop_map(|(mut object, other, place)| {
        let field = ["containers", "names", "labels", "nested"][place];
        object["spec"][field] = other;
        object
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn fields_v1_round_trips(set in field_sets()) {
        let text = set.to_fields_v1().to_string();
        let value: Value = serde_json::from_str(&text).expect("JSON");
        prop_assert_eq!(FieldSet::from_fields_v1(&value).expect("fieldsV1"), set);
    }

    #[test]
    fn fields_v1_of_anything_never_panics(value in json_value()) {
        let _ = FieldSet::from_fields_v1(&value);
    }

    #[test]
    fn sets_obey_the_laws(a in field_sets(), b in field_sets(), c in field_sets()) {
        prop_assert_eq!(a.union(&b), b.union(&a));
        prop_assert_eq!(a.union(&b).union(&c), a.union(&b.union(&c)));
        prop_assert_eq!(a.intersection(&b), b.intersection(&a));
        prop_assert_eq!(a.union(&a), a.clone());
        prop_assert!(a.difference(&a).is_empty());
        prop_assert_eq!(a.difference(&b).union(&a.intersection(&b)), a.clone());
        prop_assert!(a.difference(&b).intersection(&b).is_empty());
        prop_assert_eq!(a.len() + b.len(), a.union(&b).len() + a.intersection(&b).len());
        prop_assert!(a.recursive_difference(&b).difference(&a.difference(&b)).is_empty());
        let mut rebuilt = FieldSet::new();
        a.for_each(&mut |path| rebuilt.insert(path));
        prop_assert_eq!(rebuilt, a.clone());
        a.for_each(&mut |path| assert!(a.has(path)));
    }

    #[test]
    fn comparing_is_symmetric_and_empty_for_equals(a in object(), b in object()) {
        let schema = schema();
        prop_assert!(compare(schema.at(), &a, &a).is_same());
        let (there, back) = (compare(schema.at(), &a, &b), compare(schema.at(), &b, &a));
        prop_assert_eq!(there.added, back.removed);
        prop_assert_eq!(there.modified, back.modified);
    }

    #[test]
    fn applying_twice_is_applying_once(live in object(), config in object()) {
        let schema = schema();
        let ctx = ApplyContext { force: true, ..ctx("a", T0) };
        let later = ApplyContext { now: T2, ..ctx };
        let once = apply(&ctx, Some(&live), &config, &schema).expect("forced");
        let twice = apply(&later, Some(&once), &config, &schema).expect("forced");
        prop_assert_eq!(&once, &twice);
        // Everything that was asked for is there, and owned.
        let owned = FieldSet::from_fields_v1(fields(&once, "a", "Apply")).unwrap_or_default();
        let asked = ctx.reset.filter(field_set(&config, &schema).expect("well formed"));
        prop_assert_eq!(owned, asked);
    }

    #[test]
    fn what_one_applied_alone_goes_when_it_applies_nothing(config in object()) {
        let live = apply(&ctx("a", T0), None, &config, &schema()).expect("alone");
        let gone = must_apply("a", Some(&live), json!({}));
        // Only empty lists stay, since nobody owns them; without any, the parent goes too.
        let stays = gone["spec"].as_object().cloned().unwrap_or_default();
        prop_assert!(stays.values().all(|value| value == &json!([])), "{:?}", stays);
    }

    #[test]
    fn the_fields_of_others_survive(mine in object(), theirs in object(), next in object()) {
        let schema = schema();
        let live = apply(&ctx("other", T0), None, &theirs, &schema).expect("alone");
        let force = ApplyContext { force: true, ..ctx("me", T0) };
        let live = apply(&force, Some(&live), &mine, &schema).expect("forced");
        let kept = FieldSet::from_fields_v1(fields(&live, "other", "Apply")).unwrap_or_default();
        // Without force nothing of theirs changes, whatever happens.
        if let Ok(new) = apply(&ctx("me", T1), Some(&live), &next, &schema) {
            let still = FieldSet::from_fields_v1(fields(&new, "other", "Apply")).unwrap_or_default();
            prop_assert_eq!(&still, &kept);
            let changed = compare(schema.at(), &without_record(&live), &without_record(&new));
            prop_assert!(changed.modified.intersection(&kept).is_empty());
            prop_assert!(changed.removed.intersection(&kept).is_empty());
        }
    }

    #[test]
    fn the_short_way_of_an_update_gives_what_the_long_one_gives(a in object(), b in object(), c in object()) {
        let schema = schema();
        let mut live = a;
        update(&ctx("one", T0), None, &mut live, &schema);
        for (new, manager, now) in [(b, "two", T1), (c, "one", T2)] {
            let mut short = new.clone();
            update(&ctx(manager, now), Some(&live), &mut short, &schema);
            let mut long = new;
            super::super::update::update_by_the_long_way(&ctx(manager, now), &live, &mut long, &schema);
            prop_assert_eq!(&short, &long);
            live = short;
        }
    }

    #[test]
    fn nothing_panics(live in wild(), config in wild(), entries in json_value()) {
        let schema = schema();
        let mut live = live;
        live["metadata"]["managedFields"] = json!([{"manager": "z", "operation": "Update", "apiVersion": "v1",
            "fieldsType": "FieldsV1", "fieldsV1": entries}]);
        for force in [false, true] {
            let ctx = ApplyContext { force, ..ctx("kubectl", T0) };
            let _ = apply(&ctx, Some(&live), &config, &schema);
            let _ = apply(&ctx, None, &config, &schema);
        }
        let mut new = config;
        update(&ctx("u", T0), Some(&live), &mut new, &schema);
    }
}
