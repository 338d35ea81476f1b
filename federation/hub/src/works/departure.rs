//! Whether a Work that is being deleted may go: its agent has carried the policy out, or its cluster is no more.

use crds::federation::Work;

use super::generation;
use crate::conditions;

/// How far the deletion of a Work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// It is not being deleted.
    Stays,
    /// The agent has yet to act.
    Waits,
    /// The agent has acted: the finalizer can go.
    Done,
}

/// Judges by what the agent reported about exactly this generation: the deletion itself raised it.
pub fn departure(work: &Work) -> Departure {
    if work.metadata.deletion_timestamp.is_none() {
        return Departure::Stays;
    }
    let Some(status) = &work.status else { return Departure::Waits };
    let applied = conditions::find(&status.conditions, "Applied");
    let has_acted =
        applied.is_some_and(|c| c.status == "False" && matches!(c.reason.as_str(), "Removed" | "Orphaned"));
    match has_acted && status.observed_generation == generation(work) {
        true => Departure::Done,
        false => Departure::Waits,
    }
}

#[cfg(test)]
mod tests {
    use crds::federation::{WorkSpec, WorkStatus};
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
    use k8s_openapi::jiff::Timestamp;

    use super::*;

    #[test]
    fn a_work_goes_only_on_the_agents_word_about_this_generation() {
        let mut work = Work::new("w", WorkSpec::default());
        work.metadata.generation = Some(3);
        assert_eq!(departure(&work), Departure::Stays);
        work.metadata.deletion_timestamp = Some(Time(Timestamp::UNIX_EPOCH));
        assert_eq!(departure(&work), Departure::Waits);
        let mut status = WorkStatus { observed_generation: 2, ..WorkStatus::default() };
        conditions::set(
            &mut status.conditions,
            ("Applied", "False", "Removed"),
            "",
            2,
            Timestamp::UNIX_EPOCH,
        );
        work.status = Some(status.clone());
        assert_eq!(departure(&work), Departure::Waits, "it spoke of what was before the deletion");
        status.observed_generation = 3;
        work.status = Some(status.clone());
        assert_eq!(departure(&work), Departure::Done);
        conditions::set(
            &mut status.conditions,
            ("Applied", "False", "Removing"),
            "",
            3,
            Timestamp::UNIX_EPOCH,
        );
        work.status = Some(status);
        assert_eq!(departure(&work), Departure::Waits);
    }
}
