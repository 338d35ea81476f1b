//! How many requests are handled at once; more are told to come back.

use std::sync::Arc;

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::metrics::Metrics;
use crate::status::{ApiError, ApiResult};

/// Seconds after which a refused client may try again.
const RETRY_SECONDS: u32 = 1;

/// A place that a request holds until this is dropped.
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
    inflight: Gauge,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.inflight.dec();
    }
}

/// Places for reads and for writes.
pub(crate) struct Limits {
    readonly: (Arc<Semaphore>, u32),
    mutating: (Arc<Semaphore>, u32),
}

impl Limits {
    /// As many places as these.
    pub(crate) fn new(readonly: usize, mutating: usize) -> Self {
        let places = |n: usize| {
            let n = u32::try_from(n).unwrap_or(u32::MAX).clamp(1, 1 << 20);
            (Arc::new(Semaphore::new(n as usize)), n)
        };
        Self { readonly: places(readonly), mutating: places(mutating) }
    }

    /// Takes a place and shows it in `metrics`. Errors: 429.
    pub(crate) fn enter(&self, mutating: bool, metrics: &Metrics) -> ApiResult<Place> {
        let ((places, _), request_kind) =
            if mutating { (&self.mutating, "mutating") } else { (&self.readonly, "readOnly") };
        const WHY: &str = "Too many requests, please try again later.";
        let permit = places.clone().try_acquire_owned();
        let permit = permit.map_err(|_| ApiError::too_many_requests(WHY, RETRY_SECONDS))?;
        let inflight = metrics.inflight(request_kind);
        inflight.inc();
        Ok(Place { _permit: permit, inflight })
    }

    /// Waits until nobody has a place.
    pub(crate) async fn idle(&self) {
        for (places, all) in [&self.readonly, &self.mutating] {
            // The semaphores are never closed.
            drop(places.acquire_many(*all).await);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_place_after_the_last_is_refused() {
        let (limits, metrics) = (Limits::new(2, 1), Metrics::new());
        let enter = |mutating| limits.enter(mutating, &metrics);
        let held = [enter(false), enter(false)];
        let refused = enter(false).map(drop).map_err(|e| (e.code(), e.0.details));
        let (code, details) = refused.expect_err("both places are taken");
        assert!(
            metrics.render().contains("apiserver_current_inflight_requests{request_kind=\"readOnly\"} 2")
        );
        assert_eq!((code, details.map(|d| d.retry_after_seconds)), (429, Some(1)));
        assert!(enter(true).is_ok(), "writes have places of their own");
        drop(held);
        limits.idle().await;
        assert!(enter(false).is_ok());
    }
}
