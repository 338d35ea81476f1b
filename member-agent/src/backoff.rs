//! Back-off with full jitter, capped at three seconds: a hub that comes back is found within seconds, and a
//! thousand agents do not come back in the same instant.

use std::time::Duration;

/// The longest wait.
pub const CAP: Duration = Duration::from_secs(3);
const FIRST: Duration = Duration::from_millis(100);

/// Waits that double until [`CAP`], each drawn evenly from zero to its bound.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next wait.
    pub fn next_wait(&mut self) -> Duration {
        let bound = self.bound();
        self.failures = self.failures.saturating_add(1);
        bound.mul_f64(rand::random::<f64>())
    }

    /// Something worked: the next failure waits briefly again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    fn bound(&self) -> Duration {
        FIRST.saturating_mul(1 << self.failures.min(10)).min(CAP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_doubles_up_to_the_cap_and_starts_again_after_a_success() {
        let mut backoff = Backoff::default();
        let mut bounds = Vec::new();
        for _ in 0..8 {
            bounds.push(backoff.bound().as_millis());
            assert!(backoff.next_wait() <= CAP);
        }
        assert_eq!(bounds, [100, 200, 400, 800, 1600, 3000, 3000, 3000]);
        backoff.reset();
        assert_eq!(backoff.bound().as_millis(), 100);
    }
}
