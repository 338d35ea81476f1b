//! What Rust takes for a default is what the schema gives: an absent part and an empty one mean the same.

use crds::apps::{AutoReschedule, Strategy, Topology};
use crds::federation::{Division, MemberClusterSpec, Rollout};
use crds::ldc::RoutingProfileSpec;
use serde::de::DeserializeOwned;

fn check<T: Default + DeserializeOwned + PartialEq + std::fmt::Debug>() {
    let parsed: T = serde_json::from_str("{}").expect("every field has a default");
    assert_eq!(parsed, T::default());
}

#[test]
fn an_absent_part_is_an_empty_one() {
    check::<AutoReschedule>();
    check::<Strategy>();
    check::<Topology>();
    check::<Division>();
    check::<MemberClusterSpec>();
    check::<Rollout>();
    check::<RoutingProfileSpec>();
}
