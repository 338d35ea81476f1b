//! Whether a member is there: the one place that decides (02 §10, *brief errors bypassed the hysteresis*).

use model::Timestamp;

/// Heartbeats that may be missed before a cluster is Unknown (03, `heartbeatSeconds`).
pub const MISSED_BEATS: i64 = 3;

/// Whether a member is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Its last heartbeat is fresh.
    Ready {
        /// When it would be Unknown without another one: look again then.
        until: Timestamp,
    },
    /// It missed three heartbeats. Nothing is known of it; nothing of it is gone.
    Unknown {
        /// Its last heartbeat.
        since: Timestamp,
        /// Seconds since then.
        age_seconds: i64,
    },
    /// It never sent one.
    NeverHeard,
}

/// Judges by the age of the last heartbeat. `heard` is when *the hub* received it, by the same clock as `now`:
/// a time that the member wrote says nothing (02 §6, *Leases*). A period of 0 counts as 1 second.
#[must_use]
pub fn judge_readiness(heard: Option<Timestamp>, heartbeat_seconds: u32, now: Timestamp) -> Readiness {
    let Some(heard) = heard else { return Readiness::NeverHeard };
    let until = heard.plus_seconds(i64::from(heartbeat_seconds.max(1)) * MISSED_BEATS);
    match now < until {
        true => Readiness::Ready { until },
        false => Readiness::Unknown { since: heard, age_seconds: now.seconds_since(heard) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn three_missed_beats_make_it_unknown() {
        let at = Timestamp::from_seconds;
        let judge = |seconds| judge_readiness(Some(at(100)), 5, at(seconds));
        assert_eq!(judge(100), Readiness::Ready { until: at(115) });
        assert_eq!(judge(114), Readiness::Ready { until: at(115) });
        assert_eq!(judge(115), Readiness::Unknown { since: at(100), age_seconds: 15 });
        assert_eq!(judge(50), Readiness::Ready { until: at(115) });
        assert_eq!(judge_readiness(None, 5, at(0)), Readiness::NeverHeard);
    }

    proptest! {
        #[test]
        fn time_alone_never_makes_it_ready(heard: i64, period: u32, now: i64, later in 0..i64::MAX) {
            let judge = |now| judge_readiness(Some(Timestamp::from_millis(heard)), period, now);
            let now = Timestamp::from_millis(now);
            if matches!(judge(now), Readiness::Unknown { .. }) {
                let unknown = matches!(judge(now.plus_millis(later)), Readiness::Unknown { .. });
                prop_assert!(unknown);
            }
        }
    }
}
