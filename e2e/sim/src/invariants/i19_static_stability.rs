//! I19: losing the hub deletes nothing, and members keep their workloads healthy.

use super::Fact;

/// Milliseconds after which a member alone must have healed what broke.
const HEAL_MS: u64 = 30_000;

/// Fires when something goes while the hub is away, or when a member alone is not healthy.
pub(super) fn check(fact: &Fact) -> Option<String> {
    match fact {
        Fact::Removed { cluster, object, is_instructed: false, hub_lost_since: Some(since) } => {
            Some(format!("{cluster} deleted {object} while the hub was away since {since} ms, unasked"))
        }
        Fact::Alone { cluster, for_ms, desired, available } if *for_ms >= HEAL_MS && available < desired => {
            Some(format!(
                "{cluster} has {available} of {desired} pods available after {for_ms} ms without the hub"
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alone(for_ms: u64, available: u32) -> Fact {
        Fact::Alone { cluster: "hz-a".into(), for_ms, desired: 4, available }
    }

    #[test]
    fn fires_when_something_goes_or_does_not_heal() {
        let removed = |is_instructed| Fact::Removed {
            cluster: "hz-a".into(),
            object: "shop".into(),
            is_instructed,
            hub_lost_since: Some(5),
        };
        assert!(check(&removed(false)).is_some());
        assert_eq!(check(&removed(true)), None, "it was told before the hub went away");
        assert!(check(&alone(HEAL_MS, 3)).is_some());
        assert_eq!(check(&alone(HEAL_MS, 4)), None);
        assert_eq!(check(&alone(10, 3)), None, "there was no time to heal");
    }
}
