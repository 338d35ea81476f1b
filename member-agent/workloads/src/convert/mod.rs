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
pub(crate) use time::{now, wait_until};

#[cfg(test)]
mod tests {
    use crds::names;
    use member_agent_core::annotation;

    #[test]
    fn core_and_kinds_agree_on_names() {
        for (core, kinds) in [
            (annotation::CELL_LABEL, names::CELL_LABEL),
            (annotation::CAFEDEPLOYMENT_LABEL, names::CAFEDEPLOYMENT_LABEL),
            (annotation::REVISION_LABEL, names::REVISION_LABEL),
            (annotation::GROUP_LABEL, names::GROUP_LABEL),
            (annotation::IN_PLACE_READY, names::IN_PLACE_READY),
            (annotation::IN_PLACE_STATE, names::IN_PLACE_STATE),
            (annotation::TRACEPARENT, names::TRACEPARENT),
            (annotation::RESTART_ANNOTATIONS[1], names::RESTARTED_AT),
        ] {
            assert_eq!(core, kinds);
        }
    }
}
