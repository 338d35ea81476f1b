//! Whether a release has been going nowhere for too long (02 §3.8). Nothing is rolled back by that alone.

use model::Timestamp;
use model::release::{PodProblem, Reason, ReleaseSeq};

use super::Phase;

/// What counts as progress, and when it was last seen. Kept with the release's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The release.
    pub seq: ReleaseSeq,
    /// Pods at the revision.
    pub updated: u32,
    /// Pods at the revision and available.
    pub available: u32,
    /// When one of these last rose, or the release began, or it last waited for a person.
    pub since: Timestamp,
}

impl Progress {
    /// The progress of a release that begins.
    #[must_use]
    pub const fn begin(seq: ReleaseSeq, now: Timestamp) -> Self {
        Self { seq, updated: 0, available: 0, since: now }
    }

    /// What is remembered after a look. The clock starts again when a number passes its highest of this release
    /// (a pod that fails and recovers is no progress), when the release is another one, and while the release
    /// waits for a person. Clocks start at *this* revision.
    #[must_use]
    pub fn observe(self, seen: &Seen, phase: Phase, now: Timestamp) -> Self {
        let is_other = self.seq != seen.seq;
        let before = if is_other { Self::begin(seen.seq, now) } else { self };
        // Fewer pods than before (scaled in on the way) lower the mark, so that the rest can still pass it.
        let updated = before.updated.min(seen.pods).max(seen.updated);
        let available = before.available.min(seen.pods).max(seen.available);
        let rose = updated > before.updated || available > before.available;
        let since = if rose || !phase.is_moving() { now } else { before.since };
        Self { seq: seen.seq, updated, available, since }
    }
}

/// What a look at a release found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The release.
    pub seq: ReleaseSeq,
    /// Pods at the revision.
    pub updated: u32,
    /// Pods at the revision and available.
    pub available: u32,
    /// Pods of the application.
    pub pods: u32,
}

/// The verdict on a release's progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deadline {
    /// Nothing is awaited that could be late.
    Idle,
    /// There is time.
    Running {
        /// When it would be exceeded: look again then.
        until: Timestamp,
    },
    /// It is exceeded.
    Exceeded {
        /// `ProgressDeadlineExceeded`, with the numbers and the first problems.
        reason: Reason,
    },
}

/// Whether the deadline is exceeded. `pods` are the pods of the application, `problems` those known of them.
#[must_use]
pub fn check_deadline(
    progress: &Progress,
    phase: Phase,
    deadline_seconds: u32,
    pods: u32,
    problems: &[PodProblem],
    now: Timestamp,
) -> Deadline {
    if !phase.is_moving() {
        return Deadline::Idle;
    }
    let until = progress.since.plus_seconds(i64::from(deadline_seconds));
    if now < until {
        return Deadline::Running { until };
    }
    Deadline::Exceeded {
        reason: Reason::ProgressDeadlineExceeded {
            seconds: now.seconds_since(progress.since),
            deadline_seconds: i64::from(deadline_seconds),
            updated: progress.available,
            pods,
            problems: problems.iter().take(crate::status::PROBLEMS_MAX).cloned().collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    const SEQ: ReleaseSeq = ReleaseSeq(1);

    const fn seen(seq: u64, updated: u32) -> Seen {
        Seen { seq: ReleaseSeq(seq), updated, available: 0, pods: 10 }
    }

    #[test]
    fn the_clock_starts_again_with_every_pod_and_every_release() {
        let progress = Progress::begin(SEQ, at(0));
        let moved = progress.observe(&seen(1, 1), Phase::Releasing, at(50));
        assert_eq!(moved.since, at(50));
        let stuck = moved.observe(&seen(1, 1), Phase::Releasing, at(80));
        assert_eq!(stuck.since, at(50));
        // A pod that fails and recovers is no progress.
        let flapped = stuck.observe(&seen(1, 0), Phase::Releasing, at(90));
        assert_eq!(flapped.observe(&seen(1, 1), Phase::Releasing, at(95)).since, at(50));
        assert_eq!(stuck.observe(&seen(2, 0), Phase::Releasing, at(90)).since, at(90));
    }

    #[test]
    fn scaling_in_on_the_way_lets_the_rest_count() {
        let many = Progress { seq: SEQ, updated: 8, available: 8, since: at(0) };
        let fewer = many.observe(&Seen { pods: 4, ..seen(1, 2) }, Phase::Releasing, at(10));
        assert_eq!((fewer.updated, fewer.since), (4, at(0)));
    }

    #[test]
    fn waiting_for_a_person_does_not_count() {
        let waiting = Progress::begin(SEQ, at(0)).observe(&seen(1, 0), Phase::Confirming, at(5000));
        assert_eq!(check_deadline(&waiting, Phase::Confirming, 600, 10, &[], at(9000)), Deadline::Idle);
        assert_eq!(
            check_deadline(&waiting, Phase::Releasing, 600, 10, &[], at(5001)),
            Deadline::Running { until: at(5600) }
        );
    }

    #[test]
    fn exceeded_names_numbers_and_problems() {
        let progress = Progress { seq: SEQ, updated: 3, available: 2, since: at(0) };
        let problems = [PodProblem { pod: "shop-1".to_owned(), reason: "ImagePullBackOff".to_owned() }];
        let Deadline::Exceeded { reason } =
            check_deadline(&progress, Phase::Releasing, 600, 10, &problems, at(600))
        else {
            panic!("not exceeded");
        };
        assert_eq!(reason.name(), "ProgressDeadlineExceeded");
        assert_eq!(
            reason.to_string(),
            "no progress for 600 s (limit 600 s), 2 of 10 pods updated: shop-1 ImagePullBackOff"
        );
    }
}
