//! Epochs: when a rule set was committed, as counters and never as a clock (I8).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// (generation, counter), compared in this order. The counter rises by one at each commit; the generation rises
/// whenever the hub's store is restored or moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Epoch {
    /// Life of the hub's store.
    pub generation: u64,
    /// Commits in this life.
    pub counter: u64,
}

impl Epoch {
    /// An epoch from its two numbers.
    #[must_use]
    pub const fn new(generation: u64, counter: u64) -> Self {
        Self { generation, counter }
    }

    /// The first there is: counter 1 of generation 1.
    pub const FIRST: Self = Self::new(1, 1);

    /// The epoch of the next commit.
    #[must_use]
    pub const fn next(self) -> Self {
        Self::new(self.generation, self.counter.saturating_add(1))
    }

    /// The first epoch of a generation above this one (`fedctl hub adopt`).
    #[must_use]
    pub const fn next_generation(self) -> Self {
        Self::new(self.generation.saturating_add(1), self.counter.saturating_add(1))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.generation, self.counter)
    }
}

/// A text that is not an epoch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is not an epoch: write generation.counter (1.42)")]
pub struct EpochError {
    /// The text.
    pub found: String,
}

impl FromStr for Epoch {
    type Err = EpochError;
    fn from_str(text: &str) -> Result<Self, EpochError> {
        let digits = |part: &str| match part.bytes().all(|byte| byte.is_ascii_digit()) {
            true => part.parse::<u64>().ok(),
            false => None,
        };
        text.split_once('.')
            .and_then(|(generation, counter)| Some(Self::new(digits(generation)?, digits(counter)?)))
            .ok_or_else(|| EpochError { found: text.chars().take(40).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_higher_generation_wins_over_any_counter() {
        assert!(Epoch::new(2, 1) > Epoch::new(1, 900));
        assert!(Epoch::new(1, 10) > Epoch::new(1, 9));
        assert!(Epoch::FIRST.next_generation() > Epoch::FIRST.next());
        for bad in ["", "1", "1.", ".1", "1.2.3", "+1.2", "1.-2", "99999999999999999999.1"] {
            assert!(bad.parse::<Epoch>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn display_and_parse_are_a_round_trip(generation: u64, counter: u64) {
            let epoch = Epoch::new(generation, counter);
            prop_assert_eq!(epoch.to_string().parse::<Epoch>().unwrap(), epoch);
        }

        #[test]
        fn next_is_above(generation in 0..u64::MAX, counter in 0..u64::MAX) {
            let epoch = Epoch::new(generation, counter);
            prop_assert!(epoch.next() > epoch && epoch.next_generation() > epoch);
        }
    }
}
