//! Kubernetes objects to the core's facts, and the core's answers back.

mod deployment;
mod pod;
mod set;
mod status;
mod time;

pub(crate) use deployment::{deployment, match_labels, release_word, seen_set_in_place, seen_set_replica};
pub(crate) use pod::pod_entry;
pub(crate) use set::{core_set, selector_text, set_spec, set_status};
pub(crate) use status::{from_core as status_from_core, to_core as status_to_core};
pub(crate) use time::{now, timestamp, wait_until};
