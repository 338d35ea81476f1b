//! Figures of the hub controllers (03 *Metrics*): what a dashboard and an alert start from.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// From a pass of a millisecond to one that waits for a slow server.
const BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0, 10.0];

/// One member cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct MemberLabels {
    /// Its name.
    pub member: String,
}

/// One controller's passes by their end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct PassLabels {
    /// `FederatedDeployment` or `FederatedResource`.
    pub kind: String,
    /// `done`, `conflict` or `failed`.
    pub result: &'static str,
}

/// All figures. Clones share them.
#[derive(Clone, Debug)]
pub struct HubMetrics {
    member_ready: Family<MemberLabels, Gauge>,
    heartbeat_age_seconds: Family<MemberLabels, Gauge>,
    passes: Family<PassLabels, Counter>,
    pass_seconds: Histogram,
    work_pending: Gauge,
}

impl Default for HubMetrics {
    fn default() -> Self {
        Self {
            member_ready: Family::default(),
            heartbeat_age_seconds: Family::default(),
            passes: Family::default(),
            pass_seconds: Histogram::new(BUCKETS),
            work_pending: Gauge::default(),
        }
    }
}

impl HubMetrics {
    /// Names the figures in the registry that is scraped.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "cafefed_member_ready",
            "1 while a member's heartbeat is fresh",
            self.member_ready.clone(),
        );
        let help = "Seconds since a member was heard, as of the last time its readiness was judged";
        registry.register("cafefed_member_heartbeat_age_seconds", help, self.heartbeat_age_seconds.clone());
        registry.register(
            "cafefed_reconcile",
            "Passes of the hub controllers by their end",
            self.passes.clone(),
        );
        registry.register("cafefed_reconcile_seconds", "How long passes took", self.pass_seconds.clone());
        let help = "Works whose agent has not reported on their newest generation";
        registry.register("cafefed_work_pending", help, self.work_pending.clone());
    }

    /// A member was judged.
    pub(crate) fn member(&self, member: &str, ready: bool, age: Option<Duration>) {
        let labels = MemberLabels { member: member.to_owned() };
        self.member_ready.get_or_create(&labels).set(ready.into());
        if let Some(age) = age {
            self.heartbeat_age_seconds
                .get_or_create(&labels)
                .set(i64::try_from(age.as_secs()).unwrap_or(i64::MAX));
        }
    }

    /// A member is gone.
    pub(crate) fn forget(&self, member: &str) {
        let labels = MemberLabels { member: member.to_owned() };
        self.member_ready.remove(&labels);
        self.heartbeat_age_seconds.remove(&labels);
    }

    /// A pass ended.
    pub(crate) fn passed(&self, kind: String, result: &'static str, took: Duration) {
        self.passes.get_or_create(&PassLabels { kind, result }).inc();
        self.pass_seconds.observe(took.as_secs_f64());
    }

    /// So many Works wait for their agents.
    pub(crate) fn pending(&self, works: usize) {
        self.work_pending.set(i64::try_from(works).unwrap_or(i64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_scraped_under_their_names() {
        let (metrics, mut registry) = (HubMetrics::default(), Registry::default());
        metrics.register(&mut registry);
        metrics.member("hz-a", true, Some(Duration::from_secs(4)));
        metrics.passed("FederatedDeployment".into(), "done", Duration::from_millis(3));
        metrics.pending(2);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for line in [
            "cafefed_member_ready{member=\"hz-a\"} 1",
            "cafefed_member_heartbeat_age_seconds{member=\"hz-a\"} 4",
            "cafefed_reconcile_total{kind=\"FederatedDeployment\",result=\"done\"} 1",
            "cafefed_work_pending 2",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
        metrics.forget("hz-a");
    }
}
