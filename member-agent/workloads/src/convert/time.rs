//! Times of Kubernetes (seconds) and of the core (milliseconds).

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use model::Timestamp;

/// The time now: the only clock of this crate.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(k8s_openapi::jiff::Timestamp::now().as_millisecond())
}

/// A time of Kubernetes.
pub(crate) fn timestamp(time: &Time) -> Timestamp {
    Timestamp::from_millis(time.0.as_millisecond())
}

/// A time for Kubernetes; its own beginning where the calendar ends.
pub(crate) fn time(timestamp: Timestamp) -> Time {
    // Whole seconds, as they come back, so that what was read equals what was written.
    let seconds = timestamp.millis().div_euclid(1000);
    Time(
        k8s_openapi::jiff::Timestamp::from_second(seconds)
            .unwrap_or(k8s_openapi::jiff::Timestamp::UNIX_EPOCH),
    )
}

/// How long until then; a little more, so that it is over when somebody looks.
pub(crate) fn wait_until(at: Timestamp, now: Timestamp) -> Duration {
    let millis = u64::try_from(at.millis_since(now)).unwrap_or(0);
    Duration::from_millis(millis.saturating_add(5))
}
