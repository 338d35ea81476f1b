//! How many requests are handled at once; more are told to come back.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::status::{ApiError, ApiResult};

/// Seconds after which a refused client may try again.
const RETRY_SECONDS: u32 = 1;

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

    /// Takes a place until the permit is dropped. Errors: 429.
    pub(crate) fn enter(&self, mutating: bool) -> ApiResult<OwnedSemaphorePermit> {
        let (places, _) = if mutating { &self.mutating } else { &self.readonly };
        places.clone().try_acquire_owned().map_err(|_| {
            ApiError::too_many_requests("Too many requests, please try again later.", RETRY_SECONDS)
        })
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
        let limits = Limits::new(2, 1);
        let held = [limits.enter(false), limits.enter(false)];
        let refused = limits.enter(false).map(drop).map_err(|e| (e.code(), e.0.details));
        let (code, details) = refused.expect_err("both places are taken");
        assert_eq!((code, details.map(|d| d.retry_after_seconds)), (429, Some(1)));
        assert!(limits.enter(true).is_ok(), "writes have places of their own");
        drop(held);
        limits.idle().await;
        assert!(limits.enter(false).is_ok());
    }
}
