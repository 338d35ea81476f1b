//! Heartbeats as the hub received them, by its own monotonic clock: a time that a member wrote says nothing
//! (02 §6 *Leases*), only that it changed.

use std::collections::BTreeMap;
use std::time::Duration;

use crds::federation::MemberCluster;
use federation_core::cluster::{Readiness, judge_readiness};
use jiff::Timestamp;
use kube::ResourceExt;
use model::Timestamp as Moment;
use tokio::time::Instant;

/// When each member was heard last.
pub(super) struct Heard {
    start: Instant,
    last: BTreeMap<String, Beat>,
}

#[derive(Clone, Copy)]
struct Beat {
    renewed: Option<Timestamp>,
    at: Instant,
    first_of_silence: bool,
}

impl Heard {
    /// Moments are counted from `start`.
    pub(super) fn new(start: Instant) -> Self {
        Self { start, last: BTreeMap::new() }
    }

    /// A Lease was seen. Says whether it is news: the first one, or one after a silence.
    ///
    /// The Lease that a starting hub finds counts as heard now: a hub that was away has no right to call its
    /// members unknown before it has listened for as long as they may be silent.
    pub(super) fn hear(&mut self, cluster: &str, renewed: Option<Timestamp>, now: Instant) -> bool {
        let old = self.last.get(cluster).copied();
        if old.is_some_and(|old| old.renewed == renewed) {
            return false;
        }
        let news = old.is_none_or(|old| old.first_of_silence);
        self.last.insert(cluster.to_owned(), Beat { renewed, at: now, first_of_silence: false });
        news
    }

    /// How long ago a member was heard.
    pub(super) fn age(&self, cluster: &str, now: Instant) -> Option<Duration> {
        Some(now.saturating_duration_since(self.last.get(cluster)?.at))
    }

    pub(super) fn forget(&mut self, cluster: &str) {
        self.last.remove(cluster);
    }

    /// The member's own time of its last renewal, for people to read.
    pub(super) fn last_renewal(&self, cluster: &str) -> Option<Timestamp> {
        self.last.get(cluster)?.renewed
    }

    /// Whether the member is there, and when to look again.
    pub(super) fn judge(&mut self, member: &MemberCluster, now: Instant) -> (Readiness, Instant) {
        let name = member.name_any();
        let heard = self.last.get(&name).map(|beat| self.moment(beat.at));
        let every = u32::try_from(member.spec.heartbeat_seconds).unwrap_or(5);
        let readiness = judge_readiness(heard, every, self.moment(now));
        let wake = match &readiness {
            Readiness::Ready { until } => self.start + Duration::from_millis(until.millis().unsigned_abs()),
            Readiness::Unknown { .. } | Readiness::NeverHeard => now + Duration::from_secs(3600),
        };
        if let (Readiness::Unknown { .. }, Some(beat)) = (&readiness, self.last.get_mut(&name)) {
            beat.first_of_silence = true;
        }
        (readiness, wake)
    }

    fn moment(&self, at: Instant) -> Moment {
        let since = at.saturating_duration_since(self.start).as_millis();
        Moment::from_millis(i64::try_from(since).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member() -> MemberCluster {
        let spec = crds::federation::MemberClusterSpec { heartbeat_seconds: 5, ..Default::default() };
        MemberCluster::new("hz-a", spec)
    }

    fn renewal(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    #[tokio::test]
    async fn the_clock_of_the_member_does_not_matter() {
        let start = Instant::now();
        let mut heard = Heard::new(start);
        assert!(heard.hear("hz-a", renewal(-1000), start));
        assert!(matches!(heard.judge(&member(), start + Duration::from_secs(14)).0, Readiness::Ready { .. }));
        assert!(matches!(
            heard.judge(&member(), start + Duration::from_secs(15)).0,
            Readiness::Unknown { .. }
        ));
    }

    #[tokio::test]
    async fn a_renewal_is_news_only_after_a_silence_and_the_same_one_never_is() {
        let start = Instant::now();
        let mut heard = Heard::new(start);
        assert!(heard.hear("hz-a", renewal(1), start));
        assert!(!heard.hear("hz-a", renewal(2), start + Duration::from_secs(5)));
        heard.judge(&member(), start + Duration::from_secs(60));
        assert!(!heard.hear("hz-a", renewal(2), start + Duration::from_secs(61)), "an old Lease shown again");
        assert!(heard.hear("hz-a", renewal(3), start + Duration::from_secs(62)));
    }
}
