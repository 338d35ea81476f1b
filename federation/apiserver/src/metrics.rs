//! Counters and histograms with upstream's names, so that dashboards and load tools work unchanged.

use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::resource::Resource;

/// Upstream's buckets of `apiserver_request_duration_seconds`, thinned out.
const BUCKETS: [f64; 14] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 6.0, 15.0, 60.0];

/// Labels of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RequestLabels {
    /// Upper-case verb: `GET`, `LIST`, `WATCH`, `POST`, …
    pub(crate) verb: &'static str,
    /// API group; empty for the core group and for other paths.
    pub(crate) group: String,
    /// Version.
    pub(crate) version: String,
    /// Plural.
    pub(crate) resource: String,
    /// Subresource.
    pub(crate) subresource: String,
    /// `resource`, `namespace` or `cluster`.
    pub(crate) scope: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabels {
    verb: &'static str,
    group: String,
    version: String,
    resource: String,
    subresource: String,
    scope: &'static str,
    code: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    group: String,
    version: String,
    kind: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StorageLabels {
    group: String,
    resource: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InflightLabels {
    request_kind: &'static str,
}

/// All metrics of one server.
pub(crate) struct Metrics {
    registry: Mutex<Registry>,
    durations: Family<RequestLabels, Histogram, fn() -> Histogram>,
    requests: Family<CodeLabels, Counter>,
    watches: Family<KindLabels, Gauge>,
    watch_events: Family<KindLabels, Counter>,
    objects: Family<StorageLabels, Gauge>,
    inflight: Family<InflightLabels, Gauge>,
}

impl Metrics {
    /// Metrics at zero.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::default();
        let metrics = Self {
            registry: Mutex::new(Registry::default()),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            requests: Family::default(),
            watches: Family::default(),
            watch_events: Family::default(),
            objects: Family::default(),
            inflight: Family::default(),
        };
        let help = "Response latency distribution in seconds, without watches";
        registry.register("apiserver_request_duration_seconds", help, metrics.durations.clone());
        registry.register(
            "apiserver_request",
            "Requests by verb, resource and code",
            metrics.requests.clone(),
        );
        registry.register("apiserver_longrunning_requests", "Open watches", metrics.watches.clone());
        registry.register("apiserver_watch_events", "Events sent to watchers", metrics.watch_events.clone());
        registry.register("apiserver_storage_objects", "Stored objects", metrics.objects.clone());
        let help = "Requests under way, without watches";
        registry.register("apiserver_current_inflight_requests", help, metrics.inflight.clone());
        Self { registry: Mutex::new(registry), ..metrics }
    }

    /// Figures of whoever mounts the server.
    pub(crate) fn register(&self, register: impl FnOnce(&mut Registry)) {
        register(&mut self.registry.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Notes a finished request.
    pub(crate) fn finished(&self, labels: &RequestLabels, code: u16, seconds: f64) {
        if labels.verb != "WATCH" {
            self.durations.get_or_create(labels).observe(seconds);
        }
        let RequestLabels { verb, group, version, resource, subresource, scope } = labels.clone();
        let labels = CodeLabels { verb, group, version, resource, subresource, scope, code };
        self.requests.get_or_create(&labels).inc();
    }

    /// Counts a watch as open until the counter is dropped.
    pub(crate) fn watching(&self, resource: &Resource) -> WatchCounter {
        let labels = KindLabels {
            group: resource.group.clone(),
            version: resource.version.clone(),
            kind: resource.kind.clone(),
        };
        let open = self.watches.get_or_create_owned(&labels);
        open.inc();
        WatchCounter { open, events: self.watch_events.get_or_create_owned(&labels) }
    }

    /// How many requests of a kind (`readOnly`, `mutating`) are under way.
    pub(crate) fn inflight(&self, request_kind: &'static str) -> Gauge {
        self.inflight.get_or_create_owned(&InflightLabels { request_kind })
    }

    /// Notes how many objects of a kind are stored.
    pub(crate) fn stored(&self, resource: &Resource, count: usize) {
        let labels = StorageLabels { group: resource.group.clone(), resource: resource.plural.clone() };
        self.objects.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// The text that `/metrics` answers with.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        // Only a writer that refuses text can fail here, and a `String` takes all.
        let _ = encode(&mut text, &self.registry.lock().unwrap_or_else(PoisonError::into_inner));
        text
    }
}

/// One open watch.
pub(crate) struct WatchCounter {
    open: Gauge,
    events: Counter,
}

impl WatchCounter {
    /// Counts events that were sent.
    pub(crate) fn sent(&self, events: u64) {
        self.events.inc_by(events);
    }
}

impl Drop for WatchCounter {
    fn drop(&mut self) {
        self.open.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_upstreams() {
        let metrics = Metrics::new();
        let labels = RequestLabels {
            verb: "LIST",
            group: "apps".into(),
            version: "v1".into(),
            resource: "replicasets".into(),
            subresource: String::new(),
            scope: "namespace",
        };
        metrics.finished(&labels, 200, 0.002);
        metrics.inflight("readOnly").inc();
        let text = metrics.render();
        for name in [
            "apiserver_request_duration_seconds_bucket",
            "apiserver_request_total",
            "apiserver_current_inflight_requests",
        ] {
            assert!(text.contains(name), "{name} in {text}");
        }
    }
}
