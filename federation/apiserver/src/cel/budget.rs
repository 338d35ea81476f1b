//! How much work the rules of one request may cause.

use std::cell::Cell;

/// Loop steps (weighted by the size of the list they build) left for one request.
///
/// A step costs well under a microsecond, so the default bounds the rules of a request to a fraction
/// of a second.
#[derive(Debug)]
pub struct Budget {
    steps: u64,
}

/// Steps of one request: two orders of magnitude above what the rules of real kinds take.
const REQUEST_STEPS: u64 = 200_000;

thread_local! {
    /// What is left for the evaluation that runs on this thread. The interpreter's functions have no
    /// access to their caller, therefore the meter is beside it.
    static LEFT: Cell<u64> = const { Cell::new(0) };
}

impl Budget {
    /// The budget of one request.
    pub fn for_request() -> Self {
        Self { steps: REQUEST_STEPS }
    }

    /// A budget of `steps`, for tests and for tighter callers.
    pub fn of(steps: u64) -> Self {
        Self { steps }
    }

    /// Whether nothing is left.
    pub fn is_spent(&self) -> bool {
        self.steps == 0
    }

    /// Runs `evaluate` with the meter set to this budget and takes off what it used.
    pub(super) fn spend<T>(&mut self, evaluate: impl FnOnce() -> T) -> T {
        LEFT.set(self.steps);
        let result = evaluate();
        self.steps = LEFT.get();
        result
    }
}

/// Takes `steps` from the running evaluation. False when they are not there: stop.
pub(super) fn take(steps: u64) -> bool {
    let left = LEFT.get().saturating_sub(steps);
    LEFT.set(left);
    left > 0
}
